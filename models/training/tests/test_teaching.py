"""What the harmonist learns from the harmonizer, beside what people wrote."""

import numpy as np
import pytest
import torch
from made_up import piece, small_config
from made_up_networks import network as pupil

from continuo_training.attributes import free
from continuo_training.harmonist.frames import FrameSet
from continuo_training.harmonist.lessons import learned
from continuo_training.harmonist.training import HarmonistTask, of_roots
from continuo_training.harmonizer import features as hf
from continuo_training.harmonizer.beats import BeatSet, whole
from continuo_training.harmonizer.teaching import lessons
from continuo_training.harmonizer.training import levels_of, shape
from continuo_training.networks.step_network import StepNetwork
from continuo_training.vocabulary import N_CHORDS, N_QUALITIES, NO_CHORD

EDGES = small_config("harmonizer")["task"]["edges"]
NOTES = [[24 * index, 20, 60 + (7 * index) % 12] for index in range(24)]


def teacher(seed=0):
    """An untrained harmonizer, loud enough to believe something."""
    torch.manual_seed(seed)
    family = "bidirectional-gru"
    made = StepNetwork(shape(small_config("harmonizer")["network"], family))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(2)
    return made.eval()


def teach(frames):
    return lessons(teacher(), frames, EDGES)


def task(*pieces, **teaching):
    config = small_config("harmonist")["task"]
    config["teaching"] |= teaching
    return HarmonistTask([*pieces, piece(split="valid")], config, teach)


def sequences(frames, semitones=0, first=0, length=64):
    """All pieces of a frame set from a frame on, in another key."""
    every = np.arange(len(frames.lengths))
    return frames.sequences(every, np.full_like(every, first), length, np.full_like(every, semitones), frames.style)


def test_every_piece_is_heard_whole_whatever_is_heard_beside_it():
    pieces = [piece(seed=1, bars=5), piece(seed=2, bars=12), piece(seed=3, bars=2)]
    together = teach(FrameSet(pieces))
    first = 0
    for one in pieces:
        batch = whole(BeatSet(FrameSet([one])), 999)
        batch.style = BeatSet(FrameSet([one])).style
        rows = hf.features(batch, levels_of(batch, EDGES), batch.beats.notes.astype(np.int64), ~batch.valid)
        with torch.no_grad():
            said = torch.log_softmax(teacher()(rows)[0]["chord"], -1)[:, 0].numpy()
        assert together.chord[first : first + len(said)] == pytest.approx(said, abs=0.01)
        first += len(said)
    assert first == len(together.chord) == len(together.change)


def test_the_teacher_is_told_style_and_attributes_and_no_chord():
    """What it believes depends on the written chords only by the levels that it is told."""
    frames = FrameSet([piece(seed=1)])
    batch = whole(BeatSet(frames), 999)
    rows = hf.features(batch, free(hf.ATTRIBUTES, 1), batch.beats.notes.astype(np.int64), ~batch.valid)
    with torch.no_grad():
        unasked = torch.log_softmax(teacher()(rows)[0]["chord"], -1)[:, 0].numpy()
    assert np.abs(teach(frames).chord - unasked).max() > 0.01
    moved = piece(seed=1, chords=[[384 * bar, 384, 6, "maj", 6, "F#"] for bar in range(2)])
    same = piece(seed=1, chords=[[384 * bar, 384, 1, "maj", 1, "Db"] for bar in range(2)])
    one, two = (teach(FrameSet([tune])).chord for tune in (moved, same))
    assert np.abs(one - two).max() < 0.01


def test_a_lesson_is_in_the_key_of_its_batch():
    frames = FrameSet([piece(seed=1)])
    known = teach(frames)
    here, there = known.of(sequences(frames)), known.of(sequences(frames, semitones=5))
    turned = here.chord[..., :NO_CHORD].unflatten(-1, (12, N_QUALITIES)).roll(5, -2).flatten(-2)
    assert torch.equal(there.chord[..., :NO_CHORD], turned)
    assert torch.equal(there.chord[..., NO_CHORD], here.chord[..., NO_CHORD])
    assert torch.equal(there.change, here.change)


def test_a_frame_has_the_lesson_of_its_beat_and_changes_are_decided_as_beats_begin():
    frames = FrameSet([piece(seed=1), piece(seed=2, meter=[[0, 12, 8]])])
    known = teach(frames)
    lesson = known.of(sequences(frames, first=5, length=20))
    quarters = lesson.chord[:, 0]
    assert torch.equal(quarters[0], quarters[2]) and not torch.equal(quarters[2], quarters[3])
    assert np.flatnonzero(lesson.decided[:, 0]).tolist() == [3, 7, 11, 15, 19]
    assert np.flatnonzero(lesson.decided[:, 1]).tolist() == [1, 7, 11, 17]  # of six frames, anew at the barline (16)


