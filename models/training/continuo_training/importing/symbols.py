"""Chord symbols as people write them: Cmaj7, CΔ, C-7, Cø, C6/9, C7(b9,#11), C♯m, N.C. and so on."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from .qualities import quality_of
from .score import NO_CHORD, Symbol

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11, "H": 11}
"""H is B natural to those who write it; nobody writes it for anything else."""
SIGNS = {"": 0, "#": 1, "b": -1, "##": 2, "bb": -2, "x": 2, "is": 1, "es": -1, "s": -1}
DEGREES = {"2": 2, "3": 4, "4": 5, "5": 7, "6": 9, "7": 10, "9": 2, "11": 5, "13": 9}
"""Semitones above the root, as a symbol without a sign means them."""

SPELLINGS = str.maketrans(
    {
        "♯": "#",
        "♭": "b",
        "♮": "",
        "𝄪": "##",
        "𝄫": "bb",
        "°": "o",
        "˚": "o",
        "º": "o",
        "Ø": "ø",
        "⌀": "ø",
        "∅": "ø",
        "△": "Δ",
        "∆": "Δ",
        "▵": "Δ",
        "▲": "Δ",
        "○": "o",
        "◦": "o",
        "*": "",
        "^": "Δ",
        "−": "-",
        "–": "-",
        "—": "-",
        "‐": "-",
        "‑": "-",
        "＋": "+",
        "⁺": "+",
        "⁻": "-",
        "’": "",
        "'": "",
        "\\": "/",
    }
)

_NONE = re.compile(r"N\.?\s?C\b.*|no\s?chord.*|tacet.*|N", re.IGNORECASE)
_AGAIN = re.compile(r"%|𝄎|/+|simile|sim\.", re.IGNORECASE)
_NAME = r"(?P<step>[A-Ha-h])(?P<sign>##|bb|#|b|x)?"
_GERMAN = re.compile(r"(?P<step>[A-H])(?P<sign>is|es|(?<=[EA])s)(?P<rest>.*)")
_SIGN_IN_WORDS = re.compile(r"\b([A-Ha-h])[ -]?(sharp|flat)\b", re.IGNORECASE)
_ROOT = re.compile(_NAME + r"(?P<rest>.*)")
_BASS = re.compile(r"(?P<chord>.*?)\s*/\s*\(?" + _NAME + r"\)?")
_OPTIONAL_BASS = re.compile(r"\(/(.*?)\)")

_TOKEN = re.compile(
    r"(?P<half>halfdim(?:inished)?|half-?dim|hdim|ø)"
    r"|(?P<dim>diminished|dim|Dim|DIM|o|0)"
    r"|(?P<aug>augmented|aug|Aug|AUG)"
    r"|(?P<major>major|Major|MAJOR|maj|Maj|MAJ|ma(?!j|dd|ug|lt)|Ma|MA|M(?![iI])|Δ|j)"
    r"|(?P<minor>minor|Minor|MINOR|min|Min|MIN|mi|Mi|MI|m)"
    r"|(?P<dominant>dom)"
    r"|(?:sus|Sus|SUS)(?P<sus>24|42|2sus4|4sus2|2|4)?"
    r"|(?:add|Add|ADD)\s?\(?(?P<added_sign>[b#+-]?)(?P<added>2|3|4|5|6|7|9|11|13)"
    r"|(?:omit|Omit|OMIT|no|No|NO)\s?\(?(?P<omitted>3|5|1)(?:rd|th)?"
    r"|(?P<altered>altered|alt|Alt|ALT)"
    r"|(?P<sign>[b#+-])(?P<degree>5|6|9|11|13|4|2)"
    r"|5(?P<signed_fifth>[+-])(?!\d)"
    r"|(?P<raised>\+)|(?P<lowered>-)"
    r"|(?P<number>69|6/9|6,9|13|11|9|7|6|5|4|2)"
    r"|(?P<space>[\s(),;./\[\]])"
)

_LIKE_A_CHORD = re.compile(r"[A-H]|[a-h][#b0-9]|[b#]?[IViv]+(?![a-z])|(?:Do|R[eé]|Mi|Fa|Sol|La|Si)(?![a-z]{2})")
_TERMS = (
    "a tempo|accel|ad lib|adagio|all|andant|anim|as |band|bar |bars |bass\\b|begin|bis\\b|both|brass|break|bridge"
    "|brightly|cadenza|cantabile|capo|chorus|clarinet|coda|con |cresc|cue|da capo|dal segno|dance|decresc|dolce"
    "|drum|duet|end\\b|ending|ensemble|espr|fade|fast|fill|fin[ae]|flute|free|full|gently|go |grave|guitar"
    "|harm|harp|head|hold"
)
"""How remarks begin that begin with the letter of a note."""
_TERM = re.compile(rf"D\.? ?[CS]\b.*|(?:{_TERMS}).*", re.IGNORECASE)


@dataclass(frozen=True)
class Chord:
    """What a chord symbol says."""

    root: int | None
    """Pitch class; none where only a bass is given: the chord before stays, over that bass."""
    quality: str
    """One of the corpus' qualities."""
    bass: int
    """Pitch class."""


