"""The command `moves`: how much likelier each move of the harmony is among people than with the band.

It reads what `cargo xtask eval harmony --split train --weigh moves=0 --system human --system band --out DIR` writes,
and prints `style.moves` of a file of `models/styles`: by the mode of what stands, by the mode of what comes, and by how
many semitones its root lies above.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import UsageError

MINOR = ("min", "dim", "min7", "min6", "hdim7", "dim7")
"""The qualities with a minor third."""
SELDOM = 0.004
"""Added to each share: of what is seldom either way, little is said."""
MOST = 1.5
"""No move is said to be more likely or less."""

Move = tuple[int, int, int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR", help="what eval harmony has written")


def run(args: argparse.Namespace) -> int:
    """Counts, and prints the table."""
    people, band = ([folder / f"{system}.jsonl" for folder in args.folders] for system in ("human", "band"))
    print(written(table(counted(people), counted(band))))
    return 0


def counted(files: list[Path]) -> Counter[Move]:
    """The moves in all pieces of the files."""
    return Counter(move for file in files for piece in played(file) for move in moves(piece["chords"]))


def moves(chords: list[list]) -> Iterator[Move]:
    """The moves between chords `[onset, duration, root, quality, …]`; another colour is none, and a rest neither."""
    before: tuple[int, int] | None = None
    for _, _, root, quality, *_ in chords:
        harmony = (root, int(quality in MINOR))
        if root < 0 or harmony == before:
            continue
        if before is not None:
            yield before[1], harmony[1], (root - before[0]) % 12
        before = harmony


def table(people: Counter[Move], band: Counter[Move]) -> list[list[list[float]]]:
    """The log of people's share over the band's."""
    shares = (people.total(), band.total())
    if 0 in shares:
        raise UsageError("there are no chords to learn moves from; ask eval harmony for human and band")

    def likelier(move: Move) -> float:
        ours, theirs = (count[move] / total + SELDOM for count, total in zip((people, band), shares, strict=True))
        # No negative zero.
        return round(min(max(math.log(ours / theirs), -MOST), MOST), 1) + 0.0

    def stays(move: Move) -> bool:
        return move[0] == move[1] and move[2] == 0

    def row(stands: int, comes: int) -> list[float]:
        every = ((stands, comes, up) for up in range(12))
        return [0.0 if stays(move) else likelier(move) for move in every]

    return [[row(stands, comes) for comes in (0, 1)] for stands in (0, 1)]


def written(rows: list[list[list[float]]]) -> str:
    """As it stands in the file of a style."""
    halves = ("  [" + ",\n   ".join(json.dumps(row) for row in half) + "]" for half in rows)
    return ' "moves": [\n' + ",\n".join(halves) + "\n ],"


def played(file: Path) -> Iterator[dict[str, Any]]:
    """What `eval harmony --out` has written of each piece in the file of a system."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
