"""The files of patterns that ship with the band: `models/patterns/STYLE.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..config import MODELS

PATTERNS = MODELS / "patterns"
FAMILIES = ("four", "three", "compound")
PLAYERS = ("chords", "bass")
WRITTEN = "written"
"""The source of the patterns that people wrote for the band: mining leaves them as they are."""


def read_patterns(path: Path) -> dict[str, Any]:
    """The patterns of a style."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_patterns(path: Path, patterns: dict[str, Any]) -> None:
    """Writes the patterns of a style, a bar a line."""
    lines = ["{", '"provenance": ' + json.dumps(patterns["provenance"], indent=1, ensure_ascii=False) + ","]
    for player in PLAYERS:
        lines.append(f'"{player}": {{')
        for family in FAMILIES:
            entry = patterns[player][family]
            bars = ",\n".join(json.dumps(bar, ensure_ascii=False) for bar in entry["bars"])
            end = "]}" if family == FAMILIES[-1] else "]},"
            lines.append(f'"{family}": {{"constancy": {entry["constancy"]}, "bars": [\n{bars}\n{end}')
        lines.append("}" if player == PLAYERS[-1] else "},")
    path.write_text("\n".join([*lines, "}"]) + "\n", encoding="utf-8")