def _pitch_class(match: re.Match[str]) -> int:
    return (STEPS[match["step"].upper()] + SIGNS[match["sign"] or ""]) % 12


def chord_of(text: str) -> Chord | None:
    """The chord that a symbol means; none where it is not understood.

    A root in small letters means what it would mean in capitals.
    """
    written = _spelled(text)
    written = _OPTIONAL_BASS.sub(r"/\1", written)
    if written.startswith("(") and written.endswith(")") and written.count("(") == 1:
        written = written[1:-1]
    if written.startswith("[") and written.endswith("]"):
        written = written[1:-1]
    # A bracket around several symbols opens in one and closes in another.
    if written.count("(") != written.count(")"):
        written = written.strip("()") if written[:1] == "(" or written[-1:] == ")" else written
    slash = _BASS.fullmatch(written)
    bass = _pitch_class(slash) if slash else None
    name = slash["chord"] if slash else written
    if slash and not name:
        return Chord(None, "", bass)
    for pattern in (_ROOT, _GERMAN):
        rooted = pattern.fullmatch(name)
        intervals = _intervals(rooted["rest"]) if rooted else None
        if intervals is not None:
            root = _pitch_class(rooted)
            return Chord(root, quality_of(intervals), root if bass is None else bass)
    return None


def _spelled(text: str) -> str:
    """A symbol in one spelling."""
    signs = unicodedata.normalize("NFKC", text.translate(SPELLINGS)).translate(SPELLINGS).strip()
    return _SIGN_IN_WORDS.sub(lambda match: match[1] + ("#" if match[2].lower() == "sharp" else "b"), signs)


class _Tones:
    """The tones of a chord while its symbol is read."""

    def __init__(self) -> None:
        self.third: int | None = 4
        self.fifth: int | None = 7
        self.seventh: int | None = None
        self.others: set[int] = set()
        self.natural_seventh = 10
        """What a 7 means."""
        self.numbered = False
        """Whether a number was read: only then does - or + before a number alter a tone."""

    def all(self) -> set[int]:
        """Semitones above the root."""
        return {0, *self.others, *(tone for tone in (self.third, self.fifth, self.seventh) if tone is not None)}


def _intervals(rest: str) -> set[int] | None:
    """The semitones above the root that the part of a symbol after its root asks for; none if not understood."""
    tones, at = _Tones(), 0
    while at < len(rest):
        match = _TOKEN.match(rest, at)
        if not match or not _apply(tones, match):
            return None
        at = match.end()
        # After a root, - is minor and + is augmented; what stands after a number alters the tone that follows.
        if match["sign"] and not tones.numbered and match["sign"] in "+-":
            at = match.start("degree")
    return tones.all()


