"""Frames, features, histories and losses of the harmonist."""

import numpy as np
import pytest
import torch
from made_up import contract_blocks, piece, small_config
from made_up_networks import network

from continuo_training.attributes import free
from continuo_training.corpus import CorpusMissingError
from continuo_training.harmonist import features as hf
from continuo_training.harmonist.frames import (
    HIDDEN,
    REST,
    FrameSet,
    chord_frames,
    note_tokens,
    opening,
    transpose_notes,
    unknown_style,
)
from continuo_training.harmonist.history import KIN, Sampling, decide, generate, imagine, scores
from continuo_training.harmonist.training import HEADS, HarmonistTask, panel
from continuo_training.vocabulary import N_CHORDS, NO_CHORD, STYLES, UNKNOWN_STYLE, chord_index

C, A_MINOR, F, F_SHARP = (
    chord_index(root, quality) for root, quality in ((0, "maj"), (9, "min"), (5, "maj"), (6, "maj"))
)


def batch(frames=48):
    """Two sequences, the first with its style."""
    made = opening(FrameSet([piece(seed=1), piece(tonic=5, seed=2)]), frames)
    made.style = np.array([STYLES.index("hymn"), UNKNOWN_STYLE])
    return made


def rows_of(b, history=None, **levels):
    levels = free(hf.ATTRIBUTES, len(b.style)) | levels
    return hf.features(b.frames, b.style, levels, b.frames.note.astype(np.int64), history)


def history_of(b, given=(True, True)):
    return hf.History(b.frames.chord.astype(np.int64), b.frames.bass.astype(np.int64), np.array(given))


@pytest.fixture(scope="module")
def task():
    pieces = [piece(source=source, seed=seed) for seed, source in enumerate(["neonscribe", "mine", "mine"])]
    pieces += [piece(source=source, split="valid", seed=9) for source in ("neonscribe", "mine")]
    return HarmonistTask(pieces, small_config("harmonist")["task"])


def test_the_feature_vector_is_that_of_the_contract():
    blocks, size = contract_blocks("harmonist")
    assert hf.FEATURES == size == 194
    assert {name: offset for name, (offset, _) in blocks.items()} == {
        "onset": hf.ONSET,
        "held": hf.HELD,
        "onset before, held before": hf.ONSET_BEFORE,
        "memory, fast": hf.MEMORIES,
        "memory, slow": hf.MEMORIES + 12,
        "memory, long": hf.MEMORIES + 24,
        "previous chord": hf.CHORD,
        "previous bass": hf.BASS,
        "rest, hidden": hf.SILENT,
        "rest before, hidden before": hf.SILENT_BEFORE,
        "no chord": hf.NONE,
        "chord age": hf.AGE,
        "bar and beat": hf.METER,
        "frame in beat": hf.IN_BEAT,
        "style": hf.STYLE,
        "chord rate": hf.CHORD_RATE,
        "chromaticism": hf.CHROMATICISM,
        "mode": hf.MODE,
        "history": hf.HISTORY,
    }


def test_early_notes_belong_to_the_frame_that_they_are_meant_for():
    tokens = note_tokens(np.array([[4, 8, 60], [10, 6, 64], [22, 14, 67]]), 7)
    # 4 is in [4, 10): frame 1; 10 is in [10, 16): frame 2, and ends at 16 past its middle; 22 is in frame 4.
    assert tokens.tolist() == [0, 1, 5, 0, 8, 20, 0]


def test_a_note_is_held_until_it_ends():
    assert note_tokens(np.array([[0, 18, 62]]), 5).tolist() == [3, 15, 15, 0, 0]


def test_short_gaps_between_chords_are_filled_and_long_ones_are_not():
    chords = np.array([[0, 24, C, 0], [48, 24, F, 9], [192, 24, A_MINOR, 9]])
    classes, basses = chord_frames(chords, 36)
    assert classes[:8].tolist() == [C] * 8
    assert classes[8:12].tolist() == [F] * 4
    assert (classes[12:32] == NO_CHORD).all()
    assert (classes[32:] == A_MINOR).all()
    assert basses[[0, 8, 20, 32]].tolist() == [0, 9, 0, 9]


