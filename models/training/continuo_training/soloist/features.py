"""The feature vector of the soloist, as the contract has it, for whole batches."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..vocabulary import (
    BAR_FRAMES,
    CHORD_BLOCK,
    METER_BLOCK,
    N_QUALITIES,
    N_STYLES,
    N_TIMES,
    NO_CHORD,
    POSITIONS,
)
from .notes import ABSENT, LOWEST, N_PITCHES, PHRASES, UNTIL_BOUNDS, Notes

PITCH = 0
PITCH_CLASS = PITCH + N_PITCHES
OVER_ROOT = PITCH_CLASS + 12
LENGTH = OVER_ROOT + 12
TIME = LENGTH + N_TIMES
METER = TIME + N_TIMES
IN_BEAT = METER + METER_BLOCK
CHORD = IN_BEAT + 24
NEXT_CHORD = CHORD + CHORD_BLOCK
UNTIL = NEXT_CHORD + CHORD_BLOCK
MEMORY = UNTIL + len(UNTIL_BOUNDS) + 1
PHRASE = MEMORY + 12
STYLE = PHRASE + PHRASES
FEATURES = STYLE + N_STYLES

DECAY = 0.95


def memory(pitch_class: np.ndarray) -> np.ndarray:
    """Pitch classes of the notes before each note, normalised: `[T, B, 12]` from `[T, B]`."""
    steps, batch = pitch_class.shape
    struck = (pitch_class[..., None] == np.arange(12)).astype(np.float32) * np.float32(1 - DECAY)
    out = np.zeros((steps, batch, 12), dtype=np.float32)
    for step in range(1, steps):
        out[step] = np.float32(DECAY) * out[step - 1] + struck[step - 1]
    return out / np.maximum(out.sum(-1, keepdims=True), 1e-6)


def chord_columns(chord: np.ndarray, offset: int) -> list[np.ndarray]:
    """The feature columns that are set for each chord class in the chord block at `offset`."""
    none = chord == NO_CHORD
    root = np.where(none, offset + 12 + N_QUALITIES, offset + chord // N_QUALITIES)
    quality = np.where(none, offset + 12 + N_QUALITIES, offset + 12 + chord % N_QUALITIES)
    return [root, quality]


def _delayed(values: np.ndarray) -> np.ndarray:
    """The values of the note before; `ABSENT` for the first."""
    return np.concatenate([np.full_like(values[:1], ABSENT), values[:-1]])


def features(notes: Notes, style: np.ndarray) -> Tensor:
    """Feature vectors `[T, B, 325]`. Of the first note, the blocks about the note before are empty."""
    pitch = notes.pitch.astype(np.int64)
    last = _delayed(pitch)
    last_class = (last + LOWEST) % 12
    last_length, time = _delayed(notes.length.astype(np.int64)), _delayed(notes.time.astype(np.int64))
    over_root = (last_class - notes.chord // N_QUALITIES) % 12

    def present(values: np.ndarray, offset: int, known: np.ndarray) -> np.ndarray:
        return np.where(known, offset + values, FEATURES)

    heard = last != ABSENT
    columns = [
        present(last, PITCH, heard),
        present(last_class, PITCH_CLASS, heard),
        present(over_root, OVER_ROOT, heard & (notes.chord != NO_CHORD)),
        present(last_length, LENGTH, last_length != ABSENT),
        present(time, TIME, time != ABSENT),
        METER + notes.position,
        METER + POSITIONS + notes.bar,
        np.where(notes.compound > 0, METER + POSITIONS + len(BAR_FRAMES) + 1, FEATURES),
        IN_BEAT + notes.in_beat,
        *chord_columns(notes.chord, CHORD),
        *chord_columns(notes.next_chord, NEXT_CHORD),
        UNTIL + notes.until,
        PHRASE + notes.phrase,
        np.broadcast_to(STYLE + style, pitch.shape),
    ]
    out = torch.zeros(*pitch.shape, FEATURES + 1)
    out.scatter_(2, torch.from_numpy(np.stack(columns, axis=-1).astype(np.int64)), 1.0)
    out[:, :, MEMORY : MEMORY + 12] = torch.from_numpy(memory((pitch + LOWEST) % 12))
    return out[:, :, :FEATURES]
