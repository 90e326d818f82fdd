"""The command `import`: a folder of music becomes a file of the corpus."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..arguments import hindrance
from ..text import file_id, plain
from ..vocabulary import STYLES
from .reading import Passed, music_files, readers
from .records import Origin, belongs_to, divide, record_of, write_records
from .score import Score

FEW = 12
"""Kinds of symbols that are named in the summary."""


def _name(text: str) -> str:
    """A name that can be a file's."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", text):
        raise argparse.ArgumentTypeError("a name is made of letters, digits, - and _")
    return text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="MIDI, MusicXML and ABC files, in subfolders too")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="corpus folder; gets NAME.jsonl.gz")
    parser.add_argument("--name", type=_name, required=True, help="name of the corpus file")
    parser.add_argument("--style", choices=STYLES, required=True, help="the style that the files are in")
    parser.add_argument("--licence", default="not stated", metavar="TEXT", help="of the files; goes into the card")


@dataclass
class _Account:
    """What went in: read, or named."""

    records: list[dict[str, Any]] = field(default_factory=list)
    files: int = 0
    """Files of which something was read."""
    skipped: int = 0
    """Files and tunes that give no piece."""
    passed: Counter[str] = field(default_factory=Counter)
    """What is no music, by the reason."""
    remarked: int = 0
    """Pieces of which something was left out."""
    not_understood: Counter[str] = field(default_factory=Counter)
    """Chord symbols."""

    def skip(self, what: str, error: Exception, remarks: list[str]) -> None:
        """Names a file or tune that cannot be read, with what was found in it on the way."""
        self.skipped += 1
        lines = str(error).strip().splitlines()
        reasons = [plain(lines[0]) if lines else type(error).__name__, *remarks]
        _say(f"skipped {what}: {'; '.join(reasons)}")

    def take(self, what: str, record: dict[str, Any], score: Score) -> None:
        """Takes a piece, and names what of it was left out."""
        self.records.append(record)
        self.not_understood += score.not_understood
        remarks = list(score.remarks)
        if score.not_understood:
            remarks.append(f"chord symbols not understood, no chord there: {_counted(score.not_understood)}")
        self.remarked += bool(remarks)
        for remark, count in Counter(remarks).items():
            _say(f"{what}: {remark}" + (f" ({count} times)" if count > 1 else ""))


def _say(text: str) -> None:
    tqdm.write(text, file=sys.stderr)


def _counted(counts: Counter[str]) -> str:
    """What was counted, the most frequent first."""
    named = [f"{plain(text)} {count}" for text, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    more = len(named) - FEW
    return ", ".join(named[:FEW]) + (f" and {more} others" if more > 0 else "")


def run(args: argparse.Namespace) -> int:
    """Imports the folder: 0 when a piece was read, 1 when none was, 2 when it cannot begin."""
    target = args.into / f"{args.name}.jsonl.gz"
    hindrance = _hindrance(args.folder, args.into, target, args.name)
    if hindrance:
        print(hindrance, file=sys.stderr)
        return 2
    account = _read(args.folder, Origin(args.name, args.style, plain(args.licence)))
    if not account.records:
        print(f"nothing read; {_left(account)}: {file_id(str(target))} was not written", file=sys.stderr)
        return 1
    divide(account.records)
    args.into.mkdir(parents=True, exist_ok=True)
    write_records(target, account.records)
    _summarize(target, account)
    return 0


def _hindrance(folder: Path, into: Path, target: Path, name: str) -> str | None:
    """Why the command cannot begin."""
    if not folder.is_dir():
        return f"{file_id(str(folder))} is not a folder: name one with MIDI, MusicXML or ABC files"
    if not os.access(folder, os.R_OK | os.X_OK):
        return f"{file_id(str(folder))} cannot be opened"
    hindered = hindrance(into)
    if hindered:
        return f"{hindered}: choose another folder with --into"
    if target.exists() and not target.is_file():
        return f"{file_id(str(target))} is there and is no file: choose another --name"
    if target.exists() and not belongs_to(target, name):
        return f"{file_id(str(target))} is there and was not imported as {name}: choose another --name"
    return None


def _read(folder: Path, origin: Origin) -> _Account:
    """Reads all that can be read; the rest is named with its reason."""
    account = _Account()
    for found in tqdm(list(music_files(folder)), desc="import", unit="file"):
        path = found.path if isinstance(found, Passed) else found
        within = file_id(path.relative_to(folder).as_posix())
        if isinstance(found, Passed):
            account.passed[found.reason] += 1
            _say(f"passed over {within}: {found.reason}")
            continue
        before = len(account.records)
        # A fault of a reader costs one file and not the others.
        try:
            tunes = readers(path)
        except Exception as error:
            account.skip(within, error, [])
            continue
        for number, read in tunes:
            identity = f"{within}#{plain(number)}" if number else within
            score = None
            try:
                score = read()
                record = record_of(identity, score, origin)
            except Exception as error:
                account.skip(identity, error, score.remarks if score else [])
            else:
                account.take(identity, record, score)
        account.files += len(account.records) > before
    return account


def _left(account: _Account) -> str:
    """How much was not read."""
    return f"{account.skipped} skipped, {account.passed.total()} passed over"


def _summarize(target: Path, account: _Account) -> None:
    """Prints what came of it."""
    records = account.records
    splits = Counter(record["split"] for record in records)
    chords = Counter(record["chords_src"] or "none" for record in records)
    print(
        f"{file_id(str(target))}: {len(records)} read from {account.files} files, {_left(account)}; "
        f"{len({record['group'] for record in records})} tunes; "
        f"train {splits['train']}, valid {splits['valid']}, test {splits['test']}; "
        f"chords: {', '.join(f'{name} {count}' for name, count in sorted(chords.items()))}"
    )
    if account.remarked:
        print(f"not all of {account.remarked} pieces was read as it stands: see above")
    if account.not_understood:
        total = account.not_understood.total()
        print(f"{total} chord symbols not understood, no chord there: {_counted(account.not_understood)}")
    if not splits["valid"]:
        print("all of it is one tune: it cannot be validated on its own", file=sys.stderr)
