"""What the harmonist learns from a batch: harmonic rhythm, chord and bass, with the note known and before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..attributes import Levels, dropped, free
from ..augmentation import FACTORS, Hand, stretched
from ..corpus import Piece, pieces_of
from ..networks.step_network import Shape, StepNetwork
from ..sampling_weights import piece_weights, style_shares
from ..training import Split
from ..vocabulary import N_QUALITIES, NO_CHORD, chord_tones
from .attributes import levels_of
from .features import ATTRIBUTES, FEATURES, REGULAR, History, features
from .frames import HIDDEN, N_NOTES, REST, FrameBatch, FrameSet, opening, unknown_style
from .history import SHARED, Hearing, Sampling, generate, imagine
from .lessons import Lesson, Lessons, learned

CHORD_HEADS = {"change": ("classes", 0, 2), "chord": ("classes", N_QUALITIES, 1), "bass": ("classes", 12, 0)}
HEADS = (
    CHORD_HEADS | {f"next_{name}": head for name, head in CHORD_HEADS.items()} | {"note": ("note", N_NOTES // 12, 1)}
)
Teach = Callable[[FrameSet], Lessons]
"""What a teacher believes of the pieces of a frame set."""
GUESSED_CHORDS = "hmm"
"""Chords that were guessed from the melody alone: not for the harmonist."""


def usable(piece: Piece) -> bool:
    """Whether the harmonist learns from this piece."""
    return len(piece.chords) > 0 and piece.chords_source != GUESSED_CHORDS


def judged_parts(pieces: list[Piece], judged_on: list[str]) -> dict[str, list[Piece]]:
    """The pieces of each source in `judged_on` that is there, or of every source if none is."""
    judged = [source for source in judged_on if any(piece.source == source for piece in pieces)]
    sources = judged or sorted({piece.source for piece in pieces})
    return {source: [piece for piece in pieces if piece.source == source] for source in sources}


def shape(config: dict[str, Any], family: str) -> Shape:
    """The shape of a harmonist of `family` from the table `[network]` of a configuration."""
    hidden = tuple(tuple(layer) for layer in config[family]["hidden"])
    attention = tuple(config[family].get("attention", (0, 0, 0)))
    return Shape(family, (REGULAR // 12, FEATURES - REGULAR), hidden, HEADS, attention=attention)


class HarmonistTask:
    """Batches, losses and validation of the harmonist. `config` is the table `[task]` of its TOML file."""

    name = "harmonist"

    def __init__(self, pieces: list[Piece], config: dict[str, Any], teach: Teach | None = None) -> None:
        """With a teacher the harmonist learns from pieces without chords too."""
        melodies = [replace(piece, chords=piece.chords[:0]) for piece in pieces if not usable(piece)]
        pieces = [piece for piece in pieces if usable(piece)]
        self.config = config
        train = pieces_of(pieces if teach is None else pieces + melodies, "train")
        train += [twin for piece in train for factor in FACTORS if (twin := stretched(piece, factor)) is not None]
        hand = Hand.from_table(config["hand"])
        self.train_set = FrameSet(train, hand, config["takes"], config["hand_seed"])
        self.lessons = None if teach is None else teach(self.train_set)
        valid = pieces_of(pieces, "valid")
        self.valid_sets = {source: FrameSet(part) for source, part in judged_parts(valid, config["judged_on"]).items()}
        self.valid_set = FrameSet(valid)
        sets = self.train_set, self.valid_set
        self.weights = [piece_weights(frames.source, frames.style, frames.lengths, config) for frames in sets]

    def shares(self) -> str:
        """The share of each style in the training sequences."""
        return style_shares(self.train_set.style, self.weights[0])

    def sample(self, rng: np.random.Generator, split: Split) -> tuple[FrameBatch, Levels]:
        """A batch and its attributes, some of which are left free."""
        config, valid = self.config, split == "valid"
        frames = self.valid_set if valid else self.train_set
        batch = frames.sample(rng, self.weights[valid], config["batch"], config["length"], config["style_dropout"])
        levels = dropped(levels_of(batch, config["edges"]), rng, config["attribute_dropout"])
        return batch, levels

    def loss(
        self, network: StepNetwork, rng: np.random.Generator, progress: float, split: Split = "train"
    ) -> tuple[Tensor, dict[str, float]]:
        """Loss of one random batch, and its parts in nats. `progress` runs from 0 to 1 over the training."""
        batch, levels = self.sample(rng, split)
        fed = self._hidden(batch.frames.note.astype(np.int64), rng)
        history = self._history(network, batch, levels, fed, rng, progress)
        rows = features(batch.frames, batch.style, levels, fed, history)
        lesson = self.lessons.of(batch) if self.lessons is not None and split == "train" else None
        return self._losses(network(rows.to(network.device))[0], batch, lesson)

    def _hidden(self, notes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The note tokens with some spans hidden: frames that are planned before they are heard."""
        config = self.config
        steps, lanes = notes.shape
        begins = rng.random(notes.shape) < config["hidden_spans"] * (rng.random(lanes) < config["hidden_share"])
        long = rng.random(notes.shape) < 0.15
        ends = np.where(long, rng.integers(4, 17, notes.shape), rng.integers(1, 3, notes.shape)) * begins
        left = np.maximum.accumulate(np.where(begins, np.arange(steps)[:, None] + ends, 0), axis=0)
        return np.where(left > np.arange(steps)[:, None], HIDDEN, notes)

    def _history(
        self,
        network: StepNetwork,
        batch: FrameBatch,
        levels: Levels,
        fed: np.ndarray,
        rng: np.random.Generator,
        progress: float,
    ) -> History:
        """What the network is told it has played: nothing, or chords of its own making.

        The true chords are never told: a player has only what it played. A pass without a history draws them; in half
        of the batches a second pass draws again, with those as history.
        """
        config = self.config
        lanes = fed.shape[1]
        chord, bass = np.full(fed.shape, NO_CHORD), np.zeros(fed.shape, dtype=np.int64)
        given = rng.random(lanes) >= config["no_history"]
        seed = int(rng.integers(2**31))
        hearing: Hearing = "react" if rng.random() < config["reacting"] else "anticipate"
        sampling = Sampling(hearing, float(rng.uniform(0.2, 1.0)), float(rng.uniform(0.2, 0.8)), float(rng.random()))
        if progress < config["own_from"]:
            return History(chord, bass, np.zeros(lanes, dtype=bool))
        told = np.flatnonzero(given)
        part = batch.lanes(told)
        part_levels = {name: values[told] for name, values in levels.items()}
        history = None
        generator = torch.Generator().manual_seed(seed)
        for _ in range(1 if rng.random() < 0.5 else 2):
            rows = features(part.frames, part.style, part_levels, fed[:, told], history)
            chord[:, told], bass[:, told] = imagine(network, rows, part, sampling, generator)
            history = History(chord[:, told], bass[:, told], np.ones(len(told), dtype=bool))
        return History(chord, bass, given)

    def _losses(
        self, logits: dict[str, Tensor], batch: FrameBatch, lesson: Lesson | None = None
    ) -> tuple[Tensor, dict[str, float]]:
        config = self.config
        device = logits["note"].device

        def tensor(values: np.ndarray) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(values)).to(device)

        chord = batch.frames.chord.astype(np.int64)
        changed = np.concatenate([np.zeros_like(chord[:1]), chord[1:] != chord[:-1]])
        weight = self._frame_weights(batch, lesson)
        emphasis = weight * np.where(changed > 0, config["change_emphasis"], 1.0)
        truth = {
            "change": (tensor(changed.astype(np.int64)), tensor(weight)),
            "chord": (tensor(chord), tensor(emphasis)),
            "root": (tensor(chord // N_QUALITIES), tensor(emphasis)),
            "bass": (tensor(self._bass_classes(batch)), tensor(emphasis * (chord != NO_CHORD))),
        }
        loss: Tensor = torch.zeros((), device=device)
        parts: dict[str, float] = {}
        for prefix, skipped in (("", 0), ("next_", 1)):
            for name, (target, weights) in truth.items():
                target, weights = target[skipped:], weights[skipped:].float()
                mine = logits[prefix + ("chord" if name == "root" else name)][: len(target)]
                if name == "bass":
                    mine = at_root(mine, tensor(chord // N_QUALITIES % 12)[skipped:])
                elif name == "root":
                    mine = of_roots(mine)
                value = F.cross_entropy(mine.flatten(0, 1), target.flatten(), reduction="none").view_as(weights)
                if lesson is not None:
                    value = self._taught(value, name, mine, lesson, skipped)
                value = (value * weights).sum() / weights.sum().clamp_min(1)
                loss = loss + config["weight"][name] * value
                parts[prefix + name] = value.item()
        following = tensor(np.where(batch.valid[1:], batch.frames.note[1:].astype(np.int64), -1))
        note = F.cross_entropy(logits["note"][:-1].flatten(0, 1), following.flatten(), ignore_index=-1)
        parts["note"] = note.item()
        return loss + config["weight"]["note"] * note, parts

    def _taught(self, value: Tensor, name: str, logits: Tensor, lesson: Lesson, skipped: int) -> Tensor:
        """The losses `value` `[T, B]` of frames from `skipped` on with the teacher's share.

        Where nobody wrote chords its share is all; of basses it says nothing.
        """
        config, device = self.config["teaching"], value.device
        alone = torch.from_numpy(lesson.alone[skipped:]).to(device)
        if name == "bass":
            return value * ~alone
        believed = {"chord": lesson.chord, "root": of_roots(lesson.chord), "change": lesson.change}[name]
        temperature = 1.0 if name == "change" else config["temperature"]
        far = learned(logits, believed[skipped:].to(device), temperature)
        share = torch.where(alone, 1.0, config["share"])
        if name == "change":
            decided = torch.from_numpy(lesson.decided[skipped:]).to(device)
            share, value = share * decided, value * ~alone
        return (1 - share) * value + share * far

    def _bass_classes(self, batch: FrameBatch) -> np.ndarray:
        """Interval of the bass over the root, `[T, B]`."""
        return (batch.frames.bass.astype(np.int64) - batch.frames.chord // N_QUALITIES) % 12

    def _frame_weights(self, batch: FrameBatch, lesson: Lesson | None = None) -> np.ndarray:
        """Weight of each frame in the losses `[T, B]`: less without a chord, and before the melody has begun."""
        none = batch.frames.chord == NO_CHORD
        if lesson is not None:
            none &= ~lesson.alone
        weight = np.where(none, self.config["no_chord_weight"], 1.0) * batch.valid
        begun = np.cumsum(batch.frames.note != REST, axis=0) > 0
        return np.where(begun, weight, self.config["intro_weight"] * weight)

    def validate(self, network: StepNetwork) -> dict[str, float]:
        """Agreement with the human chord on `valid`, playing from nothing; `score` is the mean."""
        out: dict[str, float] = {}
        for source, frame_set in self.valid_sets.items():
            batch = unknown_style(opening(frame_set))
            for hearing in ("react", "anticipate"):
                generator = torch.Generator().manual_seed(1)
                chords, _ = generate(network, batch, free(ATTRIBUTES, len(batch.style)), Sampling(hearing), generator)
                out |= {f"{source}.{hearing}.{name}": value for name, value in panel(chords, batch).items()}
        out["score"] = float(np.mean([value for name, value in out.items() if name.endswith("agreement")]))
        return out


def of_roots(chord: Tensor) -> Tensor:
    """Logits of the 12 roots and of no chord `[..., 13]` from those of the chords `[..., 145]`."""
    roots = chord[..., :NO_CHORD].unflatten(-1, (12, N_QUALITIES)).logsumexp(-1)
    return torch.cat([roots, chord[..., NO_CHORD:]], -1)


def at_root(bass: Tensor, root: Tensor) -> Tensor:
    """The 12 logits of the bass at the true root, `[T, B, 12]`."""
    return bass.unflatten(-1, (12, 12)).gather(-2, root[..., None, None].expand(*root.shape, 1, 12))[..., 0, :]


def panel(chords: np.ndarray, batch: FrameBatch) -> dict[str, float]:
    """Agreement with the human chord from the first note on, note-in-chord, changes on the beat and per whole note."""
    human, note = batch.frames.chord, batch.frames.note
    begun = np.cumsum(note != REST, axis=0) > 0
    judged = batch.valid & (human != NO_CHORD) & begun
    same = (SHARED[chords, human] >= 3) & judged
    agreement = same.sum(0)[judged.any(0)] / judged.sum(0)[judged.any(0)]
    tones = chord_tones()[chords, (note - 1) % 12]
    changed = (chords[1:] != chords[:-1]) & judged[1:]
    return {
        "agreement": float(agreement.mean()),
        "note_in_chord": float(tones[judged & (note > 0)].mean()),
        "on_beat": float((batch.frames.in_beat[1:][changed] == 0).mean()) if changed.any() else 1.0,
        "rate": float(changed.sum() * 16 / judged.sum()),
    }
