"""The step model of both networks: two GRU layers and linear heads."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Shape:
    """Sizes of a step model."""

    features: int
    hidden: tuple[int, int]
    heads: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a checkpoint or a card."""
        return asdict(self)


class StepNetwork(nn.Module):
    """Two GRU layers over a sequence of feature vectors, and one linear head per output.

    Tensors over time are `[T, B, size]`; states are `[B, H]`.
    """

    def __init__(self, shape: Shape, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.gru0 = nn.GRU(shape.features, shape.hidden[0])
        self.gru1 = nn.GRU(shape.hidden[0], shape.hidden[1])
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict({name: nn.Linear(shape.hidden[1], size) for name, size in shape.heads.items()})
        self.trace: tuple[list[Tensor], list[Tensor]] | None = None
        """When set, `forward` goes step by step and leaves the states of each layer here, with their gradients."""

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """States of both layers after every step, `[T, B, H0]` and `[T, B, H1]`, from states of zeros."""
        if self.trace is not None:
            return self._traced(features)
        states0, _ = self.gru0(features)
        states1, _ = self.gru1(self.dropout(states0))
        return states0, states1

    def _traced(self, features: Tensor) -> tuple[Tensor, Tensor]:
        self.trace = [], []
        gates = self.project(features)
        state0 = features.new_zeros(features.shape[1], self.shape.hidden[0])
        state1 = features.new_zeros(features.shape[1], self.shape.hidden[1])
        for step in range(len(features)):
            state0 = cell(self.gru0, gates[step], state0)
            state1 = self.step_above(state0, state1)
            for states, state in zip(self.trace, (state0, state1), strict=True):
                state.retain_grad()
                states.append(state)
        return torch.stack(self.trace[0]), torch.stack(self.trace[1])

    def logits(self, states1: Tensor) -> dict[str, Tensor]:
        """Output of every head for states of the second layer."""
        states1 = self.dropout(states1)
        return {name: head(states1) for name, head in self.heads.items()}

    def step(self, features: Tensor, state0: Tensor, state1: Tensor) -> tuple[Tensor, Tensor]:
        """States after one step on `features` `[B, features]`."""
        state0 = cell(self.gru0, self.project(features), state0)
        return state0, self.step_above(state0, state1)

    def step_above(self, state0: Tensor, state1: Tensor) -> Tensor:
        """State of the second layer after one step on the first layer's new state."""
        layer = self.gru1
        return cell(layer, torch.addmm(layer.bias_ih_l0, self.dropout(state0), layer.weight_ih_l0.t()), state1)

    def project(self, features: Tensor) -> Tensor:
        """Input part of the gates of the first layer, `[..., 3 · H0]`."""
        return nn.functional.linear(features, self.gru0.weight_ih_l0, self.gru0.bias_ih_l0)


def cell(layer: nn.GRU, projected: Tensor, state: Tensor) -> Tensor:
    """One GRU step from the input part of the gates `[B, 3 · H]` and the state `[B, H]`."""
    recurrent = torch.addmm(layer.bias_hh_l0, state, layer.weight_hh_l0.t())
    size = state.shape[1]
    gates = torch.sigmoid(projected[:, : 2 * size] + recurrent[:, : 2 * size])
    reset, update = gates[:, :size], gates[:, size:]
    candidate = torch.tanh(projected[:, 2 * size :] + reset * recurrent[:, 2 * size :])
    return torch.lerp(candidate, state, update)


def parameter_count(network: nn.Module) -> int:
    """Number of trained values."""
    return sum(parameter.numel() for parameter in network.parameters())
