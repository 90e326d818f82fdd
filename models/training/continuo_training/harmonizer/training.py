"""What the harmonizer learns from a batch: the chord of every beat, its bass, and where one begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..attributes import Levels, bucket, dropped, free, mode
from ..augmentation import FACTORS, Hand, stretched
from ..corpus import Piece, pieces_of
from ..harmonist.attributes import chromaticism
from ..harmonist.frames import HIDDEN, FrameSet
from ..harmonist.training import CHORD_HEADS, at_root, judged_parts
from ..harmonist.training import usable as usable
from ..networks.step_network import Shape, StepNetwork
from ..sampling_weights import piece_weights, style_shares
from ..training import Split
from ..vocabulary import N_CHORDS, N_QUALITIES, NO_CHORD, QUALITY_TONES
from .beats import ABSENT, BeatBatch, Beats, BeatSet, whole
from .decoding import decoded, together
from .features import ATTRIBUTES, FEATURES, REGULAR, features

FRAMES_PER_WHOLE_NOTE = 16
MINOR = np.array([3 in tones for tones in QUALITY_TONES] + [False])
"""Which qualities have a minor third; none without a chord."""


def shape(config: dict[str, Any], family: str) -> Shape:
    """The shape of a harmonizer of `family` from the table `[network]` of a configuration."""
    hidden = tuple(tuple(layer) for layer in config[family]["hidden"])
    attention = tuple(config[family].get("attention", (0, 0, 0)))
    return Shape(family, (REGULAR // 12, FEATURES - REGULAR), hidden, CHORD_HEADS, attention=attention)


def chord_rate(batch: BeatBatch) -> np.ndarray:
    """Chord changes per whole note of each sequence `[B]`; NaN where no chord stands."""
    chord, valid = batch.beats.chord, batch.valid
    changes = ((chord[1:] != chord[:-1]) & valid[1:] & (chord[1:] != NO_CHORD)).sum(0)
    frames = (batch.beats.slots * (valid & (chord != NO_CHORD))).sum(0)
    return np.where(frames > 0, changes * FRAMES_PER_WHOLE_NOTE / np.maximum(frames, 1), np.nan)


def levels_of(batch: BeatBatch, edges: dict[str, list[float]]) -> Levels:
    """The level of every attribute of every sequence."""
    beats, valid = batch.beats, batch.valid
    measured = {"chord_rate": chord_rate(batch), "chromaticism": chromaticism(beats.chord, beats.key, valid)}
    levels = {name: bucket(values, edges[name]) for name, values in measured.items()}
    return levels | {"mode": mode(beats.key, valid)}


class HarmonizerTask:
    """Batches, losses and validation of the harmonizer. `config` is the table `[task]` of its TOML file."""

    name = "harmonizer"

    def __init__(self, pieces: list[Piece], config: dict[str, Any]) -> None:
        pieces = [piece for piece in pieces if usable(piece)]
        self.config = config
        train = pieces_of(pieces, "train")
        twins = [twin for piece in train for factor in FACTORS if (twin := stretched(piece, factor)) is not None]
        hand = Hand.from_table(config["hand"])
        self.train_set = BeatSet(FrameSet(train + twins, hand, config["takes"], config["hand_seed"]))
        valid = pieces_of(pieces, "valid")
        parts = judged_parts(valid, config["judged_on"])
        self.valid_sets = {source: BeatSet(FrameSet(part)) for source, part in parts.items()}
        self.valid_set = BeatSet(FrameSet(valid))
        sets = self.train_set, self.valid_set
        self.weights = [piece_weights(beats.source, beats.style, beats.lengths, config) for beats in sets]
        # Music in half and in double time is rarer than music as it is written.
        self.weights[0][len(train) :] *= config["twins"]
        self.weights[0] /= self.weights[0].sum()

    def shares(self) -> str:
        """The share of each style in the training sequences."""
        return style_shares(self.train_set.style, self.weights[0])

    def sample(self, rng: np.random.Generator, split: Split) -> tuple[BeatBatch, Levels]:
        """A batch and its attributes, some of which are left free."""
        config, valid = self.config, split == "valid"
        beats = self.valid_set if valid else self.train_set
        batch = beats.sample(rng, self.weights[valid], config["batch"], config["length"], config["style_dropout"])
        levels = dropped(levels_of(batch, config["edges"]), rng, config["attribute_dropout"])
        return batch, levels

    def loss(
        self, network: StepNetwork, rng: np.random.Generator, progress: float, split: Split = "train"
    ) -> tuple[Tensor, dict[str, float]]:
        """Loss of one random batch, and its parts in nats. `progress` runs from 0 to 1 over the training."""
        batch, levels = self.sample(rng, split)
        notes = self._hidden(batch.beats.notes.astype(np.int64), rng)
        # All chords are to be found at first, or the network looks at chords instead of the melody (Kaliakatsos-
        # Papakostas et al. 2026, "full-to-full" masking).
        given = self._given(batch, rng) & (progress >= self.config["given_from"])
        rows = features(batch, levels, notes, given)
        return self._losses(network(rows.to(network.device))[0], batch, given)

    def _hidden(self, notes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The note tokens with some spans of beats hidden: what was not heard."""
        config = self.config
        lanes = rng.random(notes.shape[1]) < config["hidden_share"]
        hidden = _spans(rng, notes.shape[:2], config["hidden_spans"] * lanes, config["longest_hidden"])
        return np.where(hidden[..., None] & (notes != ABSENT), HIDDEN, notes)

    def _given(self, batch: BeatBatch, rng: np.random.Generator) -> np.ndarray:
        """Whether the chord of each beat is told, `[T, B]`: in some sequences a share of the bars, in runs."""
        config = self.config
        steps, lanes = batch.valid.shape
        share = rng.random(lanes) * (rng.random(lanes) < config["given_share"])
        bar = np.minimum(batch.beats.number - batch.beats.number[:1], steps - 1)
        # Runs of 1, 2, 4 or 8 bars are told together.
        run = bar // 2 ** rng.integers(0, 4, lanes)
        return np.take_along_axis(rng.random((steps, lanes)) < share, run, 0)

    def _losses(
        self, logits: dict[str, Tensor], batch: BeatBatch, given: np.ndarray
    ) -> tuple[Tensor, dict[str, float]]:
        config = self.config
        device = logits["chord"].device

        def tensor(values: np.ndarray) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(values)).to(device)

        chord = batch.beats.chord
        changed = np.concatenate([np.ones_like(chord[:1]), chord[1:] != chord[:-1]])
        weight = np.where(chord == NO_CHORD, config["no_chord_weight"], 1.0) * batch.valid * ~given
        root = np.minimum(chord // N_QUALITIES, 11)
        truth = {
            "change": (changed, weight * (np.arange(len(chord)) > 0)[:, None]),
            "chord": (chord, weight),
            "bass": ((batch.beats.bass - root) % 12, weight * (chord != NO_CHORD)),
        }
        loss: Tensor = torch.zeros((), device=device)
        parts: dict[str, float] = {}
        for name, (target, weights) in truth.items():
            mine = at_root(logits[name], tensor(root)) if name == "bass" else logits[name]
            smoothing = config["label_smoothing"] if name == "chord" else 0.0
            value = F.cross_entropy(
                mine.flatten(0, 1), tensor(target).flatten(), reduction="none", label_smoothing=smoothing
            )
            weights = tensor(weights).float().flatten()
            value = (value * weights).sum() / weights.sum().clamp_min(1)
            loss = loss + config["weight"][name] * value
            parts[name] = value.item()
        return loss, parts

    def validate(self, network: StepNetwork) -> dict[str, float]:
        """Chords of whole pieces of `valid`, nothing given, style unknown; `score` is the mean of root and mode."""
        out: dict[str, float] = {}
        for source, beat_set in self.valid_sets.items():
            batch = whole(beat_set, self.config["longest"])
            judged = panel(harmonized(network, batch), batch)
            out |= {f"{source}.{name}": value for name, value in judged.items()}
        out["score"] = float(np.mean([value for name, value in out.items() if name.endswith("root_and_mode")]))
        return out


def _spans(rng: np.random.Generator, shape: tuple[int, int], chance: np.ndarray, longest: int) -> np.ndarray:
    """Which beats `[T, B]` lie in a span; one begins anywhere with the `chance` of its sequence, `[B]`."""
    steps = np.arange(shape[0])[:, None]
    begins = rng.random(shape) < chance
    ends = steps + rng.integers(1, longest + 1, shape)
    return np.maximum.accumulate(np.where(begins, ends, 0), axis=0) > steps


@torch.no_grad()
def said(network: StepNetwork, batch: BeatBatch, given: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Log-chances of every head for the melodies of `batch`, all attributes free."""
    given = np.zeros(batch.valid.shape, dtype=bool) if given is None else given
    rows = features(batch, free(ATTRIBUTES, len(batch.style)), batch.beats.notes.astype(np.int64), given)
    logits, _ = network(rows.to(network.device))
    return {
        name: torch.log_softmax(value.unflatten(-1, (12, 12)) if name == "bass" else value, -1).cpu().numpy()
        for name, value in logits.items()
    }


@dataclass(frozen=True)
class Found:
    """What a network found to the melodies of a batch, all arrays `[T, B]`."""

    chords: np.ndarray
    """Chord classes."""
    nats: np.ndarray
    """Of what people wrote."""
    given: np.ndarray
    """Whether the chord was told."""


def harmonized(network: StepNetwork, batch: BeatBatch, given: np.ndarray | None = None, lanes: int = 32) -> Found:
    """The likeliest chords to whole melodies; where the human ones are `given` `[T, B]` they are kept."""
    given = np.zeros(batch.valid.shape, dtype=bool) if given is None else given
    chords, nats = [], []
    for first in range(0, len(batch.style), lanes):
        part = np.s_[:, first : first + lanes]
        beats = Beats(*(values[part] for values in vars(batch.beats).values()))
        some = BeatBatch(beats, batch.style[first : first + lanes], batch.valid[part])
        heard = said(network, some, given[part])
        human = np.arange(N_CHORDS) == beats.chord[..., None]
        kept = (given[part] & (beats.chord != NO_CHORD))[..., None]
        alike = together(heard, some, given[part])
        chords.append(decoded(np.where(kept & ~human, -1e9, alike["chord"]), alike["change"]))
        nats.append(-heard["chord"][human].reshape(beats.chord.shape))
    return Found(np.concatenate(chords, 1), np.concatenate(nats, 1), given)


def panel(found: Found, batch: BeatBatch) -> dict[str, float]:
    """Of the beats that were not given: root, and root and mode, of the human chord found (means over pieces).

    Also how likely the human chords were, and of all beats the changes per whole note.
    """
    human, chords = batch.beats.chord, found.chords
    stands = batch.valid & (human != NO_CHORD)
    judged = stands & ~found.given
    root = judged & (chords // N_QUALITIES == human // N_QUALITIES)
    both = root & (MINOR[chords % N_QUALITIES] == MINOR[human % N_QUALITIES])
    frames = batch.beats.slots * judged
    lanes = frames.sum(0) > 0

    def share(found: np.ndarray) -> float:
        return float(((frames * found).sum(0)[lanes] / frames.sum(0)[lanes]).mean())

    def rate(changing: np.ndarray) -> float:
        changes = ((changing[1:] != changing[:-1]) & stands[1:] & stands[:-1]).sum()
        return float(changes * FRAMES_PER_WHOLE_NOTE / (batch.beats.slots * stands).sum())

    return {
        "root": share(root),
        "root_and_mode": share(both),
        "nats": float(found.nats[judged].mean()),
        "rate": rate(chords),
        "rate_of_people": rate(human),
    }
