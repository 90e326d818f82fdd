"""What each command does, from checkpoint to checkpoint under `runs/FAMILY/NETWORK/`.

`train` leaves `full/best.pt`; `make` leaves `pruned/best.pt` (units removed), `tuned/best.pt` (trained further), and
the exported network with its card.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from . import pruning
from .card import card, card_of_file, read_json, sha256, write_json
from .config import MODELS, load_config
from .corpus import Piece, read_corpus
from .errors import UsageError
from .evaluation import report
from .export import export
from .fixtures import fixture
from .harmonist import training as harmonist
from .harmonist.training import Teach
from .harmonizer import teaching
from .harmonizer import training as harmonizer
from .networks.step_network import FAMILIES, SEQUENCE_FAMILIES, Shape, StepNetwork, load_network
from .quantization import quantized
from .reading import read_weights
from .soloist import training as soloist
from .tract import measured_in_tract
from .training import Schedule, Task, save, schedule_from, train
from .tunes import greensleeves, ode_to_joy
from .verify import LIKENESS, TOLERANCE, card_fits, largest_differences, logits, real_rows

ROLES = {"harmonist": harmonist, "soloist": soloist, "harmonizer": harmonizer}
TASKS: dict[str, type[harmonist.HarmonistTask] | type[soloist.SoloistTask] | type[harmonizer.HarmonizerTask]] = {
    "harmonist": harmonist.HarmonistTask,
    "soloist": soloist.SoloistTask,
    "harmonizer": harmonizer.HarmonizerTask,
}


def families_of(role: str) -> tuple[str, ...]:
    """The families in which a network of `role` can be made, the usual one first."""
    return SEQUENCE_FAMILIES if role == "harmonizer" else FAMILIES


def make_task(role: str, corpus: Path, teacher: Path | None = None) -> Task:
    """The task of `role` on the splits `train` and `valid`; says how often each style is seen.

    A harmonist can have a `teacher`: an exported harmonizer.

    Raises:
        UsageError: the role has no teachers, or the file is none.

    """
    config = load_config(role)["task"]
    pieces = [piece for piece in read_corpus(corpus) if piece.split != "test"]
    if teacher is None:
        task = TASKS[role](pieces, config)
    elif role == "harmonist":
        task = harmonist.HarmonistTask(pieces, config, taught_by(teacher, config["edges"]))
    else:
        raise UsageError(f"a {role} has no teacher: leave --teacher out")
    print(f"share of the styles in the sequences: {task.shares()}")
    return task


def taught_by(path: Path, edges: dict[str, list[float]]) -> Teach:
    """The lessons of an exported harmonizer."""
    network, role = exported_network(path)
    if role != "harmonizer":
        raise UsageError(f"{path} is a {role}: only a harmonizer, which hears whole pieces, can teach")
    return lambda frames: teaching.lessons(network, frames, edges)


def new_network(role: str, family: str) -> StepNetwork:
    """An untrained network, the same for the same seed.

    Raises:
        UsageError: a network of that role is of other families.

    """
    if family not in families_of(role):
        raise UsageError(f"a {role} is not made as {family}: choose from {', '.join(families_of(role))}")
    config = load_config(role)
    torch.manual_seed(config["seed"])
    return StepNetwork(ROLES[role].shape(config["network"], family), config["network"]["dropout"])


def schedule_of(config: dict[str, Any], family: str, steps: int | None, *, tuning: bool = False) -> Schedule:
    """The schedule of a configuration, at the learning rate that the family wants."""
    schedule = schedule_from(config, steps, tuning)
    rate = config["network"][family].get("learning_rate")
    return schedule if tuning or rate is None else replace(schedule, learning_rate=rate)


def learned_from(role: str, corpus: Path, *, taught: bool) -> list[Piece]:
    """The pieces that a network of `role` learns from, and those that it is judged on; if `taught`, all melodies."""
    return list(read_corpus(corpus)) if taught else usable(role, corpus)


def usable(role: str, corpus: Path, split: str | None = None) -> list[Piece]:
    """The pieces (of one split) that a network of `role` can learn from."""
    pieces = (piece for piece in read_corpus(corpus) if split in (None, piece.split))
    return [piece for piece in pieces if ROLES[role].usable(piece)]


def folder_of(args: argparse.Namespace) -> Path:
    """Where the checkpoints of a network lie."""
    return args.runs / args.family / args.network


def train_full(args: argparse.Namespace) -> int:
    """Trains the full network, from scratch or from an exported one."""
    config = load_config(args.network)
    network = new_network(args.network, args.family)
    if args.start is not None:
        network = started_from(args.start, network)
    task = make_task(args.network, args.corpus, args.teacher)
    schedule = schedule_of(config, args.family, args.steps, tuning=args.start is not None)
    folder = folder_of(args) / "full"
    done = train(task, network, schedule, folder, config["seed"], fresh=args.fresh, devices=args.devices)
    print(json.dumps(done))
    return 0


def started_from(path: Path, network: StepNetwork) -> StepNetwork:
    """A network with the weights of an exported file, in the shape that the card beside it tells."""
    start, role = exported_network(path, network.dropout.p)
    if start.shape.heads != network.shape.heads or start.shape.features != network.shape.features:
        raise UsageError(f"{path} is a {role}, or of another contract: it cannot be trained on as this one")
    return start


def exported_network(path: Path, dropout: float = 0.0) -> tuple[StepNetwork, str]:
    """The network of an exported file, in the shape that the card beside it tells, and its role."""
    card_path = path.with_suffix(".json")
    try:
        beside = read_json(card_path)
        network, role = StepNetwork(Shape.from_dict(beside["architecture"]["shape"]), dropout), beside["role"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{card_path} is no card of a network: {error!r}") from error
    try:
        read_weights(path.read_bytes(), network)
    except Exception as error:
        raise UsageError(f"{path} does not hold the network that its card tells of: {error}") from error
    return network, role


def convert(args: argparse.Namespace) -> int:
    """Writes an exported network of the contract before this one anew: the same integers, each once."""
    path = args.file
    network, role = exported_network(path)
    old, new = path.read_bytes(), export(network, role)
    heard = real_rows(role, [ode_to_joy(), greensleeves()]).numpy()
    said = logits(old, heard)
    worst = max(np.abs(said[name] - values).max() for name, values in logits(new, heard).items())
    print(f"{path}: {len(old)} bytes, now {len(new)}; largest difference of a logit {worst:.2e}")
    if worst >= LIKENESS:
        print("that is too much: nothing is written")
        return 1
    beside = read_json(path.with_suffix(".json"))
    measured = {key: value for key, value in beside.items() if key != "verified"}
    out = args.out or path.parent
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / f"{path.stem}.json", measured | card_of_file(network, new))
    (out / path.name).write_bytes(new)
    if out.resolve().parent == MODELS:
        report.write_docs()
    return 0


def make(args: argparse.Namespace) -> int:
    """Prune, tune, quantize, export and verify."""
    tune_network(args)
    export_network(args)
    return verify_network(args)


def tune_network(args: argparse.Namespace) -> None:
    """Prunes and tunes the full network; from the beginning if it was trained further since the last time."""
    config = load_config(args.network)
    folder = folder_of(args)
    full, pruned = folder / "full" / "best.pt", folder / "pruned" / "best.pt"
    network = load_network(full)
    fresh = args.fresh
    if not fresh and pruned.is_file() and pruned.stat().st_mtime < full.stat().st_mtime:
        print(f"{full} is newer than {pruned}: pruning and tuning begin anew")
        fresh = True
    task = make_task(args.network, args.corpus, args.teacher)
    keep = config["pruning"]["keep"] if args.keep is None else args.keep
    if network.shape.family not in pruning.FAMILIES:
        keep = 1.0  # only tuned: neither attention nor what reads whole sequences is pruned
    tune(task, network, keep, folder, config, args.steps, fresh=fresh)


def tune(
    task: Task, full: StepNetwork, keep: float, folder: Path, config: dict, steps: int | None, *, fresh: bool
) -> StepNetwork:
    """Keeps the most important share of the units and trains what is left further."""
    pruned = folder / "pruned" / "best.pt"
    if fresh or not pruned.is_file():
        small = full
        if keep < 1:
            units = pruning.measure(task, full, config["pruning"]["batches"], config["seed"] + 1)
            small = pruning.prune(full, units, keep)
        save(pruned, {"shape": small.shape.as_dict(), "network": small.state_dict()})
    network = load_network(pruned, config["network"]["dropout"])
    schedule = schedule_from(config, steps, tuning=True)
    print(json.dumps(train(task, network, schedule, folder / "tuned", config["seed"] + 2, fresh=fresh)))
    return load_network(folder / "tuned" / "best.pt")


def export_network(args: argparse.Namespace) -> int:
    """Writes `NETWORK.onnx` and its card into the folder of the family."""
    folder, name = folder_of(args), args.network
    network = load_network(folder / "tuned" / "best.pt")
    data = export(network, name)
    out = target(args)
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.onnx").write_bytes(data)
    config = load_config(name)
    pieces = learned_from(name, args.corpus, taught=args.teacher is not None)
    made = card(name, network, data, pieces, config, folder)
    if args.teacher is not None:
        made["training"]["teacher"] = sha256(args.teacher.read_bytes())
    write_json(out / f"{name}.json", made)
    print(f"{out / name}.onnx: {len(data)} bytes, sha256 {sha256(data)}")
    return 0


def target(args: argparse.Namespace) -> Path:
    """Where the exported network goes."""
    return args.out or MODELS / args.family


def verify_network(args: argparse.Namespace) -> int:
    """Compares the ONNX file with the network, in onnxruntime and in tract, and writes the fixture and the card."""
    name, out = args.network, target(args)
    network = quantized(load_network(folder_of(args) / "tuned" / "best.pt"))
    if not card_fits(out, name):
        print(f"the checksum in {out / name}.json is not that of the file: export again")
        return 1
    # Too few tunes for a test split can still be verified on: only likeness is judged.
    pieces = usable(name, args.corpus, "test") or usable(name, args.corpus)
    worst = largest_differences((out / f"{name}.onnx").read_bytes(), network, real_rows(name, pieces))
    path = MODELS / "fixtures" / f"{args.family}-{name}.json" if args.out is None else out / f"{name}.fixture.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(fixture(name, network), separators=(",", ":")) + "\n", encoding="utf-8")
    tract = measured_in_tract(out / f"{name}.onnx", path)
    found = {"onnxruntime": worst, "tract": tract["differences"]}
    for runtime, differences in found.items():
        for head, difference in differences.items():
            print(f"{runtime:12} {head:20} largest difference {difference:.2e}")
    speed = {"tract_us_per_step": tract["us_per_step"], "tract_load_ms": tract["load_ms"]}
    print(json.dumps(speed))
    written = read_json(out / f"{name}.json") | {"verified": {"largest_differences": found, "speed": speed}}
    write_json(out / f"{name}.json", written)
    return 0 if max(max(values.values()) for values in found.values()) < TOLERANCE else 1


def evaluate_network(args: argparse.Namespace) -> int:
    """Measures every stage on `test`, and writes the results into the card and docs/models.md."""
    name, folder, out = args.network, folder_of(args), target(args)
    stages = {stage: load_network(folder / stage / "best.pt") for stage in ("full", "pruned", "tuned")}
    stages["int8"] = quantized(stages["tuned"])
    results = report.measure(name, stages, list(read_corpus(args.corpus)), load_config(name))
    write_json(out / f"{name}.json", read_json(out / f"{name}.json") | {"metrics": results})
    if args.out is None:
        report.write_docs()
    print(report.tables(name, results))
    return 0
