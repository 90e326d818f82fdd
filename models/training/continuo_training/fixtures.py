"""Fixtures for the parity test in Rust: raw descriptions, the features they make, and the logits they lead to."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from .attributes import Levels, free, nothing
from .corpus import Piece
from .harmonist import features as harmonist
from .harmonist.features import History
from .harmonist.frames import HIDDEN, FrameSet
from .harmonizer import features as harmonizer
from .harmonizer.beats import ABSENT, BeatSet
from .networks.step_network import StepNetwork
from .soloist import features as soloist
from .soloist.notes import HORIZON, NoteSet, chord_changes
from .tunes import greensleeves, ode_to_joy
from .vocabulary import CONTRACT, FRAME, NO_CHORD, TICKS_PER_QUARTER, UNKNOWN_STYLE

LOGIT_DIGITS = 4


def fixture(name: str, network: StepNetwork) -> dict[str, Any]:
    """The fixture of `network`, whose weights must be those that the integers of the ONNX file stand for."""
    make, names = {
        "harmonist": (harmonist_sequence, harmonist.ATTRIBUTES),
        "soloist": (soloist_sequence, tuple(soloist.ATTRIBUTES)),
        "harmonizer": (harmonizer_sequence, harmonizer.ATTRIBUTES),
    }[name]
    given = {attribute: np.array([index % 2]) for index, attribute in enumerate(names)}
    ode, green = ode_to_joy(), greensleeves()
    return {
        "contract": CONTRACT,
        "network": name,
        "sequences": [
            make(network, ode, ode.style, given),
            make(network, green, UNKNOWN_STYLE, free(names, 1)),
        ],
    }


def _sparse(row: Tensor) -> dict[str, list[Any]]:
    index = torch.nonzero(row)[:, 0]
    values = [int(value) if value == 1 else float(f"{value:.6g}") for value in row[index].tolist()]
    return {"index": index.tolist(), "value": values}


@torch.no_grad()
def _steps(network: StepNetwork, rows: Tensor, raw: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The raw descriptions with their features and logits; `rows` are `[T, 1, features]`."""
    logits, _ = network(rows)
    return [
        description
        | {"features": _sparse(rows[step, 0])}
        | {
            "logits": {
                name: [round(value, LOGIT_DIGITS) for value in values[step, 0].tolist()]
                for name, values in logits.items()
            }
        }
        for step, description in enumerate(raw)
    ]


def _style(style: int) -> int | None:
    return None if style == UNKNOWN_STYLE else style


def _levels(levels: Levels) -> dict[str, int | None]:
    """The levels as the fixture has them: null where an attribute is free."""
    return {name: None if value[0] == nothing(name) else int(value[0]) for name, value in levels.items()}


def harmonist_sequence(
    network: StepNetwork, piece: Piece, style: int, levels: Levels, frames: int = 40
) -> dict[str, Any]:
    """The tune's first frames with its own chords as history; some notes are hidden.

    Without a style it is not told what was played either.
    """
    one = np.zeros(1, dtype=np.int64)
    batch = FrameSet([piece]).sequences(one, one, frames, one, np.array([style]))
    notes = batch.frames.note.astype(np.int64)
    notes[19::8] = HIDDEN
    notes[20::16] = HIDDEN
    given = np.array([style != UNKNOWN_STYLE])
    history = History(batch.frames.chord.astype(np.int64), batch.frames.bass.astype(np.int64), given)
    rows = harmonist.features(batch.frames, batch.style, levels, notes, history)
    chord, _ = harmonist.previous(history.chord)
    stood = np.concatenate([np.ones((1, 1), dtype=np.int64), harmonist.ages(history.chord)[:-1]])
    ticks = np.arange(frames) * FRAME
    start, length = piece.bar_at(ticks)
    compound = piece.compound_at(ticks)
    raw = [
        {
            "note": int(notes[step, 0]),
            "previous_note": int(notes[step - 1, 0]) if step else 0,
            "previous_chord": int(chord[step, 0]),
            "previous_bass": int(history.bass[step - 1, 0]) if chord[step, 0] != NO_CHORD else None,
            "chord_age": int(stood[step, 0]),
            "history": bool(given[0]),
            "position": int(ticks[step] - start[step]),
            "bar": int(length[step]),
            "compound": bool(compound[step]),
            "frame_in_beat": int(batch.frames.in_beat[step, 0]),
        }
        for step in range(frames)
    ]
    return {
        "title": piece.id,
        "style": _style(style),
        "attributes": _levels(levels),
        "steps": _steps(network, rows, raw),
    }


