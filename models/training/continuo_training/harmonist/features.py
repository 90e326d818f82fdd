"""The feature vector of the harmonist, as the contract has it, for whole batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..attributes import Levels, nothing
from ..vocabulary import (
    BAR_FRAMES,
    LEVELS,
    METER_BLOCK,
    MODES,
    N_STYLES,
    NO_CHORD,
    POSITIONS,
    chord_roots,
    chord_tones,
)
from .frames import HIDDEN, REST, Frames

ONSET = 0
HELD = ONSET + 12
ONSET_BEFORE = HELD + 12
HELD_BEFORE = ONSET_BEFORE + 12
MEMORIES = HELD_BEFORE + 12
CHORD = MEMORIES + 36
BASS = CHORD + 24
REGULAR = BASS + 12
"""The blocks of pitch classes end here."""
SILENT = REGULAR
SILENT_BEFORE = SILENT + 2
NONE = SILENT_BEFORE + 2
AGE = NONE + 1
METER = AGE + 8
IN_BEAT = METER + METER_BLOCK
STYLE = IN_BEAT + 6
CHORD_RATE = STYLE + N_STYLES
CHROMATICISM = CHORD_RATE + LEVELS
MODE = CHROMATICISM + LEVELS
HISTORY = MODE + len(MODES)
FEATURES = HISTORY + 1

DECAYS = (0.94, 0.99, 0.998)
AGE_CLASS = np.array([0, 0, 1, 2, 2, *[3] * 4, *[4] * 8, *[5] * 16, *[6] * 32, 7])
"""Class of the number of frames for which a chord has stood; before the first frame counts as 1."""
OLD = len(AGE_CLASS) - 1
CHORD_ROWS = torch.from_numpy(np.concatenate([chord_roots(), chord_tones()], 1).astype(np.float32))
"""The chord block of every chord class, `[145, 24]`."""

ATTRIBUTES = ("chord_rate", "chromaticism", "mode")


@dataclass
class History:
    """What the band has played, frame by frame: chord class and bass `[T, B]`; `given` `[B]`: whether it is told."""

    chord: np.ndarray
    bass: np.ndarray
    given: np.ndarray


def memories(notes: np.ndarray) -> np.ndarray:
    """Pitch-class memories before each frame, fast, slow and long, normalised: `[T, B, 36]` from tokens `[T, B]`."""
    steps, batch = notes.shape
    sounding = (notes != REST) & (notes != HIDDEN)
    struck = np.zeros((steps, batch, 12), dtype=np.float32)
    np.put_along_axis(struck, ((notes - 1) % 12)[..., None], sounding[..., None].astype(np.float32), axis=2)
    out = np.empty((steps, batch, 12 * len(DECAYS)), dtype=np.float32)
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


def features(frames: Frames, style: np.ndarray, levels: Levels, notes: np.ndarray, history: History | None) -> Tensor:
    """Feature vectors `[T, B, 194]`; `notes` are the tokens as fed, hidden ones are 25."""
    before = np.concatenate([np.zeros_like(notes[:1]), notes[:-1]])

    def present(column: np.ndarray, known: np.ndarray) -> np.ndarray:
        return np.where(known, column, FEATURES)

    def lane(offset: int, name: str) -> np.ndarray:
        return np.broadcast_to(present(offset + levels[name], levels[name] != nothing(name)), notes.shape)

    columns = [
        *_note_columns(notes, ONSET, HELD, SILENT),
        *_note_columns(before, ONSET_BEFORE, HELD_BEFORE, SILENT_BEFORE),
        METER + frames.position,
        METER + POSITIONS + frames.bar,
        present(METER + POSITIONS + len(BAR_FRAMES) + 1, frames.compound > 0),
        IN_BEAT + frames.in_beat,
        np.broadcast_to(np.where(style < N_STYLES, STYLE + style, FEATURES), notes.shape),
        lane(CHORD_RATE, "chord_rate"),
        lane(CHROMATICISM, "chromaticism"),
        lane(MODE, "mode"),
    ]
    out = torch.zeros(*notes.shape, FEATURES + 1)
    out.scatter_(2, torch.from_numpy(np.stack(columns, axis=-1).astype(np.int64)), 1.0)
    out[:, :, MEMORIES:CHORD] = torch.from_numpy(memories(notes))
    if history is not None:
        chord, age = previous(history.chord)
        bass = np.concatenate([np.zeros_like(history.bass[:1]), history.bass[:-1]])
        tell(out, chord, bass, age, history.given)
    return out[:, :, :FEATURES]


def tell(rows: Tensor, chord: np.ndarray, bass: np.ndarray, age: np.ndarray, given: np.ndarray) -> None:
    """Writes the chord before, its bass and its age class (`[..., B]` each) into rows that do not have them yet.

    Only where `given` `[B]`: other rows stay without a history.
    """
    told = torch.from_numpy(np.broadcast_to(given, chord.shape).astype(np.float32))[..., None]
    rows[..., CHORD:BASS] = CHORD_ROWS[torch.from_numpy(chord.astype(np.int64))] * told
    none = torch.from_numpy((chord == NO_CHORD).astype(np.float32))[..., None]
    rows[..., NONE : NONE + 1] = none * told
    index = torch.from_numpy(bass.astype(np.int64))[..., None]
    rows[..., BASS : BASS + 12] = torch.zeros_like(rows[..., BASS : BASS + 12]).scatter_(-1, index, (1 - none) * told)
    index = torch.from_numpy(age.astype(np.int64))[..., None]
    rows[..., AGE : AGE + 8] = torch.zeros_like(rows[..., AGE : AGE + 8]).scatter_(-1, index, told)
    rows[..., HISTORY : HISTORY + 1] = told


def _note_columns(notes: np.ndarray, onset: int, held: int, silent: int) -> list[np.ndarray]:
    """The one feature column that each token sets."""
    sounding = np.where(notes <= 12, onset + notes - 1, held + notes - 13)
    return [np.where(notes == REST, silent, np.where(notes == HIDDEN, silent + 1, sounding))]
