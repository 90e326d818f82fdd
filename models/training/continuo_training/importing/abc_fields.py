"""The fields of an ABC tune: meter, unit length, tempo, key and voice (the ABC standard 2.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from .score import is_meter

LETTERS = "CDEFGAB"
SHARPS = "FCGDAEB"
"""The order in which sharps come into a key signature; flats come from its end."""
MAJOR_SHARPS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
MODES = {
    "": 0,
    "maj": 0,
    "ion": 0,
    "mix": -1,
    "dor": -2,
    "m": -3,
    "min": -3,
    "aeo": -3,
    "phr": -4,
    "loc": -5,
    "lyd": 1,
}
"""How many sharps a mode has more than major."""
MINOR_MODES = ("dor", "m", "min", "aeo", "phr", "loc")
LONGEST_FIELD = 200
"""Signs in a field of meter, key, tempo or unit length."""
PIPES = {"F": 1, "C": 1}
"""The signature of the Highland bagpipe."""

_KEY = re.compile(r"([A-G])([#b♯♭]?)\s*([A-Za-z]*)")
_EXPLICIT = re.compile(r"(?:^|\s)(\^\^|\^|__|_|=)([A-Ga-g])(?=\s|$|[\^_=])")
_CLEF = re.compile(r"\b(treble|bass|alto|tenor|perc|none|soprano|mezzosoprano|baritone|[GCF]\d)([+-]8)?")
_PROPERTY = re.compile(r'([A-Za-z]+)\s*=\s*("[^"]*"|\S+)')
_TEMPO = re.compile(r"((?:\d+/\d+\s*)+)=\s*(\d+(?:\.\d+)?)")
_PLAIN_TEMPO = re.compile(r"(?:([A-Ga-g])(\d*(?:/\d+)?)\s*=\s*)?(\d+(?:\.\d+)?)")


class FieldError(ValueError):
    """A field is not understood."""


@dataclass(frozen=True)
class Signature:
    """A key."""

    tonic: int | None
    """Pitch class; none where the field names no key."""
    mode: str
    """`maj` or `min`."""
    altered: dict[str, int]
    """Semitones by letter."""


@dataclass
class Staff:
    """What a K: or V: field says beside key and name."""

    shift: int | None = None
    """Semitones from the written to the sounding note."""
    drums: bool = False
    properties: dict[str, str] = field(default_factory=dict)


def _short(text: str, what: str) -> str:
    """The text of a field, if it is no longer than such a field can be."""
    text = text.strip()
    if len(text) > LONGEST_FIELD:
        raise FieldError(f"the {what} {text[:20]}…")
    return text


def meter_of(text: str) -> tuple[int, int] | None:
    """Numerator and denominator; none for free time.

    Raises:
        FieldError: it is no meter.

    """
    text = _short(text, "meter")
    if text.lower() in ("none", ""):
        return None
    if text in ("C", "c"):
        return 4, 4
    if text in ("C|", "c|"):
        return 2, 2
    match = re.fullmatch(r"\(?([\d+\s]+)\)?\s*/\s*(\d+)", text)
    terms = [int(term) for term in match[1].split("+") if term.strip().isdigit()] if match else []
    numerator, denominator = sum(terms), int(match[2]) if match else 0
    if not is_meter(numerator, denominator):
        raise FieldError(f"the meter {text}")
    return numerator, denominator


def unit_of(text: str) -> Fraction:
    """The unit length, as a part of a whole note.

    Raises:
        FieldError: it is no length.

    """
    text = _short(text, "unit length")
    match = re.fullmatch(r"(\d+)(?:\s*/\s*(\d+))?", text)
    top, low = (int(match[1]), int(match[2] or 1)) if match else (0, 0)
    unit = Fraction(top, low) if low else Fraction(0)
    if not Fraction(1, 512) <= unit <= 4:
        raise FieldError(f"the unit length {text}")
    return unit


def default_unit(meter: tuple[int, int] | None) -> Fraction:
    """The unit length where none is given: a sixteenth in meters shorter than three quarters, else an eighth."""
    return Fraction(1, 16) if meter and Fraction(*meter) < Fraction(3, 4) else Fraction(1, 8)


def tempo_of(text: str, unit: Fraction) -> float | None:
    """Quarter notes per minute; none where only words are given.

    Raises:
        FieldError: it is no tempo.

    """
    text = _short(text, "tempo")
    bare = re.sub(r'"[^"]*"', " ", text).strip()
    if not bare:
        return None
    match, plain = _TEMPO.search(bare), _PLAIN_TEMPO.fullmatch(bare)
    if match:
        parts = [part.split("/") for part in match[1].split()]
        beat = sum((Fraction(int(top), int(low)) for top, low in parts if int(low)), Fraction(0))
        rate = float(match[2])
    elif plain:
        beat, rate = unit * _multiple(plain[2] or ""), float(plain[3])
    else:
        raise FieldError(f"the tempo {text}")
    tempo = float(beat) * 4 * rate
    if not 1 <= tempo <= 2000:
        raise FieldError(f"the tempo {text}")
    return round(tempo, 2)


def _multiple(text: str) -> Fraction:
    top, _, low = text.partition("/")
    return Fraction(int(top or 1), max(int(low or 1), 1))


def signature_of(text: str) -> Signature | None:
    """The key of a K: field; none where it speaks of the clef alone.

    Raises:
        FieldError: it is no key.

    """
    text = _PROPERTY.sub(" ", _short(text, "key")).strip()
    first = (text.split() or [""])[0]
    if first.lower() == "none":
        return Signature(None, "maj", _explicit(text))
    if first in ("HP", "Hp"):
        return Signature(9, "maj", dict(PIPES))
    if not text or _CLEF.match(text):
        explicit = _explicit(text)
        return Signature(None, "maj", explicit) if explicit else None
    if _EXPLICIT.match(text):
        return Signature(None, "maj", _explicit(text))
    match = _KEY.match(text)
    if not match:
        raise FieldError(f"the key {text}")
    tonic, sign, word = match.groups()
    mode = word.lower()[:3]
    if mode not in MODES:
        if not _CLEF.match(word) and mode != "exp":
            raise FieldError(f"the key {text}")
        mode = ""
    flat = {"#": 1, "♯": 1, "b": -1, "♭": -1, "": 0}[sign]
    sharps = MAJOR_SHARPS[tonic] + 7 * flat + MODES[mode]
    altered = {} if re.search(r"\bexp\b", text) else _sharpened(sharps)
    pitch = (MAJOR_SHARPS[tonic] * 7 + flat) % 12
    return Signature(pitch, "min" if mode in MINOR_MODES else "maj", altered | _explicit(text))


def _sharpened(sharps: int) -> dict[str, int]:
    altered: dict[str, int] = {}
    for index in range(abs(sharps)):
        letter = SHARPS[index % 7] if sharps > 0 else SHARPS[6 - index % 7]
        altered[letter] = altered.get(letter, 0) + (1 if sharps > 0 else -1)
    return altered


def _explicit(text: str) -> dict[str, int]:
    return {letter.upper(): alteration(sign) for sign, letter in _EXPLICIT.findall(text)}


def alteration(sign: str) -> int:
    """Semitones of an accidental as ABC writes it."""
    return sign.count("^") - sign.count("_")


def staff_of(text: str) -> Staff:
    """Clef and transposition in a K: or V: field."""
    properties = {name.lower(): value.strip('"') for name, value in _PROPERTY.findall(text)}
    bare = _PROPERTY.sub(" ", text) + " " + properties.get("clef", "")
    clef = _CLEF.search(bare)
    staff = Staff(drums=bool(clef and clef[1] == "perc"), properties=properties)
    shifts = []
    if clef and clef[2]:
        shifts.append(12 if clef[2] == "+8" else -12)
    for name, semitones in (("octave", 12), ("transpose", 1)):
        if re.fullmatch(r"[+-]?\d{1,2}", properties.get(name, "")):
            shifts.append(int(properties[name]) * semitones)
    if shifts:
        staff.shift = sum(shifts)
    return staff
