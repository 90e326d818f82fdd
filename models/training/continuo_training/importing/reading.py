"""Finds the files of a folder and reads each by its kind."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..text import decoded, file_title
from .abc_score import abc_tunes, charset_of, read_abc
from .midi import read_midi
from .musicxml import read_musicxml
from .score import Score, UnreadableError

MIDI = (".mid", ".midi", ".kar", ".rmi", ".smf")
MUSICXML = (".musicxml", ".xml", ".mxl")
ABC = (".abc",)
LARGEST = 1 << 26
"""Bytes of a file of music."""

EXPORT = {
    "MuseScore": (".mscz", ".mscx"),
    "Guitar Pro": (".gp", ".gp3", ".gp4", ".gp5", ".gpx"),
    "Sibelius": (".sib",),
    "Finale": (".mus", ".musx"),
    "Dorico": (".dorico",),
    "Capella": (".cap", ".capx"),
    "Encore": (".enc",),
    "LilyPond": (".ly",),
    "MEI": (".mei",),
    "Humdrum": (".krn",),
}
"""Programs and formats whose files can be had as MusicXML."""
_PROGRAM = {suffix: program for program, suffixes in EXPORT.items() for suffix in suffixes}


@dataclass(frozen=True)
class Passed:
    """A file or folder that is not read, and why."""

    path: Path
    reason: str


def _why_passed(path: Path) -> str | None:
    """Why a file is not read; nothing where it is music."""
    suffix = path.suffix.lower()
    if path.name.startswith("."):
        return "hidden"
    if not path.is_file():
        return "a link that leads nowhere" if path.is_symlink() else "not a regular file"
    if suffix in MIDI + MUSICXML + ABC:
        return None
    if suffix in _PROGRAM:
        return f"{_PROGRAM[suffix]} is not read: export it as MusicXML"
    return "not MIDI, MusicXML or ABC by its name"


def music_files(folder: Path) -> Iterator[Path | Passed]:
    """Everything under `folder`: the files of music, and what is passed over with the reason; in order of the paths."""
    unreadable: list[Passed] = []

    def failed(error: OSError) -> None:
        unreadable.append(Passed(Path(os.fsdecode(error.filename)), error.strerror or "cannot be opened"))

    found: list[Path | Passed] = []
    for place, folders, files in os.walk(folder, onerror=failed):
        here = Path(place)
        for name in [*folders]:
            if name.startswith("."):
                found.append(Passed(here / name, "a hidden folder"))
                folders.remove(name)
            elif (here / name).is_symlink():
                found.append(Passed(here / name, "a link to a folder"))
        for name in files:
            reason = _why_passed(here / name)
            found.append(Passed(here / name, reason) if reason else here / name)
        if not folders and not files and here != folder:
            found.append(Passed(here, "an empty folder"))
    found += unreadable
    yield from sorted(found, key=lambda entry: entry.path if isinstance(entry, Passed) else entry)


def readers(path: Path) -> list[tuple[str, Callable[[], Score]]]:
    """What names each tune within the file, and what reads it: one reader per file, or per tune of an ABC file.

    Raises:
        UnreadableError: the file is too large, or has no tune.
        OSError: it cannot be opened.

    """
    if path.stat().st_size > LARGEST:
        raise UnreadableError(f"larger than {LARGEST >> 20} MiB")
    suffix, title, data = path.suffix.lower(), file_title(path.stem), path.read_bytes()
    if not data:
        raise UnreadableError("empty")
    if suffix in MIDI:
        return [("", partial(read_midi, data, title))]
    if suffix in MUSICXML:
        return [("", partial(read_musicxml, data, title))]
    text = decoded(data, charset_of(data)).replace("\r\n", "\n").replace("\r", "\n")
    tunes = abc_tunes(text)
    if len(tunes) == 1:
        return [("", partial(read_abc, tunes[0][1], title))]
    return [(number, partial(read_abc, tune, f"{title} {number}")) for number, tune in tunes]
