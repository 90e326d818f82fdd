"""The command `texture-passages`: bars that people played become bars of the band."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ...arguments import target_folder
from ...config import MODELS
from ...corpus import read_corpus
from ...errors import UsageError
from .choosing import SHELVES, chosen
from .files import entry, file_text, provenance
from .reading import Passage, passages_of

SPLIT = "train"
PASSAGES = MODELS / "passages"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="folder of SOURCE.jsonl.gz files")
    parser.add_argument("--out", type=target_folder, default=PASSAGES, metavar="DIR", help="another folder")


def read(corpus: Path) -> list[Passage]:
    """All passages of the pieces from which may be learned."""

    def of_record(source: str, record: dict[str, Any]) -> list[Passage]:
        return passages_of(source, record) if record["split"] == SPLIT else []

    return [passage for found in read_corpus(corpus, of_record, parts=True) for passage in found]


def run(args: argparse.Namespace) -> int:
    """Writes the file of every style that has passages."""
    return write(read(args.corpus), args.out)


def write(passages: list[Passage], out: Path) -> int:
    """Writes the files of the styles for which there are some among `passages`."""
    out.mkdir(parents=True, exist_ok=True)
    size = 0
    for style, shelves in SHELVES.items():
        found = [(shelf, chosen(passages, shelf)) for shelf in shelves]
        entries = [entry(passage, shelf.idiom) for shelf, mine in found for passage in mine]
        if entries:
            text = file_text(entries, provenance([passage for _, mine in found for passage in mine]))
            (out / f"{style}.json").write_text(text, encoding="utf-8")
            size += len(text.encode())
            print(f"{style}: {len(entries)} passages, {len(text.encode())} bytes")
    if not size:
        raise UsageError("the corpus has no passages of train that any style could play")
    print(f"{size} bytes in all")
    return 0
