"""Harmonizers without a network: the floor. They hear the melody in real time, as the network does."""

from __future__ import annotations

import numpy as np

from ..harmonist.features import memories
from ..harmonist.frames import REST, FrameBatch
from ..keys import key_fits
from ..vocabulary import N_QUALITIES, NO_CHORD, chord_tones

MAJOR_TRIAD, MINOR_TRIAD = 0, 1
# Triads of a key as (steps above the tonic, quality); the dominant is major in minor keys too.
MAJOR_DEGREES = ((0, 0), (2, 1), (4, 1), (5, 0), (7, 0), (9, 1))
MINOR_DEGREES = ((0, 1), (3, 0), (5, 1), (7, 0), (8, 0), (10, 0))
STAY = 0.15
"""What the chord that stands is worth more than another, as a share of what has been heard lately."""


def tracked_keys(notes: np.ndarray) -> np.ndarray:
    """Key before each frame, `[T, B]`: 0–11 major, 12–23 minor, −1 before the first note.

    The profile that correlates best with the time for which each pitch class has sounded so far.
    """
    sounding = ((notes - 1) % 12)[..., None] == np.arange(12)
    heard = np.cumsum(sounding & (notes != REST)[..., None], axis=0).astype(float)
    heard = np.concatenate([np.zeros_like(heard[:1]), heard[:-1]])
    return np.where(heard.sum(-1) > 0, key_fits(heard).argmax(-1), -1)


def _hold_between_beats(chords: np.ndarray, in_beat: np.ndarray) -> np.ndarray:
    """Each frame's decision replaced by that of its beat's first frame."""
    steps = np.arange(len(chords))[:, None]
    decided = np.maximum.accumulate(np.where(in_beat == 0, steps, 0), axis=0)
    return np.take_along_axis(chords, decided, axis=0)


def tonic_held(batch: FrameBatch) -> np.ndarray:
    """The tonic triad of the tracked key, `[T, B]`."""
    key = tracked_keys(batch.frames.note)
    quality = np.where(key < 12, MAJOR_TRIAD, MINOR_TRIAD)
    return _hold_between_beats(np.where(key < 0, NO_CHORD, key % 12 * N_QUALITIES + quality), batch.frames.in_beat)


def follow(batch: FrameBatch, *, with_note: bool) -> np.ndarray:
    """One decision per beat: the triad of the tracked key that covers most of what was heard lately.

    `with_note`: the note of the beat's first frame is known too, and counts as much as all before it.
    """
    notes = batch.frames.note.astype(np.int64)
    key = tracked_keys(notes)
    lately = memories(notes)[:, :, :12]
    if with_note:
        now = (((notes - 1) % 12)[..., None] == np.arange(12)) & (notes != REST)[..., None]
        lately = lately + now
    tones = chord_tones()
    steps, size = notes.shape
    out = np.full((steps, size), NO_CHORD)
    for lane in range(size):
        standing = NO_CHORD
        for step in range(steps):
            if batch.frames.in_beat[step, lane] == 0 and key[step, lane] >= 0:
                tonic = key[step, lane] % 12
                degrees = MAJOR_DEGREES if key[step, lane] < 12 else MINOR_DEGREES
                chords = np.array([(tonic + above) % 12 * N_QUALITIES + quality for above, quality in degrees])
                scores = tones[chords] @ lately[step, lane] + STAY * (chords == standing)
                standing = chords[scores.argmax()]
            out[step, lane] = standing
    return out
