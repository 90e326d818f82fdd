"""Export, quantization and fixtures: the file is the network, in every family and role."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from continuo_training.config import load_config
from continuo_training.export import BATCH, export, input_shapes, output_shapes
from continuo_training.fixtures import fixture
from continuo_training.harmonist import training as harmonist
from continuo_training.networks.step_network import FAMILIES, StepNetwork
from continuo_training.quantization import quantized, to_int8
from continuo_training.reading import read_weights
from continuo_training.soloist import training as soloist
from continuo_training.soloist.features import PITCH
from continuo_training.verify import largest_differences, session

ROLES = {"harmonist": harmonist, "soloist": soloist}
MOST_NODES = {"gru": 24, "lstm": 60, "transformer": 50}
CASES = [(family, role) for family in FAMILIES for role in ROLES]


@pytest.fixture(scope="module")
def networks() -> dict[tuple[str, str], StepNetwork]:
    """Untrained networks of the shapes that are shipped, with gains and biases that are not all alike."""
    out = {}
    for family, role in CASES:
        torch.manual_seed(3)
        network = StepNetwork(ROLES[role].shape(load_config(role)["network"], family))
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(0.05 * torch.randn_like(parameter))
        out[family, role] = network.eval()
    return out


def rows(role: str, steps: int, sequences: int = 1) -> torch.Tensor:
    """Made-up feature vectors; of a soloist's last pitches at most one is set."""
    generator = torch.Generator().manual_seed(5)
    size = harmonist.FEATURES if role == "harmonist" else soloist.FEATURES
    values = (torch.rand(steps, sequences, size, generator=generator) < 0.15).float()
    if role == "soloist":
        values[..., PITCH : PITCH + 60] = 0
        pitch = torch.randint(0, 60, (steps - 1, sequences, 1), generator=generator)
        values[1:, :, PITCH : PITCH + 60].scatter_(2, pitch, 1.0)
    return values


def steps(data: bytes, vectors: np.ndarray) -> list[dict[str, np.ndarray]]:
    """What an exported file says to successive feature vectors `[T, features]`, from states of zeros."""
    run = session(data)
    names = [output.name for output in run.get_outputs()]
    shapes = {value.name: [1 if size == BATCH else size for size in value.shape] for value in run.get_inputs()}
    states = {name: np.zeros(shape, np.float32) for name, shape in shapes.items() if name != "features"}
    said = []
    for vector in vectors:
        said.append(dict(zip(names, run.run(None, {"features": vector[None]} | states), strict=True)))
        states = {name: said[-1][f"{name.removesuffix('_in')}_out"] for name in states}
    return said


@pytest.mark.parametrize(("family", "role"), CASES)
def test_the_file_computes_what_the_rounded_network_computes(networks, family, role):
    network = networks[family, role]
    # Longer than the context of the Transformer, so that its caches move on.
    worst = largest_differences(export(network, role), quantized(network), rows(role, 150))
    assert set(worst) == set(network.outputs)
    assert max(worst.values()) < 1e-4


@pytest.mark.parametrize(("family", "role"), CASES)
def test_the_file_follows_the_contract(networks, family, role):
    network = networks[family, role]
    model = onnx.load_from_string(export(network, role))

    def shapes(values):
        return {
            value.name: [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]
            for value in values
        }

    assert shapes(model.graph.input) == input_shapes(network)
    assert shapes(model.graph.output) == output_shapes(network)
    assert model.opset_import[0].version == 17
    assert len(model.graph.node) <= MOST_NODES[family]
    large = [t for t in model.graph.initializer if np.prod(t.dims) > 4096 and t.data_type == onnx.TensorProto.FLOAT]
    assert not large


