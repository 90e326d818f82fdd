"""Pieces as sequences of frames (6 ticks), and batches of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..augmentation import Hand, played
from ..corpus import Piece
from ..vocabulary import FRAME, NO_CHORD, POSITIONS, UNKNOWN_STYLE, bar_class, transpose_chord, transpose_key

REST = 0
HIDDEN = 25
N_NOTES = 25
"""Note tokens that can be heard: 0 rest, 1–12 onset of a pitch class, 13–24 that pitch class held."""

EARLY = 2
"""An onset up to this many ticks before a frame belongs to it: hands are early."""
GAP = 48
"""A pause of up to this many ticks between two chords is filled with the first."""


@dataclass
class Frames:
    """Parallel arrays over frames (`[frames]` or, in a batch, `[T, B]`)."""

    note: np.ndarray
    chord: np.ndarray
    bass: np.ndarray
    """Pitch class of the chord's bass; 0 without a chord."""
    key: np.ndarray
    """Key, 0–23; −1 when it is not known."""
    position: np.ndarray
    bar: np.ndarray
    compound: np.ndarray
    in_beat: np.ndarray

    FIELDS = ("note", "chord", "bass", "key", "position", "bar", "compound", "in_beat")

    def take(self, index: np.ndarray) -> Frames:
        """The frames at `index`, in its shape."""
        return Frames(*(getattr(self, name)[index] for name in self.FIELDS))

    def __len__(self) -> int:
        return len(self.note)