def test_who_believes_the_same_has_learned_it_at_every_temperature():
    torch.manual_seed(0)
    believed, other = torch.randn(2, 7, N_CHORDS)
    for temperature in (0.5, 1.0, 3.0):
        assert learned(believed, torch.log_softmax(believed, -1), temperature).abs().max() < 1e-5
        assert (learned(other, torch.log_softmax(believed, -1), temperature) > 0.1).all()
    chances = torch.softmax(believed, -1)
    by_hand = (chances * (chances.log() - torch.log_softmax(other, -1))).sum(-1)
    assert torch.allclose(learned(other, chances.log(), 1.0), by_hand, atol=1e-5)


def test_the_chance_of_a_root_is_that_of_its_chords():
    torch.manual_seed(0)
    logits = torch.randn(3, N_CHORDS)
    chances, roots = torch.softmax(logits, -1), torch.softmax(of_roots(logits), -1)
    assert torch.allclose(roots[:, 2], chances[:, 24:36].sum(-1))
    assert torch.allclose(roots[:, 12], chances[:, NO_CHORD])


def test_melodies_without_chords_are_learned_from_if_there_is_a_teacher():
    guessed = piece(chords_src="hmm", seed=4, title="guessed")
    config = small_config("harmonist")["task"]
    pieces = [piece(), guessed, piece(split="valid")]
    alone, taught = HarmonistTask(pieces, config), HarmonistTask(pieces, config, teach)
    assert len(taught.train_set.lengths) > len(alone.train_set.lengths)
    assert (taught.train_set.frames.chord == NO_CHORD).sum() > (alone.train_set.frames.chord == NO_CHORD).sum()
    assert len(taught.valid_set.lengths) == len(alone.valid_set.lengths)


def test_who_says_what_the_teacher_believes_of_a_melody_without_chords_has_nothing_to_learn():
    taught = task(piece(), piece(melody=NOTES, chords=[], bars=6))
    (lane,) = np.flatnonzero(taught.train_set.source == "made-up")[1:2]
    index = np.array([lane])
    batch = taught.train_set.sequences(index, index * 0, 40, index * 0 + 3, taught.train_set.style[index])
    lesson = taught.lessons.of(batch)
    assert lesson.alone.all()

    def sure(values):
        return torch.cat([values, values[-1:]])[1:]

    logits = {"chord": lesson.chord, "change": lesson.change, "bass": torch.zeros(*lesson.chord.shape[:2], 144)}
    logits |= {f"next_{name}": sure(values) for name, values in logits.items()}
    logits["note"] = torch.zeros(*lesson.chord.shape[:2], 25)
    _, parts = taught._losses(logits, batch, lesson)
    assert max(abs(value) for name, value in parts.items() if name != "note") < 1e-3
    _, parts = taught._losses(logits | {"chord": 2 * torch.randn(lesson.chord.shape)}, batch, lesson)
    assert parts["chord"] > 0.1 and parts["root"] > 0.01


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_the_share_of_the_teacher_goes_from_nothing_to_all(share):
    taught = task(piece(seed=3), share=share)
    batch, levels = taught.sample(np.random.default_rng(0), "train")
    logits = pupil()(torch.randn(*batch.valid.shape, 194))[0]
    lesson = taught.lessons.of(batch)
    written, both = (taught._losses(logits, batch, given)[1]["chord"] for given in (None, lesson))
    taught.config["teaching"]["share"] = 1.0
    believed = taught._losses(logits, batch, lesson)[1]["chord"]
    assert both == pytest.approx((1 - share) * written + share * believed, rel=1e-4)
    assert levels and written != pytest.approx(believed)


def test_a_taught_loss_reaches_every_weight_and_that_of_valid_knows_no_teacher():
    taught, net = task(piece(), piece(chords=[], seed=5)), pupil().train()
    loss, parts = taught.loss(net, np.random.default_rng(0), 0.5)
    assert np.isfinite(list(parts.values())).all()
    loss.backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in net.parameters())
    alone = HarmonistTask([piece(), piece(split="valid")], taught.config)
    losses = [made.loss(pupil(), np.random.default_rng(1), 0.0, "valid")[0] for made in (taught, alone)]
    assert losses[0] == losses[1]
