"""The command `texture-round-trip`: what of the bars of the corpus comes back from the grid, source by source."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .grid import N_ROWS, PARTS, SIXTEENTH, SLOTS, snapped, swung_ticks
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
    """Notes that became a stroke, or a part of one."""
    same_velocity: int = 0
    with_velocity: int = 0
    swung: int = 0
    late: list[np.ndarray] = field(default_factory=list)
    """How many ticks the notes that were kept are away from where they were."""

    def add(self, read: Read) -> None:
        """A bar."""
        bar, notes = read.texture, read.notes
        self.bars += 1
        self.read += len(notes)
        self.swung += bar.swing > 0
        slots = snapped(notes[:, 0], bar.meter).slots
        inside = slots < SLOTS[bar.meter]
        notes, slots = notes[inside], slots[inside]
        rows = np.where(notes[:, 1] == ANY_ROW, bar.hits[slots].argmax(1), notes[:, 1]).astype(np.int64)
        kept = bar.hits[slots, rows]
        if bar.part == PARTS.index("drums"):
            kept &= _loudest(slots * N_ROWS + rows, notes[:, 2])
        slots, rows, notes = slots[kept], rows[kept], notes[kept]
        played = swung_ticks(bar.meter, bar.swing)[slots] + SIXTEENTH * bar.offset[slots, rows].astype(np.float64)
        self.kept += len(notes)
        self.late.append(np.abs(played - notes[:, 0]))
        loud = notes[:, 2] > 0
        self.with_velocity += int(loud.sum())
        self.same_velocity += int((bar.velocity[slots, rows] == notes[:, 2])[loud].sum())

    def row(self) -> str:
        """A line of the table."""
        late = np.concatenate(self.late) if self.kept else np.zeros(1)
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


def _loudest(cells: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """Which notes are the loudest of their cells, of equally loud ones the first."""
    order = np.lexsort((-velocity, cells))
    first = np.append(True, cells[order][1:] != cells[order][:-1])
    found = np.zeros(len(cells), bool)
    found[order[first[: len(order)]]] = True
    return found


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