def harmonizer_sequence(network: StepNetwork, piece: Piece, style: int, levels: Levels) -> dict[str, Any]:
    """The whole tune, beat by beat, one of which is not heard. Every third bar is given, if a style is."""
    one = np.zeros(1, dtype=np.int64)
    beat_set = BeatSet(FrameSet([piece]))
    batch = beat_set.sequences(one, one, int(beat_set.lengths[0]), np.array([style]))
    beats = batch.beats
    notes = beats.notes.astype(np.int64)
    notes[5] = np.where(notes[5] == ABSENT, ABSENT, HIDDEN)
    given = (beats.number % 3 == 1) & (style != UNKNOWN_STYLE)
    first = np.cumsum(beats.slots[:, 0]) - beats.slots[:, 0]
    _, length = piece.bar_at(first * FRAME)
    raw = [
        {
            "notes": [int(note) for note in notes[beat, 0] if note != ABSENT],
            "position": int(beats.position[beat, 0]) * FRAME,
            "bar": int(length[beat]),
            "compound": bool(beats.compound[beat, 0]),
            "number": int(beats.number[beat, 0]),
            "left": int(beats.left[beat, 0]),
            "given": [int(beats.chord[beat, 0]), int(beats.bass[beat, 0])] if given[beat, 0] else None,
        }
        for beat in range(len(notes))
    ]
    rows = harmonizer.features(batch, levels, notes, given)
    return {
        "title": piece.id,
        "style": _style(style),
        "attributes": _levels(levels),
        "steps": _steps(network, rows, raw),
    }


def soloist_sequence(network: StepNetwork, piece: Piece, style: int, levels: Levels) -> dict[str, Any]:
    """The whole tune, note by note. The memories of step n are made of the pitches of the steps before."""
    one = np.zeros(1, dtype=np.int64)
    count = len(piece.melody)
    batch = NoteSet([piece]).sequences(one, one, count, one, np.array([style]))
    notes = batch.notes
    onset, duration, pitch = piece.melody.T
    start, length = piece.bar_at(onset)
    compound = piece.compound_at(onset)
    changes, _ = chord_changes(piece.chords)
    raw = []
    for step in range(count):
        after = changes[changes > onset[step]]
        wait = int(after[0] - onset[step]) if len(after) else None
        raw.append(
            {
                "last_pitch": int(pitch[step - 1]) if step else None,
                "last_interval": int(pitch[step - 1] - pitch[step - 2]) if step > 1 else None,
                "last_length": int(duration[step - 1]) if step else None,
                "time": int(onset[step] - onset[step - 1]) if step else None,
                "position": int(onset[step] - start[step]),
                "bar": int(length[step]),
                "compound": bool(compound[step]),
                "tick_in_beat": int((onset[step] - start[step]) % TICKS_PER_QUARTER),
                "chord": int(notes.chord[step, 0]),
                "next_chord": int(notes.next_chord[step, 0]),
                "ticks_to_next_chord": wait if wait is not None and wait <= HORIZON else None,
                "phrase": int(notes.phrase[step, 0]),
            }
        )
    rows = soloist.features(notes, batch.style, levels)
    return {
        "title": piece.id,
        "style": _style(style),
        "attributes": _levels(levels),
        "steps": _steps(network, rows, raw),
    }
