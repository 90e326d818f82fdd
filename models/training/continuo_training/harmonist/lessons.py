"""What a teacher who knows the whole piece believes of each frame, beside what people wrote.

Distillation (Hinton et al. 2015) from privileged information (Lopez-Paz et al. 2016): the teacher hears what is yet to
come, and the pupil never does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..vocabulary import N_QUALITIES, NO_CHORD
from .frames import FrameBatch


@dataclass(frozen=True)
class Lesson:
    """The teacher's part of a batch of frames."""

    chord: Tensor
    """Log-chances of the chords, `[T, B, 145]`."""
    change: Tensor
    """Log-chances that the harmony stands and that a chord begins, `[T, B, 2]`; they hold where `decided`."""
    decided: np.ndarray
    """Whether a beat begins with the frame, `[T, B]`: on other frames the teacher knows nothing of changes."""
    alone: np.ndarray
    """Whether nobody wrote chords to the piece, `[T, B]`: there is only the teacher to learn from."""


@dataclass(frozen=True)
class Lessons:
    """What the teacher believes of every beat of the pieces of a frame set."""

    chord: np.ndarray
    """Log-chances, `[beats, 145]`."""
    change: np.ndarray
    """Log-chances, `[beats, 2]`."""
    beat: np.ndarray
    """Which beat each frame of the set lies in, `[frames]`."""
    alone: np.ndarray
    """Whether nobody wrote chords to the piece of a beat, `[beats]`."""

    def of(self, batch: FrameBatch) -> Lesson:
        """What the teacher believes of the frames of `batch`, in its keys."""
        beat = self.beat[batch.index]
        pitched = np.arange(NO_CHORD)
        turned = (pitched - N_QUALITIES * batch.semitones[:, None]) % NO_CHORD
        classes = np.concatenate([turned, np.full((len(turned), 1), NO_CHORD)], 1)
        decided = np.diff(beat, axis=0, prepend=beat[:1]) > 0
        decided[0] = batch.frames.in_beat[0] == 0
        return Lesson(
            torch.from_numpy(self.chord[beat[..., None], classes].astype(np.float32)),
            torch.from_numpy(self.change[beat].astype(np.float32)),
            decided,
            self.alone[beat],
        )


def learned(logits: Tensor, lesson: Tensor, temperature: float) -> Tensor:
    """How far what is said is from what the teacher believes, both at `temperature`: nats, `[...]`.

    Times the square of the temperature, so that gradients are as large at every one (Hinton et al. 2015).
    """
    believed = torch.log_softmax(lesson / temperature, -1)
    said = torch.log_softmax(logits / temperature, -1)
    return temperature**2 * F.kl_div(said, believed, reduction="none", log_target=True).sum(-1)
