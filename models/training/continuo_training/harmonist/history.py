"""Chords of the network's own making: drawn from its logits, frame by frame, for many pieces at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..attributes import Levels
from ..networks.step_network import StepNetwork
from ..vocabulary import N_CHORDS, N_QUALITIES, NO_CHORD, chord_tones
from .features import AGE_CLASS, OLD, features, tell
from .frames import REST, FrameBatch

Hearing = Literal["react", "anticipate"]
"""What is known when a frame is decided: its note too, or only the notes before it."""

SHARED = (chord_tones()[:, None] & chord_tones()[None]).sum(-1)
"""Number of pitch classes that two chord classes share, `[145, 145]`."""
KIN = torch.from_numpy((SHARED >= 3) | np.eye(N_CHORDS, dtype=bool)).float()
"""Which chords would agree with which."""


@dataclass(frozen=True)
class Sampling:
    """How chords are drawn."""

    hearing: Hearing = "react"
    temperature: float = 0.5
    """Logits of chords are divided by it; 0 takes the likeliest."""
    rhythm: float = 0.3
    """The same for the harmonic rhythm."""
    kinship: float = 0.7
    """Weight of the chance that a chord agrees with the right one (0: only its own chance counts; at most 1)."""
    readiness: float = 2.0
    """Log-odds in favour of a change: who cannot look ahead must correct itself more often than people change."""
    history: bool = True
    """Whether the network is told what it has played."""


def scores(chord: Tensor, kinship: float) -> Tensor:
    """Log-scores of the chords `[..., 145]`, "no chord" left out.

    A chord profits from what is believed of its relatives: the choice of the least expected loss when agreement, not
    identity, is what counts.
    """
    own = torch.log_softmax(chord, -1)
    kin = torch.log((own.exp() @ KIN).clamp_min(1e-9))
    mixed = (1 - kinship) * own + kinship * kin
    mixed[..., NO_CHORD] = -torch.inf
    return mixed


def drawn(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """An index from each row of logits `[..., n]` (Gumbel's trick)."""
    if temperature <= 0:
        return logits.argmax(-1)
    noise = -torch.log(-torch.log(torch.rand(logits.shape, generator=generator).clamp(1e-9, 1 - 1e-7)))
    return (logits / temperature + noise).argmax(-1)


def decide(
    logits: dict[str, Tensor], sampling: Sampling, generator: torch.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether a chord begins, which, and the interval of its bass over the root, for rows of logits `[..., size]`."""
    prefix = "" if sampling.hearing == "react" else "next_"
    change = logits[f"{prefix}change"]
    change = torch.stack([change[..., 0], change[..., 1] + sampling.readiness], -1)
    begins = drawn(change, sampling.rhythm, generator) == 1
    chord = drawn(scores(logits[f"{prefix}chord"], sampling.kinship), sampling.temperature, generator)
    root = chord // N_QUALITIES
    bass = logits[f"{prefix}bass"].unflatten(-1, (12, 12))
    bass = bass.gather(-2, root[..., None, None].expand(*root.shape, 1, 12))[..., 0, :]
    return begins.numpy(), chord.numpy(), drawn(bass, sampling.temperature, generator).numpy()


class _Band:
    """What stands in each sequence."""

    def __init__(self, size: int) -> None:
        self.chord = np.full(size, NO_CHORD)
        self.bass = np.zeros(size, dtype=np.int64)
        self.age = np.zeros(size, dtype=np.int64)

    def play(self, begins: np.ndarray, chord: np.ndarray, bass: np.ndarray, heard: np.ndarray) -> None:
        """One frame: the chord stands unless another begins; the first comes with the first note."""
        taken = heard & (begins | (self.chord == NO_CHORD)) & (chord != self.chord)
        self.bass = np.where(taken, (chord // N_QUALITIES + bass) % 12, self.bass)
        self.chord = np.where(taken, chord, self.chord)
        self.age = np.where(taken, 1, self.age + 1)


def _heard(batch: FrameBatch, hearing: Hearing) -> np.ndarray:
    """Whether a note has been heard when each frame is decided, `[T, B]`."""
    heard = np.cumsum(batch.frames.note != REST, axis=0) > 0
    return heard if hearing == "react" else np.concatenate([np.zeros_like(heard[:1]), heard[:-1]])


@torch.no_grad()
def imagine(
    network: StepNetwork, rows: Tensor, batch: FrameBatch, sampling: Sampling, generator: torch.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Chords and basses `[T, B]` in one pass: drawn from what the network says to `rows`, without hearing itself."""
    logits, _ = network(rows.to(network.device))
    begins, chord, bass = decide({name: value.cpu() for name, value in logits.items()}, sampling, generator)
    if sampling.hearing == "anticipate":  # what is said at a frame is about the next
        begins, chord, bass = (np.concatenate([value[:1], value[:-1]]) for value in (begins, chord, bass))
    heard = _heard(batch, sampling.hearing)
    band = _Band(rows.shape[1])
    out = np.empty((2, *chord.shape), dtype=np.int64)
    for step in range(len(chord)):
        band.play(begins[step], chord[step], bass[step], heard[step])
        out[:, step] = band.chord, band.bass
    return out[0], out[1]


@torch.no_grad()
def generate(
    network: StepNetwork, batch: FrameBatch, levels: Levels, sampling: Sampling, generator: torch.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Chord classes and basses `[T, B]` that the network plays to the notes of `batch`, from nothing."""
    notes = batch.frames.note.astype(np.int64)
    rows = features(batch.frames, batch.style, levels, notes, None)
    if not sampling.history:
        return imagine(network, rows, batch, sampling, generator)
    heard = _heard(batch, sampling.hearing)
    band = _Band(notes.shape[1])
    given = np.ones(notes.shape[1], dtype=bool)
    out = np.empty((2, *notes.shape), dtype=np.int64)
    state, before = None, None
    for step in range(len(notes)):
        tell(rows[step], band.chord, band.bass, AGE_CLASS[np.minimum(band.age, OLD)], given)
        logits, state = network(rows[step : step + 1].to(network.device), state)
        now = {name: value[0].cpu() for name, value in logits.items()}
        known = now if sampling.hearing == "react" or before is None else before
        band.play(*decide(known, sampling, generator), heard[step])
        out[:, step] = band.chord, band.bass
        before = now
    return out[0], out[1]
