"""The step networks of every family: exact transposition, and one step at a time the same as many at once."""

import pytest
import torch
from made_up_networks import network

from continuo_training.networks.pitch_linear import CLASSES, PitchLinear, Width
from continuo_training.networks.step_network import FAMILIES, PITCHES, WIDEST, Shape, StepNetwork, load_network
from continuo_training.soloist import features as sf
from continuo_training.training import save
from continuo_training.vocabulary import N_QUALITIES

STATES = {
    "gru": {"h0", "h1"},
    "lstm": {"h0", "c0", "h1", "c1"},
    "transformer": {"keys0", "values0", "keys1", "values1", "filled"},
}


def rows(net, steps=20, batch=3):
    """Made-up feature vectors; a soloist's last pitch is one-hot, and missing at the first step."""
    torch.manual_seed(1)
    made = torch.rand(steps, batch, net.body.source.size)
    if net.shape.last_pitch:
        block = made[..., net.shape.last_pitch : net.shape.last_pitch + PITCHES]
        block.copy_(torch.nn.functional.one_hot(torch.randint(PITCHES, (steps, batch)), PITCHES))
        block[0] = 0
    return made


def transposed(net, features, semitones):
    """The feature vectors with every block of pitch classes rotated."""
    regular = CLASSES * net.body.source.channels
    blocks = features[..., :regular].unflatten(-1, (-1, CLASSES)).roll(semitones, -1)
    return torch.cat([blocks.flatten(-2), features[..., regular:]], -1)


def rotated(logits, semitones, per_class):
    """Logits of `[12, per_class]` in another key; what follows them stays."""
    size = CLASSES * per_class
    classes = logits[..., :size].unflatten(-1, (CLASSES, per_class)).roll(semitones, -2)
    return torch.cat([classes.flatten(-2), logits[..., size:]], -1)


