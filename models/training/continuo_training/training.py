"""The training loop of every network: a budget in steps, one or several processes, and going on after a kill.

All chance is a function of the seed, the step and the process, so that a run that was killed and went on ends with the
same weights, bit for bit, as one that was not (with the same number of processes on the same machine).
"""

from __future__ import annotations

import copy
import json
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import TorchElasticEnvironment
from torch import Tensor, nn
from tqdm import tqdm

from . import curves
from .errors import UsageError

Split = Literal["train", "valid"]


class Task(Protocol):
    """What a network learns: its batches, its loss and how it is judged on `valid`."""

    name: str

    def loss(
        self, network: nn.Module, rng: np.random.Generator, progress: float, split: Split = "train"
    ) -> tuple[Tensor, dict[str, float]]:
        """Loss of one batch of `split` drawn with `rng`, and its parts; `progress` from 0 to 1.

        The task moves what it makes to the device of `network`.
        """
        ...

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Measures on `valid`; `score` is the one to be kept high."""
        ...


@dataclass(frozen=True)
class Schedule:
    """How long, how fast and how closely watched: the table `[training]` of a configuration."""

    steps: int
    """Budget. With several processes, each of them takes so many steps, on batches of its own."""
    learning_rate: float
    final_learning_rate: float
    warm_up: float
    """Share of the steps over which the learning rate rises; after that it falls along half a cosine."""
    weight_decay: float
    clip: float
    """Largest norm of the gradient."""
    validate_every: int
    """Steps between validations; the last step is always followed by one."""
    checkpoint_every: int
    """Steps between checkpoints: what a kill costs at most."""
    patience: int = 0
    """Validations in a row without a better score after which the training stops; 0: it never stops early."""
    ema: float = 0.0
    """Decay per step of the moving average of the weights, which is what is judged and kept; 0: no average."""
    loss_batches: int = 4
    """Batches of `train` and of `valid`, always the same ones, on which each validation compares the losses."""
    largest_gap: float = math.inf
    """Loss on `valid` less the loss on `train` beyond which the training warns."""
    keep_last: bool = False
    """Whether the state at the end of the budget becomes `best.pt` whatever its score: for scores that are noisy."""
    progress_from: float = 0.0
    """The least progress that the task is told of: 1 when a trained network is tuned further."""

    def rate(self, progress: float) -> float:
        """Learning rate at `progress` from 0 to 1."""
        if progress < self.warm_up:
            return self.learning_rate * max(progress / self.warm_up, 0.02)
        along = (progress - self.warm_up) / (1 - self.warm_up)
        swing = 0.5 * (1 + math.cos(math.pi * min(along, 1)))
        return self.final_learning_rate + (self.learning_rate - self.final_learning_rate) * swing


def schedule_from(config: dict[str, Any], steps: int | None, tuning: bool) -> Schedule:
    """The schedule of a configuration; `steps` instead of its own budget; `tuning` for the time after pruning."""
    table = dict(config["training"])
    if tuning:
        table |= config["fine_tuning"] | {"progress_from": 1.0}
    if steps is not None:
        table["steps"] = steps
    return Schedule(**table)


def quiet_threads() -> None:
    """One thread per process: on a shared machine more are slower."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    torch.set_num_threads(1)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write what is to replace `path`, so that a kill leaves the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    yield part
    part.replace(path)


def save(path: Path, value: dict[str, Any]) -> None:
    """Writes a checkpoint, whole or not at all."""
    with replacing(path) as part:
        torch.save(value, part)


def train(
    task: Task,
    network: nn.Module,
    schedule: Schedule,
    folder: Path,
    seed: int,
    *,
    fresh: bool = False,
    devices: int = 1,
) -> dict[str, Any]:
    """Trains a copy of `network` until the budget is spent or the score stops rising; goes on from `folder/last.pt`.

    `network.shape.as_dict()` describes it in checkpoints. Leaves in `folder`: `last.pt` (all that going on needs),
    `best.pt` (what scored best on `valid`), `log.jsonl` (a line per validation) and `curves.png` (the same, drawn).
    `fresh` removes those first. Returns the minutes (of all sessions), the steps and the best measures.

    `devices` is the number of processes, each with a GPU of its own where there is one; their gradients are averaged.
    They are started here and `task` is copied to them by pickle. Under torchrun, which says how many processes there
    are on how many machines, all of them call this function and get the same answer, but only the first one writes.

    Raises `UsageError` if `folder` holds a run of another shape or seed, `RuntimeError` if a gradient is not finite.
    """
    work = partial(_work, task=task, network=network, schedule=schedule, folder=folder, seed=seed, fresh=fresh)
    return _fabric(devices).launch(work)