def note_tokens(melody: np.ndarray, frames: int) -> np.ndarray:
    """Note token of each frame, as the live listener hears it.

    Frame f has an onset when a note begins in `[6f − 2, 6f + 4)` ticks (the last one counts), and holds a pitch when a
    note that began before still sounds in its middle.
    """
    tokens = np.zeros(frames, dtype=np.int16)
    for onset, duration, pitch in melody:
        first = (onset + EARLY) // FRAME
        end = (onset + duration - FRAME // 2) // FRAME + 1
        if 0 <= first < frames:
            tokens[first + 1 : max(end, first + 1)] = 13 + pitch % 12
            tokens[max(end, first + 1) :] = REST
            tokens[first] = 1 + pitch % 12
    return tokens


def chord_frames(chords: np.ndarray, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Chord class and bass of each frame: what sounds a third of the way into it. Short gaps are filled."""
    classes = np.full(frames, NO_CHORD, dtype=np.int16)
    basses = np.zeros(frames, dtype=np.int16)
    for index, (onset, duration, chord, bass) in enumerate(chords):
        end = onset + duration
        if index + 1 < len(chords) and chords[index + 1, 0] - end <= GAP:
            end = chords[index + 1, 0]
        first = max((onset - EARLY + FRAME - 1) // FRAME, 0)
        last = max((end - EARLY + FRAME - 1) // FRAME, 0)
        classes[first:last] = chord
        basses[first:last] = bass % 12 if chord != NO_CHORD else 0
    return classes, basses


def frames_of(piece: Piece) -> Frames:
    """The piece, frame by frame, from its first barline to its last melody note."""
    end = int((piece.melody[:, 0] + piece.melody[:, 1]).max())
    count = -(-end // FRAME)
    ticks = np.arange(count) * FRAME
    start, length = piece.bar_at(ticks)
    position = (ticks - start) // FRAME
    compound = piece.compound_at(ticks)
    chord, bass = chord_frames(piece.chords, count)
    return Frames(
        note=note_tokens(piece.melody, count),
        chord=chord,
        bass=bass,
        key=piece.key_at(ticks).astype(np.int16),
        position=np.minimum(position, POSITIONS - 1).astype(np.int16),
        bar=bar_class(length / FRAME).astype(np.int16),
        compound=compound.astype(np.int16),
        in_beat=np.minimum(position % np.where(compound, 6, 4), 5).astype(np.int16),
    )


def transpose_notes(tokens: np.ndarray, semitones: np.ndarray | int) -> np.ndarray:
    """Note tokens moved by `semitones`; rest stays rest."""
    kind, pitch_class = (tokens - 1) // 12, (tokens - 1) % 12
    return np.where(tokens == REST, REST, 1 + kind * 12 + (pitch_class + semitones) % 12)


@dataclass
class FrameBatch:
    """Sequences side by side, transposed: `frames` is `[T, B]`, `style` `[B]`, `valid` `[T, B]`."""

    frames: Frames
    style: np.ndarray
    valid: np.ndarray
    index: np.ndarray
    """Where each frame stands in its frame set, `[T, B]`."""
    semitones: np.ndarray
    """By how many semitones each sequence is moved, `[B]`."""

    def lanes(self, index: np.ndarray) -> FrameBatch:
        """Some of the sequences."""
        lanes = np.s_[:, index]
        frames, style, semitones = self.frames.take(lanes), self.style[index], self.semitones[index]
        return FrameBatch(frames, style, self.valid[lanes], self.index[lanes], semitones)


class FrameSet:
    """All frames of a list of pieces in one array, with the piece boundaries.

    With a `hand`, every piece is there `takes` times more, as such a hand would play its melody.
    """

    def __init__(self, pieces: list[Piece], hand: Hand | None = None, takes: int = 0, seed: int = 0) -> None:
        parts = [frames_of(piece) for piece in pieces]
        self.lengths = np.array([len(part) for part in parts])
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        self.frames = Frames(*(np.concatenate([getattr(part, name) for part in parts]) for name in Frames.FIELDS))
        self.style = np.array([piece.style for piece in pieces])
        self.source = np.array([piece.source for piece in pieces])
        self.takes = [self.frames.note]
        """Note tokens as written, and as played."""
        if hand is not None:
            for take in range(takes):
                rng = np.random.default_rng([seed, take])
                melodies = (played(piece.melody, hand, rng) for piece in pieces)
                tokens = [note_tokens(melody, len(part)) for melody, part in zip(melodies, parts, strict=True)]
                self.takes.append(np.concatenate(tokens))

    def sequences(
        self,
        piece: np.ndarray,
        first: np.ndarray,
        length: int,
        semitones: np.ndarray,
        style: np.ndarray,
        take: np.ndarray | None = None,
    ) -> FrameBatch:
        """`length` frames of each of `piece` `[B]` from its frame `first`, moved by `semitones`; take 0: as written."""
        offset = first[None, :] + np.arange(length)[:, None]
        valid = offset < self.lengths[piece]
        index = self.starts[piece] + np.minimum(offset, self.lengths[piece] - 1)
        frames = self.frames.take(index)
        if take is not None:
            frames.note = np.choose(take[None, :], [notes[index] for notes in self.takes])
        frames.note = transpose_notes(frames.note, semitones)
        frames.chord = transpose_chord(frames.chord, semitones)
        frames.bass = (frames.bass + semitones) % 12
        frames.key = np.where(frames.key < 0, -1, transpose_key(frames.key, semitones))
        return FrameBatch(frames, style, valid, index, semitones)

    def sample(
        self, rng: np.random.Generator, weights: np.ndarray, batch: int, length: int, style_dropout: float
    ) -> FrameBatch:
        """Random sequences in random keys and takes: a third from the beginning of a piece, others from any barline."""
        piece = rng.choice(len(self.lengths), size=batch, p=weights)
        spare = np.maximum(self.lengths[piece] - length // 2, 1)
        first = (rng.random(batch) * spare).astype(np.int64)
        first = first - self.frames.position[self.starts[piece] + first]
        first = np.where(rng.random(batch) < 1 / 3, 0, np.maximum(first, 0))
        style = np.where(rng.random(batch) < style_dropout, UNKNOWN_STYLE, self.style[piece])
        take = rng.integers(0, len(self.takes), batch)
        return self.sequences(piece, first, length, rng.integers(0, 12, batch), style, take)


def opening(frame_set: FrameSet, length: int = 256) -> FrameBatch:
    """The first `length` frames of every piece, as written, in its own key."""
    piece = np.arange(len(frame_set.lengths))
    zeros = np.zeros_like(piece)
    return frame_set.sequences(piece, zeros, length, zeros, frame_set.style)


def unknown_style(batch: FrameBatch) -> FrameBatch:
    """The same sequences without their style."""
    return replace(batch, style=np.full_like(batch.style, UNKNOWN_STYLE))