def test_the_first_bar_as_the_contract_writes_it_down():
    b = batch()
    row = rows_of(b, history_of(b), chord_rate=np.array([4, 5]), mode=np.array([1, 2]))
    first, second = row[0, 0], row[1, 0]
    onset = (b.frames.note[0, 0] - 1) % 12
    assert first.nonzero().flatten().tolist() == [
        hf.ONSET + onset,
        hf.SILENT_BEFORE,
        hf.NONE,
        hf.AGE,
        hf.METER,
        hf.METER + 24 + 2,  # a bar of 16 frames
        hf.IN_BEAT,
        hf.STYLE + STYLES.index("hymn"),
        hf.CHORD_RATE + 4,
        hf.MODE + 1,
        hf.HISTORY,
    ]
    assert second[: hf.MEMORIES].nonzero().flatten().tolist() == [hf.HELD + onset, hf.ONSET_BEFORE + onset]
    assert second[hf.CHORD : hf.REGULAR].nonzero().flatten().tolist() == [0, 12, 16, 19, 24]  # C: C E G, over C
    assert second[hf.NONE] == 0
    assert second[hf.METER + 1] == second[hf.IN_BEAT + 1] == 1
    assert (row[:, 1, hf.STYLE : hf.HISTORY] == 0).all()


def test_compound_meters_have_beats_of_six_frames():
    rows = rows_of(opening(FrameSet([piece(meter=[[0, 12, 8]])] * 2), 12))
    assert (rows[:, 0, hf.METER + 30] == 1).all()
    assert rows[:, 0, hf.IN_BEAT : hf.STYLE].argmax(-1).tolist() == [0, 1, 2, 3, 4, 5] * 2


def test_without_a_history_nothing_is_said_of_the_chord():
    b = batch()
    told = rows_of(b, history_of(b, (True, False)))
    untold = rows_of(b)
    assert torch.equal(told[:, 1], untold[:, 1])
    for block in (np.s_[hf.CHORD : hf.REGULAR], np.s_[hf.NONE : hf.METER], np.s_[hf.HISTORY :]):
        assert not untold[..., block].any()
        assert told[1:, 0, block].any()


def test_the_memory_follows_its_definition_and_skips_what_is_hidden():
    notes = np.array([[1], [HIDDEN], [0], [5], [17], [1]])
    got = hf.memories(notes)[:, 0]
    for column, decay in enumerate((0.94, 0.99, 0.998)):
        memory = np.zeros(12)
        for step, token in enumerate(notes[:, 0]):
            expected = memory / max(memory.sum(), 1e-6)
            assert got[step, 12 * column : 12 * column + 12] == pytest.approx(expected, abs=1e-5)
            if token not in (REST, HIDDEN):
                memory = decay * memory
                memory[(token - 1) % 12] += 1 - decay


def test_ages_count_frames_of_the_same_chord():
    history = np.array([[3], [3], [4], [4], [4], [3]])
    assert hf.ages(history)[:, 0].tolist() == [1, 2, 1, 2, 3, 1]
    chord, age = hf.previous(history)
    assert chord[:, 0].tolist() == [NO_CHORD, 3, 3, 4, 4, 4]
    assert age[:, 0].tolist() == [0, 0, 1, 0, 1, 2]
    bounds = [1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 64, 65]
    assert hf.AGE_CLASS[np.minimum(bounds, hf.OLD)].tolist() == [0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7]


def test_transposed_notes_keep_their_kind():
    assert transpose_notes(np.array([0, 1, 12, 13, 24]), 1).tolist() == [0, 2, 1, 14, 13]


