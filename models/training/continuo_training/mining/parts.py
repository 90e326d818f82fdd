"""Which notes of a piece accompany, and which are its bass."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..corpus import REPOSITORIES, Piece, piece_from_record

SOURCES = {
    "pop": ("pop909",),
    "folk": ("bbloomf", "mutopia"),
    "classical": ("mutopia", "quartets"),
    "baroque": ("mutopia",),
    "romantic": ("lieder", "mutopia"),
    "hymn": ("openhymnal", "chorales", "mutopia"),
    "game": ("game",),
}
"""The sources of each style that has parts. The others have none to speak of, and keep what was written for them."""

LOWER_STAFF = re.compile(r"down|lower|lh|left|bass|two|2|v1|pianodown|priup|lowerstaff")
"""Names of the lower staff of a keyboard part."""
BASS_PROGRAMS = range(32, 40)
"""Programs of basses in General MIDI, counted from 0."""
BANDS = ("game", "gbstudio", "blasphemer")
"""The sources in which a bass is named by its program, and every other part may accompany. So it is in files of a user,
where it may also be called a bass."""
LOWEST_LEAD = 80
"""Mean key above which a part of a game is no accompaniment."""
MOST_OF_BASS = 52
"""The highest key that is taken for a bass in a part of several voices."""


Note = tuple[int, int, int, int]
"""Onset, duration, key, and velocity, 0 where it is not known."""


@dataclass(frozen=True)
class Accompaniment:
    """What one part of a piece plays under its melody."""

    piece: Piece
    chords: list[Note]
    """The notes of the accompaniment, by onset."""
    bass: list[Note]
    """The notes of the bass, by onset."""
    credit: str = ""
    """How the piece wants to be credited, if its licence asks for it."""


@dataclass(frozen=True)
class Scored:
    """A piece together with its parts as they stand in the corpus."""

    piece: Piece
    parts: dict[str, list[Note]]


def scored_from_record(source: str, record: dict[str, Any]) -> Scored:
    """The piece in a record of the corpus, with its parts."""
    parts = {name: notes_of(notes) for name, notes in (record.get("parts") or {}).items() if notes}
    return Scored(piece_from_record(source, record), parts)


def notes_of(notes: list[list[int]]) -> list[Note]:
    """The notes of a part, by onset and key."""
    return in_order((note[0], note[1], note[2], note[3] if len(note) > 3 else 0) for note in notes)


def in_order(notes: Iterable[Note]) -> list[Note]:
    """The notes by onset and key."""
    return sorted(notes, key=lambda note: (note[0], note[2]))


def accompaniments(scored: Scored) -> Iterator[Accompaniment]:
    """What accompanies in the piece."""
    piece, parts = scored.piece, scored.parts
    credit = ""
    if piece.credit:
        credit = ", ".join(piece.credit[key] for key in ("composer", "title", "licence", "source"))
    if piece.source in BANDS or piece.source not in REPOSITORIES:
        for name, notes in parts.items():
            if _is_bass(name):
                yield Accompaniment(piece, [], notes, credit)
            elif name != "drums" and sum(note[2] for note in notes) < LOWEST_LEAD * len(notes):
                yield Accompaniment(piece, _without_melody(notes, piece), [], credit)
        return
    chords, bass = _chosen(piece.source, parts)
    if chords:
        yield Accompaniment(piece, _without_melody(chords, piece), bass, credit)


def _is_bass(name: str) -> bool:
    program = re.search(r"(?:p|:)(\d+)(?:#\d+)?$", name)
    return "bass" in name.lower() if program is None else int(program[1]) in BASS_PROGRAMS


def _chosen(source: str, parts: dict[str, list[Note]]) -> tuple[list[Note], list[Note]]:
    """The accompaniment and the bass of a piece from `source`."""
    if source == "pop909":
        return parts["PIANO"], lowest(parts["PIANO"])
    if source == "lieder":
        piano = together(notes for name, notes in parts.items() if name.startswith("piano"))
        return piano, lowest(piano)
    if source == "quartets":
        return together(parts[name] for name in ("violin2", "viola", "cello")), parts["cello"]
    if "bass" in parts and "tenor" in parts:
        return together(parts[name] for name in ("alto", "tenor", "bass") if name in parts), parts["bass"]
    staves = [notes for name, notes in parts.items() if LOWER_STAFF.search(name)]
    if len(parts) < 2 or not staves:
        return [], []
    staff = together(staves)
    return staff, lowest(staff)


def together(parts: Iterable[list[Note]]) -> list[Note]:
    """The notes of several parts, by onset and key."""
    return in_order(note for notes in parts for note in notes)


def lowest(notes: list[Note]) -> list[Note]:
    """The low notes under which nothing sounds."""
    chosen: list[Note] = []
    sounding: list[tuple[int, int]] = []
    for note in notes:
        onset, duration, key, _ = note
        sounding = [(end, low) for end, low in sounding if end > onset]
        same = chosen and chosen[-1][0] == onset
        if key <= MOST_OF_BASS and not same and all(low >= key for _, low in sounding):
            chosen.append(note)
        sounding.append((onset + duration, key))
    return chosen


def _without_melody(notes: list[Note], piece: Piece) -> list[Note]:
    """The notes that do not double the melody."""
    melody = {(onset, key) for onset, _, key in piece.melody.tolist()}
    return [note for note in notes if (note[0], note[2]) not in melody]
