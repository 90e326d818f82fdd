"""Reads ABC tunes (the ABC standard 2.1): voices, their notes, barlines and chord symbols."""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from ..text import plain
from . import abc_fields as fields
from .score import WHOLE, bounded

# A letter before a repeat sign is a note.
FIELD = re.compile(r"([A-Za-z+]):(?![|:])(.*)")
_COMMENT = re.compile(r'((?:[^%"\\]|\\.|"[^"]*"|"|\\$)*)')
_VOICE = re.compile(r'\s*("[^"]*"|\S+)(.*)')

_LENGTH = r"(\d{0,4})(/*)(\d{0,4})"
_MULTIPLE = re.compile(_LENGTH)
_NOTE = re.compile(r"(\^\^|\^|__|_|=)?([A-Ga-g])([,']*)" + _LENGTH)
_REST = re.compile(r"[zx]" + _LENGTH)
_BARS_OF_REST = re.compile(r"[ZX](\d{0,4})")
_BAR = re.compile(r"(\.?)(?::*(?:\[\||\|)[|\]:]*|::+)(?:\s*\d+(?:[,.-]\d+)*)?")
_ENDING = re.compile(r"\[\s*\d+(?:[,.-]\d+)*\.?")
_NAMED_ENDING = re.compile(r'\["[^"\n]*"')
_INLINE = re.compile(r"\[([A-Za-z]):([^\]\n]*)\]")
_TUPLET = re.compile(r"\((\d)(?::(\d{0,2}))?(?::(\d{0,2}))?")
_CHORD = re.compile(r"\[[^|\]\n]*\]")
_QUOTED = re.compile(r'"([^"\n]*)"')
_GRACE = re.compile(r"\{([^}\n]*)\}")
_BROKEN = re.compile(r"(<+|>+)")
# Decorations, slurs, beams, spacers and what breaks lines: they say nothing about pitch or time.
_SILENT = re.compile(r"![^!\n|]*!|\+[a-zA-Z0-9()<>.^]+\+|[\s.~H-Wh-w()`$\\*;?@#!]|y\d*(?:/\d*)?")

TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
"""In the time of how many notes so many stand; others of two, or of three in compound meters."""


@dataclass
class _Sound:
    """A note, chord or rest that the next sign may still lengthen."""

    onset: Fraction
    length: Fraction
    notes: list[int]
    """Indices of its notes."""


@dataclass
class Voice:
    """A voice while it is read. Times are parts of a whole note."""

    name: str
    unit: Fraction
    meter: tuple[int, int] | None
    signature: fields.Signature
    shift: int = 0
    drums: bool = False
    sung: bool = False
    now: Fraction = Fraction(0)
    bar: Fraction = Fraction(0)
    """Where the bar began."""
    overlaid: Fraction = Fraction(0)
    """How far the voices that share the bar have come."""
    notes: list[list] = field(default_factory=list)
    """Onset, end, pitch."""
    bars: list[Fraction] = field(default_factory=list)
    meters: list[tuple[Fraction, tuple[int, int] | None]] = field(default_factory=list)
    keys: list[tuple[Fraction, fields.Signature]] = field(default_factory=list)
    symbols: list[tuple[Fraction, str]] = field(default_factory=list)
    altered: dict[tuple, int] = field(default_factory=dict)
    """Accidentals of this bar."""
    tied: dict[tuple[str, int], int] = field(default_factory=dict)
    """Index of the note that is tied on, by letter and octave."""
    last: _Sound | None = None
    broken: Fraction = Fraction(1)
    """By how much the next note is longer, after > or <."""
    tuplet: Fraction = Fraction(1)
    tuplet_left: int = 0


