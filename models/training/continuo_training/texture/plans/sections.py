"""Codes of sections: what four bars are together, learned from the codes of bars that are learned already.

A hierarchy that is learned at once starves its upper level: the levels are trained apart (Dhariwal et al. 2020).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .codebook import Codebook
from .phrases import KINDS, SECTION, Phrases

COMMITMENT = 0.25


class Sections(nn.Module):
    """Four codes of bars to the code of a section, and back."""

    def __init__(self, size: int, sections: int, width: int = 32) -> None:
        super().__init__()
        self.size = size
        parts, _ = KINDS
        self.code = nn.Embedding(parts * size, width)
        self.part = nn.Embedding(parts, width)
        self.encoder = nn.Sequential(nn.Linear(SECTION * width, 128), nn.ReLU(), nn.Linear(128, width))
        self.codebook = Codebook(sections, width, decay=0.97)
        self.decoder = nn.Sequential(nn.Linear(2 * width, 128), nn.ReLU(), nn.Linear(128, SECTION * size))

    def encode(self, bars: Tensor, part: Tensor) -> Tensor:
        """What sections `[B, SECTION]` of codes are, `[B, width]`."""
        return self.encoder(self.code(part[:, None] * self.size + bars).flatten(1))

    def decode(self, section: Tensor, part: Tensor) -> Tensor:
        """Log-chances `[B, SECTION, size]` of the codes of a section's bars."""
        told = torch.cat([section, self.part(part)], 1)
        return self.decoder(told).unflatten(1, (SECTION, self.size)).log_softmax(-1)

    def loss(self, bars: Tensor, part: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The loss in nats a bar, the nats of the bars alone, and the codes of the sections."""
        heard = self.encode(bars, part)
        code, vector = self.codebook(heard)
        nats = F.nll_loss(self.decode(vector, part).flatten(0, 1), bars.flatten())
        commitment = (heard - self.codebook.vectors[code]).square().mean()
        return nats + COMMITMENT * commitment, nats, code


def sections_of(of: Phrases) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The whole sections of phrases: codes `[sections, SECTION]`, part, and the phrase of each."""
    bars = of.code.reshape(len(of), -1, SECTION)
    whole = of.valid.reshape(len(of), -1, SECTION).all(2)
    phrase = np.nonzero(whole)[0]
    return bars[whole], of.part[phrase], phrase
