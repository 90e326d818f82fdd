"""The commands, on a corpus of a user's own: one file of a few tunes."""

import json
import os
import shutil
import sys

import numpy as np
import onnxruntime
import pytest
from made_up import record, small_config, write_corpus

from continuo_training import __main__ as program
from continuo_training import commands, comparison, pruning
from continuo_training.card import read_json, sha256
from continuo_training.config import NETWORKS, RUNS
from continuo_training.evaluation import harmony
from continuo_training.export import BATCH
from continuo_training.networks.step_network import load_network
from continuo_training.soloist.training import HEADS as SOLOIST_HEADS

SPLITS = ("train", "train", "train", "valid", "test")
"""Of the tunes of the corpus."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    tunes = [record(title=f"tune {seed}", seed=seed, split=split) for seed, split in enumerate(SPLITS)]
    return write_corpus(tmp_path_factory.mktemp("corpus"), tunes)


@pytest.fixture(autouse=True, scope="module")
def small():
    """Every command with small networks and a few steps, judged on a few frames, without a GPU."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(commands, "load_config", small_config)
        changed.setattr(harmony, "FRAMES", 32)
        changed.setenv("CUDA_VISIBLE_DEVICES", "")
        yield


def parsed(*words):
    return program.parser().parse_args([str(word) for word in words])


def run(*words):
    args = parsed(*words)
    return args.run(args)


def main(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["continuo_training", *(str(word) for word in words)])
    return program.main()


def made(role, corpus, runs, out, *options):
    """Trains, prunes, tunes and exports; what `make` does but for the comparison with tract, which needs Rust."""
    assert run("train", role, "--corpus", corpus, "--runs", runs, *options) == 0
    args = parsed("make", role, "--corpus", corpus, "--runs", runs, "--out", out, *options)
    commands.tune_network(args)
    assert commands.export_network(args) == 0


@pytest.fixture(scope="module")
def finished(small, corpus, tmp_path_factory):
    """Runs and exported networks of every role: `runs` and `mine` in one folder. Tests only read them."""
    folder = tmp_path_factory.mktemp("finished")
    for role in NETWORKS:
        made(role, corpus, folder / "runs", folder / "mine")
    return folder


@pytest.mark.parametrize("role", NETWORKS)
def test_every_command_has_its_own_function_and_choices(role, tmp_path):
    for name in ("a.onnx", "a.json"):
        (tmp_path / name).touch()
    start = tmp_path / "a.onnx"
    args = parsed("train", role, "--corpus", "there", "--from", start, "--steps", "7", "--devices", "2", "--fresh")
    assert (args.run, args.network, args.family) == (commands.train_full, role, commands.families_of(role)[0])
    assert (args.start.name, args.steps, args.devices, args.fresh, args.runs) == ("a.onnx", 7, 2, True, RUNS)
    args = parsed("make", role, "--corpus", "there", "--family", "lstm", "--keep", "0.5", "--out", "mine")
    assert (args.run, args.family, args.keep, args.out.name) == (commands.make, "lstm", 0.5, "mine")
    for name, function in (("verify", commands.verify_network), ("evaluate", commands.evaluate_network)):
        assert parsed(name, role, "--corpus", "there", "--out", "mine").run is function
    assert parsed("compare", role, "--corpus", "there", "--steps", "5").run is comparison.compare_families
    assert parsed("curve", role, "--corpus", "there", "--family", "lstm").run is comparison.pruning_curve
    assert parsed("import", "music", "--into", "there", "--name", "mine", "--style", "folk").name == "mine"


