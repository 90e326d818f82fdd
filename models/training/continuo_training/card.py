"""The model card beside each network: what it is, what it was made from, what was measured."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from .corpus import REPOSITORIES, Piece
from .export import input_shapes, output_shapes
from .functions import OPSET
from .networks.step_network import StepNetwork, parameter_count
from .record_rules import SPLITS
from .texture.bars import Origin
from .vocabulary import CONTRACT, FRAME, LEVELS, MODES, QUALITIES, STYLES, TICKS_PER_QUARTER, TIME_CLASSES

ROLES = {
    "harmonist": "One step per frame of 6 ticks: which chord, given the melody up to or with this frame.",
    "harmonizer": "A whole chorus at once, beat by beat: which chord, given the melody and the chords that are known.",
    "soloist": "One step per note of a monophonic line: which pitch, how long, when the next note comes.",
}

LIMITS = {
    "harmonist": [
        "It hears one line and knows nothing of what comes: where harmony turns before the melody does, it is late.",
        "Blues, Latin and electronic music are thin in the corpus; their styles are hardly more than a hint.",
        "Chords of lieder, quartets and hymns were read off the sounding notes; a few percent of roots are wrong.",
        "Altered dominants and missing thirds were mapped to the nearest of 12 qualities; it never plays them.",
        "Before the first note it knows no key: under an introduction without melody it plays nothing.",
        "Bars of unusual length (5/4, 7/8 …) share one class.",
    ],
    "harmonizer": [
        "It decides beat by beat: chords that come between two beats are moved to one of them.",
        "It hears one line; of long rests and of what the left hand plays without being told it knows nothing.",
        "Blues, Latin and electronic music are thin in the corpus; their styles are hardly more than a hint.",
        "Chords of lieder, quartets and hymns were read off the sounding notes; a few percent of roots are wrong.",
        "Altered dominants and missing thirds were mapped to the nearest of 12 qualities; it never plays them.",
        "Phrases are counted from the first bar: where the first bar is not that of the chorus, forms are found worse.",
    ],
    "soloist": [
        "Pitch, length and time are drawn independently, given what came before.",
        "It has no plan beyond its memory and the next chord: phrases repeat motifs only by chance.",
        "It does not learn the tune at hand: where music repeats itself, an n-gram of the piece so far knows better.",
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
    for source in sorted({piece.source for piece in pieces}):
        mine = [piece for piece in pieces if piece.source == source]
        splits = Counter(piece.split for piece in mine)
        rows.append(
            {
                "file": source,
                "source": REPOSITORIES.get(source, source),
                "licences": dict(Counter(piece.licence for piece in mine)),
                "tiers": dict(Counter(piece.tier for piece in mine)),
                "pieces": len(mine),
                "splits": {split: splits[split] for split in SPLITS},
                "chords": dict(Counter(piece.chords_source for piece in mine)),
            }
        )
    return rows


def credits(pieces: Sequence[Piece | Origin]) -> list[dict[str, str]]:
    """Credits of the pieces whose licence asks for attribution, each work once."""
    unique = {json.dumps(piece.credit, sort_keys=True) for piece in pieces if piece.credit}
    return [json.loads(credit) for credit in sorted(unique)]


def machine() -> str:
    """What the training ran on."""
    if torch.cuda.is_available():
        return f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}"
    return f"CPU {platform.machine()}, {os.cpu_count()} cores, one thread a network, PyTorch {torch.__version__}"


def time_spent(runs: Path) -> dict[str, Any]:
    """Minutes and steps of each stage that has been trained under `runs`."""
    out = {}
    for stage in ("full", "tuned"):
        if (runs / stage / "last.pt").is_file():
            state = torch.load(runs / stage / "last.pt", map_location="cpu", weights_only=True)
            minutes = round(state["spent"] / 60, 1)
            out[stage] = {"minutes": minutes, "steps": state["step"], "score": state["best"]["score"]}
    return out


def limits(name: str, stages: dict[str, Any], budget: int) -> list[str]:
    """What a network is bad at; `budget` is the number of steps that it was meant to be trained for."""
    steps = stages.get("full", {}).get("steps", budget)
    short = [f"It was trained for {steps} of the {budget} steps that are meant for it: more would be better."]
    return LIMITS[name] + (short if steps < budget else [])


def attributes(edges: dict[str, list[float]]) -> dict[str, Any]:
    """The attributes of a role: how many levels, and where one ends and the next begins."""
    bucketed = {name: {"levels": LEVELS, "edges": values} for name, values in edges.items()}
    return bucketed | {"mode": {"levels": len(MODES), "names": list(MODES)}}


def card(
    name: str, network: StepNetwork, data: bytes, pieces: list[Piece], config: dict[str, Any], runs: Path
) -> dict[str, Any]:
    """The card of the exported file `data`; what is measured of it is added by later commands."""
    stages = time_spent(runs)
    return {
        "role": name,
        "name": f"continuo {name}, {network.shape.family}",
        "description": ROLES[name],
        "vocabulary": {
            "ticks_per_quarter": TICKS_PER_QUARTER,
            "frame": FRAME,
            "qualities": list(QUALITIES),
            "time_classes": TIME_CLASSES.tolist(),
        },
        "styles": list(STYLES),
        "attributes": attributes(config["task"]["edges"]),
        "parameters": parameter_count(network),
        "training": {"seed": config["seed"], "machine": machine(), "stages": stages},
        "corpus": corpus_table(pieces),
        "credits": credits(pieces),
        "licence": "CC-BY-4.0 (see LICENSE-WEIGHTS.md)",
        "limits": limits(name, stages, config["training"]["steps"]),
    } | card_of_file(network, data)


def card_of_file(network: StepNetwork, data: bytes) -> dict[str, Any]:
    """What the card of a network tells of the exported file `data`."""
    return {
        "contract": CONTRACT,
        "inputs": input_shapes(network),
        "outputs": output_shapes(network),
        "architecture": {
            "family": network.shape.family,
            "shape": network.shape.as_dict(),
            "weights": "int8, each once, one scale per row; biases float32",
            "opset": OPSET,
        },
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
