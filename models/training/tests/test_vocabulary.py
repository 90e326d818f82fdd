import numpy as np
import pytest

from continuo_training.vocabulary import (
    CONTRACT,
    METER_BLOCK,
    N_CHORDS,
    NO_CHORD,
    QUALITIES,
    STYLES,
    TIME_CLASSES,
    bar_class,
    chord_index,
    chord_roots,
    chord_tones,
    key_scales,
    time_class,
    transpose_chord,
    transpose_key,
)


def test_sizes_are_those_of_the_contract():
    assert len(QUALITIES) == 12
    assert len(STYLES) == 11
    assert len(TIME_CLASSES) == 46
    assert N_CHORDS == 145
    assert METER_BLOCK == 31
    assert CONTRACT == "continuo-3"


@pytest.mark.parametrize(
    ("ticks", "nearest"), [(1, 1), (24, 24), (26, 24), (27, 28), (31, 30), (57, 54), (192, 192), (999, 192)]
)
def test_a_duration_goes_to_the_nearest_class_and_the_smaller_of_two(ticks, nearest):
    assert TIME_CLASSES[time_class(ticks)] == nearest


def test_chords_are_spelled_in_twelve_qualities():
    assert chord_index(2, "min7") == 2 * 12 + 8
    assert chord_index(7, "aug7") == chord_index(7, "7")
    assert chord_index(-1, "N") == NO_CHORD


def test_transposition_moves_roots_and_tones_alike():
    chords = np.arange(N_CHORDS)
    moved = transpose_chord(chords, 5)
    for table in (chord_tones(), chord_roots()):
        assert (table[moved] == np.roll(table[chords], 5, axis=1)).all()
        assert not table[NO_CHORD].any()
    assert moved[NO_CHORD] == NO_CHORD


def test_a_minor_key_has_both_sixths_and_sevenths_and_keys_move_with_their_scales():
    scales = key_scales()
    assert np.flatnonzero(scales[7]).tolist() == [0, 2, 4, 6, 7, 9, 11]  # G major
    assert np.flatnonzero(scales[12 + 9]).tolist() == [0, 2, 4, 5, 6, 7, 8, 9, 11]  # A minor
    keys = np.arange(24)
    assert (scales[transpose_key(keys, 3)] == np.roll(scales, 3, axis=1)).all()


def test_unusual_bars_share_one_class():
    assert bar_class(np.array([8, 12, 16, 18, 24, 20])).tolist() == [0, 1, 2, 3, 4, 5]
