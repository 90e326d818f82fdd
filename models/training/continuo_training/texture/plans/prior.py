"""Which bar comes next: a Transformer with relative attention over codes of bars, and what it is measured against."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...vocabulary import N_STYLES
from ..grid import N_SLOTS
from .phrases import ECHOES, FORMS, KINDS, LONGEST, SECTION, Phrases

BITS = 1 / math.log(2)


class _Layer(nn.Module):
    """Attention that looks back and knows how far (Shaw et al. 2018, as a bias of each head), and an inner layer."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_inner = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value, self.mixed = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.back = nn.Parameter(torch.zeros(heads, LONGEST))
        self.inner = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, rows: Tensor) -> Tensor:
        """Rows `[B, bars, width]`."""
        bars = rows.shape[1]
        parts = self.query_key_value(self.before_attention(rows)).chunk(3, 2)
        query, key, value = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in parts)
        places = torch.arange(bars)
        back = places[:, None] - places
        bias = self.back[:, back.clamp_min(0)].masked_fill(back < 0, -torch.inf)
        found = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        rows = rows + self.dropout(self.mixed(found.transpose(1, 2).flatten(2)))
        return rows + self.dropout(self.inner(self.before_inner(rows)))


class Prior(nn.Module):
    """The chance of each code of the next bar, given those before, the kind, the style and what the musician plays."""

    def __init__(self, size: int, width: int = 96, heads: int = 4, depth: int = 2, dropout: float = 0.1) -> None:
        super().__init__()
        self.size = size
        parts, meters = KINDS
        self.code = nn.Embedding(parts * (size + 1), width)
        self.part, self.meter = nn.Embedding(parts, width), nn.Embedding(meters, width)
        self.style = nn.Embedding(N_STYLES, width)
        self.place, self.echo = nn.Embedding(2 * SECTION, width), nn.Embedding(len(ECHOES) + 1, width)
        self.form = nn.Embedding(len(FORMS) + 1, width)
        self.onsets = nn.Linear(N_SLOTS, width)
        self.layers = nn.ModuleList(_Layer(width, heads, dropout) for _ in range(depth))
        self.after = nn.LayerNorm(width)
        self.logits = nn.Linear(width, parts * size)
        self.copied = nn.Linear(width, len(ECHOES))
        """How sure it is that the code is that of so many bars back."""

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Log-chances `[B, bars, size]` of the code of each bar."""
        code, part = batch["code"], batch["part"]
        before = F.pad(code[:, :-1], (1, 0), value=self.size)
        place = torch.arange(code.shape[1]) % (2 * SECTION)
        rows = self.code(part[:, None] * (self.size + 1) + before) + self.place(place) + self.echo(batch["echo"])
        rows = rows + (self.part(part) + self.meter(batch["meter"]) + self.style(batch["style"]))[:, None]
        rows = rows + self.onsets(batch["onsets"]) + self.form(batch["form"])
        for layer in self.layers:
            rows = layer(rows)
        rows = self.after(rows)
        logits = self.logits(rows).unflatten(2, (-1, self.size))
        index = part[:, None, None, None].expand(-1, logits.shape[1], 1, self.size)
        logits = logits.gather(2, index)[:, :, 0]
        for number, back in enumerate(ECHOES):
            earlier = F.pad(F.one_hot(code[:, :-back], self.size), (0, 0, back, 0))
            logits = logits + self.copied(rows)[..., number, None] * earlier
        return logits.log_softmax(-1)


def tensors(of: Phrases, chosen: np.ndarray, told: np.ndarray | float = 0.0) -> dict[str, Tensor]:
    """A batch of phrases; of each section the form is told or not, by a mask `[B, sections]`."""
    names = ("code", "valid", "echo", "part", "meter", "style")
    batch = {name: torch.from_numpy(getattr(of, name)[chosen]) for name in names}
    known = np.broadcast_to(told, (len(chosen), LONGEST // SECTION)).repeat(SECTION, 1)
    batch["form"] = torch.from_numpy(np.where(known, of.form[chosen], 0))
    return batch | {"onsets": torch.from_numpy(of.onsets[chosen].astype(np.float32))}


def loss(prior: Prior, batch: dict[str, Tensor]) -> Tensor:
    """Bits a bar."""
    said = prior(batch).gather(2, batch["code"][..., None])[..., 0]
    return -(said * batch["valid"]).sum() / batch["valid"].sum() * BITS


@torch.no_grad()
def bits(prior: Prior, of: Phrases) -> float:
    """Bits a bar of all phrases."""
    prior.eval()
    total = count = 0.0
    for begin in range(0, len(of), 256):
        batch = tensors(of, np.arange(begin, min(begin + 256, len(of))))
        total += float(loss(prior, batch)) * float(batch["valid"].sum())
        count += float(batch["valid"].sum())
    return total / count


class Counted:
    """The chances of codes as they were counted: on their own, after the bar before, or as that of four bars ago."""

    def __init__(self, of: Phrases, size: int, chance: np.ndarray) -> None:
        self.size = size
        weight = np.repeat((chance * len(of))[:, None], LONGEST, 1)
        single = np.full(size, 0.5)
        np.add.at(single, of.code[of.valid], weight[of.valid])
        self.single = single / single.sum()
        pairs = np.zeros((size, size))
        both = of.valid[:, 1:]
        np.add.at(pairs, (of.code[:, :-1][both], of.code[:, 1:][both]), weight[:, 1:][both])
        self.pairs = pairs

    def chances(self, of: Phrases, kind: str, strength: float) -> np.ndarray:
        """The chance of every code that came, `[phrases, bars]`."""
        single = self.single[of.code]
        if kind == "unigram":
            return single
        if kind == "bigram":
            seen = self.pairs.sum(1)
            told = (self.pairs[of.code[:, :-1], of.code[:, 1:]] + strength * single[:, 1:]) / (
                seen[of.code[:, :-1]] + strength
            )
            return np.concatenate([single[:, :1], told], 1)
        same = of.code[:, SECTION:] == of.code[:, :-SECTION]
        told = strength * same + (1 - strength) * single[:, SECTION:]
        return np.concatenate([single[:, :SECTION], told], 1)

    def bits(self, of: Phrases, kind: str, strength: float) -> float:
        """Bits a bar."""
        return float(-np.log2(self.chances(of, kind, strength)[of.valid]).mean())

    def tuned(self, of: Phrases, kind: str) -> float:
        """The strength at which `of` costs least."""
        choices = {"unigram": [0.0], "bigram": [1, 3, 10, 30, 100, 300], "copy": [0.05 * step for step in range(1, 20)]}
        return min(choices[kind], key=lambda strength: self.bits(of, kind, strength))
