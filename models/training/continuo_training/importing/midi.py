"""Reads MIDI files: one part per track and channel."""

from __future__ import annotations

from pathlib import Path

import mido

from ..vocabulary import TICKS_PER_QUARTER
from .score import Meter, Note, Part, Score, UnreadableError, bar_length, bars_of, unique_names

DRUM_CHANNEL = 9
KEY_NAMES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class _Channel:
    """The notes of one channel of one track."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.open: dict[int, list[int]] = {}

    def begin(self, tick: int, pitch: int) -> None:
        self.open.setdefault(pitch, []).append(tick)

    def end(self, tick: int, pitch: int) -> None:
        if self.open.get(pitch):
            onset = self.open[pitch].pop(0)
            self.notes.append((onset, max(tick - onset, 1), pitch))

    def close(self, tick: int) -> None:
        for pitch, onsets in self.open.items():
            self.notes += [(onset, max(tick - onset, 1), pitch) for onset in onsets]
        self.notes.sort()


def _key(name: str) -> tuple[int, str]:
    """Tonic and mode of a key as mido writes it: `Bbm`, `F#`."""
    tonic = KEY_NAMES[name[0]] + name.count("#") - name.count("b", 1)
    return tonic % 12, "min" if name.endswith("m") else "maj"


def _upbeat(meter: list[Meter]) -> int:
    """Ticks missing in the first bar, where an upbeat is written as one short bar before the meter proper."""
    if len(meter) < 2 or meter[1][0] != bar_length(*meter[0][1:]):
        return 0
    return max(bar_length(*meter[1][1:]) - meter[1][0], 0)


def read_midi(path: Path) -> Score:
    """The score in a MIDI file of type 0 or 1, rounded to ticks.

    Raises:
        UnreadableError: it is of type 2, or timed in seconds and not in beats.
        Exception: what mido raises on a damaged file.

    """
    file = mido.MidiFile(path, clip=True)
    if file.type == 2:
        raise UnreadableError("MIDI files of type 2 (independent sequences) are not read")
    if not 0 < file.ticks_per_beat < 0x8000:
        raise UnreadableError("timed in seconds (SMPTE), not in beats")
    score = Score(title=path.stem, parts=[], meter=[], bars=[])
    meter: dict[int, tuple[int, int]] = {}
    keys: dict[int, tuple[int, str]] = {}
    for number, track in enumerate(file.tracks, 1):
        channels: dict[int, _Channel] = {}
        name, now, tick = "", 0, 0
        for message in track:
            now += message.time
            tick = round(now * TICKS_PER_QUARTER / file.ticks_per_beat)
            if message.type == "note_on" and message.velocity > 0:
                channels.setdefault(message.channel, _Channel()).begin(tick, message.note)
            elif message.type in ("note_on", "note_off"):
                channels.setdefault(message.channel, _Channel()).end(tick, message.note)
            elif message.type == "track_name" and not name:
                name = message.name.strip("\0 ")
            elif message.type == "time_signature":
                meter[tick] = (message.numerator, message.denominator)
            elif message.type == "key_signature":
                keys[tick] = _key(message.key)
            elif message.type == "set_tempo" and score.tempo is None:
                score.tempo = round(mido.tempo2bpm(message.tempo), 2)
        for channel, events in sorted(channels.items()):
            events.close(tick)
            drums = channel == DRUM_CHANNEL
            label = "drums" if drums else name or f"track {number} channel {channel + 1}"
            score.parts.append(Part(label, events.notes, drums=drums))
    unique_names(score.parts)
    score.meter = [(tick, *signature) for tick, signature in sorted(meter.items())]
    if not score.meter or score.meter[0][0] > 0:
        score.meter.insert(0, (0, 4, 4))
    # Many programs write C major when nobody has chosen a key.
    if set(keys.values()) != {(0, "maj")}:
        score.keys = [(tick, *key) for tick, key in sorted(keys.items())]
    _move(score, _upbeat(score.meter))
    score.bars = bars_of(score.meter, score.end())
    return score


def _move(score: Score, upbeat: int) -> None:
    """Moves everything by the ticks that the first bar lacks, so that it is whole."""
    if not upbeat:
        return
    for part in score.parts:
        part.notes = [(onset + upbeat, duration, pitch) for onset, duration, pitch in part.notes]
    score.meter = [(0, *score.meter[1][1:])] + [(tick + upbeat, *rest) for tick, *rest in score.meter[2:]]
    score.keys = [(tick + upbeat if tick else 0, *key) for tick, *key in score.keys]
