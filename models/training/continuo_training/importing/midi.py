"""Reads MIDI files: one part per track and channel, or per MPE zone."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict

from ..text import decoded, plain
from ..vocabulary import TICKS_PER_QUARTER
from .mpe import CONTROL, Zones, zones_of
from .score import Meter, Note, Part, Score, UnreadableError, bar_length, bars_of, is_meter, unique_names
from .smf import META, Event, MidiFile, read_smf

DRUM_CHANNEL = 9
NOTE_OFF, NOTE_ON = 0x80, 0x90
SILENCES = (120, 123, 124, 125, 126, 127)
"""Controllers that end all notes of their channel."""
TRACK_NAME, TEMPO, METER, KEY = 0x03, 0x51, 0x58, 0x59
DEFAULT_TEMPO = 120.0
"""Quarter notes per minute before the first tempo event."""
SECONDS = 0x8000
"""Bit of the division that says that a file is timed in seconds."""


class _Strings:
    """The keys of one channel of one track: which are down, and what has sounded."""

    def __init__(self) -> None:
        self.notes: list[list[int]] = []
        """Onset, end, pitch, number of the part; the end is −1 while the key is down."""
        self.down: dict[int, int] = {}
        """Index of the note that sounds, by pitch."""
        self.cut: dict[int, list[int]] = {}
        """Indices of the notes that only a new stroke of their key has ended, by pitch."""

    def begin(self, tick: int, pitch: int, part: int) -> None:
        """A key that is struck again ends."""
        before = self.down.pop(pitch, None)
        if before is not None:
            self.notes[before][1] = tick
            self.cut.setdefault(pitch, []).append(before)
        self.down[pitch] = len(self.notes)
        self.notes.append([tick, -1, pitch, part])

    def end(self, tick: int, pitch: int) -> None:
        """A note-off too many belongs to a note that was struck again while it sounded: nothing is missing there."""
        index = self.down.pop(pitch, None)
        if index is not None:
            self.notes[index][1] = tick
        elif self.cut.get(pitch):
            self.cut[pitch].pop()

    def end_all(self, tick: int) -> None:
        """Every key goes up."""
        for pitch in list(self.down):
            self.end(tick, pitch)

    def endless(self) -> list[int]:
        """Indices of the notes without an end of their own."""
        return sorted([*self.down.values(), *(index for cut in self.cut.values() for index in cut)])


def _ended(strings: list[_Strings]) -> int:
    """Ends the notes without an end where the next note of their part begins; gives how many there were."""
    onsets: dict[int, list[int]] = {}
    for channel in strings:
        for onset, _, _, part in channel.notes:
            onsets.setdefault(part, []).append(onset)
    for found in onsets.values():
        found.sort()
    count = 0
    for channel in strings:
        for index in channel.endless():
            onset, end, _, part = channel.notes[index]
            after = bisect_right(onsets[part], onset)
            limits = onsets[part][after : after + 1] + ([end] if end > onset else [])
            channel.notes[index][1] = min(limits, default=onset + TICKS_PER_QUARTER)
            count += 1
    return count


def read_midi(data: bytes, title: str) -> Score:
    """The score in a MIDI file of type 0 or 1, or in one that holds a single sequence, rounded to ticks.

    What is broken or cannot be is left out, and said in the remarks.

    Raises:
        UnreadableError: it is no MIDI file, is of type 2, is timed in seconds and not in beats, or is too long.

    """
    file = read_smf(data)
    if file.format == 2 and len(file.tracks) > 1:
        raise UnreadableError("MIDI files of type 2 (independent sequences) are not read")
    if file.division & SECONDS:
        raise UnreadableError("timed in seconds (SMPTE), not in beats")
    if not file.division:
        raise UnreadableError("its head says that a quarter note has no ticks (division 0)")
    score = Score(title=title, parts=[], meter=[], bars=[])
    _read_parts(file, score)
    _read_frame(file, score)
    for fault in file.faults:
        place = [f"track {fault.track}"] if fault.track else []
        if fault.tick is not None:
            tick = _tick(fault.tick, file) + score.shift
            place.append(f"bar {max(bisect_right(score.bars, tick), 1)}")
        score.remarks.append(": ".join([", ".join(place), fault.text] if place else [fault.text]))
    return score


def _tick(tick: int, file: MidiFile) -> int:
    """A tick of the corpus."""
    return round(tick * TICKS_PER_QUARTER / file.division)


def _read_parts(file: MidiFile, score: Score) -> None:
    """The notes, by track and channel; the channels of an MPE zone are one part."""
    keys: dict[tuple[int, int, bool], int] = {}
    """Track (0: the file), channel or master of a zone and whether it is a zone: the number of the part."""
    loud: dict[int, dict[tuple[int, int], int]] = defaultdict(dict)
    """Velocities by number of the part, then by onset and pitch."""
    strings: dict[tuple[int, int], _Strings] = {}
    own, shared = _zones(file.tracks)
    for number, track in enumerate(file.tracks, 1):
        for event in track:
            kind, channel = event.status & 0xF0, event.status & 0x0F
            silences = kind == CONTROL and event.data[0] in SILENCES
            if event.status == META or not (kind in (NOTE_OFF, NOTE_ON) or silences):
                continue
            tick, (pitch, velocity) = _tick(event.tick, file), event.data
            played = strings.setdefault((number, channel), _Strings())
            if silences:
                played.end_all(tick)
                continue
            if kind == NOTE_ON and velocity:
                scope, zones = (number, own[number]) if own[number].settings else (0, shared)
                master = zones.master_of(channel, event.tick)
                key = (number, channel, False) if master is None else (scope, master, True)
                part = keys.setdefault(key, len(keys))
                played.begin(tick, pitch, part)
                loud[part][tick, pitch] = max(velocity, loud[part].get((tick, pitch), 0))
            else:
                played.end(tick, pitch)
    stray = _ended(list(strings.values()))
    if stray:
        score.remarks.append(f"notes without an end, each ended where the next one begins: {stray}")
    notes: list[list[Note]] = [[] for _ in keys]
    for played in strings.values():
        for onset, end, pitch, part in played.notes:
            notes[part].append((onset, max(end - onset, 1), pitch))
    names = {number: _name(track) for number, track in enumerate(file.tracks, 1)}
    for (number, channel, zone), part in sorted(keys.items(), key=lambda entry: entry[0]):
        drums = channel == DRUM_CHANNEL and not zone
        label = f"track {number} channel {channel + 1}" if not zone else f"MPE zone of channel {channel + 1}"
        name = "drums" if drums else names.get(number) or label
        score.parts.append(Part(name, sorted(notes[part]), drums=drums, velocity=loud[part]))
    unique_names(score.parts)


def _zones(tracks: list[list[Event]]) -> tuple[dict[int, Zones], Zones]:
    """The zones of each track, by number, and those of the file.

    A zone is its track's where that track plays in it. Where another one plays, the track that configures the zone
    speaks for the whole file: it is the conductor's, or the file has a track for every channel.
    """
    own = {number: zones_of(track) for number, track in enumerate(tracks, 1)}
    speaking: list[Event] = []
    for number, track in enumerate(tracks, 1):
        masters = {0, 15}
        plays = any(
            event.status & 0xF0 == NOTE_ON
            and event.status & 0x0F not in masters
            and own[number].master_of(event.status & 0x0F, event.tick) is not None
            for event in track
        )
        if own[number].settings and not plays:
            speaking += track
            own[number] = Zones()
    return own, zones_of(sorted(speaking, key=lambda event: event.tick))


def _name(track: list[Event]) -> str:
    named = (plain(decoded(event.data)) for event in track if event.status == META and event.kind == TRACK_NAME)
    return next((name for name in named if name), "")


def _read_frame(file: MidiFile, score: Score) -> None:
    """Meters, keys, tempo and bars; the piece ends with its last note, whatever comes after it."""
    events = sorted(
        (event for track in file.tracks for event in track if event.status == META), key=lambda event: event.tick
    )
    end = score.end()
    meter: dict[int, tuple[int, int]] = {}
    keys: dict[int, tuple[int, str]] = {}
    tempos: list[tuple[int, float]] = []
    late = 0
    for event in events:
        tick = _tick(event.tick, file)
        if event.kind not in (METER, KEY, TEMPO):
            continue
        if tick >= max(end, 1):
            late += 1
            continue
        try:
            if event.kind == METER:
                meter[tick] = _meter(event.data)
            elif event.kind == KEY:
                keys[tick] = _key(event.data)
            else:
                tempos.append((tick, _tempo(event.data)))
        except ValueError as error:
            score.remarks.append(f"{error} cannot be and is ignored")
    if late:
        score.remarks.append(f"changes of meter, key or tempo after the last note, ignored: {late}")
    score.meter = _changes(meter)
    # Many programs write C major when nobody has chosen a key.
    if set(keys.values()) != {(0, "maj")}:
        score.keys = [(tick, *key) for tick, key in sorted(keys.items())]
    first = min((part.notes[0][0] for part in score.parts if part.notes), default=0)
    if tempos:
        score.tempo = next((tempo for tick, tempo in reversed(tempos) if tick <= first), DEFAULT_TEMPO)
    upbeat = _upbeat(score.meter)
    if upbeat:
        score.meter = [(-upbeat, *score.meter[1][1:]), *score.meter[2:]]
        score.move(upbeat)
    score.bars = bars_of(score.meter, score.end())


def _changes(meter: dict[int, tuple[int, int]]) -> list[Meter]:
    """The meters by tick, 4/4 until the first; one that is said again is no change, and begins no bar."""
    changes: list[Meter] = []
    for tick, signature in sorted(({0: (4, 4)} | meter).items()):
        if not changes or changes[-1][1:] != signature:
            changes.append((tick, *signature))
    return changes


def _upbeat(meter: list[Meter]) -> int:
    """Ticks missing in the first bar, where an upbeat is written as one short bar before the meter proper."""
    if len(meter) < 2 or meter[1][0] != bar_length(*meter[0][1:]):
        return 0
    return max(bar_length(*meter[1][1:]) - meter[1][0], 0)


def _meter(data: bytes) -> tuple[int, int]:
    """Numerator and denominator."""
    if len(data) < 2:
        raise ValueError("a meter without numbers")
    numerator, denominator = data[0], 2 ** data[1]
    if not is_meter(numerator, denominator):
        written = denominator if data[1] < 16 else f"2^{data[1]}"
        raise ValueError(f"the meter {numerator}/{written}")
    return numerator, denominator


def _key(data: bytes) -> tuple[int, str]:
    """Tonic and mode."""
    if len(data) < 2:
        raise ValueError("a key without signature and mode")
    sharps = int.from_bytes(data[:1], signed=True)
    if abs(sharps) > 7 or data[1] > 1:
        raise ValueError(f"the key with {abs(sharps)} {'flats' if sharps < 0 else 'sharps'} in mode {data[1]}")
    minor = data[1] == 1
    return (sharps * 7 + (9 if minor else 0)) % 12, "min" if minor else "maj"


def _tempo(data: bytes) -> float:
    """Quarter notes per minute."""
    microseconds = int.from_bytes(data[:3], "big")
    if len(data) < 3 or not microseconds:
        raise ValueError("a tempo of no length")
    return round(60e6 / microseconds, 2)
