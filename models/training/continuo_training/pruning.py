"""Structured pruning: whole hidden units go, and what they said on average goes into the biases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from .recurrent import Shape, StepNetwork
from .training import Task


@dataclass
class Units:
    """Importance and mean activation of each hidden unit of one layer, `[H]` each."""

    importance: Tensor
    mean: Tensor

    def kept(self, count: int) -> Tensor:
        """Indices of the `count` most important units, ascending."""
        return torch.sort(torch.topk(self.importance, count).indices).values

    def removed(self, kept: Tensor) -> Tensor:
        """Indices of the other units, ascending."""
        mask = torch.ones(len(self.importance), dtype=torch.bool)
        mask[kept] = False
        return torch.nonzero(mask)[:, 0]


def measure(task: Task, network: StepNetwork, batches: int, seed: int) -> tuple[Units, Units]:
    """First-order (Taylor) importance of every unit on batches of `train`.

    Replacing a unit by its mean changes the loss by about g · (mean − h) at each step, where g is the gradient of the
    loss with respect to its state h, through time. The importance is the root mean square of that.
    """
    rng = np.random.default_rng(seed)
    network.eval()
    sums = [torch.zeros(4, size, dtype=torch.float64) for size in network.shape.hidden]
    count = 0
    for _ in tqdm(range(batches), desc="importance", mininterval=10):
        network.trace = [], []
        network.zero_grad(set_to_none=True)
        task.loss(network, rng, 1.0)[0].backward()
        for layer, states in enumerate(network.trace):
            state = torch.stack([s.detach() for s in states]).flatten(0, 1).double()
            slope = torch.stack([torch.zeros_like(s) if s.grad is None else s.grad for s in states])
            squared = slope.flatten(0, 1).double().square()
            # g² (h − m)², with the mean m known only at the end.
            sums[layer] += torch.stack(
                [state.sum(0), (squared * state * state).sum(0), (squared * state).sum(0), squared.sum(0)]
            )
        count += len(state)
    network.trace = None
    network.zero_grad(set_to_none=True)
    units = []
    for total, second, first, zeroth in sums:
        mean = total / count
        variance = (second - 2 * mean * first + mean * mean * zeroth) / count
        units.append(Units(variance.clamp_min(0).sqrt().float(), mean.float()))
    return units[0], units[1]


@torch.no_grad()
def prune(network: StepNetwork, units: tuple[Units, Units], hidden: tuple[int, int]) -> StepNetwork:
    """A smaller network of the `hidden` most important units of each layer."""
    keep = [unit.kept(size) for unit, size in zip(units, hidden, strict=True)]
    gone = [unit.removed(kept) for unit, kept in zip(units, keep, strict=True)]
    means = [unit.mean[removed] for unit, removed in zip(units, gone, strict=True)]
    small = StepNetwork(Shape(network.shape.features, hidden, network.shape.heads), network.dropout.p)
    for layer, (old, new) in enumerate(((network.gru0, small.gru0), (network.gru1, small.gru1))):
        size = network.shape.hidden[layer]
        rows = torch.cat([keep[layer] + gate * size for gate in range(3)])
        new.weight_hh_l0.copy_(old.weight_hh_l0[rows][:, keep[layer]])
        new.bias_hh_l0.copy_(old.bias_hh_l0[rows] + old.weight_hh_l0[rows][:, gone[layer]] @ means[layer])
        inputs, bias = old.weight_ih_l0[rows], old.bias_ih_l0[rows]
        if layer == 1:
            inputs, bias = inputs[:, keep[0]], bias + inputs[:, gone[0]] @ means[0]
        new.weight_ih_l0.copy_(inputs)
        new.bias_ih_l0.copy_(bias)
    for name, head in network.heads.items():
        small.heads[name].weight.copy_(head.weight[:, keep[1]])
        small.heads[name].bias.copy_(head.bias + head.weight[:, gone[1]] @ means[1])
    return small.eval()
