"""The passages of a piece: four or eight whole bars in a row, with all who play there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...mining.bars import PERIODS, places, units
from ...mining.parts import accompaniments, scored_from_record
from ..bars import Origin, Texture
from ..drums import ROW_OF, drum_bars, in_ticks
from ..grid import METERS, PARTS, ROWS, SLOTS, snapped
from ..hands import READ
from ..reading import CREDITS, melody_by_bar, wanted

LENGTHS = (8, 4)
"""Bars of a passage, the longer ones first."""
STEP = min(LENGTHS)
"""Phrases begin every so many bars of a piece."""
DRUM_OF_KEY = {
    **dict.fromkeys((35, 36), "kick"),
    **dict.fromkeys((38, 40), "snare"),
    37: "side_stick",
    39: "clap",
    **dict.fromkeys((22, 42), "closed_hat"),
    44: "pedal_hat",
    **dict.fromkeys((26, 46), "open_hat"),
    **dict.fromkeys((41, 43, 58), "low_tom"),
    **dict.fromkeys((45, 47), "mid_tom"),
    **dict.fromkeys((48, 50), "high_tom"),
    **dict.fromkeys((49, 52, 55, 57), "crash"),
    **dict.fromkeys((51, 59), "ride"),
    53: "ride_bell",
}
"""What each key of the drums of the grid is, more exactly than its row."""
TRIPLETS, EIGHTH, PER_QUARTER = (2, 4), 3, 6
"""Slots of a quarter note that are triplets, and its second eighth, which may swing; slots of a quarter note."""
SWINGS = 0.25
"""From this swing of a bar on its second eighths are triplets."""
TOMS = tuple(ROWS["drums"].index(tom) for tom in ("low_tom", "mid_tom", "high_tom"))
MOST_TOMS = 1
"""A bar with more strokes on toms than this above the usual is a fill."""
ALIKE = 0.6
"""A bar that has less in common with the usual bar of its passage is a fill (F1 of the cells)."""


@dataclass(frozen=True)
class Hit:
    """A stroke: its slot, its row (of drums the drum), MIDI velocity (0: not known), share of the time to the next."""

    slot: int
    what: str
    velocity: int
    length: float = 0.0


Bar = list[Hit]


@dataclass(frozen=True)
class Passage:
    """Bars in a row."""

    origin: Origin
    group: str
    kind: str
    """What the source calls the style."""
    meter: int
    tempo: float | None
    """Quarter notes per minute."""
    parts: dict[str, list[Bar]]
    ternary: float
    """The share of triplets and eighths that swing among the strokes between the eighths and on the second ones."""
    changes: list[list[int]] = field(default_factory=list)
    """The slots at which chords begin, bar by bar; none if that is not known."""
    onsets: list[list[int]] = field(default_factory=list)
    """Those at which the melody strikes in the bar before."""
    fills: list[int] = field(default_factory=list)
    """Which bars are fills of the drummer."""

    def density(self, part: str) -> float:
        """Strokes of a part per quarter note."""
        bars = self.parts[part]
        quarters = PERIODS[METERS[self.meter]] / 24
        return sum(map(len, bars)) / len(bars) / quarters

    def shape(self) -> tuple:
        """What makes it the same as another."""
        return tuple(
            (part, tuple((hit.slot, hit.what) for hit in bar)) for part, bars in self.parts.items() for bar in bars
        )


Track = dict[int, tuple[Texture, Bar]]
"""The bars of one part by their numbers."""


def passages_of(source: str, record: dict[str, Any]) -> list[Passage]:
    """The passages of a record of the corpus, one after another."""
    scored = scored_from_record(source, record | {"parts": {}} if (record.get("ticks") or 24) != 24 else record)
    piece = scored.piece
    origin = Origin(
        piece.id, source, piece.split, piece.style, piece.licence, piece.tier, CREDITS.get(source, piece.credit)
    )
    tracks: dict[str, Track] = {}
    starts = {number: start for number, (_, start) in enumerate(units(piece))}
    if wanted(source, "chords") and len(piece.chords):
        numbers = {start: number for number, start in starts.items()}
        bars_of_piece = places(piece)
        for accompaniment in accompaniments(scored):
            for part, bars_of in READ.items():
                found = bars_of(getattr(accompaniment, part), bars_of_piece, piece)
                track = {numbers[place.start]: (bar, _hits(bar)) for place, bar, _ in found}
                if len(track) > len(tracks.get(part, {})):
                    tracks[part] = track
    if wanted(source, "drums") and (record.get("parts") or {}).get("drums"):
        drums = in_ticks(record)
        piece_of_drums = scored_from_record(source, drums | {"parts": {}}).piece
        starts = {number: start for number, (_, start) in enumerate(units(piece_of_drums))}
        bars = drum_bars(piece_of_drums, drums["parts"]["drums"], fills=False)
        tracks["drums"] = {bar.number: (bar, _drums(bar, inside)) for bar, inside in bars}
    named = {"group": record.get("group") or piece.id, "kind": record.get("style_as_written") or record["style"]}
    melody = melody_by_bar(piece)
    return [_passage(origin, tracks, window, melody, record.get("tempo"), named) for window in _windows(tracks, starts)]


def _hits(bar: Texture) -> Bar:
    slots, rows = np.nonzero(bar.hits)
    names = ROWS[PARTS[bar.part]]
    return [
        Hit(int(slot), names[row], int(bar.velocity[slot, row]), float(bar.length[slot, row]))
        for slot, row in zip(slots, rows, strict=True)
    ]


def _drums(bar: Texture, strokes: np.ndarray) -> Bar:
    """The strokes of a bar of drums: tick, key, velocity; of two in one cell the louder."""
    slots = snapped(strokes[:, 0], bar.meter).slots
    found: dict[tuple[int, int], Hit] = {}
    for slot, (_, key, velocity) in zip(slots, strokes, strict=True):
        cell = int(slot), ROW_OF[int(key)]
        if slot < SLOTS[bar.meter] and (cell not in found or found[cell].velocity < velocity):
            found[cell] = Hit(int(slot), DRUM_OF_KEY[int(key)], int(velocity))
    return [found[cell] for cell in sorted(found)]


Window = tuple[int, int, list[str]]
"""First bar, bars, and who plays in all of them."""


def _windows(tracks: dict[str, Track], starts: dict[int, int]) -> Iterator[Window]:
    """Phrases of a piece, none of which has a bar of another."""
    number, last = 0, max((max(track, default=0) for track in tracks.values()), default=0)
    while number <= last:
        length = next((length for length in LENGTHS if _players(tracks, starts, number, length)), 0)
        if length:
            yield number, length, _players(tracks, starts, number, length)
        number += length or STEP


def _players(tracks: dict[str, Track], starts: dict[int, int], first: int, length: int) -> list[str]:
    """Who plays in every bar of a window, if they lie one after another and are of one meter."""
    numbers = range(first, first + length)
    here = [part for part in PARTS if part in tracks and all(number in tracks[part] for number in numbers)]
    if not here:
        return []
    meters = {tracks[part][number][0].meter for part in here for number in numbers}
    if len(meters) > 1:
        return []
    period = PERIODS[METERS[meters.pop()]]
    follow = all(starts[number] == starts[first] + (number - first) * period for number in numbers)
    return here if follow else []


def _passage(
    origin: Origin,
    tracks: dict[str, Track],
    window: Window,
    melody: dict[int, np.ndarray],
    tempo: float | None,
    named: dict[str, str],
) -> Passage:
    first, length, players = window
    numbers = range(first, first + length)
    parts = {part: [tracks[part][number][1] for number in numbers] for part in players}
    textures = [tracks[part][number][0] for part in players for number in numbers]
    found: dict[str, list] = {}
    with_chords = next((part for part in ("chords", "bass") if part in players), None)
    if with_chords:
        changes = [tracks[with_chords][number][0].changes for number in numbers]
        found["changes"] = [_slots(bar) for bar in changes]
    before = [melody.get(number - 1) for number in numbers]
    if any(bar is not None and bar.any() for bar in before):
        found["onsets"] = [_slots(bar) for bar in before]
    if "drums" in players:
        found["fills"] = fills([tracks["drums"][number][0].hits for number in numbers])
    meter = textures[0].meter
    return Passage(origin, meter=meter, tempo=tempo, parts=parts, ternary=ternary(textures, meter), **named, **found)


def _slots(struck: np.ndarray | None) -> list[int]:
    return [] if struck is None else np.flatnonzero(struck).tolist()


def fills(bars: list[np.ndarray]) -> list[int]:
    """Which bars of a drummer are fills: on toms, or unlike the usual bar."""
    usual = np.stack(bars).mean(0) >= 0.5
    toms = [int(bar[:, TOMS].sum()) for bar in bars]
    found = []
    for number, bar in enumerate(bars):
        likeness = 2 * (bar & usual).sum() / max(bar.sum() + usual.sum(), 1)
        if toms[number] > np.median(toms) + MOST_TOMS or likeness < ALIKE:
            found.append(number)
    # A drummer who never plays the same has no fills.
    return found if len(found) <= len(bars) // 2 else []


def ternary(bars: list[Texture], meter: int) -> float:
    """How far a passage has triplets; 0 in compound meters, whose beats are of three as they are."""
    if METERS[meter] == "compound":
        return 0.0
    three = two = 0
    for bar in bars:
        slots = np.flatnonzero(bar.hits.any(1)) % PER_QUARTER
        swung = int((slots == EIGHTH).sum())
        triplets = int(np.isin(slots, TRIPLETS).sum())
        three += triplets + swung * (bar.swing >= SWINGS)
        two += int((slots > 0).sum()) - triplets - swung * (bar.swing >= SWINGS)
    return three / max(three + two, 1)
