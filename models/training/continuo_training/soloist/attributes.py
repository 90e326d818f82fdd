"""The attributes of a melody, measured on what is heard and bucketed into levels: the conditions behind the knobs."""

from __future__ import annotations

import numpy as np

from ..attributes import Levels, bucket, mode
from ..vocabulary import TICKS_PER_QUARTER, TIME_CLASSES, key_scales
from .notes import ABSENT, LOWEST, NoteBatch


def measured(batch: NoteBatch) -> dict[str, np.ndarray]:
    """The attributes that are bucketed, of every sequence, `[B]`; NaN where one is not known.

    `density`: notes per quarter note; `register`: mean pitch, as an index; `chromaticism`: share of notes outside the
    key; `syncopation`: share of notes that begin off the beat and sound over the next beat.
    """
    notes, valid = batch.notes, batch.valid
    count = np.maximum(valid.sum(0), 1)
    timed = valid & (notes.time != ABSENT)
    quarters = np.where(timed, TIME_CLASSES[np.maximum(notes.time, 0)], 0).sum(0) / TICKS_PER_QUARTER
    told = valid & (notes.key >= 0)
    inside = key_scales()[np.maximum(notes.key, 0), (notes.pitch + LOWEST) % 12]
    with np.errstate(invalid="ignore"):
        return {
            "density": np.where(timed.any(0), timed.sum(0) / np.maximum(quarters, 1e-6), np.nan),
            "register": np.where(valid, notes.pitch, 0).sum(0) / count,
            "chromaticism": np.where(told.any(0), (told & ~inside).sum(0) / np.maximum(told.sum(0), 1), np.nan),
            "syncopation": (valid & (notes.syncopated > 0)).sum(0) / count,
        }


def levels_of(batch: NoteBatch, edges: dict[str, list[float]]) -> Levels:
    """The level of every attribute of every sequence."""
    levels = {name: bucket(values, edges[name]) for name, values in measured(batch).items()}
    return levels | {"mode": mode(batch.notes.key, batch.valid)}
