"""The files of the passages that ship with the band, `models/passages/STYLE.json` (models/passages/README.md)."""

from __future__ import annotations

import json
from typing import Any

from ...corpus import REPOSITORIES
from ..bars import MOST_VELOCITY
from ..grid import METERS, PARTS, ROWS
from .reading import Bar, Passage

VERSION = 1
SLOTS = "abcdefghijklmnopqrstuvwx"
"""A letter for each slot."""
LEVELS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""A sign for each step of velocity, from 0 to the loudest."""
UNKNOWN = "-"
"""A velocity that is not known."""
MOST_LENGTH = 9
"""Lengths in ninths of the time until the next stroke: this is all of it."""
DRUMS = {
    "kick": "k",
    "snare": "s",
    "side_stick": "x",
    "clap": "z",
    "closed_hat": "h",
    "pedal_hat": "p",
    "open_hat": "o",
    "low_tom": "l",
    "mid_tom": "m",
    "high_tom": "t",
    "crash": "c",
    "ride": "r",
    "ride_bell": "b",
}
"""A letter for each drum."""


def bar_text(part: str, bar: Bar) -> str:
    """A bar: for each stroke its slot, what is struck, its velocity, and, but of drums, its length."""
    return "".join(
        SLOTS[hit.slot] + DRUMS[hit.what] + _level(hit.velocity)
        if part == "drums"
        else SLOTS[hit.slot] + str(ROWS[part].index(hit.what)) + _level(hit.velocity) + _length(hit.length)
        for hit in bar
    )


def part_text(part: str, bars: list[Bar]) -> str:
    """The bars of a part; one that is as an earlier one is its number."""
    texts = [bar_text(part, bar) or UNKNOWN for bar in bars]
    firsts = [texts.index(text) for text in texts]
    return " ".join(texts[first] if first == number else str(first) for number, first in enumerate(firsts))


def _level(velocity: int) -> str:
    return LEVELS[round(min(velocity, MOST_VELOCITY) / MOST_VELOCITY * (len(LEVELS) - 1))] if velocity else UNKNOWN


def _length(share: float) -> str:
    return str(min(max(round(share * MOST_LENGTH), 1), MOST_LENGTH))


def entry(passage: Passage, idiom: str | None) -> dict[str, Any]:
    """A passage as it stands in a file."""
    found: dict[str, Any] = {"piece": passage.origin.piece, "source": passage.origin.source}
    if idiom:
        found["idiom"] = idiom
    found["meter"] = METERS[passage.meter]
    if passage.tempo:
        found["tempo"] = round(passage.tempo)
    if passage.fills:
        found["fills"] = passage.fills
    for name, bars in (("changes", passage.changes), ("onsets", passage.onsets)):
        if any(bars):
            found[name] = " ".join("".join(SLOTS[slot] for slot in bar) or UNKNOWN for bar in bars)
    for part in PARTS:
        if part in passage.parts:
            found[part] = part_text(part, passage.parts[part])
    return found


def provenance(passages: list[Passage]) -> dict[str, dict[str, Any]]:
    """Where passages are from, by source."""
    found: dict[str, dict[str, Any]] = {}
    for passage in sorted(passages, key=lambda passage: passage.origin.source):
        origin = passage.origin
        row = found.setdefault(
            origin.source, {"licence": set(), "tier": set(), "pieces": set(), "bars": 0, "credits": set()}
        )
        row["licence"].add(origin.licence)
        row["tier"].add(origin.tier)
        row["pieces"].add(origin.piece)
        row["bars"] += len(next(iter(passage.parts.values())))
        if origin.credit:
            row["credits"].add(", ".join(origin.credit[key] for key in ("composer", "title", "licence", "source")))
    return {
        source: {
            "source": REPOSITORIES.get(source, source),
            "licence": "; ".join(sorted(row["licence"])),
            "tier": ", ".join(sorted(row["tier"])),
            "pieces": len(row["pieces"]),
            "bars": row["bars"],
            "credits": sorted(row["credits"]),
        }
        for source, row in found.items()
    }


def file_text(entries: list[dict[str, Any]], origins: dict[str, dict[str, Any]]) -> str:
    """The file of a style, a passage a line."""
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in entries)
    head = json.dumps(origins, ensure_ascii=False, indent=1)
    return f'{{\n"version": {VERSION},\n"provenance": {head},\n"passages": [\n{lines}\n]\n}}\n'
