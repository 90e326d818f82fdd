"""The command `import`: a folder of music becomes a file of the corpus."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..vocabulary import STYLES
from .records import Origin, belongs_to, divide, record_of, write_records

PARSERS = ("mido", "music21")


def _name(text: str) -> str:
    """A name that can be a file's."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", text):
        raise argparse.ArgumentTypeError("a name is made of letters, digits, - and _")
    return text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="MIDI, MusicXML and ABC files, in subfolders too")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="corpus folder; gets NAME.jsonl.gz")
    parser.add_argument("--name", type=_name, required=True, help="name of the corpus file")
    parser.add_argument("--style", choices=STYLES, required=True, help="the style that the files are in")
    parser.add_argument("--licence", default="not stated", metavar="TEXT", help="of the files; goes into the card")


def run(args: argparse.Namespace) -> int:
    """Imports the folder: 0 when a piece was read, 1 when none was, 2 when it cannot begin."""
    missing = [name for name in PARSERS if find_spec(name) is None]
    if missing:
        print(f"{' and '.join(missing)} missing: pip install -e '.[import]'", file=sys.stderr)
        return 2
    if not args.folder.is_dir():
        print(f"{args.folder} is not a folder", file=sys.stderr)
        return 2
    target = args.into / f"{args.name}.jsonl.gz"
    if target.exists() and not belongs_to(target, args.name):
        print(f"{target} is there and was not imported as {args.name}: choose another --name", file=sys.stderr)
        return 2
    records, skipped = _records(args.folder, Origin(args.name, args.style, args.licence))
    if not records:
        print(f"nothing read, {skipped} skipped: {target} was not written", file=sys.stderr)
        return 1
    divide(records)
    args.into.mkdir(parents=True, exist_ok=True)
    write_records(target, records)
    _summarize(target, records, skipped)
    return 0


def _records(folder: Path, origin: Origin) -> tuple[list[dict[str, Any]], int]:
    """The records of all that can be read, and how many could not; each of those is named with its reason."""
    # Only now: the rest of the package works without the parsers.
    from .reading import music_files, readers

    records: list[dict[str, Any]] = []
    skipped = 0

    def skip(what: str, error: Exception) -> None:
        nonlocal skipped
        skipped += 1
        lines = str(error).strip().splitlines()
        tqdm.write(f"skipped {what}: {lines[0] if lines else type(error).__name__}", file=sys.stderr)

    for path in tqdm(music_files(folder), desc="import", unit="file"):
        within = path.relative_to(folder).as_posix()
        # A parser raises whatever a damaged file makes it stumble over; the other files are read all the same.
        try:
            found = readers(path)
        except Exception as error:
            skip(within, error)
            continue
        for number, read in found:
            identity = f"{within}#{number}" if number else within
            try:
                records.append(record_of(identity, read(), origin))
            except Exception as error:
                skip(identity, error)
    return records, skipped


def _summarize(target: Path, records: list[dict[str, Any]], skipped: int) -> None:
    """Prints what came of it."""
    splits = Counter(record["split"] for record in records)
    chords = Counter(record["chords_src"] or "none" for record in records)
    print(
        f"{target}: {len(records)} read, {skipped} skipped; "
        f"{len({record['group'] for record in records})} tunes; "
        f"train {splits['train']}, valid {splits['valid']}, test {splits['test']}; "
        f"chords: {', '.join(f'{name} {count}' for name, count in sorted(chords.items()))}"
    )
    if not splits["valid"]:
        print("all of it is one tune: it cannot be validated on its own", file=sys.stderr)
