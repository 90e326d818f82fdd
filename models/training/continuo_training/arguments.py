"""What the arguments of the commands may be: a bad value is one line, before work begins."""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path

from .text import file_id


def positive(text: str) -> int:
    """A whole number from 1 on."""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def share(text: str) -> float:
    """A number above 0 and up to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0 and up to 1")
    return value


def hindrance(folder: Path) -> str | None:
    """Why nothing can be written into a folder, which need not be there yet."""
    above = next((place for place in (folder, *folder.absolute().parents) if os.path.lexists(place)), folder)
    if not above.is_dir():
        return f"{file_id(str(above))} is no folder"
    if not os.access(above, os.W_OK | os.X_OK):
        return f"{file_id(str(above))} cannot be written to"
    return None


def target_folder(text: str) -> Path:
    """A folder that is there, or can be made."""
    hindered = hindrance(Path(text)) if text else "its name is empty"
    if hindered:
        raise argparse.ArgumentTypeError(f"{hindered}: choose another folder")
    return Path(text)


def network_file(text: str) -> Path:
    """An exported network with its card beside it."""
    path = Path(text)
    for wanted in (path, path.with_suffix(".json") if path.name else path):
        if not wanted.is_file():
            raise argparse.ArgumentTypeError(f"{file_id(str(wanted))} is no file")
    return path
