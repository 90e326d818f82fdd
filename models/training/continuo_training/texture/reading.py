"""Reads the textures of a corpus: who accompanies in which piece, bar by bar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..corpus import Piece, piece_from_record, read_corpus
from ..mining.bars import PERIODS, places, units
from ..mining.parts import Scored, accompaniments, scored_from_record
from .bars import Origin, Texture
from .drums import ROW_OF, drum_bars, in_ticks
from .grid import EARLY, METERS, N_SLOTS, SLOTS, snapped
from .hands import READ

SOURCES = {
    "drums": ("bardet", "blasphemer", "game", "gbstudio", "groove", "stickflow"),
    "chords": (
        "bbloomf",
        "blasphemer",
        "chorales",
        "game",
        "gbstudio",
        "lieder",
        "mutopia",
        "openhymnal",
        "pop909",
        "quartets",
    ),
}
"""Which files have drums, and which have Chords and a bass; of files with other names, a user's own, all is read."""
ANY_ROW = -1
CREDITS = {
    "groove": {
        "composer": "Jon Gillick, Adam Roberts, Jesse Engel, Douglas Eck, David Bamman",
        "title": "Groove MIDI Dataset 1.0.0",
        "licence": "CC-BY 4.0",
        "source": "magenta.tensorflow.org/datasets/groove",
    }
}
"""How sources are credited that are one work."""
KNOWN = {source for sources in SOURCES.values() for source in sources}


@dataclass
class Read:
    """A bar as it is on the grid, and the notes that it was read from."""

    texture: Texture
    notes: np.ndarray
    """Tick in the bar, row (`ANY_ROW` where several notes are one stroke), velocity; `[notes, 3]`."""


@dataclass
class PieceTextures:
    """All bars of a piece, those of one part together, and what was passed over."""

    origin: Origin
    bars: list[Read] = field(default_factory=list)
    offered: dict[str, int] = field(default_factory=dict)
    """Notes of each part: of drums all, of hands those in bars that have a chord throughout."""


def read_textures(corpus: Path) -> Iterator[PieceTextures]:
    """The textures of every piece of a corpus."""
    return read_corpus(corpus, piece_textures, parts=True)


def wanted(source: str, part: str) -> bool:
    """Whether a part of a source is read."""
    return source not in KNOWN or source in SOURCES[part]


def piece_textures(source: str, record: dict[str, Any]) -> PieceTextures:
    """The textures of a record of the corpus."""
    drums = in_ticks(record)
    piece = piece_from_record(source, drums)
    credit = CREDITS.get(source, piece.credit)
    origin = Origin(piece.id, source, piece.split, piece.style, piece.licence, piece.tier, credit)
    found = PieceTextures(origin)
    if wanted(source, "drums"):
        _read_drums(found, piece, drums["parts"]["drums"], fills="fill" in (record.get("tags") or []))
    if wanted(source, "chords") and len(piece.chords):
        _read_hands(found, scored_from_record(source, record))
    melody = melody_by_bar(piece)
    last = max((read.texture.number for read in found.bars), default=0)
    for read in found.bars:
        read.texture.onsets = melody.get(read.texture.number - 1)
        read.texture.section_end |= read.texture.number == last > 0
    return found


def _read_drums(found: PieceTextures, piece: Piece, strokes: list[list[float]], *, fills: bool) -> None:
    found.offered["drums"] = len(strokes)
    for bar, notes in drum_bars(piece, strokes, fills=fills):
        rows = [ROW_OF[int(key)] for key in notes[:, 1]]
        found.bars.append(Read(bar, np.column_stack([notes[:, 0], rows, notes[:, 2]])))


def _read_hands(found: PieceTextures, scored: Scored) -> None:
    piece = scored.piece
    bars_of_piece = places(piece)
    numbers = {start: number for number, (_, start) in enumerate(units(piece))}
    for accompaniment in accompaniments(scored):
        for part, bars_of in READ.items():
            notes = getattr(accompaniment, part)
            inside = sum(len(notes[place.inside(notes)]) for place in bars_of_piece)
            found.offered[part] = found.offered.get(part, 0) + inside
            for place, bar, own in bars_of(notes, bars_of_piece, piece):
                bar.number = numbers[place.start]
                ticks = [(note[0] - place.start, ANY_ROW, note[3]) for note in own]
                found.bars.append(Read(bar, np.array(ticks, np.float64)))


def melody_by_bar(piece: Piece) -> dict[int, np.ndarray]:
    """At which slots the melody strikes, by the number of the bar."""
    onsets = piece.melody[:, 0]
    found = {}
    for number, (family, start) in enumerate(units(piece)) if len(onsets) else ():
        meter = METERS.index(family)
        inside = onsets[(onsets >= start - EARLY) & (onsets < start + PERIODS[family] - EARLY)] - start
        struck = np.zeros(N_SLOTS + 1, bool)
        if len(inside):
            struck[np.minimum(snapped(inside, meter).slots, N_SLOTS)] = True
        struck[SLOTS[meter] :] = False
        found[number] = struck[:N_SLOTS]
    return found