def _fabric(devices: int) -> Fabric:
    """The processes: those of torchrun, or `devices` of our own."""
    # cuBLAS adds up in the same order every time only if this is set before it starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # In full precision on a GPU too: these networks gain no time by less, and a recurrent one loses its gradients.
    kind = {"accelerator": "cuda" if torch.cuda.is_available() else "cpu", "precision": "32-true"}
    if TorchElasticEnvironment.detect():
        processes, machines = int(os.environ["LOCAL_WORLD_SIZE"]), int(os.environ["GROUP_WORLD_SIZE"])
        return Fabric(strategy="ddp", devices=processes, num_nodes=machines, **kind)
    # Spawned rather than forked: a fork of a process that has used the GPU cannot use it.
    return Fabric(strategy="ddp_spawn" if devices > 1 else "auto", devices=devices, **kind)


def _work(
    fabric: Fabric, task: Task, network: nn.Module, schedule: Schedule, folder: Path, seed: int, fresh: bool
) -> dict[str, Any]:
    """What each process does."""
    if fabric.world_size > 1:
        quiet_threads()
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    # The copy matters: a network that was handed to a process shares its memory with the other ones.
    run = _Run(fabric, task, copy.deepcopy(network).to(fabric.device), schedule, folder, seed)
    run.restore(fresh)
    return run.finish()


@dataclass
class _Position:
    """How far a training has come: what a checkpoint holds besides weights."""

    step: int = 0
    """Steps taken."""
    spent: float = 0.0
    """Seconds, of all sessions."""
    stale: int = 0
    """Validations since the best one."""
    best: dict[str, float] = field(default_factory=lambda: {"score": -math.inf})
    """Measures of the best validation, and its `step`."""
    means: dict[str, float] = field(default_factory=dict)
    """Running means of the losses of the batches."""