def test_transposed_features_are_rotated_features():
    frame_set = FrameSet([piece(seed=1)])
    one, up = np.zeros(1, dtype=np.int64), np.full(1, 4)

    def rows(semitones):
        b = frame_set.sequences(one, one, 32, semitones, one)
        return rows_of(b, hf.History(b.frames.chord, b.frames.bass, np.array([True])))

    here, there = rows(one), rows(up)
    assert torch.equal(there[..., hf.REGULAR :], here[..., hf.REGULAR :])
    turned = here[..., : hf.REGULAR].unflatten(-1, (-1, 12)).roll(4, -1).flatten(-2)
    assert torch.allclose(there[..., : hf.REGULAR], turned)


@pytest.mark.parametrize("family", ["gru", "lstm", "transformer"])
@pytest.mark.parametrize("hearing", ["react", "anticipate"])
def test_generation_is_what_the_network_says_to_its_own_history(hearing, family):
    """Rebuilds every decision from the feature vectors of the contract, all steps at once."""
    net, b = network(family=family), batch()
    sampling = Sampling(hearing, temperature=0, rhythm=0, readiness=9)
    chords, basses = generate(net, b, free(hf.ATTRIBUTES, 2), sampling, torch.Generator())
    assert len(np.unique(chords)) >= 3
    with torch.no_grad():
        logits, _ = net(rows_of(b, hf.History(chords, basses, np.array([True, True]))))
    begins, chord, bass = decide(logits, sampling, torch.Generator())
    late = int(hearing == "anticipate")
    heard = np.cumsum(b.frames.note != REST, axis=0) > 0
    standing, low = np.full(2, NO_CHORD), np.zeros(2, dtype=int)
    for step in range(len(chords)):
        if step >= late:
            said = step - late
            taken = heard[said] & (begins[said] | (standing == NO_CHORD)) & (chord[said] != standing)
            low = np.where(taken, (chord[said] // 12 + bass[said]) % 12, low)
            standing = np.where(taken, chord[said], standing)
        assert (chords[step] == standing).all()
        assert (basses[step][standing != NO_CHORD] == low[standing != NO_CHORD]).all()


def test_no_chord_is_played_before_the_first_note():
    late = np.array([[48 + 24 * index, 24, 60 + index] for index in range(8)]).tolist()
    b = opening(FrameSet([piece(melody=late)]), 20)
    for hearing, first in (("react", 8), ("anticipate", 9)):
        for history in (True, False):
            sampling = Sampling(hearing, 1.0, history=history)
            levels = free(hf.ATTRIBUTES, 1)
            chords, _ = generate(network(), b, levels, sampling, torch.Generator().manual_seed(1))
            assert (chords[:first] == NO_CHORD).all()
            assert (chords[first:] != NO_CHORD).all()


def test_the_same_seed_draws_the_same_chords():
    b, levels = batch(), free(hf.ATTRIBUTES, 2)
    sampling = Sampling(temperature=1.0)
    draws = [generate(network(), b, levels, sampling, torch.Generator().manual_seed(s))[0] for s in (1, 1, 2)]
    assert (draws[0] == draws[1]).all()
    assert (draws[0] != draws[2]).any()


def test_kinship_prefers_the_chord_whose_relatives_are_likely():
    belief = torch.full((N_CHORDS,), 1e-9)
    belief[F_SHARP] = 0.4  # likeliest alone; of the others, two share three notes with C6
    belief[chord_index(0, "6")] = 0.1
    belief[C], belief[A_MINOR] = 0.28, 0.22
    logits = belief.log()
    assert scores(logits, 0.0).argmax() == F_SHARP
    assert scores(logits, 1.0).argmax() == chord_index(0, "6")
    assert KIN[C, chord_index(0, "6")] == 1
    assert KIN[C, A_MINOR] == 0


@pytest.mark.parametrize("kinship", [0.0, 0.5, 1.0])
def test_no_chord_is_never_chosen(kinship):
    belief = torch.zeros(N_CHORDS)
    belief[NO_CHORD] = 50
    assert scores(belief, kinship)[NO_CHORD] == -torch.inf
    assert scores(belief, kinship).argmax() != NO_CHORD


def test_readiness_is_log_odds_for_a_change():
    logits = {"change": torch.tensor([[0.0, 1.0]]), "chord": torch.zeros(1, N_CHORDS), "bass": torch.zeros(1, 144)}
    logits["bass"][0, 3] = 9.0
    logits["chord"][0, C] = 9.0
    for readiness, expected in ((0.0, True), (-2.0, False)):
        sampling = Sampling(temperature=0, rhythm=0, readiness=readiness)
        begins, chord, bass = decide(logits, sampling, torch.Generator())
        assert begins.tolist() == [expected]
        assert (chord.tolist(), bass.tolist()) == ([C], [3])


def test_imagining_hears_no_history():
    net, b = network(), batch()
    rows = rows_of(b)
    sampling = Sampling(temperature=0, rhythm=0, history=False)
    one = imagine(net, rows, b, sampling, torch.Generator())
    other = generate(net, b, free(hf.ATTRIBUTES, 2), sampling, torch.Generator())
    assert (one[0] == other[0]).all()
    assert (one[1] == other[1]).all()


@pytest.mark.parametrize("seed", range(4))
def test_the_history_that_is_told_knows_nothing_of_the_true_chords(task, seed):
    net = network()
    b, levels = task.sample(np.random.default_rng(seed), "train")
    fed = b.frames.note.astype(np.int64)
    other = b.lanes(np.arange(fed.shape[1]))
    other.frames.chord = np.full_like(b.frames.chord, F_SHARP)
    other.frames.bass = np.full_like(b.frames.bass, 6)
    one = task._history(net, b, levels, fed, np.random.default_rng(seed), 1.0)
    two = task._history(net, other, levels, fed, np.random.default_rng(seed), 1.0)
    assert one.given.any()
    assert (one.chord == two.chord).all()
    assert (one.bass == two.bass).all()
    assert (one.chord[:, one.given] != b.frames.chord[:, one.given]).any()
    assert (one.chord[:, ~one.given] == NO_CHORD).all()


def test_nothing_is_told_at_first_nor_to_those_who_have_no_history(task):
    b, levels = task.sample(np.random.default_rng(0), "train")
    fed = b.frames.note.astype(np.int64)
    assert not task._history(network(), b, levels, fed, np.random.default_rng(0), 0.0).given.any()
    alone = HarmonistTask([piece(), piece(split="valid")], small_config("harmonist", no_history=1.0)["task"])
    assert not alone._history(network(), b, levels, fed, np.random.default_rng(0), 1.0).given.any()


def test_hidden_notes_come_in_spans_and_the_rest_is_as_it_was(task):
    notes = np.ones((4000, 20), dtype=np.int64)
    fed = task._hidden(notes, np.random.default_rng(0))
    hidden = fed == HIDDEN
    assert (fed[~hidden] == 1).all()
    untouched = ~hidden.any(0)
    assert 0.2 < untouched.mean() < 0.6  # 0.6 of the sequences have spans
    lane = np.concatenate([[0], hidden[:, ~untouched][:, 0], [0]]).astype(int)
    lengths = np.flatnonzero(np.diff(lane) < 0) - np.flatnonzero(np.diff(lane) > 0)
    assert lengths.min() == 1
    assert lengths.max() >= 8
    assert np.median(lengths) <= 3


def test_hiding_can_be_left_out():
    config = small_config("harmonist", hidden_share=0.0)["task"]
    notes = np.ones((100, 4), dtype=np.int64)
    shown = HarmonistTask([piece(), piece(split="valid")], config)._hidden(notes, np.random.default_rng(0))
    assert (shown == notes).all()


def test_the_loss_has_a_part_for_every_head_and_reaches_every_weight(task):
    net = network().train()
    loss, parts = task.loss(net, np.random.default_rng(0), 0.5)
    assert set(parts) == {*HEADS, "root", "next_root"}
    assert np.isfinite(list(parts.values())).all()
    loss.backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in net.parameters())


def test_the_heads_of_the_next_frame_answer_for_the_next_frame(task):
    """Logits that are right about frame f, and a step earlier about f + 1, cost nothing."""
    b, _ = task.sample(np.random.default_rng(0), "train")
    chord, steps, size = b.frames.chord.astype(np.int64), *b.frames.chord.shape
    changed = np.concatenate([np.zeros_like(chord[:1]), chord[1:] != chord[:-1]])
    interval = (b.frames.bass.astype(np.int64) - chord // 12) % 12
    truth = {"change": changed, "chord": chord, "bass": chord // 12 % 12 * 12 + interval}

    def sure(values, head):
        channels, plain = HEADS[head][1:]
        logits = torch.zeros(steps, size, 12 * channels + plain)
        return logits.scatter_(-1, torch.from_numpy(values.astype(np.int64))[..., None], 50.0)

    logits = {name: sure(values, name) for name, values in truth.items()}
    following = {name: np.concatenate([values[1:], values[-1:]]) for name, values in truth.items()}
    logits |= {f"next_{name}": sure(values, name) for name, values in following.items()}
    note = b.frames.note.astype(np.int64)
    logits["note"] = sure(np.concatenate([note[1:], note[-1:]]), "note")
    loss, parts = task._losses(logits, b)
    assert loss == pytest.approx(0, abs=1e-5), parts
    wrong, parts = task._losses(logits | {"next_chord": logits["chord"]}, b)
    assert wrong > 0.1
    assert parts["chord"] == pytest.approx(0, abs=1e-5)


def test_frames_before_the_melody_and_without_a_chord_count_less(task):
    late = [[96 + 24 * index, 24, 60] for index in range(8)]
    b = opening(FrameSet([piece(melody=late, chords=[[0, 192, 0, "maj", 0, "C"]])]), 60)
    weight = task._frame_weights(b)[:, 0]
    config = task.config
    assert (weight[:16] == config["intro_weight"]).all()
    assert (weight[16:32] == 1).all()
    assert (weight[32:48] == config["no_chord_weight"]).all()
    assert (weight[48:] == 0).all()  # beyond the end


def test_validation_falls_back_to_the_sources_there_are(task):
    assert list(task.valid_sets) == ["neonscribe"]
    own = HarmonistTask([piece(), piece(split="valid")], small_config("harmonist")["task"])
    assert list(own.valid_sets) == ["made-up"]
    measures = own.validate(network())
    assert 0 <= measures["score"] <= 1
    assert {"made-up.react.agreement", "made-up.anticipate.rate"} <= set(measures)


@pytest.mark.parametrize("split", ["train", "valid"])
def test_a_corpus_without_a_split_is_refused(split):
    other = "valid" if split == "train" else "train"
    with pytest.raises(CorpusMissingError, match=split):
        HarmonistTask([piece(split=other)], small_config("harmonist")["task"])


def test_chords_that_were_guessed_from_the_melody_teach_no_harmony():
    pieces = [piece(chords_src="hmm"), piece(), piece(split="valid")]
    task = HarmonistTask(pieces, small_config("harmonist")["task"])
    only = HarmonistTask(pieces[1:], small_config("harmonist")["task"])
    assert len(task.train_set.lengths) == len(only.train_set.lengths) > 0


def test_the_panel_of_the_human_chords_is_perfect():
    b = unknown_style(batch(128))
    found = panel(b.frames.chord.astype(np.int64), b)
    assert found["agreement"] == found["on_beat"] == 1
    assert found["rate"] == pytest.approx(7 / 8)
    assert found["note_in_chord"] > 0.5
