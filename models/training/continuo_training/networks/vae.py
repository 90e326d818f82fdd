"""A variational autoencoder of bars (Kingma and Welling 2014) that is told what is asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class VaeShape:
    """The sizes of a network."""

    cells: int
    """Cells of a bar."""
    parts: int
    """Parts; the conditions begin with which one it is."""
    kind: int
    """How many of the conditions say what kind of bar it is: the part among them. The encoder is told no others."""
    conditions: int
    feels: int
    """Values of feel of each cell."""
    code: int
    encoder: tuple[int, ...]
    """Hidden layers."""
    decoder: tuple[int, ...]
    feel: int
    """Width of the layer through which the feel is told."""
    family: str = "vae"

    def as_dict(self) -> dict[str, Any]:
        """The sizes as a checkpoint and a card have them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, sizes: dict[str, Any]) -> VaeShape:
        """The shape that `as_dict` described."""
        return cls(**sizes | {name: tuple(sizes[name]) for name in ("encoder", "decoder")})


@dataclass(frozen=True)
class Bars:
    """What a decoder says of bars: of every cell whether it is struck, and with which feel."""

    hits: Tensor
    """Logits `[B, cells]`."""
    feel: Tensor
    """`[B, feels, cells]`."""


def layers(sizes: tuple[int, ...], dropout: float) -> nn.Sequential:
    """Linear maps from each size to the next, each but the first behind a rectifier."""
    chain: list[nn.Module] = [nn.Linear(*sizes[:2])]
    for source, target in pairwise(sizes[1:]):
        chain += [nn.ReLU(), nn.Dropout(dropout), nn.Linear(source, target)]
    return nn.Sequential(*chain)


class Vae(nn.Module):
    """Bars to codes and back. The first map from the cells, and the last one to them, is each part's own."""

    def __init__(self, shape: VaeShape, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = layers((shape.parts * shape.cells + shape.kind, *shape.encoder, 2 * shape.code), dropout)
        self.decoder = layers((shape.code + shape.conditions, *shape.decoder), dropout)
        self.hits = nn.Linear(shape.decoder[-1], shape.parts * shape.cells)
        self.feel = layers((shape.decoder[-1], shape.feel, shape.feels * shape.cells), 0.0)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.hits.weight.device

    def encode(self, bar: Tensor, conditions: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance `[B, code]` of the codes of bars `[B, cells]`."""
        part = conditions[:, : self.shape.parts, None]
        by_part = (bar[:, None] * part).flatten(1)
        told = torch.cat([by_part, conditions[:, : self.shape.kind]], 1)
        mean, spread = self.encoder(told).chunk(2, 1)
        return mean, spread

    def decode(self, code: Tensor, conditions: Tensor) -> Bars:
        """The bars of codes."""
        hidden = torch.relu(self.decoder(torch.cat([code, conditions], 1)))
        by_part = self.hits(hidden).unflatten(1, (self.shape.parts, self.shape.cells))
        hits = (by_part * conditions[:, : self.shape.parts, None]).sum(1)
        return Bars(hits, self.feel(hidden).unflatten(1, (self.shape.feels, self.shape.cells)))
