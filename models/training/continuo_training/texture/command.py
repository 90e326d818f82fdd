"""The commands for textures: `train`, `make`, `verify` and `evaluate`, as for the other networks.

`train` leaves `runs/vae/texture/full/best.pt`; `make` exports it: it is neither pruned nor tuned.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch

from ..card import credits, machine, read_json, sha256, time_spent, write_json
from ..config import MODELS, load_config
from ..corpus import REPOSITORIES
from ..errors import UsageError
from ..functions import OPSET
from ..networks.vae import Vae, VaeShape
from ..quantization import quantized
from ..training import schedule_from, train
from ..verify import TOLERANCE, card_fits, session
from ..vocabulary import CONTRACT, LEVELS, STYLES, TICKS_PER_QUARTER
from .bars import Origin, TextureSet, texture_set
from .conditions import ATTRIBUTES, conditions_of
from .evaluation import measure, table
from .export import export, input_shapes, output_shapes, read_weights
from .fixture import fixture, said, shifts
from .grid import METERS, PARTS, ROWS, slot_ticks
from .reading import read_textures
from .training import CELLS, TextureTask, shape, some

NAME, FAMILY = "texture", "vae"
VERIFIED = 50
"""Bars of each part on which the file is compared with the network."""
TIMED = 200
LIMITS = [
    "It knows one bar at a time: nothing of the bar before, of the other parts, or of pitch.",
    "Drums are nearly all of four drummers (Groove MIDI Dataset) and of games; blues, folk and electronic are thin.",
    "Comping and bass are of pop, art songs, quartets, hymns and games: none is of jazz, latin, blues or electronic.",
    "Velocities are learned from groove, pop909 and games alone; scores have none.",
    "It gives a bar the feel that is usual for its strokes and its style, not that of one drummer.",
    "A code holds nearly the whole bar: the levels of density and syncopation hardly move what is decoded from it.",
    "Bars of 5/4, 7/8 or 12/8 are composed of the three that it knows.",
]


def read(corpus: Path, *, test: bool = True) -> tuple[TextureSet, list[tuple[Origin, int]]]:
    """The bars of a corpus, and of each piece that has some how many; those of `test` only if they are wanted."""
    pieces = [
        (piece.origin, [bar.texture for bar in piece.bars])
        for piece in read_textures(corpus)
        if piece.bars and (test or piece.origin.split != "test")
    ]
    if not pieces:
        raise UsageError(f"no piece of {corpus} has drums, Chords or a bass that can be read")
    return texture_set(pieces), [(origin, len(bars)) for origin, bars in pieces]


def new_network(config: dict[str, Any]) -> Vae:
    """An untrained network, the same for the same seed."""
    torch.manual_seed(config["seed"])
    return Vae(shape(config["network"]), config["network"]["dropout"])


def load_network(path: Path) -> Vae:
    """The network of a checkpoint.

    Raises:
        UsageError: there is none.
    """
    if not path.is_file():
        raise UsageError(f"{path} is not there: train first")
    state = torch.load(path, map_location="cpu", weights_only=True)
    network = Vae(VaeShape.from_dict(state["shape"]))
    network.load_state_dict(state["network"])
    return network.eval()


def _folder(args: argparse.Namespace) -> Path:
    return args.runs / FAMILY / NAME


def _target(args: argparse.Namespace) -> Path:
    return args.out or MODELS / FAMILY


def train_network(args: argparse.Namespace) -> int:
    """Trains a network, from scratch or from an exported one."""
    config = load_config(NAME)
    network = new_network(config)
    if args.start is not None:
        read_weights(args.start.read_bytes(), network)
    bars, _ = read(args.corpus, test=False)
    task = TextureTask(bars, config["task"])
    print(f"share of the styles in the bars: {task.shares()}")
    schedule = schedule_from(config, args.steps, tuning=args.start is not None)
    done = train(
        task, network, schedule, _folder(args) / "full", config["seed"], fresh=args.fresh, devices=args.devices
    )
    print(json.dumps(done))
    return 0


def make(args: argparse.Namespace) -> int:
    """Exports the trained network with its card, and verifies the file."""
    network = load_network(_folder(args) / "full" / "best.pt")
    data = export(network, NAME)
    out = _target(args)
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{NAME}.onnx").write_bytes(data)
    bars, origins = read(args.corpus)
    write_json(out / f"{NAME}.json", card(network, data, origins, load_config(NAME), _folder(args)))
    print(f"{out / NAME}.onnx: {len(data)} bytes, sha256 {sha256(data)}")
    return _verified(args, bars)


def verify(args: argparse.Namespace) -> int:
    """Compares the file with the network in onnxruntime, and writes the fixture for tract and the card."""
    return _verified(args, read(args.corpus)[0])


def _verified(args: argparse.Namespace, bars: TextureSet) -> int:
    out, edges = _target(args), load_config(NAME)["task"]["edges"]
    network = quantized(load_network(_folder(args) / "full" / "best.pt"))
    if not card_fits(out, NAME):
        print(f"the checksum in {out / NAME}.json is not that of the file: export again")
        return 1
    path = MODELS / "fixtures" / f"{FAMILY}-{NAME}.json" if args.out is None else out / f"{NAME}.fixture.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(fixture(network, edges), separators=(",", ":")) + "\n", encoding="utf-8")
    test = bars.where(bars.split == "test")
    worst, milliseconds = compared(
        (out / f"{NAME}.onnx").read_bytes(), network, some(test if len(test) else bars, VERIFIED), edges
    )
    verified = {"largest_differences": {"onnxruntime": worst}, "speed": {"onnxruntime_ms_per_bar": milliseconds}}
    write_json(out / f"{NAME}.json", read_json(out / f"{NAME}.json") | {"verified": verified})
    print(f"largest differences {worst}, {milliseconds:.2f} ms a bar")
    return 0 if max(worst.values()) < TOLERANCE else 1


def compared(data: bytes, network: Vae, bars: TextureSet, edges: dict[str, Any]) -> tuple[dict[str, float], float]:
    """Largest difference of each output between the file and the network, and milliseconds of one bar."""
    run = session(data)
    names = [output.name for output in run.get_outputs()]
    given = {
        "bar": bars.hits.reshape(len(bars), CELLS).astype(np.float32),
        "shift": shifts(len(bars), network.shape.code),
        "conditions": conditions_of(bars, edges).vector(),
    }
    expected = said(network, *(torch.from_numpy(values) for values in given.values()))
    found = dict(zip(names, run.run(names, given), strict=True))
    worst = {name: float(np.abs(found[name] - values.numpy()).max()) for name, values in expected.items()}
    return worst, _milliseconds(run, {name: values[:1] for name, values in given.items()})


def _milliseconds(run: onnxruntime.InferenceSession, given: dict[str, np.ndarray]) -> float:
    began = time.perf_counter()
    for _ in range(TIMED):
        run.run(None, given)
    return round((time.perf_counter() - began) / TIMED * 1000, 3)


def evaluate(args: argparse.Namespace) -> int:
    """Measures the network as it is shipped, and writes the results into its card."""
    config, out = load_config(NAME), _target(args)
    network = quantized(load_network(_folder(args) / "full" / "best.pt"))
    results = measure(network, read(args.corpus)[0], config["task"]["edges"], config["seed"])
    write_json(out / f"{NAME}.json", read_json(out / f"{NAME}.json") | {"metrics": results})
    print(table(results))
    return 0


def _without(run: Callable[[argparse.Namespace], int], *options: str) -> Callable[[argparse.Namespace], int]:
    """The command, which refuses `options` that are for the other networks."""

    def run_without(args: argparse.Namespace) -> int:
        for option in options:
            if getattr(args, option) not in (None, False):
                raise UsageError(f"--{option} is not for a {NAME}: leave it out")
        return run(args)

    return run_without


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "train": _without(train_network, "family", "teacher"),
    "make": _without(make, "family", "teacher", "keep", "steps", "fresh"),
    "verify": _without(verify, "family"),
    "evaluate": _without(evaluate, "family"),
}
"""What each command does where the network is one of textures."""


def card(
    network: Vae, data: bytes, origins: list[tuple[Origin, int]], config: dict[str, Any], runs: Path
) -> dict[str, Any]:
    """The card of the exported file `data`; what is measured of it is added by later commands."""
    edges = config["task"]["edges"]
    stages = time_spent(runs)
    steps = stages.get("full", {}).get("steps", 0)
    budget = config["training"]["steps"]
    short = [f"It was trained for {steps} of the {budget} steps that are meant for it: more would be better."]
    return {
        "role": NAME,
        "name": f"continuo {NAME}, {FAMILY}",
        "description": "One bar of drums, of Chords or of a bass: what it strikes to a code, and back, with its feel.",
        "contract": CONTRACT,
        "vocabulary": {"ticks_per_quarter": TICKS_PER_QUARTER},
        "grid": {
            "slots": {name: slot_ticks(meter).tolist() for meter, name in enumerate(METERS)},
            "rows": {part: list(ROWS[part]) for part in PARTS},
        },
        "styles": list(STYLES),
        "attributes": {
            name: {"levels": LEVELS, "edges": {part: edges[part][name] for part in PARTS}} for name in ATTRIBUTES
        },
        "inputs": input_shapes(network.shape),
        "outputs": output_shapes(network.shape),
        "architecture": {
            "family": FAMILY,
            "shape": network.shape.as_dict(),
            "weights": "int8, one scale per row; biases float32",
            "opset": OPSET,
        },
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "bytes": len(data),
        "sha256": sha256(data),
        "training": {"seed": config["seed"], "machine": machine(), "stages": stages},
        "corpus": corpus_table(origins),
        "credits": credits([origin for origin, _ in origins]),
        "licence": "CC-BY-4.0 (see LICENSE-WEIGHTS.md)",
        "limits": LIMITS + (short if steps < budget else []),
    }


def corpus_table(origins: list[tuple[Origin, int]]) -> list[dict[str, Any]]:
    """What a network was made from, by file: licences, tiers, pieces and bars by split."""
    by_source: dict[str, list[tuple[Origin, int]]] = defaultdict(list)
    for origin, bars in origins:
        by_source[origin.source].append((origin, bars))
    rows = []
    for source, mine in sorted(by_source.items()):
        counts: dict[str, dict[str, int]] = {name: defaultdict(int) for name in ("licences", "tiers", "splits", "bars")}
        for origin, bars in mine:
            counts["licences"][origin.licence] += 1
            counts["tiers"][origin.tier] += 1
            counts["splits"][origin.split] += 1
            counts["bars"][origin.split] += bars
        repository = REPOSITORIES.get(source, source)
        rows.append({"file": source, "source": repository, "pieces": len(mine)} | counts)
    return rows
