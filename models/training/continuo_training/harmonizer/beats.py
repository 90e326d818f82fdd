"""Pieces as sequences of beats, each with the frames that lie in it, and batches of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..harmonist.frames import FrameSet
from ..vocabulary import UNKNOWN_STYLE

SLOTS = 6
"""The most frames in a beat: 6 in compound meters, 4 in others, fewer at the end of a bar of odd length."""
ABSENT = 26
"""Token of a slot that a beat does not have."""
PHRASE = 8
"""Bars of a phrase, of which each bar knows its place."""
FIELDS = ("chord", "bass", "key", "position", "bar", "compound", "number", "left", "slots")


@dataclass
class Beats:
    """Parallel arrays over beats (`[beats]` or, in a batch, `[T, B]`)."""

    notes: np.ndarray
    """Note tokens of the frames, `[…, SLOTS]`; see `harmonist.frames`."""
    chord: np.ndarray
    """Chord class that fills most of the beat."""
    bass: np.ndarray
    """Pitch class of its bass; 0 without a chord."""
    key: np.ndarray
    position: np.ndarray
    """Frame in the bar in which the beat begins, at most 23."""
    bar: np.ndarray
    compound: np.ndarray
    number: np.ndarray
    """Bars since the beginning of the piece."""
    left: np.ndarray
    """Bars until the last one of the piece."""
    slots: np.ndarray
    """Frames in the beat."""


@dataclass
class BeatBatch:
    """Sequences side by side: `beats` is `[T, B]`, `style` `[B]`, `valid` `[T, B]`."""

    beats: Beats
    style: np.ndarray
    valid: np.ndarray


def opening(batch: BeatBatch, length: int) -> BeatBatch:
    """The first `length` beats of every sequence."""
    beats = Beats(*(values[:length] for values in vars(batch.beats).values()))
    return BeatBatch(beats, batch.style, batch.valid[:length])


class BeatSet:
    """All beats of the pieces of a frame set in one array, with the piece boundaries."""

    def __init__(self, frames: FrameSet) -> None:
        self.source, self.style = frames.source, frames.style
        every = frames.frames
        fresh = every.in_beat == 0
        fresh[frames.starts] = True
        starts = np.flatnonzero(fresh)
        beat = np.cumsum(fresh) - 1
        self.beat = beat.astype(np.int32)
        """Which beat each frame of the frame set lies in."""
        slot = np.minimum(np.arange(len(beat)) - starts[beat], SLOTS - 1)
        self.takes = []
        """Note tokens of every take, as written first."""
        for tokens in frames.takes:
            notes = np.full((len(starts), SLOTS), ABSENT, dtype=np.int8)
            notes[beat, slot] = tokens
            self.takes.append(notes)
        slots = np.diff(np.append(starts, len(beat)))
        # The chord that fills most of the beat; of two that fill half of it each, the first.
        same = every.chord[starts][beat] == every.chord
        most = np.where(2 * np.add.reduceat(same, starts) >= slots, starts, starts + slots - 1)
        self.starts = beat[frames.starts]
        self.lengths = np.diff(np.append(self.starts, len(starts)))
        piece = np.repeat(np.arange(len(self.starts)), self.lengths)
        bar = np.cumsum(every.position[starts] == 0)
        number = bar - bar[self.starts[piece]]
        last = number[self.starts + self.lengths - 1]
        self.beats = Beats(
            self.takes[0],
            every.chord[most],
            every.bass[most],
            every.key[starts],
            every.position[starts],
            every.bar[starts],
            every.compound[starts],
            number,
            last[piece] - number,
            slots,
        )

    def sequences(
        self, piece: np.ndarray, first: np.ndarray, length: int, style: np.ndarray, take: np.ndarray | None = None
    ) -> BeatBatch:
        """`length` beats of each of `piece` `[B]` from its beat `first`; take 0: as written."""
        offset = first[None, :] + np.arange(length)[:, None]
        valid = offset < self.lengths[piece]
        index = self.starts[piece] + np.minimum(offset, self.lengths[piece] - 1)
        if take is None:
            notes = self.takes[0][index]
        else:
            notes = np.stack([self.takes[which][index[:, lane]] for lane, which in enumerate(take)], axis=1)
        beats = Beats(notes, *(getattr(self.beats, name)[index].astype(np.int64) for name in FIELDS))
        return BeatBatch(beats, style, valid)

    def sample(
        self, rng: np.random.Generator, weights: np.ndarray, batch: int, length: int, style_dropout: float
    ) -> BeatBatch:
        """Random sequences in random takes: a third from the beginning of a piece, others from any barline."""
        piece = rng.choice(len(self.lengths), size=batch, p=weights)
        spare = np.maximum(self.lengths[piece] - length // 2, 1)
        first = (rng.random(batch) * spare).astype(np.int64)
        first = np.where(rng.random(batch) < 1 / 3, 0, first)
        # Back to the barline, which is never many beats away.
        for _ in range(SLOTS):
            first -= (self.beats.position[self.starts[piece] + first] > 0) & (first > 0)
        style = np.where(rng.random(batch) < style_dropout, UNKNOWN_STYLE, self.style[piece])
        return self.sequences(piece, first, length, style, rng.integers(0, len(self.takes), batch))


def whole(beat_set: BeatSet, length: int) -> BeatBatch:
    """Every piece from its beginning, as written, at most `length` beats of it, its style unknown."""
    piece = np.arange(len(beat_set.lengths))
    length = min(length, int(beat_set.lengths.max()))
    return beat_set.sequences(piece, np.zeros_like(piece), length, np.full_like(piece, UNKNOWN_STYLE))
