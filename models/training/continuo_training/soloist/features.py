"""The feature vector of the soloist, as the contract has it, for whole batches."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..attributes import Levels, nothing
from ..harmonist.features import CHORD_ROWS
from ..networks.step_network import WIDEST
from ..vocabulary import (
    BAR_FRAMES,
    LEVELS,
    METER_BLOCK,
    MODES,
    N_QUALITIES,
    N_STYLES,
    N_TIMES,
    NO_CHORD,
    POSITIONS,
)
from .notes import ABSENT, LOWEST, N_PITCHES, PHRASES, UNTIL_BOUNDS, Notes

LAST_CLASS = 0
CHORD = LAST_CLASS + 12
NEXT_CHORD = CHORD + 24
MEMORIES = NEXT_CHORD + 24
REGULAR = MEMORIES + 24
"""The blocks of pitch classes end here."""
PITCH = REGULAR
INTERVAL = PITCH + N_PITCHES
OVER_ROOT = INTERVAL + 2 * WIDEST + 1
LENGTH = OVER_ROOT + 12
TIME = LENGTH + N_TIMES
METER = TIME + N_TIMES
IN_BEAT = METER + METER_BLOCK
NONE = IN_BEAT + 24
UNTIL = NONE + 2
PHRASE = UNTIL + len(UNTIL_BOUNDS) + 1
STYLE = PHRASE + PHRASES
DENSITY = STYLE + N_STYLES
REGISTER = DENSITY + LEVELS
CHROMATICISM = REGISTER + LEVELS
SYNCOPATION = CHROMATICISM + LEVELS
MODE = SYNCOPATION + LEVELS
FEATURES = MODE + len(MODES)

DECAYS = (0.95, 0.99)
ATTRIBUTES = {
    "density": DENSITY,
    "register": REGISTER,
    "chromaticism": CHROMATICISM,
    "syncopation": SYNCOPATION,
    "mode": MODE,
}
"""The attributes, and where their blocks begin."""


def memories(pitch_class: np.ndarray) -> np.ndarray:
    """Pitch classes of the notes before each note, fast and slow, normalised: `[T, B, 24]` from `[T, B]`."""
    steps, batch = pitch_class.shape
    out = np.zeros((steps, batch, 12 * len(DECAYS)), dtype=np.float32)
    for column, decay in enumerate(DECAYS):
        struck = (pitch_class[..., None] == np.arange(12)).astype(np.float32) * np.float32(1 - decay)
        view = out[:, :, 12 * column : 12 * column + 12]
        for step in range(1, steps):
            view[step] = np.float32(decay) * view[step - 1] + struck[step - 1]
        view /= np.maximum(view.sum(-1, keepdims=True), 1e-6)
    return out


def _delayed(values: np.ndarray) -> np.ndarray:
    """The values of the note before; `ABSENT` for the first."""
    return np.concatenate([np.full_like(values[:1], ABSENT), values[:-1]])


def features(notes: Notes, style: np.ndarray, levels: Levels) -> Tensor:
    """Feature vectors `[T, B, 408]`. Of the first note, the blocks about the note before are empty."""
    pitch = notes.pitch.astype(np.int64)
    last = _delayed(pitch)
    before = _delayed(last)
    last_class = (last + LOWEST) % 12
    last_length, time = _delayed(notes.length.astype(np.int64)), _delayed(notes.time.astype(np.int64))
    over_root = (last_class - notes.chord // N_QUALITIES) % 12

    def present(column: np.ndarray, known: np.ndarray) -> np.ndarray:
        return np.where(known, column, FEATURES)

    heard = last != ABSENT
    columns = [
        present(LAST_CLASS + last_class, heard),
        present(PITCH + last, heard),
        present(INTERVAL + np.clip(last - before, -WIDEST, WIDEST) + WIDEST, before != ABSENT),
        present(OVER_ROOT + over_root, heard & (notes.chord != NO_CHORD)),
        present(LENGTH + last_length, last_length != ABSENT),
        present(TIME + time, time != ABSENT),
        METER + notes.position,
        METER + POSITIONS + notes.bar,
        present(METER + POSITIONS + len(BAR_FRAMES) + 1, notes.compound > 0),
        IN_BEAT + notes.in_beat,
        present(NONE, notes.chord == NO_CHORD),
        present(NONE + 1, notes.next_chord == NO_CHORD),
        UNTIL + notes.until,
        PHRASE + notes.phrase,
        np.broadcast_to(present(STYLE + style, style < N_STYLES), pitch.shape),
    ]
    for name, offset in ATTRIBUTES.items():
        column = present(offset + levels[name], levels[name] != nothing(name))
        columns.append(np.broadcast_to(column, pitch.shape))
    out = torch.zeros(*pitch.shape, FEATURES + 1)
    out.scatter_(2, torch.from_numpy(np.stack(columns, axis=-1).astype(np.int64)), 1.0)
    out[:, :, CHORD:NEXT_CHORD] = CHORD_ROWS[torch.from_numpy(notes.chord.astype(np.int64))]
    out[:, :, NEXT_CHORD:MEMORIES] = CHORD_ROWS[torch.from_numpy(notes.next_chord.astype(np.int64))]
    out[:, :, MEMORIES:REGULAR] = torch.from_numpy(memories((pitch + LOWEST) % 12))
    return out[:, :, :FEATURES]
