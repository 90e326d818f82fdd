"""Bars of textures as arrays: one bar while it is read, and all of a corpus."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

import numpy as np

from .grid import N_ROWS, N_SLOTS, SLOTS

MOST_VELOCITY = 127


@dataclass
class Texture:
    """What one part strikes in a bar; arrays are `[slots, rows]`, and feel is 0 where nothing is struck."""

    part: int
    meter: int
    hits: np.ndarray
    velocity: np.ndarray
    """MIDI velocity; 0 where it is not known."""
    offset: np.ndarray
    """How late, in sixteenths."""
    length: np.ndarray
    """How long, as a share of the time until the part's next stroke."""
    swing: float = 0.0
    number: int = 0
    """Bars since the beginning of the piece."""
    section_end: bool = False
    changes: np.ndarray | None = None
    """At which slots a chord begins; none where that is not known."""
    onsets: np.ndarray | None = None
    """At which slots the melody of the bar before strikes; none where that is not known."""


def empty(part: int, meter: int) -> Texture:
    """A bar in which nothing is struck."""
    shape = N_SLOTS, N_ROWS
    feel = (np.zeros(shape, kind) for kind in (np.uint8, np.float16, np.float16))
    return Texture(part, meter, np.zeros(shape, bool), *feel)


@dataclass(frozen=True)
class TextureSet:
    """Bars of many pieces, in the order in which they were played; every array begins `[bars]`."""

    hits: np.ndarray
    velocity: np.ndarray
    offset: np.ndarray
    length: np.ndarray
    part: np.ndarray
    meter: np.ndarray
    style: np.ndarray
    swing: np.ndarray
    number: np.ndarray
    section_end: np.ndarray
    changes: np.ndarray
    onsets: np.ndarray
    piece: np.ndarray
    """Which piece a bar is of."""
    source: np.ndarray
    split: np.ndarray

    def __len__(self) -> int:
        return len(self.part)

    def where(self, chosen: np.ndarray) -> TextureSet:
        """Some of the bars, by a mask or by numbers."""
        return TextureSet(**{column.name: getattr(self, column.name)[chosen] for column in fields(self)})

    def before(self) -> np.ndarray:
        """For each bar the number of the one that the same part played before it; −1 for none."""
        index = np.arange(len(self)) - 1
        same = (self.piece[1:] == self.piece[:-1]) & (self.part[1:] == self.part[:-1])
        follows = same & (self.number[1:] == self.number[:-1] + 1) & (self.meter[1:] == self.meter[:-1])
        return np.where(np.append(False, follows), index, -1)


@dataclass(frozen=True)
class Origin:
    """Which piece bars are from."""

    piece: str
    source: str
    split: str
    style: int
    licence: str = ""
    tier: str = ""
    credit: dict[str, str] = field(default_factory=dict)
    """How it wants to be credited, if its licence asks for it: as `Piece.credit`."""


def texture_set(read: Iterable[tuple[Origin, list[Texture]]]) -> TextureSet:
    """The bars of all pieces, those of one part of one piece together."""
    columns: dict[str, list] = {column.name: [] for column in fields(TextureSet)}
    nothing = np.zeros(N_SLOTS, bool)
    for number, (origin, bars) in enumerate(read):
        for bar in bars:
            for name in ("hits", "velocity", "offset", "length", "part", "meter", "swing", "number", "section_end"):
                columns[name].append(getattr(bar, name))
            for name in ("changes", "onsets"):
                known = getattr(bar, name)
                columns[name].append(nothing if known is None else known)
            columns["piece"].append(number)
            for name in ("style", "source", "split"):
                columns[name].append(getattr(origin, name))
    return TextureSet(**{name: np.array(values) for name, values in columns.items()})


def cells(meter: np.ndarray) -> np.ndarray:
    """Which cells `[bars, slots, 1]` the bars of each meter have."""
    return (np.arange(N_SLOTS) < np.array(SLOTS)[meter][:, None])[..., None]
