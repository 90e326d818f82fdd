"""What the soloist learns from a batch: the pitch, the length and the time to the next note."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..corpus import Piece
from ..recurrent import Shape, StepNetwork
from ..vocabulary import N_TIMES
from .features import FEATURES, features
from .notes import N_PITCHES, NoteBatch, NoteSet

HEADS = {"pitch": N_PITCHES, "length": N_TIMES, "time": N_TIMES}


def usable(piece: Piece) -> bool:
    """Whether the soloist learns from this piece."""
    return len(piece.chords) > 0 and len(piece.melody) >= 8


class SoloistTask:
    """Batches, losses and validation of the soloist. `config` is the table `[task]` of its TOML file."""

    name = "soloist"

    def __init__(self, pieces: list[Piece], config: dict[str, Any], hidden: tuple[int, int]) -> None:
        pieces = [piece for piece in pieces if usable(piece)]
        self.config = config
        self.shape = Shape(FEATURES, hidden, HEADS)
        self.train_set = NoteSet([piece for piece in pieces if piece.split == "train"])
        self.valid_set = NoteSet([piece for piece in pieces if piece.split == "valid"])
        self.weights = self._weights(config["source_weight"])

    def _weights(self, source_weight: dict[str, float]) -> np.ndarray:
        """Chance of each piece: its source's weight, shared by the square root of the length."""
        weights = np.zeros(len(self.train_set.lengths))
        for source, weight in source_weight.items():
            mine = self.train_set.source == source
            share = np.sqrt(self.train_set.lengths[mine])
            weights[mine] = weight * share / share.sum()
        return weights / weights.sum()

    def loss(self, network: StepNetwork, rng: np.random.Generator, progress: float) -> tuple[Tensor, dict[str, float]]:
        """Loss of one random batch, and its parts in nats."""
        config = self.config
        batch = self.train_set.sample(rng, self.weights, config["batch"], config["length"], config["style_dropout"])
        _, states = network(features(batch.notes, batch.style))
        losses = {name: value.sum() for name, value in note_losses(network, states, batch).items()}
        counts = {name: max(int((target(batch, name) >= 0).sum()), 1) for name in HEADS}
        means = {name: losses[name] / counts[name] for name in HEADS}
        return torch.stack(list(means.values())).sum(), {name: value.item() for name, value in means.items()}

    def validate(self, network: StepNetwork) -> dict[str, float]:
        """Bits per note on `valid`, mean over the sources that are judged; `score` is the total, negated."""
        network.eval()
        by_source = bits_per_note(network, self.valid_set, self.config["judged_on"])
        network.train()
        out = {f"{source}.total": value["total"] for source, value in by_source.items()}
        for name in (*HEADS, "total"):
            out[name] = float(np.mean([value[name] for value in by_source.values()]))
        out["score"] = -out["total"]
        return out


def target(batch: NoteBatch, head: str) -> np.ndarray:
    """Target classes of a head, `[T, B]`; −1 where there is none."""
    return np.where(batch.valid, getattr(batch.notes, head), -1).astype(np.int64)


def note_losses(network: StepNetwork, states: Tensor, batch: NoteBatch) -> dict[str, Tensor]:
    """Loss of every head at every note, in nats, `[T · B]`; 0 where there is no target."""
    return {
        name: F.cross_entropy(
            logits.flatten(0, 1), torch.from_numpy(target(batch, name)).flatten(), ignore_index=-1, reduction="none"
        )
        for name, logits in network.logits(states).items()
    }


def opening(notes: NoteSet, piece: np.ndarray, length: int = 256) -> NoteBatch:
    """The first `length` notes of each of `piece`, in its own key."""
    zeros = np.zeros_like(piece)
    return notes.sequences(piece, zeros, length, zeros, notes.style[piece])


@torch.no_grad()
def bits_per_note(network: StepNetwork, notes: NoteSet, sources: list[str]) -> dict[str, dict[str, float]]:
    """Bits per note of each head and in total, by source, over the first 256 notes of every piece; style given."""
    out: dict[str, dict[str, float]] = {}
    for source in sources:
        piece = np.flatnonzero(notes.source == source)
        sums, counts = dict.fromkeys(HEADS, 0.0), dict.fromkeys(HEADS, 0)
        for part in np.array_split(piece, -(-len(piece) // 64)):
            batch = opening(notes, part)
            _, states = network(features(batch.notes, batch.style))
            for name, losses in note_losses(network, states, batch).items():
                sums[name] += losses.sum().item()
                counts[name] += int((target(batch, name) >= 0).sum())
        bits = {name: sums[name] / counts[name] / math.log(2) for name in HEADS}
        out[source] = bits | {"total": sum(bits.values())}
    return out
