"""The card beside a network."""

import pytest
from made_up import piece, small_config
from made_up_networks import network

from continuo_training.card import card, corpus_table, credits, read_json, sha256, time_spent, write_json
from continuo_training.networks.step_network import Shape, parameter_count
from continuo_training.training import save
from continuo_training.vocabulary import CONTRACT

DATA = b"an exported network"


@pytest.mark.parametrize(
    ("role", "features", "head", "levels"),
    [("harmonist", 194, "logits_next_chord", "chord_rate"), ("soloist", 408, "logits_time", "syncopation")],
)
@pytest.mark.parametrize("family", ["gru", "lstm", "transformer"])
def test_the_card_describes_the_file(tmp_path, role, features, head, levels, family):
    net = network(role, family)
    config = small_config(role)
    made = card(role, net, DATA, [piece()], config, tmp_path)
    assert (made["contract"], made["role"]) == (CONTRACT, role)
    assert made["sha256"] == sha256(DATA)
    assert made["bytes"] == len(DATA)
    assert made["inputs"]["features"] == [1 if family == "transformer" else "N", features]
    assert head in made["outputs"]
    states = [name.removesuffix("_in") for name in made["inputs"] if name.endswith("_in")]
    assert len(states) == {"gru": 2, "lstm": 4, "transformer": 3}[family]
    assert all(made["inputs"][f"{name}_in"] == made["outputs"][f"{name}_out"] for name in states)
    assert made["parameters"] == parameter_count(net)
    assert len(made["attributes"][levels]["edges"]) == made["attributes"][levels]["levels"] - 1
    write_json(tmp_path / "card.json", made)
    assert Shape.from_dict(read_json(tmp_path / "card.json")["architecture"]["shape"]) == net.shape


def test_a_corpus_of_ones_own_has_its_row():
    pieces = [piece(split=split, licence="my own", chords_src="auto") for split in ("train", "train", "valid")]
    (row,) = corpus_table([*pieces])
    assert (row["file"], row["source"], row["pieces"]) == ("made-up", "made-up", 3)
    assert row["splits"] == {"train": 2, "valid": 1, "test": 0}
    assert row["licences"] == {"my own": 3}
    assert row["chords"] == {"auto": 3}


def test_every_source_has_a_row_and_a_known_one_its_repository():
    rows = corpus_table([piece(source="pop909"), piece(source="abc"), piece(source="abc")])
    assert [(row["file"], row["pieces"]) for row in rows] == [("abc", 2), ("pop909", 1)]
    assert rows[1]["source"] == "music-x-lab/POP909-Dataset"


def test_each_work_is_credited_once_and_only_if_its_licence_asks_for_it():
    asked = {"licence": "CC BY, attribution", "title": "Air", "composer": "Somebody"}
    assert credits([piece(**asked), piece(**asked), piece()]) == [asked | {"source": "made up"}]


def test_the_time_of_a_training_is_that_of_its_checkpoint(tmp_path):
    save(tmp_path / "full" / "last.pt", {"spent": 90.0, "step": 7, "best": {"score": 0.5}})
    assert time_spent(tmp_path) == {"full": {"minutes": 1.5, "steps": 7, "score": 0.5}}
