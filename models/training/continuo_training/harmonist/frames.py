"""Pieces as sequences of frames (6 ticks), and batches of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..corpus import Piece
from ..vocabulary import FRAME, NO_CHORD, POSITIONS, UNKNOWN_STYLE, bar_class, transpose_chord

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
    position: np.ndarray
    bar: np.ndarray
    compound: np.ndarray
    in_beat: np.ndarray

    FIELDS = ("note", "chord", "position", "bar", "compound", "in_beat")

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


def chord_classes(chords: np.ndarray, frames: int) -> np.ndarray:
    """Chord class of each frame: the chord that sounds a third of the way into it. Short gaps are filled."""
    classes = np.full(frames, NO_CHORD, dtype=np.int16)
    for index, (onset, duration, chord) in enumerate(chords):
        end = onset + duration
        if index + 1 < len(chords) and chords[index + 1, 0] - end <= GAP:
            end = chords[index + 1, 0]
        first = (onset - EARLY + FRAME - 1) // FRAME
        classes[max(first, 0) : max((end - EARLY + FRAME - 1) // FRAME, 0)] = chord
    return classes


def frames_of(piece: Piece) -> Frames:
    """The piece, frame by frame, from its first barline to its last melody note."""
    end = int((piece.melody[:, 0] + piece.melody[:, 1]).max())
    count = -(-end // FRAME)
    ticks = np.arange(count) * FRAME
    start, length = piece.bar_at(ticks)
    position = (ticks - start) // FRAME
    compound = piece.compound_at(ticks)
    return Frames(
        note=note_tokens(piece.melody, count),
        chord=chord_classes(piece.chords, count),
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


class FrameSet:
    """All frames of a list of pieces in one array, with the piece boundaries."""

    def __init__(self, pieces: list[Piece]) -> None:
        parts = [frames_of(piece) for piece in pieces]
        self.lengths = np.array([len(part) for part in parts])
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        self.frames = Frames(*(np.concatenate([getattr(part, name) for part in parts]) for name in Frames.FIELDS))
        self.style = np.array([piece.style for piece in pieces])
        self.source = [piece.source for piece in pieces]

    def sequences(
        self, piece: np.ndarray, first: np.ndarray, length: int, semitones: np.ndarray, style: np.ndarray
    ) -> FrameBatch:
        """`length` frames of each of `piece` `[B]`, from its frame `first`, moved by `semitones`."""
        offset = first[None, :] + np.arange(length)[:, None]
        valid = offset < self.lengths[piece]
        index = self.starts[piece] + np.minimum(offset, self.lengths[piece] - 1)
        frames = self.frames.take(index)
        frames.note = transpose_notes(frames.note, semitones)
        frames.chord = transpose_chord(frames.chord, semitones)
        return FrameBatch(frames, style, valid)

    def sample(
        self, rng: np.random.Generator, weights: np.ndarray, batch: int, length: int, style_dropout: float
    ) -> FrameBatch:
        """Random sequences in random keys: a third from the beginning of a piece, the others from any barline."""
        piece = rng.choice(len(self.lengths), size=batch, p=weights)
        spare = np.maximum(self.lengths[piece] - length // 2, 1)
        first = (rng.random(batch) * spare).astype(np.int64)
        first = first - self.frames.position[self.starts[piece] + first]
        first = np.where(rng.random(batch) < 1 / 3, 0, np.maximum(first, 0))
        style = np.where(rng.random(batch) < style_dropout, UNKNOWN_STYLE, self.style[piece])
        return self.sequences(piece, first, length, rng.integers(0, 12, batch), style)
