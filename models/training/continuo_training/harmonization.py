"""The command `harmonization`: what makes the harmonizer move, colour and change its chords as often as people.

A round reads what `cargo xtask eval harmony --split train --system human --system harmonizer --harmonization TABLES
--out DIR/SOURCE` writes for each source, and takes back in TABLES what the harmonizer does too often or too seldom
beside people (iterative scaling), for every style with enough pieces. After some rounds nothing changes; `--share` then
puts the tables part of the way there: a part of it costs fewer right roots. They are `style.harmonization` in the files
of `models/styles`.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .corpus import Piece, read_corpus
from .errors import UsageError
from .moves import MINOR, SELDOM, played
from .vocabulary import QUALITIES, STYLES

LEAST = 40
"""A style with fewer pieces has no tables."""
GENERAL = (0.39, 0.7, 2.39, 2.59, 1.23, 1.33, 0.61, 1.06, 0.78, 1.75, 1.5, 1.7)
"""What a quality gets in general, as in `models/music/src/style.rs`."""
PLACES = ("bar", "strong", "weak")
"""Where a chord begins: with a bar, in its middle if it has four beats, elsewhere."""
STEPS = {"moves": 1.0, "qualities": 0.2, "rhythm": 0.5}
"""How much of the difference, as log-odds, a round takes back; a quality counts in every beat of its chord."""
MOST = 3.0
"""No move is said to be more likely or less."""

Tables = dict[str, Any]


@dataclass
class Count:
    """What was counted in a style."""

    pieces: int = 0
    moves: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    """Mode of what stands, mode of what comes, semitones up; onto itself: another colour."""
    qualities: Counter[int] = field(default_factory=Counter)
    """Ticks of each."""
    places: Counter[int] = field(default_factory=Counter)
    """Changes of root or mode."""

    def add(self, piece: Piece, chords: list[list[Any]]) -> None:
        """Counts the chords `[onset, duration, root, quality, …]` of a piece."""
        self.pieces += 1
        before: tuple[int, str] | None = None
        for onset, duration, root, quality, *_ in chords:
            if root < 0:
                continue
            self.qualities[QUALITIES.index(quality)] += duration
            if before is not None and before != (root, quality):
                move = (int(before[1] in MINOR), int(quality in MINOR), (root - before[0]) % 12)
                self.moves[move] += 1
                self.places[_place(piece, onset)] += move != (move[0], move[0], 0)
            before = (root, quality)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("tables", type=Path, metavar="TABLES.json", help="the tables, which are written anew")
    parser.add_argument("folders", type=Path, nargs="*", metavar="DIR/SOURCE", help="what eval harmony has written")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="the corpus that eval harmony has read")
    parser.add_argument(
        "--share", type=float, default=1.0, help="put the tables so far of the way, 0 to 1 [%(default)s]"
    )


def run(args: argparse.Namespace) -> int:
    """Takes a round, if there are folders, and then the share."""
    tables: dict[str, Tables] = json.loads(args.tables.read_text("utf-8")) if args.tables.exists() else {}
    if args.folders:
        if args.corpus is None:
            raise UsageError("--corpus DIR is needed, to know style and bars of the pieces")
        pieces = {(piece.source, piece.id): piece for piece in read_corpus(args.corpus)}
        people, ours = (counted(args.folders, system, pieces) for system in ("human", "harmonizer"))
        for style, count in people.items():
            if count.pieces >= LEAST:
                tables[style] = step(tables.get(style, general()), count, ours[style])
    tables = {style: part(table, args.share) for style, table in tables.items()}
    args.tables.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
    return 0


def general() -> Tables:
    """The tables of a style of which nothing is known."""
    moves = [[[0.0] * 12 for _ in range(2)] for _ in range(2)]
    return {"moves": moves, "qualities": list(GENERAL), "rhythm": dict.fromkeys(PLACES, 0.0)}


def counted(folders: Iterable[Path], system: str, pieces: dict[tuple[str, str], Piece]) -> dict[str, Count]:
    """What a system played, by style. A folder has the name of its source."""
    counts: dict[str, Count] = defaultdict(Count)
    for folder in folders:
        for line in played(folder / f"{system}.jsonl"):
            piece = pieces.get((folder.name, line["id"]))
            if piece is None:
                raise UsageError(
                    f"{folder}: {folder.name} has no piece {line['id']}; name each folder after its source"
                )
            counts[STYLES[piece.style]].add(piece, line["chords"])
    return counts


def step(table: Tables, people: Count, ours: Count) -> Tables:
    """The table after a round."""
    moves = [
        [
            [
                _bounded(value + STEPS["moves"] * _likelier(people.moves, ours.moves, (stands, comes, up), SELDOM))
                for up, value in enumerate(row)
            ]
            for comes, row in enumerate(half)
        ]
        for stands, half in enumerate(table["moves"])
    ]
    qualities = [
        round(value + STEPS["qualities"] * _likelier(people.qualities, ours.qualities, quality, SELDOM), 3)
        for quality, value in enumerate(table["qualities"])
    ]
    # More is asked for where we change too often. What counts is how often, not the share.
    asked = [STEPS["rhythm"] * math.log((ours.places[at] + 5) / (people.places[at] + 5)) for at in range(3)]
    rhythm = {place: round(table["rhythm"][place] + by, 3) for place, by in zip(PLACES, asked, strict=True)}
    return {"moves": moves, "qualities": qualities, "rhythm": rhythm}


def part(table: Tables, share: float) -> Tables:
    """So much of the way from what holds in general to the table."""

    def between(start: float, end: float) -> float:
        # No negative zero.
        return round(start + share * (end - start), 2 if share < 1 else 3) + 0.0

    return {
        "moves": [[[between(0, value) for value in row] for row in half] for half in table["moves"]],
        "qualities": [between(*pair) for pair in zip(GENERAL, table["qualities"], strict=True)],
        "rhythm": {place: between(0, value) for place, value in table["rhythm"].items()},
    }


def _likelier(people: Counter[Any], ours: Counter[Any], what: object, seldom: float) -> float:
    """The log of people's share over ours."""
    if not people.total() or not ours.total():
        raise UsageError("there are no chords to learn from; ask eval harmony for human and harmonizer")
    return math.log((people[what] / people.total() + seldom) / (ours[what] / ours.total() + seldom))


def _bounded(value: float) -> float:
    return round(min(max(value, -MOST), MOST), 3)


def _place(piece: Piece, tick: int) -> int:
    """Where a chord begins, in its first frame; see `PLACES`."""
    start, length = (int(value) for value in piece.bar_at(tick))
    into = tick - start
    four_beats = length in (96, 144)
    return 0 if into < 6 else 1 if four_beats and 0 <= into - length // 2 < 6 else 2
