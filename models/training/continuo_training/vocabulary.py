"""The shared vocabulary of the contract `continuo-3` (docs/models.md): chords, styles, meters, time classes."""

from __future__ import annotations

import numpy as np

CONTRACT = "continuo-3"
TICKS_PER_QUARTER = 24
FRAME = 6
"""Length of a frame, in ticks."""

QUALITIES = ("maj", "min", "dim", "aug", "sus4", "6", "7", "maj7", "min7", "min6", "hdim7", "dim7")
QUALITY_TONES = (
    (0, 4, 7),
    (0, 3, 7),
    (0, 3, 6),
    (0, 4, 8),
    (0, 5, 7),
    (0, 4, 7, 9),
    (0, 4, 7, 10),
    (0, 4, 7, 11),
    (0, 3, 7, 10),
    (0, 3, 7, 9),
    (0, 3, 6, 10),
    (0, 3, 6, 9),
)
N_QUALITIES = len(QUALITIES)
NO_CHORD = 12 * N_QUALITIES
N_CHORDS = NO_CHORD + 1

STYLES = (
    "jazz",
    "pop",
    "folk",
    "classical",
    "baroque",
    "romantic",
    "hymn",
    "game",
    "latin",
    "blues",
    "electronic",
)
N_STYLES = len(STYLES)
UNKNOWN_STYLE = N_STYLES
"""Index that stands for the all-zero style vector."""

LEVELS = 5
"""Levels of an attribute, lowest first."""
FREE = LEVELS
"""Level that stands for "free": an all-zero block."""
MODES = ("major", "minor")

POSITIONS = 24
BAR_FRAMES = (8, 12, 16, 18, 24)
METER_BLOCK = POSITIONS + len(BAR_FRAMES) + 1 + 1

TIME_CLASSES = np.array(
    [*range(1, 25), 28, 30, 32, 36, 40, 42, 48, 54, 60, 64, 66, 72, 80, 84, 90, 96, 108, 120, 132, 144, 168, 192],
    dtype=np.int64,
)
N_TIMES = len(TIME_CLASSES)

# What the corpus writes, in the contract's terms. A missing third or an altered tone goes to the nearest quality.
QUALITY_MAP = {quality: quality for quality in QUALITIES} | {
    "5": "maj",
    "sus2": "sus4",
    "minmaj7": "min",
    "aug7": "7",
    "7b5": "7",
    "7sus4": "sus4",
    "majb5": "maj",
    "augmaj7": "maj7",
}

STYLE_MAP = {
    "jazz": "jazz",
    "ragtime": "jazz",
    "pop": "pop",
    "pop-rock": "pop",
    "pop-tpa": "pop",
    "folk": "folk",
    "folk-song": "folk",
    "country": "folk",
    "classical": "classical",
    "march": "classical",
    "baroque": "baroque",
    "romantic": "romantic",
    "artsong": "romantic",
    "hymn": "hymn",
    "chorale": "hymn",
    "game": "game",
    "latin": "latin",
    "blues": "blues",
    "electronic": "electronic",
    "electronic-pop": "electronic",
}

_NEAREST = np.array(
    [0] + [int(np.argmin(np.abs(TIME_CLASSES - ticks))) for ticks in range(1, int(TIME_CLASSES[-1]) + 1)]
)


def time_class(ticks: np.ndarray | int) -> np.ndarray:
    """Nearest time class of a duration in ticks; the smaller of two equally near ones, at most 192 ticks."""
    return _NEAREST[np.clip(ticks, 1, int(TIME_CLASSES[-1]))]


def chord_index(root: int, quality: str) -> int:
    """Chord class `root · 12 + quality` of the corpus spelling; `NO_CHORD` for a root of −1."""
    if root < 0:
        return NO_CHORD
    return root * N_QUALITIES + QUALITIES.index(QUALITY_MAP[quality])


def chord_tones() -> np.ndarray:
    """Pitch classes of every chord class, bool `[145, 12]`; the last row is empty."""
    tones = np.zeros((N_CHORDS, 12), dtype=bool)
    for root in range(12):
        for quality, intervals in enumerate(QUALITY_TONES):
            tones[root * N_QUALITIES + quality, [(root + i) % 12 for i in intervals]] = True
    return tones


def chord_roots() -> np.ndarray:
    """Root of every chord class, bool `[145, 12]`; the last row is empty."""
    roots = np.zeros((N_CHORDS, 12), dtype=bool)
    roots[np.arange(NO_CHORD), np.arange(NO_CHORD) // N_QUALITIES] = True
    return roots


def key_scales() -> np.ndarray:
    """Pitch classes of every key, bool `[24, 12]`: 0–11 major, 12–23 minor with both sixths and sevenths."""
    major, minor = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 9, 10, 11)
    scales = np.zeros((24, 12), dtype=bool)
    for tonic in range(12):
        scales[tonic, [(tonic + step) % 12 for step in major]] = True
        scales[12 + tonic, [(tonic + step) % 12 for step in minor]] = True
    return scales


def transpose_key(key: np.ndarray, semitones: np.ndarray | int) -> np.ndarray:
    """Keys 0–23 moved by `semitones`."""
    return key // 12 * 12 + (key + semitones) % 12


def transpose_chord(chord: np.ndarray, semitones: np.ndarray | int) -> np.ndarray:
    """Chord classes moved by `semitones`; no chord stays no chord."""
    root = (chord // N_QUALITIES + semitones) % 12
    return np.where(chord == NO_CHORD, NO_CHORD, root * N_QUALITIES + chord % N_QUALITIES)


def bar_class(frames: np.ndarray) -> np.ndarray:
    """Index of a bar length in frames in `BAR_FRAMES`, or the last index ("other")."""
    matches = np.asarray(frames)[..., None] == np.array(BAR_FRAMES)
    return np.where(matches.any(-1), matches.argmax(-1), len(BAR_FRAMES))
