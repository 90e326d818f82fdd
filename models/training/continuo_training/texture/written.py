"""Bars that are written here: for the parity fixture and the tests, where no music of others may stand."""

from __future__ import annotations

import numpy as np

from .bars import Origin, Texture, TextureSet, empty, texture_set
from .grid import METERS, PARTS, ROWS, slot_ticks

ACCENT = 6
"""How much louder the first beat is, in MIDI velocity."""
Written = dict[str, list[int]]
"""At which ticks each row is struck."""

ROCK: Written = {"kick": [0, 48, 60], "snare": [24, 72], "closed_hat": [0, 12, 24, 36, 48, 60, 72, 84]}
SHUFFLE: Written = {"kick": [0, 48], "snare": [24, 72], "ride": [0, 16, 24, 40, 48, 64, 72, 88]}
WALTZ: Written = {"low": [0], "upper": [24, 48]}
CHARLESTON: Written = {"whole": [0, 36], "whole_ahead": [84]}
ALBERTI: Written = {"step_0": [0, 48], "step_2": [12, 36, 60, 84], "step_1": [24, 72]}
WALKING: Written = {"root": [0], "third": [24], "fifth": [48], "below": [72]}
JIG: Written = {"root": [0, 36], "fifth": [24]}
BARS: tuple[tuple[str, str, int, Written], ...] = (
    ("drums", "four", 1, ROCK),
    ("drums", "four", 9, SHUFFLE),
    ("chords", "three", 5, WALTZ),
    ("chords", "four", 0, CHARLESTON),
    ("chords", "four", 3, ALBERTI),
    ("bass", "four", 0, WALKING),
    ("bass", "compound", 2, JIG),
)
"""Part, family of meters, style and strokes of each bar."""


def written(part: str, family: str, strokes: Written, *, velocity: int = 90) -> Texture:
    """A bar as it is written; a stroke lasts until the next."""
    bar = empty(PARTS.index(part), METERS.index(family))
    slots = slot_ticks(bar.meter).tolist()
    for name, ticks in strokes.items():
        for tick in ticks:
            cell = slots.index(tick), ROWS[part].index(name)
            bar.hits[cell], bar.velocity[cell] = True, velocity + (tick == 0) * ACCENT
            bar.length[cell] = part != "drums"
    bar.changes = np.zeros(len(bar.hits), bool)
    bar.changes[0] = part != "drums"
    return bar


def written_bars() -> TextureSet:
    """All of them, each a piece of its own."""
    pieces = []
    for number, (part, family, style, strokes) in enumerate(BARS):
        bar = written(part, family, strokes)
        bar.number, bar.section_end = number, number == len(BARS) - 1
        bar.onsets = np.roll(bar.hits.any(1), 1) if number % 2 else None
        pieces.append((Origin(str(number), "written", "train", style), [bar]))
    return texture_set(pieces)
