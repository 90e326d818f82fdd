"""Two public-domain tunes, typed by hand: what the fixtures are made of."""

from __future__ import annotations

import numpy as np

from .corpus import Piece
from .vocabulary import STYLES, chord_index

Q, E, S = 24, 12, 6
"""Quarter, eighth and sixteenth note, in ticks."""


def _piece(
    title: str,
    style: str,
    meter: tuple[int, int],
    begins: int,
    notes: list[tuple[int | None, int]],
    chords: list[tuple[int, str, int, int]],
    key: int,
) -> Piece:
    """A piece in one `key` (0–23): pitches (none: a rest) and lengths, the first at tick `begins`; successive chords.

    A chord is a root, a quality, a length and the pitch class of its bass.
    """
    melody, tick = [], begins
    for pitch, length in notes:
        if pitch is not None:
            melody.append((tick, length, pitch))
        tick += length
    bar = meter[0] * 96 // meter[1]
    changes, onset = [], 0
    for root, quality, length, bass in chords:
        changes.append((onset, length, chord_index(root, quality), bass))
        onset += length
    return Piece(
        id=title,
        source="typed",
        split="fixture",
        style=STYLES.index(style),
        bars=np.arange(0, tick + bar, bar),
        meter=[(0, *meter)],
        melody=np.array(melody),
        chords=np.array(changes),
        keys=np.array([[0, key]]),
    )


def ode_to_joy() -> Piece:
    """The first eight bars, in D major, 4/4, with a rest in the place of the last half note."""
    first = [(66, Q), (66, Q), (67, Q), (69, Q), (69, Q), (67, Q), (66, Q), (64, Q), (62, Q), (62, Q), (64, Q), (66, Q)]
    notes = [*first, (66, Q + E), (64, E), (64, 2 * Q), *first, (64, Q + E), (62, E), (62, Q), (None, Q)]
    bar = 4 * Q
    chords = [(2, "maj", bar, 2), (9, "7", bar, 9), (2, "maj", bar, 2), (2, "maj", 2 * Q, 2), (9, "maj", 2 * Q, 1)]
    chords += [
        (2, "maj", bar, 2),
        (4, "min7", 2 * Q, 4),
        (9, "7", 2 * Q, 7),
        (11, "min", bar, 11),
        (9, "7", 2 * Q, 9),
        (2, "maj", 2 * Q, 2),
    ]
    return _piece("Ode to Joy", "hymn", (4, 4), 0, notes, chords, 2)


def greensleeves() -> Piece:
    """The first strain, in A minor, 6/8, from its upbeat."""
    d = E + S
    notes = [(69, E), (72, Q), (74, E), (76, d), (77, S), (76, E), (74, Q), (71, E), (67, d), (69, S), (71, E)]
    notes += [(72, Q), (69, E), (69, d), (68, S), (69, E), (71, Q), (68, E), (64, Q)]
    bar = 6 * E
    chords = [(-1, "N", 5 * E, -1), (9, "min", E + bar, 9), (7, "maj", bar, 11), (9, "min", bar, 9), (4, "7", bar, 4)]
    return _piece("Greensleeves", "folk", (6, 8), 5 * E, notes, chords, 12 + 9)
