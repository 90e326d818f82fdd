"""Finds the melody: the part that carries it, and the top voice of that part."""

from __future__ import annotations

import re

from .score import Note, Part, Score, UnreadableError

NAMES = tuple(re.compile(name, re.IGNORECASE) for name in (r"melod", r"\blead", r"\bvo(ice|cal|x)", r"sopran|\bcant"))
"""What a part that carries the melody is called, the surest name first."""

FEWEST_NOTES = 8
"""A shorter melody says nothing."""
MONOPHONIC = 0.8
"""Share of notes that sound alone in a part that is taken for a single voice."""
BUSY = 0.25
"""Share of the notes of the busiest part that a melody has at least."""


def _low_inside(note: Note, sounding: Note) -> bool:
    """Whether a note that begins under a sounding one is accompaniment, and not the next note of a legato line."""
    overlap = sounding[0] + sounding[1] - note[0]
    return note[2] < sounding[2] and 2 * overlap >= note[1]


def top_voice(notes: list[Note]) -> list[Note]:
    """The highest voice of `notes` (ascending): one note at a time."""
    line: list[Note] = []
    for note in sorted(notes, key=lambda note: (note[0], -note[2])):
        if line:
            onset, duration, pitch = line[-1]
            if note[0] == onset or _low_inside(note, line[-1]):
                continue
            line[-1] = (onset, min(duration, note[0] - onset), pitch)
        line.append(note)
    return line


def monophony(notes: list[Note]) -> float:
    """Share of the notes that the top voice keeps."""
    return len(top_voice(notes)) / len(notes)


def _pitch(part: Part) -> float:
    return sum(pitch for _, _, pitch in part.notes) / len(part.notes)


def melody_part(score: Score) -> Part:
    """The part that carries the melody: by its name, its words, its place in the score or its register.

    Raises:
        UnreadableError: no part has enough notes.

    """
    parts = [part for part in score.pitched() if len(part.notes) >= FEWEST_NOTES]
    if not parts:
        raise UnreadableError(f"no part has {FEWEST_NOTES} notes or more")
    for name in NAMES:
        named = [part for part in parts if name.search(part.name)]
        if named:
            return max(named, key=lambda part: len(part.notes))
    sung = [part for part in parts if part.sung]
    if sung or score.in_score_order:
        return (sung or parts)[0]
    busiest = max(len(part.notes) for part in parts)
    single = [part for part in parts if monophony(part.notes) >= MONOPHONIC and len(part.notes) >= BUSY * busiest]
    return max(single or parts, key=_pitch)
