"""Files of music for the tests of import, and the import itself."""

import argparse
import gzip
import json

from continuo_training.config import MODELS
from continuo_training.importing.command import add_arguments, run

CASES = MODELS.parent / "tests" / "cases"
"""Small files that programs go wrong on."""


def imported(folder, into, *options):
    """Runs the command."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args([str(folder), "--into", str(into), "--name", "mine", "--style", "folk", *options]))


def records_of(folder, into):
    """Imports a folder and gives the records."""
    assert imported(folder, into) == 0
    with gzip.open(into / "mine.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(text) for text in lines]


def variable(number):
    """A number of MIDI's variable length."""
    data = [number & 0x7F]
    while number := number >> 7:
        data.insert(0, number & 0x7F | 0x80)
    return bytes(data)


def event(delta, *data):
    """An event of a track."""
    return variable(delta) + bytes(data)


def meta(delta, kind, data=b""):
    """A meta event."""
    return event(delta, 0xFF, kind) + variable(len(data)) + data


END = meta(0, 0x2F)


def track(*events, end=END):
    """A track of a MIDI file."""
    body = b"".join(events) + end
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def smf(*tracks, kind=1, division=24, announced=None):
    """A MIDI file, 24 ticks to the quarter note as in the corpus."""
    head = [6, kind, len(tracks) if announced is None else announced, division]
    sizes = (4, 2, 2, 2)
    return b"MThd" + b"".join(n.to_bytes(size, "big") for n, size in zip(head, sizes, strict=True)) + b"".join(tracks)


def line(*pitches, channel=0, length=20):
    """Quarter notes, one after another."""
    gap = 24 - length
    events = [
        event(gap if index else 0, 0x90 | channel, pitch, 80) + event(length, 0x80 | channel, pitch, 64)
        for index, pitch in enumerate(pitches)
    ]
    return b"".join(events)