@pytest.mark.parametrize(
    "words",
    [
        ["train", "harmonist"],
        ["train", "drummer", "--corpus", "there"],
        ["train", "soloist", "--corpus", "there", "--family", "rnn"],
        ["compare", "soloist", "--corpus", "there", "--family", "gru"],
        [],
        ["train", "soloist", "--corpus", "there", "--steps", "0"],
        ["train", "soloist", "--corpus", "there", "--steps", "-1"],
        ["train", "soloist", "--corpus", "there", "--devices", "0"],
        ["train", "soloist", "--corpus", "there", "--runs", __file__],
        ["train", "soloist", "--corpus", "there", "--runs", __file__ + "/below"],
        ["train", "soloist", "--corpus", "there", "--from", "nowhere.onnx"],
        ["make", "soloist", "--corpus", "there", "--keep", "0"],
        ["make", "soloist", "--corpus", "there", "--keep", "nan"],
        ["make", "soloist", "--corpus", "there", "--out", __file__],
        ["mine", "--corpus", "there", "--count", "0"],
        ["mine", "--corpus", "there", "--out", __file__],
        ["import", "music", "--into", "there", "--name", "../mine", "--style", "folk"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_refused_with_2(words, capsys):
    with pytest.raises(SystemExit) as left:
        parsed(*words)
    assert left.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_folder_without_a_corpus_is_named_with_2(monkeypatch, tmp_path, capsys):
    assert main(monkeypatch, "train", "soloist", "--corpus", tmp_path / "nowhere", "--runs", tmp_path) == 2
    assert f"{tmp_path / 'nowhere'} holds no corpus. Name its folder with --corpus DIR" in capsys.readouterr().err


def test_a_corpus_without_a_tune_to_validate_on_is_named_with_2(monkeypatch, tmp_path, capsys):
    write_corpus(tmp_path, [record()])
    assert main(monkeypatch, "train", "harmonist", "--corpus", tmp_path, "--runs", tmp_path / "runs") == 2
    assert "is of the split valid" in capsys.readouterr().err


@pytest.mark.parametrize("card", ["{", "{}", "[]", '{"architecture": {"shape": {}}, "role": "soloist"}'])
def test_a_start_without_a_card_is_named_with_2(monkeypatch, corpus, tmp_path, capsys, card):
    (tmp_path / "a.json").write_text(card)
    (tmp_path / "a.onnx").write_text("no network")
    words = ("train", "soloist", "--corpus", corpus, "--runs", tmp_path / "runs", "--from", tmp_path / "a.onnx")
    assert main(monkeypatch, *words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{tmp_path / 'a.json'} is no card of a network" in line


def test_making_before_training_is_named_with_2(monkeypatch, corpus, tmp_path, capsys):
    assert main(monkeypatch, "make", "soloist", "--corpus", corpus, "--runs", tmp_path) == 2
    assert "run the step before this one first" in capsys.readouterr().err


@pytest.mark.parametrize("role", NETWORKS)
def test_a_corpus_of_ones_own_becomes_a_network_with_its_card(role, finished):
    family = commands.families_of(role)[0]
    folder = finished / "runs" / family / role
    full, tuned = (load_network(folder / stage / "best.pt") for stage in ("full", "tuned"))
    assert full.shape.hidden == ((4, 8), (4, 8))
    assert tuned.shape.hidden == (((2, 4), (2, 4)) if family in pruning.FAMILIES else full.shape.hidden)

    data, card = (finished / "mine" / f"{role}.onnx").read_bytes(), read_json(finished / "mine" / f"{role}.json")
    assert card["sha256"] == sha256(data)
    assert (card["role"], card["architecture"]["family"]) == (role, family)
    assert [(row["file"], row["pieces"], row["splits"]["valid"]) for row in card["corpus"]] == [("mine", 5, 1)]
    assert card["training"]["stages"]["full"]["steps"] == 3
    assert card["training"]["stages"]["tuned"]["steps"] == 2
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])

    def several(shape):
        return [3 if size == BATCH else size for size in shape]

    steps = {name: np.zeros(several(shape), dtype=np.float32) for name, shape in card["inputs"].items()}
    said = dict(zip(card["outputs"], session.run(list(card["outputs"]), steps), strict=True))
    assert all(list(values.shape) == several(card["outputs"][name]) for name, values in said.items())
    assert all(np.isfinite(values).all() for values in said.values())


def test_a_transformer_is_tuned_and_not_pruned(corpus, tmp_path, capsys):
    made("soloist", corpus, tmp_path / "runs", tmp_path / "mine", "--family", "transformer")
    assert "folk 100.0%" in capsys.readouterr().out
    tuned = load_network(tmp_path / "runs" / "transformer" / "soloist" / "tuned" / "best.pt")
    assert tuned.shape.hidden == ((4, 8), (4, 8))
    assert read_json(tmp_path / "mine" / "soloist.json")["architecture"]["family"] == "transformer"


@pytest.mark.parametrize("role", NETWORKS)
def test_a_training_goes_on_from_an_exported_network(role, corpus, finished, tmp_path):
    exported, family = finished / "mine" / f"{role}.onnx", commands.families_of(role)[0]
    start = commands.started_from(exported, commands.new_network(role, family))
    assert start.shape == load_network(finished / "runs" / family / role / "tuned" / "best.pt").shape
    assert run("train", role, "--corpus", corpus, "--runs", tmp_path, "--from", exported) == 0
    assert load_network(tmp_path / family / role / "full" / "best.pt").shape == start.shape
    other = NETWORKS[NETWORKS.index(role) - 1]
    with pytest.raises(ValueError, match=f"is a {role}"):
        commands.started_from(exported, commands.new_network(other, commands.families_of(other)[0]))


def test_a_harmonist_is_taught_by_a_harmonizer(finished, corpus, tmp_path):
    teacher = finished / "mine" / "harmonizer.onnx"
    melody = write_corpus(tmp_path / "corpus", [record(chords=[]), record(split="valid")])
    made("harmonist", melody, tmp_path / "runs", tmp_path / "mine", "--teacher", teacher)
    beside = read_json(tmp_path / "mine" / "harmonist.json")
    assert beside["training"]["teacher"] == sha256(teacher.read_bytes())
    assert beside["corpus"][0]["pieces"] == 2  # the melody without chords too


def test_a_teacher_that_cannot_teach_is_named_with_2(monkeypatch, finished, corpus, tmp_path, capsys):
    for role, teacher, reason in (("harmonist", "soloist", "is a soloist"), ("soloist", "harmonizer", "no teacher")):
        words = ("train", role, "--corpus", corpus, "--runs", tmp_path)
        assert main(monkeypatch, *words, "--teacher", finished / "mine" / f"{teacher}.onnx") == 2
        assert reason in capsys.readouterr().err


def test_a_family_of_another_role_is_named_with_2(monkeypatch, corpus, tmp_path, capsys):
    words = ("train", "harmonizer", "--corpus", corpus, "--runs", tmp_path, "--family", "gru")
    assert main(monkeypatch, *words) == 2
    assert "choose from bidirectional-gru, encoder, convolution" in capsys.readouterr().err


def test_options_that_a_texture_does_not_know_are_named_with_2(monkeypatch, finished, corpus, tmp_path, capsys):
    teacher = finished / "mine" / "harmonizer.onnx"
    for command, option, value in (("train", "--teacher", teacher), ("make", "--keep", "0.5")):
        words = (command, "texture", "--corpus", corpus, "--runs", tmp_path, option, value)
        assert main(monkeypatch, *words) == 2
        assert f"{option} is not for a texture" in capsys.readouterr().err


def test_making_again_does_nothing_anew_unless_the_network_was_trained_further(corpus, tmp_path, capsys):
    runs, out = tmp_path / "runs", tmp_path / "mine"
    made("soloist", corpus, runs, out)
    folder = runs / "gru" / "soloist"
    pruned = folder / "pruned" / "best.pt"
    begun = pruned.stat().st_mtime_ns
    args = parsed("make", "soloist", "--corpus", corpus, "--runs", runs, "--out", out)
    commands.tune_network(args)
    assert pruned.stat().st_mtime_ns == begun
    assert "newer" not in capsys.readouterr().out
    os.utime(folder / "full" / "best.pt", ns=(begun + 10**9, begun + 10**9))
    commands.tune_network(args)
    assert pruned.stat().st_mtime_ns > begun
    assert "newer" in capsys.readouterr().out


@pytest.mark.parametrize("role", NETWORKS)
def test_a_network_of_ones_own_is_measured_on_its_own_test_split(role, corpus, finished, tmp_path, capsys):
    out = shutil.copytree(finished / "mine", tmp_path / "mine")
    assert run("evaluate", role, "--corpus", corpus, "--runs", finished / "runs", "--out", out) == 0
    assert "pruned, tuned, int8" in capsys.readouterr().out
    metrics = read_json(out / f"{role}.json")["metrics"]
    assert set(metrics["stages"]) == {"full", "pruned", "tuned", "int8"}
    judged = metrics["stages"]["int8"]
    if role == "soloist":
        assert set(judged) == {*SOLOIST_HEADS, "total"}
    else:
        assert list(judged) == ["mine"]
        assert judged["mine"]["bits_react" if role == "harmonist" else "nats"] > 0


def test_an_untrained_network_is_the_same_for_the_same_seed():
    one, other = (commands.new_network("harmonist", "gru").state_dict() for _ in range(2))
    assert all((one[name] == other[name]).all() for name in one)
    assert json.dumps(commands.new_network("harmonist", "lstm").shape.as_dict())
