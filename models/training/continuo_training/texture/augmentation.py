"""Bars that nobody played but somebody might have: turned, mixed with others, with strokes left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .bars import TextureSet
from .grid import METERS, N_SLOTS, PARTS, PER_QUARTER, SLOTS

TRIPLETS = np.isin(np.arange(N_SLOTS) % len(PER_QUARTER), (2, 4))
"""The slots of simple meters on which triplets lie, which half a quarter note would turn off the grid."""
SIXTEENTHS = np.array([0, 1, 3, 5])
"""The slots of a quarter note that sixteenths lie on."""


def turned_slots(meter: int, eighths: int) -> np.ndarray:
    """From which slot each slot of a bar comes that is turned by so many eighths; triplets only by quarter notes."""
    count = SLOTS[meter]
    source = np.arange(N_SLOTS)
    if METERS[meter] == "compound":
        source[:count] = np.roll(np.arange(count), 2 * eighths)
        return source
    if eighths % 2 == 0:
        source[:count] = np.roll(np.arange(count), eighths // 2 * len(PER_QUARTER))
        return source
    sixteenths = np.flatnonzero(np.isin(np.arange(count) % len(PER_QUARTER), SIXTEENTHS))
    source[sixteenths] = np.roll(sixteenths, 2 * eighths)
    return source


EIGHTHS = 8
"""A bar is turned by fewer eighths."""
TURNED = np.stack([[turned_slots(meter, eighths) for eighths in range(EIGHTHS)] for meter in range(len(METERS))])


class Augmentation:
    """Changes batches of bars as the table `[task.augmentation]` of a configuration says."""

    def __init__(self, config: dict[str, float]) -> None:
        self.config = config

    def __call__(self, bars: TextureSet, others: TextureSet, rng: np.random.Generator) -> TextureSet:
        """The bars, some of them changed; `others` are as many, of the same parts and meters."""
        cells = {name: getattr(bars, name) for name in ("hits", "velocity", "offset", "length")}
        from_other = self._mixed(bars, rng)
        for name, values in cells.items():
            cells[name] = np.where(from_other, getattr(others, name), values)
        source = self._turned(bars.meter, cells["hits"], rng)[..., None]
        kept = rng.random(bars.hits.shape) >= self.config["dropped"]
        for name, values in cells.items():
            cells[name] = np.take_along_axis(values, source, 1) * kept
        cells["hits"] = cells["hits"].astype(bool)
        struck = cells["hits"].any((1, 2))
        cells = {name: np.where(struck[:, None, None], v, getattr(bars, name)) for name, v in cells.items()}
        return replace(bars, **cells)

    def _mixed(self, bars: TextureSet, rng: np.random.Generator) -> np.ndarray:
        """Which cells are taken from the other bar: whole drums, or, of a hand, beats."""
        drums = (bars.part == PARTS.index("drums"))[:, None, None]
        rows = rng.random((len(bars), 1, bars.hits.shape[2])) < self.config["voices"]
        runs = np.arange(N_SLOTS) // len(PER_QUARTER)
        beats = (rng.random((len(bars), runs[-1] + 1)) < self.config["beats"])[:, runs, None]
        chosen = rng.random((len(bars), 1, 1)) < self.config["mixed"]
        return np.where(drums, rows, beats) & chosen

    def _turned(self, meter: np.ndarray, hits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """From which slot each slot comes `[bars, slots]`."""
        eighths = rng.integers(0, EIGHTHS, len(meter)) * (rng.random(len(meter)) < self.config["turned"])
        simple = meter != METERS.index("compound")
        triplets = simple & (hits.any(2) & TRIPLETS).any(1)
        eighths = np.where(triplets, eighths // 2 * 2, eighths)
        return TURNED[meter, eighths]
