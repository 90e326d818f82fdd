"""Standard MIDI Files as events, as far as they can be read. What cannot be read is named, never dropped in silence."""

from __future__ import annotations

from dataclasses import dataclass, field

from .score import UnreadableError

HEAD, TRACK = b"MThd", b"MTrk"
META, END_OF_TRACK = 0xFF, 0x2F
LENGTHS = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
"""Data bytes of the channel messages."""
SYSTEM_LENGTHS = {0xF1: 1, 0xF2: 2, 0xF3: 1}
FARTHEST_HEAD = 1024
"""Bytes before the file proper in which its head is looked for: some programs put a head of their own before it."""


@dataclass(frozen=True)
class Event:
    """A channel message or a meta event."""

    tick: int
    """Of the file."""
    status: int
    """0x80 to 0xEF with its channel, or `META`."""
    data: bytes
    kind: int = -1
    """Of a meta event."""


@dataclass(frozen=True)
class Fault:
    """What could not be read, and where."""

    text: str
    track: int | None = None
    """From 1."""
    tick: int | None = None


@dataclass
class MidiFile:
    """The tracks of a file, and what was wrong with it."""

    format: int
    division: int
    """Ticks per quarter note; the highest bit is set where it counts in seconds."""
    tracks: list[list[Event]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class _BrokenOff(Exception):  # noqa: N818 (an end, not an error)
    """The events of a track cannot be followed further."""


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")


def unwrapped(data: bytes) -> bytes:
    """The MIDI file in a RIFF file (`.rmi`), or in whatever a program has put before its head.

    Raises:
        UnreadableError: there is none.

    """
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        at = 12
        while at + 8 <= len(data):
            size = int.from_bytes(data[at + 4 : at + 8], "little")
            if data[at : at + 4] == b"data":
                data = data[at + 8 : at + 8 + size]
                break
            at += 8 + size + size % 2
    begin = data.find(HEAD, 0, FARTHEST_HEAD)
    if begin < 0:
        raise UnreadableError("not a MIDI file: it has no head (MThd)")
    return data[begin:]


def read_smf(data: bytes) -> MidiFile:
    """The events of a Standard MIDI File, plain or in RIFF.

    Where a track ends is told by its events first, and then by its declared length; a track whose head is damaged is
    read when its length leads to its end; a track that cannot be followed further ends there.

    Raises:
        UnreadableError: it is no MIDI file, or its head is cut off.

    """
    data = unwrapped(data)
    if len(data) < 14:
        raise UnreadableError("cut off in its head")
    declared = int.from_bytes(data[10:12], "big")
    file = MidiFile(int.from_bytes(data[8:10], "big"), int.from_bytes(data[12:14], "big"))
    at = 8 + max(_number(data, 4), 6)
    lost = 0
    while at < len(data):
        end = at + 8 + _number(data, at + 4)
        if data[at : at + 4] == TRACK and at + 8 <= len(data):
            at = _read_track(data, at + 8, end, file)
        elif len(file.tracks) < declared and _is_track(data, at + 8, end):
            file.faults.append(Fault("its head is damaged; its events were read all the same", len(file.tracks) + 1))
            at = _read_track(data, at + 8, end, file)
        elif _is_chunk(data, at):
            at = end
        else:
            after = data.find(TRACK, at + 1)
            after = len(data) if after < 0 else after
            lost += after - at
            at = after
    if lost:
        file.faults.append(Fault(f"{lost} bytes that belong to no track were passed over"))
    if len(file.tracks) < declared:
        file.faults.append(Fault(f"{declared} tracks are announced, and {len(file.tracks)} are there"))
    return file


def _is_chunk(data: bytes, at: int) -> bool:
    """Whether a chunk of another kind may lie here: four printed signs, and a length within the file."""
    name = data[at : at + 4]
    return at + 8 <= len(data) and name.isascii() and name.isalnum() and at + 8 + _number(data, at + 4) <= len(data)


def _is_track(data: bytes, begin: int, end: int) -> bool:
    """Whether the events from `begin` lead to an end of track at `end`, and to nothing but another chunk there."""
    ends = end <= len(data) and data[end - 3 : end] == bytes((META, END_OF_TRACK, 0)) and _bounds(data, end)
    if not ends:
        return False
    try:
        return _Reader(data, begin, end).read([], []) == end
    except _BrokenOff:
        return False


def _bounds(data: bytes, at: int) -> bool:
    """Whether a chunk may end here."""
    return at == len(data) or data[at : at + 4] == TRACK or _is_chunk(data, at)


def _read_track(data: bytes, begin: int, declared: int, file: MidiFile) -> int:
    """Adds the track whose events begin at `begin`; gives the place where the next chunk begins."""
    believed = declared <= len(data) and _bounds(data, declared)
    after = data.find(TRACK, begin)
    limit = declared if believed else len(data) if after < 0 else after
    number = len(file.tracks) + 1
    events: list[Event] = []
    bad: list[int] = []
    reader = _Reader(data, begin, limit)
    try:
        end = reader.read(events, bad)
        if end is None and not believed:
            raise _BrokenOff("it has no end")
        if end is not None and believed and end < limit:
            file.faults.append(Fault(f"{limit - end} bytes after its end were passed over", number))
        end = limit if end is None or believed else end
    except _BrokenOff as error:
        file.faults.append(Fault(f"breaks off: {error}", number, reader.tick))
        end = limit
    if bad:
        file.faults.append(Fault(f"damaged events, not read: {len(bad)}", number, bad[0]))
    file.tracks.append(events)
    return end


class _Reader:
    """Follows the events of one track."""

    def __init__(self, data: bytes, at: int, limit: int) -> None:
        self.data, self.at, self.limit = data, at, limit
        self.tick = 0

    def byte(self) -> int:
        if self.at >= self.limit:
            raise _BrokenOff("the file ends in the middle of an event")
        self.at += 1
        return self.data[self.at - 1]

    def take(self, count: int) -> bytes:
        if self.at + count > self.limit:
            raise _BrokenOff("the file ends in the middle of an event")
        self.at += count
        return self.data[self.at - count : self.at]

    def variable(self) -> int:
        """A number of up to four bytes."""
        value = 0
        for _ in range(4):
            byte = self.byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise _BrokenOff("a length of more than four bytes")

    def read(self, events: list[Event], bad: list[int]) -> int | None:
        """Takes the events up to the end of the track, and gives its place; none where the limit comes first.

        `bad` gets the ticks of channel messages whose data are out of range. A running status goes on after meta and
        exclusive events, as programs write it.
        """
        status = 0
        while self.at < self.limit:
            self.tick += self.variable()
            byte = self.byte()
            if byte == META:
                kind = self.byte()
                data = self.take(self.variable())
                if kind == END_OF_TRACK:
                    return self.at
                events.append(Event(self.tick, META, data, kind))
            elif byte in (0xF0, 0xF7):
                self.take(self.variable())
            elif byte >= 0xF0:
                self.take(SYSTEM_LENGTHS.get(byte, 0))
            else:
                if byte >= 0x80:
                    status = byte
                elif not status:
                    raise _BrokenOff("data without an event")
                else:
                    self.at -= 1
                data = self.take(LENGTHS[status & 0xF0])
                if max(data) < 0x80:
                    events.append(Event(self.tick, status, data))
                else:
                    bad.append(self.tick)
        return None
