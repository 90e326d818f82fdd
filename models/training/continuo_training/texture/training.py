"""What the autoencoder of textures learns from a batch: which cells are struck, and how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..corpus import CorpusMissingError
from ..networks.vae import Bars, Vae, VaeShape
from ..sampling_weights import piece_weights, style_shares
from ..training import Split
from .augmentation import Augmentation
from .bars import MOST_VELOCITY, TextureSet, cells
from .conditions import CONDITIONS, KIND, Conditions, conditions_of, only_kind, without
from .grid import LARGEST_OFFSET, METERS, N_ROWS, N_SLOTS, PARTS
from .measures import f1

CELLS = N_SLOTS * N_ROWS
FEELS = ("velocity", "offset", "length")


def shape(config: dict[str, Any]) -> VaeShape:
    """The shape of a network from the table `[network]` of a configuration."""
    encoder, decoder = (tuple(config[name]) for name in ("encoder", "decoder"))
    told, code = {"kind": KIND, "conditions": CONDITIONS}, {"code": config["code"], "feel": config["feel"]}
    return VaeShape(CELLS, len(PARTS), feels=len(FEELS), encoder=encoder, decoder=decoder, **told, **code)


@dataclass(frozen=True)
class Batch:
    """Bars as a network is given them, and what it is to say of them; all begin `[B]`."""

    bar: Tensor
    conditions: Tensor
    cells: Tensor
    """Which cells the meter has, `[B, cells]`."""
    feel: Tensor
    """`[B, feels, cells]`."""
    felt: Tensor
    """Where the feel is known."""

    def to(self, device: torch.device) -> Batch:
        """The batch on a device."""
        return Batch(*(values.to(device) for values in vars(self).values()))


def batch_of(bars: TextureSet, conditions: Conditions) -> Batch:
    """The tensors of bars. Velocity and offset are learned from those who played, lengths from hands."""
    played = bars.hits & (bars.velocity > 0)
    hands = bars.hits & (bars.part != PARTS.index("drums"))[:, None, None]
    feel = np.stack([bars.velocity / MOST_VELOCITY, bars.offset, bars.length], 1).astype(np.float32)
    felt = np.stack([played, played, hands], 1)
    inside = np.broadcast_to(cells(bars.meter), bars.hits.shape)
    return Batch(
        torch.from_numpy(bars.hits.reshape(len(bars), -1).astype(np.float32)),
        torch.from_numpy(conditions.vector()),
        torch.from_numpy(inside.reshape(len(bars), -1).astype(np.float32)),
        torch.from_numpy(feel).flatten(2),
        torch.from_numpy(felt.astype(np.float32)).flatten(2),
    )


def bounded(feel: Tensor) -> Tensor:
    """The feel within its ranges: velocity and length from 0 to 1, offsets up to half a sixteenth."""
    velocity, offset, length = feel.unbind(1)
    return torch.stack([velocity.sigmoid(), LARGEST_OFFSET * offset.tanh(), length.sigmoid()], 1)


class _Drawing:
    """Draws bars of one split, and to each another of the same part and meter."""

    def __init__(self, bars: TextureSet, config: dict[str, Any]) -> None:
        self.bars = bars
        chance = np.zeros(len(bars))
        for part, name in enumerate(PARTS):
            mine = np.flatnonzero(bars.part == part)
            if not len(mine):
                continue
            _, first, of_piece, lengths = np.unique(
                bars.piece[mine], return_index=True, return_inverse=True, return_counts=True
            )
            weights = piece_weights(bars.source[mine][first], bars.style[mine][first], lengths, config)
            chance[mine] = config["part_weight"][name] * (weights / lengths)[of_piece]
        self.chance = chance / chance.sum()
        self.cumulative = np.cumsum(self.chance)
        kind = bars.part * len(METERS) + bars.meter
        self.by_kind = np.argsort(kind, kind="stable")
        self.kinds = np.bincount(kind, minlength=len(PARTS) * len(METERS))
        self.begins = np.cumsum(self.kinds) - self.kinds

    def draw(self, rng: np.random.Generator, count: int) -> tuple[TextureSet, TextureSet]:
        """Bars, and others."""
        index = np.searchsorted(self.cumulative, rng.random(count) * self.cumulative[-1], side="right")
        index = np.minimum(index, len(self.bars) - 1)
        kind = self.bars.part[index] * len(METERS) + self.bars.meter[index]
        other = self.by_kind[self.begins[kind] + (rng.random(count) * self.kinds[kind]).astype(np.int64)]
        return self.bars.where(index), self.bars.where(other)


def some(bars: TextureSet, most: int) -> TextureSet:
    """At most so many bars of each part, evenly spread."""
    chosen = []
    for part in range(len(PARTS)):
        mine = np.flatnonzero(bars.part == part)
        chosen.append(mine[np.linspace(0, len(mine) - 1, min(most, len(mine))).astype(np.int64)])
    return bars.where(np.concatenate(chosen))


class TextureTask:
    """Batches, losses and validation. `config` is the table `[task]` of the TOML file."""

    name = "texture"

    def __init__(self, bars: TextureSet, config: dict[str, Any]) -> None:
        self.config = config
        self.sets = {split: bars.where(bars.split == split) for split in ("train", "valid")}
        for split, mine in self.sets.items():
            if not len(mine):
                raise CorpusMissingError(f"none of the {len(bars)} bars is of the split {split}: read in more pieces")
        self.drawing = {split: _Drawing(part, config) for split, part in self.sets.items()}
        self.augmented = Augmentation(config["augmentation"])

    def shares(self) -> str:
        """The share of each style in the bars that are drawn."""
        return style_shares(self.sets["train"].style, self.drawing["train"].chance)

    def sample(self, rng: np.random.Generator, split: Split) -> Batch:
        """A batch, of `train` augmented."""
        bars, others = self.drawing[split].draw(rng, self.config["batch"])
        if split == "train":
            bars = self.augmented(bars, others, rng)
        conditions = without(conditions_of(bars, self.config["edges"]), rng, self.config["left_free"])
        return batch_of(bars, conditions)

    def loss(
        self, network: Vae, rng: np.random.Generator, progress: float, split: Split = "train"
    ) -> tuple[Tensor, dict[str, float]]:
        """Loss of one random batch in nats a bar, and its parts. `progress` runs from 0 to 1 over the training."""
        batch = self.sample(rng, split).to(network.device)
        mean, spread = network.encode(batch.bar, batch.conditions)
        noise = torch.from_numpy(rng.standard_normal(mean.shape, np.float32)).to(mean.device)
        code = mean + noise * (0.5 * spread).exp()
        said = network.decode(code, batch.conditions)
        # Free bits (Kingma et al. 2016): what a dimension of the code may cost for nothing.
        cost = 0.5 * (mean.square() + spread.exp() - spread - 1).mean(0)
        paid = cost.clamp_min(self.config["free_bits"]).sum()
        beta = self.config["beta"] * min(progress / self.config["beta_rises"], 1.0)
        hits, feels = self._losses(said, batch)
        weights = self.config["weight"]
        loss = hits + beta * paid + sum(weights[name] * value for name, value in feels.items())
        parts = {"hits": hits.item(), "nats_of_code": cost.sum().item()}
        return loss, parts | {name: value.item() for name, value in feels.items()}

    def _losses(self, said: Bars, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Nats a bar of the cells, and squared errors a bar of the feel."""
        hits = F.binary_cross_entropy_with_logits(said.hits, batch.bar, weight=batch.cells, reduction="sum")
        errors = ((bounded(said.feel) - batch.feel).square() * batch.felt).sum((0, 2)) / len(batch.bar)
        return hits / len(batch.bar), dict(zip(FEELS, errors.unbind(), strict=True))

    def validate(self, network: Vae) -> dict[str, float]:
        """Strokes that come back from the mean codes of bars of `valid`, part by part; `score` is the mean F1."""
        bars = some(self.sets["valid"], self.config["judged"])
        back = reconstructed(network, bars, conditions_of(bars, self.config["edges"]))
        found = {}
        for part, name in enumerate(PARTS):
            mine = bars.part == part
            if mine.any():
                found[f"{name}.f1"] = f1(back.hits[mine], bars.hits[mine])
        return found | {"score": float(np.mean(list(found.values())))}


