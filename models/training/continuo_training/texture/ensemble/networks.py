"""The two who learn from each other: one makes a bar of all parts, the other says how much it is like people's."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..conditions import CONDITIONS
from ..grid import N_ROWS, N_SLOTS, PARTS, ROWS

CELLS = N_SLOTS * N_ROWS
DRUMS, CHORDS, BASS = range(len(PARTS))
KICK, SNARE = ROWS["drums"].index("kick"), ROWS["drums"].index("snare")
STREAMS = 8
RARELY = -1.0
"""What a neuron of an untrained network is biased by: bars have more silence than strokes."""


def binary(values: Tensor, slope: float) -> Tensor:
    """1 where a value is above 0; gradients pass as through a sigmoid of that slope.

    Deterministic binary neurons with a straight-through estimator and slope annealing (Dong and Yang 2018, after
    Bengio et al. 2013 and Chung et al. 2017).
    """
    soft = torch.sigmoid(slope * values)
    return soft + ((values > 0).float() - soft).detach()


def one_of(values: Tensor, slope: float) -> Tensor:
    """1 for the largest of the values along the last axis; gradients pass as through a softmax."""
    soft = torch.softmax(slope * values, -1)
    return soft + (F.one_hot(values.argmax(-1), values.shape[-1]).float() - soft).detach()


class Generator(nn.Module):
    """Bars of all parts from conditions and a place: shared layers, then layers of each part's own."""

    def __init__(self, shared: int = 24, private: int = 8, width: int = 192, own: int = 128) -> None:
        super().__init__()
        self.shared, self.private = shared, private
        self.together = nn.Sequential(
            nn.Linear(CONDITIONS + shared, width),
            nn.LayerNorm(width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.LayerNorm(width),
            nn.ReLU(),
        )
        # A hand strikes one of its rows in a slot, or none: whether and which are said apart.
        outputs = [CELLS if part == DRUMS else CELLS + N_SLOTS for part in range(len(PARTS))]
        self.parts = nn.ModuleList(
            nn.Sequential(nn.Linear(width + CONDITIONS + private, own), nn.ReLU(), nn.Linear(own, size))
            for size in outputs
        )
        for part in self.parts:
            nn.init.constant_(part[-1].bias, RARELY)

    @property
    def place(self) -> int:
        """Numbers of a place: those that all parts share, then each part's own."""
        return self.shared + len(PARTS) * self.private

    def forward(self, place: Tensor, told: Tensor, inside: Tensor, slope: float) -> Tensor:
        """Hits `[B, parts, slots, rows]` of places `[B, place]`, conditions `[B, CONDITIONS]` and allowed cells."""
        common, *own = place.split([self.shared] + [self.private] * len(PARTS), 1)
        rows = self.together(torch.cat([told, common], 1))
        struck = []
        for part, (layers, mine) in enumerate(zip(self.parts, own, strict=True)):
            said = layers(torch.cat([rows, told, mine], 1))
            if part == DRUMS:
                struck.append(binary(said, slope).view(-1, N_SLOTS, N_ROWS))
            else:
                whether, which = said.split([N_SLOTS, CELLS], 1)
                row = one_of(which.view(-1, N_SLOTS, N_ROWS), slope)
                struck.append(binary(whether, slope)[..., None] * row)
        return torch.stack(struck, 1) * inside


def streams(hits: Tensor) -> Tensor:
    """Who strikes when, `[B, STREAMS, slots]`, and which two strike at once.

    Drums, Chords, Bass, kick, snare; kick with Bass, snare with Chords, Chords with Bass.
    """
    any_row = hits.amax(3)
    kick, snare = hits[:, DRUMS, :, KICK], hits[:, DRUMS, :, SNARE]
    chords, bass = any_row[:, CHORDS], any_row[:, BASS]
    alone = [any_row[:, DRUMS], chords, bass, kick, snare]
    return torch.stack([*alone, kick * bass, snare * chords, chords * bass], 1)


class Critic(nn.Module):
    """How much a bar is like people's: layers of each part, of the streams of onsets, and of all of it."""

    def __init__(self, width: int = 128, own: int = 96) -> None:
        super().__init__()
        self.parts = nn.ModuleList(nn.Linear(CELLS + CONDITIONS, own) for _ in PARTS)
        self.streams = nn.Linear(STREAMS * N_SLOTS + CONDITIONS, own)
        self.together = nn.Sequential(
            nn.Linear((len(PARTS) + 1) * own + CONDITIONS, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, 1),
        )

    def forward(self, hits: Tensor, told: Tensor) -> Tensor:
        """A number for each bar `[B]`; hits `[B, parts, slots, rows]`."""
        seen = [layer(torch.cat([hits[:, part].flatten(1), told], 1)) for part, layer in enumerate(self.parts)]
        seen.append(self.streams(torch.cat([streams(hits).flatten(1), told], 1)))
        rows = F.leaky_relu(torch.cat(seen, 1), 0.2)
        return self.together(torch.cat([rows, told], 1))[:, 0]
