import numpy as np
import pytest

from continuo_training.card import write_json
from continuo_training.config import NETWORKS
from continuo_training.evaluation.harmony import MEASURES, chord_tone_ratio, judge, tonal_centroids
from continuo_training.evaluation.report import write_docs
from continuo_training.evaluation.rules import follow, tonic_held
from continuo_training.harmonist.frames import FrameSet
from continuo_training.tunes import ode_to_joy
from continuo_training.vocabulary import NO_CHORD, chord_index

D = chord_index(2, "maj")


def opening():
    one = np.zeros(1, dtype=np.int64)
    return FrameSet([ode_to_joy()]).sequences(one, one, 128, one, one)


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


def test_the_docs_keep_what_stands_around_the_measures(tmp_path):
    for name in NETWORKS:
        write_json(tmp_path / f"{name}.json", {"metrics": {}})
    page = tmp_path / "models.md"
    page.write_text("# Title\n\ntext\n\n## Measured\n\nold\n\n## After\n\nmore\n", encoding="utf-8")
    write_docs(page, tmp_path)
    write_docs(page, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Title\n\ntext\n\n## Measured\n")
    assert "old" not in text
    assert text.count("## Measured") == 1
    assert text.endswith("\n## After\n\nmore\n")