@dataclass(frozen=True)
class Said:
    """What a network made of bars, `[bars, slots, rows]` each."""

    chance: np.ndarray
    """That a cell is struck."""
    velocity: np.ndarray
    offset: np.ndarray
    length: np.ndarray

    @property
    def hits(self) -> np.ndarray:
        """What is likelier struck than not."""
        return self.chance > 0.5


def _parts(count: int, most: int = 4096) -> Iterator[slice]:
    return (slice(begin, begin + most) for begin in range(0, count, most))


@torch.no_grad()
def codes(network: Vae, bars: TextureSet) -> np.ndarray:
    """The mean codes of bars."""
    told = only_kind(conditions_of(bars, NO_EDGES)).vector()
    flat = bars.hits.reshape(len(bars), CELLS).astype(np.float32)
    found = [
        network.encode(torch.from_numpy(flat[part]), torch.from_numpy(told[part]))[0].numpy()
        for part in _parts(len(bars))
    ]
    return np.concatenate(found)


@torch.no_grad()
def decoded(network: Vae, code: np.ndarray, conditions: Conditions) -> Said:
    """The bars of codes."""
    told = conditions.vector()
    inside = cells(conditions.meter)
    chance, feel = [], []
    for part in _parts(len(code)):
        said = network.decode(torch.from_numpy(code[part]), torch.from_numpy(told[part]))
        chance.append(said.hits.sigmoid().numpy())
        feel.append(bounded(said.feel).numpy())
    struck = np.concatenate(chance).reshape(-1, N_SLOTS, N_ROWS) * inside
    felt = np.concatenate(feel).reshape(-1, len(FEELS), N_SLOTS, N_ROWS)
    return Said(struck, *felt.swapaxes(0, 1))


def reconstructed(network: Vae, bars: TextureSet, conditions: Conditions) -> Said:
    """What comes back of bars."""
    return decoded(network, codes(network, bars), conditions)


NO_EDGES = {part: dict.fromkeys(("density", "syncopation", "loudness"), [0.0] * 4) for part in PARTS}
