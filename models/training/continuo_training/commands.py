"""What each command does, from checkpoint to checkpoint under `runs/NETWORK/`.

`train` leaves `full/best.pt`, `prune` leaves `pruned/best.pt` (units removed) and `tuned/best.pt` (trained further).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from . import pruning
from .card import card, read_json, sha256, write_json
from .config import MODELS, RUNS, load_config
from .corpus import Piece, read_corpus
from .evaluation import report
from .export import export
from .fixtures import fixture
from .harmonist import features as harmonist_features
from .harmonist.frames import FrameSet
from .harmonist.training import HarmonistTask
from .harmonist.training import opening as frames_opening
from .harmonist.training import usable as harmonist_usable
from .quantization import quantized
from .recurrent import StepNetwork
from .soloist import features as soloist_features
from .soloist.notes import NoteSet
from .soloist.training import SoloistTask
from .soloist.training import opening as notes_opening
from .soloist.training import usable as soloist_usable
from .training import Task, load_network, save, schedule_from, train
from .verify import TOLERANCE, card_fits, largest_differences

TASKS: dict[str, type[HarmonistTask] | type[SoloistTask]] = {"harmonist": HarmonistTask, "soloist": SoloistTask}
USABLE = {"harmonist": harmonist_usable, "soloist": soloist_usable}


def make_task(network: str, corpus: Path) -> Task:
    """The task of `network` on the splits `train` and `valid`."""
    config = load_config(network)
    pieces = [piece for piece in read_corpus(corpus) if piece.split != "test"]
    return TASKS[network](pieces, config["task"], tuple(config["network"]["hidden"]))


def test_pieces(network: str, corpus: Path) -> list[Piece]:
    """The pieces of the test split that the network could learn from."""
    return [piece for piece in read_corpus(corpus) if piece.split == "test" and USABLE[network](piece)]


def train_full(args: argparse.Namespace) -> int:
    """Trains the full network."""
    config = load_config(args.network)
    task = make_task(args.network, args.corpus)
    torch.manual_seed(config["seed"])
    network = StepNetwork(task.shape, config["network"]["dropout"])
    schedule = schedule_from(config, args.minutes, tuning=False)
    done = train(task, network, schedule, RUNS / args.network / "full", config["seed"], fresh=args.fresh)
    print(json.dumps(done))
    return 0


def prune_and_tune(args: argparse.Namespace) -> int:
    """Removes the hidden units that matter least and trains what is left a little longer."""
    config = load_config(args.network)
    folder = RUNS / args.network
    full = load_network(folder / "full" / "best.pt")
    task = make_task(args.network, args.corpus)
    pruned = folder / "pruned" / "best.pt"
    if args.fresh or not pruned.is_file():
        units = pruning.measure(task, full, config["pruning"]["batches"], config["seed"] + 1)
        small = pruning.prune(full, units, tuple(config["pruning"]["hidden"]))
        save(pruned, {"shape": small.shape.as_dict(), "network": small.state_dict()})
    network = load_network(pruned)
    network.dropout.p = config["network"]["dropout"]
    schedule = schedule_from(config, args.minutes, tuning=True)
    done = train(task, network, schedule, folder / "tuned", config["seed"] + 2, fresh=args.fresh)
    print(json.dumps(done))
    return 0


def _time_spent(folder: Path) -> dict[str, Any]:
    """Minutes and steps of each stage that has been trained."""
    out = {}
    for stage in ("full", "tuned"):
        if (folder / stage / "last.pt").is_file():
            state = torch.load(folder / stage / "last.pt", weights_only=False)
            out[stage] = {"minutes": round(state["spent"] / 60, 1), "steps": state["step"]}
    return out


def export_network(args: argparse.Namespace) -> int:
    """Writes `models/NETWORK.onnx` and its card."""
    folder = RUNS / args.network
    network = load_network(folder / "tuned" / "best.pt")
    data = export(network, args.network)
    pieces = [piece for piece in read_corpus(args.corpus) if USABLE[args.network](piece)]
    seed = load_config(args.network)["seed"]
    (MODELS / f"{args.network}.onnx").write_bytes(data)
    write_json(MODELS / f"{args.network}.json", card(args.network, network, data, pieces, _time_spent(folder), seed))
    print(f"models/{args.network}.onnx: {len(data)} bytes, sha256 {sha256(data)}")
    return 0


def _test_rows(name: str, pieces: list[Piece], count: int = 8) -> Tensor:
    """Feature vectors of the openings of `count` test pieces, with their own chords as history."""
    pieces = pieces[:: max(len(pieces) // count, 1)][:count]
    if name == "soloist":
        notes = NoteSet(pieces)
        batch = notes_opening(notes, torch.arange(len(pieces)).numpy())
        return soloist_features.features(batch.notes, batch.style)
    frames = frames_opening(FrameSet(pieces))
    chord, age = harmonist_features.previous(frames.frames.chord)
    return harmonist_features.features(frames.frames, frames.style, frames.frames.note, chord, age)


def verify_network(args: argparse.Namespace) -> int:
    """Compares the ONNX file with the network on test pieces and writes the fixture for the test in Rust."""
    name = args.network
    network = quantized(load_network(RUNS / name / "tuned" / "best.pt"))
    data = (MODELS / f"{name}.onnx").read_bytes()
    worst = largest_differences(data, network, _test_rows(name, test_pieces(name, args.corpus)))
    for output, difference in worst.items():
        print(f"{output:16} largest difference {difference:.2e}")
    target = MODELS / "fixtures" / f"{name}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(fixture(name, network), separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"models/fixtures/{name}.json: {target.stat().st_size} bytes")
    print("compare tract with the fixture: cargo test -p continuo-models")
    fits = card_fits(MODELS, name)
    if not fits:
        print("the card's checksum is not that of the file: export again")
    return 0 if fits and max(worst.values()) < TOLERANCE else 1


def evaluate_network(args: argparse.Namespace) -> int:
    """Measures every stage on `test`, and writes the results into `runs/`, the card and docs/models.md."""
    name = args.network
    folder = RUNS / name
    stages = {stage: load_network(folder / stage / "best.pt") for stage in ("full", "pruned", "tuned")}
    stages["int8"] = quantized(stages["tuned"])
    results = report.measure(name, stages, list(read_corpus(args.corpus)), load_config(name))
    write_json(folder / "evaluation.json", results)
    path = MODELS / f"{name}.json"
    write_json(path, read_json(path) | {"metrics": results})
    report.write_docs(MODELS.parent / "docs" / "models.md", MODELS)
    print(report.tables(name, results))
    return 0
