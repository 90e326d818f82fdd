"""The training loop, on a small recurrent network that learns a made-up melody."""

import hashlib
import json
import multiprocessing
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from continuo_training import training
from continuo_training.training import Schedule, schedule_from, train

PITCHES = 12
SCHEDULE = Schedule(
    steps=24,
    learning_rate=1e-2,
    final_learning_rate=1e-4,
    warm_up=0.1,
    weight_decay=0.01,
    clip=1.0,
    validate_every=10,
    checkpoint_every=4,
    ema=0.9,
)


@pytest.fixture(autouse=True)
def on_the_processor(monkeypatch):
    """What is shown here must not depend on whether the machine has a GPU, nor on how many cores."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@dataclass(frozen=True)
class Shape:
    hidden: int = 16

    def as_dict(self):
        return {"hidden": self.hidden}


class Network(nn.Module):
    def __init__(self, shape: Shape = Shape(), seed: int = 0):
        super().__init__()
        torch.manual_seed(seed)
        self.shape = shape
        self.embedding = nn.Embedding(PITCHES, shape.hidden)
        self.gru = nn.GRU(shape.hidden, shape.hidden)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(shape.hidden, PITCHES)

    def logits(self, notes):
        return self.head(self.dropout(self.gru(self.embedding(notes))[0]))


@dataclass
class Fifths:
    """The next note is a fifth above or a tone below, in turn. `valid` is full of wrong notes if `noisy`."""

    name: str = "fifths"
    noisy: bool = False

    def notes(self, rng: np.random.Generator, split: str) -> torch.Tensor:
        moves = np.where(np.arange(12)[:, None] % 2, -2, 7)
        notes = np.cumsum(np.vstack([rng.integers(PITCHES, size=(1, 8)), np.tile(moves, (1, 8))]), axis=0) % PITCHES
        if self.noisy and split == "valid":
            notes = rng.integers(PITCHES, size=notes.shape)
        return torch.from_numpy(notes)

    def loss(self, network, rng, progress, split="train"):
        notes = self.notes(rng, split).to(next(network.parameters()).device)
        loss = F.cross_entropy(network.logits(notes[:-1]).flatten(0, 1), notes[1:].flatten())
        return loss, {"nats": loss.item()}

    def validate(self, network):
        notes = self.notes(np.random.default_rng(99), "valid")
        return {"score": float((network.logits(notes[:-1]).argmax(-1) == notes[1:]).float().mean())}


class Worsening(Fifths):
    """Judged worse each time."""

    judged = 0

    def validate(self, network):
        self.judged += 1
        return {"score": -float(self.judged)}


class KilledError(Exception):
    pass


class Dying(Fifths):
    """Ends in the middle of its `last`th step, or of its `last_validation`th validation."""

    def __init__(self, last: int = 10**9, last_validation: int = 10**9):
        super().__init__()
        self.left, self.validations_left = last, last_validation

    def loss(self, network, rng, progress, split="train"):
        if split == "train" and network.training:
            self.left -= 1
            if self.left < 0:
                raise KilledError
        return super().loss(network, rng, progress, split)

    def validate(self, network):
        self.validations_left -= 1
        if self.validations_left < 0:
            raise KilledError
        return super().validate(network)


@dataclass
class Slow(Fifths):
    """Leaves time for a kill."""

    def loss(self, network, rng, progress, split="train"):
        time.sleep(0.02)
        return super().loss(network, rng, progress, split)


@dataclass
class Witness(Fifths):
    """Each process notes what it draws and which weights it has at every step."""

    folder: Path = Path()

    def loss(self, network, rng, progress, split="train"):
        if network.training:
            rank = torch.distributed.get_rank()
            drawn = self.notes(np.random.default_rng(rng.bit_generator.seed_seq), split)
            noise = torch.Generator().set_state(torch.get_rng_state())
            seen = [digest([drawn]), digest(network.parameters()), float(torch.rand(1, generator=noise))]
            with (self.folder / f"rank{rank}.jsonl").open("a") as file:
                file.write(json.dumps([*seen, os.getpid()]) + "\n")
        return super().loss(network, rng, progress, split)


class Hearing(Fifths):
    """Lets the network play before it learns, as the tasks do that train on a history of the network's own."""

    def loss(self, network, rng, progress, split="train"):
        with torch.no_grad():
            network.logits(self.notes(rng, split))
        return super().loss(network, rng, progress, split)


def digest(tensors) -> str:
    return hashlib.sha256(b"".join(tensor.detach().numpy().tobytes() for tensor in tensors)).hexdigest()


def checkpoint(folder: Path, name: str = "last.pt"):
    return torch.load(folder / name, weights_only=True)


def weights(folder: Path, name: str = "last.pt"):
    state = checkpoint(folder, name)
    out = [*state["network"].values(), *state.get("averaged", {}).values()]
    for moments in state["optimizer"]["state"].values():
        out += moments.values()
    return digest(out)


def records(folder: Path):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def without_time(folder: Path):
    return [{name: value for name, value in record.items() if name != "seconds"} for record in records(folder)]


