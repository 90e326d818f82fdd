"""The command `texture-ensemble`: a generator of all parts at once, and whether its parts go together better."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch

from ...arguments import network_file
from ...card import write_json
from ...config import MODELS, RESULTS, load_config
from ...record_rules import SPLITS
from ...verify import session
from ...vocabulary import STYLES
from ..command import read
from ..evaluation import mixed
from .ensembles import Ensembles, ensembles
from .makers import Shelves, dealt_parts, dealt_rows, repeated, separately
from .measures import POINTS, Known, distinct, judged, score, walked
from .networks import Critic, Generator
from .training import made_by, trained

NAME = "texture-ensemble"
FEWEST = 100
"""Bars of a style that is judged."""
CONDITIONS, TIMES = 5, 1000
"""Bars under whose conditions so many are made."""
WAYS = 200
Maker = Callable[[Ensembles, np.random.Generator], np.ndarray]


def of_style(bars: Ensembles, style: int, most: int) -> Ensembles:
    """At most so many bars of a style, evenly spread."""
    mine = np.flatnonzero(bars.style == style)
    return bars.where(mine[np.linspace(0, len(mine) - 1, min(most, len(mine))).astype(np.int64)])


def judged_styles(bars: Ensembles, most: int) -> dict[str, Ensembles]:
    """The bars of each style that there are enough of."""
    return {
        STYLES[style]: of_style(bars, style, most)
        for style in np.unique(bars.style)
        if (bars.style == style).sum() >= FEWEST
    }


def table(
    by_style: dict[str, Ensembles], makers: dict[str, Maker], known: Known, seed: int
) -> dict[str, dict[str, Any]]:
    """Of each style and maker what its bars are like; the same chance for all makers."""
    found: dict[str, dict[str, Any]] = {}
    for style, bars in by_style.items():
        rows = dealt_rows(bars, np.random.default_rng(seed))
        found[style] = {
            name: judged(bars, maker(bars, np.random.default_rng(seed)), rows, known) for name, maker in makers.items()
        }
    return found


def at_random(generator: Generator, bars: Ensembles, rng: np.random.Generator, spread: float = 1.0) -> np.ndarray:
    """What the generator makes at a new place for every bar; with less `spread`, nearer to what is usual."""
    return made_by(generator, bars, spread * rng.standard_normal((len(bars), generator.place)))


def drift(generator: Generator, bars: Ensembles, rng: np.random.Generator) -> dict[str, Any]:
    """The way from one place to another: of all its numbers, of those that parts share, and of each part's own."""
    chosen = bars.where(rng.permutation(len(bars))[:WAYS])
    first, second = (rng.standard_normal((len(chosen), generator.place)).astype(np.float32) for _ in range(2))
    along = np.linspace(0, 1, POINTS)

    def way(moves: np.ndarray) -> np.ndarray:
        places = [np.where(moves, mixed((first, second), (1 - share, share)), first) for share in along]
        return np.stack([made_by(generator, chosen, place) for place in places])

    number = np.arange(generator.place)
    return {
        "all": walked(way(number >= 0)),
        "shared": walked(way(number < generator.shared)),
        "own": walked(way(number >= generator.shared)),
    }


def novelty(makers: dict[str, Maker], bars: Ensembles, seed: int) -> dict[str, float]:
    """Different bars among a thousand under the conditions of one bar, the mean of several."""
    chosen = np.linspace(0, len(bars) - 1, CONDITIONS).astype(np.int64)
    return {
        name: float(
            np.mean(
                [
                    distinct(maker(repeated(bars, index, TIMES), np.random.default_rng(seed)))
                    for index in chosen.tolist()
                ]
            )
        )
        for name, maker in makers.items()
    }


def study(bars: Ensembles, run: onnxruntime.InferenceSession, config: dict[str, Any]) -> dict[str, Any]:
    """Trains the generator, choosing on `valid`, and measures it on all splits: `test` has few pieces of games."""
    seed = config["seed"]
    torch.manual_seed(seed)
    by_split = {split: bars.where(bars.split == split) for split in SPLITS}
    train = by_split["train"]
    generator, critic = Generator(**config["generator"]), Critic(**config["critic"])
    known, shelves = Known(train), Shelves(train)
    judges = judged_styles(by_split["valid"], config["judged"])
    people = table(judges, {"people": lambda bars, _: bars.hits}, known, seed)

    def judge(average: Generator, spread: float = 1.0) -> float:
        ours = table(judges, {"ours": lambda bars, rng: at_random(average, bars, rng, spread)}, known, seed)
        return float(np.mean([score(ours[style]["ours"], people[style]["people"]) for style in ours]))

    began = time.perf_counter()
    log = trained(generator, critic, train, judge, config["training"], np.random.default_rng(seed))
    took = round(time.perf_counter() - began)
    scores = {spread: judge(generator, spread) for spread in config["spreads"]}
    nearer = min(scores, key=scores.__getitem__)
    makers: dict[str, Maker] = {
        "people": lambda bars, _: bars.hits,
        "rows dealt": dealt_rows,
        "parts dealt": dealt_parts,
        "retrieval of parts": shelves.parts,
        "retrieval of ensembles": shelves.whole,
        "autoencoder": lambda bars, rng: separately(run, bars, rng),
        "generator": lambda bars, rng: at_random(generator, bars, rng),
        "generator, nearer": lambda bars, rng: at_random(generator, bars, rng, nearer),
    }
    found: dict[str, Any] = {
        "parameters": {
            name: sum(values.numel() for values in module.parameters())
            for name, module in (("generator", generator), ("critic", critic))
        },
        "seconds": took,
        "spreads": {str(spread): value for spread, value in scores.items()},
        "bars": {split: len(of_split) for split, of_split in by_split.items()},
        "log": log,
    }
    for split, of in by_split.items():
        styles = judged_styles(of, config["judged"])
        found[split] = table(styles, makers, known, seed)
        some_makers = {
            name: makers[name] for name in ("autoencoder", "generator", "generator, nearer", "retrieval of ensembles")
        }
        for style, mine in styles.items():
            found[split][style]["drift"] = drift(generator, mine, np.random.default_rng(seed))
            found[split][style]["distinct a condition"] = novelty(some_makers, mine, seed)
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="folder of SOURCE.jsonl.gz files")
    parser.add_argument(
        "--autoencoder",
        type=network_file,
        default=MODELS / "vae" / "texture.onnx",
        metavar="FILE.onnx",
        help="the network that makes each part on its own",
    )


def run(args: argparse.Namespace) -> int:
    """Trains and measures; writes the results."""
    config = load_config(NAME)
    bars, _ = read(args.corpus)
    mine = np.isin(bars.source, list(config["training"]["source_weight"]))
    found = study(ensembles(bars.where(mine)), session(args.autoencoder.read_bytes()), config)
    write_json(RESULTS / f"{NAME}.json", found)
    print(json.dumps(found, indent=1))
    return 0
