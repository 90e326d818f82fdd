"""Reads the corpus: one gzip JSONL file per source, one piece per line (format: the corpus README)."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .record_rules import MIDI_KEYS, check
from .text import plain
from .vocabulary import STYLE_MAP, STYLES, chord_index

REPOSITORIES = {
    "neonscribe": "neonscribe/lilypond-lead-sheets",
    "pop909": "music-x-lab/POP909-Dataset",
    "m21folk": "music21 10.5.1: Ryan's Mammoth Collection, O'Neill's, Aird's Airs",
    "lieder": "OpenScore/Lieder",
    "quartets": "OpenScore/StringQuartets",
    "mutopia": "MutopiaProject/MutopiaProject",
    "chorales": "music21 10.5.1: chorales of J. S. Bach",
    "openhymnal": "Open Hymnal Project 2012",
    "bbloomf": "bbloomf/lilypond-songs",
    "game": "Freedoom, simutrans, LMMS demo songs",
    "gbstudio": "GB Studio community assets and samples",
    "blasphemer": "Catoptromancy/blasphemer",
    "groove": "Groove MIDI Dataset 1.0.0 (Gillick et al. 2019)",
    "stickflow": "jkobti/stickflow-drum-patterns",
    "bardet": "montoyamoraga/drum-machine-patterns",
}
"""Where the pieces of each file of the corpus come from."""
BAD_RECORD = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RecursionError)
"""What a record raises that is not as it is to be."""
BROKEN_FILE = (OSError, EOFError, zlib.error)
"""What a file raises that is cut off, damaged or not compressed."""


class CorpusMissingError(FileNotFoundError):
    """The corpus folder, or a file of it, is not there."""


class CorpusError(ValueError):
    """Nothing in a file of the corpus can be read."""


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
    """Onset, duration, chord class, pitch class of the bass, `[chords, 4]`, ascending."""
    keys: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    """Tick and key (0–11 major, 12–23 minor), `[keys, 2]`, ascending; empty when the key is not known."""
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

    def key_at(self, ticks: np.ndarray) -> np.ndarray:
        """Key at each of `ticks`; −1 when it is not known."""
        if not len(self.keys):
            return np.full(np.shape(ticks), -1)
        return self.keys[np.clip(np.searchsorted(self.keys[:, 0], ticks, side="right") - 1, 0, None), 1]

    def compound_at(self, ticks: np.ndarray) -> np.ndarray:
        """Whether the meter is compound (denominator 8, numerator a multiple of 3 over 3) at each of `ticks`."""
        starts = np.array([tick for tick, _, _ in self.meter])
        compound = np.array([den == 8 and num % 3 == 0 and num > 3 for _, num, den in self.meter])
        return compound[np.clip(np.searchsorted(starts, ticks, side="right") - 1, 0, None)]


def read_corpus(
    folder: Path, convert: Callable[[str, dict[str, Any]], Any] | None = None, *, parts: bool = False
) -> Iterator[Any]:
    """Every piece of every `SOURCE.jsonl.gz` in `folder` that has a melody, in order of the names.

    `convert` makes a piece of a source's name and a record; without it that is `piece_from_record`. With `parts` those
    that have parts and no melody are read too: drums.

    A record that cannot be read is named on the error stream, with file, line, piece and reason, and skipped; of a file
    that breaks off, what comes before is read. Files of chords alone train neither network, and give nothing.

    Raises:
        CorpusMissingError: there is no such file.
        CorpusError: nothing in a file can be read; the message names file and line.

    """
    paths = sorted(folder.glob("*.jsonl.gz"))
    if not paths:
        raise CorpusMissingError(
            f"{folder} holds no corpus. Name its folder with --corpus DIR: one SOURCE.jsonl.gz per source "
            "(models/training/README.md). The corpus is not part of this repository."
        )
    for path in paths:
        yield from _read_file(path, convert or piece_from_record, parts)


def _read_file(path: Path, convert: Callable[[str, dict[str, Any]], Any], parts: bool) -> Iterator[Any]:
    """The pieces of one file."""
    source = path.name.removesuffix(".jsonl.gz")
    understood, problems = False, []
    for number, line in _lines(path):
        record = None
        try:
            if isinstance(line, Exception):
                raise ValueError(f"the file breaks off: {line}") from line
            if not line.strip():
                continue
            record = json.loads(line, parse_constant=_refused)
            wanted = bool(record["melody"]) or (parts and bool(record.get("parts")))
            if wanted:
                check(record)
                piece = convert(source, record)
        except BAD_RECORD as error:
            problems.append(f"{path}, line {number}{_name_of(record)}: {_reason(error)}")
        else:
            understood = True
            if wanted:
                yield piece
        if understood:
            for problem in problems:
                print(f"skipped {problem}", file=sys.stderr)
            problems.clear()
    if problems:
        raise CorpusError(f"no record can be read: {problems[0]}")


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


def _lines(path: Path) -> Iterator[tuple[int, bytes | Exception]]:
    """The lines of a file with their numbers; at its end the reason, where it breaks off."""
    number = 0
    try:
        with gzip.open(path, "rb") as lines:
            for line in lines:
                number += 1
                yield number, line
    except BROKEN_FILE as error:
        yield number + 1, error


def _name_of(record: Any) -> str:  # noqa: ANN401 (foreign data)
    """Which piece a record is of, as far as it tells."""
    name = record.get("id") if isinstance(record, dict) else None
    return f", {plain(name)}" if isinstance(name, str) else ""


def _reason(error: Exception) -> str:
    """Why a record cannot be read."""
    if isinstance(error, KeyError):
        return f"missing field {error}"
    return str(error) or type(error).__name__


def pieces_of(pieces: list[Piece], split: str) -> list[Piece]:
    """The pieces of `split`, of which there must be some.

    Raises:
        CorpusMissingError: there is none.
    """
    mine = [piece for piece in pieces if piece.split == split]
    if not mine:
        raise CorpusMissingError(
            f"none of the {len(pieces)} pieces with a melody and chords is of the split {split}: read in more of them"
        )
    return mine


def piece_from_record(source: str, record: dict[str, Any]) -> Piece:
    """The piece in a record of the corpus."""
    melody = np.array([note[:3] for note in record["melody"]], dtype=np.int64).reshape(-1, 3)
    melody[melody[:, 2] >= MIDI_KEYS, 2] -= 12
    chords = [
        (onset, duration, chord_index(root, quality), bass)
        for onset, duration, root, quality, bass, *_ in record["chords"]
    ]
    keys = [(tick, 12 * (mode == "min") + tonic % 12) for tick, tonic, mode in record["key"]]
    if record["style"] not in STYLE_MAP:
        raise ValueError(f"the style {record['style']} is unknown; known are {', '.join(STYLE_MAP)}")
    licence = record.get("licence") or "not stated"
    credit = {}
    if any(words in licence.lower() for words in ("attribution", "cc (by)", "cc-by")):
        credit = {"licence": licence} | {key: record[key] for key in ("title", "composer", "source")}
    return Piece(
        id=record["id"],
        source=source,
        split=record["split"],
        style=STYLES.index(STYLE_MAP[record["style"]]),
        bars=np.array(record["bars"], dtype=np.int64),
        meter=[(tick, num, den) for tick, num, den in record["meter"]] or [(0, 4, 4)],
        melody=melody[np.argsort(melody[:, 0], kind="stable")],
        chords=np.array(chords, dtype=np.int64).reshape(-1, 4),
        keys=np.array(keys, dtype=np.int64).reshape(-1, 2),
        chords_source=record.get("chords_src") or "",
        licence=licence,
        tier=record.get("tier") or "",
        credit=credit,
    )
