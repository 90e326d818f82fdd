"""The command `texture-round-trip`: what of the bars of the corpus comes back from the grid, source by source."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .grid import PARTS, SIXTEENTH, swung_ticks
from .reading import ANY_ROW, PieceTextures, Read, read_textures


@dataclass
class Account:
    """What came back of the bars of one part of a source."""

    bars: int = 0
    offered: int = 0
    """Notes that might have been read."""
    read: int = 0
    """Notes in bars that were read."""
    kept: int = 0
    """Notes that the bar holds: those for whose slot and row it has a stroke that was theirs."""
    same_velocity: int = 0
    with_velocity: int = 0
    swung: int = 0
    late: list[np.ndarray] = field(default_factory=list)
    """How many ticks the notes that were kept are away from where they were."""

    def add(self, read: Read) -> None:
        """A bar."""
        bar, notes = read.texture, read.notes
        played = swung_ticks(bar.meter, bar.swing)
        cells = np.argwhere(bar.hits)
        ticks = played[cells[:, 0]] + SIXTEENTH * bar.offset[bar.hits].astype(np.float64)
        velocity = bar.velocity[bar.hits]
        self.bars += 1
        self.read += len(notes)
        self.swung += bar.swing > 0
        taken = np.zeros(len(cells), bool)
        # Of two notes in one cell the louder was kept.
        for tick, row, loud in notes[np.argsort(-notes[:, 2], kind="stable")]:
            fits = np.flatnonzero((cells[:, 1] == row) & ~taken if row != ANY_ROW else np.ones(len(cells), bool))
            if not len(fits):
                continue
            distance = np.abs(ticks[fits] - tick)
            nearest = fits[distance.argmin()]
            if distance.min() > SIXTEENTH / 2:
                continue
            taken[nearest] = True
            self.kept += 1
            self.late.append(distance.min())
            if loud > 0:
                self.with_velocity += 1
                self.same_velocity += velocity[nearest] == round(loud)

    def row(self) -> str:
        """A line of the table."""
        late = np.array(self.late) if self.late else np.zeros(1)
        velocities = f"{self.same_velocity / self.with_velocity:.3f}" if self.with_velocity else "–"
        cells = [
            f"{self.bars}",
            f"{self.read / max(self.offered, 1):.3f}",
            f"{self.kept / max(self.read, 1):.4f}",
            f"{late.mean():.3f}",
            f"{np.quantile(late, 0.99):.2f}",
            velocities,
            f"{self.swung / max(self.bars, 1):.3f}",
        ]
        return " | ".join(cells)


HEAD = "bars | notes that are read | of these kept | ticks away, mean | 99 % | velocities exact | bars that swing"


def accounts(pieces: Iterable[PieceTextures]) -> dict[tuple[str, str], Account]:
    """What came back, by part and source."""
    found: dict[tuple[str, str], Account] = defaultdict(Account)
    for piece in pieces:
        for part, offered in piece.offered.items():
            found[part, piece.origin.source].offered += offered
        for read in piece.bars:
            found[PARTS[read.texture.part], piece.origin.source].add(read)
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="folder of SOURCE.jsonl.gz files")


def run(args: argparse.Namespace) -> int:
    """Prints the table."""
    found = accounts(read_textures(args.corpus))
    print(f"| part, source | {HEAD} |\n|{'---|' * 8}")
    for part in PARTS:
        for (of, source), account in sorted(found.items()):
            if of == part and account.bars:
                print(f"| {part}, {source} | {account.row()} |")
    return 0
