"""Structured pruning of the recurrent families: whole units go, and what they said on average goes into the biases.

A unit is a regular channel (12 values, one per pitch class) or one plain value of a layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from .networks.pitch_linear import CLASSES, PitchLinear, Width
from .networks.step_network import StepNetwork
from .training import Task

FAMILIES = ("gru", "lstm")
"""What can be pruned."""


@dataclass
class Units:
    """Importance and mean activation of the channels and of the plain units of one layer."""

    channels: Tensor
    plain: Tensor
    mean_channels: Tensor
    mean_plain: Tensor

    def kept(self, share: float) -> Kept:
        """The most important share of each kind."""
        return Kept(_largest(self.channels, share), _largest(self.plain, share))


@dataclass
class Kept:
    """Indices of the channels and plain units that stay, ascending."""

    channels: Tensor
    plain: Tensor

    @property
    def width(self) -> Width:
        """Size of what is left."""
        return Width(len(self.channels), len(self.plain))


def _largest(importance: Tensor, share: float) -> Tensor:
    """Indices of the largest values, ascending; an even number of them, so that rows stay aligned."""
    count = max(2 * round(share * len(importance) / 2), 2)
    return torch.sort(torch.topk(importance, min(count, len(importance))).indices).values


def listeners(network: StepNetwork, layer: int) -> list[PitchLinear]:
    """The linear maps that read the output of a recurrent layer."""
    body = network.body
    above = body.inputs[layer + 1] if layer + 1 < len(body.hidden) else network.heads
    return [body.recurrent[layer], above]


def measure(task: Task, network: StepNetwork, batches: int, seed: int) -> list[Units]:
    """First-order (Taylor) importance of every unit on batches of `train` (Molchanov et al. 2019).

    Without a unit the loss changes by about the sum of gradient · weight over the weights that read it. The importance
    is the mean square of that over the batches.
    """
    layers = len(network.body.hidden)
    squares: list[list[Tensor]] = [[torch.zeros(()), torch.zeros(())] for _ in range(layers)]
    means: list[Tensor] = [torch.zeros(())] * layers
    outputs: dict[int, Tensor] = {}
    run = network.body.layer

    def watched(layer: int, rows: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        out = run(layer, rows, state)
        outputs[layer] = out[0].detach().flatten(0, -2).mean(0)
        return out

    network.eval()
    network.body.layer = watched
    for batch in tqdm(range(batches), desc="importance", mininterval=10):
        network.zero_grad(set_to_none=True)
        task.loss(network, np.random.default_rng([seed, batch]), 1.0)[0].backward()
        for layer in range(layers):
            change = [sum(parts) for parts in zip(*(_changes(map_) for map_ in listeners(network, layer)), strict=True)]
            squares[layer] = [total + part.square() for total, part in zip(squares[layer], change, strict=True)]
            means[layer] = means[layer] + outputs[layer] / batches
    del network.body.layer
    network.zero_grad(set_to_none=True)
    return [
        Units(
            channels,
            plain,
            mean[: CLASSES * width.channels].view(CLASSES, -1).mean(0),
            mean[CLASSES * width.channels :],
        )
        for (channels, plain), mean, width in zip(squares, means, network.body.hidden, strict=True)
    ]


def _changes(listener: PitchLinear) -> tuple[Tensor, Tensor]:
    """Sum of gradient · weight over the weights that read each channel and each plain value of the source."""

    def product(parameter: Tensor) -> Tensor:
        return (parameter * parameter.grad).detach()

    regular = product(listener.regular).view(-1, listener.source.channels, CLASSES).sum((0, 2))
    spread = product(listener.plain_from_regular).sum(0)
    return regular + spread, product(listener.regular_from_plain).sum(0) + product(listener.plain).sum(0)


@torch.no_grad()
def thinned(old: PitchLinear, rows: Kept | None, columns: Kept | None, units: Units | None) -> PitchLinear:
    """The map without the units that are not kept; `None` keeps all. `units` says what removed columns said."""
    every = Kept(torch.arange(old.source.channels), torch.arange(old.source.plain))
    inputs = columns or every
    outputs = rows or Kept(torch.arange(old.target.channels), torch.arange(old.target.plain))
    new = PitchLinear(
        inputs.width, outputs.width, old.gates, bias=old.bias_regular is not None, by_channel=old.by_channel
    )
    gates, co, do, ci, di = old.gates, old.target.channels, old.target.plain, old.source.channels, old.source.plain
    regular = old.regular.view(gates, co, ci, CLASSES)[:, outputs.channels]
    from_plain = old.regular_from_plain.view(gates, co, di)[:, outputs.channels]
    spread = old.plain_from_regular.view(gates, do, ci)[:, outputs.plain]
    plain = old.plain.view(gates, do, di)[:, outputs.plain]
    new.regular.copy_(regular[:, :, inputs.channels].reshape(new.regular.shape))
    new.regular_from_plain.copy_(from_plain[:, :, inputs.plain].reshape(new.regular_from_plain.shape))
    new.plain_from_regular.copy_(spread[:, :, inputs.channels].reshape(new.plain_from_regular.shape))
    new.plain.copy_(plain[:, :, inputs.plain].reshape(new.plain.shape))
    if old.bias_regular is not None:
        bias_regular = old.bias_regular.view(gates, co)[:, outputs.channels]
        bias_plain = old.bias_plain.view(gates, do)[:, outputs.plain]
        if columns is not None and units is not None:
            gone_channels, gone_plain = units.mean_channels.clone(), units.mean_plain.clone()
            gone_channels[columns.channels], gone_plain[columns.plain] = 0, 0
            bias_regular = bias_regular + regular.sum(-1) @ gone_channels + from_plain @ gone_plain
            bias_plain = bias_plain + CLASSES * (spread @ gone_channels) + plain @ gone_plain
        new.bias_regular.copy_(bias_regular.reshape(-1))
        new.bias_plain.copy_(bias_plain.reshape(-1))
    return new


def prune(network: StepNetwork, units: list[Units], share: float) -> StepNetwork:
    """A smaller network of the most important `share` of the units of each layer."""
    kept = [unit.kept(share) for unit in units]
    hidden = tuple((keep.width.channels, keep.width.plain) for keep in kept)
    small = StepNetwork(replace(network.shape, hidden=hidden), network.dropout.p)
    old, new = network.body, small.body
    for layer, keep in enumerate(kept):
        below = (kept[layer - 1], units[layer - 1]) if layer else (None, None)
        new.inputs[layer] = thinned(old.inputs[layer], keep, *below)
        new.recurrent[layer] = thinned(old.recurrent[layer], keep, keep, units[layer])
    small.heads = thinned(network.heads, None, kept[-1], units[-1])
    return small.eval()
