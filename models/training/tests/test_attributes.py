"""The attributes behind the knobs, measured on made-up sequences."""

import numpy as np
import pytest

from continuo_training.attributes import bucket, dropped, free, mode, nothing
from continuo_training.harmonist import attributes as harmony
from continuo_training.soloist import attributes as line
from continuo_training.soloist.notes import ABSENT, LOWEST, NoteBatch, Notes
from continuo_training.vocabulary import FREE, NO_CHORD, chord_index, time_class

C, A_MINOR, E7 = chord_index(0, "maj"), chord_index(9, "min"), chord_index(4, "7")


def lanes(*columns):
    """Sequences side by side, `[T, B]`."""
    return np.array(columns).T


def melody(pitches, ticks=24, key=0, syncopated=0):
    """A sequence of notes of one length as a batch of one."""
    pitches = np.array(pitches)[:, None] - LOWEST
    of = {name: np.zeros_like(pitches) for name in Notes.FIELDS}
    time = np.full_like(pitches, time_class(ticks))
    time[-1] = ABSENT
    of |= {"pitch": pitches, "time": time, "key": np.full_like(pitches, key)}
    of["syncopated"][:syncopated] = 1
    return NoteBatch(Notes(**of), np.zeros(1, dtype=np.int64), np.ones_like(pitches, dtype=bool))


def test_the_chord_rate_counts_changes_per_whole_note():
    slow, fast, none = [C] * 32, [C, A_MINOR] * 16, [NO_CHORD] * 32
    two = [C] * 16 + [A_MINOR] * 16
    rate = harmony.chord_rate(lanes(slow, fast, none, two), np.ones((32, 4), dtype=bool))
    assert rate[:2].tolist() == [0, 15.5]
    assert np.isnan(rate[2])
    assert rate[3] == 0.5


def test_what_lies_beyond_the_end_of_a_piece_is_not_measured():
    valid = lanes([True] * 8 + [False] * 8)
    assert harmony.chord_rate(lanes([C] * 8 + [C, A_MINOR] * 4), valid)[0] == 0
    assert harmony.chromaticism(lanes([C] * 8 + [E7] * 8), np.zeros((16, 1), dtype=int), valid)[0] == 0


def test_chromaticism_is_the_share_of_chord_tones_outside_the_key():
    chord = lanes([C, A_MINOR], [E7, E7], [E7, E7], [E7, C])
    key = lanes([0, 0], [0, 0], [12 + 9, 12 + 9], [-1, -1])
    found = harmony.chromaticism(chord, key, np.ones_like(chord, dtype=bool))
    assert found[:3].tolist() == [0, 0.25, 0]  # the G sharp of E7; A minor has it
    assert np.isnan(found[3])


def test_the_mode_is_that_of_most_of_the_time_and_free_where_no_key_is_known():
    key = lanes([0, 0, 21], [21, 21, 0], [-1, -1, -1], [-1, -1, 14])
    assert mode(key, np.ones_like(key, dtype=bool)).tolist() == [0, 1, nothing("mode"), 1]


def test_density_counts_notes_per_quarter_and_register_is_the_mean_pitch():
    quarters, eighths = (line.measured(melody([60, 62, 64, 66], ticks)) for ticks in (24, 12))
    assert quarters["density"] == pytest.approx([1])
    assert eighths["density"] == pytest.approx([2])
    assert quarters["register"] == pytest.approx([63 - LOWEST])
    assert np.isnan(line.measured(melody([60]))["density"][0])


def test_chromaticism_and_syncopation_of_a_line_are_shares_of_its_notes():
    found = line.measured(melody([60, 61, 64, 67], syncopated=1))
    assert found["chromaticism"] == pytest.approx([0.25])
    assert found["syncopation"] == pytest.approx([0.25])
    assert np.isnan(line.measured(melody([60, 61], key=-1))["chromaticism"][0])


def test_edges_part_five_levels_and_what_is_not_known_is_free():
    values = np.array([-1.0, 0.0, 1.5, 2.0, 99.0, np.nan])
    assert bucket(values, [0, 1, 2, 3]).tolist() == [0, 1, 2, 3, 4, FREE]
    with pytest.raises(ValueError, match="4 edges"):
        bucket(values, [0, 1])


def test_dropping_frees_each_attribute_on_its_own_and_leaves_the_others():
    rng = np.random.default_rng(0)
    levels = {"density": np.full(4000, 3), "mode": np.ones(4000, dtype=int)}
    left = dropped(levels, rng, 0.25)
    gone = {name: values == nothing(name) for name, values in left.items()}
    for name, values in left.items():
        assert (values[~gone[name]] == levels[name][0]).all()
        assert gone[name].mean() == pytest.approx(0.25, abs=0.03)
    assert (gone["density"] & gone["mode"]).mean() == pytest.approx(0.0625, abs=0.02)
    every, none = dropped(levels, rng, 1.0), dropped(levels, rng, 0.0)
    assert all((every[name] == values).all() for name, values in free(tuple(levels), 4000).items())
    assert all((none[name] == values).all() for name, values in levels.items())
