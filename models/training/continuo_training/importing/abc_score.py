"""Reads ABC files: their tunes, and the score of each."""

from __future__ import annotations

import codecs
import re

from ..text import plain
from . import abc_fields as fields
from .abc_music import FIELD, Tune, Voice, tick_of
from .score import Meter, Note, Part, Score, UnreadableError, bars_of, unique_names
from .symbols import symbols_of

_TUNE = re.compile(r"^X:[ \t]*(\S*)", re.MULTILINE)
_CHARSET = re.compile(rb"^(?:%%|I:)\s*abc-charset\s+([\w.-]+)", re.MULTILINE)


def charset_of(data: bytes) -> str | None:
    """The encoding that an ABC file says it has."""
    match = _CHARSET.search(data)
    try:
        return codecs.lookup(match[1].decode("ascii")).name if match else None
    except LookupError:
        return None


def abc_tunes(text: str) -> list[tuple[str, str]]:
    """Number and text of every tune of an ABC file; what stands before the first goes with each of them.

    Where the numbers of the file are not distinct, the tunes are counted.
    """
    starts = list(_TUNE.finditer(text))
    if not starts:
        raise UnreadableError("no tune: an ABC tune begins with a line X:")
    before = text[: starts[0].start()].splitlines(keepends=True)
    head = "".join(line for line in before if line.startswith("%%") or FIELD.match(line))
    ends = [match.start() for match in starts[1:]] + [len(text)]
    numbers = [match[1] for match in starts]
    if "" in numbers or len(set(numbers)) < len(numbers):
        numbers = [str(number) for number in range(1, len(starts) + 1)]
    texts = [head + text[match.start() : end] for match, end in zip(starts, ends, strict=True)]
    return list(zip(numbers, texts, strict=True))


def read_abc(text: str, title: str) -> Score:
    """The score of one ABC tune; `title` if it has none of its own. Repeats are played once.

    What is not understood is left out, and said in the remarks.

    Raises:
        UnreadableError: there is no music in it, or more than a piece can have.

    """
    tune = Tune()
    tune.read(text)
    voices = [voice for voice in tune.voices.values() if voice.notes]
    if not voices:
        raise UnreadableError("no notes in it")
    score = Score(title=tune.title or title, parts=[], meter=[], bars=[], composer=tune.composer, in_score_order=True)
    outside = 0
    for number, voice in enumerate(voices, 1):
        outside += sum(not 0 <= pitch + voice.shift < 128 for _, _, pitch, _ in voice.notes)
        score.parts.append(Part(voice.name or f"part {number}", _notes(voice), drums=voice.drums, sung=voice.sung))
    unique_names(score.parts)
    first = voices[0]
    signatures = _meters(first)
    score.meter = signatures or [(0, 4, 4)]
    score.keys = [(tick_of(at), key.tonic, key.mode) for at, key in first.keys if key.tonic is not None]
    if score.keys and score.keys[0][0]:
        score.keys[0] = (0, *score.keys[0][1:])
    score.keys = [(tick, *rest) for tick, rest in {tick: rest for tick, *rest in score.keys}.items()]
    written = sorted(
        ((tick_of(at), text) for voice in voices for at, text in voice.symbols), key=lambda entry: entry[0]
    )
    score.symbols, score.not_understood, remarks = symbols_of(written)
    if tune.tempo:
        score.tempo = fields.tempo_of(tune.tempo, tune.unit or fields.default_unit(tune.meter))
    limits = sorted({0, *(tick_of(bar) for bar in first.bars), max(tick_of(first.now), score.end())})
    if first.bars:
        score.lay_bars(limits, signatures)
    else:
        score.bars = bars_of(score.meter, score.end())
    score.remarks += tune.remarks
    if outside:
        score.remarks.append(f"notes beyond the keys of MIDI: {outside}")
    if remarks:
        score.remarks.append(f"remarks, no chords: {', '.join(sorted(plain(text) for text in remarks))}")
    if tune.unread:
        signs = ", ".join(f"{plain(sign) or repr(sign)} ({count})" for sign, count in sorted(tune.unread.items()))
        score.remarks.append(f"signs that are not understood: {signs}")
    return score


def _notes(voice: Voice) -> list[Note]:
    found = []
    for onset, end, pitch, _ in voice.notes:
        begin = tick_of(onset)
        if 0 <= pitch + voice.shift < 128:
            found.append((begin, max(tick_of(end) - begin, 1), pitch + voice.shift))
    return sorted(found)


def _meters(voice: Voice) -> list[Meter]:
    """Time signatures by tick; none for free time."""
    found = {tick_of(at): meter for at, meter in voice.meters if meter}
    if found and 0 not in found:
        found[0] = found[min(found)]
    return [(tick, *meter) for tick, meter in sorted(found.items())]