class Tune:
    """One tune while it is read."""

    def __init__(self) -> None:
        self.title = self.composer = ""
        self.unit: Fraction | None = None
        self.meter: tuple[int, int] | None = None
        self.tempo: str | None = None
        self.signature: fields.Signature | None = None
        self.staff = fields.Staff()
        self.propagation = "pitch"
        """How far an accidental holds within its bar: `not`, `octave`, or `pitch` for every octave."""
        self.voices: dict[str, Voice] = {}
        self.voice: Voice | None = None
        self.in_body = False
        self.remarks: list[str] = []
        self.unread: Counter[str] = Counter()

    # Lines

    def read(self, text: str) -> None:
        """Reads the lines of the tune."""
        block = after_blank = False
        field_before = ""
        for raw in text.splitlines():
            if raw.startswith("%%") or raw.startswith("I:"):
                directive = raw[2:].strip()
                block = not directive.startswith("end") and (block or directive.startswith("begin"))
                self.directive(directive)
                continue
            if block:
                continue
            line = _COMMENT.match(raw)[1].rstrip()
            if not line:
                after_blank |= not raw.strip() and self.in_body
                continue
            match = FIELD.match(line)
            if match:
                continued = match[1] == "+"
                field_before = field_before if continued else match[1]
                self.on_field(field_before, match[2].strip(), continued=continued)
            elif after_blank and "|" not in line:
                self.remarks.append(f"text after the tune: {plain(line)[:40]}")
            elif self.in_body:
                self.music(line)
            elif self.signature is None and "|" in line and self.voices_or_meter():
                self.remarks.append("no field K: C major")
                self.on_field("K", "C")
                self.music(line)
            else:
                self.remarks.append(f"in the head: {plain(line)[:40]}")

    def voices_or_meter(self) -> bool:
        """Whether enough of a head was there for music to follow."""
        return bool(self.meter or self.unit or self.title)

    def directive(self, text: str) -> None:
        """What a line %% or I: says about pitches and instruments; layout is passed over."""
        words = text.split()
        if words[:1] == ["propagate-accidentals"] and words[1:2] in (["not"], ["octave"], ["pitch"]):
            self.propagation = words[1]
        elif words[:2] == ["MIDI", "channel"] and words[2:3] == ["10"] and self.in_body:
            self.current().drums = True

    # Fields

    def on_field(self, name: str, text: str, *, continued: bool = False) -> None:
        """A field on a line of its own, or in the line."""
        try:
            self.take_field(name, text, continued=continued)
        except fields.FieldError as error:
            self.remarks.append(f"{plain(str(error))[:60]} is not understood and is ignored")

    def take_field(self, name: str, text: str, *, continued: bool) -> None:
        """Takes what the field says, in the head for all voices, in the body for the current one."""
        if name == "T" and not self.title and not continued:
            self.title = _words(text)
        elif name == "C" and not self.in_body and not self.composer:
            self.composer = _words(text)
        elif name == "L":
            self.set_unit(fields.unit_of(text))
        elif name == "M":
            self.set_meter(fields.meter_of(text))
        elif name == "Q" and self.tempo is None:
            fields.tempo_of(text, Fraction(1, 4))
            self.tempo = text
        elif name == "K":
            self.in_body, begins = True, not self.in_body
            if begins:
                self.begin_body()
            staff = fields.staff_of(text)
            self.set_staff(staff, everywhere=begins)
            self.set_key(fields.signature_of(text), everywhere=begins)
        elif name == "V":
            self.set_voice(text)
        elif name == "w" and self.voice and text:
            self.voice.sung = True
        elif name in ("s", "m"):
            what = "symbol lines (s:)" if name == "s" else "macros (m:)"
            if f"{what} are not read" not in self.remarks:
                self.remarks.append(f"{what} are not read")

    def begin_body(self) -> None:
        """The head ends: what it has declared first is written first."""
        self.voice = next(iter(self.voices.values()), None)
        for voice in self.voices.values():
            voice.unit = self.unit or fields.default_unit(self.meter)

    def set_unit(self, unit: Fraction) -> None:
        """Takes L:."""
        if self.in_body:
            self.current().unit = unit
        else:
            self.unit = unit

    def set_meter(self, meter: tuple[int, int] | None) -> None:
        """Takes M:."""
        if not self.in_body:
            self.meter = meter
        voices = [self.current()] if self.in_body else self.voices.values()
        for voice in voices:
            voice.meter = meter
            voice.meters.append((voice.now, meter))

    def set_key(self, signature: fields.Signature | None, *, everywhere: bool) -> None:
        """Takes K:."""
        if everywhere:
            self.signature = signature or fields.Signature(None, "maj", {})
        if signature is None:
            return
        for voice in self.voices.values() if everywhere else [self.current()]:
            voice.signature = signature
            voice.keys.append((voice.now, signature))

    def set_staff(self, staff: fields.Staff, *, everywhere: bool) -> None:
        """Takes the clef and the transposition of K: or V:."""
        if everywhere:
            self.staff = staff
        for voice in self.voices.values() if everywhere else [self.current()]:
            if staff.shift is not None:
                voice.shift = staff.shift
            voice.drums |= staff.drums

    def set_voice(self, text: str) -> None:
        """Takes V:."""
        match = _VOICE.match(text)
        if not match:
            raise fields.FieldError("a voice without a name")
        key = match[1].strip('"')
        known = key in self.voices
        self.voice = self.voices.get(key) or self.new_voice(key)
        staff = fields.staff_of(match[2])
        if match[2].strip() or not known:
            self.set_staff(staff, everywhere=False)
        self.voice.name = staff.properties.get("name") or staff.properties.get("nm") or self.voice.name

    def new_voice(self, key: str) -> Voice:
        """Another voice, as the head has it."""
        signature = self.signature or fields.Signature(None, "maj", {})
        unit = self.unit or fields.default_unit(self.meter)
        voice = Voice("", unit, self.meter, signature, shift=self.staff.shift or 0, drums=self.staff.drums)
        voice.meters.append((Fraction(0), self.meter))
        if self.signature:
            voice.keys.append((Fraction(0), signature))
        self.voices[key] = voice
        return voice

    def current(self) -> Voice:
        """The voice that is written."""
        if self.voice is None:
            self.voice = self.voices.get("") or self.new_voice("")
        return self.voice

    # Music

    def music(self, line: str) -> None:
        """Reads a line of music."""
        at = 0
        while at < len(line):
            at = self.sign(line, at)

    def sign(self, line: str, at: int) -> int:
        """Reads what stands at `at`; gives where the next sign stands."""
        voice = self.current()
        if match := _INLINE.match(line, at):
            self.on_field(match[1], match[2].strip())
        elif match := _NOTE.match(line, at):
            end = self.tie(line, match.end())
            self.sound(voice, [(match, end > match.end())], _multiple(*match.groups()[3:]))
            return end
        elif match := _REST.match(line, at):
            self.sound(voice, [], _multiple(*match.groups()))
        elif match := _BARS_OF_REST.match(line, at):
            self.rest_bars(voice, int(match[1] or 1))
        elif match := _BAR.match(line, at):
            if not match[1]:
                self.barline(voice)
        elif match := _ENDING.match(line, at):
            pass
        elif match := _CHORD.match(line, at):
            return self.chord(voice, line, at + 1, match.end() - 1)
        elif match := _NAMED_ENDING.match(line, at):
            pass
        elif match := _QUOTED.match(line, at):
            if match[1][:1] not in ("^", "_", "<", ">", "@", ""):
                voice.symbols.append((voice.now, match[1]))
        elif line[at] == '"':
            self.remarks.append(f"a quotation without an end: {plain(line[at:])[:40]}")
            return len(line)
        elif match := _TUPLET.match(line, at):
            self.tuplet(voice, match)
        elif match := _GRACE.match(line, at):
            for grace in _NOTE.finditer(match[1]):
                self.pitch(voice, grace)
        elif match := _BROKEN.match(line, at):
            self.broken(voice, match[1])
        elif line[at] == "-":
            return self.late_tie(voice, at)
        elif line[at] == "&":
            voice.overlaid = max(voice.overlaid, voice.now)
            voice.now, voice.last = voice.bar, None
        elif match := _SILENT.match(line, at):
            pass
        else:
            self.unread[line[at]] += 1
            return at + 1
        return match.end() if match else at + 1

    @staticmethod
    def tie(line: str, at: int) -> int:
        """Where a note ends that may be tied on."""
        return at + 1 if line[at : at + 1] == "-" else at

    def late_tie(self, voice: Voice, at: int) -> int:
        """A tie that something has parted from its note: it ties what sounded last."""
        if voice.last:
            for index in voice.last.notes:
                voice.tied[voice.notes[index][3]] = index
        return at + 1

    def chord(self, voice: Voice, line: str, at: int, end: int) -> int:
        """Reads the notes up to the bracket at `end`, with the length after it."""
        notes = []
        while at < end:
            match = _NOTE.match(line, at)
            if match:
                at = self.tie(line, match.end())
                notes.append((match, at > match.end()))
                continue
            quoted = _QUOTED.match(line, at)
            silent = quoted or _SILENT.match(line, at) or _REST.match(line, at)
            if not silent:
                self.unread[line[at]] += 1
            at = max(silent.end(), at + 1) if silent else at + 1
        length = _MULTIPLE.match(line, end + 1)
        after = self.tie(line, length.end())
        if notes:
            tied = after > length.end()
            self.sound(voice, [(note, tie or tied) for note, tie in notes], _multiple(*length.groups()))
        return after

    def sound(self, voice: Voice, written: list[tuple[re.Match, bool]], multiple: Fraction) -> None:
        """Notes that begin together, or a rest: `multiple` is the length of all; each note may have its own."""
        factor = voice.unit * voice.broken * voice.tuplet
        voice.broken = Fraction(1)
        if voice.tuplet_left:
            voice.tuplet_left -= 1
            voice.tuplet = voice.tuplet if voice.tuplet_left else Fraction(1)
        single = len(written) < 2
        lengths = [multiple if single else multiple * _multiple(*match.groups()[3:]) for match, _ in written]
        length = factor * (lengths[0] if lengths else multiple)
        tied, voice.tied = voice.tied, {}
        indices = []
        for (match, ties), own in zip(written, lengths, strict=True):
            place = (match[2].upper(), _octave(match))
            before = tied.get(place)
            held = before is not None and voice.notes[before][1] == voice.now
            # A tied note keeps its pitch over the barline.
            pitch = voice.notes[before][2] if held and not match[1] else self.pitch(voice, match)
            end = voice.now + factor * own
            if held and voice.notes[before][2] == pitch:
                index = before
                voice.notes[index][1] = end
            else:
                index = len(voice.notes)
                voice.notes.append([voice.now, end, pitch, place])
            indices.append(index)
            if ties:
                voice.tied[place] = index
        if not written:
            voice.tied = tied
        voice.last = _Sound(voice.now, length, indices)
        self.go_to(voice, voice.now + length)

    def go_to(self, voice: Voice, time: Fraction) -> None:
        """Moves the place at which a voice is written."""
        voice.now = time
        bounded(tick_of(time))

    def pitch(self, voice: Voice, match: re.Match) -> int:
        """The key of a note; its accidental holds for what follows in the bar."""
        letter, octave = match[2].upper(), _octave(match)
        place = (letter,) if self.propagation == "pitch" else (letter, octave)
        if match[1]:
            by = fields.alteration(match[1])
            if self.propagation != "not":
                voice.altered[place] = by
        else:
            by = voice.altered.get(place, voice.signature.altered.get(letter, 0))
        return 60 + (0, 2, 4, 5, 7, 9, 11)[fields.LETTERS.index(letter)] + 12 * octave + by

    def tuplet(self, voice: Voice, match: re.Match) -> None:
        """The next notes are shorter or longer."""
        count = max(int(match[1]), 1)
        compound = voice.meter is not None and voice.meter[1] == 8 and voice.meter[0] in (6, 9, 12)
        time = int(match[2] or 0) or TUPLETS.get(count, 3 if compound else 2)
        voice.tuplet, voice.tuplet_left = Fraction(time, count), int(match[3] or 0) or count

    def broken(self, voice: Voice, signs: str) -> None:
        """One note of a pair is longer, the other shorter."""
        if not voice.last:
            return
        short = Fraction(1, 2 ** min(len(signs), 4))
        first, second = (2 - short, short) if signs[0] == ">" else (short, 2 - short)
        last = voice.last
        end = last.onset + last.length * first
        for note in (voice.notes[index] for index in last.notes):
            note[1] = last.onset + (note[1] - last.onset) * first
        voice.last = _Sound(last.onset, end - last.onset, last.notes)
        voice.broken = second
        self.go_to(voice, end)

    def barline(self, voice: Voice) -> None:
        """A bar ends, and with it what its accidentals say."""
        self.go_to(voice, max(voice.now, voice.overlaid))
        voice.bar = voice.overlaid = voice.now
        voice.altered.clear()
        if not voice.bars or voice.bars[-1] < voice.now:
            voice.bars.append(voice.now)

    def rest_bars(self, voice: Voice, count: int) -> None:
        """Whole bars of rest."""
        for number in range(count):
            if number:
                self.barline(voice)
            self.go_to(voice, voice.now + Fraction(*(voice.meter or (4, 4))))
        voice.last = None


def _words(text: str) -> str:
    """Text without the spellings of signs that a keyboard lacks."""
    return plain(html.unescape(re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)))


def _octave(match: re.Match) -> int:
    """Octaves above the one of middle C."""
    return match[2].islower() + match[3].count("'") - match[3].count(",")


def _multiple(top: str, strokes: str, low: str) -> Fraction:
    """A length such as `3`, `3/2`, `/` or nothing, in unit lengths."""
    below = int(low) if low and strokes else 2 ** min(len(strokes), 8)
    return Fraction(int(top) if top else 1, max(below, 1))


def tick_of(time: Fraction) -> int:
    """The tick of a time in whole notes."""
    return round(time * WHOLE)
