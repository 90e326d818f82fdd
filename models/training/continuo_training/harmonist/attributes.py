"""The attributes of harmony, measured on what is heard and bucketed into levels: the conditions behind the knobs."""

from __future__ import annotations

import numpy as np

from ..attributes import Levels, bucket, mode
from ..vocabulary import N_CHORDS, NO_CHORD, chord_tones, key_scales
from .frames import FrameBatch

FRAMES_PER_WHOLE_NOTE = 16
_TONES = chord_tones()
OUTSIDE = (_TONES[:, None] & ~key_scales()[None]).sum(-1) / np.maximum(_TONES.sum(-1), 1)[:, None]
"""Share of the tones of each chord outside each key, `[145, 24]`; 0 without a chord."""


def chord_rate(chord: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Chord changes per whole note of each sequence `[B]`; NaN where no chord stands."""
    changes = ((chord[1:] != chord[:-1]) & valid[1:] & (chord[1:] != NO_CHORD)).sum(0)
    frames = (valid & (chord != NO_CHORD)).sum(0)
    return np.where(frames > 0, changes * FRAMES_PER_WHOLE_NOTE / np.maximum(frames, 1), np.nan)


def chromaticism(chord: np.ndarray, key: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Mean share of chord tones outside the key of each sequence `[B]`; NaN where either is not known."""
    judged = valid & (chord != NO_CHORD) & (key >= 0)
    outside = np.where(judged, OUTSIDE[np.minimum(chord, N_CHORDS - 1), np.maximum(key, 0)], 0).sum(0)
    return np.where(judged.any(0), outside / np.maximum(judged.sum(0), 1), np.nan)


def measured(batch: FrameBatch) -> dict[str, np.ndarray]:
    """The attributes that are bucketed, of every sequence, `[B]`."""
    frames = batch.frames
    return {
        "chord_rate": chord_rate(frames.chord, batch.valid),
        "chromaticism": chromaticism(frames.chord, frames.key, batch.valid),
    }


def levels_of(batch: FrameBatch, edges: dict[str, list[float]]) -> Levels:
    """The level of every attribute of every sequence."""
    levels = {name: bucket(values, edges[name]) for name, values in measured(batch).items()}
    return levels | {"mode": mode(batch.frames.key, batch.valid)}
