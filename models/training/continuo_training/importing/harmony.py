"""Reads chords off the sounding notes, beat by beat."""

from __future__ import annotations

import numpy as np

from .score import Meter, Note, Score, Symbol, bar_length

NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
# Quality, tones above the root, and what it must gain over a plain triad to be believed.
TEMPLATES = (
    ("maj", (0, 4, 7), 0.0),
    ("min", (0, 3, 7), 0.0),
    ("7", (0, 4, 7, 10), 0.1),
    ("min7", (0, 3, 7, 10), 0.14),
    ("maj7", (0, 4, 7, 11), 0.14),
    ("dim", (0, 3, 6), 0.1),
    ("hdim7", (0, 3, 6, 10), 0.16),
    ("dim7", (0, 3, 6, 9), 0.16),
    ("sus4", (0, 5, 7), 0.14),
    ("aug", (0, 4, 8), 0.2),
)
FOREIGN = 1.0
"""What a sounding tone outside the chord costs, per share of the sound."""
MISSING_ROOT, MISSING_THIRD = 0.3, 0.15
ROOT_IN_BASS = 0.15
CHANGE, CHANGE_ON_BAR = 0.35, 0.2
"""What a change of chord costs, within a bar and at its beginning."""


def beats_of(meter: list[Meter], bars: list[int], end: int) -> list[int]:
    """Ticks of the beats, from the first bar to `end`: quarters, or dotted quarters in compound meters."""
    beats: list[int] = []
    for start, limit in zip(bars, [*bars[1:], max(end, bars[-1] + 1)], strict=True):
        _, numerator, denominator = [entry for entry in meter if entry[0] <= start][-1]
        compound = denominator == 8 and numerator % 3 == 0 and numerator > 3
        beats += range(start, limit, bar_length(3, 8) if compound else bar_length(1, 4))
    return beats


def _sounding(notes: list[Note], beats: list[int], end: int) -> tuple[np.ndarray, np.ndarray]:
    """Ticks for which each pitch class sounds in each beat, `[beats, 12]`, and the lowest pitch, 128 in silence."""
    weights, lowest = np.zeros((len(beats), 12)), np.full(len(beats), 128)
    limits = np.array([*beats, max(end, beats[-1] + 1)])
    for onset, duration, pitch in notes:
        first = max(int(np.searchsorted(limits, onset, side="right")) - 1, 0)
        last = min(int(np.searchsorted(limits, onset + duration, side="left")), len(beats))
        for beat in range(first, last):
            shared = min(onset + duration, limits[beat + 1]) - max(onset, limits[beat])
            weights[beat, pitch % 12] += shared
            lowest[beat] = min(lowest[beat], pitch)
    return weights, lowest


def _scores(weights: np.ndarray, lowest: np.ndarray) -> np.ndarray:
    """How well each chord, `12 · template + root`, fits each beat: `[beats, chords]`; 0 in silence."""
    total = weights.sum(1, keepdims=True)
    share = np.sqrt(weights / np.maximum(total, 1))
    share /= np.maximum(share.sum(1, keepdims=True), 1e-9)
    columns = []
    for _, tones, doubt in TEMPLATES:
        for root in range(12):
            inside = share[:, [(root + tone) % 12 for tone in tones]]
            fit = inside.sum(1) - FOREIGN * (1 - inside.sum(1)) - doubt
            fit = fit - MISSING_ROOT * (inside[:, 0] == 0) - MISSING_THIRD * (inside[:, 1] == 0)
            columns.append(fit + ROOT_IN_BASS * ((lowest % 12 == root) & (lowest < 128)))
    return np.where(total > 0, np.stack(columns, axis=1), 0)


def _best_path(scores: np.ndarray, change: np.ndarray) -> np.ndarray:
    """The sequence of chords with the highest score, less `change` for every change into a beat."""
    beats, chords = scores.shape
    best, stays = scores[0].copy(), np.zeros((beats, chords), dtype=bool)
    came_from = np.zeros(beats, dtype=np.int64)
    for beat in range(1, beats):
        came_from[beat] = best.argmax()
        moved = best[came_from[beat]] - change[beat]
        stays[beat] = best >= moved
        best = np.maximum(best, moved) + scores[beat]
    path = np.zeros(beats, dtype=np.int64)
    path[-1] = best.argmax()
    for beat in range(beats - 1, 0, -1):
        path[beat - 1] = path[beat] if stays[beat, path[beat]] else came_from[beat]
    return path


def read_off(score: Score) -> list[Symbol]:
    """Chords read off the notes of all pitched parts; a chord lasts over silent beats, up to the next one.

    The bass is the lowest note of the chord's first beat, if it belongs to the chord.
    """
    notes = [note for part in score.pitched() for note in part.notes]
    beats = beats_of(score.meter, score.bars, score.end())
    weights, lowest = _sounding(notes, beats, score.end())
    change = np.where(np.isin(beats, score.bars), CHANGE_ON_BAR, CHANGE)
    path = _best_path(_scores(weights, lowest), change)
    sounding = np.flatnonzero(weights.sum(1) > 0)
    found = [Symbol(0, -1, "N", -1, "N")] if sounding[0] > 0 else []
    for beat in range(sounding[0], len(beats)):
        if beat > sounding[0] and path[beat] == path[beat - 1]:
            continue
        quality, tones, _ = TEMPLATES[path[beat] // 12]
        root = int(path[beat] % 12)
        bass = int(lowest[beat]) % 12
        in_chord = lowest[beat] < 128 and (bass - root) % 12 in tones
        found.append(Symbol(beats[beat], root, quality, bass if in_chord else root, f"{NAMES[root]}{quality}"))
    return found
