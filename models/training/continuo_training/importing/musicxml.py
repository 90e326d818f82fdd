"""Reads MusicXML, plain or compressed: parts by staff, their notes, barlines and chord symbols."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from ..keys import key_fits
from ..text import plain
from .harmony import NAMES
from .score import (
    WHOLE,
    Note,
    Part,
    Score,
    UnreadableError,
    bounded,
    class_weights,
    is_meter,
    unique_names,
)
from .symbols import symbols_of

MINOR_MODES = ("minor", "aeolian", "dorian", "phrygian", "locrian")
MODE_STEPS = {"major": 0, "ionian": 0, "mixolydian": 7, "dorian": 2, "minor": 9, "aeolian": 9}
MODE_STEPS |= {"phrygian": 4, "lydian": 5, "locrian": 11}
"""Semitones from the tonic of the major key with the same signature."""
UNTITLED = ("", "Music21 Fragment", "Untitled", "Title")
LARGEST = 1 << 26
"""Bytes of an unpacked file."""
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
RHYTHM_HEADS = ("slash", "x", "cross", "circle-x")
"""Note heads that show a rhythm and no pitch."""
PERCUSSION = "10"
"""The MIDI channel of drums."""
UNITS = {"whole": 4, "half": 2, "quarter": 1, "eighth": Fraction(1, 2), "16th": Fraction(1, 4)}
"""Quarter notes."""
KINDS = {
    "major": "",
    "minor": "m",
    "augmented": "aug",
    "diminished": "dim",
    "dominant": "7",
    "major-seventh": "maj7",
    "minor-seventh": "m7",
    "diminished-seventh": "dim7",
    "augmented-seventh": "aug7",
    "half-diminished": "ø",
    "major-minor": "m(maj7)",
    "major-sixth": "6",
    "minor-sixth": "m6",
    "dominant-ninth": "9",
    "major-ninth": "maj9",
    "minor-ninth": "m9",
    "dominant-11th": "11",
    "major-11th": "maj11",
    "minor-11th": "m11",
    "dominant-13th": "13",
    "major-13th": "maj13",
    "minor-13th": "m13",
    "suspended-second": "sus2",
    "suspended-fourth": "sus4",
    "power": "5",
}
"""The kinds of MusicXML as people write them; others say in words what they are."""


@dataclass
class _Staff:
    """The notes of one staff. Times are quarter notes."""

    notes: list[list] = field(default_factory=list)
    """Onset, end, pitch."""
    tied: dict[int, int] = field(default_factory=dict)
    """Index of the note that is tied on, by pitch."""
    sung: bool = False


@dataclass
class _Reader:
    """One part while it is read."""

    name: str
    drums: bool
    left_out: Counter[str]
    remarks: list[str]
    divisions: Fraction = Fraction(1)
    shift: int = 0
    """Semitones from the written to the sounding note."""
    slashed: bool = False
    """Whether the measures are written as slashes."""
    staves: dict[str, _Staff] = field(default_factory=dict)
    meters: dict[Fraction, tuple[int, int] | None] = field(default_factory=dict)
    keys: dict[Fraction, tuple[int, str]] = field(default_factory=dict)
    """Signature in sharps, as it sounds, and mode."""
    symbols: list[tuple[Fraction, str]] = field(default_factory=list)
    tempo: float | None = None

    def measure(self, element: ET.Element, start: Fraction) -> Fraction:
        """Reads a measure that begins at `start`; gives its length."""
        now = reached = Fraction(0)
        onset = now
        for child in element:
            length = self.duration(child)
            if child.tag == "note":
                if child.find("grace") is not None:
                    continue
                if child.find("chord") is None:
                    onset, now = now, now + length
                self.note(child, start + onset, start + onset + length)
            elif child.tag == "backup":
                now = max(now - length, Fraction(0))
            elif child.tag == "forward":
                now += length
            elif child.tag == "attributes":
                self.attributes(child, start + now)
            elif child.tag == "harmony":
                self.symbols.append((start + max(now + self.offset(child), Fraction(0)), self.symbol(child)))
            elif child.tag in ("direction", "sound") and self.tempo is None:
                self.tempo = _tempo(child)
            reached = max(reached, now)
            bounded(_tick(start + reached))
        return reached

    def duration(self, element: ET.Element) -> Fraction:
        """The length of a note, or of a step in time."""
        return max(_number(element.findtext("duration")), Fraction(0)) / self.divisions

    def offset(self, element: ET.Element) -> Fraction:
        """By how much an element stands after its place."""
        return _number(element.findtext("offset")) / self.divisions

    def note(self, element: ET.Element, onset: Fraction, end: Fraction) -> None:
        """Takes a note; what shows a rhythm and no pitch, or is not for this player, is counted and left out."""
        pitch = element.find("pitch")
        if pitch is None:
            self.left_out["notes without a pitch"] += element.find("unpitched") is not None
            return
        if self.slashed or plain(element.findtext("notehead") or "") in RHYTHM_HEADS:
            self.left_out["slashes and other heads without a pitch"] += 1
            return
        if element.find("cue") is not None:
            self.left_out["cue notes"] += 1
            return
        key = self.key_of(pitch)
        if key is None or end <= onset:
            self.left_out["notes that cannot be"] += 1
            return
        staff = self.staves.setdefault((element.findtext("staff") or "1").strip(), _Staff())
        staff.sung |= element.find("lyric") is not None
        ties = {tie.get("type") for tie in (*element.findall("tie"), *element.findall("notations/tied"))}
        before = staff.tied.pop(key, None)
        if "stop" in ties and before is not None and staff.notes[before][1] == onset:
            index = before
            staff.notes[index][1] = end
        else:
            index = len(staff.notes)
            staff.notes.append([onset, end, key])
        if "start" in ties:
            staff.tied[key] = index

    def key_of(self, pitch: ET.Element) -> int | None:
        """The key that sounds."""
        step = STEPS.get((pitch.findtext("step") or "").strip())
        octave = _number(pitch.findtext("octave"), None)
        if step is None or octave is None:
            return None
        key = round(12 * (octave + 1) + step + _number(pitch.findtext("alter"))) + self.shift
        return key if 0 <= key < 128 else None

    def attributes(self, element: ET.Element, at: Fraction) -> None:
        """Takes divisions, transposition, meter, key and the style of the measures."""
        divisions = _number(element.findtext("divisions"))
        if divisions > 0:
            self.divisions = divisions
        transpose = element.find("transpose")
        if transpose is not None:
            octaves = _number(transpose.findtext("octave-change"))
            self.shift = max(min(round(_number(transpose.findtext("chromatic")) + 12 * octaves), 127), -127)
        for style in element.iter("slash"):
            self.slashed = style.get("type") == "start"
        for repeat in element.iter("measure-repeat"):
            self.left_out["measures that are written as a repeat sign"] += repeat.get("type") == "start"
        time = element.find("time")
        if time is not None:
            self.meter(time, at)
        fifths = element.findtext("key/fifths")
        if fifths is not None:
            sharps = _number(fifths, Fraction(99))
            if abs(sharps) > 7:
                self.remarks.append(f"the key with {plain(fifths)} sharps cannot be and is ignored")
            else:
                self.keys[at] = (int(sharps), (element.findtext("key/mode") or "").strip())

    def meter(self, time: ET.Element, at: Fraction) -> None:
        """Takes a meter; sums are allowed."""
        if time.find("senza-misura") is not None:
            self.meters[at] = None
            return
        pairs = list(zip(time.findall("beats"), time.findall("beat-type"), strict=False))
        written = " + ".join(f"{plain(beats.text or '')}/{plain(kind.text or '')}" for beats, kind in pairs)
        kinds = [int(_number(kind.text)) for _, kind in pairs]
        sums = [sum(int(_number(term)) for term in (beats.text or "").split("+")) for beats, _ in pairs]
        lowest = max(kinds, default=0)
        whole = all(kind > 0 and lowest % kind == 0 for kind in kinds)
        numerator = sum(beats * lowest // kind for beats, kind in zip(sums, kinds, strict=True)) if whole else 0
        if is_meter(numerator, lowest):
            self.meters[at] = (numerator, lowest)
        else:
            self.remarks.append(f"the meter {written[:40]} cannot be and is ignored")

    def symbol(self, harmony: ET.Element) -> str:
        """A chord symbol as people write it, as it sounds."""
        kind = harmony.find("kind")
        name = plain(kind.text or "") if kind is not None else ""
        if name == "none":
            return "N.C."
        root = self.pitch_name(harmony, "root")
        if root is None:
            return plain(harmony.findtext("function") or harmony.findtext("numeral/numeral-root") or "?")
        written = KINDS.get(name)
        if written is None:
            written = plain((kind.get("text") if kind is not None else "") or name)
        degrees = "".join(f"({text})" for text in map(_degree, harmony.findall("degree")))
        bass = self.pitch_name(harmony, "bass")
        return f"{root}{written}{degrees}" + (f"/{bass}" if bass else "")

    def pitch_name(self, harmony: ET.Element, which: str) -> str | None:
        """Root or bass of a symbol, as it sounds."""
        step = harmony.findtext(f"{which}/{which}-step")
        if step is None:
            return None
        alter = round(_number(harmony.findtext(f"{which}/{which}-alter")))
        if step.strip() not in STEPS or abs(alter) > 2:
            return "?"
        if self.shift:
            return NAMES[(STEPS[step.strip()] + alter + self.shift) % 12]
        return step.strip() + "#" * alter + "b" * -alter


def _degree(degree: ET.Element) -> str:
    """A degree that is added, altered or left out."""
    value, alter = plain(degree.findtext("degree-value") or ""), round(_number(degree.findtext("degree-alter")))
    sign = "#" if alter > 0 else "b" if alter < 0 else ""
    kind = plain(degree.findtext("degree-type") or "")
    if kind == "subtract":
        return f"no{value}"
    return f"{sign}{value}" if kind == "alter" and sign else f"add{sign}{value}"


def _number(text: str | None, otherwise: Fraction | None = Fraction(0)) -> Fraction | None:
    """A number in a text, if there is one of a sensible size."""
    text = (text or "").strip()
    try:
        value = Fraction(text) if len(text) <= 20 and "e" not in text.lower() else otherwise
    except (ValueError, ZeroDivisionError):
        return otherwise
    return value


def _tick(quarters: Fraction) -> int:
    return round(quarters * WHOLE / 4)


def _tempo(element: ET.Element) -> float | None:
    """Quarter notes per minute."""
    for sound in element.iter("sound"):
        tempo = float(_number(sound.get("tempo")))
        if tempo > 0:
            return round(tempo, 2)
    for metronome in element.iter("metronome"):
        unit = Fraction(UNITS.get(plain(metronome.findtext("beat-unit") or ""), 0))
        unit *= Fraction(3, 2) if metronome.find("beat-unit-dot") is not None else 1
        tempo = float(_number(metronome.findtext("per-minute")) * unit)
        if tempo > 0:
            return round(tempo, 2)
    return None


def _unpacked(data: bytes) -> bytes:
    """The score in a compressed file, or the data as they are."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = [name for name in packed.namelist() if name.endswith((".xml", ".musicxml"))]
            names = [name for name in names if not name.startswith("META-INF/")]
            try:
                container = ET.fromstring(packed.read("META-INF/container.xml"))
                told = [root.get("full-path") for root in container.iter() if root.tag.endswith("rootfile")]
            except (KeyError, ET.ParseError):
                told = []
            name = next((name for name in [*told, *names] if name in packed.namelist()), None)
            if name is None:
                raise UnreadableError("no score in the packed file")
            if packed.getinfo(name).file_size > LARGEST:
                raise UnreadableError(f"larger than {LARGEST >> 20} MiB when unpacked")
            return packed.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(f"cannot be unpacked: {error}") from error


