"""The feature vector of the harmonist, as the contract has it, for whole batches."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..vocabulary import BAR_FRAMES, CHORD_BLOCK, METER_BLOCK, N_QUALITIES, N_STYLES, NO_CHORD, POSITIONS
from .frames import HIDDEN, REST, Frames

NOTE = 0
FAST = NOTE + 26
SLOW = FAST + 12
CHORD = SLOW + 12
AGE = CHORD + CHORD_BLOCK
PREVIOUS = AGE + 8
METER = PREVIOUS + 26
IN_BEAT = METER + METER_BLOCK
STYLE = IN_BEAT + 6
FEATURES = STYLE + N_STYLES

DECAYS = (0.94, 0.99)
AGE_CLASS = np.array([0, 0, 1, 2, 2, *[3] * 4, *[4] * 8, *[5] * 16, *[6] * 32, 7])
"""Class of the number of frames for which a chord has stood; before the first frame counts as 1."""
OLD = len(AGE_CLASS) - 1


def memories(notes: np.ndarray) -> np.ndarray:
    """Pitch-class memories before each frame, fast and slow, normalised: `[T, B, 24]` from tokens `[T, B]`."""
    steps, batch = notes.shape
    sounding = (notes != REST) & (notes != HIDDEN)
    struck = np.zeros((steps, batch, 12), dtype=np.float32)
    np.put_along_axis(struck, ((notes - 1) % 12)[..., None], sounding[..., None].astype(np.float32), axis=2)
    out = np.empty((steps, batch, 24), dtype=np.float32)
    for column, decay in enumerate(DECAYS):
        memory = np.zeros((batch, 12), dtype=np.float32)
        keep = np.where(sounding, decay, 1.0).astype(np.float32)[..., None]
        added = struck * np.float32(1 - decay)
        view = out[:, :, 12 * column : 12 * column + 12]
        for step in range(steps):
            view[step] = memory
            memory = keep[step] * memory + added[step]
        view /= np.maximum(view.sum(-1, keepdims=True), 1e-6)
    return out


def ages(history: np.ndarray) -> np.ndarray:
    """Number of frames for which `history[t]` has stood up to and with frame t, `[T, B]`."""
    steps = np.arange(len(history))[:, None]
    changed = np.ones_like(history, dtype=bool)
    changed[1:] = history[1:] != history[:-1]
    return steps - np.maximum.accumulate(np.where(changed, steps, 0), axis=0) + 1


def previous(history: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chord of the frame before each frame and its age class, `[T, B]` each; no chord before the first."""
    before = np.concatenate([np.full_like(history[:1], NO_CHORD), history[:-1]])
    age = np.concatenate([np.zeros_like(history[:1]), ages(history)[:-1]])
    return before, AGE_CLASS[np.minimum(age, OLD)]


def features(
    frames: Frames, style: np.ndarray, notes: np.ndarray, chord: np.ndarray | None, age: np.ndarray | None
) -> Tensor:
    """Feature vectors `[T, B, 157]`.

    `notes` are the tokens as fed (hidden ones are 25); `chord` and `age` come from `previous`. Without them those
    blocks stay empty.
    """
    steps, batch = notes.shape
    before = np.concatenate([np.zeros_like(notes[:1]), notes[:-1]])
    columns = [
        NOTE + notes,
        PREVIOUS + before,
        METER + frames.position,
        METER + POSITIONS + frames.bar,
        np.where(frames.compound > 0, METER + POSITIONS + len(BAR_FRAMES) + 1, FEATURES),
        IN_BEAT + frames.in_beat,
        np.broadcast_to(STYLE + style, notes.shape),
    ]
    if chord is not None and age is not None:
        columns += [*chord_columns(chord), AGE + age]
    out = torch.zeros(steps, batch, FEATURES + 1)
    out.scatter_(2, torch.from_numpy(np.stack(columns, axis=-1).astype(np.int64)), 1.0)
    out[:, :, FAST : FAST + 24] = torch.from_numpy(memories(notes))
    return out[:, :, :FEATURES]


def chord_columns(chord: np.ndarray) -> list[np.ndarray]:
    """The feature columns that are set for each chord class: root and quality, or "no chord"."""
    none = chord == NO_CHORD
    root = np.where(none, CHORD + 12 + N_QUALITIES, CHORD + chord // N_QUALITIES)
    quality = np.where(none, CHORD + 12 + N_QUALITIES, CHORD + 12 + chord % N_QUALITIES)
    return [root, quality]


def hide_note(rows: Tensor) -> Tensor:
    """Feature rows `[K, 157]` with this frame's note hidden."""
    rows = rows.clone()
    rows[:, NOTE : NOTE + 26] = 0
    rows[:, NOTE + HIDDEN] = 1
    return rows


def hide_previous(rows: Tensor, rows_before: Tensor) -> Tensor:
    """Feature rows `[K, 157]` as they are when the frame before was hidden too; `rows_before` are that frame's."""
    rows = rows.clone()
    rows[:, PREVIOUS : PREVIOUS + 26] = 0
    rows[:, PREVIOUS + HIDDEN] = 1
    rows[:, FAST : FAST + 24] = rows_before[:, FAST : FAST + 24]
    return rows
