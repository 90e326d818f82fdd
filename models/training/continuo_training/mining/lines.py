"""Bars of a bass line as strokes: which tone of the chord, or which way to the next."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ..vocabulary import N_QUALITIES, QUALITY_TONES
from .bars import Bar, Place, Shape, Span, Stroke, mean_velocity, snapped
from .parts import Note

AHEAD = 12
"""A note so many ticks before a chord may be its bass already."""
HELD = 0.6
"""A note that sounds for such a part of the time to the next is meant to reach it."""
MOST_NOTES = 8
"""A bar of more notes is a figure, not a line."""


def bass_bars(notes: list[Note], places: list[Place]) -> Iterator[tuple[str, int, Bar]]:
    """The bars of a bass: family, first tick and strokes."""
    mean = mean_velocity(notes)
    for place in places:
        inside = place.inside(notes)
        if 0 < inside.stop - inside.start <= MOST_NOTES and (bar := _line(notes, inside, place, mean)):
            yield place.family, place.start, bar


def _line(part: list[Note], inside: slice, place: Place, mean: float) -> Bar:
    """The strokes of a bar; none where two notes fall on one tick, or the first is held over from before."""
    notes = part[inside]
    ticks = [*(snapped(onset - place.start) for onset, *_ in notes), place.period]
    if ticks[0] or any(after <= at for at, after in itertools.pairwise(ticks)):
        return ()
    strokes = []
    for index, (_, duration, key, velocity) in enumerate(notes):
        at, gap = ticks[index], ticks[index + 1] - ticks[index]
        span = next((span for span in place.chords if place.start + at < span.end), place.chords[-1])
        position = inside.start + index
        last = part[position - 1][2] if position else None
        leaves = place.start + ticks[index + 1] >= span.end and position + 1 < len(part)
        roots = [note[2] for note in notes[:index] if note[2] % 12 == span.chord // N_QUALITIES]
        tone = tone_of(key, span, place.start + at, last, part[position + 1][2] if leaves else None, roots)
        length = 0 if duration >= HELD * gap else max(snapped(duration), 4)
        strokes.append(Stroke(at, tone, length, velocity - mean if mean else None))
    return tuple(strokes)


def tone_of(key: int, span: Span, tick: int, last: int | None, coming: int | None, roots: list[int]) -> str:
    """What the note `key` at `tick` is to its chord; `coming` is the next note, if that belongs to the next chord."""
    root, quality = divmod(span.chord, N_QUALITIES)
    third, fifth = QUALITY_TONES[quality][1:3]
    interval = (key - root) % 12
    if tick <= span.start + 2 and key % 12 in (span.bass, root):
        return "root"
    if key % 12 == span.next_bass and interval and span.end - AHEAD <= tick < span.end:
        return "ahead"
    if coming is not None and interval and 1 <= abs(coming - key) <= 2:
        return "lead"
    if interval == 0:
        if roots and key - min(roots) >= 12:
            return "octave"
        return "again" if key == last else "root"
    if key == last and interval in (third, fifth):
        return "again"
    if interval in (third, fifth):
        return "third" if interval == third else "fifth"
    return "walk"


def bass_shape(bar: Bar) -> Shape:
    """The shape of a bar of a bass."""
    return tuple((stroke.at, stroke.touch) for stroke in bar)
