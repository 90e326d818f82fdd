"""Melodies as sequences of notes with the chords under them, and batches of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..corpus import Piece
from ..vocabulary import (
    FRAME,
    NO_CHORD,
    POSITIONS,
    TICKS_PER_QUARTER,
    UNKNOWN_STYLE,
    bar_class,
    time_class,
    transpose_chord,
    transpose_key,
)

LOWEST = 36
"""MIDI pitch of pitch index 0."""
N_PITCHES = 60
REST = 24
"""A rest of this many ticks or more begins a new phrase."""
PHRASES = 12
HORIZON = 192
"""Ticks within which the next chord is known."""
UNTIL_BOUNDS = np.array([6, 12, 24, 36, 48, 72, 96, 192])
"""Upper bounds of the classes of ticks until the next chord; the last class is "none"."""
GAP = 48
ABSENT = -1


def fold(pitch: np.ndarray) -> np.ndarray:
    """Pitch index of MIDI pitches: less 36, folded by octaves into 0–59."""
    index = np.asarray(pitch) - LOWEST
    low = np.where(index < 0, index % 12, index)
    return np.where(low >= N_PITCHES, N_PITCHES - 12 + low % 12, low)


@dataclass
class Notes:
    """Parallel arrays over notes (`[notes]` or, in a batch, `[T, B]`)."""

    pitch: np.ndarray
    """MIDI pitch; in a batch the pitch index 0–59."""
    length: np.ndarray
    """Class of the sounding length."""
    time: np.ndarray
    """Class of the time from this onset to the next; `ABSENT` for the last note."""
    position: np.ndarray
    bar: np.ndarray
    compound: np.ndarray
    in_beat: np.ndarray
    """Onset position in the bar, modulo 24 ticks."""
    chord: np.ndarray
    next_chord: np.ndarray
    until: np.ndarray
    phrase: np.ndarray
    """Notes since the last rest, at most 11."""
    key: np.ndarray
    """Key, 0–23; −1 when it is not known."""
    syncopated: np.ndarray
    """Whether the note begins off the beat and sounds over the next one."""

    FIELDS = (
        "pitch",
        "length",
        "time",
        "position",
        "bar",
        "compound",
        "in_beat",
        "chord",
        "next_chord",
        "until",
        "phrase",
        "key",
        "syncopated",
    )

    def take(self, index: np.ndarray) -> Notes:
        """The notes at `index`, in its shape."""
        return Notes(*(getattr(self, name)[index] for name in self.FIELDS))

    def __len__(self) -> int:
        return len(self.pitch)


def chord_changes(chords: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ticks at which the chord class becomes another, and the classes; pauses over `GAP` ticks have no chord."""
    ticks, classes = [-(2**40)], [NO_CHORD]
    for index, (onset, duration, chord, _) in enumerate(chords):
        if chord != classes[-1]:
            ticks.append(onset)
            classes.append(chord)
        end = onset + duration
        following = chords[index + 1, 0] if index + 1 < len(chords) else 2**40
        if following - end > GAP and chord != NO_CHORD:
            ticks.append(end)
            classes.append(NO_CHORD)
    return np.array(ticks), np.array(classes)


def until_class(ticks: np.ndarray) -> np.ndarray:
    """Class of the ticks until the next chord; more than 192 are class 8, "none"."""
    return np.searchsorted(UNTIL_BOUNDS, ticks, side="left")


