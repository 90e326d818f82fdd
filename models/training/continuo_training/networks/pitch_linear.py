"""A linear map that commutes with transposition: moving its input by n semitones moves its output by n semitones.

Vectors have a *regular* part, one group of 12 values (the pitch classes) per channel, and a *plain* part, which
transposition leaves alone. A linear map commutes with the rotation of the pitch classes if and only if it is circulant
between regular channels and constant along the pitch classes between regular and plain ones (Cohen and Welling 2016,
"Group equivariant convolutional networks", for the cyclic group of 12). So every weight is shared by 12 keys, and no
key has to be learned on its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

CLASSES = 12
_TURN = (torch.arange(CLASSES)[:, None] - torch.arange(CLASSES)[None]) % CLASSES
"""Interval from input class j to output class i, `[12, 12]`."""


@dataclass(frozen=True)
class Width:
    """Size of a vector: regular channels (12 values each, class by class) and plain values after them."""

    channels: int
    plain: int

    @property
    def size(self) -> int:
        """Number of values."""
        return CLASSES * self.channels + self.plain


class PitchLinear(nn.Module):
    """`gates` linear maps side by side from vectors of width `source` to vectors of width `target`.

    `by_channel`: the regular part of the source lies channel by channel (`[channels, 12]`), as in the feature vectors;
    otherwise class by class (`[12, channels]`).
    """

    def __init__(
        self, source: Width, target: Width, gates: int = 1, *, bias: bool = True, by_channel: bool = False
    ) -> None:
        super().__init__()
        self.source, self.target, self.gates, self.by_channel = source, target, gates, by_channel
        reach = max(source.size, 1) ** -0.5
        rows = {"regular": gates * target.channels, "plain": gates * target.plain}
        columns = {"regular": source.channels * CLASSES, "plain": source.plain}
        self.regular = _uniform(rows["regular"], columns["regular"], reach)
        self.regular_from_plain = _uniform(rows["regular"], columns["plain"], reach)
        # Sums over 12 classes: smaller, so that both parts speak equally loud.
        self.plain_from_regular = _uniform(rows["plain"], source.channels, reach)
        self.plain = _uniform(rows["plain"], columns["plain"], reach)
        self.bias_regular = nn.Parameter(torch.zeros(rows["regular"])) if bias else None
        self.bias_plain = nn.Parameter(torch.zeros(rows["plain"])) if bias else None
        self._dense: tuple[Tensor, Tensor] | None = None

    def train(self, mode: bool = True) -> PitchLinear:
        """Forgets the dense weights: they may change."""
        self._dense = None
        return super().train(mode)

    def dense(self) -> tuple[Tensor, Tensor]:
        """The weights as a matrix `[gates · target, source]` and the bias `[gates · target]`."""
        if self.training or torch.is_grad_enabled() or torch.jit.is_tracing():
            return self._expanded()
        if self._dense is None:
            self._dense = self._expanded()
        return self._dense

    def _expanded(self) -> tuple[Tensor, Tensor]:
        gates, (ci, di), (co, do) = self.gates, _parts(self.source), _parts(self.target)
        order = (0, 3, 1, 2, 4) if self.by_channel else (0, 3, 1, 4, 2)
        turn = _TURN.to(self.regular.device)
        regular = self.regular.view(gates, co, ci, CLASSES)[..., turn].permute(order)
        regular = regular.reshape(gates, CLASSES * co, CLASSES * ci)
        from_plain = self.regular_from_plain.view(gates, 1, co, di).repeat(1, CLASSES, 1, 1)
        above = torch.cat([regular, from_plain.reshape(gates, CLASSES * co, di)], 2)
        spread = self.plain_from_regular.view(gates, do, 1, ci).repeat(1, 1, CLASSES, 1)
        if self.by_channel:
            spread = spread.transpose(2, 3)
        below = torch.cat([spread.reshape(gates, do, CLASSES * ci), self.plain.view(gates, do, di)], 2)
        weight = torch.cat([above, below], 1).reshape(gates * self.target.size, self.source.size)
        if self.bias_regular is None:
            return weight, weight.new_zeros(len(weight))
        bias = self.bias_regular.view(gates, 1, co).repeat(1, CLASSES, 1).reshape(gates, CLASSES * co)
        return weight, torch.cat([bias, self.bias_plain.view(gates, do)], 1).reshape(-1)

    @torch.no_grad()
    def assign(self, weight: Tensor, bias: Tensor) -> None:
        """The inverse of `dense`: takes over the weights of a dense map, which must commute with transposition."""
        gates, ci, co = self.gates, self.source.channels, self.target.channels
        weight, bias = weight.view(gates, self.target.size, self.source.size), bias.view(gates, self.target.size)
        above, below = weight[:, : CLASSES * co].view(gates, CLASSES, co, -1), weight[:, CLASSES * co :]
        regular = above[..., : CLASSES * ci]
        # What input class 0 says to output class d is what every class says d steps up.
        first = regular[..., ::CLASSES] if self.by_channel else regular[..., :ci]
        spread = below[..., : CLASSES * ci]
        self.regular.copy_(first.permute(0, 2, 3, 1).reshape(self.regular.shape))
        self.regular_from_plain.copy_(above[:, 0, :, CLASSES * ci :].reshape(self.regular_from_plain.shape))
        spread = spread[..., ::CLASSES] if self.by_channel else spread[..., :ci]
        self.plain_from_regular.copy_(spread.reshape(self.plain_from_regular.shape))
        self.plain.copy_(below[..., CLASSES * ci :].reshape(self.plain.shape))
        if self.bias_regular is not None:
            self.bias_regular.copy_(bias[:, :co].reshape(-1))
            self.bias_plain.copy_(bias[:, CLASSES * co :].reshape(-1))
        self._dense = None

    def forward(self, vectors: Tensor) -> Tensor:
        """`[..., source]` to `[..., gates · target]`."""
        weight, bias = self.dense()
        return nn.functional.linear(vectors, weight, bias)


def _parts(width: Width) -> tuple[int, int]:
    return width.channels, width.plain


def _uniform(rows: int, columns: int, reach: float) -> nn.Parameter:
    return nn.Parameter(torch.empty(rows, columns).uniform_(-reach, reach))
