"""Variants of a piece: the same music in half or double time, and a melody as a hand would play it."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields, replace
from fractions import Fraction
from typing import Any

import numpy as np

from .corpus import Piece
from .vocabulary import NO_CHORD, TICKS_PER_QUARTER

FACTORS = (Fraction(2), Fraction(1, 2))
"""The factors that `stretched` knows."""

SHORTEST_DOUBLED = 6
"""A note of fewer ticks is over before a finger could strike it twice."""
LONGEST_GAP = 4
"""Bars of the longest rest that `Hand.span` makes."""
SCALE = 7
"""Pitch classes of a scale."""


def _binary_meter(piece: Piece, bar: int) -> list[tuple[int, int, int]] | None:
    """The time signatures that fit bars of `bar` ticks; none if one of them is not made of halves of halves.

    Half a bar can only become a bar, or two bars one, without a change of meter if every level between is binary: a
    3/4 in half time would be heard as 6/8. Signatures that disagree with the barlines are dropped: the barlines are
    trusted.
    """
    meter = [entry for entry in piece.meter if entry[1] * 4 * TICKS_PER_QUARTER == bar * entry[2]]
    if not meter or any(numerator & (numerator - 1) for _, numerator, _ in meter):
        return None
    return meter


def _begins(piece: Piece) -> int:
    """Tick of the first note or chord."""
    sounding = piece.chords[piece.chords[:, 2] != NO_CHORD]
    return int(min([piece.melody[0, 0], *sounding[:1, 0]]))


def _scaled(events: np.ndarray, factor: Fraction, shift: int) -> np.ndarray | None:
    """Events `[n, 2 or more]` (onset, duration, …) moved by `shift` and scaled; none if an onset leaves the grid."""
    onset = (events[:, 0] + shift) * factor.numerator
    if (onset % factor.denominator).any():
        return None
    out = events.copy()
    out[:, 0] = onset // factor.denominator
    out[:, 1] = np.maximum(events[:, 1] * factor.numerator // factor.denominator, 1)
    return out


def stretched(piece: Piece, factor: Fraction | float) -> Piece | None:
    """The piece with every time multiplied by `factor`, 2 or 1/2, in bars of the same length as before.

    A bar becomes two (2) or two bars one (1/2). None where the meter would not survive: bars of changing length, a
    meter that is not binary, onsets that would leave the tick grid, and, for 1/2, an odd number of bars or an upbeat
    of more than half a bar. A shorter upbeat goes to the end of the first bar.
    """
    factor = Fraction(factor)
    if factor not in FACTORS:
        raise ValueError(f"a piece can be stretched by 2 or 1/2, not by {factor}")
    lengths = np.diff(piece.bars)
    if not len(lengths) or not len(piece.melody) or (lengths != lengths[0]).any():
        return None
    bar, bars = int(lengths[0]), len(piece.bars)
    meter = _binary_meter(piece, bar)
    if meter is None:
        return None
    first = int(piece.bars[0])
    shift = -first
    if factor < 1:
        empty = max(_begins(piece) - first, 0)
        if 0 < empty < bar / 2:
            return None
        upbeat = 0 < empty < bar
        shift += bar if upbeat else 0
        if (bars + upbeat) % 2:
            return None
        bars = (bars + upbeat) // 2
    else:
        bars *= 2
    melody, chords = _scaled(piece.melody, factor, shift), _scaled(piece.chords, factor, shift)
    if melody is None or chords is None or melody[0, 0] < 0:
        return None
    keys = piece.keys.copy()
    keys[:, 0] = (keys[:, 0] + shift) * factor.numerator // factor.denominator
    return replace(
        piece,
        id=f"{piece.id} × {factor}",
        bars=np.arange(bars, dtype=np.int64) * bar,
        meter=[(int((tick + shift) * factor), numerator, denominator) for tick, numerator, denominator in meter],
        melody=melody,
        chords=chords,
        keys=keys,
    )


@dataclass(frozen=True)
class Hand:
    """How a hand strays from the page. All zeros: not at all."""

    early_late: float = 0.0
    """Standard deviation of the onsets, in ticks."""
    lag: float = 0.0
    """Standard deviation, in ticks, of what the player is early or late as a whole."""
    missed: float = 0.0
    """Chance that a note is not played."""
    doubled: float = 0.0
    """Chance that a note is struck twice."""
    wrong: float = 0.0
    """Chance that a note is played on a neighbouring key, or on the scale step next to it."""
    shortened: float = 0.0
    """Chance that a note is let go early, after 30 to 90 % of its length."""
    held_over: float = 0.0
    """Chance that a note is held on, for up to twice its length or until the next."""
    span: float = 0.0
    """Chance, per bar, that the player rests from here for 1 to 4 bars."""

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Hand:
        """The hand of a TOML table; raises `ValueError` on an unknown name or on a rate that cannot be."""
        unknown = set(table) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"a hand has no {', '.join(sorted(unknown))}")
        for name, value in table.items():
            if value < 0 or (name not in ("early_late", "lag") and value > 1):
                raise ValueError(f"{name} = {value} is out of range")
        return cls(**table)


def _without_spans(melody: np.ndarray, hand: Hand, rng: np.random.Generator, bar: int) -> np.ndarray:
    """The melody without the notes that begin in a rest of whole bars."""
    index = melody[:, 0] // bar
    bars = int(index[-1]) + 1
    begins = np.flatnonzero(rng.random(bars) < hand.span)
    resting = np.zeros(bars + LONGEST_GAP, dtype=bool)
    for begin, length in zip(begins, rng.integers(1, LONGEST_GAP + 1, len(begins)), strict=True):
        resting[begin : begin + length] = True
    return melody[~resting[index]]


def _wrong_pitches(pitch: np.ndarray, hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """Pitches, some of them moved to a neighbouring key, or to the next step of the scale that the melody uses most."""
    count = len(pitch)
    often = np.bincount(pitch % 12, minlength=12)
    scale = (often > 0) & (often >= np.sort(often)[-SCALE])
    wrong, by_step = rng.random(count) < hand.wrong, rng.random(count) < 0.5
    direction = np.where(rng.random(count) < 0.5, 1, -1)
    direction = np.where(pitch < 2, 1, np.where(pitch > 125, -1, direction))
    whole_tone = by_step & ~scale[(pitch + direction) % 12]
    return pitch + np.where(wrong, direction * (1 + whole_tone), 0)


def _doubled(melody: np.ndarray, hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """The melody with some notes struck again before their middle."""
    twice = (rng.random(len(melody)) < hand.doubled) & (melody[:, 1] >= SHORTEST_DOUBLED)
    again = melody[twice].copy()
    after = rng.integers(2, again[:, 1] // 2 + 1) if len(again) else np.zeros(0, dtype=np.int64)
    again[:, 0] += after
    again[:, 1] -= after
    both = np.concatenate([melody, again])
    return both[np.argsort(both[:, 0], kind="stable")]


def _timed(melody: np.ndarray, hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """The melody with moved onsets and changed lengths, still one note at a time."""
    count = len(melody)
    moved = melody[:, 0] + rng.normal(0, hand.lag) + rng.normal(0, hand.early_late, count)
    # A hand that is early enough to overtake its last note strikes it a tick later instead: the order is kept.
    steps = np.arange(count)
    onset = np.maximum.accumulate(np.maximum(np.rint(moved).astype(np.int64), 0) - steps) + steps
    factor = np.ones(count)
    let_go, held = rng.random(count) < hand.shortened, rng.random(count) < hand.held_over
    factor = np.where(let_go, rng.uniform(0.3, 0.9, count), factor)
    factor = np.where(held & ~let_go, rng.uniform(1.2, 2.0, count), factor)
    duration = np.rint(melody[:, 1] * factor).astype(np.int64)
    room = np.append(np.diff(onset), duration[-1])
    return np.stack([onset, np.clip(duration, 1, np.maximum(room, 1)), melody[:, 2]], axis=1)


def played(melody: np.ndarray, hand: Hand, rng: np.random.Generator, bar: int = 4 * TICKS_PER_QUARTER) -> np.ndarray:
    """The melody `[notes, 3]` (onset, duration, MIDI pitch) as `hand` would play it.

    Monophonic and ascending like the melody itself, with at least one note; durations are 1 or more, onsets 0 or more.
    `bar` is the length of a bar in ticks, for the rests of whole bars.
    """
    if not len(melody) or not any(astuple(hand)):
        return melody.copy()
    out = _without_spans(melody, hand, rng, bar)
    out = out[rng.random(len(out)) >= hand.missed]
    if not len(out):
        out = melody[:1]
    out = out.copy()
    out[:, 2] = _wrong_pitches(out[:, 2], hand, rng)
    return _timed(_doubled(out, hand, rng), hand, rng)
