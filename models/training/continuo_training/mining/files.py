"""The files of the styles that ship with the band, `models/styles/NN-STYLE.json`, and the patterns in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..config import MODELS
from ..errors import UsageError

STYLE_FILES = MODELS / "styles"
FAMILIES = ("four", "three", "compound")
PLAYERS = ("chords", "bass")
KEPT = ("drums", "fills")
"""What is written for the drummer, which mining leaves as it is."""
WRITTEN = "written"
"""The source of the patterns that people wrote for the band: mining leaves them as they are."""


def style_file(folder: Path, style: str) -> Path:
    """The file of `style`, whatever its place among the styles is."""
    for path in folder.glob("*.json"):
        if path.stem.partition("-")[2] == style:
            return path
    raise UsageError(f"{folder} has no file NN-{style}.json")


def read_patterns(path: Path) -> dict[str, Any]:
    """The patterns of a style, with all else that its file says."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_patterns(path: Path, patterns: dict[str, Any]) -> None:
    """Writes the file of a style, a bar or a fill a line."""
    entries = [
        _by_family(key, value) if key in (*PLAYERS, *KEPT) else f'"{key}": {_head(key, value)}'
        for key, value in patterns.items()
    ]
    path.write_text("{\n" + ",\n".join(entries) + "\n}\n", encoding="utf-8")


def _by_family(key: str, by_family: dict[str, Any]) -> str:
    """What a player has for each family of meters."""
    families = []
    for family in FAMILIES:
        entry = by_family[family]
        bars = entry if isinstance(entry, list) else entry["bars"]
        lines = "[\n" + ",\n".join(json.dumps(bar, ensure_ascii=False) for bar in bars) + "\n]"
        if entry is not bars:
            lines = f'{{"constancy": {entry["constancy"]}, "bars": {lines}}}'
        families.append(f'"{family}": {lines}')
    return f'"{key}": {{\n' + ",\n".join(families) + "\n}"


def _head(key: str, value: dict[str, Any] | list[Any]) -> str:
    """What stands in a file before its patterns."""
    if key == "style" and isinstance(value, dict):
        entries = [f' "{name}": {json.dumps(entry, ensure_ascii=False)}' for name, entry in value.items()]
        return "{\n" + ",\n".join(entries) + "\n}"
    return json.dumps(value, indent=1 if key == "provenance" else None, ensure_ascii=False)
