"""Reads the corpus: one gzip JSONL file per source, one piece per line (format: the corpus README)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .vocabulary import STYLE_MAP, STYLES, chord_index

SOURCES = (
    "neonscribe",
    "pop909",
    "m21folk",
    "lieder",
    "quartets",
    "mutopia",
    "chorales",
    "openhymnal",
    "bbloomf",
    "game",
)
"""The files with melodies. The two files of chords alone (billboard, freechords) train neither network."""

SPLITS = ("train", "valid", "test")


class CorpusMissingError(FileNotFoundError):
    """The corpus folder, or a file of it, is not there."""


@dataclass(frozen=True)
class Piece:
    """One piece, in ticks (24 per quarter note)."""

    id: str
    source: str
    split: str
    style: int
    bars: np.ndarray
    """Ticks of the barlines, ascending, `[bars]`."""
    meter: list[tuple[int, int, int]]
    """Time signatures: tick, numerator, denominator."""
    melody: np.ndarray
    """Onset, duration, MIDI pitch of each note, `[notes, 3]`, ascending."""
    chords: np.ndarray
    """Onset, duration, chord class, `[chords, 3]`, ascending."""
    chords_source: str = ""
    licence: str = ""
    tier: str = ""
    credit: dict[str, str] = field(default_factory=dict)
    """Title, composer, source and licence, when the licence asks for attribution."""

    def bar_at(self, ticks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First tick and length in ticks of the bar around each of `ticks`."""
        ends = np.diff(self.bars)
        last = self.bars[-1]
        length = np.append(ends, ends[-1] if len(ends) else 96)
        index = np.clip(np.searchsorted(self.bars, ticks, side="right") - 1, 0, len(self.bars) - 1)
        start = self.bars[index]
        # After the last barline, bars of the last length go on.
        beyond = ticks >= last + length[-1]
        start = np.where(beyond, last + (ticks - last) // length[-1] * length[-1], start)
        return start, length[index]

    def compound_at(self, ticks: np.ndarray) -> np.ndarray:
        """Whether the meter is compound (denominator 8, numerator a multiple of 3 over 3) at each of `ticks`."""
        starts = np.array([tick for tick, _, _ in self.meter])
        compound = np.array([den == 8 and num % 3 == 0 and num > 3 for _, num, den in self.meter])
        return compound[np.clip(np.searchsorted(starts, ticks, side="right") - 1, 0, None)]


def read_corpus(folder: Path, sources: tuple[str, ...] = SOURCES) -> Iterator[Piece]:
    """Every piece of `sources` that has a melody, in file order."""
    for source in sources:
        path = folder / f"{source}.jsonl.gz"
        if not path.is_file():
            raise CorpusMissingError(
                f"{path} is missing. Name the corpus folder with --corpus DIR: one SOURCE.jsonl.gz per source "
                f"({', '.join(SOURCES)}). The corpus is not part of this repository."
            )
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if record["melody"] and record["bars"]:
                    yield piece_from_record(source, record)


def piece_from_record(source: str, record: dict[str, Any]) -> Piece:
    """The piece in a record of the corpus."""
    melody = np.array([note[:3] for note in record["melody"]], dtype=np.int64)
    chords = [(chord[0], chord[1], chord_index(chord[2], chord[3])) for chord in record["chords"]]
    licence = record["licence"]
    credit = {}
    if "attribution" in licence.lower() or "cc (by)" in licence.lower():
        credit = {"licence": licence} | {key: record[key] for key in ("title", "composer", "source")}
    return Piece(
        id=record["id"],
        source=source,
        split=record["split"],
        style=STYLES.index(STYLE_MAP[record["style"]]),
        bars=np.array(record["bars"], dtype=np.int64),
        meter=[(tick, num, den) for tick, num, den in record["meter"]] or [(0, 4, 4)],
        melody=melody[np.argsort(melody[:, 0], kind="stable")],
        chords=np.array(chords, dtype=np.int64).reshape(-1, 3),
        chords_source=record.get("chords_src") or "",
        licence=licence,
        tier=record["tier"],
        credit=credit,
    )
