"""The command `texture-plans`: codes of bars and sections over the autoencoder, and whether a prior foresees them."""

from __future__ import annotations

import argparse
import copy
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ...arguments import target_folder
from ...card import write_json
from ...config import RESULTS, RUNS, load_config
from ...networks.vae import Vae
from ...record_rules import SPLITS
from ..bars import TextureSet
from ..command import FAMILY, NAME, load_network, read
from ..conditions import conditions_of
from ..evaluation import Library, parts_of
from ..grid import PARTS
from ..measures import f1
from ..training import codes, decoded, some
from .codebook import Codebook, perplexity, unused
from .phrases import LONGEST, SECTION, Phrases, echoes, phrases, weights
from .prior import Counted, Prior, bits, loss, tensors
from .sections import Sections, sections_of

JUDGED_EVERY = 100
"""Steps after which what is trained is judged on `valid`."""
AABA = (0, 0, 1, 0)
JUDGED = 2000
"""Bars of each part whose codes are decoded."""


def bar_codebook(
    values: np.ndarray, chance: np.ndarray, size: int, config: dict[str, Any], rng: np.random.Generator
) -> Codebook:
    """The codebook of a part, of the codes that the autoencoder gives its bars."""
    least = config["least"] * config["batch"] / size
    book = Codebook(size, values.shape[1], config["decay"], least)
    cumulative = np.cumsum(chance)
    all_values = torch.from_numpy(values)
    for _ in range(config["steps"]):
        drawn = np.searchsorted(cumulative, rng.random(config["batch"]) * cumulative[-1], side="right")
        book(all_values[np.minimum(drawn, len(values) - 1)])
    return book.eval()


