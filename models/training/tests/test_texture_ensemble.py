"""Bars of several parts: reading them, the networks that make them, and what they are measured by."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from continuo_training.config import MODELS, load_config
from continuo_training.record_rules import SPLITS
from continuo_training.texture.bars import Origin, texture_set
from continuo_training.texture.conditions import CONDITIONS
from continuo_training.texture.ensemble.ensembles import conditions_of, ensembles, inside, told
from continuo_training.texture.ensemble.makers import Shelves, dealt_parts, dealt_rows, repeated, separately
from continuo_training.texture.ensemble.measures import (
    Known,
    apart,
    attributes,
    distinct,
    elsewhere,
    interlock,
    judged,
    score,
    walked,
)
from continuo_training.texture.ensemble.networks import Critic, Generator, binary, one_of, streams
from continuo_training.texture.ensemble.study import NAME, study
from continuo_training.texture.ensemble.training import Drawing, made_by, penalty, slope_at, trained
from continuo_training.texture.grid import N_ROWS, N_SLOTS, PARTS, SLOTS
from continuo_training.texture.written import CHARLESTON, ROCK, SHUFFLE, WALKING, WALTZ, written
from continuo_training.verify import session

DRUMS, CHORDS, BASS = range(3)


def band(pieces=4, bars=6, split="train", family="four"):
    """Pieces in which a kick falls with the bass, at a slot that is another in every bar; the last have no drums."""
    rng = np.random.default_rng(SPLITS.index(split))
    made = []
    for piece in range(pieces):
        of_piece = []
        for number in range(bars):
            slots = rng.choice(12, 2, replace=False)
            for part, row in (("drums", 0), ("chords", 5), ("bass", 0)):
                if part == "drums" and piece == pieces - 1:
                    continue
                bar = written(part, family, {})
                bar.hits[slots, row] = True
                bar.velocity[slots, row] = 90
                bar.number = number
                bar.onsets = np.roll(bar.hits.any(1), 1)
                of_piece.append(bar)
        of_piece.sort(key=lambda bar: bar.part)
        made.append((Origin(f"{split} {piece}", "game", split, 7), of_piece))
    return ensembles(texture_set(made))


def small(config):
    """A configuration that takes no time."""
    config["generator"] |= {"width": 16, "own": 16}
    config["critic"] |= {"width": 16, "own": 8}
    config["training"] |= {"steps": 4, "critic_steps": 2, "batch": 16, "judged_every": 2}
    return config


def noise(generator, count):
    return np.random.default_rng(1).standard_normal((count, generator.place))


def test_parts_of_a_bar_are_put_together():
    drums, chords, bass = (
        written(part, "four", strokes) for part, strokes in (("drums", ROCK), ("chords", CHARLESTON), ("bass", WALKING))
    )
    alone = written("bass", "four", WALKING)
    alone.number = 1
    bars = ensembles(texture_set([(Origin("a", "game", "train", 7), [drums, chords, bass, alone])]))
    assert len(bars) == 1
    assert bars.present.tolist() == [[True, True, True]]
    for part, bar in enumerate((drums, chords, bass)):
        assert (bars.hits[0, part] == bar.hits).all()
    assert bars.changes[0, 0]


def test_bars_that_have_another_meter_are_not_put_together():
    parts = [written("drums", "four", SHUFFLE), written("chords", "three", WALTZ)]
    assert len(ensembles(texture_set([(Origin("a", "game", "train", 7), parts)]))) == 0


def test_a_maker_is_told_which_parts_sound():
    bars = band()
    conditions = told(conditions_of(bars), bars.present)
    assert conditions.shape == (len(bars), CONDITIONS)
    assert (conditions[:, : len(PARTS)] == bars.present).all()
    assert not inside(bars)[~bars.present].any()
    waltz = band(family="three")
    assert not inside(waltz)[:, :, SLOTS[1] :].any()


@pytest.mark.parametrize("slope", [1.0, 5.0])
def test_neurons_are_binary_and_gradients_pass_them(slope):
    values = torch.linspace(-2, 2, 9, requires_grad=True)
    out = binary(values, slope)
    assert set(out.tolist()) == {0.0, 1.0}
    out.sum().backward()
    soft = torch.sigmoid(slope * values.detach())
    assert torch.allclose(values.grad, slope * soft * (1 - soft))


def test_one_of_several_is_struck():
    values = torch.tensor([[0.1, 0.3, -1.0]], requires_grad=True)
    out = one_of(values, 2.0)
    assert torch.allclose(out, torch.tensor([[0.0, 1.0, 0.0]]))
    out[0, 1].backward()
    assert values.grad[0, 1] > 0 > values.grad[0, 0]


def test_hands_strike_once_a_slot_and_absent_parts_nothing():
    torch.manual_seed(0)
    bars = band(family="three")
    generator = Generator(width=16, own=16)
    for part in generator.parts:
        torch.nn.init.zeros_(part[-1].bias)
    made = made_by(generator, bars, noise(generator, len(bars)))
    assert made.shape == (len(bars), len(PARTS), N_SLOTS, N_ROWS)
    assert made.any()
    assert made[:, CHORDS:].sum(3).max() == 1
    assert not made[~inside(bars)].any()


def test_a_part_alone_moves_by_its_own_place():
    torch.manual_seed(0)
    bars = band()
    generator = Generator(width=16, own=16)
    place = noise(generator, len(bars))
    moved = place.copy()
    moved[:, -generator.private :] *= -9
    before, after = made_by(generator, bars, place), made_by(generator, bars, moved)
    assert (before[:, :BASS] == after[:, :BASS]).all()
    assert (before[:, BASS] != after[:, BASS]).any()


def test_streams_tell_who_strikes_with_whom():
    hits = torch.zeros(1, len(PARTS), N_SLOTS, N_ROWS)
    hits[0, DRUMS, [0, 12], 0] = 1
    hits[0, DRUMS, 6, 1] = 1
    hits[0, CHORDS, 6, 5] = 1
    hits[0, BASS, 0, 2] = 1
    drums, chords, bass, kick, snare, low, high, hands = (torch.nonzero(row)[:, 0].tolist() for row in streams(hits)[0])
    assert (drums, chords, bass) == ([0, 6, 12], [6], [0])
    assert (kick, snare, low, high, hands) == ([0, 12], [6], [0], [6], [])


def test_the_slope_rises():
    config = load_config(NAME)["training"]
    assert [slope_at(done, config) for done in (0.0, 1.0)] == config["slope"]


def test_a_steep_critic_is_dear():
    torch.manual_seed(0)
    critic = Critic(width=16, own=8)
    hits = torch.zeros(4, len(PARTS), N_SLOTS, N_ROWS)
    conditions = torch.zeros(4, CONDITIONS)
    gentle = penalty(critic, hits, 1 - hits, conditions)
    with torch.no_grad():
        critic.together[-1].weight.mul_(1000)
    steep = penalty(critic, hits, 1 - hits, conditions)
    assert steep > 10 * gentle
    steep.backward()
    assert critic.parts[0].weight.grad.any()


def test_parts_are_left_out_only_of_three():
    config = load_config(NAME)["training"] | {"batch": 64}
    config["left_free"] |= {"part": 1.0}
    hits, conditions, allowed = Drawing(band(), config).draw(np.random.default_rng(0))
    assert (conditions[:, : len(PARTS)].sum(1) == 2).all()
    assert not hits[allowed == 0].any()


def test_the_best_generator_is_kept():
    config = small(load_config(NAME))
    torch.manual_seed(0)
    bars = band()
    generator = Generator(**config["generator"])
    scores = iter([0.5, 1.0])
    kept = []

    def judge(average):
        kept.append(average.together[0].weight.clone())
        return next(scores)

    log = trained(generator, Critic(**config["critic"]), bars, judge, config["training"], np.random.default_rng(0))
    assert [entry["score"] for entry in log] == [0.5, 1.0]
    assert torch.equal(generator.together[0].weight, kept[0])
    assert not torch.equal(generator.together[0].weight, kept[1])


def test_bars_from_elsewhere_are_of_other_pieces_and_the_same_meter():
    piece = np.array([0, 0, 1, 1, 2, 2, 3])
    meter = np.array([0, 1, 0, 0, 0, 1, 2])
    for step in range(7):
        place = elsewhere(piece, meter, step)
        known = place >= 0
        assert known.tolist() == [True] * 6 + [False]
        assert (piece[place[known]] != piece[known]).all()
        assert (meter[place[known]] == meter[known]).all()


def test_who_strikes_together_has_information_and_who_does_not_has_none():
    rng = np.random.default_rng(0)
    piece, meter = np.arange(400) // 40, np.zeros(400, np.int64)
    one, other = rng.random((2, 400, N_SLOTS)) < 0.5
    together, apart_from = interlock(piece, meter, one, one), interlock(piece, meter, one, other)
    assert together[0] == 400
    assert together[1] > 800
    assert abs(apart_from[1]) < 20
    assert interlock(np.zeros(400), meter, one, one) is None


def test_parts_that_are_dealt_do_not_go_together():
    bars = band(8, 40)
    people = judged(bars, bars.hits, dealt_rows(bars, np.random.default_rng(0)), Known(bars))
    dealt = dealt_parts(bars, np.random.default_rng(0))
    mixed = judged(bars, dealt, dealt_rows(bars, np.random.default_rng(0)), Known(bars))
    assert people["interlock"]["kick–bass"]["millibits"] > 300
    assert abs(mixed["interlock"]["kick–bass"]["millibits"]) < 30
    assert (people["copies"], people["f1"]) == (1, 1)
    assert mixed["copies"] < 0.2
    assert mixed["parts"]["bass"]["copies"] == 1
    assert score(people, people) == 0 < score(mixed, people)


def test_a_hand_that_is_dealt_strikes_once_a_slot():
    bars = band(5, 20)
    dealt = dealt_rows(bars, np.random.default_rng(0))
    assert dealt[:, CHORDS:].sum(3).max() == 1
    assert not dealt[~bars.present].any()


def test_real_bars_that_fit_are_taken():
    bars, train = band(2, 6, "valid"), band(6, 40)
    whole, parts = (make(bars, np.random.default_rng(0)) for make in (Shelves(train).whole, Shelves(train).parts))
    known = Known(train)
    for part in range(len(PARTS)):
        mine = bars.present[:, part]
        assert known.copies_of_part(whole[mine], part) == known.copies_of_part(parts[mine], part) == 1
    assert (whole[:, CHORDS].any(2) == whole[:, BASS].any(2)).all()
    assert not whole[~bars.present].any()


def test_the_bar_that_is_told_of_is_found_again():
    train = band(6, 20)
    elsewhere_too = replace(train, piece=train.piece + 100)
    assert (Shelves(elsewhere_too).whole(train, np.random.default_rng(0)) == train.hits).all()


def test_none_of_its_own_piece_is_taken():
    alone = band(2, 6).where(np.arange(6))
    assert not Shelves(alone).whole(alone, np.random.default_rng(0)).any()


def test_attributes_are_measured_where_something_is_struck():
    bars = band(3, 5)
    found = attributes(bars, bars.hits, BASS)
    assert found["density"].tolist() == [0.5] * 15
    assert len(attributes(bars, bars.hits, DRUMS)["density"]) == 10


def test_too_much_is_as_far_as_too_little():
    people = np.linspace(1, 2, 50)
    assert apart(people, people) == 0
    assert apart(people + 0.5, people) == pytest.approx(apart(people - 0.5, people)) == pytest.approx(0.5)


def test_a_way_is_measured():
    ways = np.zeros((3, 2, len(PARTS), N_SLOTS, N_ROWS), bool)
    ways[1:, 0, BASS, 0, 0] = True
    ways[2, 0, BASS, 6, 0] = True
    found = walked(ways)
    assert (found["ways"], found["unmoved"], found["rises"]) == (1, 0.5, 1)
    assert (found["largest_step"], found["strokes_a_step"]) == (1, 1)


def test_a_thousand_of_one_bar_are_one():
    bars = band(2, 2)
    assert distinct(repeated(bars, 0, 1000).hits) == 1


def test_the_autoencoder_makes_each_part_on_its_own():
    bars = band(3, 4)
    run = session((MODELS / "vae" / "texture.onnx").read_bytes())
    made = separately(run, bars, np.random.default_rng(0))
    assert made[bars.present].any()
    assert not made[~inside(bars)].any()
    assert made[:, CHORDS:].sum(3).max() == 1


def test_the_study_measures_all_of_it(monkeypatch):
    monkeypatch.setattr("continuo_training.texture.ensemble.study.FEWEST", 8)
    monkeypatch.setattr("continuo_training.texture.ensemble.study.TIMES", 20)
    config = small(load_config(NAME)) | {"judged": 40}
    parts = [band(4, 10, split) for split in SPLITS]
    bars = type(parts[0])(**{name: np.concatenate([getattr(of, name) for of in parts]) for name in vars(parts[0])})
    bars.piece[:] += 4 * (np.arange(len(bars)) // len(parts[0]))
    found = study(bars, session((MODELS / "vae" / "texture.onnx").read_bytes()), config)
    assert [entry["step"] for entry in found["log"]] == [2, 4]
    for split in SPLITS:
        rows = found[split]["game"]
        assert rows["people"]["f1"] == 1
        assert rows["retrieval of parts"]["parts"]["bass"]["copies"] == 1
        assert {"kick–bass", "chords–bass"} <= set(rows["people"]["interlock"])
        assert {"autoencoder", "generator", "retrieval of ensembles"} < rows["distinct a condition"].keys()
        assert rows["drift"].keys() == {"all", "shared", "own"}
