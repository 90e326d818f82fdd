"""What a network of textures is told besides a bar: its kind, its style, how much is asked for, what is around it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from ..attributes import Levels, bucket, nothing
from ..vocabulary import LEVELS, N_STYLES, UNKNOWN_STYLE
from .bars import MOST_VELOCITY, TextureSet
from .grid import METERS, N_SLOTS, PARTS, ROWS, SLOTS, on_beats

ATTRIBUTES = ("density", "syncopation", "loudness")
PHRASE = 8
"""Bars."""
UNKNOWN_PLACE = PHRASE
"""The place in a phrase that stands for "not known"."""
KIND = len(PARTS) + len(METERS)
CONDITIONS = KIND + N_STYLES + len(ATTRIBUTES) * LEVELS + 2 * N_SLOTS + PHRASE + 1
QUARTERS = np.array([4, 3, 3])
"""Quarter notes of a bar of each meter."""
TIME = np.array([drum in ("closed_hat", "open_hat", "ride") for drum in ROWS["drums"]])
"""The drums that keep time, which says nothing of syncopation."""


def _next_beats() -> np.ndarray:
    """For each meter and slot the slot of the next beat, around the barline; `[meters, slots]`."""
    found = np.zeros((len(METERS), N_SLOTS), np.int64)
    for meter, count in enumerate(SLOTS):
        beats = np.flatnonzero(on_beats(meter))
        found[meter, :count] = beats[np.searchsorted(beats, np.arange(count), side="right") % len(beats)]
    return found


NEXT_BEAT = _next_beats()
ON_BEAT = np.stack([on_beats(meter) for meter in range(len(METERS))])


def measured(bars: TextureSet) -> dict[str, np.ndarray]:
    """The attributes of bars; NaN where one cannot be told.

    Density: strokes per quarter note. Syncopation: the share of the slots struck that are off the beat, the next beat
    being silent; drums that keep time do not count. Loudness: the mean velocity, as a share of the largest.
    """
    hits = bars.hits
    count = hits.sum((1, 2))
    counts = hits & ~((bars.part == PARTS.index("drums"))[:, None, None] & TIME)
    struck = counts.any(2)
    after = np.take_along_axis(struck, NEXT_BEAT[bars.meter], 1)
    off = struck & ~ON_BEAT[bars.meter] & ~after
    known = hits & (bars.velocity > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        loudness = (bars.velocity * known).sum((1, 2), dtype=np.float64) / known.sum((1, 2)) / MOST_VELOCITY
        return {
            "density": count / QUARTERS[bars.meter],
            "syncopation": off.sum(1) / struck.sum(1),
            "loudness": loudness,
        }


def levels_of(bars: TextureSet, edges: dict[str, dict[str, list[float]]]) -> Levels:
    """The level of every attribute of bars, by the edges of each part."""
    found = measured(bars)
    levels = {name: np.full(len(bars), nothing(name)) for name in ATTRIBUTES}
    for part, name in enumerate(PARTS):
        mine = bars.part == part
        for attribute, values in found.items():
            levels[attribute][mine] = bucket(values[mine], edges[name][attribute])
    return levels


@dataclass(frozen=True)
class Conditions:
    """The conditions of bars; every array begins `[bars]`."""

    part: np.ndarray
    meter: np.ndarray
    style: np.ndarray
    """`UNKNOWN_STYLE` where it is left free."""
    levels: Levels
    changes: np.ndarray
    onsets: np.ndarray
    place: np.ndarray
    """Number of the bar in its phrase; `UNKNOWN_PLACE` where it is not known."""
    section_end: np.ndarray

    def vector(self) -> np.ndarray:
        """What a network is told, float32 `[bars, CONDITIONS]` (docs/models.md)."""
        blocks = [
            _one_hot(self.part, len(PARTS)),
            _one_hot(self.meter, len(METERS)),
            _one_hot(self.style, N_STYLES),
            *(_one_hot(self.levels[name], LEVELS) for name in ATTRIBUTES),
            self.changes,
            self.onsets,
            _one_hot(self.place, PHRASE),
            self.section_end[:, None],
        ]
        return np.concatenate([block.astype(np.float32) for block in blocks], 1)


def _one_hot(values: np.ndarray, size: int) -> np.ndarray:
    """Zeros where a value is `size` or more."""
    return values[:, None] == np.arange(size)


def conditions_of(bars: TextureSet, edges: dict[str, dict[str, list[float]]]) -> Conditions:
    """All that is known of bars."""
    return Conditions(
        bars.part,
        bars.meter,
        bars.style,
        levels_of(bars, edges),
        bars.changes,
        bars.onsets,
        bars.number % PHRASE,
        bars.section_end,
    )


def without(conditions: Conditions, rng: np.random.Generator, share: dict[str, float]) -> Conditions:
    """The conditions with a `share` of each left free or not known."""
    count = len(conditions.part)

    def left(name: str) -> np.ndarray:
        return rng.random(count) < share[name]

    levels = {name: np.where(left("level"), nothing(name), values) for name, values in conditions.levels.items()}
    values = {field.name: getattr(conditions, field.name) for field in fields(Conditions)}
    return Conditions(
        **values
        | {
            "levels": levels,
            "style": np.where(left("style"), UNKNOWN_STYLE, conditions.style),
            "changes": conditions.changes & ~left("changes")[:, None],
            "onsets": conditions.onsets & ~left("onsets")[:, None],
            "place": np.where(left("place"), UNKNOWN_PLACE, conditions.place),
        }
    )


def only_kind(conditions: Conditions) -> Conditions:
    """The conditions with all but part and meter left free."""
    everything = dict.fromkeys(("level", "style", "changes", "onsets", "place"), 1.0)
    return without(conditions, np.random.default_rng(0), everything)
