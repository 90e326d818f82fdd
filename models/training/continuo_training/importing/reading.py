"""Finds the files of a folder and reads each by its kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from .midi import read_midi
from .notation import abc_tunes, read_abc, read_musicxml
from .score import Score

MIDI = (".mid", ".midi")
MUSICXML = (".musicxml", ".xml", ".mxl")
ABC = (".abc",)


def music_files(folder: Path) -> list[Path]:
    """Every file under `folder` that is named as music, in the order of the paths; hidden ones are left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in MIDI + MUSICXML + ABC
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def readers(path: Path) -> list[tuple[str, Callable[[], Score]]]:
    """What names each tune within the file, and what reads it: one reader per file, or per tune of an ABC file."""
    suffix = path.suffix.lower()
    if suffix in MIDI:
        return [("", partial(read_midi, path))]
    if suffix in MUSICXML:
        return [("", partial(read_musicxml, path))]
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    tunes = abc_tunes(text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(tunes) == 1:
        return [("", partial(read_abc, tunes[0][1], path.stem))]
    return [(number, partial(read_abc, tune, f"{path.stem} {number}")) for number, tune in tunes]
