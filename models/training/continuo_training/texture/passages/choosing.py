"""Which passages are shipped: for each style those of its kind, from as many pieces as can be."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ...vocabulary import STYLES
from ..grid import METERS, SLOTS, slot_ticks
from .reading import Passage

DENSITIES = {"drums": (1.0, 9.0), "chords": (0.2, 4.5), "bass": (0.2, 3.0)}
"""Strokes per quarter note below and above which a part is nearly silent, or no accompaniment."""
STRAIGHT, TERNARY = 0.2, 0.5
"""Up to this share of triplets a passage is straight, and from this on it swings."""
FAST = 170
"""Quarter notes per minute from which on people hardly swing."""
MARKED = 0.5
"""The share of the bars that are to bear the marks of their kind."""
SLOTS_A_BEAT = 6
HANDS, DRUMS, BAND = ("chords", "bass"), ("drums",), ("drums", "chords", "bass")

Marks = tuple[tuple[frozenset[str], tuple[int, ...]], ...]
ONE: Marks = ((frozenset({"kick"}), (0,)),)
FLOOR: Marks = ((frozenset({"kick"}), (0, 1, 2, 3)),)
BACKBEAT: Marks = ((frozenset({"snare", "side_stick", "clap"}), (1, 3)),)
TIME: Marks = ((frozenset({"ride", "ride_bell", "closed_hat", "open_hat"}), (0, 1, 2, 3)),)
"""Signs by which a kind is known: the first beat, four on the floor, two and four, a cymbal on every beat."""


@dataclass(frozen=True)
class Shelf:
    """A kind of passages, and how many of each family of meters are taken at the most."""

    style: str
    """The corpus' name."""
    sources: tuple[str, ...]
    parts: tuple[str, ...]
    most: dict[str, int] = field(default_factory=dict)
    kinds: str = ".*"
    """What the source calls the style, as a regular expression."""
    swings: bool | None = False
    """None: as it comes."""
    idiom: str | None = None
    """The idiom of our style in which they fit; None: in all."""
    cut: bool = False
    """Whether they are read in cut time: each half of a bar of sixteenths is a bar of eighths, twice as fast. So a
    clave that people wrote into one bar goes over two, as in the patterns."""
    marks: Marks = ()
    """What is to be struck, one or the other, on which beats, counted from 0, in at least half of the bars."""
    moves: float = 0
    """How many strokes per quarter note its parts have together at the least."""
    turn: int = 0
    """With which bar they begin, so that their clave has the side first that the patterns have first."""

    def has(self, passage: Passage) -> bool:
        """Whether a passage is of this kind, and good enough."""
        origin = passage.origin
        return (
            origin.source in self.sources
            and STYLES[origin.style] == self.style
            and tuple(part for part in BAND if part in passage.parts) == tuple(p for p in BAND if p in self.parts)
            and re.fullmatch(self.kinds, passage.kind) is not None
            and METERS[passage.meter] in self.most
            and all(low <= passage.density(part) <= high for part, (low, high) in _bounds(passage))
            and self._has_feel(passage)
            and sum(passage.density(part) for part in passage.parts) >= self.moves
            and all(_share_with(passage, *mark) >= MARKED for mark in self.marks)
        )

    def _has_feel(self, passage: Passage) -> bool:
        if self.swings is None:
            return True
        if not self.swings:
            return passage.ternary <= STRAIGHT
        return passage.ternary >= TERNARY or (passage.tempo or 0) >= FAST


def _bounds(passage: Passage) -> Iterable[tuple[str, tuple[float, float]]]:
    return ((part, DENSITIES[part]) for part in passage.parts)


def _share_with(passage: Passage, drums: frozenset[str], beats: tuple[int, ...]) -> float:
    """The share of the bars that have one of `drums` on all of the `beats`."""
    bars = passage.parts["drums"]
    struck = [{hit.slot for hit in bar if hit.what in drums} for bar in bars]
    return sum({SLOTS_A_BEAT * beat for beat in beats} <= slots for slots in struck) / len(bars)


def _four(most: int) -> dict[str, int]:
    return {"four": most}


def _all(four: int, three: int, compound: int = 0) -> dict[str, int]:
    return {name: most for name, most in (("four", four), ("three", three), ("compound", compound)) if most}


