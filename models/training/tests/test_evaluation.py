"""Measures of chords and lines, the rules that are the floor, and the page that they are written to."""

import json
import math

import numpy as np
import pytest
import torch
from made_up import piece
from made_up_networks import network

from continuo_training.card import write_json
from continuo_training.evaluation import harmony, melody, report
from continuo_training.evaluation.harmony import (
    MEASURES,
    chord_tone_ratio,
    judge,
    likelihood,
    openings,
    tonal_centroids,
)
from continuo_training.evaluation.rules import follow, tonic_held, tracked_keys
from continuo_training.harmonist.frames import FrameSet, transpose_notes
from continuo_training.tunes import ode_to_joy
from continuo_training.vocabulary import NO_CHORD, chord_index

D = chord_index(2, "maj")


def opening():
    one = np.zeros(1, dtype=np.int64)
    return FrameSet([ode_to_joy()]).sequences(one, one, 128, one, one)


def silent(role="harmonist"):
    """A network whose logits are all zero."""
    net = network(role)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
    return net.train().eval()


def test_the_human_chords_agree_with_themselves():
    batch = opening()
    measures = judge(batch.frames.chord.astype(np.int64), batch, [ode_to_joy().melody])
    assert set(measures) == set(MEASURES)
    assert measures["agreement"] == measures["agreement_from_first_note"] == 1
    assert measures["on_beat"] == 1
    assert 0.5 < measures["note_in_chord"] <= 1


def test_agreement_wants_three_shared_pitch_classes():
    batch = opening()
    six = np.full(batch.frames.note.shape, chord_index(2, "6"))  # D6 shares three with D and B minor
    judged = judge(six, batch, [ode_to_joy().melody])
    human = batch.frames.chord[batch.valid]
    want = np.isin(human, [D, chord_index(11, "min")]).mean()
    assert judged["agreement"] == pytest.approx(want)


def test_a_step_away_from_a_foreign_note_makes_it_proper():
    chords = np.full(16, chord_index(0, "maj"))
    melody = np.array([[0, 24, 60], [24, 24, 62], [48, 24, 64], [72, 24, 66]])
    assert chord_tone_ratio(chords, melody) == pytest.approx(3 / 4)
    assert chord_tone_ratio(np.full(16, NO_CHORD), melody) is None


def test_a_fifth_is_nearer_than_a_tritone():
    centroids = tonal_centroids()
    assert np.linalg.norm(centroids[0] - centroids[7]) < np.linalg.norm(centroids[0] - centroids[6])


def test_the_rules_find_the_key_of_a_tune_and_change_on_beats():
    batch = opening()
    assert tonic_held(batch)[-1, 0] == D
    for with_note in (False, True):
        chords = follow(batch, with_note=with_note)
        changed = np.flatnonzero(chords[1:, 0] != chords[:-1, 0]) + 1
        assert (batch.frames.in_beat[changed, 0] == 0).all()
    assert tonic_held(batch)[0, 0] == NO_CHORD


def test_the_key_of_a_scale_is_found():
    major_scale = np.repeat(1 + np.array([0, 2, 4, 5, 7, 9, 11, 0, 7, 4, 0]), 4)[:, None]
    assert tracked_keys(major_scale)[-1, 0] == 0
    assert tracked_keys(transpose_notes(major_scale, 7))[-1, 0] == 7
    assert tracked_keys(major_scale)[0, 0] == -1


def test_likelihood_counts_a_bit_for_the_rhythm_and_the_choice_where_a_chord_begins():
    batch = opening()
    chord = batch.frames.chord[batch.valid]
    judged = chord[1:] != NO_CHORD
    begins = ((chord[1:] != chord[:-1]) & judged).sum() / judged.sum()
    bits = likelihood(silent(), batch)
    assert [bits["react"], bits["anticipate"]] == pytest.approx([1 + begins * math.log2(145)] * 2, abs=1e-4)


def test_openings_are_those_of_the_judged_sources_else_of_all_there_are():
    mine, pop = piece(source="mine", split="test"), piece(source="pop909", split="test")
    guessed = piece(source="neonscribe", split="test", chords_src="hmm")
    assert list(openings([mine, pop, guessed, piece()], "test")) == ["pop909"]
    assert list(openings([mine, guessed, piece()], "test")) == ["mine"]
    with pytest.raises(FileNotFoundError, match="valid"):
        openings([mine], "valid")