def assert_same(one: Path, other: Path):
    for name in ("last.pt", "best.pt"):
        assert weights(one, name) == weights(other, name)
    assert without_time(one) == without_time(other)


def test_a_network_learns_and_the_best_is_kept(tmp_path):
    done = train(Fifths(), Network(), replace(SCHEDULE, steps=200, validate_every=50), tmp_path, 1)
    assert done["steps"] == 200
    assert done["best"]["score"] > 0.9
    best = checkpoint(tmp_path, "best.pt")
    assert set(best) >= {"shape", "network", "optimizer", "step", "best", "seed"}
    network = Network(Shape(**best["shape"]), seed=5).eval()
    network.load_state_dict(best["network"])
    assert Fifths().validate(network)["score"] == done["best"]["score"]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path):
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        train(Fifths(), Network(), SCHEDULE, tmp_path / name, seed)
    assert_same(tmp_path / "one", tmp_path / "again")
    assert weights(tmp_path / "one") != weights(tmp_path / "other")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a training that was never killed."""
    folder = tmp_path_factory.mktemp("whole")
    train(Fifths(), Network(), SCHEDULE, folder, 1)
    return folder


@pytest.mark.parametrize(
    "deaths",
    [[{"last": 2}], [{"last": 11}, {"last": 7}], [{"last_validation": 0}], [{"last_validation": 2}]],
    ids=["before the first checkpoint", "twice", "in the first validation", "in the last validation"],
)
def test_a_killed_training_goes_on_as_if_nothing_had_been(tmp_path, deaths, whole):
    for death in deaths:
        with pytest.raises(KilledError):
            train(Dying(**death), Network(), SCHEDULE, tmp_path / "killed", 1)
    done = train(Fifths(), Network(), SCHEDULE, tmp_path / "killed", 1)
    assert done["steps"] == SCHEDULE.steps
    assert_same(whole, tmp_path / "killed")


def test_a_killed_training_goes_on_without_an_average_as_well(tmp_path):
    schedule = replace(SCHEDULE, ema=0.0)
    train(Fifths(), Network(), schedule, tmp_path / "whole", 1)
    with pytest.raises(KilledError):
        train(Dying(last=11), Network(), schedule, tmp_path / "killed", 1)
    train(Fifths(), Network(), schedule, tmp_path / "killed", 1)
    assert_same(tmp_path / "whole", tmp_path / "killed")


@pytest.mark.parametrize("written", ["log.jsonl", "best.pt", "curves.png", "last.pt"])
def test_a_kill_while_a_file_is_written_leaves_the_old_one(tmp_path, monkeypatch, whole, written):
    files: list[str] = []
    replace_file = Path.replace

    def die(self, target):
        files.append(Path(target).name)
        if files[-1] == written and files.count(written) == 2:
            raise KilledError
        return replace_file(self, target)

    monkeypatch.setattr(Path, "replace", die)
    with pytest.raises(KilledError):
        train(Fifths(), Network(), SCHEDULE, tmp_path / "killed", 1)
    monkeypatch.undo()
    assert (tmp_path / "killed" / written).stat().st_size > 0
    train(Fifths(), Network(), SCHEDULE, tmp_path / "killed", 1)
    assert_same(whole, tmp_path / "killed")


def test_a_process_that_is_killed_at_any_moment_loses_only_what_came_after_its_checkpoint(tmp_path):
    schedule = replace(SCHEDULE, steps=100, validate_every=50)
    process = multiprocessing.get_context("spawn").Process(
        target=train, args=(Slow(), Network(), schedule, tmp_path / "killed", 1)
    )
    process.start()
    while process.is_alive() and not (tmp_path / "killed" / "last.pt").is_file():
        time.sleep(0.01)
    time.sleep(float(np.random.default_rng().uniform(0, 0.3)))
    process.kill()
    process.join()
    reached = checkpoint(tmp_path / "killed")["step"]
    assert 0 < reached < schedule.steps
    train(Fifths(), Network(), schedule, tmp_path / "killed", 1)
    train(Fifths(), Network(), schedule, tmp_path / "whole", 1)
    assert_same(tmp_path / "whole", tmp_path / "killed")


def test_a_finished_training_is_left_alone_and_fresh_begins_anew(tmp_path):
    train(Fifths(), Network(), SCHEDULE, tmp_path, 1)
    before = weights(tmp_path)
    again = train(Dying(last=0), Network(), SCHEDULE, tmp_path, 1)
    assert again["steps"] == SCHEDULE.steps
    assert weights(tmp_path) == before
    with pytest.raises(KilledError):
        train(Dying(last=0), Network(), SCHEDULE, tmp_path, 1, fresh=True)
    assert not list(tmp_path.iterdir())


def test_a_run_of_another_seed_or_shape_is_refused(tmp_path):
    train(Fifths(), Network(), SCHEDULE, tmp_path, 1)
    with pytest.raises(ValueError, match="--fresh"):
        train(Fifths(), Network(), SCHEDULE, tmp_path, 2)
    with pytest.raises(ValueError, match="--fresh"):
        train(Fifths(), Network(Shape(8)), SCHEDULE, tmp_path, 1)


def test_training_stops_when_the_score_no_longer_rises_and_stays_stopped(tmp_path):
    schedule = replace(SCHEDULE, steps=40, validate_every=5, patience=3, keep_last=True)
    done = train(Worsening(), Network(), schedule, tmp_path, 1)
    assert done["steps"] == 20
    assert done["best"] == {"score": -1.0, "step": 5}
    assert checkpoint(tmp_path, "best.pt")["step"] == 5
    assert train(Worsening(), Network(), schedule, tmp_path, 1)["steps"] == 20
    assert train(Worsening(), Network(), replace(schedule, patience=0), tmp_path, 1)["steps"] == 40
    assert checkpoint(tmp_path, "best.pt")["step"] == 40


def test_the_gap_between_training_and_validation_is_logged_and_warned_of_once_when_it_grows(tmp_path, capsys):
    schedule = replace(SCHEDULE, steps=200, validate_every=40, largest_gap=0.5)
    train(Fifths(noisy=True), Network(), schedule, tmp_path, 1)
    log = records(tmp_path)
    assert all(record["gap"] == record["valid_loss"] - record["train_loss"] for record in log)
    beyond = [record["gap"] > 0.5 for record in log]
    assert beyond[-1]
    assert ["warning" in record for record in log] == [
        now and not before for now, before in zip(beyond, [False, *beyond], strict=False)
    ]
    assert "overfitting" in capsys.readouterr().out


def test_every_validation_is_logged_and_drawn(tmp_path):
    train(Fifths(), Network(), SCHEDULE, tmp_path, 1)
    log = records(tmp_path)
    assert [record["step"] for record in log] == [10, 20, 24]
    assert {"seconds", "learning_rate", "train_loss", "valid_loss", "batch.nats", "valid.score"} <= set(log[0])
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.glob("*.part"))


def test_the_rate_rises_and_falls_with_the_steps():
    rates = [SCHEDULE.rate(step / 100) for step in range(101)]
    assert max(rates) == rates[10] == SCHEDULE.learning_rate
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(SCHEDULE.final_learning_rate)


def test_tuning_changes_what_its_table_names_and_the_command_line_has_the_last_word():
    training = {"steps": 100, "learning_rate": 1e-2, "final_learning_rate": 1e-4, "warm_up": 0.1, "weight_decay": 0.01}
    training |= {"clip": 1.0, "validate_every": 10, "checkpoint_every": 5, "ema": 0.99}
    config = {"training": training, "fine_tuning": {"steps": 30, "learning_rate": 1e-3}}
    full = schedule_from(config, None, tuning=False)
    assert (full.steps, full.learning_rate, full.progress_from, full.ema) == (100, 1e-2, 0.0, 0.99)
    tuned = schedule_from(config, None, tuning=True)
    assert (tuned.steps, tuned.learning_rate, tuned.progress_from, tuned.clip) == (30, 1e-3, 1.0, 1.0)
    assert schedule_from(config, 7, tuning=True).steps == 7


def test_training_reckons_in_full_precision_also_when_the_network_played_before(tmp_path):
    schedule = replace(SCHEDULE, ema=0.0, weight_decay=0.0)
    assert training._fabric(1).strategy.precision.precision == "32-true"
    train(Hearing(), Network(), schedule, tmp_path, 1)
    before = Network().state_dict()
    for name, value in checkpoint(tmp_path)["network"].items():
        assert value.dtype == torch.float32
        assert not torch.equal(value, before[name]), name
    assert records(tmp_path)[-1]["train_loss"] < 2.4


def test_two_processes_draw_batches_of_their_own_and_take_the_steps_of_their_mean_gradient(tmp_path):
    schedule = replace(SCHEDULE, steps=12, ema=0.0)
    network = Network()
    network.dropout.p = 0.0
    done = train(Witness(folder=tmp_path), network, schedule, tmp_path / "two", 1, devices=2)
    assert done["steps"] == 12
    first, second = (
        [json.loads(line) for line in (tmp_path / f"rank{rank}.jsonl").read_text().splitlines()] for rank in (0, 1)
    )
    assert len(first) == len(second) == 12
    for (batch, held, noise, process), (other_batch, other_held, other_noise, other_process) in zip(
        first, second, strict=True
    ):
        assert held == other_held
        assert batch != other_batch
        assert noise != other_noise
        assert process != other_process != os.getpid()
    assert len({held for _, held, _, _ in first}) == 12
    assert [record["step"] for record in records(tmp_path / "two")] == [10, 12]

    # The same by plain arithmetic, in this process: it still has the network as it was.
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=schedule.weight_decay)
    for step in range(12):
        optimizer.param_groups[0]["lr"] = schedule.rate(step / 12)
        losses = [Fifths().loss(network, np.random.default_rng([1, step, rank]), 0.0)[0] for rank in (0, 1)]
        optimizer.zero_grad()
        (sum(losses) / 2).backward()
        nn.utils.clip_grad_norm_(network.parameters(), schedule.clip)
        optimizer.step()
    for name, value in checkpoint(tmp_path / "two")["network"].items():
        torch.testing.assert_close(value, network.state_dict()[name], atol=1e-4, rtol=1e-3)
