"""Beats, features, families, decoding and losses of the harmonizer."""

import itertools

import numpy as np
import pytest
import torch
from made_up import contract_blocks, piece, small_config

from continuo_training.attributes import free
from continuo_training.export import export
from continuo_training.harmonist.frames import HIDDEN, FrameSet
from continuo_training.harmonizer import features as hf
from continuo_training.harmonizer.beats import ABSENT, SLOTS, BeatSet, opening, whole
from continuo_training.harmonizer.decoding import LIKELIHOOD, RARITY, READINESS, decoded, together
from continuo_training.harmonizer.training import Found, HarmonizerTask, harmonized, panel, shape
from continuo_training.networks.pitch_linear import CLASSES
from continuo_training.networks.step_network import SEQUENCE_FAMILIES, StepNetwork
from continuo_training.quantization import quantized
from continuo_training.reading import read_weights
from continuo_training.tunes import greensleeves, ode_to_joy
from continuo_training.verify import largest_differences
from continuo_training.vocabulary import N_CHORDS, N_QUALITIES, NO_CHORD, chord_index

SMALL = {
    "encoder": {"hidden": [[4, 8], [4, 8]], "attention": [2, 6, 2]},
    "convolution": {"hidden": [[4, 8], [4, 8]]},
    "bidirectional-gru": {"hidden": [[4, 8], [4, 8]]},
}


EXPORTED = [family for family in SEQUENCE_FAMILIES if family != "convolution"]


def network(family=SEQUENCE_FAMILIES[0], seed=0):
    """An untrained network, loud enough for its logits to be far from uniform."""
    torch.manual_seed(seed)
    made = StepNetwork(shape(SMALL, family))
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if not name.endswith("layers.0.bias"):
                parameter.mul_(2)
    return made.eval()


def batch(*pieces):
    """The pieces as a batch, with nothing of them left out."""
    return whole(BeatSet(FrameSet(list(pieces))), 64)


def rows_of(made, given=None, notes=None):
    levels = free(hf.ATTRIBUTES, len(made.style))
    notes = made.beats.notes.astype(np.int64) if notes is None else notes
    return hf.features(made, levels, notes, np.zeros_like(made.valid) if given is None else given)


@pytest.fixture(scope="module")
def task():
    pieces = [piece(source="neonscribe", seed=seed) for seed in range(3)] + [piece(split="valid", seed=9)]
    return HarmonizerTask(pieces, small_config("harmonizer")["task"])


def test_the_feature_vector_is_that_of_the_contract():
    blocks, size = contract_blocks("harmonizer")
    assert hf.FEATURES == size == 284
    assert {name: offset for name, (offset, _) in blocks.items()} == {
        "onset": hf.ONSET,
        "held": hf.HELD,
        "near": hf.NEAR,
        "whole": hf.WHOLE,
        "given chord": hf.CHORD,
        "given bass": hf.BASS,
        "rest": hf.SILENT,
        "not heard": hf.UNHEARD,
        "bar and beat": hf.METER,
        "bar in phrase": hf.NUMBER,
        "bars left": hf.LEFT,
        "style": hf.STYLE,
        "chord rate": hf.CHORD_RATE,
        "chromaticism": hf.CHROMATICISM,
        "mode": hf.MODE,
        "given": hf.GIVEN,
        "no chord": hf.NONE,
    }


def test_a_beat_is_a_quarter_or_a_dotted_quarter_and_knows_its_bar():
    made = batch(ode_to_joy(), greensleeves())
    slots, number, left = made.beats.slots, made.beats.number, made.beats.left
    assert (slots[:31, 0] == 4).all() and (slots[:4, 1] == 6).all()
    assert number[:10, 0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2] and number[:5, 1].tolist() == [0, 0, 1, 1, 2]
    assert left[0, 0] == 7 and left[30, 0] == 0
    assert (made.beats.notes[:31, 0, 4:] == ABSENT).all() and (made.beats.notes[0, 1] != ABSENT).all()


def test_a_beat_has_the_chord_that_fills_most_of_it():
    chords = [[0, 18, 0, "maj", 0, "C"], [18, 18, 5, "maj", 5, "F"], [36, 348, 7, "7", 7, "G7"]]
    chord = batch(piece(bars=4, chords=chords)).beats.chord[:3, 0]
    assert chord.tolist() == [chord_index(0, "maj"), chord_index(5, "maj"), chord_index(7, "7")]


def test_what_is_given_is_told_and_nothing_else():
    made = batch(ode_to_joy())
    given = np.zeros_like(made.valid)
    given[4:8] = True
    rows = rows_of(made, given)[:, 0]
    told = rows[:, hf.CHORD : hf.BASS + 12].sum(-1) > 0
    assert told.tolist() == given[:, 0].tolist() == (rows[:, hf.GIVEN] == 1).tolist()
    assert rows[4, hf.CHORD + 9] == 1 and rows[4, hf.BASS + 9] == 1


@pytest.mark.parametrize("family", SEQUENCE_FAMILIES)
@torch.no_grad()
def test_a_chorus_in_another_key_has_the_same_chords_there(family):
    net, rows = network(family), rows_of(batch(ode_to_joy(), greensleeves()))
    regular = rows[..., : hf.REGULAR].unflatten(-1, (-1, CLASSES)).roll(5, -1).flatten(-2)
    here, there = net(rows)[0], net(torch.cat([regular, rows[..., hf.REGULAR :]], -1))[0]
    chords = here["chord"][..., :NO_CHORD].unflatten(-1, (CLASSES, N_QUALITIES)).roll(5, -2).flatten(-2)
    assert torch.allclose(there["chord"][..., :NO_CHORD], chords, atol=1e-4) and chords.std() > 0.01
    assert torch.allclose(there["change"], here["change"], atol=1e-4)


