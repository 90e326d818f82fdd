"""What the soloist learns from a batch: the pitch, the length and the time to the next note."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..attributes import dropped, free
from ..augmentation import FACTORS, stretched
from ..corpus import Piece, pieces_of
from ..networks.step_network import Shape, StepNetwork
from ..sampling_weights import piece_weights, style_shares
from ..training import Split
from ..vocabulary import N_TIMES, TICKS_PER_QUARTER, TIME_CLASSES, time_class
from .attributes import levels_of
from .features import ATTRIBUTES, FEATURES, PITCH, REGULAR, features
from .notes import ABSENT, N_PITCHES, NoteBatch, NoteSet, opening

HEADS = {"pitch": ("pitch", 0, 0), "length": ("classes", 0, N_TIMES), "time": ("classes", 0, N_TIMES)}


def usable(piece: Piece) -> bool:
    """Whether the soloist learns from this piece."""
    return len(piece.chords) > 0 and len(piece.melody) >= 8


def shape(config: dict[str, Any], family: str) -> Shape:
    """The shape of a soloist of `family` from the table `[network]` of a configuration."""
    hidden = tuple(tuple(layer) for layer in config[family]["hidden"])
    attention = tuple(config[family].get("attention", (0, 0, 0)))
    return Shape(family, (REGULAR // 12, FEATURES - REGULAR), hidden, HEADS, PITCH, attention)


class SoloistTask:
    """Batches, losses and validation of the soloist. `config` is the table `[task]` of its TOML file."""

    name = "soloist"

    def __init__(self, pieces: list[Piece], config: dict[str, Any]) -> None:
        pieces = [piece for piece in pieces if usable(piece)]
        self.config = config
        train = pieces_of(pieces, "train")
        train += [twin for piece in train for factor in FACTORS if (twin := stretched(piece, factor)) is not None]
        self.train_set = NoteSet(train)
        self.valid_set = NoteSet(pieces_of(pieces, "valid"))
        sets = self.train_set, self.valid_set
        self.weights = [piece_weights(notes.source, notes.style, notes.lengths, config) for notes in sets]

    def shares(self) -> str:
        """The share of each style in the training sequences."""
        return style_shares(self.train_set.style, self.weights[0])

    def loss(
        self, network: StepNetwork, rng: np.random.Generator, progress: float, split: Split = "train"
    ) -> tuple[Tensor, dict[str, float]]:
        """Loss of one random batch, and its parts in nats."""
        config, valid = self.config, split == "valid"
        notes = self.valid_set if valid else self.train_set
        batch = notes.sample(rng, self.weights[valid], config["batch"], config["length"], config["style_dropout"])
        levels = dropped(levels_of(batch, config["edges"]), rng, config["attribute_dropout"])
        heard = self._as_played(batch, rng)
        logits, _ = network(features(batch.notes, batch.style, levels).to(network.device))
        parts = {}
        for name in HEADS:
            expected = np.where(heard, ABSENT, target(batch, name))
            losses = cross_entropy(logits[name], expected)
            parts[name] = losses.sum() / max(int((expected != ABSENT).sum()), 1)
        return torch.stack(list(parts.values())).sum(), {name: value.item() for name, value in parts.items()}

    def _as_played(self, batch: NoteBatch, rng: np.random.Generator) -> np.ndarray:
        """Makes some sequences begin with a phrase as a hand plays it: onsets, lengths and keys stray.

        That is what the network hears before it answers. Returns which notes are the hand's, `[T, B]`: the network is
        not to learn to play them.
        """
        config, notes = self.config["hand"], batch.notes
        steps, lanes = notes.pitch.shape
        longest = rng.integers(4, config["longest"] + 1, lanes) * (rng.random(lanes) < config["share"])
        heard = np.arange(steps)[:, None] < longest[None]
        stray = np.rint(rng.normal(0, config["early_late"], (steps + 1, lanes))).astype(np.int64)
        stray[:-1] *= heard
        stray[-1] = 0
        ticks = TIME_CLASSES[np.maximum(notes.time, 0)] + stray[1:] - stray[:-1]
        notes.time = np.where(heard & (notes.time != ABSENT), time_class(np.maximum(ticks, 1)), notes.time)
        held = TIME_CLASSES[notes.length] * rng.uniform(config["shortest"], 1.05, (steps, lanes))
        notes.length = np.where(heard, time_class(np.rint(held).astype(np.int64)), notes.length)
        notes.in_beat = np.where(heard, (notes.in_beat + stray[:-1]) % TICKS_PER_QUARTER, notes.in_beat)
        slipped = heard & (rng.random((steps, lanes)) < config["wrong"])
        moved = np.clip(notes.pitch + rng.choice([-1, 1], (steps, lanes)), 0, N_PITCHES - 1)
        notes.pitch = np.where(slipped, moved, notes.pitch)
        return heard

    def validate(self, network: StepNetwork) -> dict[str, float]:
        """Bits per note on `valid`, mean over the sources that are judged; `score` is the total, negated."""
        there = sorted(set(self.valid_set.source.tolist()))
        by_source = bits_per_note(network, self.valid_set, [s for s in self.config["judged_on"] if s in there] or there)
        out = {f"{source}.total": value["total"] for source, value in by_source.items()}
        for name in (*HEADS, "total"):
            out[name] = float(np.mean([value[name] for value in by_source.values()]))
        out["score"] = -out["total"]
        return out


def target(batch: NoteBatch, head: str) -> np.ndarray:
    """Target classes of a head, `[T, B]`; `ABSENT` where there is none."""
    return np.where(batch.valid, getattr(batch.notes, head), ABSENT).astype(np.int64)


def cross_entropy(logits: Tensor, expected: np.ndarray) -> Tensor:
    """Loss at every note, in nats, `[T · B]`; 0 where nothing is expected."""
    classes = torch.from_numpy(expected).flatten().to(logits.device)
    return F.cross_entropy(logits.flatten(0, 1), classes, ignore_index=ABSENT, reduction="none")


@torch.no_grad()
def bits_per_note(network: StepNetwork, notes: NoteSet, sources: list[str]) -> dict[str, dict[str, float]]:
    """Bits per note of each head and in total, by source, over the first 256 notes of every piece; style given."""
    out: dict[str, dict[str, float]] = {}
    for source in sources:
        piece = np.flatnonzero(notes.source == source)
        sums, counts = dict.fromkeys(HEADS, 0.0), dict.fromkeys(HEADS, 0)
        for part in np.array_split(piece, -(-len(piece) // 64)):
            batch = opening(notes, part)
            levels = free(tuple(ATTRIBUTES), len(part))
            logits, _ = network(features(batch.notes, batch.style, levels).to(network.device))
            for name in HEADS:
                expected = target(batch, name)
                sums[name] += cross_entropy(logits[name], expected).sum().item()
                counts[name] += int((expected != ABSENT).sum())
        bits = {name: sums[name] / counts[name] / math.log(2) for name in HEADS}
        out[source] = bits | {"total": sum(bits.values())}
    return out