def _root(data: bytes) -> ET.Element:
    """The root element, names without their spaces."""
    try:
        root = ET.fromstring(_unpacked(data))
    except (ET.ParseError, LookupError, ValueError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(f"no XML: {error}") from error
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    return root


def _measures(root: ET.Element) -> dict[str, list[ET.Element]]:
    """The measures of every part, by its name."""
    parts: dict[str, list[ET.Element]] = {}
    if root.tag == "score-partwise":
        for part in root.findall("part"):
            parts.setdefault(part.get("id", ""), []).extend(part.findall("measure"))
    elif root.tag == "score-timewise":
        for measure in root.findall("measure"):
            for part in measure.findall("part"):
                parts.setdefault(part.get("id", ""), []).append(part)
    else:
        raise UnreadableError(f"no MusicXML score: it begins with <{plain(root.tag)[:40]}>")
    return parts


def read_musicxml(data: bytes, title: str) -> Score:
    """The score of a MusicXML file, plain or compressed; `title` if it has none of its own. Repeats are played once.

    What is no melody or cannot be is left out, and said in the remarks.

    Raises:
        UnreadableError: it is no MusicXML, or longer than a piece can be.

    """
    root = _root(data)
    listed = {part.get("id", ""): part for part in root.findall("part-list/score-part")}
    measures = _measures(root)
    if not measures:
        raise UnreadableError("no part in it")
    score = Score(title=title, parts=[], meter=[], bars=[], in_score_order=True)
    left_out: Counter[str] = Counter()
    readers: list[_Reader] = []
    for number, identity in enumerate(measures, 1):
        entry = listed.get(identity, ET.Element("score-part"))
        channels = {plain(channel.text or "") for channel in entry.iter("midi-channel")}
        name = plain(entry.findtext("part-name") or "") or f"part {number}"
        readers.append(_Reader(name, channels == {PERCUSSION}, left_out, score.remarks))
    limits = _read_measures(list(measures.values()), readers)
    for reader in readers:
        for _, staff in sorted(reader.staves.items()):
            score.parts.append(Part(reader.name, _notes(staff), drums=reader.drums, sung=staff.sung))
    unique_names(score.parts)
    signatures = _meters(readers)
    score.meter = signatures or [(0, 4, 4)]
    score.keys = _keys(readers, score)
    written = sorted(
        ((_tick(at), text) for reader in readers for at, text in reader.symbols), key=lambda entry: entry[0]
    )
    score.symbols, score.not_understood, remarks = symbols_of(written)
    score.lay_bars(limits, signatures)
    score.tempo = next((reader.tempo for reader in readers if reader.tempo), None)
    score.remarks += [f"{what}, left out: {count}" for what, count in sorted(left_out.items()) if count]
    if remarks:
        score.remarks.append(f"remarks, no chords: {', '.join(sorted(remarks))}")
    _describe(score, root)
    return score


def _read_measures(measures: list[list[ET.Element]], readers: list[_Reader]) -> list[int]:
    """Reads all parts, measure by measure; gives the ticks of the barlines and of the end."""
    start, limits = Fraction(0), [0]
    nominal = Fraction(4)
    for index in range(max(map(len, measures))):
        together = [(reader, own[index]) for reader, own in zip(readers, measures, strict=True) if index < len(own)]
        lengths = Counter(reader.measure(element, start) for reader, element in together)
        for reader, _ in together:
            meter = reader.meters.get(start)
            nominal = Fraction(4 * meter[0], meter[1]) if meter else nominal
        start += _agreed(lengths, nominal)
        limits.append(bounded(_tick(start)))
    return sorted(set(limits))


def _agreed(lengths: Counter[Fraction], nominal: Fraction) -> Fraction:
    """The length of a measure: what most parts say; among equals what the meter says, or the longest."""
    del lengths[Fraction(0)]
    return max(lengths, key=lambda length: (lengths[length], length == nominal, length), default=nominal)


def _notes(staff: _Staff) -> list[Note]:
    found = []
    for onset, end, pitch in staff.notes:
        begin = _tick(onset)
        found.append((begin, max(_tick(end) - begin, 1), pitch))
    return sorted(found)


def _meters(readers: list[_Reader]) -> list[tuple[int, int, int]]:
    """Time signatures of the first part that has any, by tick; none for free time."""
    meters = next((reader.meters for reader in readers if reader.meters), {})
    found = {_tick(at): meter for at, meter in meters.items() if meter}
    if found and 0 not in found:
        found[0] = found[min(found)]
    return [(tick, *meter) for tick, meter in sorted(found.items())]


def _keys(readers: list[_Reader], score: Score) -> list[tuple[int, int, str]]:
    """Keys of the first part that has any, by tick; without a mode, they are major or minor as the notes have it."""
    reader = next((reader for reader in readers if reader.keys), None)
    if reader is None:
        return []
    fits = key_fits(class_weights(score.pitched()))
    found = {}
    for at, (sharps, mode) in reader.keys.items():
        major = (sharps * 7 + reader.shift) % 12
        minor = (major + 9) % 12
        found[_tick(at)] = _key(major, minor, mode, fits)
    return [(tick, *key) for tick, key in sorted(found.items())]


def _key(major: int, minor: int, mode: str, fits: np.ndarray) -> tuple[int, str]:
    if mode in MODE_STEPS:
        return (major + MODE_STEPS[mode]) % 12, "min" if mode in MINOR_MODES else "maj"
    return (minor, "min") if fits[12 + minor] > fits[major] else (major, "maj")


def _describe(score: Score, root: ET.Element) -> None:
    """Title and composer."""
    titles = (plain(root.findtext(path) or "") for path in ("work/work-title", "movement-title"))
    score.title = next((title for title in titles if title not in UNTITLED), score.title)
    creators = root.findall("identification/creator")
    score.composer = next((plain(who.text or "") for who in creators if who.get("type") == "composer"), "")