def chords_around(chords: np.ndarray, onsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chord at each onset, the next different one (or the same again), and the class of the ticks until it."""
    ticks, classes = chord_changes(chords)
    index = np.searchsorted(ticks, onsets, side="right") - 1
    after = np.minimum(index + 1, len(ticks) - 1)
    wait = np.where(index + 1 < len(ticks), ticks[after] - onsets, HORIZON + 1)
    now = classes[index]
    return now, np.where(wait <= HORIZON, classes[after], now), until_class(wait)


def phrase_counts(onset: np.ndarray, duration: np.ndarray) -> np.ndarray:
    """Notes since the last rest before each note, at most 11; 0 for the first note of a phrase."""
    counts = np.zeros(len(onset), dtype=np.int64)
    for note in range(1, len(onset)):
        rest = onset[note] - onset[note - 1] - duration[note - 1]
        counts[note] = 0 if rest >= REST else min(counts[note - 1] + 1, PHRASES - 1)
    return counts


def notes_of(piece: Piece) -> Notes:
    """The melody of the piece, note by note; of notes with one onset the last counts."""
    melody = piece.melody
    melody = melody[np.append(np.diff(melody[:, 0]) > 0, True)]
    onset, duration, pitch = melody.T
    gaps = np.diff(onset)
    start, length = piece.bar_at(onset)
    chord, next_chord, until = chords_around(piece.chords, onset)
    compound = piece.compound_at(onset).astype(np.int64)
    beat = np.where(compound, 3 * TICKS_PER_QUARTER // 2, TICKS_PER_QUARTER)
    into_beat = (onset - start) % beat
    return Notes(
        pitch=pitch,
        length=time_class(duration),
        time=np.append(time_class(gaps), ABSENT),
        position=np.minimum((onset - start) // FRAME, POSITIONS - 1),
        bar=bar_class(length / FRAME),
        compound=compound,
        in_beat=(onset - start) % TICKS_PER_QUARTER,
        chord=chord,
        next_chord=next_chord,
        until=until,
        phrase=phrase_counts(onset, duration),
        key=piece.key_at(onset),
        syncopated=(into_beat > 0) & (into_beat + duration > beat),
    )


@dataclass
class NoteBatch:
    """Sequences side by side, transposed: `notes` is `[T, B]`, `style` `[B]`, `valid` `[T, B]`."""

    notes: Notes
    style: np.ndarray
    valid: np.ndarray


class NoteSet:
    """All notes of a list of pieces in one array, with the piece boundaries."""

    def __init__(self, pieces: list[Piece]) -> None:
        parts = [notes_of(piece) for piece in pieces]
        self.lengths = np.array([len(part) for part in parts])
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        self.notes = Notes(
            *(np.concatenate([getattr(part, name) for part in parts]).astype(np.int16) for name in Notes.FIELDS)
        )
        self.style = np.array([piece.style for piece in pieces])
        self.source = np.array([piece.source for piece in pieces])

    def sequences(
        self, piece: np.ndarray, first: np.ndarray, length: int, semitones: np.ndarray, style: np.ndarray
    ) -> NoteBatch:
        """`length` notes of each of `piece` `[B]`, from its note `first`, moved by `semitones`."""
        offset = first[None, :] + np.arange(length)[:, None]
        valid = offset < self.lengths[piece]
        index = self.starts[piece] + np.minimum(offset, self.lengths[piece] - 1)
        notes = self.notes.take(index)
        notes.pitch = fold(notes.pitch + semitones)
        notes.chord = transpose_chord(notes.chord, semitones)
        notes.next_chord = transpose_chord(notes.next_chord, semitones)
        notes.key = np.where(notes.key < 0, -1, transpose_key(notes.key, semitones))
        notes.phrase = np.minimum(notes.phrase, np.arange(length)[:, None])
        return NoteBatch(notes, style, valid)

    def sample(
        self, rng: np.random.Generator, weights: np.ndarray, batch: int, length: int, style_dropout: float
    ) -> NoteBatch:
        """Random sequences, up to a tritone up or down: a quarter from the beginning of a piece."""
        piece = rng.choice(len(self.lengths), size=batch, p=weights)
        spare = np.maximum(self.lengths[piece] - length // 2, 1)
        first = (rng.random(batch) * spare).astype(np.int64)
        first = np.where(rng.random(batch) < 1 / 4, 0, first)
        style = np.where(rng.random(batch) < style_dropout, UNKNOWN_STYLE, self.style[piece])
        return self.sequences(piece, first, length, rng.integers(-6, 7, batch), style)


def opening(notes: NoteSet, piece: np.ndarray, length: int = 256) -> NoteBatch:
    """The first `length` notes of each of `piece`, in its own key."""
    zeros = np.zeros_like(piece)
    return notes.sequences(piece, zeros, length, zeros, notes.style[piece])
