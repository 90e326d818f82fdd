"""Taking whole units out of a network."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from continuo_training import pruning
from continuo_training.networks.step_network import Shape, StepNetwork, parameter_count

HEADS = {"class": ("classes", 1, 1), "plain": ("classes", 0, 3)}
FAMILIES = ("gru", "lstm")


def network(family, hidden=((6, 8), (4, 6))):
    torch.manual_seed(0)
    return StepNetwork(Shape(family, (2, 5), hidden, HEADS)).eval()


def rows(steps=6, batch=16, seed=1):
    made = np.random.default_rng(seed).standard_normal((steps, batch, 29))
    return torch.from_numpy(made.astype(np.float32))


class Sums:
    """The sign of the sum of the features so far, and which pitch class was the loudest."""

    name = "sums"

    def loss(self, net, rng, progress, split="train"):
        features = torch.from_numpy(rng.standard_normal((6, 16, 29)).astype(np.float32))
        logits, _ = net(features)
        sign = (features.sum(-1).cumsum(0) > 0).long()
        loud = features[..., :12].argmax(-1)
        loss = torch.nn.functional.cross_entropy(logits["plain"].flatten(0, 1), sign.flatten())
        loss = loss + torch.nn.functional.cross_entropy(logits["class"].flatten(0, 1), loud.flatten())
        return loss, {}


def measured(net):
    return pruning.measure(Sums(), net, 2, 0)


@torch.no_grad()
def difference(net, other):
    """Largest difference of the logits."""
    here, there = net(rows())[0], other(rows())[0]
    return max((here[name] - there[name]).abs().max().item() for name in here)


def commutes(net):
    """Whether the network still commutes with transposition."""
    features = rows()
    moved = torch.cat([features[..., :24].unflatten(-1, (-1, 12)).roll(5, -1).flatten(-2), features[..., 24:]], -1)
    here, there = net(features)[0]["class"], net(moved)[0]["class"]
    return torch.allclose(there[..., :12], here[..., :12].roll(5, -1), atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_keeping_everything_changes_nothing(family):
    net = network(family)
    whole = pruning.prune(net, measured(net), 1.0)
    assert whole.shape == net.shape
    assert difference(net, whole) < 1e-6


@pytest.mark.parametrize("family", FAMILIES)
def test_keeping_half_takes_half_of_the_units_of_each_kind(family):
    net = network(family, ((6, 8), (4, 12)))
    half = pruning.prune(net, measured(net), 0.5)
    assert half.shape.hidden == ((4, 4), (2, 6))  # an even number of each
    assert [width.channels for width in half.body.hidden] == [4, 2]
    assert parameter_count(half) < 0.6 * parameter_count(net)
    with torch.no_grad():
        assert commutes(half)


@pytest.mark.parametrize("family", FAMILIES)
def test_units_that_nobody_listens_to_go_first_and_cost_nothing(family):
    net = network(family)
    with torch.no_grad():
        for layer, channel, plain in ((0, 3, 5), (1, 0, 2)):
            for listener in pruning.listeners(net, layer):
                for unit in (channel, (channel + 1) % listener.source.channels):
                    listener.regular.view(-1, listener.source.channels, 12)[:, unit] = 0
                    listener.plain_from_regular[:, unit] = 0
                for unit in (plain, plain - 1):
                    listener.regular_from_plain[:, unit] = 0
                    listener.plain[:, unit] = 0
    units = measured(net)
    assert (units[0].channels == 0).nonzero().flatten().tolist() == [3, 4]
    assert (units[1].plain == 0).nonzero().flatten().tolist() == [1, 2]
    small = pruning.prune(net, units, 2 / 3)
    assert small.shape.hidden == ((4, 6), (2, 4))
    assert difference(net, small) < 1e-5


@pytest.mark.parametrize("family", FAMILIES)
def test_what_removed_units_said_on_average_is_said_by_the_biases(family):
    net = network(family)
    with torch.no_grad():  # units that are hardly ever at zero
        for inputs, width in zip(net.body.inputs, net.body.hidden, strict=True):
            inputs.bias_regular[-2 * width.channels :] += 1.5
            inputs.bias_plain[-2 * width.plain :] += 1.5
    units = measured(net)
    assert units[0].mean_channels.abs().min() > 0.05
    silent = [replace(unit, mean_channels=0 * unit.mean_channels, mean_plain=0 * unit.mean_plain) for unit in units]
    assert difference(net, pruning.prune(net, units, 0.5)) < 0.8 * difference(net, pruning.prune(net, silent, 0.5))


def test_the_means_are_those_of_the_outputs_of_a_layer():
    net = network("gru", ((2, 2),))
    units = pruning.measure(Sums(), net, 1, 0)[0]
    seen = torch.from_numpy(np.random.default_rng([0, 0]).standard_normal((6, 16, 29)).astype(np.float32))
    with torch.no_grad():
        out = net.body(seen, net.initial(16))[0].flatten(0, 1).mean(0)
    assert torch.allclose(units.mean_channels, out[:24].view(12, 2).mean(0), atol=1e-6)
    assert torch.allclose(units.mean_plain, out[24:], atol=1e-6)


def test_measuring_leaves_no_trace():
    net = network("gru")
    before = net(rows())[0]["plain"]
    measured(net)
    assert torch.equal(net(rows())[0]["plain"], before)
    assert all(parameter.grad is None for parameter in net.parameters())
    assert "layer" not in vars(net.body)
