"""A codebook that follows what it is to stand for (van den Oord et al. 2017, with moving averages)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Codebook(nn.Module):
    """Vectors that stand for what is nearest to them.

    They are moving averages of what they stood for; one that stands for too little begins anew somewhere in the batch,
    as in Jukebox (Dhariwal et al. 2020).
    """

    vectors: Tensor
    counts: Tensor
    sums: Tensor

    def __init__(self, size: int, width: int, decay: float = 0.99, least: float = 1.0) -> None:
        super().__init__()
        self.decay, self.least = decay, least
        """Decay of the averages, and how many vectors a batch must have for a code, on average, or it is dead."""
        self.register_buffer("vectors", torch.zeros(size, width))
        self.register_buffer("counts", torch.zeros(size))
        self.register_buffer("sums", torch.zeros(size, width))

    def nearest(self, values: Tensor) -> Tensor:
        """The number of the code that is nearest to each of `values` `[B, width]`."""
        return (self.vectors.square().sum(1) - 2 * values @ self.vectors.T).argmin(1)

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """The codes of values and their vectors; gradients pass as if the vectors were the values."""
        if self.training:
            self._follow(values.detach())
        code = self.nearest(values)
        return code, values + (self.vectors[code] - values).detach()

    @torch.no_grad()
    def _follow(self, values: Tensor) -> None:
        """Moves the vectors towards what they stand for."""
        drawn = values[torch.randint(len(values), (len(self.counts),))]
        if not self.counts.any():
            self._begin(torch.ones(len(self.counts), dtype=torch.bool), drawn)
        one_hot = nn.functional.one_hot(self.nearest(values), len(self.counts)).float()
        self.counts.lerp_(one_hot.sum(0), 1 - self.decay)
        self.sums.lerp_(one_hot.T @ values, 1 - self.decay)
        self.vectors.copy_(self.sums / self.counts.clamp_min(1e-6)[:, None])
        self._begin(self.counts < self.least, drawn)

    def _begin(self, dead: Tensor, drawn: Tensor) -> None:
        self.vectors[dead] = drawn[dead]
        self.counts[dead] = self.least
        self.sums[dead] = drawn[dead] * self.least


def perplexity(code: Tensor, size: int) -> float:
    """How many codes would be in use if all were used alike: the exponential of the entropy of their use."""
    share = torch.bincount(code, minlength=size).double() / len(code)
    return float(torch.exp(-(share * share.clamp_min(1e-12).log()).sum()))


def unused(code: Tensor, size: int) -> int:
    """How many codes are not used at all."""
    return int((torch.bincount(code, minlength=size) == 0).sum())
