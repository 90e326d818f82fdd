"""The most typical and the most different of many bars."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .bars import Bar, Shape

MOST_SHAPES = 800
"""The most different bars that are compared with each other; the commonest."""
FEWEST_PIECES = 4
"""A bar that fewer pieces have is somebody's idea, not a manner."""
OTHER_TOUCH = 0.5
"""How far two strokes at one time are from each other that strike something else; a stroke too many is 1."""
ACCENT = 0.5
"""How much of the accents is left to a part that plays along."""
LOUDEST = 8
"""The largest accent, in MIDI velocity."""
HARDLY = 2.0
"""The distance up to which a bar counts as the same as the one before."""
USUAL = 38
"""The density in percent from which on a mined bar is played as it was found."""


@dataclass
class Shapes:
    """The bars of one style and family, told apart by when they strike what."""

    weight: Counter[Shape] = field(default_factory=Counter)
    bars: dict[Shape, list[tuple[str, str, int, Bar]]] = field(default_factory=lambda: defaultdict(list))
    """Where each shape was found: source, piece, tick, strokes."""
    stays: list[bool] = field(default_factory=list)
    """For each bar that follows one: whether it is hardly different."""

    def add(self, source: str, piece: str, bars: list[tuple[int, Shape, Bar]], period: int) -> None:
        """The bars of a part. A shape weighs the square root of how often a part has it."""
        counts = Counter(shape for _, shape, _ in bars)
        for shape, count in counts.items():
            self.weight[shape] += count**0.5
        for tick, shape, bar in bars:
            self.bars[shape].append((source, piece, tick, bar))
        for (tick, shape, _), (after, following, _) in itertools.pairwise(bars):
            if after == tick + period:
                self.stays.append(distance(shape, following, period) <= HARDLY)

    def constancy(self) -> float:
        """The chance that a bar is followed by one that is hardly different."""
        return round(float(np.clip(np.mean(self.stays or [0.5]), 0.1, 0.85)), 2)

    def pieces(self, shape: Shape) -> int:
        """In how many pieces the shape was found."""
        return len({piece for _, piece, _, _ in self.bars[shape]})


def distance(one: Shape, other: Shape, period: int) -> float:
    """Strokes that one has and the other has not, with half of one for another touch; the beat counts double."""
    first, second = dict(one), dict(other)
    far = 0.0
    for at in first.keys() | second.keys():
        weight = 2.0 if at % 24 == 0 or (period == 72 and at == 36) else 1.0
        if at not in first or at not in second:
            far += weight
        elif first[at] != second[at]:
            far += weight * OTHER_TOUCH
    return far


def medoids(shapes: list[Shape], weights: np.ndarray, period: int, count: int) -> list[tuple[Shape, float]]:
    """`count` of the shapes that stand best for all, and the weight of those for which each stands.

    Each is the one that leaves least of the weighted distance of all shapes to the nearest that is chosen: greedy
    k-medoids, the same on every machine.
    """
    far = np.array([[distance(one, other, period) for other in shapes] for one in shapes])
    nearest = np.full(len(shapes), np.inf)
    chosen: list[int] = []
    while len(chosen) < min(count, len(shapes)) and nearest.any():
        left = (weights[:, None] * np.minimum(nearest[:, None], far)).sum(axis=0)
        chosen.append(int(np.argmin(left)))
        nearest = np.minimum(nearest, far[:, chosen[-1]])
    owner = np.argmin(far[:, chosen], axis=1)
    return [(shapes[index], float(weights[owner == place].sum())) for place, index in enumerate(chosen)]


def typical(shapes: Shapes, period: int, count: int, accents: dict[int, float]) -> list[dict[str, Any]]:
    """The `count` bars that stand best for all, as they go into a file."""
    common = [(shape, weight) for shape, weight in shapes.weight.most_common(MOST_SHAPES)]
    common = [(shape, weight) for shape, weight in common if shapes.pieces(shape) >= FEWEST_PIECES]
    if not common:
        return []
    onsets: Counter[int] = Counter()
    for shape, weight in common:
        onsets.update({at: weight for at, _ in shape})
    chosen = medoids([shape for shape, _ in common], np.array([weight for _, weight in common]), period, count)
    total = sum(weight for _, weight in chosen)
    return [bar_entry(shapes, shape, weight / total, onsets, period, accents) for shape, weight in chosen]


def bar_entry(
    shapes: Shapes, shape: Shape, weight: float, onsets: Counter[int], period: int, accents: dict[int, float]
) -> dict[str, Any]:
    """A bar of a file. Lengths and accents are the middle ones of all bars of the shape."""
    found = shapes.bars[shape]
    ranks = sorted(range(len(shape)), key=lambda index: (-onsets[shape[index][0]], shape[index][0]))
    strokes = []
    for index, (at, touch) in enumerate(shape):
        mine = [bar[index] for *_, bar in found]
        length = int(np.median([stroke.length for stroke in mine], axis=None))
        known = [stroke.accent for stroke in mine if stroke.accent is not None]
        accent = float(np.mean(known)) if known else accents[metrical(at, period)]
        rank = ranks.index(index)
        percent = 0 if rank == 0 else round(4 + (USUAL - 4) * rank / max(len(shape) - 1, 1))
        name, _, step = touch.partition(" ")
        strokes.append(
            [at, {"step": int(step)} if step else name, length, percent, round(float(np.clip(ACCENT * accent, -8, 8)))]
        )
    source, piece, tick, _ = min(found)
    return {
        "weight": round(weight, 4),
        "source": source,
        "piece": piece,
        "tick": tick,
        "bars": len(found),
        "pieces": shapes.pieces(shape),
        "strokes": strokes,
    }


def metrical(at: int, period: int) -> int:
    """How strong a place in the bar is: 0 the first beat, 1 the middle, 2 a beat, 3 an eighth, 4 less."""
    if at == 0:
        return 0
    if at == 48 and period == 96:
        return 1
    return 2 if at % 24 == 0 else 3 if at % 12 == 0 else 4


def accents_by_metre(bars: list[tuple[int, Bar]]) -> dict[int, float]:
    """The mean accent at each metrical strength, from bars (with their period) whose velocities are known."""
    found: dict[int, list[float]] = {strength: [0.0] for strength in range(5)}
    for period, bar in bars:
        for stroke in bar:
            if stroke.accent is not None:
                found[metrical(stroke.at, period)].append(stroke.accent)
    return {strength: float(np.mean(values)) for strength, values in found.items()}
