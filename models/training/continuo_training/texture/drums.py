"""Bars of drums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..corpus import Piece
from ..mining.bars import PERIODS, units
from ..vocabulary import TICKS_PER_QUARTER
from .bars import Texture, empty
from .grid import EARLY, METERS, PARTS, ROWS, SLOTS, snapped

PART = PARTS.index("drums")
KEYS = {
    "kick": (35, 36),
    "snare": (37, 38, 39, 40),
    "closed_hat": (22, 42, 44),
    "open_hat": (26, 46),
    "low_tom": (41, 43, 58),
    "mid_tom": (45, 47),
    "high_tom": (48, 50),
    "crash": (49, 52, 55, 57),
    "ride": (51, 53, 59),
}
"""General MIDI keys of each row, and those of the drums on which the Groove MIDI Dataset was played. A side stick is a
snare, a pedal a closed hi-hat; what else there is in General MIDI has no row."""
ROW_OF = {key: ROWS["drums"].index(drum) for drum, keys in KEYS.items() for key in keys}


def in_ticks(record: dict[str, Any]) -> dict[str, Any]:
    """A record in ticks of 24 to the quarter note, whatever its own are, and with a closing barline."""
    scale = TICKS_PER_QUARTER / (record.get("ticks") or TICKS_PER_QUARTER)
    meter = [[round(tick * scale), *signature] for tick, *signature in record["meter"]] or [[0, 4, 4]]
    bars = [round(tick * scale) for tick in record["bars"]] or [0]
    _, beats, unit = max((change for change in meter if change[0] <= bars[-1]), default=meter[0])
    bars.append(bars[-1] + beats * 4 * TICKS_PER_QUARTER // max(unit, 1))
    drums = (record.get("parts") or {}).get("drums") or []
    strokes = [[onset * scale, key, velocity] for onset, _, key, velocity in drums]
    return record | {"meter": meter, "bars": bars, "parts": {"drums": strokes}}


def drum_bars(piece: Piece, strokes: list[list[float]], *, fills: bool) -> Iterator[tuple[Texture, np.ndarray]]:
    """The bars of a drummer, each with its strokes: tick in the bar, key, velocity.

    `strokes` are onset, key and velocity. In `fills` every bar ends a section. A silent bar is none.
    """
    strokes = sorted(stroke for stroke in strokes if stroke[1] in ROW_OF)
    played = np.array(strokes, np.float64).reshape(-1, 3)
    for number, (family, start) in enumerate(units(piece)):
        first, last = np.searchsorted(played[:, 0], (start - EARLY, start + PERIODS[family] - EARLY))
        if first == last:
            continue
        inside = played[first:last] - (start, 0, 0)
        bar = empty(PART, METERS.index(family))
        place(bar, inside)
        bar.section_end = fills
        bar.number = number
        yield bar, inside


def place(bar: Texture, strokes: np.ndarray) -> None:
    """Puts strokes of tick, key and velocity into a bar; of two in one cell the louder stays."""
    on_grid = snapped(strokes[:, 0], bar.meter)
    bar.swing = on_grid.swing
    for (_, key, velocity), slot, offset in zip(strokes, on_grid.slots, on_grid.offsets, strict=True):
        cell = slot, ROW_OF[int(key)]
        if slot < SLOTS[bar.meter] and not (bar.hits[cell] and bar.velocity[cell] >= velocity):
            bar.hits[cell], bar.velocity[cell], bar.offset[cell] = True, velocity, offset
