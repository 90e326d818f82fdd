"""The likeliest sequence of chords (Viterbi 1967): what each beat says of its chord, and of whether one begins."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from ..harmonist.frames import REST
from ..vocabulary import NO_CHORD
from .beats import BeatBatch

LIKELIHOOD = 4.0
"""How much the log-chance of a chord weighs in each of its beats; that of a change or of none weighs 1."""
READINESS = 1.0
"""Log-odds for a change: with them chords change as often as people's."""
RARITY = np.array([25, 45, 153, 166, 79, 85, 39, 68, 50, 112, 96, 109]) / 64
"""What a quality gets for being rare: −3/8 of the logarithm of its share among people's chords (logit adjustment, Menon
et al. 2021)."""
SHARE = 0.5
"""How much of what is said of a bar is what is said on average of all bars with its melody."""
NOTES = 2
"""A bar is known by its melody if so many notes begin in it. All of these are those of the plug-in, from `valid`."""


def together(said: dict[str, np.ndarray], batch: BeatBatch, given: np.ndarray) -> dict[str, np.ndarray]:
    """What is `said` of each beat, by head, `SHARE` of it on average in all bars with the same melody.

    Bars of which a chord is `given` `[T, B]` are left alone.
    """
    out = {name: values.copy() for name, values in said.items()}
    for lane in range(given.shape[1]):
        for bars in _alike(batch, given, lane):
            for name, values in said.items():
                mean = np.mean([values[bar, lane] for bar in bars], axis=0)
                for bar in bars:
                    out[name][bar, lane] += SHARE * (mean - values[bar, lane])
    return out


def _alike(batch: BeatBatch, given: np.ndarray, lane: int) -> list[list[slice]]:
    """The bars of a sequence that have the same melody as others."""
    beats, count = batch.beats, int(batch.valid[:, lane].sum())
    firsts = np.flatnonzero(np.diff(beats.number[:count, lane], prepend=-1))
    by_melody: dict[tuple[bytes, bytes], list[slice]] = defaultdict(list)
    for first, end in zip(firsts, [*firsts[1:], count], strict=True):
        bar = slice(first, end)
        notes = beats.notes[bar, lane]
        if ((notes > REST) & (notes <= 12)).sum() >= NOTES and not given[bar, lane].any():
            by_melody[notes.tobytes(), beats.position[bar, lane].tobytes()].append(bar)
    return [bars for bars in by_melody.values() if len(bars) > 1]


def decoded(chord: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Chord classes `[T, B]` from log-chances of chords `[T, B, 145]` and of standing and beginning `[T, B, 2]`.

    "No chord" is never chosen.
    """
    steps, lanes, _ = chord.shape
    lane = np.arange(lanes)
    heard = LIKELIHOOD * (chord.astype(np.float64) + np.append(np.tile(RARITY, 12), 0))
    heard[..., NO_CHORD] = -1e9
    score = heard[0]
    from_where = np.empty(chord.shape, dtype=np.int16)
    from_where[0] = np.arange(chord.shape[2])
    for step in range(1, steps):
        best = score.argmax(-1)
        without = score.copy()
        without[lane, best] = -np.inf
        second = without.argmax(-1)
        # A change goes to another chord: to the best one it comes from the second.
        origin = np.repeat(best[:, None], chord.shape[2], 1)
        origin[lane, best] = second
        begins = np.take_along_axis(score, origin, 1) + change[step, :, 1:] + READINESS
        stands = score + change[step, :, :1]
        from_where[step] = np.where(begins > stands, origin, np.arange(chord.shape[2]))
        score = np.maximum(begins, stands) + heard[step]
    out = np.empty((steps, lanes), dtype=np.int64)
    out[-1] = score.argmax(-1)
    for step in range(steps - 1, 0, -1):
        out[step - 1] = from_where[step, lane, out[step]]
    return out
