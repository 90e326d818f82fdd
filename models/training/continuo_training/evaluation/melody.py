"""Bits per note of the soloist and of bigrams on the same notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..corpus import Piece
from ..recurrent import StepNetwork
from ..soloist.notes import N_PITCHES, NoteSet
from ..soloist.training import HEADS, bits_per_note, opening, target, usable
from ..vocabulary import N_TIMES

KINDS = ("pitch, absolute", "pitch, interval", "length", "time")
SIZES = {"pitch, absolute": N_PITCHES, "pitch, interval": 2 * N_PITCHES - 1, "length": N_TIMES, "time": N_TIMES}
ADDED = (0.01, 0.1, 1.0)
MIXED = (0.5, 0.8, 0.9, 0.95, 1.0)


def pairs(notes: NoteSet, kind: str, piece: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Previous and next token of every note that has a target; the previous one of a first note is the last class + 1.

    For intervals, the next token is the interval (so that transposition does not matter) and the previous token is the
    interval before.
    """
    batch = opening(notes, piece, length)
    head = kind.split(",")[0]
    values = target(batch, head)
    absent = SIZES[kind]
    if kind == "pitch, interval":
        known = values >= 0
        interval = np.where(known[1:], values[1:] - values[:-1] + N_PITCHES - 1, -1)
        before = np.concatenate([np.full_like(interval[:1], absent), interval[:-1]])
        keep = interval >= 0
        return before[keep], interval[keep]
    before = np.concatenate([np.full_like(values[:1], absent), values[:-1]])
    keep = values >= 0
    return before[keep], values[keep]


@dataclass
class Bigram:
    """Interpolated bigram: `mix` · (bigram with `added` on every count) + (1 − `mix`) · unigram."""

    counts: np.ndarray
    added: float = 0.1
    mix: float = 0.9

    @classmethod
    def counted(cls, before: np.ndarray, after: np.ndarray, size: int) -> Bigram:
        """The counts of all pairs."""
        counts = np.zeros((size + 1, size))
        np.add.at(counts, (before, after), 1)
        return cls(counts)

    def bits(self, before: np.ndarray, after: np.ndarray) -> float:
        """Mean bits per token."""
        size = self.counts.shape[1]
        unigram = (self.counts.sum(0) + 1) / (self.counts.sum() + size)
        rows = self.counts + self.added
        bigram = rows / rows.sum(1, keepdims=True)
        chance = self.mix * bigram[before, after] + (1 - self.mix) * unigram[after]
        return float(-np.log2(chance).mean())

    def tuned(self, before: np.ndarray, after: np.ndarray) -> Bigram:
        """The same counts with the smoothing that is best on the given pairs."""
        options = [Bigram(self.counts, added, mix) for added in ADDED for mix in MIXED]
        return min(options, key=lambda option: option.bits(before, after))


def bigram_bits(train: NoteSet, valid: NoteSet, test: NoteSet, sources: list[str]) -> dict[str, dict[str, float]]:
    """Bits per note of bigrams on `test` by source: counted on `train`, smoothed on `valid`.

    The pitch is the better of absolute and interval bigram. What a first note would cost the interval bigram is left
    out, in its favour.
    """
    out: dict[str, dict[str, float]] = {source: {} for source in sources}
    for kind in KINDS:
        every = np.arange(len(train.lengths))
        parts = [pairs(train, kind, part, 2048) for part in np.array_split(every, -(-len(every) // 256))]
        before, after = (np.concatenate(values) for values in zip(*parts, strict=True))
        model = Bigram.counted(before, after, SIZES[kind])
        model = model.tuned(*pairs(valid, kind, np.arange(len(valid.lengths)), 256))
        for source in sources:
            out[source][kind] = model.bits(*pairs(test, kind, np.flatnonzero(test.source == source), 256))
    for row in out.values():
        row["pitch"] = min(row["pitch, absolute"], row["pitch, interval"])
        row["total"] = row["pitch"] + row["length"] + row["time"]
    return out


def measure(stages: dict[str, StepNetwork], pieces: list[Piece]) -> dict[str, Any]:
    """Everything about the soloist on `test`, over the first 256 notes of every piece."""
    split = {name: NoteSet([p for p in pieces if p.split == name and usable(p)]) for name in ("train", "valid", "test")}
    test = split["test"]
    sources = sorted(set(test.source.tolist()))
    bits = {stage: bits_per_note(network, test, sources) for stage, network in stages.items()}
    bigram = bigram_bits(split["train"], split["valid"], test, sources)
    return {
        "bits_per_note": {
            source: {
                "pieces": int((test.source == source).sum()),
                "network": bits["int8"][source],
                "bigram": bigram[source],
            }
            for source in sources
        },
        "stages": {
            stage: {name: float(np.mean([row[name] for row in value.values()])) for name in (*HEADS, "total")}
            for stage, value in bits.items()
        },
    }
