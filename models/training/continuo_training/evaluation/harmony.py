"""How well chords go with a melody.

Definitions: Yeh et al. 2021, "Automatic melody harmonization with triad chords".
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from ..attributes import free
from ..corpus import Piece, pieces_of
from ..harmonist.features import ATTRIBUTES, features
from ..harmonist.frames import EARLY, REST, FrameBatch, FrameSet, opening, unknown_style
from ..harmonist.history import SHARED, Sampling, generate
from ..harmonist.training import usable
from ..networks.step_network import StepNetwork
from ..vocabulary import FRAME, NO_CHORD, chord_tones
from .rules import follow, tonic_held

FRAMES = 256
MEASURES = (
    "agreement",
    "agreement_from_first_note",
    "note_in_chord",
    "ctnctr",
    "pcs",
    "mctd",
    "che",
    "on_beat",
    "changes_per_bar",
)
JUDGED = ("neonscribe", "pop909")
"""Test splits with chords that people wrote."""

CONSONANT = np.array([1, -1, -1, 1, 1, 0, -1, 1, 1, 1, -1, -1])
"""Score of each interval of the melody over a chord tone, in semitones."""


def tonal_centroids() -> np.ndarray:
    """Position of each pitch class in the tonal space of Harte et al. 2006, `[12, 6]`."""
    step = np.arange(12)
    circles = ((1.0, 7 * np.pi / 6), (1.0, 3 * np.pi / 2), (0.5, 2 * np.pi / 3))
    return np.stack([radius * turn(step * angle) for radius, angle in circles for turn in (np.sin, np.cos)], axis=1)


def _tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For every chord class and melody pitch class: tone of the chord, consonance, tonal distance; `[145, 12]` each."""
    tones = chord_tones()
    count = np.maximum(tones.sum(1, keepdims=True), 1)
    intervals = (np.arange(12)[None, :] - np.arange(12)[:, None]) % 12
    consonance = tones @ CONSONANT[intervals] / count
    centroids = tonal_centroids()
    chord = tones @ centroids / count
    distance = np.linalg.norm(chord[:, None] - centroids[None], axis=2)
    return tones, consonance, distance


TONES, CONSONANCE, DISTANCE = _tables()


def chord_tone_ratio(chords: np.ndarray, melody: np.ndarray) -> float | None:
    """CTnCTR of one piece: chord tones and proper non-chord tones over all notes.

    A non-chord tone is proper when the next note is at most two semitones away. `chords` `[T]`.
    """
    inside = proper = total = 0
    for index, (onset, _, pitch) in enumerate(melody):
        frame = (onset + EARLY) // FRAME
        if frame >= len(chords) or chords[frame] == NO_CHORD:
            continue
        total += 1
        if TONES[chords[frame], pitch % 12]:
            inside += 1
        elif index + 1 < len(melody) and abs(melody[index + 1, 2] - pitch) <= 2:
            proper += 1
    return (inside + proper) / total if total else None


def judge(chords: np.ndarray, batch: FrameBatch, melodies: list[np.ndarray]) -> dict[str, float]:
    """All measures of `chords` `[T, B]`: the mean over the pieces for which each is defined."""
    frames = batch.frames
    rows: dict[str, list[float]] = {name: [] for name in MEASURES}
    for lane, melody in enumerate(melodies):
        valid = batch.valid[:, lane]
        mine, human = chords[valid, lane], frames.chord[valid, lane]
        note = frames.note[valid, lane]
        told = human != NO_CHORD
        both = (note != REST) & (mine != NO_CHORD)
        if told.any():
            agrees = SHARED[mine, human] >= 3
            rows["agreement"].append(float(agrees[told].mean()))
            begun = told & (np.cumsum(note != REST) > 0)
            if begun.any():
                rows["agreement_from_first_note"].append(float(agrees[begun].mean()))
        if both.any():
            at = mine[both], (note[both] - 1) % 12
            rows["note_in_chord"].append(float(TONES[at].mean()))
            rows["pcs"].append(float(CONSONANCE[at].mean()))
            rows["mctd"].append(float(DISTANCE[at].mean()))
        ratio = chord_tone_ratio(mine, melody)
        if ratio is not None:
            rows["ctnctr"].append(ratio)
        _, counts = np.unique(mine[mine != NO_CHORD], return_counts=True)
        share = counts / max(counts.sum(), 1)
        rows["che"].append(float(-(share * np.log(share)).sum()))
        changed = np.flatnonzero(mine[1:] != mine[:-1]) + 1
        if len(changed):
            rows["on_beat"].append(float((frames.in_beat[valid, lane][changed] == 0).mean()))
        bars = max((frames.position[valid, lane] == 0).sum(), 1)
        rows["changes_per_bar"].append(len(changed) / bars)
    return {name: float(np.mean(values)) if values else math.nan for name, values in rows.items()}


