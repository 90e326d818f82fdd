"""Networks of the contract before this one: read, trained further, and written anew."""

import shutil

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from continuo_training import __main__ as program
from continuo_training import commands
from continuo_training.card import read_json, sha256
from continuo_training.config import MODELS
from continuo_training.verify import card_fits
from continuo_training.vocabulary import CONTRACT

OLD = MODELS / "tests" / "contract-2"
"""A GRU and a Transformer of random weights."""
ROLES = ("harmonist", "soloist")
"""The roles that the contract had."""


def convert(path, out):
    args = program.parser().parse_args(["convert", str(path), "--out", str(out)])
    return args.run(args)


def integers(path):
    """All int8 values of a file."""
    arrays = map(numpy_helper.to_array, onnx.load(path).graph.initializer)
    return np.concatenate([array.ravel() for array in arrays if array.dtype == np.int8])


@pytest.mark.parametrize("role", ROLES)
def test_an_older_network_is_written_anew_and_says_the_same(role, tmp_path, capsys):
    assert read_json(OLD / f"{role}.json")["contract"] == "continuo-2"
    assert convert(OLD / f"{role}.onnx", tmp_path) == 0
    assert "largest difference" in capsys.readouterr().out
    card = read_json(tmp_path / f"{role}.json")
    assert (card["contract"], card["role"]) == (CONTRACT, role)
    assert card_fits(tmp_path, role)
    assert card["bytes"] == (tmp_path / f"{role}.onnx").stat().st_size < (OLD / f"{role}.onnx").stat().st_size
    # Each weight once: of the rotations of a weight, one is left, and each was a weight before.
    before, after = integers(OLD / f"{role}.onnx"), integers(tmp_path / f"{role}.onnx")
    assert 3 * len(after) < len(before)
    assert set(after) <= set(before)


@pytest.mark.parametrize("role", ROLES)
def test_a_network_that_was_written_anew_is_not_changed_by_doing_so_again(role, tmp_path):
    convert(OLD / f"{role}.onnx", tmp_path)
    once = sha256((tmp_path / f"{role}.onnx").read_bytes())
    assert convert(tmp_path / f"{role}.onnx", tmp_path) == 0
    assert sha256((tmp_path / f"{role}.onnx").read_bytes()) == once


def test_nothing_is_written_if_the_network_would_say_something_else(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(commands, "LIKENESS", 0.0)
    assert convert(OLD / "harmonist.onnx", tmp_path / "new") == 1
    assert "nothing is written" in capsys.readouterr().out
    assert not (tmp_path / "new").exists()


def test_a_card_of_another_network_is_refused(tmp_path):
    shutil.copy(OLD / "harmonist.onnx", tmp_path)
    shutil.copy(OLD / "soloist.json", tmp_path / "harmonist.json")
    with pytest.raises(ValueError, match="does not hold the network"):
        convert(tmp_path / "harmonist.onnx", tmp_path)