@pytest.mark.parametrize("family", SEQUENCE_FAMILIES)
@torch.no_grad()
def test_what_comes_after_the_end_is_not_heard(family):
    net, together, alone = network(family), batch(ode_to_joy(), greensleeves()), batch(greensleeves())
    steps = len(alone.valid)
    longer = net(rows_of(together))[0]["chord"][:steps, 1]
    assert torch.allclose(longer, net(rows_of(alone))[0]["chord"][:, 0], atol=1e-5)


@pytest.mark.parametrize("family", SEQUENCE_FAMILIES)
@torch.no_grad()
def test_what_is_heard_later_counts_earlier(family):
    net, made = network(family), batch(ode_to_joy())
    notes = made.beats.notes.astype(np.int64)
    other = notes.copy()
    other[3, 0, 0] = 1 + other[3, 0, 0] % 12
    ours, theirs = (net(rows_of(made, notes=heard))[0]["chord"][0] for heard in (notes, other))
    assert not torch.allclose(ours, theirs)


def test_the_decoded_sequence_is_the_likeliest_of_all():
    rng = np.random.default_rng(3)
    classes = [0, 7, 20]
    chord = np.full((5, 1, N_CHORDS), -30.0)
    chord[:, 0, classes] = rng.normal(0, 2, (5, 3))
    change = np.stack([np.full((5, 1), -0.2), rng.normal(-2, 1, (5, 1))], -1)

    def score(sequence):
        changed = [after != before for before, after in itertools.pairwise(sequence)]
        moves = sum(change[beat, 0, int(is_change)] for beat, is_change in enumerate(changed, 1))
        chords = LIKELIHOOD * sum(chord[beat, 0, which] + RARITY[which % 12] for beat, which in enumerate(sequence))
        return chords + moves + READINESS * sum(changed)

    best = max(itertools.product(classes, repeat=5), key=score)
    assert decoded(chord, change)[:, 0].tolist() == list(best)


def test_half_of_what_is_said_of_a_bar_is_said_of_all_with_its_melody():
    made = batch(ode_to_joy())
    # The first three of its bars come again four bars later.
    said = {"chord": np.arange(len(made.valid), dtype=float)[:, None, None]}
    heard = together(said, made, np.zeros_like(made.valid))["chord"][:, 0, 0]
    assert heard[:4].tolist() == [4, 5, 6, 7] and heard[16:20].tolist() == [12, 13, 14, 15] and heard[12] == 12
    given = np.arange(len(made.valid))[:, None] == 0
    assert together(said, made, given)["chord"][:4, 0, 0].tolist() == [0, 1, 2, 3]


def test_people_find_their_own_chords():
    made = batch(piece(seed=1))
    nothing = np.zeros(made.valid.shape)
    judged = panel(Found(made.beats.chord, nothing, nothing.astype(bool)), made)
    assert (judged["root"], judged["root_and_mode"], judged["rate"]) == (1, 1, judged["rate_of_people"])


@torch.no_grad()
def test_every_beat_gets_a_chord_and_a_likelihood():
    made = batch(ode_to_joy(), greensleeves())
    found = harmonized(network(), made)
    assert found.chords.shape == found.nats.shape == made.valid.shape and (found.chords != NO_CHORD).all()
    assert np.isfinite(found.nats[made.valid]).all()


@torch.no_grad()
def test_what_is_given_is_kept_and_not_judged():
    made = batch(ode_to_joy())
    given = made.beats.number % 2 == 0
    found = harmonized(network(), made, given)
    assert (found.chords[given] == made.beats.chord[given]).all()
    other = Found(np.where(given, 3, found.chords), found.nats, given)
    assert panel(other, made)["root"] == panel(found, made)["root"]


def test_at_first_no_chord_is_told_and_later_some_are_and_are_not_asked_for(task):
    told = []

    class Watched(StepNetwork):
        def forward(self, features, state=None):
            told.append(float(features[..., hf.GIVEN].mean()))
            return super().forward(features, state)

    net = Watched(shape(SMALL, SEQUENCE_FAMILIES[0]))
    for progress in (0.0, 1.0):
        loss, parts = task.loss(net, np.random.default_rng(4), progress)
        assert torch.isfinite(loss) and set(parts) == {"change", "chord", "bass"}
    assert told[0] == 0 and told[1] > 0


def test_some_beats_are_not_heard(task):
    notes = np.full((200, 8, SLOTS), 1)
    hidden = task._hidden(notes, np.random.default_rng(1)) == HIDDEN
    assert 0 < hidden.mean() < 0.5 and (hidden.all(-1) == hidden.any(-1)).all()


@pytest.mark.parametrize("family", EXPORTED)
def test_the_exported_file_says_what_the_network_says_at_any_length(family):
    net = quantized(network(family))
    data = export(net, "harmonizer")
    for made in (batch(ode_to_joy()), opening(batch(greensleeves()), 3), opening(batch(greensleeves()), 1)):
        assert max(largest_differences(data, net, rows_of(made)).values()) < 1e-4


@pytest.mark.parametrize("family", EXPORTED)
def test_an_exported_file_can_be_read_back(family):
    data = export(network(family), "harmonizer")
    again = network(family, seed=1)
    read_weights(data, again)
    assert max(largest_differences(data, again, rows_of(batch(ode_to_joy()))).values()) < 1e-4
