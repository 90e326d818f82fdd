"""Bars of Chords and of a bass: what their notes are to the chords, and no pitch."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from ..corpus import Piece
from ..mining.bars import IN_CHORD, MOST_KEYS, Place, Span, touch_of
from ..mining.lines import AHEAD, MOST_NOTES, tone_of
from ..mining.parts import Note
from ..vocabulary import N_QUALITIES, NO_CHORD, QUALITY_TONES
from .bars import Texture, empty
from .grid import EARLY, METERS, PARTS, ROWS, SLOTS, slot_ticks, snapped

MOST_CHORDS = 4
"""A bar of more chords is harmony of its own."""
HIGHEST_STEP = 4
"""The row of a single note of this rank, and of all that are higher."""
CHORD_ROWS = {name: row for row, name in enumerate(ROWS["chords"])}
BASS_ROWS = {name: row for row, name in enumerate(ROWS["bass"])}
OF_TOUCH = {"block": "whole", "upper": "upper", "low": "low"}
OF_TONE = {"root": "root", "ahead": "ahead", "octave": "octave", "again": "again", "third": "third", "fifth": "fifth"}
SIXTHS = range(8, 12)
"""Semitones above the root of sixths and sevenths."""
NEAR = 2
"""Semitones of a step."""

Stroke = tuple[int, list[Note], float, int]
"""Slot, notes that are struck together, offset in sixteenths, row."""


class Following:
    """Which chord comes after each chord of a piece."""

    def __init__(self, piece: Piece) -> None:
        self.chords = [tuple(chord) for chord in piece.chords.tolist()]
        self.onsets = [chord[0] for chord in self.chords]

    def tones(self, span: Span) -> set[int]:
        """The pitch classes of the chord that begins when `span` ends; none if there is none."""
        index = bisect_left(self.onsets, span.end)
        if index == len(self.onsets) or self.onsets[index] > span.end or self.chords[index][2] == NO_CHORD:
            return set()
        root, quality = divmod(self.chords[index][2], N_QUALITIES)
        return {(root + tone) % 12 for tone in QUALITY_TONES[quality]}


def _groups(notes: list[Note], place: Place) -> tuple[dict[int, tuple[list[Note], float]], float]:
    """The notes of a bar by slot, with the mean offset of each, and the swing."""
    ticks = np.array([note[0] - place.start for note in notes], np.float64)
    on_grid = snapped(ticks, METERS.index(place.family))
    groups: dict[int, tuple[list[Note], float]] = {}
    for slot in np.unique(on_grid.slots):
        mine = on_grid.slots == slot
        group = [note for note, here in zip(notes, mine, strict=True) if here]
        groups[int(slot)] = group, float(on_grid.offsets[mine].mean())
    return groups, on_grid.swing


def _inside(notes: list[Note], place: Place) -> slice:
    """Which notes of a part are of the bar."""
    return slice(*(bisect_left(notes, (edge - EARLY,)) for edge in (place.start, place.start + place.period)))


def _span_at(place: Place, tick: float) -> Span:
    return next((span for span in place.chords if place.start + tick < span.end), place.chords[-1])


def _bar(part: str, place: Place, strokes: list[Stroke], swing: float) -> Texture:
    """The bar of some strokes."""
    bar = empty(PARTS.index(part), METERS.index(place.family))
    bar.swing = swing
    ticks = np.append(slot_ticks(bar.meter), place.period)
    slots = [stroke[0] for stroke in strokes] + [SLOTS[bar.meter]]
    for (slot, group, offset, row), (here, after) in zip(strokes, pairwise(slots), strict=True):
        gap = ticks[after] - ticks[here]
        bar.hits[slot, row] = True
        bar.velocity[slot, row] = round(sum(note[3] for note in group) / len(group))
        bar.offset[slot, row] = offset
        bar.length[slot, row] = min(max(note[1] for note in group) / gap, 1.0)
    bar.changes = np.zeros(len(bar.hits), bool)
    for span in place.chords:
        tick = span.start - place.start
        bar.changes[int(np.abs(slot_ticks(bar.meter) - tick).argmin())] = True
    return bar


Bars = Iterator[tuple[Place, Texture, list[Note]]]
"""Bars of a part: where they are, what they strike, and the notes that they were read from."""


def chord_bars(notes: list[Note], places: list[Place], piece: Piece) -> Bars:
    """The bars in which a part strikes chords."""
    following = Following(piece)
    for place in places:
        inside = notes[_inside(notes, place)]
        if inside and len(place.chords) <= MOST_CHORDS and (bar := _comping(inside, place, following)):
            yield place, bar, inside


def _comping(notes: list[Note], place: Place, following: Following) -> Texture | None:
    """A bar of Chords; none if it is no accompaniment of its chords."""
    groups, swing = _groups(notes, place)
    ticks = slot_ticks(METERS.index(place.family))
    groups = {slot: group for slot, group in groups.items() if slot < len(ticks)}
    spans = {slot: _span_at(place, ticks[slot]) for slot in groups}
    ahead = {
        slot
        for slot, (group, _) in groups.items()
        if _is_ahead(group, ticks[slot] + place.start, spans[slot], following)
    }
    strokes: list[Stroke] = []
    fitting = 0
    for span in place.chords:
        mine = [slot for slot in groups if spans[slot] is span and slot not in ahead]
        keys = sorted({note[2] for slot in mine for note in groups[slot][0]})
        if mine and not 2 <= len(keys) <= MOST_KEYS:
            return None
        tones = span.tones()
        touches = {slot: touch_of(groups[slot][0], keys) for slot in mine}
        chordal = any(touch in ("block", "upper") for touch in touches.values())
        for slot, touch in touches.items():
            group, offset = groups[slot]
            fitting += sum(note[2] % 12 in tones for note in group)
            strokes.append((slot, group, offset, _chord_row(touch, chordal)))
    for slot in ahead:
        group, offset = groups[slot]
        fitting += len(group)
        strokes.append((slot, group, offset, CHORD_ROWS["whole_ahead"]))
    if fitting < IN_CHORD * len(notes):
        return None
    return _bar("chords", place, sorted(strokes, key=lambda stroke: stroke[0]), swing)


def _chord_row(touch: str, chordal: bool) -> int:
    """The row of a touch; the lowest note beside chords is no step of a figure."""
    if touch in OF_TOUCH:
        return CHORD_ROWS[OF_TOUCH[touch]]
    rank = int(touch.removeprefix("step "))
    return CHORD_ROWS["low"] if chordal and rank == 0 else min(rank, HIGHEST_STEP)


def _is_ahead(group: list[Note], tick: float, span: Span, following: Following) -> bool:
    """Whether notes at `tick` are the next chord, early."""
    classes = {note[2] % 12 for note in group}
    near = len(classes) > 1 and span.end - AHEAD <= tick < span.end
    return near and not classes <= span.tones() and classes <= following.tones(span)


def bass_bars(notes: list[Note], places: list[Place], _: Piece) -> Bars:
    """The bars of a bass."""
    for place in places:
        inside = _inside(notes, place)
        if 0 < inside.stop - inside.start <= MOST_NOTES and (bar := _line(notes, inside, place)):
            yield place, bar, notes[inside]


def _line(part: list[Note], inside: slice, place: Place) -> Texture | None:
    """A bar of a bass; none where two notes fall on one slot."""
    notes = part[inside]
    groups, swing = _groups(notes, place)
    ticks = slot_ticks(METERS.index(place.family))
    if len(groups) < len(notes) or max(groups) >= len(ticks):
        return None
    strokes: list[Stroke] = []
    slots = list(groups)
    for index, (slot, (group, offset)) in enumerate(groups.items()):
        after = ticks[slots[index + 1]] if index + 1 < len(slots) else place.period
        span = _span_at(place, ticks[slot])
        position = inside.start + index
        last = part[position - 1][2] if position else None
        coming = part[position + 1][2] if position + 1 < len(part) else None
        leaves = place.start + after >= span.end
        roots = [note[2] for note in notes[:index] if note[2] % 12 == span.chord // N_QUALITIES]
        key = group[0][2]
        tone = tone_of(key, span, place.start + int(ticks[slot]), last, coming if leaves else None, roots)
        strokes.append((slot, group, offset, _bass_row(tone, key, span, coming)))
    return _bar("bass", place, strokes, swing)


def _bass_row(tone: str, key: int, span: Span, coming: int | None) -> int:
    """The row of a tone: what leads or walks is told by the way it goes."""
    if tone in OF_TONE:
        return BASS_ROWS[OF_TONE[tone]]
    if (key - span.chord // N_QUALITIES) % 12 in SIXTHS and tone == "walk":
        return BASS_ROWS["sixth"]
    if coming is not None and 1 <= abs(coming - key) <= NEAR:
        return BASS_ROWS["below" if coming > key else "above"]
    return BASS_ROWS["again"]


READ: dict[str, Callable[[list[Note], list[Place], Piece], Bars]] = {"chords": chord_bars, "bass": bass_bars}
