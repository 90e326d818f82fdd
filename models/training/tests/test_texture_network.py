"""The autoencoder of textures: augmentation, training, export, fixture and commands."""

import argparse
import json

import numpy as np
import pytest
import torch
from made_up import BAR, record, write_corpus

from continuo_training.__main__ import parser
from continuo_training.card import read_json, sha256
from continuo_training.config import MODELS, load_config
from continuo_training.corpus import CorpusMissingError
from continuo_training.errors import UsageError
from continuo_training.networks.vae import Vae, VaeShape
from continuo_training.quantization import quantized
from continuo_training.texture import command
from continuo_training.texture.augmentation import TRIPLETS, TURNED, Augmentation
from continuo_training.texture.conditions import CONDITIONS, conditions_of, only_kind
from continuo_training.texture.evaluation import mixed, nearest, path, spearman
from continuo_training.texture.export import OUTPUTS, export, read_weights
from continuo_training.texture.fixture import fixture, said, told
from continuo_training.texture.grid import METERS, N_ROWS, N_SLOTS, SLOTS
from continuo_training.texture.measures import f1
from continuo_training.texture.training import CELLS, TextureTask, codes, decoded, shape
from continuo_training.texture.written import written_bars
from continuo_training.training import Schedule, train
from continuo_training.verify import TOLERANCE, card_fits, session

EVERYTHING = {"mixed": 1.0, "voices": 0.5, "beats": 0.5, "turned": 1.0, "dropped": 0.1}
NOTHING = dict.fromkeys(EVERYTHING, 0.0)


def config(**task):
    """The configuration with a small network and small batches."""
    made = load_config("texture")
    made["network"] |= {"code": 6, "encoder": [24], "decoder": [24], "feel": 8, "dropout": 0.0}
    made["training"] |= {"steps": 3, "validate_every": 3, "checkpoint_every": 1, "loss_batches": 1}
    made["fine_tuning"]["steps"] = 2
    made["task"] |= {"batch": 8} | task
    return made


EDGES = load_config("texture")["task"]["edges"]


@pytest.fixture
def network():
    """An untrained network of the size that is shipped."""
    torch.manual_seed(3)
    return Vae(shape(load_config("texture")["network"])).eval()


def bars_of_splits():
    """The written bars as `train` and as `valid`."""
    bars = written_bars()
    twice = bars.where(np.tile(np.arange(len(bars)), 2))
    twice.split[:] = np.repeat(["train", "valid"], len(bars))
    return twice


def test_a_bar_that_is_turned_by_a_bar_is_itself():
    for meter, count in enumerate(SLOTS):
        for source in TURNED[meter]:
            assert sorted(source) == list(range(N_SLOTS))
            assert (source[count:] == np.arange(count, N_SLOTS)).all()
    assert (TURNED[METERS.index("four"), 2, :6] == np.arange(18, 24)).all()


def test_augmentation_without_chances_changes_nothing():
    bars = written_bars()
    changed = Augmentation(NOTHING)(bars, bars, np.random.default_rng(0))
    assert (changed.hits == bars.hits).all()
    assert (changed.velocity == bars.velocity).all()


def test_what_is_turned_stays_on_the_grid_and_keeps_its_feel():
    bars = written_bars()
    changed = Augmentation(NOTHING | {"turned": 1.0})(bars, bars, np.random.default_rng(1))
    assert (changed.hits.sum((1, 2)) == bars.hits.sum((1, 2))).all()
    assert ((changed.velocity > 0) == changed.hits).all()
    triplets = (bars.hits.any(2) & TRIPLETS).sum(1)
    simple = bars.meter != METERS.index("compound")
    assert ((changed.hits.any(2) & TRIPLETS).sum(1) == triplets)[simple].all()
    assert (changed.hits != bars.hits).any()


def test_no_bar_is_silenced():
    bars = written_bars()
    changed = Augmentation(EVERYTHING | {"dropped": 1.0})(bars, bars, np.random.default_rng(1))
    assert changed.hits.any((1, 2)).all()


def test_what_is_left_free_is_zeros():
    conditions = conditions_of(written_bars(), EDGES)
    vector = only_kind(conditions).vector()
    assert (vector[:, :6].sum(1) == 2).all()
    assert not vector[:, 6:-1].any()


