"""How the generator and its critic learn from each other: Wasserstein distance, the critic's gradient held at 1."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ..conditions import without
from .ensembles import Ensembles, chances, conditions_of, inside, told
from .networks import Critic, Generator

BETAS = (0.5, 0.9)


class Drawing:
    """Draws bars of people, and as much as is told of them."""

    def __init__(self, bars: Ensembles, config: dict[str, Any]) -> None:
        self.bars, self.config = bars, config
        self.cumulative = np.cumsum(chances(bars, config))

    def draw(self, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Hits, conditions and allowed cells of a batch; now and then one part of three is left out."""
        count = self.config["batch"]
        index = np.searchsorted(self.cumulative, rng.random(count) * self.cumulative[-1], side="right")
        bars = self.bars.where(np.minimum(index, len(self.bars) - 1))
        present = bars.present.copy()
        thinned = np.flatnonzero(present.all(1) & (rng.random(count) < self.config["left_free"]["part"]))
        present[thinned, rng.integers(0, present.shape[1], len(thinned))] = False
        conditions = told(without(conditions_of(bars), rng, self.config["left_free"]), present)
        allowed = torch.from_numpy((inside(bars) & present[:, :, None, None]).astype(np.float32))
        return torch.from_numpy(bars.hits.astype(np.float32)) * allowed, torch.from_numpy(conditions), allowed


def penalty(critic: Critic, real: Tensor, made: Tensor, conditions: Tensor) -> Tensor:
    """How far the critic's gradient is from 1 between real and made bars (Gulrajani et al. 2017)."""
    share = torch.rand(len(real), 1, 1, 1)
    between = (share * real + (1 - share) * made).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between, conditions).sum(), between, create_graph=True)
    return (gradient.flatten(1).square().sum(1).add(1e-12).sqrt() - 1).square().mean()


def slope_at(done: float, config: dict[str, Any]) -> float:
    """The slope of the binary neurons when a share of the steps is done."""
    first, last = config["slope"]
    return first + (last - first) * done


def trained(
    generator: Generator,
    critic: Critic,
    bars: Ensembles,
    judge: Callable[[Generator], float],
    config: dict[str, Any],
    rng: np.random.Generator,
) -> list[dict[str, float]]:
    """Trains both; the generator ends as the average of its weights was when `judge` was least. What happened."""
    drawing = Drawing(bars, config)
    steps, rate = config["steps"], config["learning_rate"]
    optimizers = [torch.optim.Adam(module.parameters(), rate, betas=BETAS) for module in (generator, critic)]
    of_generator, of_critic = optimizers
    falling = [torch.optim.lr_scheduler.LinearLR(of, 1.0, config["final"], steps) for of in optimizers]
    average = copy.deepcopy(generator)
    least, best, log = math.inf, generator.state_dict(), []
    distance = torch.zeros(())
    progress = tqdm(range(1, steps + 1), desc="ensemble", mininterval=10)
    for step in progress:
        slope = slope_at(step / steps, config)
        for _ in range(config["critic_steps"]):
            real, conditions, allowed = drawing.draw(rng)
            with torch.no_grad():
                made = generator(torch.randn(len(real), generator.place), conditions, allowed, slope)
            distance = critic(real, conditions).mean() - critic(made, conditions).mean()
            loss = config["penalty"] * penalty(critic, real, made, conditions) - distance
            of_critic.zero_grad(set_to_none=True)
            loss.backward()
            of_critic.step()
        _, conditions, allowed = drawing.draw(rng)
        made = generator(torch.randn(len(conditions), generator.place), conditions, allowed, slope)
        of_generator.zero_grad(set_to_none=True)
        (-critic(made, conditions).mean()).backward()
        of_generator.step()
        for schedule in falling:
            schedule.step()
        with torch.no_grad():
            for kept, now in zip(average.parameters(), generator.parameters(), strict=True):
                kept.lerp_(now, 1 - min(config["ema"], step / (step + 10)))
        if step % config["judged_every"] == 0 or step == steps:
            score = judge(average)
            log.append({"step": step, "distance": distance.item(), "score": score})
            progress.set_postfix(score=f"{score:.3f}", refresh=False)
            if score < least:
                least, best = score, copy.deepcopy(average.state_dict())
    generator.load_state_dict(best)
    generator.eval()
    return log


@torch.no_grad()
def made_by(generator: Generator, bars: Ensembles, place: np.ndarray) -> np.ndarray:
    """The bars that the generator makes at `place` `[bars, place]` under the conditions of `bars`."""
    allowed = torch.from_numpy(inside(bars).astype(np.float32))
    conditions = torch.from_numpy(told(conditions_of(bars), bars.present))
    # The slope moves gradients alone.
    return generator(torch.from_numpy(place.astype(np.float32)), conditions, allowed, 1.0).numpy() > 0.5
