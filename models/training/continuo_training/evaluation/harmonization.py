"""How often the harmonizer finds the chords that people wrote to whole melodies."""

from __future__ import annotations

from typing import Any

from ..corpus import Piece, pieces_of
from ..harmonist.frames import FrameSet
from ..harmonizer.beats import BeatSet, whole
from ..harmonizer.training import harmonized, panel, usable
from ..networks.step_network import StepNetwork
from .harmony import JUDGED

BEATS = 256
"""Beats of each piece that are heard and judged."""
FOLK = ("openhymnal", "bbloomf")
"""Test splits of hymns and folk songs, whose chords were read off the parts."""


def tunes(pieces: list[Piece], split: str) -> dict[str, BeatSet]:
    """The pieces of `split` by source: of the sources that are judged, or of every one if none of those is there."""
    judged = pieces_of([piece for piece in pieces if usable(piece)], split)
    sources = sorted({piece.source for piece in judged})
    names = [name for name in (*JUDGED, *FOLK) if name in sources] or sources
    return {name: BeatSet(FrameSet([piece for piece in judged if piece.source == name])) for name in names}


def stage(network: StepNetwork, by_source: dict[str, BeatSet]) -> dict[str, dict[str, float]]:
    """What one stage of a network's making finds, nothing given, style unknown."""
    batches = {source: whole(beats, BEATS) for source, beats in by_source.items()}
    return {source: panel(harmonized(network, batch), batch) for source, batch in batches.items()}


def with_half(network: StepNetwork, by_source: dict[str, BeatSet]) -> dict[str, dict[str, float]]:
    """What it finds in every other group of four bars when the others are given."""
    batches = {source: whole(beats, BEATS) for source, beats in by_source.items()}
    return {
        source: panel(harmonized(network, batch, batch.beats.number // 4 % 2 == 0), batch)
        for source, batch in batches.items()
    }


def measure(stages: dict[str, StepNetwork], pieces: list[Piece]) -> dict[str, Any]:
    """Everything about the harmonizer on `test`."""
    by_source = tunes(pieces, "test")
    return {
        "pieces": {source: len(beats.lengths) for source, beats in by_source.items()},
        "infill": with_half(stages["int8"], by_source),
        "stages": {name: stage(network, by_source) for name, network in stages.items()},
    }
