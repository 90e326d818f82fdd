"""Those whom the generator is measured against: bars dealt anew, real bars that fit, and each part on its own."""

from __future__ import annotations

import numpy as np
import onnxruntime

from ..bars import cells
from ..grid import N_ROWS, N_SLOTS, PARTS
from .ensembles import Ensembles, conditions_of
from .measures import elsewhere
from .networks import CELLS, DRUMS

CHUNK = 256
UNKNOWN = 0.5
"""What is not known of one of two bars is half as bad as what differs."""
PLACE, END = 0.1, 0.5
"""What another place in the phrase costs, and a section that ends in one only; onsets and changes cost up to 1."""


def dealt_parts(bars: Ensembles, rng: np.random.Generator) -> np.ndarray:
    """Every part from another piece of the same style and meter, if there is one."""
    found = np.zeros_like(bars.hits)
    for part in range(len(PARTS)):
        found[:, part] = _dealt(bars, bars.hits[:, part], bars.present[:, part], rng)
    return found


def dealt_rows(bars: Ensembles, rng: np.random.Generator) -> np.ndarray:
    """Every row of a part from another piece; a hand keeps the first of what meets in a slot."""
    found = np.zeros_like(bars.hits)
    for part in range(len(PARTS)):
        for row in range(N_ROWS):
            dealt = _dealt(bars, bars.hits[:, part, :, row], bars.present[:, part], rng)
            free = True if part == DRUMS else ~found[:, part].any(2)
            found[:, part, :, row] = dealt & free
    return found


def _dealt(bars: Ensembles, values: np.ndarray, present: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Values of another piece where a part sounds, by style; one's own where there is no other piece."""
    made = np.zeros_like(values)
    for style in np.unique(bars.style):
        mine = np.flatnonzero(present & (bars.style == style))
        if len(mine):
            place = elsewhere(bars.piece[mine], bars.meter[mine], int(rng.integers(len(mine))))
            made[mine] = values[np.where(place >= 0, mine[place], mine)]
    return made


class Shelves:
    """Real bars, one of which is taken that fits what is told: style, meter, changes, onsets, place and section."""

    def __init__(self, bars: Ensembles) -> None:
        self.bars = bars

    def whole(self, bars: Ensembles, rng: np.random.Generator) -> np.ndarray:
        """A bar of all parts that sound, from one place."""
        found = np.zeros_like(bars.hits)
        for present in np.unique(bars.present, axis=0):
            mine = np.flatnonzero((bars.present == present).all(1))
            place = self._fitting(bars.where(mine), (self.bars.present | ~present).all(1), rng)
            known = place >= 0
            found[mine[known]] = self.bars.hits[place[known]] & present[:, None, None]
        return found

    def parts(self, bars: Ensembles, rng: np.random.Generator) -> np.ndarray:
        """A bar of each part, each from a place of its own."""
        found = np.zeros_like(bars.hits)
        for part in range(len(PARTS)):
            mine = np.flatnonzero(bars.present[:, part])
            place = self._fitting(bars.where(mine), self.bars.present[:, part], rng)
            known = place >= 0
            found[mine[known], part] = self.bars.hits[place[known], part]
        return found

    def _fitting(self, bars: Ensembles, among: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The number of a bar that fits best, one by chance of those that fit alike; −1 for none.

        None of its own piece is taken.
        """
        found = np.full(len(bars), -1)
        for style, meter in {*zip(bars.style.tolist(), bars.meter.tolist(), strict=True)}:
            mine = np.flatnonzero((bars.style == style) & (bars.meter == meter))
            shelf = np.flatnonzero(among & (self.bars.style == style) & (self.bars.meter == meter))
            if not len(shelf):
                continue
            others = self.bars.where(shelf)
            for begin in range(0, len(mine), CHUNK):
                some = mine[begin : begin + CHUNK]
                cost = _cost(bars.where(some), others)
                cost += 1e-4 * rng.random(cost.shape, np.float32)
                cost[bars.piece[some][:, None] == others.piece] = np.inf
                found[some] = np.where(np.isfinite(cost.min(1)), shelf[cost.argmin(1)], -1)
        return found


def _cost(bars: Ensembles, others: Ensembles) -> np.ndarray:
    """How badly each of the others fits each bar, `[bars, others]`."""
    place = (bars.number[:, None] - others.number) % 8 != 0
    ends = bars.section_end[:, None] != others.section_end
    cost = PLACE * place.astype(np.float32) + END * ends.astype(np.float32)
    for one, other in ((bars.onsets, others.onsets), (bars.changes, others.changes)):
        first, second = one.astype(np.float32), other.astype(np.float32)
        sizes = first.sum(1)[:, None] + second.sum(1)
        unlike = 1 - 2 * first @ second.T / np.maximum(sizes, 1)
        known = one.any(1)[:, None] & other.any(1)
        cost += np.where(known, unlike, np.where(sizes > 0, UNKNOWN, 0.0))
    return cost


def separately(run: onnxruntime.InferenceSession, bars: Ensembles, rng: np.random.Generator) -> np.ndarray:
    """Every part as the autoencoder of textures makes it from a place by chance, on its own, told what all are told."""
    found = np.zeros_like(bars.hits)
    for part in range(len(PARTS)):
        mine = np.flatnonzero(bars.present[:, part])
        if not len(mine):
            continue
        of_part = bars.where(mine)
        given = {
            "bar": np.zeros((len(mine), CELLS), np.float32),
            "conditions": conditions_of(of_part, part).vector(),
        }
        size = next(put.shape[1] for put in run.get_inputs() if put.name == "shift")
        silent = run.run(["code"], given | {"shift": np.zeros((len(mine), size), np.float32)})[0]
        place = rng.standard_normal((len(mine), size)).astype(np.float32)
        (logits,) = run.run(["hits"], given | {"shift": place - silent})
        logits = logits.reshape(-1, N_SLOTS, N_ROWS)
        struck = (logits > 0) & cells(of_part.meter)
        if part != DRUMS:
            struck &= logits == logits.max(2, keepdims=True)
        found[mine, part] = struck
    return found


def repeated(bars: Ensembles, index: int, times: int) -> Ensembles:
    """One bar many times, for what is made of one condition."""
    return bars.where(np.full(times, index))
