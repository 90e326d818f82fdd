"""Bars of several parts that sound together, and what a maker of such bars is told."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from ...attributes import free
from ...sampling_weights import piece_weights
from ..bars import TextureSet, cells
from ..conditions import ATTRIBUTES, PHRASE, Conditions
from ..grid import N_ROWS, N_SLOTS, PARTS


@dataclass(frozen=True)
class Ensembles:
    """Bars of two or three parts, in the order in which they were played; every array begins `[bars]`."""

    hits: np.ndarray
    """`[bars, parts, slots, rows]`; nothing where a part is absent."""
    present: np.ndarray
    """Which parts sound, `[bars, parts]`."""
    meter: np.ndarray
    style: np.ndarray
    number: np.ndarray
    section_end: np.ndarray
    changes: np.ndarray
    """`[bars, slots]`, as the following."""
    onsets: np.ndarray
    piece: np.ndarray
    source: np.ndarray
    split: np.ndarray

    def __len__(self) -> int:
        return len(self.meter)

    def where(self, chosen: np.ndarray) -> Ensembles:
        """Some of the bars, by a mask or by numbers."""
        return Ensembles(**{column.name: getattr(self, column.name)[chosen] for column in fields(self)})


def ensembles(bars: TextureSet) -> Ensembles:
    """The bars in which at least two parts of a piece sound; of a part that was read twice, what was read first."""
    _, first, bar = np.unique(np.stack([bars.piece, bars.number]), axis=1, return_index=True, return_inverse=True)
    bar = bar.ravel()
    hits = np.zeros((len(first), len(PARTS), N_SLOTS, N_ROWS), bool)
    changes, onsets = (np.zeros((len(first), N_SLOTS), bool) for _ in range(2))
    ends = np.zeros(len(first), bool)
    fits = bars.meter == bars.meter[first][bar]
    for part in range(len(PARTS)):
        mine = np.flatnonzero((bars.part == part) & fits)[::-1]
        hits[bar[mine], part] = bars.hits[mine]
    for made, values in ((changes, bars.changes), (onsets, bars.onsets), (ends, bars.section_end)):
        np.logical_or.at(made, bar[fits], values[fits])
    present = hits.any((2, 3))
    names = ("meter", "style", "number", "piece", "source", "split")
    whole = {name: getattr(bars, name)[first] for name in names}
    found = Ensembles(hits, present, section_end=ends, changes=changes, onsets=onsets, **whole)
    return found.where(present.sum(1) > 1)


def conditions_of(bars: Ensembles, part: int = 0) -> Conditions:
    """What the network of one part would be told of the bars; levels are left free."""
    return Conditions(
        np.full(len(bars), part),
        bars.meter,
        bars.style,
        free(ATTRIBUTES, len(bars)),
        bars.changes,
        bars.onsets,
        bars.number % PHRASE,
        bars.section_end,
    )


def told(conditions: Conditions, present: np.ndarray) -> np.ndarray:
    """What a maker of all parts is told, float32 `[bars, CONDITIONS]`: instead of one part, which of them sound."""
    vector = conditions.vector()
    vector[:, : len(PARTS)] = present
    return vector


def inside(bars: Ensembles) -> np.ndarray:
    """Which cells may be struck: those of the meter, of the parts that sound; `[bars, parts, slots, rows]`."""
    return np.broadcast_to(cells(bars.meter)[:, None] & bars.present[:, :, None, None], bars.hits.shape)


def chances(bars: Ensembles, config: dict) -> np.ndarray:
    """How often each bar is drawn: sources by their weight, their pieces by the root of their length."""
    _, first, of_piece, lengths = np.unique(bars.piece, return_index=True, return_inverse=True, return_counts=True)
    weights = piece_weights(bars.source[first], bars.style[first], lengths, config)
    return (weights / lengths)[of_piece]
