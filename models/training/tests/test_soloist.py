import numpy as np
import pytest

from continuo_training.evaluation.melody import Bigram
from continuo_training.soloist import features as sf
from continuo_training.soloist.notes import (
    NoteSet,
    chord_changes,
    chords_around,
    fold,
    notes_of,
    phrase_counts,
    until_class,
)
from continuo_training.tunes import greensleeves, ode_to_joy
from continuo_training.vocabulary import NO_CHORD, UNKNOWN_STYLE, chord_index


def test_the_feature_vector_has_the_size_of_the_contract():
    assert sf.FEATURES == 325


def test_pitches_beyond_the_range_are_folded_by_octaves():
    assert fold(np.array([36, 95, 35, 24, 96, 110])).tolist() == [0, 59, 11, 0, 48, 50]


def test_a_new_phrase_begins_after_a_quarter_rest():
    onset, duration = np.array([0, 24, 60, 84]), np.array([24, 12, 24, 24])
    assert phrase_counts(onset, duration).tolist() == [0, 1, 0, 1]
    assert phrase_counts(onset, np.array([24, 13, 24, 24])).tolist() == [0, 1, 2, 3]


def test_the_next_chord_is_the_next_different_one_within_two_bars():
    chords = np.array([[0, 96, 3], [96, 96, 3], [192, 96, 5]])
    ticks, classes = chord_changes(chords)
    assert ticks.tolist()[1:] == [0, 192, 288]
    assert classes.tolist() == [NO_CHORD, 3, 5, NO_CHORD]
    now, after, until = chords_around(chords[:2], np.array([0]))
    assert (now[0], after[0], until[0]) == (3, NO_CHORD, 7)
    now, after, until = chords_around(np.array([[0, 300, 3], [300, 96, 5]]), np.array([0, 108]))
    assert now.tolist() == [3, 3]
    assert after.tolist() == [3, 5]
    assert until.tolist() == [8, 7]


@pytest.mark.parametrize(("ticks", "index"), [(1, 0), (6, 0), (7, 1), (48, 4), (192, 7), (193, 8)])
def test_classes_of_the_time_until_the_next_chord(ticks, index):
    assert until_class(np.array([ticks]))[0] == index


def test_the_first_note_knows_nothing_before_it():
    piece = ode_to_joy()
    one = np.zeros(1, dtype=np.int64)
    notes = NoteSet([piece]).sequences(one, one, 20, one, np.array([UNKNOWN_STYLE]))
    rows = sf.features(notes.notes, notes.style)[:, 0]
    assert (rows[0, : sf.METER] == 0).all()
    assert (rows[0, sf.MEMORY : sf.PHRASE] == 0).all()
    assert rows[1, sf.PITCH + 66 - 36] == 1
    assert rows[1, sf.OVER_ROOT + 4] == 1  # F sharp over D
    assert rows[1, sf.MEMORY + 6] == pytest.approx(1)
    assert (rows[:, sf.CHORD : sf.NEXT_CHORD].sum(1) == 2).all()


def test_notes_of_a_tune_in_compound_meter():
    notes = notes_of(greensleeves())
    assert notes.position[0] == 10
    assert notes.compound.all()
    assert notes.chord[0] == chord_index(9, "min")
    assert notes.time[-1] == -1


def test_a_bigram_is_a_distribution_and_learns():
    rng = np.random.default_rng(0)
    before = rng.integers(0, 5, 4000)
    after = (before + 1) % 5
    model = Bigram.counted(before, after, 5)
    total = sum(2 ** -model.bits(np.array([2]), np.array([token])) for token in range(5))
    assert total == pytest.approx(1)
    assert model.bits(before, after) < 0.3
    assert model.tuned(before, after).bits(before, after) <= model.bits(before, after)
