"""Bars of an accompaniment as strokes on a grid: when, what, how long, how loud."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from ..corpus import Piece
from ..vocabulary import N_QUALITIES, NO_CHORD, QUALITY_TONES
from .parts import Note

GRIDS = (6, 8)
"""A stroke falls on a sixteenth or a triplet."""
PERIODS = {"four": 96, "three": 72, "compound": 72}
"""Ticks of a bar of each family."""
EARLY = 2
"""A note so many ticks before a bar belongs to it."""
IN_CHORD = 0.8
"""The share of chord tones below which a bar is melody or has the wrong chord."""
MOST_KEYS = 9
"""The most keys of a chord before a bar is taken for more than one part."""
MOST_CHORDS = 2
"""A bar of more chords is a hymn, or harmony of its own."""
MOST_STEPS = 5
"""The highest rank of a single note."""

Shape = tuple[tuple[int, str], ...]
"""When a bar strikes what: what makes it the same as another."""


@dataclass(frozen=True)
class Stroke:
    """A stroke: its tick in the bar, what it plays, its length (0: until the next), velocity less the part's mean."""

    at: int
    touch: str
    length: int
    accent: float | None


Bar = tuple[Stroke, ...]


@dataclass(frozen=True)
class Span:
    """A chord within a bar: from tick to tick, its class and its bass, and the bass that follows (−1: none)."""

    start: int
    end: int
    chord: int
    bass: int
    next_bass: int

    def tones(self) -> set[int]:
        """The pitch classes of the chord."""
        root, quality = divmod(self.chord, N_QUALITIES)
        return {(root + tone) % 12 for tone in QUALITY_TONES[quality]}


@dataclass(frozen=True)
class Place:
    """A bar of a piece that has chords throughout: its family of meters, its first tick, its chords."""

    family: str
    start: int
    chords: list[Span]

    @property
    def period(self) -> int:
        """Ticks of the bar."""
        return PERIODS[self.family]

    def inside(self, notes: list[Note]) -> slice:
        """Which of the notes of a part begin in the bar."""
        first, last = self.start - EARLY, self.start + self.period - EARLY
        return slice(bisect_left(notes, (first,)), bisect_left(notes, (last,)))


def places(piece: Piece) -> list[Place]:
    """The bars of the piece that belong to a family of meters and have chords throughout."""
    chords = [tuple(chord) for chord in piece.chords.tolist()]
    found = ((family, start, _spans(chords, start, start + PERIODS[family])) for family, start in units(piece))
    return [Place(*place) for place in found if place[2]]


def units(piece: Piece) -> Iterator[tuple[str, int]]:
    """Family and first tick of each bar: two bars of 2/4 or 3/8 are one, a bar of 6/4 or 12/8 is two."""
    bars = piece.bars.tolist()
    compound = piece.compound_at(piece.bars).tolist()
    index = 0
    while index + 1 < len(bars):
        start, length = bars[index], bars[index + 1] - bars[index]
        triple = "compound" if compound[index] else "three"
        if length == 96:
            yield "four", start
        elif length == 72:
            yield triple, start
        elif length == 144:
            yield triple, start
            yield triple, start + 72
        elif length in (48, 36) and index + 2 < len(bars) and bars[index + 2] == start + 2 * length:
            yield ("four" if length == 48 else "compound"), start
            index += 1
        index += 1


def _spans(chords: list[tuple[int, ...]], start: int, end: int) -> list[Span]:
    """The chords from `start` to `end`; none if a part of it has no chord."""
    found: list[Span] = []
    at = start
    for index in range(max(bisect_right(chords, (start, 1 << 30)) - 1, 0), len(chords)):
        onset, duration, chord, bass = chords[index]
        if onset >= end:
            break
        if onset > at + EARLY or chord == NO_CHORD:
            return []
        following = chords[index + 1][3] if index + 1 < len(chords) else -1
        if onset + duration > at:
            found.append(Span(max(onset, start), min(onset + duration, end), chord, bass, following))
            at = onset + duration
    return found if at >= end - EARLY else []


def snapped(ticks: int) -> int:
    """The nearest tick of the grids."""
    return min((round(ticks / grid) * grid for grid in GRIDS), key=lambda at: (abs(at - ticks), at % 6))


def mean_velocity(notes: list[Note]) -> float:
    """The mean velocity of a part; 0 where none is known."""
    return sum(note[3] for note in notes) / max(len(notes), 1)


def chord_bars(notes: list[Note], places: list[Place]) -> Iterator[tuple[str, int, Bar]]:
    """The bars in which a part strikes chords: family, first tick and strokes."""
    mean = mean_velocity(notes)
    for place in places:
        inside = notes[place.inside(notes)]
        if inside and (bar := _strokes(inside, place, mean)):
            yield place.family, place.start, bar


def _strokes(notes: list[Note], place: Place, mean: float) -> Bar:
    """The strokes of a bar; none if it is no accompaniment of its chords."""
    fitting = 0
    strokes: list[Stroke] = []
    by_tick: dict[int, list[Note]] = {}
    for note in notes:
        if (at := snapped(note[0] - place.start)) < place.period:
            by_tick.setdefault(at, []).append(note)
    ticks = [*sorted(by_tick), place.period]
    for span in place.chords:
        mine = [index for index, at in enumerate(ticks[:-1]) if span.start <= place.start + at < span.end]
        keys = sorted({note[2] for index in mine for note in by_tick[ticks[index]]})
        if mine and not 2 <= len(keys) <= MOST_KEYS:
            return ()
        tones = span.tones()
        for index in mine:
            at, group = ticks[index], by_tick[ticks[index]]
            fitting += sum(note[2] % 12 in tones for note in group)
            accent = sum(note[3] for note in group) / len(group) - mean if mean else None
            strokes.append(_stroke(at, group, keys, (ticks[index + 1] - at, place.period - at), accent))
    return tuple(strokes) if fitting >= IN_CHORD * len(notes) else ()


def touch_of(group: list[Note], keys: list[int]) -> str:
    """What a stroke of the notes of `group` does to a chord that lies on `keys`."""
    struck = sorted({note[2] for note in group})
    if len(struck) == 1:
        rank = keys.index(struck[0])
        if len(keys) > MOST_STEPS + 1:
            rank = round(rank * MOST_STEPS / (len(keys) - 1))
        return f"step {rank}"
    if struck[0] != keys[0]:
        return "upper"
    return "low" if len({key % 12 for key in struck}) == 1 and len(keys) > len(struck) else "block"


def _stroke(at: int, group: list[Note], keys: list[int], left: tuple[int, int], accent: float | None) -> Stroke:
    """A stroke of a chord that lies on `keys`; `left` are the ticks to the next stroke and to the bar's end."""
    touch = touch_of(group, keys)
    rings = touch not in ("upper", "block")
    return Stroke(at, touch, _length(max(note[1] for note in group), *left, rings=rings), accent)


def _length(duration: int, gap: int, left: int, *, rings: bool) -> int:
    """Ticks that a stroke sounds; 0 for until the next."""
    if duration >= 0.8 * gap and not (rings and duration > 1.3 * gap):
        return 0
    return min(max(snapped(duration), 4), left)


def chord_shape(bar: Bar) -> Shape:
    """The shape of a bar of chords. A low note beside chords is no step of a figure."""
    chordal = any(stroke.touch in ("block", "upper") for stroke in bar)
    low = {"step 0": "low"} if chordal else {}
    return tuple((stroke.at, low.get(stroke.touch, stroke.touch)) for stroke in bar)
