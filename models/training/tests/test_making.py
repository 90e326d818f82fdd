"""Pruning, quantization, export, fixtures, the training loop and the card."""

import json

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from continuo_training import pruning
from continuo_training.card import card, sha256
from continuo_training.corpus import CorpusMissingError, read_corpus
from continuo_training.export import export
from continuo_training.fixtures import fixture
from continuo_training.harmonist import features as hf
from continuo_training.harmonist.training import HEADS as HARMONIST_HEADS
from continuo_training.quantization import quantized, to_int8
from continuo_training.recurrent import Shape, StepNetwork
from continuo_training.soloist import features as sf
from continuo_training.soloist.training import HEADS as SOLOIST_HEADS
from continuo_training.training import Schedule, load_network, train
from continuo_training.verify import largest_differences

SHAPE = Shape(10, (12, 8), {"a": 3, "b": 2})


def network(shape=SHAPE, seed=0):
    torch.manual_seed(seed)
    return StepNetwork(shape).eval()


class ToyTask:
    """Tells whether the sum of the features so far is positive."""

    name = "toy"
    shape = SHAPE

    def loss(self, net, rng, progress):
        rows = torch.from_numpy(rng.standard_normal((6, 16, 10)).astype(np.float32))
        _, states = net(rows)
        want = (rows.sum(-1).cumsum(0) > 0).long()
        loss = torch.nn.functional.cross_entropy(net.logits(states)["b"].flatten(0, 1), want.flatten())
        return loss, {"toy": loss.item()}

    def validate(self, net):
        return {"score": -self.loss(net, np.random.default_rng(9), 1.0)[0].item()}


def schedule(seconds):
    return Schedule(seconds, 1e-2, 1e-3, 0.1, 0.0, 1.0, validate_every=0.2, checkpoint_every=0.1)


def test_steps_and_sequences_agree():
    net, rows = network(), torch.randn(5, 3, 10)
    with torch.no_grad():
        states0, states1 = net(rows)
        state0, state1 = torch.zeros(3, 12), torch.zeros(3, 8)
        for step in range(5):
            state0, state1 = net.step(rows[step], state0, state1)
            assert torch.allclose(state0, states0[step], atol=1e-6)
            assert torch.allclose(state1, states1[step], atol=1e-6)


def test_pruning_nothing_changes_nothing():
    net, rows = network(), torch.randn(5, 3, 10)
    small = pruning.prune(net, pruning.measure(ToyTask(), net, 2, 0), (12, 8))
    with torch.no_grad():
        assert torch.allclose(small(rows)[1], net(rows)[1], atol=1e-6)


def test_units_that_say_nothing_go_first_and_cost_nothing():
    net = network()
    with torch.no_grad():  # nothing listens to unit 3 of the first layer and unit 5 of the second
        net.gru0.weight_hh_l0[:, 3] = 0
        net.gru1.weight_ih_l0[:, 3] = 0
        net.gru1.weight_hh_l0[:, 5] = 0
        for head in net.heads.values():
            head.weight[:, 5] = 0
    units = pruning.measure(ToyTask(), net, 2, 0)
    small = pruning.prune(net, units, (11, 7))
    rows = torch.randn(5, 3, 10)
    with torch.no_grad():
        expected, got = net.logits(net(rows)[1]), small.logits(small(rows)[1])
    for name in expected:
        assert torch.allclose(expected[name], got[name], atol=1e-5)


def test_int8_is_within_half_a_step():
    weight = np.random.default_rng(0).standard_normal((7, 9)).astype(np.float32)
    integers, scales = to_int8(weight)
    assert integers.dtype == np.int8
    assert (np.abs(integers * scales[:, None] - weight) <= scales[:, None] * 0.5001).all()


def test_the_exported_file_says_what_the_quantized_network_says():
    net = network()
    data = export(net, "toy")
    worst = largest_differences(data, quantized(net), torch.randn(20, 2, 10))
    assert max(worst.values()) < 1e-5
    model = onnx.load_from_string(data)
    assert {i.name for i in model.graph.input} == {"features", "h0_in", "h1_in"}
    assert {o.name for o in model.graph.output} == {"logits_a", "logits_b", "h0_out", "h1_out"}
    matrices = [t for t in model.graph.initializer if t.data_type == onnx.TensorProto.INT8 and len(t.dims) > 1]
    floats = [
        t
        for t in model.graph.initializer
        if t.data_type == onnx.TensorProto.FLOAT and len(t.dims) > 1 and min(t.dims) > 1
    ]
    assert len(matrices) == 6
    assert not floats
    assert all(np.abs(numpy_helper.to_array(t)).max() == 127 for t in matrices)


@pytest.mark.parametrize(
    ("name", "features", "heads"),
    [("harmonist", hf.FEATURES, HARMONIST_HEADS), ("soloist", sf.FEATURES, SOLOIST_HEADS)],
)
def test_fixtures_are_small_and_complete(name, features, heads):
    made = fixture(name, network(Shape(features, (16, 16), heads)))
    assert len(json.dumps(made)) < 150_000
    for sequence in made["sequences"]:
        for step in sequence["steps"]:
            assert set(step["logits"]) == set(heads)
            assert len(step["features"]["index"]) == len(step["features"]["value"])
    if name == "harmonist":
        assert any(step["note"] == 25 for step in made["sequences"][0]["steps"])


def test_training_learns_and_goes_on_after_a_kill(tmp_path):
    task = ToyTask()
    first = train(task, network(), schedule(1.0), tmp_path, 0)
    again = train(task, network(seed=1), schedule(1.5), tmp_path, 0)
    assert again["steps"] > first["steps"] > 0
    assert again["best"]["score"] > -0.65
    assert load_network(tmp_path / "best.pt").shape == SHAPE
    done = train(task, network(seed=2), schedule(1.5), tmp_path, 0)
    assert done["steps"] == again["steps"]


def test_a_missing_corpus_is_named(tmp_path):
    with pytest.raises(CorpusMissingError, match="--corpus"):
        list(read_corpus(tmp_path))


def test_the_card_describes_the_file():
    net = network(Shape(sf.FEATURES, (16, 16), SOLOIST_HEADS))
    data = export(net, "soloist")
    made = card("soloist", net, data, [], {}, 1)
    assert made["contract"] == "continuo-1"
    assert made["sha256"] == sha256(data)
    assert made["bytes"] == len(data)
    assert made["inputs"]["features"] == [1, 325]
    assert made["outputs"]["logits_pitch"] == [1, 60]
