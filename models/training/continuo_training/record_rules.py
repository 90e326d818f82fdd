"""What a record of the corpus must be: the rules are those of `cargo xtask eval`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from .vocabulary import QUALITY_MAP

SPLITS = ("train", "valid", "test")
FARTHEST = 1 << 24
"""No position or duration of a piece is this large."""
MIDI_KEYS = 128
PAPER_KEYS = 140
"""Above the last MIDI key there is room on paper: the note is taken an octave lower."""
MODES = ("maj", "min")


def _numbers(entry: Any, count: int) -> list[int]:  # noqa: ANN401 (foreign data)
    """The first `count` entries of a list, which are whole numbers."""
    numbers = list(entry[:count]) if isinstance(entry, list) else []
    if len(numbers) < count or not all(type(number) is int and abs(number) < 1 << 63 for number in numbers):
        raise ValueError(f"{entry!r} does not begin with {count} whole numbers")
    return numbers


def check(record: dict[str, Any]) -> None:
    """Checks what a piece needs of a record with a melody.

    Raises:
        ValueError: something cannot be; the message says what.
        KeyError: a field is missing.
        TypeError: a field is something else than it is to be.

    """
    if not isinstance(record["id"], str):
        raise TypeError("the id is no text")
    for name in ("id", "title", "composer", "source", "licence"):
        # A text that cannot be written would end a training when its card is.
        str(record.get(name)).encode()
    for name in ("melody", "chords", "bars", "meter", "key"):
        if not isinstance(record[name], list):
            raise TypeError(f"{name} is no list")
    if record["split"] not in SPLITS:
        raise ValueError(f"the split {record['split']!r} is none of {', '.join(SPLITS)}")
    for note in record["melody"]:
        onset, length, key = _numbers(note, 3)
        if not (0 <= onset < FARTHEST and 1 <= length < FARTHEST and 0 <= key < PAPER_KEYS):
            raise ValueError(f"the note {note} cannot be")
    _check_chords(record["chords"])
    bars = _numbers(record["bars"], len(record["bars"]))
    if record["melody"] and not bars:
        raise ValueError("there is no barline")
    if any(before >= after for before, after in pairwise(bars)):
        raise ValueError("the barlines are not in order")
    if not all(-FARTHEST <= bar < FARTHEST for bar in bars):
        raise ValueError("a barline cannot be there")
    for change in record["meter"]:
        _, numerator, denominator = _numbers(change, 3)
        if len(change) != 3 or not (0 <= numerator < 256 and 0 <= denominator < 256):
            raise ValueError(f"the meter {numerator}/{denominator} cannot be")
    for change in record["key"]:
        _, tonic = _numbers(change, 2)
        if len(change) != 3 or not 0 <= tonic < 12 or change[2] not in MODES:
            raise ValueError(f"the key {change} cannot be")


def _check_chords(chords: list[Any]) -> None:
    latest = -FARTHEST
    for chord in chords:
        onset, length, root = _numbers(chord, 3)
        if len(chord) != 6:
            raise ValueError(f"the chord {chord} has not six entries")
        quality, bass = chord[3:5]
        if not (-FARTHEST <= onset < FARTHEST and 0 <= length < FARTHEST):
            raise ValueError(f"the chord {chord} cannot be there")
        if root != -1 and not (0 <= root < 12 and isinstance(bass, int) and 0 <= bass < 12):
            raise ValueError(f"root or bass of the chord {chord} cannot be")
        if root != -1 and quality not in QUALITY_MAP:
            raise ValueError(f"the chord quality {quality!r} is not known")
        if onset < latest:
            raise ValueError("the chords are not in order")
        latest = onset
