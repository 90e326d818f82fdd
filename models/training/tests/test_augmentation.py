from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from continuo_training.augmentation import Hand, played, stretched
from continuo_training.tunes import greensleeves, ode_to_joy
from continuo_training.vocabulary import NO_CHORD

HALF = Fraction(1, 2)
CLUMSY = Hand(early_late=3, lag=2, missed=0.1, doubled=0.1, wrong=0.1, shortened=0.2, held_over=0.2, span=0.05)


def in_bars(piece, count):
    return replace(piece, bars=piece.bars[:count])


def line(rng, notes=80):
    gaps = rng.integers(1, 49, notes)
    onset = np.cumsum(gaps) - gaps[0]
    duration = np.maximum(rng.integers(1, 49, notes), 1)
    duration[:-1] = np.minimum(duration[:-1], gaps[1:])
    return np.stack([onset, duration, rng.integers(0, 128, notes)], axis=1)


def test_double_time_makes_two_bars_of_each():
    piece = in_bars(ode_to_joy(), 8)
    slow = stretched(piece, 2)
    assert slow.bars.tolist() == list(range(0, 16 * 96, 96))
    assert slow.meter == [(0, 4, 4)]
    assert (slow.melody[:, :2] == 2 * piece.melody[:, :2]).all()
    assert (slow.melody[:, 2] == piece.melody[:, 2]).all()
    assert (slow.chords[:, :2] == 2 * piece.chords[:, :2]).all()


def test_half_time_undoes_double_time():
    piece = in_bars(ode_to_joy(), 8)
    back = stretched(stretched(piece, 2), HALF)
    assert (back.bars == piece.bars).all()
    assert (back.melody == piece.melody).all()
    assert (back.chords == piece.chords).all()


def test_an_upbeat_stays_an_upbeat_when_bars_merge():
    piece = in_bars(ode_to_joy(), 8)
    melody, chords = piece.melody.copy(), piece.chords.copy()
    melody[:, 0] += 96
    chords[:, 0] += 96
    later = replace(piece, melody=melody, chords=chords, bars=np.arange(9) * 96)
    upbeat = np.array([[72, 24, 62]])
    fast = stretched(replace(later, melody=np.concatenate([upbeat, later.melody])), HALF)
    assert fast.melody[0].tolist() == [84, 12, 62]
    assert fast.melody[1, 0] == 96
    assert fast.chords[0, 0] == 96
    assert len(fast.bars) == 5


def test_a_long_upbeat_does_not_fit():
    piece = in_bars(ode_to_joy(), 8)
    chords = piece.chords.copy()
    chords[0, 2] = NO_CHORD
    assert stretched(replace(piece, melody=piece.melody[1:], chords=chords), HALF) is None


def test_what_would_change_the_meter_is_not_stretched():
    piece = in_bars(ode_to_joy(), 8)
    assert stretched(greensleeves(), 2) is None
    assert stretched(greensleeves(), HALF) is None
    assert stretched(replace(piece, meter=[(0, 3, 4)], bars=np.arange(8) * 72), 2) is None
    assert stretched(replace(piece, bars=np.array([0, 96, 144, 240])), 2) is None
    assert stretched(in_bars(piece, 7), HALF) is None


def test_onsets_off_the_halved_grid_are_refused():
    piece = in_bars(ode_to_joy(), 8)
    melody = piece.melody.copy()
    melody[3, 0] += 1
    assert stretched(replace(piece, melody=melody), HALF) is None
    assert stretched(replace(piece, melody=melody), 2) is not None


def test_keys_move_with_the_music():
    keys = np.array([[0, 2], [192, 9]])
    assert stretched(replace(in_bars(ode_to_joy(), 8), keys=keys), 2).keys.tolist() == [[0, 2], [384, 9]]


def test_other_factors_are_refused():
    with pytest.raises(ValueError, match="not by 3"):
        stretched(ode_to_joy(), 3)


@pytest.mark.parametrize("seed", range(20))
def test_a_hand_of_zeros_changes_nothing(seed):
    melody = line(np.random.default_rng(seed))
    assert (played(melody, Hand(), np.random.default_rng(seed)) == melody).all()


@pytest.mark.parametrize("seed", range(60))
def test_what_is_played_is_still_a_melody(seed):
    rng = np.random.default_rng(seed)
    melody = line(rng)
    before = melody.copy()
    rates = rng.random(8) ** 3
    hand = Hand(*(rates * [20, 10, 1, 1, 1, 1, 1, 1]))
    out = played(melody, hand, rng)
    assert (melody == before).all()
    assert out.dtype == melody.dtype
    assert len(out) > 0
    assert (np.diff(out[:, 0]) > 0).all()
    assert (out[:, 1] >= 1).all()
    assert (out[:, 0] >= 0).all()
    assert (out[:-1, 0] + out[:-1, 1] <= out[1:, 0]).all()
    assert ((out[:, 2] >= 0) & (out[:, 2] < 128)).all()


def test_one_seed_plays_one_way():
    melody = line(np.random.default_rng(1))
    once, again = (played(melody, CLUMSY, np.random.default_rng(5)) for _ in range(2))
    assert (once == again).all()


def test_rates_are_what_they_say():
    rng = np.random.default_rng(0)
    melody = np.stack([np.arange(4000) * 24, np.full(4000, 18), 60 + rng.choice([0, 2, 4, 5, 7, 9, 11], 4000)], axis=1)
    assert len(played(melody, Hand(missed=0.2), rng)) == pytest.approx(3200, rel=0.05)
    assert len(played(melody, Hand(doubled=0.2), rng)) == pytest.approx(4800, rel=0.05)
    off = played(melody, Hand(early_late=2), rng)[:, 0] - melody[:, 0]
    assert np.std(off) == pytest.approx(2, rel=0.1)
    lags = [np.mean(played(melody, Hand(lag=2), rng)[1:, 0] - melody[1:, 0]) for _ in range(200)]
    assert np.std(lags) == pytest.approx(2, rel=0.25)
    wrong = played(melody, Hand(wrong=0.2), rng)[:, 2] - melody[:, 2]
    assert np.mean(wrong != 0) == pytest.approx(0.2, rel=0.1)
    assert np.abs(wrong).max() == 2
    lengths = played(melody, Hand(shortened=0.5), rng)[:, 1]
    assert np.mean(lengths < 18) == pytest.approx(0.5, rel=0.1)
    lengths = played(melody, Hand(held_over=0.5), rng)[:, 1]
    assert np.mean(lengths > 18) == pytest.approx(0.5, rel=0.1)
    assert lengths.max() == 24


def test_a_span_is_a_rest_of_one_to_four_bars():
    melody = np.stack([np.arange(4000) * 24, np.full(4000, 24), np.full(4000, 60)], axis=1)
    out = played(melody, Hand(span=0.02), np.random.default_rng(3))
    rests = (np.diff(out[:, 0]) - 24) / 96
    assert set(rests[rests > 0]) >= {1.0, 2.0, 3.0, 4.0}
    assert (rests % 1 == 0).all()


def test_a_hand_is_read_from_a_table_and_its_faults_are_named():
    assert Hand.from_table({"missed": 0.1, "early_late": 1.5}) == Hand(missed=0.1, early_late=1.5)
    with pytest.raises(ValueError, match="no sloppy"):
        Hand.from_table({"sloppy": 1})
    with pytest.raises(ValueError, match="missed = 2"):
        Hand.from_table({"missed": 2})