GAMES = ("game", "gbstudio", "blasphemer")
ROCK = r"rock|rock/(folk|indie|prog|groove8)|pop.*|soul.*|gospel|punk|funk|funk/(rock|groove\d+)"
CUBAN = r"afrocuban/rhumba|latin/brazilian-songo"
SHELVES: dict[str, tuple[Shelf, ...]] = {
    "pop": (
        Shelf("pop", ("pop909",), HANDS, _all(440, 24)),
        Shelf("pop", ("groove",), DRUMS, _four(280), ROCK, marks=ONE + BACKBEAT),
    ),
    "jazz": (
        Shelf("jazz", ("groove",), DRUMS, _four(60), r"jazz|jazz/(swing|fast|mediumfast)", swings=True, marks=TIME),
    ),
    "latin": (
        Shelf("latin", ("groove",), DRUMS, _four(50), CUBAN, idiom="son", cut=True, turn=1),
        Shelf("jazz", ("groove",), DRUMS, _four(8), r"neworleans/chacha", idiom="cha"),
    ),
    "bossa": (
        Shelf("latin", ("groove",), DRUMS, _four(24), r"latin/brazilian-bossa", idiom="bossa", turn=1),
        Shelf("latin", ("groove",), DRUMS, _four(24), r"latin/(brazilian-)?samba", idiom="samba"),
    ),
    "funk": (
        Shelf("pop", ("groove",), DRUMS, _four(50), r"funk|funk/(fast|groove\d+)", idiom="funk", marks=ONE + BACKBEAT),
        Shelf("jazz", ("groove",), DRUMS, _four(12), r"jazz/funk|neworleans/funk", idiom="funk", marks=ONE),
        Shelf("pop", ("groove",), DRUMS, _four(24), r"soul.*|gospel", idiom="motown", marks=ONE + BACKBEAT),
    ),
    "electronic": (
        Shelf("electronic", ("groove",), DRUMS, _four(12), r"dance/disco", idiom="four", marks=FLOOR),
        Shelf("electronic", ("groove",), DRUMS, _four(30), r"hiphop.*", idiom="break"),
    ),
    "blues": (
        Shelf("blues", ("groove",), DRUMS, _four(8), r"blues/shuffle", swings=True, idiom="shuffle"),
        Shelf("pop", ("groove",), DRUMS, _four(16), r"rock/shuffle", swings=True, idiom="shuffle"),
        Shelf("jazz", ("groove",), DRUMS, _four(6), r"neworleans/shuffle", swings=True, idiom="shuffle"),
    ),
    "folk": (
        Shelf("folk", ("bbloomf", "mutopia"), HANDS, _all(24, 24, 16)),
        Shelf("folk", ("groove",), DRUMS, _four(5), r"country", marks=ONE + BACKBEAT),
        Shelf("pop", ("groove",), DRUMS, _four(8), r"rock/folk", marks=ONE + BACKBEAT),
    ),
    "game": (
        Shelf("game", GAMES, BAND, _all(170, 20), swings=None),
        Shelf("game", GAMES, ("drums", "bass"), _all(120, 12, 12), swings=None),
        Shelf("game", GAMES, ("drums", "chords"), _all(80, 12), swings=None),
    ),
    "classical": (Shelf("classical", ("quartets", "mutopia"), HANDS, _all(50, 32, 20), swings=None),),
    "romantic": (Shelf("romantic", ("lieder", "mutopia"), HANDS, _all(50, 32, 24), swings=None),),
    "baroque": (Shelf("baroque", ("mutopia",), HANDS, _all(0, 24, 8), swings=None, moves=1.5),),
    "hymn": (Shelf("hymn", ("openhymnal", "chorales", "mutopia"), HANDS, _all(40, 28, 8), swings=None),),
}
"""What is taken for each of our styles. A style or part that is not named has no free bars that are of its kind: jazz
comping and walking bass, the montuno, the pads of electronic music stay with what was written; so does
baroque in 4/4, of which there are but chords that stand."""


def chosen(passages: Iterable[Passage], shelf: Shelf) -> list[Passage]:
    """The passages of a shelf: one of each group of pieces, then a second of each, until there are enough."""
    by_meter: dict[int, dict[str, list[Passage]]] = defaultdict(lambda: defaultdict(list))
    for passage in passages:
        if shelf.has(passage):
            by_meter[passage.meter][passage.group].append(passage)
    found: list[Passage] = []
    for meter, groups in sorted(by_meter.items()):
        most, known = shelf.most[METERS[meter]], set()
        order = sorted(groups.values(), key=lambda group: _number(group[0].group))
        for group in order:
            # The longer ones first: a phrase has its end.
            group.sort(key=lambda passage: (-_bars(passage), _number(repr(passage.shape()))))
        rounds = max((len(group) for group in order), default=0)
        for passage in (group[turn] for turn in range(rounds) for group in order if turn < len(group)):
            if len(known) < most and passage.shape() not in known:
                known.add(passage.shape())
                found.append(passage)
    return [arranged(passage, shelf) for passage in found]


def arranged(passage: Passage, shelf: Shelf) -> Passage:
    """A passage as the band reads it."""
    if shelf.cut:
        passage = in_cut_time(passage)
    return turned(passage, shelf.turn)


def in_cut_time(passage: Passage) -> Passage:
    """The first half of a passage of drums in 4/4, each half of a bar as a bar of its own, twice as fast."""
    bars = passage.parts["drums"][: max(_bars(passage) // 2, 1)]
    half = SLOTS[0] // 2
    ticks = slot_ticks(0)
    slots = {int(2 * ticks[slot]): slot for slot in range(half)}
    wide = {slot: int(abs(ticks - tick).argmin()) for tick, slot in slots.items()}
    halves = [
        [replace(hit, slot=wide[hit.slot % half]) for hit in bar if hit.slot // half == side]
        for bar in bars
        for side in (0, 1)
    ]
    fills = [2 * number + side for number in passage.fills if number < len(bars) for side in (0, 1)]
    tempo = 2 * passage.tempo if passage.tempo else None
    return replace(passage, parts={"drums": halves}, fills=fills, tempo=tempo)


def turned(passage: Passage, first: int) -> Passage:
    """A passage from its bar `first` on, what stood before that at its end."""
    count = _bars(passage)

    def turn(bars: list) -> list:
        return bars[first:] + bars[:first]

    return replace(
        passage,
        parts={part: turn(bars) for part, bars in passage.parts.items()},
        changes=turn(passage.changes),
        onsets=turn(passage.onsets),
        fills=sorted((number - first) % count for number in passage.fills),
    )


def _bars(passage: Passage) -> int:
    return len(next(iter(passage.parts.values())))


def _number(name: str) -> int:
    """A number that goes with a name, always the same one."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
