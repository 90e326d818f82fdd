"""The model card beside each network: what it is, what it was made from, what was measured."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from .corpus import SPLITS, Piece
from .export import OPSET, input_shapes, output_shapes
from .recurrent import StepNetwork, parameter_count
from .vocabulary import CONTRACT, FRAME, QUALITIES, STYLES, TICKS_PER_QUARTER, TIME_CLASSES

REPOSITORIES = {
    "neonscribe": "neonscribe/lilypond-lead-sheets",
    "pop909": "music-x-lab/POP909-Dataset",
    "m21folk": "music21 10.5.1: Ryan's Mammoth Collection, O'Neill's, Aird's Airs",
    "lieder": "OpenScore/Lieder",
    "quartets": "OpenScore/StringQuartets",
    "mutopia": "MutopiaProject/MutopiaProject",
    "chorales": "music21 10.5.1: chorales of J. S. Bach",
    "openhymnal": "Open Hymnal Project 2012",
    "bbloomf": "bbloomf/lilypond-songs",
    "game": "Freedoom, simutrans, LMMS demo songs",
}

ROLES = {
    "harmonist": "One step per frame of 6 ticks: which chord, given the melody up to or with this frame.",
    "soloist": "One step per note of a monophonic line: which pitch, how long, when the next note comes.",
}

LIMITS = {
    "harmonist": [
        "Sampled without reluctance it changes chords on almost every beat, three times as often as people.",
        "With this frame's note hidden (anticipating) it agrees with people clearly less often than with it known.",
        "Anticipating, and kept to as many changes as people make, it agrees with lead sheets less than a held tonic.",
        "Blues, Latin and electronic music are thin in the corpus; their styles are hardly more than a hint.",
        "Chords of lieder, quartets and hymns were read off the sounding notes; a few percent of roots are wrong.",
        "Altered dominants and missing thirds were mapped to the nearest of 12 qualities; it never plays them.",
        "Measured on openings of 256 frames; how it recovers from a modulation was not measured.",
        "Bars of unusual length (5/4, 7/8 …) share one class.",
    ],
    "soloist": [
        "Pitch, length and time are drawn independently, given what came before.",
        "It has no plan beyond its recurrent memory and the next chord: phrases repeat motifs only by chance.",
        "Most folk melodies carry chords that were guessed from the melody (about 65 % right).",
        "Blues, Latin and electronic music are thin in the corpus; their styles are hardly more than a hint.",
        "Durations beyond 192 ticks are coded as 192.",
    ],
}


def sha256(data: bytes) -> str:
    """Checksum of a file's bytes, as the loader checks it."""
    return hashlib.sha256(data).hexdigest()


def corpus_table(pieces: list[Piece]) -> list[dict[str, Any]]:
    """What a network was made from, by file: licences, tiers, and pieces by split."""
    rows = []
    for source, repository in REPOSITORIES.items():
        mine = [piece for piece in pieces if piece.source == source]
        if not mine:
            continue
        splits = Counter(piece.split for piece in mine)
        rows.append(
            {
                "file": source,
                "source": repository,
                "licences": dict(Counter(piece.licence for piece in mine)),
                "tiers": dict(Counter(piece.tier for piece in mine)),
                "pieces": len(mine),
                "splits": {split: splits[split] for split in SPLITS},
                "chords": dict(Counter(piece.chords_source for piece in mine)),
            }
        )
    return rows


def credits(pieces: list[Piece]) -> list[dict[str, str]]:
    """Credits of the pieces whose licence asks for attribution, each work once."""
    unique = {json.dumps(piece.credit, sort_keys=True) for piece in pieces if piece.credit}
    return [json.loads(credit) for credit in sorted(unique)]


def card(
    name: str, network: StepNetwork, data: bytes, pieces: list[Piece], steps: dict[str, Any], seed: int
) -> dict[str, Any]:
    """The card of the exported file `data`; `metrics` are added by the evaluation."""
    first, second = network.shape.hidden
    return {
        "contract": CONTRACT,
        "role": name,
        "name": f"continuo {name}",
        "description": ROLES[name],
        "vocabulary": {
            "ticks_per_quarter": TICKS_PER_QUARTER,
            "frame": FRAME,
            "qualities": list(QUALITIES),
            "time_classes": TIME_CLASSES.tolist(),
        },
        "styles": list(STYLES),
        "inputs": input_shapes(network),
        "outputs": output_shapes(network),
        "architecture": {
            "kind": "GRU",
            "hidden": [first, second],
            "weights": "int8, one scale per output row; biases float32",
            "opset": OPSET,
        },
        "parameters": parameter_count(network),
        "training": {"seed": seed, "machine": "CPU, 2 cores, one thread", "steps": steps},
        "corpus": corpus_table(pieces),
        "credits": credits(pieces),
        "licence": "CC-BY-4.0 (see LICENSE-WEIGHTS.md)",
        "metrics": {},
        "limits": LIMITS[name],
        "bytes": len(data),
        "sha256": sha256(data),
    }


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Writes JSON with sorted keys, so that a new run differs only where something changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Reads what `write_json` wrote."""
    return json.loads(path.read_text(encoding="utf-8"))