def test_the_same_seed_trains_the_same_network(tmp_path):
    made = config()
    task = TextureTask(bars_of_splits(), made["task"])
    schedule = Schedule(**made["training"])
    network = command.new_network(made)
    whole = train(task, network, schedule, tmp_path / "whole", 1)
    assert whole["steps"] == 3
    weights = command.load_network(tmp_path / "whole" / "best.pt").state_dict()
    again = train(task, network, schedule, tmp_path / "again", 1)
    assert again["best"] == whole["best"]
    after = command.load_network(tmp_path / "again" / "best.pt").state_dict()
    assert all((value == weights[name]).all() for name, value in after.items())


def test_bars_of_one_split_alone_teach_nothing():
    with pytest.raises(CorpusMissingError, match="valid"):
        TextureTask(written_bars(), config()["task"])


def test_it_learns_a_handful_of_bars_by_heart():
    made = config(left_free=dict.fromkeys(load_config("texture")["task"]["left_free"], 1.0), beta=0.0)
    made["task"]["augmentation"] = NOTHING
    task = TextureTask(bars_of_splits(), made["task"])
    network = command.new_network(made)
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    for step in range(250):
        loss, _ = task.loss(network, np.random.default_rng(step), 1.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert task.validate(network.eval())["score"] > 0.95


def test_the_file_says_what_the_network_says(network):
    bars, conditions = told(EDGES)
    run = session(export(network, "texture"))
    rng = np.random.default_rng(2)
    given = {
        "bar": bars.hits.reshape(len(bars), CELLS).astype(np.float32),
        "shift": rng.standard_normal((len(bars), network.shape.code)).astype(np.float32),
        "conditions": conditions.vector(),
    }
    expected = said(quantized(network), *(torch.from_numpy(values) for values in given.values()))
    found = dict(zip((output.name for output in run.get_outputs()), run.run(None, given), strict=True))
    assert tuple(found) == OUTPUTS
    for name, values in expected.items():
        assert np.abs(found[name] - values.numpy()).max() < 1e-5, name


def test_the_file_is_small(network):
    assert len(export(network, "texture")) < 400_000


def test_a_code_hears_the_bar_and_its_kind_alone(network):
    bars = written_bars()
    free = conditions_of(bars, EDGES)
    flat = torch.from_numpy(bars.hits.reshape(len(bars), CELLS).astype(np.float32))
    heard = [network.encode(flat, torch.from_numpy(told.vector()))[0] for told in (free, only_kind(free))]
    assert torch.equal(*heard)


def test_nothing_is_struck_outside_the_meter(network):
    bars = written_bars()
    struck = decoded(network, 5 * np.ones((len(bars), network.shape.code), np.float32), conditions_of(bars, EDGES)).hits
    for meter, count in enumerate(SLOTS):
        assert not struck[bars.meter == meter][:, count:].any()


def test_weights_come_back_from_a_file(network):
    torch.manual_seed(8)
    other = Vae(network.shape).eval()
    read_weights(export(network, "texture"), other)
    bars = written_bars()
    assert np.abs(codes(other, bars) - codes(quantized(network), bars)).max() < 1e-5


def test_a_file_of_another_shape_is_refused(network):
    small = Vae(shape(config()["network"]))
    with pytest.raises(UsageError, match="another shape"):
        read_weights(export(network, "texture"), small)


def test_the_fixture_tells_bars_conditions_and_outputs(network):
    made = fixture(quantized(network), EDGES)
    assert {row["part"] for row in made["bars"]} == {"drums", "chords", "bass"}
    assert {row["meter"] for row in made["bars"]} == set(METERS)
    for row in made["bars"]:
        assert max(row["conditions"]) < CONDITIONS
        assert len(row["outputs"]["hits"]) == CELLS
        assert len(row["shift"]) == network.shape.code
    assert any(any(row["shift"]) for row in made["bars"])


def test_the_network_that_ships_says_what_its_fixture_says():
    assert card_fits(MODELS / "vae", "texture")
    run = session((MODELS / "vae" / "texture.onnx").read_bytes())
    shape_of = {value.name: value.shape[1] for value in run.get_inputs()}
    for row in read_json(MODELS / "fixtures" / "vae-texture.json")["bars"]:
        given = {name: np.zeros((1, size), np.float32) for name, size in shape_of.items()}
        given["bar"][0, [slot * N_ROWS + number for slot, number in row["strokes"]]] = 1
        given["conditions"][0, row["conditions"]] = 1
        given["shift"][0] = row["shift"]
        found = dict(zip(OUTPUTS, run.run(OUTPUTS, given), strict=True))
        for name, values in row["outputs"].items():
            assert np.abs(found[name][0] - values).max() < TOLERANCE, name


def test_a_shape_is_described_and_read():
    made = shape(load_config("texture")["network"])
    assert VaeShape.from_dict(json.loads(json.dumps(made.as_dict()))) == made


def test_the_nearest_bar_is_the_one_with_most_strokes_in_common():
    bars = written_bars().hits
    assert nearest(bars[:2], bars[[3, 1, 0]]).tolist() == [2, 1]
    assert f1(bars, bars) == 1
    assert f1(bars, np.zeros_like(bars)) == 0


def test_ranks_that_rise_together_correlate():
    assert spearman(np.arange(5), np.array([0, 1, 1, 5, 9])) > 0.95
    assert spearman(np.arange(5), np.arange(5)[::-1]) == pytest.approx(-1)
    assert spearman(np.arange(5), np.ones(5)) == 0


def test_a_mixture_is_as_far_from_the_origin_as_what_is_mixed():
    one, other = np.eye(2, 6, dtype=np.float32)
    assert np.linalg.norm(mixed((one, other), (0.5, 0.5))) == pytest.approx(1)
    assert (mixed((one, other), (1.0, 0.0)) == one).all()


def test_a_way_between_codes_is_measured(network):
    bars = written_bars()
    drums = np.flatnonzero(bars.part == 0)
    code = 30 * np.random.default_rng(0).standard_normal((len(drums), network.shape.code)).astype(np.float32)
    found = path(network, code, conditions_of(bars.where(drums), EDGES), np.random.default_rng(0))
    assert found["rises"] > 0.5
    assert found["largest_step"] >= 1
    assert found["detour"] >= 1


@pytest.fixture
def corpus(tmp_path):
    """A folder with drums of two splits."""
    beats = ((0, 36), (24, 38), (48, 36), (72, 38), (12, 42), (60, 42))
    strokes = [[bar * BAR + tick, 6, key, 70 + tick] for bar in range(8) for tick, key in beats]
    records = [
        record(title=f"{split} {number}", split=split) | {"melody": [], "chords": [], "parts": {"drums": strokes}}
        for split in ("train", "valid", "test")
        for number in range(3)
    ]
    return write_corpus(tmp_path / "corpus", records, "stickflow")


def test_the_commands_train_make_and_evaluate(tmp_path, corpus, monkeypatch, capsys):
    monkeypatch.setattr(command, "load_config", lambda _: config())
    places = ["--corpus", str(corpus), "--runs", str(tmp_path / "runs")]
    out = ["--out", str(tmp_path / "out")]

    def run(*words: str) -> int:
        args: argparse.Namespace = parser().parse_args(words)
        return args.run(args)

    assert run("train", "texture", *places) == 0
    assert run("make", "texture", *places, *out) == 0
    card = json.loads((tmp_path / "out" / "texture.json").read_text())
    data = (tmp_path / "out" / "texture.onnx").read_bytes()
    assert (card["role"], card["sha256"], card["bytes"]) == ("texture", sha256(data), len(data))
    assert card["corpus"][0]["bars"] == {"train": 24, "valid": 24, "test": 24}
    assert json.loads((tmp_path / "out" / "texture.fixture.json").read_text())["network"] == "texture"
    assert run("evaluate", "texture", *places, *out) == 0
    assert "test, drums" in capsys.readouterr().out
    assert "metrics" in json.loads((tmp_path / "out" / "texture.json").read_text())
    assert run("train", "texture", *places, "--fresh", "--from", str(tmp_path / "out" / "texture.onnx")) == 0


def test_making_without_training_is_one_line(tmp_path, corpus):
    args = parser().parse_args(["make", "texture", "--corpus", str(corpus), "--runs", str(tmp_path / "none")])
    with pytest.raises(UsageError, match="train first"):
        args.run(args)
