"""Makes the records of the corpus, one per tune, and writes them."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..keys import key_fits
from .groups import groups_of, splits_of
from .harmony import read_off
from .melody import melody_part, top_voice
from .score import Note, Score, Symbol, class_weights

TIER = "own"
"""What the corpus says of the rights to a user's own files: nothing but what the licence says."""

ACCOMPANIED = 0.25
"""Share of the time in which something sounds beside the melody, from which on a piece is more than a melody."""
RAREST_SYMBOLS = 8
"""A piece with fewer symbols than one in so many bars has none: they are remarks that look like chords."""


@dataclass(frozen=True)
class Origin:
    """What the user says of the files."""

    name: str
    """Of the corpus file, and the `source` of every record."""
    style: str
    licence: str


def _until_next(symbols: list[Symbol], end: int) -> list[list[Any]]:
    """Chords as the corpus has them; each lasts until the next one, the last until `end`."""
    limits = [symbol.tick for symbol in symbols[1:]] + [max(end, symbols[-1].tick + 1)] if symbols else []
    return [
        [symbol.tick, limit - symbol.tick, symbol.root, symbol.quality, symbol.bass, symbol.as_written]
        for symbol, limit in zip(symbols, limits, strict=True)
    ]


def _upbeat(score: Score) -> int:
    """Sounding ticks before the second bar, where the music begins in the second half of the first."""
    if len(score.bars) < 2:
        return 0
    first = min(part.notes[0][0] for part in score.parts if part.notes)
    bar = score.bars[1]
    return bar - first if bar / 2 <= first < bar else 0


def _accompanied(score: Score, melody: list[Note]) -> bool:
    """Whether something sounds beside the melody for so long that chords can be read off it."""
    beside = np.zeros(score.end(), dtype=bool)
    top = {(onset, pitch) for onset, _, pitch in melody}
    for onset, duration, pitch in (note for part in score.pitched() for note in part.notes):
        if (onset, pitch) not in top:
            beside[onset : onset + duration] = True
    return bool(beside.mean() >= ACCOMPANIED)


def _chords(score: Score, melody: list[Note]) -> tuple[list[Symbol], str | None]:
    """The chords, and where they are from: written, read off the notes, or none."""
    understood = len(score.symbols) - score.not_understood.total()
    if understood * RAREST_SYMBOLS >= len(score.bars):
        return score.symbols, "symbols"
    if _accompanied(score, melody):
        return read_off(score), "auto"
    return [], None


def record_of(identity: str, score: Score, origin: Origin) -> dict[str, Any]:
    """The record of a score, without group and split.

    Raises:
        UnreadableError: it has neither a melody nor drums alone.

    """
    drums_alone = not score.pitched() and any(part.notes for part in score.parts)
    part = None if drums_alone else melody_part(score)
    melody = top_voice(part.notes) if part else []
    key = score.keys
    if part and not key:
        best = int(key_fits(class_weights(score.pitched())).argmax())
        key = [(0, best % 12, "min" if best >= 12 else "maj")]
    symbols, source = _chords(score, melody) if part else ([], None)
    own = part is not None and len(melody) == len(part.notes)
    parts = {other.name: other.played() for other in score.parts if other.notes and not (other is part and own)}
    return {
        "id": f"{origin.name}:{identity}",
        "source": origin.name,
        "licence": origin.licence,
        "tier": TIER,
        "composition": "unknown",
        "style": origin.style,
        "tags": [],
        "title": score.title,
        "composer": score.composer,
        "year": None,
        "meter": score.meter,
        "bars": score.bars,
        "pickup": _upbeat(score),
        "tempo": score.tempo,
        "key": key,
        "melody": melody,
        "chords": _until_next(symbols, score.end()),
        "chords_src": source,
        "parts": parts,
        "end": score.end(),
    }


def divide(records: list[dict[str, Any]]) -> None:
    """Gives every record its group and its split."""
    groups = groups_of([record["title"] for record in records], [record["melody"] for record in records])
    splits = splits_of(groups)
    for record, group in zip(records, groups, strict=True):
        record["split"], record["group"] = splits[group], group


def write_records(path: Path, records: list[dict[str, Any]]) -> None:
    """Writes a corpus file; the same records give the same bytes."""

    def plain(value: np.generic) -> int | float:
        return value.item()

    lines = [json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=plain) for record in records]
    path.write_bytes(gzip.compress("".join(line + "\n" for line in lines).encode(), mtime=0))


def belongs_to(path: Path, name: str) -> bool:
    """Whether the corpus file at `path` was imported under `name`, so that it may be written anew."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            first = lines.readline()
        return not first or json.loads(first)["source"] == name
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
        return False
