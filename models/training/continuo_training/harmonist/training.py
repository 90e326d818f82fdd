"""What the harmonist learns from a batch: chords with this frame's note known, and with it hidden."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..corpus import Piece
from ..recurrent import Shape, StepNetwork
from ..vocabulary import N_CHORDS, NO_CHORD, chord_tones
from .features import FEATURES, features, hide_note, hide_previous, previous
from .frames import HIDDEN, N_NOTES, REST, FrameBatch, FrameSet
from .history import Hearing, Sampling, generate, unknown_style

HEADS = {"change": 2, "chord": N_CHORDS, "note": N_NOTES}
GUESSED_CHORDS = "hmm"
"""Chords that were guessed from the melody alone: not for the harmonist."""

SHARED = (chord_tones()[:, None] & chord_tones()[None]).sum(-1)
"""Number of pitch classes that two chord classes share, `[145, 145]`."""


def usable(piece: Piece) -> bool:
    """Whether the harmonist learns from this piece."""
    return len(piece.chords) > 0 and piece.chords_source != GUESSED_CHORDS


class HarmonistTask:
    """Batches, losses and validation of the harmonist. `config` is the table `[task]` of its TOML file."""

    name = "harmonist"

    def __init__(self, pieces: list[Piece], config: dict[str, Any], hidden: tuple[int, int]) -> None:
        pieces = [piece for piece in pieces if usable(piece)]
        self.config = config
        self.shape = Shape(FEATURES, hidden, HEADS)
        self.train_set = FrameSet([piece for piece in pieces if piece.split == "train"])
        valid = [piece for piece in pieces if piece.split == "valid"]
        self.valid_sets = {
            source: FrameSet([piece for piece in valid if piece.source == source]) for source in config["judged_on"]
        }
        self.weights = self._weights(config["source_weight"])

    def _weights(self, source_weight: dict[str, float]) -> np.ndarray:
        """Chance of each piece: its source's weight, shared by the square root of the length."""
        sources = np.array(self.train_set.source)
        weights = np.zeros(len(sources))
        for source, weight in source_weight.items():
            mine = sources == source
            share = np.sqrt(self.train_set.lengths[mine])
            weights[mine] = weight * share / share.sum()
        return weights / weights.sum()

    def _history(
        self, network: StepNetwork, batch: FrameBatch, rng: np.random.Generator, progress: float
    ) -> np.ndarray:
        """The chords that the network is told it has played, `[T, B]`: the true ones, none, or its own."""
        config = self.config
        rising = np.clip((progress - config["own_from"]) / max(config["own_full"] - config["own_from"], 1e-6), 0, 1)
        own_share = config["own_share"] * rising
        none_share = config["none_early"] + (config["none_late"] - config["none_early"]) * rising
        kind = rng.random(batch.style.shape[0])
        history = batch.frames.chord.astype(np.int64)
        none = kind < none_share
        history[:, none] = NO_CHORD
        own = np.flatnonzero((kind >= none_share) & (kind < none_share + own_share))
        if len(own):
            part = FrameBatch(batch.frames.take(np.s_[:, own]), batch.style[own], batch.valid[:, own])
            hearing: Hearing = ("react", "anticipate", "live")[rng.choice(3, p=config["own_hearing"])]
            sampling = Sampling(hearing, float(rng.uniform(0.4, 1.0)), bool(rng.random() < 0.75))
            generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
            training = network.training
            network.eval()
            history[:, own] = generate(network, part, sampling, generator)
            network.train(training)
        return history

    def loss(self, network: StepNetwork, rng: np.random.Generator, progress: float) -> tuple[Tensor, dict[str, float]]:
        """Loss of one random batch, and its parts in nats. `progress` runs from 0 to 1 over the training."""
        config = self.config
        batch = self.train_set.sample(rng, self.weights, config["batch"], config["length"], config["style_dropout"])
        history = self._history(network, batch, rng, progress)
        return self.batch_loss(network, batch, history, rng)

    def batch_loss(
        self, network: StepNetwork, batch: FrameBatch, history: np.ndarray, rng: np.random.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        """Loss of a batch whose chord history is `history`."""
        config = self.config
        notes = batch.frames.note.astype(np.int64)
        masked = rng.random(notes.shape[1]) < config["masked_share"]
        fed = np.where(masked & (rng.random(notes.shape) < rng.uniform(0, 0.6, notes.shape[1])), HIDDEN, notes)
        before, age = previous(history)
        rows = features(batch.frames, batch.style, fed, before, age)
        states0, states1 = network(rows)

        truth = torch.from_numpy(batch.frames.chord.astype(np.int64))
        changed = truth != torch.from_numpy(before)
        weight = torch.from_numpy(self._frame_weights(batch)).float()
        logits = network.logits(states1)
        change, chord = _chord_losses(logits, truth, changed, weight)
        following = torch.from_numpy(np.where(batch.valid[1:], notes[1:], -1))
        note = F.cross_entropy(logits["note"][:-1].flatten(0, 1), following.flatten(), ignore_index=-1)

        # Decisions with hidden notes, at some frames: side steps from the states before.
        steps, lanes = self._decisions(batch, rng)
        here, back = rows[steps, lanes], rows[steps - 1, lanes]
        waiting = network.step(hide_note(here), states0[steps - 1, lanes], states1[steps - 1, lanes])[1]
        side = network.step(hide_note(back), states0[steps - 2, lanes], states1[steps - 2, lanes])
        late = hide_previous(here, back)
        live = network.step(late, *side)[1]
        planning = network.step(hide_note(late), *side)[1]
        parts = {"change": change.item(), "chord": chord.item(), "note": note.item()}
        loss = change + chord + config["note_weight"] * note
        target = truth[steps, lanes], changed[steps, lanes], weight[steps, lanes]
        for name, states in (("anticipate", waiting), ("live", live), ("plan", planning)):
            change, chord = _chord_losses(network.logits(states), *target)
            loss = loss + config["hidden_weight"] * (change + chord)
            parts[name] = (change + chord).item()
        return loss, parts

    def _frame_weights(self, batch: FrameBatch) -> np.ndarray:
        """Weight of each frame in the losses `[T, B]`: less without a chord, and before the melody has begun."""
        weight = np.where(batch.frames.chord == NO_CHORD, self.config["no_chord_weight"], 1.0) * batch.valid
        begun = np.cumsum(batch.frames.note != REST, axis=0) > 0
        return np.where(begun, weight, self.config["intro_weight"] * weight)

    def _decisions(self, batch: FrameBatch, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Frames and sequences at which notes are hidden; two in three at the beginning of a beat."""
        odds = batch.valid * np.where(batch.frames.in_beat == 0, 6.0, 1.0)
        odds[:2] = 0
        index = rng.choice(odds.size, size=self.config["decisions"], p=(odds / odds.sum()).ravel())
        steps, lanes = np.divmod(index, odds.shape[1])
        return torch.from_numpy(steps), torch.from_numpy(lanes)

    def validate(self, network: StepNetwork) -> dict[str, float]:
        """Agreement with the human chord on `valid`, playing from nothing; `score` is their mean."""
        network.eval()
        out: dict[str, float] = {}
        for source, frame_set in self.valid_sets.items():
            batch = unknown_style(opening(frame_set))
            human = batch.frames.chord
            judged = batch.valid & (human != NO_CHORD)
            for hearing in ("react", "anticipate", "live"):
                chords = generate(network, batch, Sampling(hearing), torch.Generator().manual_seed(1))
                out[f"{source}.{hearing}"] = agreement(chords, human, judged)
                tones = chord_tones()[chords, (batch.frames.note - 1) % 12]
                out[f"{source}.{hearing}.nic"] = float(tones[judged & (batch.frames.note > 0)].mean())
        out["score"] = float(np.mean([value for name, value in out.items() if not name.endswith("nic")]))
        network.train()
        return out


def opening(frame_set: FrameSet, length: int = 256) -> FrameBatch:
    """The first `length` frames of every piece, in its own key."""
    piece = np.arange(len(frame_set.lengths))
    zeros = np.zeros_like(piece)
    return frame_set.sequences(piece, zeros, length, zeros, frame_set.style)


def agreement(chords: np.ndarray, human: np.ndarray, judged: np.ndarray) -> float:
    """Share of frames with three or more pitch classes in common with the human chord: mean over the pieces."""
    same = ((SHARED[chords, human] >= 3) & judged).sum(0) / np.maximum(judged.sum(0), 1)
    return float(same[judged.any(0)].mean())


def _chord_losses(logits: dict[str, Tensor], truth: Tensor, changed: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Mean losses of the heads `change` and `chord` per frame; the chord counts where it changes."""
    total = weight.sum().clamp_min(1)
    change = F.cross_entropy(logits["change"].flatten(0, -2), changed.flatten().long(), reduction="none")
    chord = F.cross_entropy(logits["chord"].flatten(0, -2), truth.flatten(), reduction="none")
    weight = weight.flatten()
    return (change * weight).sum() / total, (chord * weight * changed.flatten()).sum() / total