def _apply(tones: _Tones, match: re.Match[str]) -> bool:
    """Applies one token; whether it makes sense."""
    kind = match.lastgroup
    if kind == "half":
        tones.third, tones.fifth, tones.seventh, tones.natural_seventh = 3, 6, 10, 10
    elif kind == "dim":
        tones.third, tones.fifth, tones.natural_seventh = 3, 6, 9
    elif kind in ("aug", "raised"):
        tones.fifth = 8
    elif kind == "major":
        tones.natural_seventh = 11
        if match["major"] == "Δ" or tones.seventh is not None:
            tones.seventh = 11
    elif kind in ("minor", "lowered"):
        tones.third = 3
    elif kind == "altered":
        tones.seventh = 10
    elif match["signed_fifth"]:
        tones.fifth = 7 + SIGNS_OF_TONES[match["signed_fifth"]]
    elif match["sign"]:
        _alter(tones, match["sign"], match["degree"])
    elif match["added"]:
        tones.others.add(DEGREES[match["added"]] + SIGNS_OF_TONES[match["added_sign"]])
    elif match["omitted"]:
        tones.third = None if match["omitted"] == "3" else tones.third
        tones.fifth = None if match["omitted"] == "5" else tones.fifth
    elif match["number"]:
        _number(tones, match["number"], aside=match.string[: match.start()].endswith(("(", "/")))
    elif match[0].lower().startswith("sus"):
        tones.third = None
        tones.others |= {2} if match["sus"] == "2" else {5} if match["sus"] in (None, "4") else {2, 5}
    return True


SIGNS_OF_TONES = {"": 0, "b": -1, "-": -1, "#": 1, "+": 1}


def _alter(tones: _Tones, sign: str, degree: str) -> None:
    """A tone with a sign; before any number, - and + speak of the chord and not of the tone."""
    if sign in "+-" and not tones.numbered:
        if sign == "-":
            tones.third = 3
        else:
            tones.fifth = 8
    elif degree == "5":
        tones.fifth = 7 + SIGNS_OF_TONES[sign]
    else:
        tones.others.add(DEGREES[degree] + SIGNS_OF_TONES[sign])


def _number(tones: _Tones, number: str, *, aside: bool) -> None:
    """A number; one that stands aside, in brackets or after a stroke, brings no seventh along."""
    first = not tones.numbered and tones.seventh is None
    tones.numbered = True
    if number in ("69", "6/9", "6,9"):
        tones.others |= {9, 2}
    elif number == "5" and first and tones.third == 4:
        tones.third = None
    elif number == "4" and first:
        tones.third = None
        tones.others.add(5)
    elif tones.seventh is None and (number == "7" or (number in ("9", "11", "13") and not aside and first)):
        tones.seventh = tones.natural_seventh
        tones.others |= {DEGREES[number]} - {10}
    elif number != "5":
        tones.others |= {DEGREES[number]} - {10}


def symbols_of(written: list[tuple[int, str]]) -> tuple[list[Symbol], Counter[str], Counter[str]]:
    """The chords of symbols with their ticks (ascending), the symbols that are not understood, and the remarks.

    Where a symbol is not understood there is no chord: the one before does not go on. It does over a remark, such as
    "Fine".
    """
    symbols: list[Symbol] = []
    unknown: Counter[str] = Counter()
    remarks: Counter[str] = Counter()
    for tick, text in written:
        text = text.strip()
        chord = chord_of(text)
        if _NONE.fullmatch(text):
            symbols.append(Symbol(tick, NO_CHORD, "N", NO_CHORD, "N"))
        elif _AGAIN.fullmatch(text) or not text:
            continue
        elif chord and chord.root is not None:
            symbols.append(Symbol(tick, chord.root, chord.quality, chord.bass, text))
        elif chord and symbols and symbols[-1].root != NO_CHORD:
            before = symbols[-1]
            symbols.append(Symbol(tick, before.root, before.quality, chord.bass, before.as_written + text))
        elif chord or (_LIKE_A_CHORD.match(_spelled(text)) and not _TERM.fullmatch(text)):
            unknown[text] += 1
            symbols.append(Symbol(tick, NO_CHORD, "N", NO_CHORD, text))
        else:
            remarks[text] += 1
    return list({symbol.tick: symbol for symbol in symbols}.values()), unknown, remarks