def optimized(
    module: torch.nn.Module,
    batch_loss: Callable[[], Tensor],
    judge: Callable[[], float],
    steps: int,
    rate: float,
) -> None:
    """Trains a module, the rate falling along half a cosine; it ends as it was when `judge` was least."""
    optimizer = torch.optim.AdamW(module.parameters(), rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    least, best = math.inf, module.state_dict()
    for step in tqdm(range(1, steps + 1), desc=type(module).__name__, mininterval=10):
        module.train()
        optimizer.zero_grad(set_to_none=True)
        batch_loss().backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % JUDGED_EVERY == 0 or step == steps:
            module.eval()
            if (now := judge()) < least:
                least, best = now, copy.deepcopy(module.state_dict())
    module.load_state_dict(best)
    module.eval()


def judged_codes(network: Vae, books: dict[str, Codebook], bars: TextureSet, edges: dict[str, Any]) -> dict[str, Any]:
    """Of each part how its codes are used, and what comes back of bars that only their codes are known of.

    Beside it the same with the codes dealt out anew among the bars, after which nothing should come back.
    """
    found = {}
    for name, mine in parts_of(bars):
        of_part = bars.where(mine)
        book = books[name]
        code = book.nearest(torch.from_numpy(codes(network, of_part)))
        seen = some(of_part, JUDGED)
        told = conditions_of(seen, edges)
        own = book.nearest(torch.from_numpy(codes(network, seen)))
        dealt = own[torch.from_numpy(np.random.default_rng(0).permutation(len(own)))]
        back, mixed = (decoded(network, book.vectors[numbers].numpy(), told).hits for numbers in (own, dealt))
        found[name] = {
            "codes": len(book.counts),
            "perplexity": perplexity(code, len(book.counts)),
            "unused": unused(code, len(book.counts)),
            "f1": f1(back, seen.hits),
            "f1_of_dealt_codes": f1(mixed, seen.hits),
            "f1_of_nearest_prototype": f1(_prototypes(network, book, seen, edges), seen.hits),
        }
    return found


def _prototypes(network: Vae, book: Codebook, bars: TextureSet, edges: dict[str, Any]) -> np.ndarray:
    """The nearest of all bars that the codes stand for, under the conditions of the first bar of the meter."""
    found = np.zeros_like(bars.hits)
    for meter in np.unique(bars.meter):
        mine = bars.meter == meter
        like = bars.where(np.flatnonzero(mine)[:1].repeat(len(book.counts)))
        made = decoded(network, book.vectors.numpy(), conditions_of(like, edges)).hits
        found[mine] = Library(replace(like, hits=made)).nearest(bars.where(mine))
    return found


def judged_sections(made: Sections, by_split: dict[str, Phrases], split: str) -> dict[str, Any]:
    """How the codes of sections are used, and bits a bar of the bars, their section known."""
    bars, part, _ = (torch.from_numpy(values) for values in sections_of(by_split[split]))
    with torch.no_grad():
        _, nats, code = made.loss(bars, part)
    size = len(made.codebook.counts)
    bits_a_bar = float(nats) / math.log(2)
    return {
        "codes": size,
        "perplexity": perplexity(code, size),
        "unused": unused(code, size),
        "bits_a_bar": bits_a_bar,
    }


def of_part(of: Phrases, part: int) -> Phrases:
    """The phrases of one part."""
    mine = of.part == part
    return Phrases(**{name: values[mine] for name, values in vars(of).items()})


def judged_prior(prior: Prior, by_split: dict[str, Phrases], chance: np.ndarray) -> dict[str, Any]:
    """Bits a bar of the prior, told no form, and of what is counted, by part; strengths are chosen on `valid`."""
    found: dict[str, Any] = {}
    for number, name in enumerate(PARTS):
        parts = {split: of_part(of, number) for split, of in by_split.items()}
        if not all(len(of) for of in parts.values()):
            continue
        counted = Counted(parts["train"], prior.size, chance[by_split["train"].part == number])
        found[name] = {}
        for split in ("valid", "test"):
            row = {"phrases": len(parts[split]), "prior": bits(prior, parts[split])}
            for kind in ("unigram", "bigram", "copy"):
                row[kind] = counted.bits(parts[split], kind, counted.tuned(parts["valid"], kind))
            found[name][split] = row
    return found


@torch.no_grad()
def returns(prior: Prior, of: Phrases) -> dict[str, float]:
    """Whether A comes back in A A B A: the share of its bars that the likeliest codes are, after A A B of one piece.

    The musician plays A, A, B and A too. `f1` if nothing else is told, `f1_told` if the form is: that the last section
    is the first one again. Beside it how much of A there is in B.
    """
    bars, _, phrase = sections_of(of)
    found: dict[str, list[float]] = {"f1": [], "f1_told": [], "a_in_b": []}
    for number in np.unique(phrase):
        mine = bars[phrase == number]
        others = [place for place in range(1, len(mine)) if not (mine[place] == mine[0]).any()]
        if not others:
            continue
        at = np.concatenate([np.arange(SECTION) + SECTION * place for place in (0, 0, others[0], 0)])
        for name, form in (("f1", 0), ("f1_told", len(AABA) - 1)):
            batch = tensors(of, np.array([number]))
            batch |= {key: batch[key][:, at] for key in ("code", "onsets", "form")}
            batch["echo"] = torch.from_numpy(echoes(batch["onsets"][0].numpy() > 0))[None]
            batch["form"][:, -SECTION:] = form
            back = _continued(prior, batch)
            found[name].append(float((back == torch.from_numpy(mine[0])).float().mean()))
        found["a_in_b"].append(float(np.isin(mine[others[0]], mine[0]).mean()))
    return {"phrases": len(found["f1"])} | {name: float(np.mean(values)) for name, values in found.items() if values}


def _continued(prior: Prior, batch: dict[str, Tensor]) -> Tensor:
    """The likeliest codes of the last section, one after another."""
    code = batch["code"]
    for bar in range(code.shape[1] - SECTION, code.shape[1]):
        code[:, bar] = prior(batch)[:, bar].argmax(-1)
    return code[0, -SECTION:]


def study(network: Vae, bars: TextureSet, task: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Trains codes, sections and prior, and measures them."""
    rng = np.random.default_rng(config["seed"])
    torch.manual_seed(config["seed"])
    train = bars.where(bars.split == "train")
    books, code = {}, np.zeros(len(bars), np.int64)
    for name, of_this in parts_of(train):
        mine = train.where(of_this)
        _, of_piece, lengths = np.unique(mine.piece, return_inverse=True, return_counts=True)
        evened = (1 / np.sqrt(lengths))[of_piece]
        book = bar_codebook(codes(network, mine), evened, config["bars"]["codes"][name], config["bars"], rng)
        books[name] = book
        everything = bars.part == PARTS.index(name)
        code[everything] = book.nearest(torch.from_numpy(codes(network, bars.where(everything)))).numpy()
    by_split = {}
    for split in SPLITS:
        mine = bars.split == split
        by_split[split] = phrases(bars.where(mine), code[mine])
    chance = weights(by_split["train"], task | {"part_weight": config["part_weight"]})
    most = max(config["bars"]["codes"].values())
    prior = Prior(most, **config["prior"]["network"])
    drawn = by_split["train"]

    def prior_loss() -> Tensor:
        chosen = rng.choice(len(drawn), config["prior"]["batch"], p=chance)
        told = rng.random((len(chosen), LONGEST // SECTION)) < config["prior"]["form_told"]
        return loss(prior, tensors(drawn, chosen, told))

    def prior_judge() -> float:
        parts = [of_part(by_split["valid"], part) for part in range(len(PARTS))]
        return float(np.mean([bits(prior, of) for of in parts if len(of)]))

    optimized(prior, prior_loss, prior_judge, config["prior"]["steps"], config["prior"]["learning_rate"])
    sections = Sections(most, config["sections"]["codes"])
    four, of_part_of, phrase = sections_of(drawn)
    section_chance = chance[phrase] / chance[phrase].sum()

    def section_loss() -> Tensor:
        some_of = rng.choice(len(four), config["sections"]["batch"], p=section_chance)
        return sections.loss(torch.from_numpy(four[some_of]), torch.from_numpy(of_part_of[some_of]))[0]

    def section_judge() -> float:
        return judged_sections(sections, by_split, "valid")["bits_a_bar"]

    optimized(sections, section_loss, section_judge, config["sections"]["steps"], config["sections"]["learning_rate"])
    test = bars.where(bars.split == "test")
    return {
        "bars": {"train": judged_codes(network, books, some(train, 20_000), task["edges"])}
        | {"test": judged_codes(network, books, test, task["edges"])},
        "sections": {split: judged_sections(sections, by_split, split) for split in ("valid", "test")},
        "prior": judged_prior(prior, by_split, chance),
        "returns": {
            name: returns(prior, of_part(by_split["test"], number))
            for number, name in enumerate(PARTS)
            if (by_split["test"].part == number).any()
        },
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="folder of SOURCE.jsonl.gz files")
    parser.add_argument("--runs", type=target_folder, default=RUNS, metavar="DIR", help="where the autoencoder lies")


def run(args: argparse.Namespace) -> int:
    """Trains and measures; writes the results."""
    network = load_network(args.runs / FAMILY / NAME / "full" / "best.pt")
    bars, _ = read(args.corpus)
    found = study(network, bars, load_config(NAME)["task"], load_config("texture-plans"))
    write_json(RESULTS / "texture-plans.json", found)
    print(json.dumps(found, indent=1))
    return 0