class _Run:
    """One process of a training."""

    def __init__(
        self, fabric: Fabric, task: Task, network: nn.Module, schedule: Schedule, folder: Path, seed: int
    ) -> None:
        self.fabric, self.task, self.network, self.schedule = fabric, task, network, schedule
        self.folder, self.seed = folder, seed
        self.optimizer = torch.optim.AdamW(
            network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        self.averaged = copy.deepcopy(network) if schedule.ema else network
        """What is judged and kept."""
        self.at = _Position()
        self.log: list[dict[str, Any]] = []
        """What `log.jsonl` holds; in the first process only."""
        self.began = time.monotonic()

    def restore(self, fresh: bool) -> None:
        """Goes to the last checkpoint of the first process, which may be the only one that sees the folder."""
        state = None
        if self.fabric.is_global_zero:
            state = self._state_on_disk(fresh)
        state = self.fabric.broadcast(state)
        self.network.load_state_dict(state["network"])
        if self.schedule.ema:
            self.averaged.load_state_dict(state.get("averaged", state["network"]))
        if "optimizer" in state:
            self.optimizer.load_state_dict(state["optimizer"])
            self.at = _Position(**{name: state[name] for name in asdict(self.at)})
        self.began = time.monotonic() - self.at.spent

    def _state_on_disk(self, fresh: bool) -> dict[str, Any]:
        """The last checkpoint, or the weights as they are; reads the log up to there."""
        log = self.folder / "log.jsonl"
        if fresh:
            for name in ("last.pt", "best.pt", "log.jsonl", "curves.png"):
                (self.folder / name).unlink(missing_ok=True)
        if not (self.folder / "last.pt").is_file():
            return {"network": {name: value.cpu() for name, value in self.network.state_dict().items()}}
        state = torch.load(self.folder / "last.pt", map_location="cpu", weights_only=True)
        if (state["shape"], state["seed"]) != (self.network.shape.as_dict(), self.seed):
            raise UsageError(f"{self.folder} holds a training of another shape or seed: begin anew with --fresh")
        if log.is_file():
            # A kill between the log and the checkpoint leaves a line that will be written again.
            self.log = [record for record in curves.read(log) if record["step"] <= state["step"]]
        return state

    def finish(self) -> dict[str, Any]:
        """Trains to the end; minutes, steps and best measures."""
        schedule, at = self.schedule, self.at
        self.network.train()
        with tqdm(
            total=schedule.steps,
            initial=min(at.step, schedule.steps),
            desc=self.task.name,
            mininterval=10,
            disable=not self.fabric.is_global_zero,
        ) as bar:
            while at.step < schedule.steps and not self._stopped():
                self._learn()
                bar.set_postfix({name: f"{value:.3f}" for name, value in at.means.items()}, refresh=False)
                bar.update()
                over = at.step == schedule.steps
                if over or at.step % schedule.validate_every == 0:
                    self._judge()
                elif at.step % schedule.checkpoint_every == 0:
                    self._keep_last()
        if at.step < schedule.steps:
            self._say(f"stopped at step {at.step}: no better score in {at.stale} validations")
        return {"minutes": round(at.spent / 60, 1), "steps": at.step, "best": at.best}

    def _stopped(self) -> bool:
        return 0 < self.schedule.patience <= self.at.stale

    def _learn(self) -> None:
        """One step."""
        schedule, at = self.schedule, self.at
        progress = at.step / schedule.steps
        for group in self.optimizer.param_groups:
            group["lr"] = schedule.rate(progress)
        rng = _chance(self.seed, at.step, self.fabric.global_rank)
        loss, parts = self.task.loss(self.network, rng, max(progress, schedule.progress_from))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.fabric.world_size > 1:
            self._average_gradients()
        nn.utils.clip_grad_norm_(self.network.parameters(), schedule.clip, error_if_nonfinite=True)
        self.optimizer.step()
        if schedule.ema:
            self._average_weights()
        at.step += 1
        parts = {"loss": loss.item()} | parts
        at.means = {name: at.means.get(name, value) * 0.98 + value * 0.02 for name, value in parts.items()}
        at.spent = time.monotonic() - self.began

    def _average_gradients(self) -> None:
        """Puts the mean over the processes in the place of each gradient."""
        # By hand: `DistributedDataParallel` listens to `forward` only, and tasks call more of a network than that.
        for parameter in self.network.parameters():
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in self.network.parameters()]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        flat = self.fabric.all_reduce(flat, reduce_op="mean")
        for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    @torch.no_grad()
    def _average_weights(self) -> None:
        # At the beginning the average follows closely, or it would remember the random weights for 1 / (1 - ema) steps.
        share = 1 - min(self.schedule.ema, (1 + self.at.step) / (10 + self.at.step))
        for mine, theirs in zip(self.averaged.parameters(), self.network.parameters(), strict=True):
            mine.lerp_(theirs, share)
        for mine, theirs in zip(self.averaged.buffers(), self.network.buffers(), strict=True):
            mine.copy_(theirs)

    def _judge(self) -> None:
        """Measures, and keeps what is better than before. The first process measures for all."""
        schedule, at = self.schedule, self.at
        measures = self.fabric.broadcast(self._measure() if self.fabric.is_global_zero else None)
        better = measures["score"] > at.best["score"] or (schedule.keep_last and at.step == schedule.steps)
        at.stale = 0 if better else at.stale + 1
        if better:
            at.best = measures | {"step": at.step}
        if self.fabric.is_global_zero and better:
            save(self.folder / "best.pt", self._state(self.averaged))
        # Last, so that a kill before it repeats this validation.
        self._keep_last()

    @torch.no_grad()
    def _measure(self) -> dict[str, float]:
        """Judges the network, and writes the log and its picture."""
        self.averaged.eval()
        losses = {split: self._loss_on(split) for split in ("train", "valid")}
        measures = {name: float(value) for name, value in self.task.validate(self.averaged).items()}
        self.network.train()
        at = self.at
        gap = losses["valid"] - losses["train"]
        record = {
            "step": at.step,
            "seconds": round(at.spent),
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "train_loss": losses["train"],
            "valid_loss": losses["valid"],
            "gap": gap,
            **{f"batch.{name}": value for name, value in at.means.items()},
            **{f"valid.{name}": value for name, value in measures.items()},
        }
        self._say(json.dumps({name: round(value, 6) for name, value in record.items()}))
        limit = self.schedule.largest_gap
        if gap > limit >= (self.log[-1]["gap"] if self.log else -math.inf):
            record["warning"] = f"the loss on valid is {gap:.3f} above that on train, more than {limit}: overfitting"
            self._say(f"step {at.step}: {record['warning']}")
        self.log.append(record)
        with replacing(self.folder / "log.jsonl") as part:
            part.write_text("".join(json.dumps(record) + "\n" for record in self.log), encoding="utf-8")
        with replacing(self.folder / "curves.png") as part:
            curves.draw(self.folder / "log.jsonl", part)
        return measures

    def _loss_on(self, split: Split) -> float:
        """Mean loss on the same batches every time, as the task has it at the end of the training."""
        batches = range(self.schedule.loss_batches)
        losses = (self.task.loss(self.averaged, _chance(self.seed, batch, 0, 2), 1.0, split) for batch in batches)
        return float(np.mean([loss.item() for loss, _ in losses]))

    def _keep_last(self) -> None:
        if self.fabric.is_global_zero:
            averaged = {"averaged": self.averaged.state_dict()} if self.schedule.ema else {}
            save(self.folder / "last.pt", self._state(self.network) | averaged)

    def _state(self, network: nn.Module) -> dict[str, Any]:
        return {
            "shape": network.shape.as_dict(),
            "network": network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "seed": self.seed,
            **asdict(self.at),
        }

    def _say(self, text: str) -> None:
        if self.fabric.is_global_zero:
            tqdm.write(text)


def _chance(*key: int) -> np.random.Generator:
    """The generator of one batch; seeds torch's own, which dropout draws from, apart from it."""
    sequence = np.random.SeedSequence(key)
    torch.manual_seed(int(sequence.spawn(1)[0].generate_state(1, np.uint64)[0]))
    return np.random.default_rng(sequence)