@pytest.mark.parametrize("by_channel", [False, True])
def test_a_map_commutes_with_the_rotation_of_the_pitch_classes(by_channel):
    torch.manual_seed(0)
    layer = PitchLinear(Width(3, 5), Width(2, 4), 2, by_channel=by_channel)
    vectors = torch.randn(7, layer.source.size)

    def turned(values, width, channels_first, semitones):
        shape = (width.channels, CLASSES) if channels_first else (CLASSES, width.channels)
        regular = values[..., : CLASSES * width.channels].unflatten(-1, shape)
        regular = regular.roll(semitones, -1 if channels_first else -2)
        return torch.cat([regular.flatten(-2), values[..., CLASSES * width.channels :]], -1)

    def by_gate(values):
        return values.unflatten(-1, (layer.gates, layer.target.size))

    for semitones in (1, 7):
        moved = by_gate(layer(turned(vectors, layer.source, by_channel, semitones)))
        expected = turned(by_gate(layer(vectors)), layer.target, False, semitones)
        assert torch.allclose(moved, expected, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("semitones", [1, 5, 11])
@torch.no_grad()
def test_a_harmonist_in_another_key_is_the_same_harmonist(family, semitones):
    net = network(family=family)
    features = rows(net)
    here, there = net(features)[0], net(transposed(net, features, semitones))[0]
    per_class = {"chord": N_QUALITIES, "bass": CLASSES, "change": 0}
    for prefix in ("", "next_"):
        for name, count in per_class.items():
            expected = rotated(here[prefix + name], semitones, count)
            assert torch.allclose(there[prefix + name], expected, atol=1e-4), prefix + name
            assert expected.std() > 0.01
    rest, onset, held = here["note"][..., :1], here["note"][..., 1:13], here["note"][..., 13:]
    expected = torch.cat([rest, onset.roll(semitones, -1), held.roll(semitones, -1)], -1)
    assert torch.allclose(there["note"], expected, atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_a_soloist_in_another_key_moves_its_pitch_classes_and_neither_register_nor_time(family):
    net = network("soloist", family)
    features = rows(net)
    here, there = net(features)[0], net(transposed(net, features, 4))[0]
    for name in ("length", "time"):
        assert torch.allclose(there[name], here[name], atol=1e-4)
    # The expert of the pitch class says the same in every octave: what moves is what differs.
    moved = (there["pitch"] - here["pitch"]).unflatten(-1, (PITCHES // CLASSES, CLASSES))
    assert torch.allclose(moved, moved[..., :1, :].expand_as(moved), atol=1e-4)
    assert moved.abs().max() > 0.01
    # Without the experts of interval and register, the logits are those of the pitch class alone.
    for values in (net.heads.plain, net.heads.plain_from_regular, net.heads.bias_plain):
        values.zero_()
    net.train().eval()
    here, there = net(features)[0], net(transposed(net, features, 4))[0]
    octaves = here["pitch"].unflatten(-1, (PITCHES // CLASSES, CLASSES))
    assert torch.allclose(there["pitch"], octaves.roll(4, -1).flatten(-2), atol=1e-4)


@torch.no_grad()
def test_the_expert_of_the_interval_looks_from_the_last_pitch_and_is_silent_without_one():
    net = network("soloist")
    for parameter in net.heads.parameters():
        parameter.zero_()
    length = sum(head.width.plain for head in net.outputs.values())
    assert list(net.outputs) == ["pitch", "length", "time"]
    assert length == len(net.heads.bias_plain)
    net.heads.bias_plain[WIDEST + 2] = 5.0  # two semitones up
    net.train().eval()
    features = torch.zeros(3, 1, net.body.source.size)
    features[1, 0, sf.PITCH + 20] = 1
    features[2, 0, sf.PITCH + 59] = 1
    pitch = net(features)[0]["pitch"][:, 0]
    assert (pitch[0] == 0).all()
    assert pitch[1].nonzero().flatten().tolist() == [22]
    assert (pitch[2] == 0).all()


@pytest.mark.parametrize("role", ["harmonist", "soloist"])
@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_one_step_at_a_time_says_the_same_as_a_sequence(role, family):
    net = network(role, family)
    features = rows(net)
    whole, last = net(features)
    parts, state = net(features[:7])  # longer than nothing, shorter than the context
    parts = [parts]
    for step in range(7, len(features)):
        logits, state = net(features[step : step + 1], state)
        parts.append(logits)
    for name, values in whole.items():
        assert torch.allclose(torch.cat([part[name] for part in parts]), values, atol=1e-4), name
    for name, values in last.items():
        assert torch.allclose(state[name], values, atol=1e-4), name


@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_nothing_that_comes_later_is_heard(family):
    net = network(family=family)
    features = rows(net)
    other = features.clone()
    other[12:] = torch.rand_like(other[12:])
    here, there = net(features)[0]["chord"], net(other)[0]["chord"]
    assert torch.allclose(here[:12], there[:12], atol=1e-5)
    assert not torch.allclose(here[12:], there[12:], atol=1e-2)


@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_states_keep_their_names_and_shapes_and_zeros_are_nothing_heard(family):
    net = network(family=family)
    before = net.initial(2)
    features = rows(net, steps=1, batch=2)
    logits, after = net(features, before)
    assert set(before) == set(after) == STATES[family]
    for name, values in before.items():
        assert not values.any()
        assert after[name].shape == values.shape
    assert torch.equal(net(features)[0]["chord"], logits["chord"])


def test_a_transformer_forgets_what_is_further_back_than_its_layers_reach():
    net = network(family="transformer")
    reach = 2 * (8 - 1)  # steps, of two layers with a context of 8
    features = rows(net, steps=reach + 2, batch=1)
    features.requires_grad_()
    net(features)[0]["chord"][-1].square().sum().backward()
    heard = features.grad.abs().sum((1, 2)) > 0
    assert heard.tolist() == [False] + [True] * (reach + 1)


def test_an_lstm_remembers_at_first():
    net = network(family="lstm", loudness=1.0)
    _, bias = net.body.inputs[0].dense()
    size = net.body.hidden[0].size
    assert (bias[size : 2 * size] == 1).all()
    assert (bias[:size] == 0).all()


def test_training_again_forgets_the_weights_that_were_spread_out():
    net = network()
    features = rows(net)
    with torch.no_grad():
        before = net(features)[0]["chord"]
        net.train()
        net.heads.regular.mul_(2)
        net.eval()
        assert not torch.allclose(net(features)[0]["chord"], before)


@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_a_checkpoint_gives_the_network_back(tmp_path, family):
    net = network("soloist", family)
    save(tmp_path / "best.pt", {"shape": net.shape.as_dict(), "network": net.state_dict()})
    back = load_network(tmp_path / "best.pt")
    assert back.shape == net.shape == Shape.from_dict(net.shape.as_dict())
    features = rows(net)
    assert torch.equal(back(features)[0]["pitch"], net(features)[0]["pitch"])
    assert isinstance(back, StepNetwork)


def test_a_missing_checkpoint_says_what_comes_first(tmp_path):
    with pytest.raises(FileNotFoundError, match="run the step before"):
        load_network(tmp_path / "best.pt")
