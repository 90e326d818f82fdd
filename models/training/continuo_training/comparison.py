"""Two studies: the families on the same budget, and what pruning gives and costs."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from .card import write_json
from .commands import TASKS, families_of, make_task, new_network, schedule_of, tune, usable
from .config import RESULTS, load_config
from .corpus import Piece, read_corpus
from .evaluation import harmonization, harmony, melody, report
from .export import BODIES, export, silence
from .networks.step_network import StepNetwork, load_network, parameter_count
from .quantization import quantized
from .soloist.notes import NoteSet
from .tract import measured_in_tract
from .training import train
from .verify import session

WHOLE = 128
"""Steps of a sequence that is read at once when it is timed."""
SHARES = (1.0, 0.75, 0.5, 0.25)
"""Shares of the units that stay along the pruning curve."""


def judged(role: str, network: StepNetwork, pieces: list[Piece], split: str) -> dict[str, Any]:
    """Likelihood and, of a harmonist, what it plays, on a split."""
    if role == "soloist":
        mine = [piece for piece in pieces if piece.split == split]
        return melody.stage(network, NoteSet(mine))
    if role == "harmonizer":
        return harmonization.stage(network, harmonization.tunes(pieces, split))
    seed = load_config(role)["seed"]
    return {
        source: harmony.stage(network, batch, melodies, seed)
        for source, (batch, melodies) in harmony.openings(pieces, split).items()
    }


def cost(role: str, network: StepNetwork) -> dict[str, Any]:
    """Size of the exported file, and the time of a step in tract and in ONNX Runtime, in microseconds.

    Of a family that is studied and not exported, the number of parameters alone.
    """
    if type(network.body) not in BODIES:
        return {"parameters": parameter_count(network)}
    data = export(network, role)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{role}.onnx"
        path.write_bytes(data)
        tract = measured_in_tract(path, None)
    return {
        "parameters": parameter_count(network),
        "bytes": len(data),
        "tract_us": tract["us_per_step"],
        "tract_load_ms": tract["load_ms"],
        "onnxruntime_us": onnxruntime_us(export(network, role, integers=False), network),
    }


def onnxruntime_us(data: bytes, network: StepNetwork, steps: int = 400) -> float:
    """Microseconds per step: the least of four runs. The file has float32 weights, as that runtime likes them best."""
    run = session(data)
    rows = 1 if silence(network) else WHOLE
    inputs = {"features": np.zeros((rows, network.body.source.size), np.float32)} | silence(network)
    steps = -(-steps // rows)
    times = []
    for _ in range(4):
        began = time.perf_counter()
        for _ in range(steps):
            run.run(None, inputs)
        times.append((time.perf_counter() - began) / (steps * rows))
    return round(min(times) * 1e6, 1)


def compare_families(args: argparse.Namespace) -> int:
    """Trains every family for the same number of steps and writes the table."""
    role = args.network
    config = load_config(role)
    task = make_task(role, args.corpus)
    pieces = usable(role, args.corpus)
    rows = {}
    for family in families_of(role):
        network = new_network(role, family)
        schedule = schedule_of(config, family, args.steps or config["comparison"]["steps"])
        folder = args.runs / "compared" / family / role
        done = train(task, network, schedule, folder, config["seed"], fresh=args.fresh)
        network = quantized(load_network(folder / "best.pt"))
        rows[family] = done | {"judged": judged(role, network, pieces, "test")} | cost(role, network)
        print(family, rows[family])
    write_json(RESULTS / f"{role}-families.json", rows)
    report.write_docs()
    return 0


def pruning_curve(args: argparse.Namespace) -> int:
    """Prunes the full network to several sizes, tunes each for the same number of steps, and writes table and picture.

    Judged on `valid`: the knee is chosen by it.
    """
    role = args.network
    config = load_config(role)
    pieces = [piece for piece in read_corpus(args.corpus) if piece.split != "test"]
    task = TASKS[role](pieces, config["task"])
    full = load_network(args.runs / args.family / role / "full" / "best.pt")
    steps = args.steps or config["pruning"]["curve_steps"]
    pieces = usable(role, args.corpus)
    rows = []
    for share in SHARES:
        folder = args.runs / args.family / role / f"curve-{share:.2f}"
        small = tune(task, full, share, folder, config, steps, fresh=args.fresh)
        row = {"share": share, "hidden": small.shape.hidden, "float32": judged(role, small, pieces, "valid")}
        small = quantized(small)
        rows.append(row | {"int8": judged(role, small, pieces, "valid")} | cost(role, small))
        print(rows[-1])
    write_json(RESULTS / f"{role}-pruning.json", {"family": args.family, "steps": steps, "rows": rows})
    report.write_docs()
    return 0
