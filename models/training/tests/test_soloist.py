"""Notes, features, the live prefix and the losses of the soloist."""

import numpy as np
import pytest
import torch
from made_up import contract_blocks, piece, small_config
from made_up_networks import network

from continuo_training.attributes import free
from continuo_training.corpus import CorpusMissingError
from continuo_training.soloist import features as sf
from continuo_training.soloist.notes import (
    ABSENT,
    NoteSet,
    chord_changes,
    chords_around,
    fold,
    notes_of,
    opening,
    phrase_counts,
    until_class,
)
from continuo_training.soloist.training import HEADS, SoloistTask, bits_per_note, target
from continuo_training.tunes import greensleeves
from continuo_training.vocabulary import NO_CHORD, STYLES, chord_index, time_class


def task(**choices):
    pieces = [piece(seed=seed, bars=12) for seed in range(3)] + [piece(split="valid", seed=9)]
    return SoloistTask(pieces, small_config("soloist", **choices)["task"])


def hand(**changes):
    """How the phrases before an answer are played: always, and not at all strayed, but for `changes`."""
    return {"share": 1.0, "longest": 8, "early_late": 0.0, "shortest": 1.0, "wrong": 0.0} | changes


def rows_of(made, **levels):
    batch = opening(NoteSet([made]), np.zeros(1, dtype=np.int64), len(made.melody))
    return sf.features(batch.notes, batch.style, free(tuple(sf.ATTRIBUTES), 1) | levels)[:, 0]


def test_the_feature_vector_is_that_of_the_contract():
    blocks, size = contract_blocks("soloist")
    assert sf.FEATURES == size == 408
    assert {name: offset for name, (offset, _) in blocks.items()} == {
        "last class": sf.LAST_CLASS,
        "chord now": sf.CHORD,
        "chord next": sf.NEXT_CHORD,
        "memory, fast": sf.MEMORIES,
        "memory, slow": sf.MEMORIES + 12,
        "last pitch": sf.PITCH,
        "last interval": sf.INTERVAL,
        "last over the root": sf.OVER_ROOT,
        "last length": sf.LENGTH,
        "time": sf.TIME,
        "meter": sf.METER,
        "tick in beat": sf.IN_BEAT,
        "no chord": sf.NONE,
        "time to it": sf.UNTIL,
        "phrase": sf.PHRASE,
        "style": sf.STYLE,
        "density": sf.DENSITY,
        "register": sf.REGISTER,
        "chromaticism": sf.CHROMATICISM,
        "syncopation": sf.SYNCOPATION,
        "mode": sf.MODE,
    }
    assert sf.REGULAR == sf.PITCH


def test_pitches_beyond_the_range_are_folded_by_octaves():
    assert fold(np.array([36, 95, 35, 24, 96, 110])).tolist() == [0, 59, 11, 0, 48, 50]


def test_a_new_phrase_begins_after_a_quarter_rest():
    onset, duration = np.array([0, 24, 60, 84]), np.array([24, 12, 24, 24])
    assert phrase_counts(onset, duration).tolist() == [0, 1, 0, 1]
    assert phrase_counts(onset, np.array([24, 13, 24, 24])).tolist() == [0, 1, 2, 3]


def test_the_next_chord_is_the_next_different_one_within_two_bars():
    chords = np.array([[0, 96, 3, 0], [96, 96, 3, 0], [192, 96, 5, 0]])
    ticks, classes = chord_changes(chords)
    assert ticks.tolist()[1:] == [0, 192, 288]
    assert classes.tolist() == [NO_CHORD, 3, 5, NO_CHORD]
    now, after, until = chords_around(chords[:2], np.array([0]))
    assert (now[0], after[0], until[0]) == (3, NO_CHORD, 7)
    now, after, until = chords_around(np.array([[0, 300, 3, 0], [300, 96, 5, 0]]), np.array([0, 108]))
    assert now.tolist() == [3, 3]
    assert after.tolist() == [3, 5]
    assert until.tolist() == [8, 7]


@pytest.mark.parametrize(("ticks", "index"), [(1, 0), (6, 0), (7, 1), (48, 4), (192, 7), (193, 8)])
def test_classes_of_the_time_until_the_next_chord(ticks, index):
    assert until_class(np.array([ticks]))[0] == index


