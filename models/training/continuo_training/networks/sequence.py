"""The bodies that read a whole sequence at once, in both directions.

A row of zeros lies after the end of its sequence: what comes before it never hears it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .pitch_linear import CLASSES, PitchLinear, Width
from .recurrent import Gru, State
from .transformer import Layer, Norm


def _heard(rows: Tensor) -> Tensor:
    """Whether each row `[T, B, features]` is part of its sequence, `[T, B]`."""
    return rows.ne(0).any(-1)


class TwoWayLayer(Layer):
    """A layer of attention over the whole sequence, with a learned bias for how far off a key lies."""

    def __init__(self, width: Width, inner: Width, heads: int, reach: int, dropout: float) -> None:
        super().__init__(width, inner, heads, 2 * reach + 1, dropout)
        self.reach = reach
        # At first the heads look less and less far (Press et al. 2022), the last one everywhere alike.
        distance = torch.arange(-reach, reach + 1).abs()
        slopes = torch.tensor([0.5 * 0.25**head for head in range(heads - 1)] + [0.0])
        with torch.no_grad():
            self.bias.copy_(-slopes[:, None] * distance)

    def relative(self, steps: int, keys: int) -> Tensor:
        """Bias of every key for every step `[heads, T, keys]`; beyond `reach` all keys are as far."""
        places = torch.arange(keys, device=self.bias.device)
        ahead = (places[None] - places[:steps, None]).clamp(-self.reach, self.reach)
        return self.bias[:, ahead + self.reach]


class Encoder(nn.Module):
    """A Transformer that looks both ways (Vaswani et al. 2017), with relative biases (Shaw et al. 2018)."""

    def __init__(
        self, source: Width, width: Width, layers: int, heads: int, reach: int, inner: Width, dropout: float
    ) -> None:
        super().__init__()
        self.source, self.output, self.heads = source, width, heads
        self.inputs = PitchLinear(source, width, by_channel=True)
        self.layers = nn.ModuleList(TwoWayLayer(width, inner, heads, reach, dropout) for _ in range(layers))
        self.after = Norm(width)

    def forward(self, rows: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """`[T, B, features]` to `[T, B, output]`; there is no state."""
        batch = rows.shape[1]
        mask = ((_heard(rows).float() - 1.0) * 1e4).T[:, None, None]
        nothing = rows.new_zeros(batch, self.heads, 0, self.output.size // self.heads)
        x = self.inputs(rows.transpose(0, 1))
        for layer in self.layers:
            x, *_ = layer(x, nothing, nothing, mask)
        return self.after(x).transpose(0, 1), {}


class _Dilated(nn.Module):
    """A convolution over three rows `dilation` apart, then a map back; around a residual."""

    def __init__(self, width: Width, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.before = Norm(width)
        self.taps = nn.ModuleList(PitchLinear(width, width, bias=tap == 1) for tap in range(3))
        self.narrowed = PitchLinear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, rows: Tensor, heard: Tensor) -> Tensor:
        """`[T, B, width]` to the same; rows that are not `heard` say nothing."""
        padded = F.pad(self.before(rows) * heard, (0, 0, 0, 0, self.dilation, self.dilation))
        steps = len(rows)
        inner = sum(tap(padded[at * self.dilation :][:steps]) for at, tap in enumerate(self.taps))
        return rows + self.dropout(self.narrowed(F.relu(inner)))


class Convolution(nn.Module):
    """Residual convolutions whose reach doubles from layer to layer (van den Oord et al. 2016), both ways."""

    def __init__(self, source: Width, width: Width, layers: int, dropout: float) -> None:
        super().__init__()
        self.source, self.output = source, width
        self.inputs = PitchLinear(source, width, by_channel=True)
        self.layers = nn.ModuleList(_Dilated(width, 2**index, dropout) for index in range(layers))
        self.after = Norm(width)

    def forward(self, rows: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """`[T, B, features]` to `[T, B, output]`; there is no state."""
        heard = _heard(rows)[..., None]
        x = self.inputs(rows)
        for layer in self.layers:
            x = layer(x, heard)
        return self.after(x), {}


class BidirectionalGru(nn.Module):
    """Gated recurrent units in both directions (Schuster and Paliwal 1997); the layers hear both."""

    def __init__(self, source: Width, hidden: list[Width], dropout: float) -> None:
        super().__init__()
        both = [Width(2 * width.channels, 2 * width.plain) for width in hidden]
        below = [source, *both[:-1]]
        self.source, self.output = source, both[-1]
        self.directions = nn.ModuleList(
            nn.ModuleList(Gru(a, [b], 0.0) for _ in range(2)) for a, b in zip(below, hidden, strict=True)
        )
        for layer in self.directions[1:]:
            for direction in layer:
                direction.inputs[0].by_channel = False
        self.dropout = nn.Dropout(dropout)

    def forward(self, rows: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """`[T, B, features]` to `[T, B, output]`; there is no state."""
        steps = torch.arange(len(rows), device=rows.device)[:, None]
        lengths = _heard(rows).sum(0)[None]
        turned = torch.where(steps < lengths, lengths - 1 - steps, steps)[..., None]
        for index, layer in enumerate(self.directions):
            rows = self.dropout(rows) if index else rows
            ahead, _ = layer[0](rows, None)
            back, _ = layer[1](rows.gather(0, turned.expand_as(rows)), None)
            rows = side_by_side(ahead, back.gather(0, turned.expand_as(back)), layer[0].output)
        return rows, {}


def side_by_side(ours: Tensor, theirs: Tensor, width: Width) -> Tensor:
    """Two vectors as one: the channels of both in each class, then the plain values of both."""
    split = CLASSES * width.channels
    regular = [values[..., :split].unflatten(-1, (CLASSES, width.channels)) for values in (ours, theirs)]
    return torch.cat([torch.cat(regular, -1).flatten(-2), ours[..., split:], theirs[..., split:]], -1)
