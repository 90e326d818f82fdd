"""Chords of the network's own making, frame by frame, for many pieces at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..recurrent import StepNetwork, cell
from ..vocabulary import BAR_FRAMES, N_CHORDS, N_STYLES, NO_CHORD
from .features import AGE, AGE_CLASS, FEATURES, OLD, chord_columns, features, hide_note, hide_previous
from .frames import FrameBatch, Frames

Hearing = Literal["react", "anticipate", "live"]
"""What is known when frame f is decided: the note of f; the notes before f; or the note of f but not that of f − 1."""


@dataclass(frozen=True)
class Sampling:
    """How chords are drawn. Logits are divided by `temperature`; 0 takes the likeliest."""

    hearing: Hearing = "react"
    temperature: float = 0.5
    on_beats: bool = True
    """Chords change at the beginning of a beat only (and at the first frame)."""
    reluctance: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Log-odds against a change on the first beat of a bar, in its middle, and elsewhere."""


class _Columns:
    """Contribution of the previous chord and its age to the gates of the first layer."""

    def __init__(self, network: StepNetwork) -> None:
        weight = network.gru0.weight_ih_l0.t()
        rows = torch.zeros(N_CHORDS, FEATURES)
        for column in chord_columns(np.arange(N_CHORDS)):
            rows[torch.arange(N_CHORDS), torch.from_numpy(column)] = 1
        self.chord = rows @ weight
        self.age = weight[AGE : AGE + 8]


@torch.no_grad()
def generate(network: StepNetwork, batch: FrameBatch, sampling: Sampling, generator: torch.Generator) -> np.ndarray:
    """Chord classes `[T, B]` that the network plays to the notes of `batch`, from nothing.

    The state that is kept always knows the notes that have been heard; a decision with hidden notes is a side step
    from it, as in the plug-in.
    """
    frames = batch.frames
    steps, size = frames.note.shape
    columns = _Columns(network)
    known = features(frames, batch.style, frames.note, None, None)
    hidden = hide_note(known.flatten(0, 1)).view_as(known)
    known_gates = network.project(known)
    hidden_gates = network.project(hidden)
    if sampling.hearing == "live":
        late = hide_previous(known[1:].flatten(0, 1), known[:-1].flatten(0, 1)).view_as(known[1:])
        late_gates = torch.cat([known_gates[:1], network.project(late)])

    reluctance = torch.tensor(sampling.reluctance)[torch.from_numpy(_strength(frames))]
    state0 = torch.zeros(size, network.shape.hidden[0])
    state1 = torch.zeros(size, network.shape.hidden[1])
    chord = np.full(size, NO_CHORD)
    age = np.zeros(size, dtype=np.int64)
    out = np.empty((steps, size), dtype=np.int64)

    def side_step(gates: Tensor, past: Tensor, s0: Tensor, s1: Tensor) -> tuple[Tensor, Tensor]:
        s0 = cell(network.gru0, gates + past, s0)
        return s0, network.step_above(s0, s1)

    # For "live": the states before the frame before, and that frame's chord history.
    older = (state0, state1, torch.zeros(size, known_gates.shape[2]))
    for step in range(steps):
        history = (
            columns.chord[torch.from_numpy(chord)] + columns.age[torch.from_numpy(AGE_CLASS[np.minimum(age, OLD)])]
        )
        new0, new1 = side_step(known_gates[step], history, state0, state1)
        if sampling.hearing == "react":
            decided = new1
        elif sampling.hearing == "anticipate":
            decided = side_step(hidden_gates[step], history, state0, state1)[1]
        elif step == 0:
            decided = new1
        else:
            side0, side1 = side_step(hidden_gates[step - 1], older[2], older[0], older[1])
            decided = side_step(late_gates[step], history, side0, side1)[1]
        older = (state0, state1, history)
        state0, state1 = new0, new1

        change = network.heads["change"](decided)
        change[:, 1] -= reluctance[step]
        draws = torch.rand(size, generator=generator)
        if sampling.temperature > 0:
            changes = torch.sigmoid((change[:, 1] - change[:, 0]) / sampling.temperature) > draws
        else:
            changes = change[:, 1] > change[:, 0]
        if sampling.on_beats and step > 0:
            changes &= torch.from_numpy(frames.in_beat[step] == 0)
        logits = network.heads["chord"](decided)
        logits[torch.arange(size), torch.from_numpy(chord)] = -torch.inf  # a change is to another chord
        if sampling.temperature > 0:
            chances = torch.softmax(logits / sampling.temperature, dim=1)
            drawn = torch.multinomial(chances, 1, generator=generator)[:, 0]
        else:
            drawn = logits.argmax(1)
        moved = changes.numpy()
        age = np.where(moved, 1, age + 1)
        chord = np.where(moved, drawn.numpy(), chord)
        out[step] = chord
    return out


def _strength(frames: Frames) -> np.ndarray:
    """0 for the first frame of a bar, 1 for the frame in its middle, 2 for the others."""
    bar = np.array([*BAR_FRAMES, 0])[frames.bar]
    return np.where(frames.position == 0, 0, np.where(frames.position * 2 == bar, 1, 2))


def unknown_style(batch: FrameBatch) -> FrameBatch:
    """The same batch with its styles unknown."""
    return FrameBatch(batch.frames, np.full_like(batch.style, N_STYLES), batch.valid)
