"""The attention family: a causal Transformer (Vaswani et al. 2017) with learned relative biases and a sliding cache."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .pitch_linear import CLASSES, PitchLinear, Width
from .recurrent import State


class Norm(nn.Module):
    """Root-mean-square normalisation (Zhang and Sennrich 2019) with one gain per channel."""

    def __init__(self, width: Width) -> None:
        super().__init__()
        self.width = width
        self.gain_regular = nn.Parameter(torch.ones(width.channels))
        self.gain_plain = nn.Parameter(torch.ones(width.plain))

    def gain(self) -> Tensor:
        """The gain of every value."""
        return torch.cat([self.gain_regular.repeat(CLASSES), self.gain_plain])

    @torch.no_grad()
    def assign(self, gain: Tensor) -> None:
        """The inverse of `gain`."""
        self.gain_regular.copy_(gain[: self.width.channels])
        self.gain_plain.copy_(gain[CLASSES * self.width.channels :])

    def forward(self, rows: Tensor) -> Tensor:
        """`[..., width]`, normalised."""
        return rows * torch.rsqrt(rows.square().mean(-1, keepdim=True) + 1e-6) * self.gain()


class Layer(nn.Module):
    """Attention over the last `context` steps, then a feed-forward net; both around a residual."""

    def __init__(self, width: Width, inner: Width, heads: int, context: int, dropout: float) -> None:
        super().__init__()
        self.width, self.heads, self.context = width, heads, context
        self.before_attention, self.before_inner = Norm(width), Norm(width)
        self.query_key_value = PitchLinear(width, width, 3, bias=False)
        self.mixed = PitchLinear(width, width)
        self.bias = nn.Parameter(torch.zeros(heads, context))
        """Of each head, for a key 0, 1, … steps back."""
        self.widened, self.narrowed = PitchLinear(width, inner), PitchLinear(inner, width)
        self.dropout = nn.Dropout(dropout)

    def split(self, rows: Tensor) -> Tensor:
        """`[B, T, width]` to `[B, heads, T, width / heads]`: each head has a share of channels, with all 12 classes."""
        batch, steps, _ = rows.shape
        channels, plain = self.width.channels, self.width.plain
        regular = rows[..., : CLASSES * channels].view(batch, steps, CLASSES, self.heads, channels // self.heads)
        regular = regular.transpose(2, 3).reshape(batch, steps, self.heads, -1)
        plain_part = rows[..., CLASSES * channels :].view(batch, steps, self.heads, plain // self.heads)
        return torch.cat([regular, plain_part], -1).transpose(1, 2)

    def joined(self, rows: Tensor) -> Tensor:
        """The inverse of `split`."""
        batch, heads, steps, _ = rows.shape
        channels, plain = self.width.channels, self.width.plain
        rows = rows.transpose(1, 2)
        share = CLASSES * channels // heads
        regular = rows[..., :share].reshape(batch, steps, heads, CLASSES, channels // heads).transpose(2, 3)
        return torch.cat([regular.reshape(batch, steps, -1), rows[..., share:].reshape(batch, steps, plain)], -1)

    def forward(self, rows: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """`rows` `[B, T, width]` after caches `[B, heads, older, ·]`; `mask` `[B, 1, 1, older + T]` is added."""
        steps = rows.shape[1]
        size = self.width.size
        projected = self.query_key_value(self.before_attention(rows))
        query, key, value = (self.split(projected[..., part * size : (part + 1) * size]) for part in range(3))
        keys, values = torch.cat([keys, key], 2), torch.cat([values, value], 2)
        bias = self.relative(steps, keys.shape[2])
        mixed = self.joined(F.scaled_dot_product_attention(query, keys, values, bias if mask is None else bias + mask))
        rows = rows + self.dropout(self.mixed(mixed))
        inner = F.relu(self.widened(self.before_inner(rows)))
        return rows + self.dropout(self.narrowed(inner)), keys, values

    def relative(self, steps: int, keys: int) -> Tensor:
        """Bias of every key for every step `[heads, T, keys]`; keys of the future or too far back are shut out."""
        back = torch.arange(keys - steps, keys)[:, None] - torch.arange(keys)[None]
        back = back.to(self.bias.device)
        shut = (back < 0) | (back >= self.context)
        return self.bias[:, back.clamp(0, self.context - 1)].masked_fill(shut, -1e4)


class Transformer(nn.Module):
    """A causal Transformer over feature vectors that attends to the last `context` steps."""

    def __init__(
        self, source: Width, width: Width, layers: int, heads: int, context: int, inner: Width, dropout: float
    ) -> None:
        super().__init__()
        self.source, self.output, self.context, self.heads = source, width, context, heads
        self.inputs = PitchLinear(source, width, by_channel=True)
        self.layers = nn.ModuleList(Layer(width, inner, heads, context, dropout) for _ in range(layers))
        self.after = Norm(width)

    def initial(self, batch: int) -> State:
        """Empty caches, and how much of them is filled."""
        device = self.inputs.regular.device
        shape = (batch, self.heads, self.context, self.output.size // self.heads)
        caches = {
            f"{part}{layer}": torch.zeros(shape, device=device)
            for layer in range(len(self.layers))
            for part in ("keys", "values")
        }
        return caches | {"filled": torch.zeros(batch, self.context, device=device)}

    def forward(self, rows: Tensor, state: State | None) -> tuple[Tensor, State]:
        """`[T, B, features]` and the caches before (none: nothing heard) to `[T, B, output]` and the caches after."""
        steps, batch, _ = rows.shape
        fresh = state is None
        state = state or self.initial(batch)
        # A sequence from nothing need not look at the empty places; after it, so many of them are full.
        older = 0 if fresh else self.context
        filled = torch.cat([state["filled"], rows.new_ones(batch, steps)], 1)
        mask = None if fresh else ((filled - 1.0) * 1e4)[:, None, None]
        after = {"filled": filled[:, -self.context :]}
        x = self.inputs(rows.transpose(0, 1))
        for index, layer in enumerate(self.layers):
            caches = [state[f"{part}{index}"] for part in ("keys", "values")]
            x, *full = layer(x, *(cache[:, :, self.context - older :] for cache in caches), mask)
            for part, cache, new in zip(("keys", "values"), caches, full, strict=True):
                after[f"{part}{index}"] = torch.cat([cache, new[:, :, older:]], 2)[:, :, -self.context :]
        return self.after(x).transpose(0, 1), after
