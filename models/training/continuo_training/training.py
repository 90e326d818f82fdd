"""The training loop of both networks: a time budget, checkpoints, and resuming after a kill."""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from .recurrent import Shape, StepNetwork


class Task(Protocol):
    """What a network learns: its batches, its loss and how it is judged on `valid`."""

    name: str
    shape: Shape

    def loss(self, network: StepNetwork, rng: np.random.Generator, progress: float) -> tuple[Tensor, dict[str, float]]:
        """Loss of one random batch and its parts; `progress` from 0 to 1."""
        ...

    def validate(self, network: StepNetwork) -> dict[str, float]:
        """Measures on `valid`; `score` is the one to be kept high."""
        ...


@dataclass(frozen=True)
class Schedule:
    """How long and how fast. Times in seconds; the learning rate falls along half a cosine over the budget."""

    seconds: float
    learning_rate: float
    final_learning_rate: float
    warm_up: float
    weight_decay: float
    clip: float
    validate_every: float
    checkpoint_every: float
    keep_last: bool = False
    """Whether the state at the end becomes `best.pt` whatever its score: for scores that are noisy."""
    progress_from: float = 0.0
    """What the task is told of its progress at the beginning: 1 when a trained network is tuned further."""

    def rate(self, progress: float) -> float:
        """Learning rate at `progress` from 0 to 1."""
        if progress < self.warm_up:
            return self.learning_rate * max(progress / self.warm_up, 0.02)
        along = (progress - self.warm_up) / (1 - self.warm_up)
        swing = 0.5 * (1 + math.cos(math.pi * min(along, 1)))
        return self.final_learning_rate + (self.learning_rate - self.final_learning_rate) * swing


def schedule_from(config: dict[str, Any], minutes: float | None, tuning: bool) -> Schedule:
    """The schedule of a configuration; `tuning` for the time after pruning."""
    table = dict(config["training"])
    if tuning:
        table |= config["fine_tuning"]
    seconds = 60 * (table.pop("minutes") if minutes is None else minutes)
    table.pop("minutes", None)
    return Schedule(seconds=seconds, progress_from=1.0 if tuning else 0.0, **table)


def quiet_threads() -> None:
    """One thread per process: on a shared machine more are slower."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    torch.set_num_threads(1)


def save(path: Path, value: dict[str, Any]) -> None:
    """Writes a checkpoint so that a kill leaves the old or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(value, part)
    part.replace(path)


def load_network(path: Path) -> StepNetwork:
    """The network of a checkpoint, ready to be run."""
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: run the step before this one first (see models/training/README.md)"
        )
    checkpoint = torch.load(path, weights_only=False)
    network = StepNetwork(Shape(**checkpoint["shape"]))
    network.load_state_dict(checkpoint["network"])
    return network.eval()


def train(
    task: Task, network: StepNetwork, schedule: Schedule, folder: Path, seed: int, *, fresh: bool = False
) -> dict[str, Any]:
    """Trains `network` until the budget is spent; resumes from `folder/last.pt` if that is there.

    Leaves `last.pt` (everything to go on with), `best.pt` (the best on `valid`) and `log.jsonl` in `folder`, and
    returns the time, steps and best measures.
    """
    last = folder / "last.pt"
    optimizer = torch.optim.AdamW(network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    spent, step, best = 0.0, 0, {"score": -math.inf}
    if last.is_file() and not fresh:
        state = torch.load(last, weights_only=False)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["torch_rng"])
        spent, step, best = state["spent"], state["step"], state["best"]

    def keep(path: Path) -> None:
        save(
            path,
            {
                "shape": network.shape.as_dict(),
                "network": network.state_dict(),
                "optimizer": optimizer.state_dict(),
                "rng": rng.bit_generator.state,
                "torch_rng": torch.get_rng_state(),
                "spent": spent,
                "step": step,
                "best": best,
            },
        )

    folder.mkdir(parents=True, exist_ok=True)
    network.train()
    validated = saved = spent
    means: dict[str, float] = {}
    with (
        tqdm(total=int(schedule.seconds), initial=int(spent), unit="s", desc=task.name, mininterval=10) as bar,
        (folder / "log.jsonl").open("a", encoding="utf-8") as log,
    ):
        while spent < schedule.seconds:
            began = time.monotonic()
            progress = spent / schedule.seconds
            for group in optimizer.param_groups:
                group["lr"] = schedule.rate(progress)
            loss, parts = task.loss(network, rng, max(progress, schedule.progress_from))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), schedule.clip)
            optimizer.step()
            step += 1
            means = {name: means.get(name, value) * 0.98 + value * 0.02 for name, value in parts.items()}
            spent += time.monotonic() - began
            over = spent >= schedule.seconds
            bar.n = min(int(spent), bar.total)
            bar.set_postfix(step=step, **{name: f"{value:.3f}" for name, value in means.items()}, refresh=False)
            bar.update(0)
            if over or spent - validated >= schedule.validate_every:
                measures = task.validate(network)
                record = {
                    "step": step,
                    "spent": round(spent),
                    **means,
                    **{f"valid.{k}": v for k, v in measures.items()},
                }
                log.write(json.dumps(record) + "\n")
                log.flush()
                tqdm.write(json.dumps({key: round(value, 4) for key, value in record.items()}))
                if measures["score"] > best["score"] or (over and schedule.keep_last):
                    best = measures | {"step": step}
                    keep(folder / "best.pt")
                validated = spent
            if over or spent - saved >= schedule.checkpoint_every:
                keep(last)
                saved = spent
    return {"minutes": round(spent / 60, 1), "steps": step, "best": best}
