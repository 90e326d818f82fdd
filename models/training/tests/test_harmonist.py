import numpy as np
import pytest
import torch

from continuo_training.evaluation.rules import tracked_keys
from continuo_training.harmonist import features as hf
from continuo_training.harmonist.frames import HIDDEN, FrameSet, chord_classes, note_tokens, transpose_notes
from continuo_training.harmonist.history import Sampling, generate
from continuo_training.harmonist.training import HEADS
from continuo_training.recurrent import Shape, StepNetwork
from continuo_training.tunes import greensleeves, ode_to_joy
from continuo_training.vocabulary import NO_CHORD, UNKNOWN_STYLE


def network(seed=0):
    torch.manual_seed(seed)
    net = StepNetwork(Shape(hf.FEATURES, (24, 16), HEADS))
    with torch.no_grad():  # far from uniform, so that chords move
        for parameter in net.parameters():
            parameter.mul_(3)
    return net.eval()


def batch(frames=48):
    zeros = np.zeros(2, dtype=np.int64)
    pieces = FrameSet([ode_to_joy(), greensleeves()])
    return pieces.sequences(np.arange(2), zeros, frames, zeros, np.array([6, UNKNOWN_STYLE]))


def test_the_feature_vector_has_the_size_of_the_contract():
    assert hf.FEATURES == 157


def test_early_notes_belong_to_the_frame_that_they_are_meant_for():
    tokens = note_tokens(np.array([[4, 8, 60], [10, 6, 64], [22, 14, 67]]), 7)
    # 4 is in [4, 10): frame 1; 10 is in [10, 16): frame 2, and ends at 16 past its middle; 22 is in frame 4.
    assert tokens.tolist() == [0, 1, 5, 0, 8, 20, 0]


def test_a_note_is_held_until_it_ends():
    assert note_tokens(np.array([[0, 18, 62]]), 5).tolist() == [3, 15, 15, 0, 0]


def test_short_gaps_between_chords_are_filled_and_long_ones_are_not():
    chords = np.array([[0, 24, 5], [48, 24, 7], [192, 24, 9]])
    classes = chord_classes(chords, 36)
    assert classes[:8].tolist() == [5] * 8
    assert classes[8:12].tolist() == [7] * 4
    assert (classes[12:32] == NO_CHORD).all()
    assert (classes[32:] == 9).all()


def test_every_block_but_the_memories_has_at_most_one_or_two_ones():
    b = batch()
    chord, age = hf.previous(b.frames.chord.astype(np.int64))
    rows = hf.features(b.frames, b.style, b.frames.note.astype(np.int64), chord, age)
    assert (rows[..., : hf.FAST].sum(-1) == 1).all()
    assert (rows[..., hf.AGE : hf.PREVIOUS].sum(-1) == 1).all()
    assert (rows[..., hf.IN_BEAT : hf.STYLE].sum(-1) == 1).all()
    assert rows[:, 0, hf.STYLE + 6].all()
    assert (rows[:, 1, hf.STYLE :] == 0).all()
    chords = rows[..., hf.CHORD : hf.AGE].sum(-1).numpy()
    assert (chords == np.where(chord == NO_CHORD, 1, 2)).all()


def test_the_memory_follows_its_definition_and_skips_what_is_hidden():
    notes = np.array([[1], [HIDDEN], [0], [5], [17], [1]])
    got = hf.memories(notes)[:, 0, :12]
    memory = np.zeros(12)
    for step, token in enumerate(notes[:, 0]):
        assert got[step] == pytest.approx(memory / max(memory.sum(), 1e-6), abs=1e-6)
        if token not in (0, HIDDEN):
            memory = 0.94 * memory
            memory[(token - 1) % 12] += 0.06


def test_ages_count_frames_of_the_same_chord():
    history = np.array([[3], [3], [4], [4], [4], [3]])
    assert hf.ages(history)[:, 0].tolist() == [1, 2, 1, 2, 3, 1]
    chord, age = hf.previous(history)
    assert chord[:, 0].tolist() == [NO_CHORD, 3, 3, 4, 4, 4]
    assert age[:, 0].tolist() == [0, 0, 1, 0, 1, 2]


def test_transposed_notes_keep_their_kind():
    assert transpose_notes(np.array([0, 1, 12, 13, 24]), 1).tolist() == [0, 2, 1, 14, 13]


@pytest.mark.parametrize("hearing", ["react", "anticipate", "live"])
def test_generation_is_what_the_network_says_step_by_step(hearing):
    """Rebuilds every decision from the feature vectors of the contract, one step at a time."""
    net, b = network(), batch()
    chords = generate(net, b, Sampling(hearing, temperature=0, on_beats=False), torch.Generator().manual_seed(0))
    assert len(np.unique(chords)) > 3
    before, age = hf.previous(chords)
    rows = hf.features(b.frames, b.style, b.frames.note.astype(np.int64), before, age)
    zeros = [torch.zeros(2, size) for size in net.shape.hidden]
    states = [zeros]
    with torch.no_grad():
        for row in rows:
            states.append(list(net.step(row, *states[-1])))
        for step, row in enumerate(rows):
            if hearing == "react" or (hearing == "live" and step == 0):
                decided = states[step + 1]
            elif hearing == "anticipate":
                decided = net.step(hf.hide_note(row), *states[step])
            else:
                side = net.step(hf.hide_note(rows[step - 1]), *states[step - 1])
                decided = net.step(hf.hide_previous(row, rows[step - 1]), *side)
            logits = net.logits(decided[1])
            changes = (logits["change"][:, 1] > logits["change"][:, 0]).numpy()
            choice = logits["chord"].clone()
            choice[torch.arange(2), torch.from_numpy(before[step])] = -torch.inf
            assert (np.where(changes, choice.argmax(1).numpy(), before[step]) == chords[step]).all()


def test_gated_chords_change_on_beats_only():
    b = batch(96)
    chords = generate(network(), b, Sampling("react", temperature=1.0), torch.Generator().manual_seed(0))
    changed = chords[1:] != chords[:-1]
    assert changed.any()
    assert not changed[b.frames.in_beat[1:] != 0].any()


def test_the_key_of_a_scale_is_found():
    major_scale = np.repeat(1 + np.array([0, 2, 4, 5, 7, 9, 11, 0, 7, 4, 0]), 4)[:, None]
    assert tracked_keys(major_scale)[-1, 0] == 0
    assert tracked_keys(transpose_notes(major_scale, 7))[-1, 0] == 7
    assert tracked_keys(major_scale)[0, 0] == -1
