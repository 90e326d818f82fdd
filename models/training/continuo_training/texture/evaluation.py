"""How well bars come back from their codes, and what lies between and around the codes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from ..networks.vae import Vae
from ..record_rules import SPLITS
from ..vocabulary import LEVELS
from .bars import MOST_VELOCITY, TextureSet
from .conditions import Conditions, conditions_of, measured, only_kind
from .grid import METERS, PARTS
from .measures import f1
from .training import CELLS, Said, codes, decoded, some

MOST = 2000
"""Bars of each part that are judged."""
ACTIVE = 0.01
"""A dimension whose mean code varies more than this is in use (Burda et al. 2016)."""
PAIRS, POINTS = 200, 11
SAMPLES = 1000
VARIED = 0.4
"""How much of a variation's code is chance."""
CHUNK = 256


def nearest(bars: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Of each bar the number of the known bar with the highest F1; hits `[bars, slots, rows]`."""
    flat, all_known = (hits.reshape(len(hits), -1).astype(np.float32) for hits in (bars, known))
    sizes = all_known.sum(1)
    best = []
    for begin in range(0, len(flat), CHUNK):
        mine = flat[begin : begin + CHUNK]
        best.append((2 * mine @ all_known.T / (mine.sum(1)[:, None] + sizes)).argmax(1))
    return np.concatenate(best)


class Library:
    """Bars that are known, each once, by part and meter."""

    def __init__(self, bars: TextureSet) -> None:
        self._bars = bars
        self._known: dict[tuple[int, int], np.ndarray] = {}

    def _of(self, part: int, meter: int) -> np.ndarray:
        if (part, meter) not in self._known:
            mine = self._bars.hits[(self._bars.part == part) & (self._bars.meter == meter)]
            _, first = np.unique(np.packbits(mine.reshape(len(mine), CELLS), axis=1), axis=0, return_index=True)
            self._known[part, meter] = mine[first]
        return self._known[part, meter]

    def nearest(self, bars: TextureSet) -> np.ndarray:
        """What the nearest bar of the same part and meter strikes, to each bar; nothing where none is known."""
        found = np.zeros_like(bars.hits)
        for part, meter in {*zip(bars.part.tolist(), bars.meter.tolist(), strict=True)}:
            known = self._of(part, meter)
            mine = (bars.part == part) & (bars.meter == meter)
            if len(known):
                found[mine] = known[nearest(bars.hits[mine], known)]
        return found


def hits_before(bars: TextureSet) -> np.ndarray:
    """What the same part struck in the bar before; nothing where there is none."""
    before = bars.before()
    return np.where((before >= 0)[:, None, None], bars.hits[before], False)


def parts_of(bars: TextureSet) -> Iterator[tuple[str, np.ndarray]]:
    """The parts that there are bars of, with a mask of those."""
    masks = ((name, bars.part == part) for part, name in enumerate(PARTS))
    return ((name, mine) for name, mine in masks if mine.any())


def _by_part(bars: TextureSet, found: np.ndarray) -> dict[str, float]:
    return {name: f1(found[mine], bars.hits[mine]) for name, mine in parts_of(bars)}


def _feel_errors(bars: TextureSet, back: Said) -> dict[str, dict[str, float]]:
    """Mean errors of the strokes that came back: velocity in MIDI, offset in sixteenths, length as a share."""
    errors: dict[str, dict[str, float]] = {}
    for name, mine in parts_of(bars):
        both = bars.hits & back.hits & mine[:, None, None]
        played = both & (bars.velocity > 0)
        if not played.any():
            continue
        loud = bars.velocity[played].astype(np.float64)
        errors[name] = {
            "velocity": float(np.abs(back.velocity[played] * MOST_VELOCITY - loud).mean()),
            "velocity_of_the_mean": float(np.abs(loud - loud.mean()).mean()),
            "offset": float(np.abs(back.offset[played] - bars.offset[played]).mean()),
        }
        if name != "drums":
            errors[name]["length"] = float(np.abs(back.length[both] - bars.length[both]).mean())
    return errors


def mixed(codes_of: tuple[np.ndarray, ...], weights: tuple[float, ...]) -> np.ndarray:
    """Codes mixed with weights over the root of the sum of their squares.

    So the mixture of codes that have nothing to do with each other is as far from the origin as they are. A mean is
    nearer, where bars of few strokes lie.
    """
    total = sum(weight * code for code, weight in zip(codes_of, weights, strict=True))
    return (total / np.sqrt(sum(weight**2 for weight in weights))).astype(np.float32)


def path(network: Vae, code: np.ndarray, conditions: Conditions, rng: np.random.Generator) -> dict[str, float]:
    """What is met on the way between the codes of two bars of one kind, in `POINTS` bars a way.

    How the distance to the first bar (strokes that differ) rises: Spearman's correlation with the place on the way,
    mean and least tenth. The largest step over the mean one, of strokes and of the chances of strokes: a way of few
    strokes cannot be even in strokes. How much longer a way is than its ends are apart, and how many strokes there are
    in its middle, as a share of those at its ends.
    """
    first = rng.permutation(len(code))[:PAIRS]
    kind = conditions.part * len(METERS) + conditions.meter
    second = np.array([rng.choice(np.flatnonzero(kind == kind[index])) for index in first])
    along = np.linspace(0, 1, POINTS)
    told = Conditions(**{name: taken(values, first) for name, values in vars(only_kind(conditions)).items()})
    ends = code[first], code[second]
    chances = [decoded(network, mixed(ends, (1 - share, share)), told).chance for share in along]
    bars = [chance > 0.5 for chance in chances]
    far = np.stack([(bar != bars[0]).sum((1, 2)) for bar in bars])
    ways = far[-1] > 0
    if not ways.any():
        return {}
    steps = np.stack([(after != before).sum((1, 2)) for before, after in pairwise(bars)])[:, ways]
    slides = np.stack([np.abs(after - before).sum((1, 2)) for before, after in pairwise(chances)])[:, ways]
    rises = np.array([spearman(along, way) for way in far[:, ways].T])
    return {
        "rises": float(rises.mean()),
        "rises_least_tenth": float(np.quantile(rises, 0.1)),
        "largest_step": float((steps.max(0) / steps.mean(0)).mean()),
        "largest_step_of_chances": float((slides.max(0) / slides.mean(0)).mean()),
        "strokes_a_step": float(steps.mean()),
        "middle": float(2 * bars[POINTS // 2].sum() / (bars[0].sum() + bars[-1].sum())),
        "detour": float((steps.sum(0) / far[-1][ways]).mean()),
    }


def taken(values: np.ndarray | dict[str, np.ndarray], chosen: np.ndarray) -> np.ndarray | dict[str, np.ndarray]:
    """Some of the values of a condition."""
    if isinstance(values, dict):
        return {name: level[chosen] for name, level in values.items()}
    return values[chosen]


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation; equal values share their mean rank."""
    ranks = [_ranks(values) for values in (a, b)]
    spread = [values - values.mean() for values in ranks]
    scale = np.sqrt((spread[0] ** 2).sum() * (spread[1] ** 2).sum())
    return float((spread[0] * spread[1]).sum() / scale) if scale else 0.0


def _ranks(values: np.ndarray) -> np.ndarray:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[places]


def samples(
    network: Vae, train: TextureSet, library: Library, edges: dict[str, Any], rng: np.random.Generator
) -> dict[str, Any]:
    """Bars of codes drawn from the prior, under the conditions of bars of `train`, beside the bars themselves.

    Strokes a bar, bars in which nothing is struck, and how near the nearest bar of `train` is; the same of bars that
    are varied by `VARIED`. And how the levels that are asked for come out: Spearman's correlation of each with what it
    is a level of.
    """
    found: dict[str, Any] = {}
    for name, of_part in parts_of(train):
        mine = np.flatnonzero(of_part)
        bars = train.where(rng.choice(mine, min(SAMPLES, len(mine)), replace=False))
        told = conditions_of(bars, edges)
        code = rng.standard_normal((len(bars), network.shape.code)).astype(np.float32)
        said = decoded(network, code, told)
        drawn = replace(bars, hits=said.hits, velocity=np.rint(said.velocity * MOST_VELOCITY) * said.hits)
        near = library.nearest(drawn)
        varied = mixed((codes(network, bars), code), (math.sqrt(1 - VARIED**2), VARIED))
        other = decoded(network, varied, told).hits
        asked = {level: told.levels[level] for level in told.levels}
        heard = measured(drawn)
        found[name] = {
            "strokes": float(said.hits.sum((1, 2)).mean()),
            "strokes_of_people": float(bars.hits.sum((1, 2)).mean()),
            "silent": float((~said.hits.any((1, 2))).mean()),
            "nearest": f1(near, said.hits),
            "varied": {
                "strokes": float(other.sum((1, 2)).mean()),
                "kept": f1(other, bars.hits),
                "nearest": f1(library.nearest(replace(bars, hits=other)), other),
            },
            "levels": {
                level: spearman(asked[level][known], heard[level][known])
                for level in asked
                if (known := ~np.isnan(heard[level]) & (asked[level] < LEVELS)).any()
            },
        }
    return found


def of_split(network: Vae, bars: TextureSet, library: Library, edges: dict[str, Any]) -> dict[str, Any]:
    """What comes back of at most `MOST` bars of each part, beside what nearest bars and bars before are worth."""
    judged = some(bars, MOST)
    told = conditions_of(judged, edges)
    code = codes(network, judged)
    back, bare = decoded(network, code, told), decoded(network, code, only_kind(told))
    same = (back.hits == judged.hits).all((1, 2))
    before = replace(bars, hits=hits_before(bars))
    return {
        "bars": {name: int(mine.sum()) for name, mine in parts_of(judged)},
        "f1": _by_part(judged, back.hits),
        "f1_told_part_and_meter": _by_part(judged, bare.hits),
        "f1_of_nearest": _by_part(judged, library.nearest(judged)),
        "f1_of_bar_before": _by_part(judged, some(before, MOST).hits),
        "exact": {name: float(same[mine].mean()) for name, mine in parts_of(judged)},
        "feel": _feel_errors(judged, back),
    }


def measure(network: Vae, bars: TextureSet, edges: dict[str, Any], seed: int) -> dict[str, Any]:
    """All measures of a network."""
    rng = np.random.default_rng(seed)
    by_split = {split: bars.where(bars.split == split) for split in SPLITS}
    train = by_split["train"]
    library = Library(train)
    found: dict[str, Any] = {
        split: of_split(network, by_split[split], library, edges) for split in ("valid", "test") if len(by_split[split])
    }
    seen = some(train, MOST)
    told = conditions_of(seen, edges)
    code = codes(network, seen)
    found["train"] = {"f1": _by_part(seen, decoded(network, code, told).hits)}
    found["active"] = int((code.var(0) > ACTIVE).sum())
    found["code"] = {"mean": float(np.abs(code.mean(0)).max()), "spread": float(code.std(0).mean())}
    unseen = some(by_split["valid"], MOST)
    unseen_code, unseen_told = codes(network, unseen), conditions_of(unseen, edges)
    found["path"] = {}
    for name, of_part in parts_of(unseen):
        mine = np.flatnonzero(of_part)
        told_of = Conditions(**{key: taken(values, mine) for key, values in vars(unseen_told).items()})
        found["path"][name] = path(network, unseen_code[mine], told_of, rng)
    found["samples"] = samples(network, train, library, edges, rng)
    return found


def table(found: dict[str, Any]) -> str:
    """The measures for people to read."""
    head = ("split, part", "bars", "comes back", "train", "nearest of train", "bar before", "exact", "velocity")
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for split in ("valid", "test"):
        for part, bars in found.get(split, {}).get("bars", {}).items():
            row = found[split]
            values = [row["f1"], found["train"]["f1"], row["f1_of_nearest"], row["f1_of_bar_before"], row["exact"]]
            numbers = " | ".join(f"{value[part]:.3f}" for value in values)
            loud = row["feel"].get(part, {}).get("velocity")
            lines.append(f"| {split}, {part} | {bars} | {numbers} | {'–' if loud is None else f'{loud:.1f}'} |")
    return "\n".join(lines)