def test_every_system_of_the_harmonist_is_measured_and_tabled(monkeypatch):
    monkeypatch.setattr(harmony, "FRAMES", 32)
    pieces = [piece(split="test", seed=seed) for seed in range(2)]
    stages = {name: network(seed=seed) for seed, name in enumerate(("full", "pruned", "tuned", "int8"))}
    found = harmony.measure(stages, pieces, 0)
    systems = found["online"]["made-up"]
    assert systems["pieces"] == 2
    assert sum(name.startswith("network") for name in systems) == 8
    assert systems["human"]["agreement"] == 1
    assert set(found["stages"]["int8"]["made-up"]) == {key for key, _ in report.STAGE_KEYS}
    text = report.tables("harmonist", found)
    assert "| made-up (2 pieces) | agreement |" in text
    assert "| pruned, tuned, int8 |" in text


def test_every_source_of_the_soloist_is_measured_and_tabled():
    pieces = [piece(source=source, split="test") for source in ("a", "a", "b")] + [piece(source="c")]
    found = melody.measure(dict.fromkeys(("full", "pruned", "tuned", "int8"), silent("soloist")), pieces)
    assert {source: values["pieces"] for source, values in found["bits_per_note"].items()} == {"a": 2, "b": 1}
    assert found["stages"]["int8"]["total"] == pytest.approx(math.log2(60 * 46 * 46), abs=1e-3)
    text = report.tables("soloist", found)
    assert "| a (2) | 5.91 | 5.52 | 5.52 | 16.95 |" in text
    with pytest.raises(FileNotFoundError, match="test"):
        melody.measure({}, [piece()])


@pytest.fixture
def places(tmp_path, monkeypatch):
    """The page, the cards and the results of the studies in a folder of their own."""
    page = tmp_path / "models.md"
    page.write_text("# Title\n\ntext\n\n## Measured in training\n\nold\n\n## After\n\nmore\n", encoding="utf-8")
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "MODELS", tmp_path)
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    return tmp_path


def judged_row(bits):
    return {"made-up": {key: bits for key, _ in report.STAGE_KEYS}}


def cost_row():
    return {"parameters": 1000, "bytes": 4000, "tract_us": 30.0, "tract_load_ms": 9.0, "onnxruntime_us": 20.0}


def test_the_page_keeps_what_stands_around_the_measures(places):
    report.write_docs()
    report.write_docs()
    text = (places / "models.md").read_text(encoding="utf-8")
    assert text.startswith("# Title\n\ntext\n\n## Measured in training\n")
    assert "old" not in text
    assert text.count("## Measured in training") == 1
    assert text.endswith("\n## After\n\nmore\n")


def test_the_page_shows_cards_families_and_the_pruning_curve(places):
    stages = {stage: judged_row(1.25) for stage in report.STAGES}
    card = {"parameters": 2000, "bytes": 3000, "metrics": {"online": {}, "stages": stages}}
    write_json(places / "lstm" / "harmonist.json", card)
    row = {"steps": 400, "minutes": 7.0, "judged": judged_row(1.5)} | cost_row()
    write_json(places / "harmonist-families.json", {"gru": row})
    curve = [{"share": share, "float32": judged_row(1.1), "int8": judged_row(1.2)} | cost_row() for share in (1, 0.5)]
    write_json(places / "harmonist-pruning.json", {"family": "gru", "steps": 10, "rows": curve})
    report.write_docs()
    text = (places / "models.md").read_text(encoding="utf-8")
    assert "### Harmonist, lstm (2k parameters, 3 kB)" in text
    assert "| gru | 400 | 7 | 1k | 4 | 30 | 9 | 20 | 1.500 |" in text
    assert "| 50% | int8 | 1k | 4 | 30 | 1.200 |" in text
    assert (places / "pruning.png").read_bytes().startswith(b"\x89PNG")
    assert report.bits("harmonist", json.loads(json.dumps(judged_row(1.5)))) == 1.5
