"""What a reader finds in one file: the parts and the frame of bars that they stand in, in ticks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..vocabulary import TICKS_PER_QUARTER

WHOLE = 4 * TICKS_PER_QUARTER
"""Length of a whole note, in ticks."""

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


@dataclass(frozen=True)
class Symbol:
    """A chord symbol: it holds until the next one."""

    tick: int
    root: int
    """Pitch class; −1: no chord."""
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

    def pitched(self) -> list[Part]:
        """The parts that have notes and are no drums."""
        return [part for part in self.parts if part.notes and not part.drums]

    def end(self) -> int:
        """Tick at which the last note ends."""
        return max((onset + duration for part in self.parts for onset, duration, _ in part.notes), default=0)


def bar_length(numerator: int, denominator: int) -> int:
    """Length of a bar in ticks."""
    return WHOLE * numerator // denominator


def bars_of(meter: list[Meter], end: int) -> list[int]:
    """Barlines from tick 0 to `end`; a change of meter begins a bar."""
    limits = [tick for tick, _, _ in meter[1:]] + [end]
    bars: list[int] = []
    for (tick, numerator, denominator), limit in zip(meter, limits, strict=True):
        bars += range(tick, max(limit, tick), max(bar_length(numerator, denominator), 1))
    return bars or [0]


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
