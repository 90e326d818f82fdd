"""What a reader finds in one file: the parts and the frame of bars that they stand in, in ticks."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from ..vocabulary import FRAME, TICKS_PER_QUARTER

WHOLE = 4 * TICKS_PER_QUARTER
"""Length of a whole note, in ticks."""

NO_CHORD = -1
"""Root and bass where there is no chord."""
LARGEST_METER = 64
"""Of numerator and denominator."""
LONGEST = 1 << 20
"""Ticks that a piece lasts at most: ten thousand bars, or six hours."""

Note = tuple[int, int, int]
"""Onset and duration in ticks, MIDI pitch."""
Meter = tuple[int, int, int]
"""Tick, numerator, denominator."""


class UnreadableError(ValueError):
    """A file, or a tune of it, gives no piece; the message says why."""


@dataclass
class Part:
    """One voice, staff or track."""

    name: str
    notes: list[Note]
    """Ascending; chords are notes with one onset."""
    drums: bool = False
    sung: bool = False
    """Whether it has words."""
    velocity: dict[tuple[int, int], int] = field(default_factory=dict)
    """How loud the notes are, by onset and pitch, where the file tells."""

    def played(self) -> list[tuple[int, ...]]:
        """The notes as the corpus has them, with their velocities where those are known."""
        if not self.velocity:
            return list(self.notes)
        return [(*note, self.velocity.get((note[0], note[2]), 0)) for note in self.notes]


@dataclass(frozen=True)
class Symbol:
    """A chord symbol: it holds until the next one."""

    tick: int
    root: int
    """Pitch class, or `NO_CHORD`."""
    quality: str
    """One of the corpus' qualities."""
    bass: int
    as_written: str


@dataclass
class Score:
    """The content of one file, before melody and chords have been told apart."""

    title: str
    parts: list[Part]
    meter: list[Meter]
    """Ascending, the first at tick 0."""
    bars: list[int]
    """Ticks of the barlines, the first 0; an upbeat stands at the end of a whole first bar."""
    composer: str = ""
    keys: list[tuple[int, int, str]] = field(default_factory=list)
    """Written keys: tick, tonic, "maj" or "min"."""
    tempo: float | None = None
    """Quarter notes per minute."""
    symbols: list[Symbol] = field(default_factory=list)
    in_score_order: bool = False
    """Whether the first part is the top one, as in a printed score."""
    shift: int = 0
    """By how many ticks an upbeat was moved, so that its bar is whole."""
    remarks: list[str] = field(default_factory=list)
    """What was in the file and was not read, or not as it is written."""
    not_understood: Counter[str] = field(default_factory=Counter)
    """Chord symbols that say nothing to us: no chord stands in their place."""

    def pitched(self) -> list[Part]:
        """The parts that have notes and are no drums."""
        return [part for part in self.parts if part.notes and not part.drums]

    def end(self) -> int:
        """Tick at which the last note ends."""
        return max((onset + duration for part in self.parts for onset, duration, _ in part.notes), default=0)

    def lay_bars(self, limits: list[int], meter: list[Meter]) -> None:
        """Takes the barlines as they are written, the end among them; the piece ends with its last note."""
        shift, bars = whole_bars(limits, meter)
        self.move(shift)
        end = self.end()
        self.bars = [bar for bar in bars if bar < end] or [0]

    def move(self, ticks: int) -> None:
        """Moves everything but what stands at the very beginning, so that an upbeat ends a whole bar."""
        self.shift += ticks
        for part in self.parts:
            part.notes = [(onset + ticks, duration, pitch) for onset, duration, pitch in part.notes]
            part.velocity = {(onset + ticks, pitch): loud for (onset, pitch), loud in part.velocity.items()}
        self.symbols = [replace(symbol, tick=symbol.tick + ticks) for symbol in self.symbols]
        self.meter = [(tick + ticks if tick else 0, *rest) for tick, *rest in self.meter]
        self.keys = [(tick + ticks if tick else 0, *rest) for tick, *rest in self.keys]


def is_meter(numerator: int, denominator: int) -> bool:
    """Whether it is a meter of music: numbers up to 64, the lower one a power of two, a bar no shorter than a frame."""
    powers = denominator > 0 and denominator & (denominator - 1) == 0
    fits = 1 <= numerator <= LARGEST_METER and denominator <= LARGEST_METER
    return powers and fits and WHOLE * numerator >= FRAME * denominator


def bar_length(numerator: int, denominator: int) -> int:
    """Length of a bar in ticks."""
    return WHOLE * numerator // denominator


def bars_of(meter: list[Meter], end: int) -> list[int]:
    """Barlines from tick 0 to `end`; a change of meter begins a bar.

    Raises:
        UnreadableError: a piece is never that long.

    """
    bounded(end)
    limits = [tick for tick, _, _ in meter[1:]] + [end]
    bars: list[int] = []
    for (tick, numerator, denominator), limit in zip(meter, limits, strict=True):
        bars += range(tick, min(limit, end), bar_length(numerator, denominator))
    return bars or [0]


def bounded(end: int) -> int:
    """The end of a piece, if it may be one.

    Raises:
        UnreadableError: a piece is never that long.

    """
    if end > LONGEST:
        raise UnreadableError(f"its last note ends {end // TICKS_PER_QUARTER} quarter notes after the beginning")
    return end


def whole_bars(limits: list[int], meter: list[Meter]) -> tuple[int, list[int]]:
    """By how much an upbeat is to be moved so that its bar is whole, and the barlines after that.

    `limits`: ticks of the barlines and of the end. Two short bars that make a whole one together are one bar that a
    repeat sign has cut.
    """

    def nominal(tick: int) -> int | None:
        index = bisect_right(meter, tick, key=lambda entry: entry[0])
        return bar_length(*meter[index - 1][1:]) if index else None

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


def class_weights(parts: list[Part]) -> np.ndarray:
    """For how many ticks each pitch class sounds, `[12]`."""
    weights = np.zeros(12)
    for part in parts:
        for _, duration, pitch in part.notes:
            weights[pitch % 12] += duration
    return weights


def unique_names(parts: list[Part]) -> None:
    """Numbers the parts whose names are taken already."""
    seen: dict[str, int] = {}
    for part in parts:
        seen[part.name] = seen.get(part.name, 0) + 1
        if seen[part.name] > 1:
            part.name = f"{part.name} {seen[part.name]}"
