"""The likeliest sequence of chords (Viterbi 1967): what each beat says of its chord, and of whether one begins."""

from __future__ import annotations

import numpy as np

from ..vocabulary import NO_CHORD

LIKELIHOOD = 3.0
"""How much the log-chance of a chord weighs in each of its beats; that of a change or of none weighs 1."""
READINESS = 1.0
"""Log-odds for a change: with them chords change as often as people's."""
RARITY = np.array([25, 45, 153, 166, 79, 85, 39, 68, 50, 112, 96, 109]) / 64
"""What a quality gets for being rare: −3/8 of the logarithm of its share among people's chords (logit adjustment, Menon
et al. 2021). All three are those of the plug-in, from `valid`."""


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
