"""The harmonizer as a teacher: what it believes of every beat of whole pieces."""

from __future__ import annotations

import numpy as np
import torch

from ..harmonist.frames import FrameSet
from ..harmonist.lessons import Lessons
from ..networks.step_network import StepNetwork
from ..vocabulary import N_CHORDS, NO_CHORD
from .beats import BeatSet
from .features import features
from .training import levels_of

TOGETHER = 8192
"""Beats that are heard at once."""


@torch.no_grad()
def lessons(network: StepNetwork, frames: FrameSet, edges: dict[str, list[float]]) -> Lessons:
    """What `network` believes of every piece of `frames` as written.

    It is told all that its pupil may be told, the style and the attributes; and of the chords nothing.
    """
    beats = BeatSet(frames)
    chord = np.empty((len(beats.beats.chord), N_CHORDS), dtype=np.float16)
    change = np.empty((len(chord), 2), dtype=np.float16)
    network = network.eval()
    by_length = np.argsort(beats.lengths, kind="stable")
    first = 0
    while first < len(by_length):
        end = first + 1
        while end < len(by_length) and (end + 1 - first) * beats.lengths[by_length[end]] <= TOGETHER:
            end += 1
        piece = by_length[first:end]
        length = int(beats.lengths[piece[-1]])
        batch = beats.sequences(piece, np.zeros_like(piece), length, beats.style[piece])
        notes = batch.beats.notes.astype(np.int64)
        rows = features(batch, levels_of(batch, edges), notes, np.zeros(batch.valid.shape, dtype=bool))
        logits, _ = network(rows.to(network.device))
        for name, out in (("chord", chord), ("change", change)):
            said = torch.log_softmax(logits[name], -1).cpu().numpy()
            for lane, (start, count) in enumerate(zip(beats.starts[piece], beats.lengths[piece], strict=True)):
                out[start : start + count] = said[:count, lane]
        first = end
    written = np.maximum.reduceat(beats.beats.chord != NO_CHORD, beats.starts)
    return Lessons(chord, change, beats.beat, np.repeat(~written, beats.lengths))
