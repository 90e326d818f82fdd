"""Reads MusicXML and ABC with music21."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

from music21 import chord, converter, harmony, key, metadata, meter, note, stream, tempo

from ..keys import key_fits
from ..vocabulary import TICKS_PER_QUARTER
from .qualities import quality_of
from .score import (
    Meter,
    Note,
    Part,
    Score,
    Symbol,
    UnreadableError,
    bar_length,
    bars_of,
    class_weights,
    unique_names,
)

MINOR_MODES = ("minor", "aeolian", "dorian", "phrygian", "locrian")
UNTITLED = ("", "Music21 Fragment", "Untitled", "Title")

_TUNE = re.compile(r"^X:\s*(\S*)", re.MULTILINE)
_QUOTED = re.compile(r'"([^"\n]*)"')


def abc_tunes(text: str) -> list[tuple[str, str]]:
    """Number and text of every tune of an ABC file; what stands before the first goes with each of them.

    Where the numbers of the file are not distinct, the tunes are counted.
    """
    starts = list(_TUNE.finditer(text))
    if not starts:
        raise UnreadableError("no tune: an ABC tune begins with a line X:")
    head = "".join(line for line in text[: starts[0].start()].splitlines(keepends=True) if line.strip())
    ends = [match.start() for match in starts[1:]] + [len(text)]
    numbers = [match[1] for match in starts]
    if "" in numbers or len(set(numbers)) < len(numbers):
        numbers = [str(number) for number in range(1, len(starts) + 1)]
    texts = [head + text[match.start() : end] for match, end in zip(starts, ends, strict=True)]
    return list(zip(numbers, texts, strict=True))


def _abc_symbol(quoted: re.Match[str]) -> str:
    """A chord symbol as music21 spells it; nothing for a remark. There, `A-7` is A flat, for people it is A minor."""
    text = quoted[1].strip()
    if text[:1] in ("^", "_", "<", ">", "@"):
        return ""
    return '"' + re.sub(r"^([A-G][b#]?)-", r"\1m", text) + '"'


def read_abc(text: str, title: str) -> Score:
    """The score of one ABC tune; `title` if it has none of its own. Repeats are played once.

    What music21 raises on what it cannot read passes.
    """
    return _read(converter.parseData(_QUOTED.sub(_abc_symbol, text), format="abc"), title)


def read_musicxml(path: Path) -> Score:
    """The score of a MusicXML file, plain or compressed. Repeats are played once. What music21 raises passes."""
    return _read(converter.parse(path, format="musicxml", forceSource=True), path.stem)


def _tick(quarters: float) -> int:
    return round(float(quarters) * TICKS_PER_QUARTER)


def _read(parsed: stream.Stream, title: str) -> Score:
    if not isinstance(parsed, stream.Score) or not parsed.parts:
        raise UnreadableError("no score in it")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed.toSoundingPitch(inPlace=True)
    first = parsed.parts[0]
    signatures = _meter(first)
    offsets = [_tick(measure.offset) for measure in first.getElementsByClass(stream.Measure)]
    parts = [_part(part, f"part {number}") for number, part in enumerate(parsed.parts, 1)]
    score = Score(title=title, parts=parts, meter=signatures or [(0, 4, 4)], bars=[], in_score_order=True)
    unique_names(score.parts)
    score.symbols = sorted({symbol.tick: symbol for symbol in _symbols(parsed)}.values(), key=lambda s: s.tick)
    score.keys = _keys(first, score)
    shift = 0
    if offsets:
        shift, score.bars = whole_bars([*offsets, _tick(first.highestTime)], signatures)
    _move(score, shift)
    if not offsets:
        score.bars = bars_of(score.meter, score.end())
    _describe(score, parsed)
    return score


def whole_bars(limits: list[int], meter: list[Meter]) -> tuple[int, list[int]]:
    """By how much an upbeat is to be moved so that its bar is whole, and the barlines after that.

    `limits`: ticks of the barlines and of the end. Two short bars that make a whole one together are one bar that a
    repeat sign has cut.
    """

    def nominal(tick: int) -> int | None:
        lengths = [bar_length(numerator, denominator) for at, numerator, denominator in meter if at <= tick]
        return lengths[-1] if lengths else None

    shift, whole = 0, nominal(0)
    if whole is not None and len(limits) > 2 and 0 < limits[1] < whole:
        shift = whole - limits[1]
    bars = [0]
    for index in range(1, len(limits) - 1):
        before, here, after = limits[index - 1 : index + 2]
        whole = nominal(before)
        cut = index > 1 and bars[-1] == before + shift and here - before < (whole or 0) and after - before == whole
        if here > before and not cut:
            bars.append(here + shift)
    return shift, bars


def _move(score: Score, shift: int) -> None:
    """Moves everything but what stands at the very beginning by `shift` ticks."""
    for part in score.parts:
        part.notes = [(onset + shift, duration, pitch) for onset, duration, pitch in part.notes]
    score.symbols = [Symbol(s.tick + shift, s.root, s.quality, s.bass, s.as_written) for s in score.symbols]
    score.meter = [(tick + shift if tick else 0, *rest) for tick, *rest in score.meter]
    score.keys = [(tick + shift if tick else 0, *rest) for tick, *rest in score.keys]


def _meter(part: stream.Part) -> list[Meter]:
    """Time signatures by tick; none for free time."""
    found = {
        _tick(signature.getOffsetInHierarchy(part)): (signature.numerator, signature.denominator)
        for signature in part.recurse().getElementsByClass(meter.TimeSignature)
    }
    if found and 0 not in found:
        found[0] = found[min(found)]
    return [(tick, *signature) for tick, signature in sorted(found.items())]


def _keys(part: stream.Part, score: Score) -> list[tuple[int, int, str]]:
    """Written keys by tick. A signature without a mode is major or minor as the notes have it."""
    found = {}
    fits = key_fits(class_weights(score.pitched()))
    for signature in part.recurse().getElementsByClass(key.KeySignature):
        if isinstance(signature, key.Key):
            mode = "min" if signature.mode in MINOR_MODES else "maj"
            tonic = signature.tonic.pitchClass
        else:
            major = signature.sharps * 7 % 12
            minor = (major + 9) % 12
            tonic, mode = (minor, "min") if fits[12 + minor] > fits[major] else (major, "maj")
        found[_tick(signature.getOffsetInHierarchy(part))] = (tonic, mode)
    return [(tick, *key) for tick, key in sorted(found.items())]


def _part(part: stream.Part, otherwise: str) -> Part:
    """The sounding notes of a part, tied ones joined; ornaments without a length are left out."""
    notes: list[Note] = []
    tied: dict[int, int] = {}
    """Index of the note that is tied on, by pitch."""
    sung = False
    for element in part.flatten().notes:
        if isinstance(element, harmony.Harmony) or element.duration.isGrace:
            continue
        onset, end = _tick(element.offset), _tick(element.offset + element.quarterLength)
        sung |= bool(element.lyrics)
        singles = element.notes if isinstance(element, chord.Chord) else [element]
        for single in singles:
            if not isinstance(single, note.Note):
                continue
            pitch = single.pitch.midi
            kind = single.tie.type if single.tie else None
            before = tied.pop(pitch, None)
            if kind in ("stop", "continue") and before is not None and sum(notes[before][:2]) == onset:
                index = before
                notes[index] = (notes[index][0], end - notes[index][0], pitch)
            else:
                index = len(notes)
                notes.append((onset, max(end - onset, 1), pitch))
            if kind in ("start", "continue"):
                tied[pitch] = index
    return Part((part.partName or "").strip() or otherwise, sorted(notes), sung=sung)


def _symbols(parsed: stream.Score) -> list[Symbol]:
    """The chord symbols of all parts."""
    found = []
    for element in parsed.recurse().getElementsByClass(harmony.ChordSymbol):
        tick = _tick(element.getOffsetInHierarchy(parsed))
        if isinstance(element, harmony.NoChord):
            found.append(Symbol(tick, -1, "N", -1, "N"))
        elif element.pitches:
            root = element.root().pitchClass
            quality = quality_of({(pitch.pitchClass - root) % 12 for pitch in element.pitches})
            found.append(Symbol(tick, root, quality, element.bass().pitchClass, element.figure.replace("-", "b")))
    return found


def _describe(score: Score, parsed: stream.Score) -> None:
    """Title, composer and tempo."""
    described = parsed.metadata or metadata.Metadata()
    if (described.bestTitle or "").strip() not in UNTITLED:
        score.title = described.bestTitle.strip()
    score.composer = (described.composer or "").strip()
    for mark in parsed.recurse().getElementsByClass(tempo.MetronomeMark):
        quarters = mark.getQuarterBPM()
        if quarters:
            score.tempo = round(float(quarters), 2)
            return
