"""The grid of textures: a bar has slots that hold sixteenths and triplets, and each part has nine rows.

What is struck is the score; how loud, how early and how long is the feel beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..mining.bars import PERIODS
from ..vocabulary import TICKS_PER_QUARTER

PARTS = ("drums", "chords", "bass")
METERS = tuple(PERIODS)
"""Families of meters: 4/4, 3/4, 6/8. Longer bars are made of these."""
ROWS = {
    "drums": ("kick", "snare", "closed_hat", "open_hat", "low_tom", "mid_tom", "high_tom", "crash", "ride"),
    "chords": ("step_0", "step_1", "step_2", "step_3", "step_4", "whole", "upper", "low", "whole_ahead"),
    "bass": ("root", "fifth", "third", "sixth", "octave", "below", "above", "ahead", "again"),
}
N_ROWS = 9
N_SLOTS = 24
"""Slots of the longest bar, which is how many a network has."""
SIXTEENTH = 6
"""Ticks; an offset of 1."""
LARGEST_OFFSET = 0.5
PER_QUARTER = np.array([0, 6, 8, 12, 16, 18])
"""Ticks of the slots of a quarter note."""
EIGHTH, TRIPLET, SWUNG = 3, 2, 4
"""Which of them are its second eighth, its second triplet, and the third triplet, where a second eighth swings to."""
BINARY, TERNARY = np.array([0, 1, 3, 5]), np.array([0, 2, 4])
"""The slots of a quarter note of sixteenths, and of one of triplets."""
EARLY = SIXTEENTH * LARGEST_OFFSET
"""A note so many ticks before a bar belongs to it."""
EXACT = 0.5
"""Notes that lie within so many ticks of the slots are written, not played."""
TERNARY_ADVANTAGE = 1.0
"""How much nearer, in squared ticks, triplets must lie before a quarter note is taken for one of triplets."""
NEIGHBOURS = 0.25
"""How much the other quarter notes of the bar have to say in that."""


def slot_ticks(meter: int) -> np.ndarray:
    """The tick of every slot of a bar."""
    name = METERS[meter]
    if name == "compound":
        return np.arange(0, PERIODS[name], SIXTEENTH)
    quarters = np.arange(0, PERIODS[name], TICKS_PER_QUARTER)
    return (quarters[:, None] + PER_QUARTER).ravel()


SLOTS = tuple(len(slot_ticks(meter)) for meter in range(len(METERS)))
"""How many slots a bar of each meter has."""


@dataclass(frozen=True)
class Snapped:
    """Notes of a bar on its slots."""

    slots: np.ndarray
    """The slot of each note; one past the last slot is the beginning of the next bar."""
    offsets: np.ndarray
    """How late each note is, in sixteenths."""
    swing: float
    """How far second eighths are swung: 0 straight, 1 triplets."""


def snapped(ticks: np.ndarray, meter: int) -> Snapped:
    """Notes that begin at `ticks` of a bar, each on the slot that it is meant for."""
    grid = slot_ticks(meter)
    if METERS[meter] == "compound":
        slots = np.rint(ticks / SIXTEENTH).astype(np.int64)
        return Snapped(slots, _late(ticks, slots * SIXTEENTH), 0.0)
    within = np.append(PER_QUARTER, TICKS_PER_QUARTER)
    quarter = np.floor((ticks + EARLY) / TICKS_PER_QUARTER).astype(np.int64)
    inside = ticks - quarter * TICKS_PER_QUARTER
    distance = np.abs(inside[:, None] - within)
    in_quarter = np.argmin(distance, 1)
    numbers = np.unique(quarter)
    nearest = [distance[:, np.append(kind, len(PER_QUARTER))] for kind in (BINARY, TERNARY)]
    errors = [kind.min(1) ** 2 for kind in nearest]
    gain = np.array([(errors[0] - errors[1])[quarter == number].sum() for number in numbers])
    gain = gain + NEIGHBOURS * (gain.sum() - gain)
    for number, ternary in zip(numbers, gain > TERNARY_ADVANTAGE, strict=True):
        mine = quarter == number
        if distance[mine].min(1).max() > EXACT:
            kind = np.append(TERNARY if ternary else BINARY, len(PER_QUARTER))
            in_quarter[mine] = kind[nearest[int(ternary)][mine].argmin(1)]
    quarter, in_quarter = quarter + in_quarter // len(PER_QUARTER), in_quarter % len(PER_QUARTER)
    triplets = np.isin(quarter, quarter[in_quarter == TRIPLET])
    swung = (in_quarter == SWUNG) & ~triplets
    swing = 0.0
    if swung.any() and not (in_quarter == EIGHTH).any():
        swing = float(np.clip(_swing_of(ticks[swung] - quarter[swung] * TICKS_PER_QUARTER), 0, 1))
        in_quarter = np.where(swung, EIGHTH, in_quarter)
    slots = quarter * len(PER_QUARTER) + in_quarter
    ideal = np.append(swung_ticks(meter, swing), grid[-1] + TICKS_PER_QUARTER - PER_QUARTER[-1])
    return Snapped(slots, _late(ticks, ideal[np.minimum(slots, len(grid))]), swing)


def _swing_of(ticks: np.ndarray) -> float:
    """How far second eighths that are played at `ticks` of their quarter notes are swung."""
    straight, triplet = PER_QUARTER[EIGHTH], PER_QUARTER[SWUNG]
    return (ticks.mean() - straight) / (triplet - straight)


def _late(ticks: np.ndarray, ideal: np.ndarray) -> np.ndarray:
    return np.clip((ticks - ideal) / SIXTEENTH, -LARGEST_OFFSET, LARGEST_OFFSET)


def swung_ticks(meter: int, swing: float) -> np.ndarray:
    """The tick of every slot of a bar whose second eighths are swung."""
    ticks = slot_ticks(meter).astype(np.float64)
    if METERS[meter] != "compound":
        ticks[EIGHTH :: len(PER_QUARTER)] += swing * (PER_QUARTER[SWUNG] - PER_QUARTER[EIGHTH])
    return ticks


def on_beats(meter: int) -> np.ndarray:
    """Which of the `N_SLOTS` slots are beats of a bar."""
    beat = 36 if METERS[meter] == "compound" else TICKS_PER_QUARTER
    beats = np.zeros(N_SLOTS, bool)
    beats[: SLOTS[meter]] = slot_ticks(meter) % beat == 0
    return beats
