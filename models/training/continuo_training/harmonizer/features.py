"""The feature vector of the harmonizer, as the contract has it, for whole batches."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..attributes import Levels, nothing
from ..harmonist.features import CHORD_ROWS
from ..harmonist.frames import HIDDEN, REST
from ..vocabulary import BAR_FRAMES, LEVELS, METER_BLOCK, MODES, N_STYLES, NO_CHORD, POSITIONS
from .beats import PHRASE, SLOTS, BeatBatch

ONSET = 0
HELD = ONSET + 12 * SLOTS
NEAR = HELD + 12 * SLOTS
WHOLE = NEAR + 12
CHORD = WHOLE + 12
BASS = CHORD + 24
REGULAR = BASS + 12
"""The blocks of pitch classes end here."""
SILENT = REGULAR
UNHEARD = SILENT + SLOTS
METER = UNHEARD + SLOTS
NUMBER = METER + METER_BLOCK
LEFT = NUMBER + PHRASE
ENDING = 4
"""The last bars, of which each knows that it is one."""
STYLE = LEFT + ENDING
CHORD_RATE = STYLE + N_STYLES
CHROMATICISM = CHORD_RATE + LEVELS
MODE = CHROMATICISM + LEVELS
GIVEN = MODE + len(MODES)
NONE = GIVEN + 1
FEATURES = NONE + 1

AROUND = 4
"""Beats on either side that count as near."""

ATTRIBUTES = ("chord_rate", "chromaticism", "mode")


def _weights(notes: np.ndarray) -> np.ndarray:
    """Number of frames in which each pitch class sounds in each beat, `[T, B, 12]` from tokens `[T, B, SLOTS]`."""
    sounding = (notes > REST) & (notes < HIDDEN)
    classes = np.where(sounding, (notes - 1) % 12, 12)
    return (classes[..., None] == np.arange(12)).sum(2).astype(np.float32)


def _shares(weights: np.ndarray) -> np.ndarray:
    return weights / np.maximum(weights.sum(-1, keepdims=True), 1)


def features(batch: BeatBatch, levels: Levels, notes: np.ndarray, given: np.ndarray) -> Tensor:
    """Feature vectors `[T, B, 284]`; `notes` `[T, B, SLOTS]` are the tokens as fed, `given` `[T, B]`: chord known.

    Beats after the end of a piece are zeros.
    """
    beats, shape = batch.beats, batch.valid.shape
    notes = np.where(batch.valid[..., None], notes.astype(np.int64), REST)

    def present(column: np.ndarray | int, known: np.ndarray) -> np.ndarray:
        return np.where(known, column, FEATURES)

    def lane(offset: int, name: str) -> np.ndarray:
        return np.broadcast_to(present(offset + levels[name], levels[name] != nothing(name)), shape)

    slot = np.arange(SLOTS)
    heard = np.where(notes <= 12, ONSET + 12 * slot + notes - 1, HELD + 12 * slot + notes - 13)
    heard = np.where(notes == REST, SILENT + slot, np.where(notes == HIDDEN, UNHEARD + slot, heard))
    heard = np.where(notes > HIDDEN, FEATURES, heard)
    columns = [
        *np.moveaxis(heard, -1, 0),
        METER + beats.position,
        METER + POSITIONS + beats.bar,
        present(METER + POSITIONS + len(BAR_FRAMES) + 1, beats.compound > 0),
        NUMBER + beats.number % PHRASE,
        present(LEFT + beats.left, beats.left < ENDING),
        np.broadcast_to(present(STYLE + batch.style, batch.style < N_STYLES), shape),
        lane(CHORD_RATE, "chord_rate"),
        lane(CHROMATICISM, "chromaticism"),
        lane(MODE, "mode"),
        present(GIVEN, given),
        present(NONE, given & (beats.chord == NO_CHORD)),
        present(BASS + beats.bass, given & (beats.chord != NO_CHORD)),
    ]
    out = torch.zeros(*shape, FEATURES + 1)
    out.scatter_(2, torch.from_numpy(np.stack(columns, axis=-1).astype(np.int64)), 1.0)
    weights = _weights(notes)
    sums = np.cumsum(np.pad(weights, ((AROUND + 1, AROUND), (0, 0), (0, 0))), axis=0)
    out[:, :, NEAR:WHOLE] = torch.from_numpy(_shares(sums[2 * AROUND + 1 :] - sums[: -2 * AROUND - 1]))
    out[:, :, WHOLE:CHORD] = torch.from_numpy(_shares(weights.sum(0)))
    told = torch.from_numpy(given)[..., None]
    out[:, :, CHORD:BASS] = CHORD_ROWS[torch.from_numpy(beats.chord)] * told
    return out[:, :, :FEATURES] * torch.from_numpy(batch.valid)[..., None]
