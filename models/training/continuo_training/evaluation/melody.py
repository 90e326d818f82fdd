"""Bits per note of the soloist. The n-grams that it is measured against are counted by `cargo xtask eval melody`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..corpus import Piece, pieces_of
from ..networks.step_network import StepNetwork
from ..soloist.notes import NoteSet
from ..soloist.training import HEADS, bits_per_note, usable


def stage(network: StepNetwork, notes: NoteSet) -> dict[str, float]:
    """Bits per note of every head and in total: the mean over the sources."""
    by_source = bits_per_note(network, notes, sorted(set(notes.source.tolist())))
    return {name: float(np.mean([row[name] for row in by_source.values()])) for name in (*HEADS, "total")}


def measure(stages: dict[str, StepNetwork], pieces: list[Piece]) -> dict[str, Any]:
    """Everything about the soloist on `test`, over the first 256 notes of every piece."""
    notes = NoteSet(pieces_of([piece for piece in pieces if usable(piece)], "test"))
    sources = sorted(set(notes.source.tolist()))
    bits = bits_per_note(stages["int8"], notes, sources)
    return {
        "bits_per_note": {source: bits[source] | {"pieces": int((notes.source == source).sum())} for source in sources},
        "stages": {name: stage(network, notes) for name, network in stages.items()},
    }