@pytest.mark.parametrize(("family", "role"), CASES)
def test_a_network_can_be_read_back(networks, family, role):
    network = networks[family, role]
    again = StepNetwork(network.shape)
    read_weights(export(network, role), again)
    expected = dict(quantized(network).named_parameters())
    for name, parameter in again.named_parameters():
        torch.testing.assert_close(parameter, expected[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize(("family", "role"), CASES)
def test_a_network_can_be_read_back_into_the_shape_that_its_card_tells(networks, family, role):
    network = networks[family, role]
    data = export(network, role)
    sorted_by_name = json.loads(json.dumps(network.shape.as_dict(), sort_keys=True))
    again = StepNetwork(type(network.shape).from_dict(sorted_by_name))
    assert list(again.outputs) != list(network.outputs)
    read_weights(data, again)
    worst = largest_differences(data, again.eval(), rows(role, 10))
    assert max(worst.values()) < 1e-4


def test_a_network_of_another_shape_cannot_be_read(networks):
    with pytest.raises(ValueError, match="another shape"):
        read_weights(export(networks["gru", "soloist"], "soloist"), networks["lstm", "soloist"])


@pytest.mark.parametrize("family", FAMILIES)
def test_the_file_commutes_with_transposition(networks, family):
    data = export(networks[family, "harmonist"], "harmonist")
    here = rows("harmonist", 12)[:, 0].numpy()
    blocks = here[:, : harmonist.REGULAR].reshape(len(here), -1, 12)
    above = np.concatenate([np.roll(blocks, 1, 2).reshape(len(here), -1), here[:, harmonist.REGULAR :]], 1)
    for one, other in zip(steps(data, here), steps(data, above), strict=True):
        for prefix in ("", "next_"):
            chord, bass = (one[f"logits_{prefix}{name}"][0] for name in ("chord", "bass"))
            chord_above, bass_above = (other[f"logits_{prefix}{name}"][0] for name in ("chord", "bass"))
            np.testing.assert_allclose(chord_above[:144], np.roll(chord[:144], 12), atol=1e-4)
            np.testing.assert_allclose(chord_above[144], chord[144], atol=1e-4)
            np.testing.assert_allclose(bass_above, np.roll(bass, 12), atol=1e-4)
            change, change_above = (said[f"logits_{prefix}change"] for said in (one, other))
            np.testing.assert_allclose(change_above, change, atol=1e-4)
        note, note_above = one["logits_note"][0], other["logits_note"][0]
        np.testing.assert_allclose(note_above[0], note[0], atol=1e-4)
        for kind in (slice(1, 13), slice(13, 25)):
            np.testing.assert_allclose(note_above[kind], np.roll(note[kind], 1), atol=1e-4)


def test_integers_stand_for_rows_within_half_a_step():
    weight = np.random.default_rng(0).normal(size=(7, 30)).astype(np.float32)
    integers, scales = to_int8(weight)
    assert integers.dtype == np.int8
    assert np.abs(integers).max() == 127
    assert (np.abs(integers * scales[:, None] - weight) <= scales[:, None] / 2 + 1e-7).all()


@pytest.mark.parametrize("role", ROLES)
def test_a_fixture_holds_two_tunes_with_features_and_logits(networks, role):
    network = networks["gru", role]
    made = json.loads(json.dumps(fixture(role, network)))
    assert made["contract"] == "continuo-3"
    first, second = made["sequences"]
    assert first["style"] is not None
    assert None not in first["attributes"].values()
    assert second["style"] is None
    assert set(second["attributes"].values()) == {None}
    step = first["steps"][5]
    assert set(step["logits"]) == set(network.outputs)
    assert max(step["features"]["index"]) < network.body.source.size


@pytest.mark.parametrize(("family", "role"), CASES)
def test_the_file_says_the_logits_of_its_fixture_to_the_features_of_the_fixture(networks, family, role):
    network = networks[family, role]
    data = export(network, role)
    for sequence in json.loads(json.dumps(fixture(role, quantized(network))))["sequences"]:
        vectors = np.zeros((len(sequence["steps"]), network.body.source.size), np.float32)
        for vector, step in zip(vectors, sequence["steps"], strict=True):
            vector[step["features"]["index"]] = step["features"]["value"]
        for said, step in zip(steps(data, vectors), sequence["steps"], strict=True):
            for name, logits in step["logits"].items():
                np.testing.assert_allclose(said[f"logits_{name}"][0], logits, rtol=0, atol=1e-3)


def test_onnxruntime_reads_float_weights_too(networks):
    data = export(networks["gru", "soloist"], "soloist", integers=False)
    assert isinstance(session(data), onnxruntime.InferenceSession)
    assert not [node for node in onnx.load_from_string(data).graph.node if node.op_type == "DequantizeLinear"]