def test_the_first_note_knows_nothing_before_it():
    first = rows_of(piece())[0]
    assert not first[: sf.CHORD].any()
    assert not first[sf.MEMORIES : sf.METER].any()
    assert first[sf.PHRASE] == 1


def test_the_third_note_as_the_contract_writes_it_down():
    melody = [[0, 24, 67], [24, 20, 64], [48, 24, 100]] + [[72 + 24 * n, 24, 60] for n in range(5)]
    chords = [[0, 96, 0, "maj", 0, "C"], [96, 96, 7, "7", 11, "G7/B"]]
    made = piece(melody=melody, chords=chords)
    row = rows_of(made, density=np.array([3]), mode=np.array([0]))[2]
    memory = row[sf.MEMORIES : sf.REGULAR].clone()
    row[sf.MEMORIES : sf.REGULAR] = 0
    assert row.nonzero().flatten().tolist() == [
        sf.LAST_CLASS + 4,
        *(sf.CHORD + offset for offset in (0, 12, 16, 19)),
        *(sf.NEXT_CHORD + offset for offset in (7, 14, 17, 19, 23)),
        sf.PITCH + 64 - 36,
        sf.INTERVAL + 24 - 3,
        sf.OVER_ROOT + 4,
        sf.LENGTH + time_class(20),
        sf.TIME + time_class(24),
        sf.METER + 8,
        sf.METER + 24 + 2,
        sf.IN_BEAT,
        sf.UNTIL + 4,
        sf.PHRASE + 2,
        sf.STYLE + STYLES.index("folk"),
        sf.DENSITY + 3,
        sf.MODE,
    ]
    for column, decay in enumerate(sf.DECAYS):
        expected = np.zeros(12)
        expected[[7, 4]] = decay, 1
        assert memory[12 * column : 12 * column + 12].numpy() == pytest.approx(expected / expected.sum(), abs=1e-5)
    after = rows_of(made)[3]
    assert after[sf.PITCH + 52] == 1  # E7 is folded to E6, the highest E there is
    assert after[sf.INTERVAL + 48] == 1  # and 24 semitones are as wide as it gets


def test_a_line_without_chords_has_none_now_and_next():
    rows = rows_of(piece(chords=[[0, 800, -1, "N", -1, ""]]))
    assert not rows[:, sf.CHORD : sf.MEMORIES].any()
    assert (rows[:, sf.NONE : sf.UNTIL] == 1).all()
    assert (rows[:, sf.UNTIL + 8] == 1).all()
    assert not rows[:, sf.OVER_ROOT : sf.LENGTH].any()


def test_transposition_within_the_range_rotates_the_classes_and_moves_the_last_pitch():
    notes = NoteSet([piece(seed=1)])
    one = np.zeros(1, dtype=np.int64)

    def rows(semitones):
        batch = notes.sequences(one, one, 20, np.full(1, semitones), notes.style)
        return sf.features(batch.notes, batch.style, free(tuple(sf.ATTRIBUTES), 1))

    here, there = rows(0), rows(3)
    turned = here[..., : sf.REGULAR].unflatten(-1, (-1, 12)).roll(3, -1).flatten(-2)
    assert torch.allclose(there[..., : sf.REGULAR], turned)
    assert torch.equal(there[..., sf.PITCH : sf.INTERVAL], here[..., sf.PITCH : sf.INTERVAL].roll(3, -1))
    assert torch.equal(there[..., sf.INTERVAL :], here[..., sf.INTERVAL :])


def test_notes_of_a_tune_in_compound_meter():
    notes = notes_of(greensleeves())
    assert notes.position[0] == 10
    assert notes.compound.all()
    assert notes.chord[0] == chord_index(9, "min")
    assert notes.time[-1] == ABSENT


def test_a_note_is_syncopated_when_it_sounds_over_the_next_beat():
    melody = [[0, 36, 60], [36, 24, 62], [60, 12, 64], [72, 24, 65], [96, 24, 60]]
    assert notes_of(piece(melody=melody)).syncopated.tolist() == [False, True, False, False, False]
    eighths = [[12 * n, 12, 60] for n in range(8)]
    assert not notes_of(piece(melody=eighths, meter=[[0, 12, 8]])).syncopated.any()


