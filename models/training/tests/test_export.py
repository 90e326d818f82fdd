import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from continuo_training.config import load_config
from continuo_training.export import export, input_shapes, output_shapes, read_weights
from continuo_training.fixtures import fixture
from continuo_training.harmonist import training as harmonist
from continuo_training.networks.step_network import FAMILIES, StepNetwork
from continuo_training.quantization import quantized, to_int8
from continuo_training.soloist import training as soloist
from continuo_training.soloist.features import PITCH
from continuo_training.verify import largest_differences, session

ROLES = {"harmonist": harmonist, "soloist": soloist}
MOST_NODES = {"gru": 24, "lstm": 24, "transformer": 150}
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
        return {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in values}

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


def test_a_network_of_another_shape_cannot_be_read(networks):
    with pytest.raises(ValueError, match="another shape"):
        read_weights(export(networks["gru", "soloist"], "soloist"), networks["lstm", "soloist"])


@pytest.mark.parametrize("family", FAMILIES)
def test_the_file_commutes_with_transposition(networks, family):
    run = session(export(networks[family, "harmonist"], "harmonist"))
    zeros = {i.name: np.zeros(i.shape, np.float32) for i in run.get_inputs() if i.name != "features"}
    vector = rows("harmonist", 1)[0].numpy()
    regular = harmonist.REGULAR
    moved = vector.copy()
    moved[:, :regular] = np.roll(vector[:, :regular].reshape(1, -1, 12), 1, axis=2).reshape(1, -1)
    chords, up = (run.run(["logits_chord"], {"features": given} | zeros)[0][0] for given in (vector, moved))
    np.testing.assert_allclose(np.roll(chords[:144].reshape(12, 12), 1, axis=0).ravel(), up[:144], atol=1e-4)
    assert up[144] == pytest.approx(chords[144], abs=1e-4)


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
    assert made["contract"] == "continuo-2"
    first, second = made["sequences"]
    assert first["style"] is not None
    assert None not in first["attributes"].values()
    assert second["style"] is None
    assert set(second["attributes"].values()) == {None}
    step = first["steps"][5]
    assert set(step["logits"]) == set(network.outputs)
    assert max(step["features"]["index"]) < network.body.source.size


def test_onnxruntime_reads_float_weights_too(networks):
    data = export(networks["gru", "soloist"], "soloist", integers=False)
    assert isinstance(session(data), onnxruntime.InferenceSession)
    assert not [node for node in onnx.load_from_string(data).graph.node if node.op_type == "DequantizeLinear"]