def systems(network: StepNetwork, batch: FrameBatch, seed: int) -> dict[str, np.ndarray]:
    """The chords of every system that is compared, `[T, B]` each."""
    out = {
        "human": batch.frames.chord.astype(np.int64),
        "rule: tonic of the tracked key held": tonic_held(batch),
        "rule: follow per beat, notes before it": follow(batch, with_note=False),
        "rule: follow per beat, with its note": follow(batch, with_note=True),
    }
    levels = free(ATTRIBUTES, len(batch.style))
    for style, given in (("given", batch), ("unknown", unknown_style(batch))):
        for hearing in ("react", "anticipate"):
            for temperature in (0.0, 0.5):
                generator = torch.Generator().manual_seed(seed)
                sampling = Sampling(hearing, temperature)
                name = f"network: {hearing}, style {style}, temperature {temperature}"
                out[name] = generate(network, given, levels, sampling, generator)[0]
    return out


@torch.no_grad()
def likelihood(network: StepNetwork, batch: FrameBatch) -> dict[str, float]:
    """Bits per frame of the human harmony (whether a chord begins, and which) given the melody alone.

    `react`: with this frame's note; `anticipate`: with the notes before it. Frames without a human chord do not count.
    """
    chord = torch.from_numpy(batch.frames.chord.astype(np.int64))
    levels = free(ATTRIBUTES, len(batch.style))
    rows = features(batch.frames, batch.style, levels, batch.frames.note.astype(np.int64), None)
    logits = {name: value.cpu() for name, value in network(rows.to(network.device))[0].items()}
    changed = chord[1:] != chord[:-1]
    judged = torch.from_numpy(batch.valid[1:]) & (chord[1:] != NO_CHORD)
    out = {}
    for name, prefix, part in (("react", "", np.s_[1:]), ("anticipate", "next_", np.s_[:-1])):
        change = torch.log_softmax(logits[f"{prefix}change"][part], -1).gather(-1, changed.long()[..., None])[..., 0]
        which = torch.log_softmax(logits[f"{prefix}chord"][part], -1).gather(-1, chord[1:, :, None])[..., 0]
        bits = -(change + torch.where(changed, which, 0.0)) / math.log(2)
        out[name] = float(bits[judged].mean())
    return out


def stage(network: StepNetwork, batch: FrameBatch, melodies: list[np.ndarray], seed: int) -> dict[str, float]:
    """What one stage of a network's making is judged by: likelihood, and chords from nothing, style unknown."""
    out = {f"bits_{name}": bits for name, bits in likelihood(network, unknown_style(batch)).items()}
    levels = free(ATTRIBUTES, len(batch.style))
    for hearing in ("react", "anticipate"):
        generator = torch.Generator().manual_seed(seed)
        chords, _ = generate(network, unknown_style(batch), levels, Sampling(hearing), generator)
        judged = judge(chords, batch, melodies)
        out |= {f"{name}_{hearing}": judged[name] for name in ("agreement_from_first_note", "note_in_chord")}
    return out


def openings(pieces: list[Piece], split: str) -> dict[str, tuple[FrameBatch, list[np.ndarray]]]:
    """The beginnings of the pieces of `split` by source, and their melodies.

    Of the sources with chords that people wrote, or of every source if none of those is there.
    """
    judged = pieces_of([piece for piece in pieces if usable(piece)], split)
    sources = sorted({piece.source for piece in judged})
    out = {}
    for source in [name for name in JUDGED if name in sources] or sources:
        mine = [piece for piece in judged if piece.source == source]
        out[source] = opening(FrameSet(mine), FRAMES), [piece.melody for piece in mine]
    return out


def measure(stages: dict[str, StepNetwork], pieces: list[Piece], seed: int) -> dict[str, Any]:
    """Everything about the harmonist on `test`: the systems compared, and what each stage of its making cost."""
    out: dict[str, Any] = {"online": {}, "stages": {name: {} for name in stages}}
    for source, (batch, melodies) in openings(pieces, "test").items():
        out["online"][source] = {"pieces": len(melodies)} | {
            name: judge(chords, batch, melodies) for name, chords in systems(stages["int8"], batch, seed).items()
        }
        for name, network in stages.items():
            out["stages"][name][source] = stage(network, batch, melodies, seed)
    return out