@pytest.mark.parametrize("seed", range(3))
def test_only_a_beginning_of_a_sequence_is_played_by_hand(seed):
    rng = np.random.default_rng(seed)
    learning = task(hand=hand(share=0.5, early_late=2.0, shortest=0.3, wrong=0.3))
    batch = learning.train_set.sample(rng, learning.weights[0], 40, 24, 0.0)
    written = {name: getattr(batch.notes, name).copy() for name in ("pitch", "length", "time", "in_beat", "chord")}
    heard = learning._as_played(batch, rng)
    counts = heard.sum(0)
    assert (heard == (np.arange(24)[:, None] < counts)).all()
    assert set(counts.tolist()) <= {0, *range(4, 9)}
    assert 0.2 < (counts > 0).mean() < 0.8
    for name, values in written.items():
        played = getattr(batch.notes, name)
        assert (played[~heard] == values[~heard]).all(), name
        assert (played[heard] != values[heard]).any() == (name != "chord"), name
    assert batch.notes.pitch.min() >= 0
    assert batch.notes.pitch.max() < 60


def test_a_hand_that_does_not_stray_plays_what_is_written():
    rng = np.random.default_rng(0)
    learning = task(hand=hand())
    batch = learning.train_set.sample(rng, learning.weights[0], 8, 24, 0.0)
    written = {name: getattr(batch.notes, name).copy() for name in ("pitch", "time", "in_beat")}
    assert learning._as_played(batch, rng).any()
    for name, values in written.items():
        assert (getattr(batch.notes, name) == values).all()


def test_what_the_hand_played_is_heard_and_not_learnt(monkeypatch):
    learning = task(hand=hand(wrong=0.2))
    seen = {}
    play = learning._as_played

    def watched(batch, rng):
        seen["heard"], seen["batch"] = play(batch, rng), batch
        return seen["heard"]

    net = network("soloist").train()

    def keep(module, inputs, outputs):
        seen["logits"] = outputs[0]
        for values in outputs[0].values():
            values.retain_grad()

    monkeypatch.setattr(learning, "_as_played", watched)
    net.register_forward_hook(keep)
    loss, parts = learning.loss(net, np.random.default_rng(0), 0.5)
    loss.backward()
    assert seen["heard"].any()
    assert set(parts) == set(HEADS)
    for name, logits in seen["logits"].items():
        learnt = (logits.grad.abs().sum(-1) > 0).numpy()
        expected = ~seen["heard"] & (target(seen["batch"], name) != ABSENT)
        assert (learnt == expected).all(), name


def test_the_last_note_has_no_time_and_notes_beyond_the_end_no_target():
    batch = opening(NoteSet([piece(bars=2), piece(bars=4)]), np.arange(2), 16)
    time, pitch = target(batch, "time"), target(batch, "pitch")
    assert (time[7, 0], time[15, 1]) == (ABSENT, ABSENT)
    assert (time[:7, 0] == time_class(24)).all()
    assert (pitch[8:, 0] == ABSENT).all()
    assert (pitch[:, 1] != ABSENT).all()


@torch.no_grad()
def test_a_network_that_knows_nothing_needs_the_bits_of_a_uniform_choice():
    net = network("soloist")
    for parameter in net.parameters():
        parameter.zero_()
    net.train().eval()
    bits = bits_per_note(net, NoteSet([piece()]), ["made-up"])["made-up"]
    assert bits["pitch"] == pytest.approx(np.log2(60), abs=1e-4)
    assert [bits["length"], bits["time"]] == pytest.approx([np.log2(46)] * 2, abs=1e-4)
    assert bits["total"] == pytest.approx(np.log2(60 * 46 * 46), abs=1e-3)


def test_validation_falls_back_to_the_sources_there_are():
    measures = task().validate(network("soloist"))
    assert measures["score"] == -measures["total"] == -measures["made-up.total"]
    pieces = [piece(source=source, split=split) for source in ("pop909", "mine") for split in ("train", "valid")]
    measures = SoloistTask(pieces, small_config("soloist")["task"]).validate(network("soloist"))
    assert [name for name in measures if "." in name] == ["pop909.total"]


@pytest.mark.parametrize("split", ["train", "valid"])
def test_a_corpus_without_a_split_is_refused(split):
    other = "valid" if split == "train" else "train"
    pieces = [piece(split=other), piece(split=split, melody=[[0, 24, 60]])]
    with pytest.raises(CorpusMissingError, match=split):
        SoloistTask(pieces, small_config("soloist")["task"])
