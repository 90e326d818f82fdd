"""Runs of bars of one part, as codes: what a plan is learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...sampling_weights import piece_weights
from ..bars import TextureSet
from ..grid import METERS, PARTS
from ..measures import f1

SECTION = 4
"""Bars."""
LONGEST = 32
"""Bars of a phrase that is looked at at once."""
SHORTEST = 8
ECHOES = (1, 2, 4, 8, 12, 16)
"""So many bars back the musician's bar may have been played before."""
FORMS = (1, 2, 3, 4)
"""So many sections back a section may have been played before."""
SAME = 3
"""So many bars of two sections have the same codes, at their places, if one is the other again."""
ECHO = 0.9
"""F1 of the onsets of two bars of the musician from which on one is an echo of the other."""


@dataclass(frozen=True)
class Phrases:
    """Phrases of `LONGEST` bars, `[phrases, bars]` each; where a phrase is shorter, `valid` is false."""

    code: np.ndarray
    valid: np.ndarray
    echo: np.ndarray
    """How far back the musician's last bar was played before: a number in `ECHOES` from 1 on, 0 for not at all."""
    form: np.ndarray
    """How far back the section was played before: a number in `FORMS` from 1 on, 0 for not at all."""
    onsets: np.ndarray
    """Of the musician in the bar before, `[phrases, bars, slots]`."""
    part: np.ndarray
    """`[phrases]`, as the following."""
    meter: np.ndarray
    style: np.ndarray
    source: np.ndarray

    def __len__(self) -> int:
        return len(self.part)


def runs(bars: TextureSet) -> list[np.ndarray]:
    """The numbers of bars that follow each other, at least `SHORTEST` of them, cut after `LONGEST`."""
    begins = np.flatnonzero(bars.before() < 0)
    found = []
    for run in np.split(np.arange(len(bars)), begins[1:]):
        found += [run[at : at + LONGEST] for at in range(0, len(run), LONGEST)]
    return [run for run in found if len(run) >= SHORTEST]


def echoes(onsets: np.ndarray) -> np.ndarray:
    """Of each bar's onsets `[bars, slots]` how far back they were heard before, the nearest first; 0: not at all."""
    found = np.zeros(len(onsets), np.int64)
    for bar in range(len(onsets)):
        for number, back in enumerate(ECHOES, 1):
            if back <= bar and onsets[bar].any() and f1(onsets[bar], onsets[bar - back]) >= ECHO:
                found[bar] = number
                break
    return found


def forms(code: np.ndarray) -> np.ndarray:
    """Of each bar how many sections back its section was played before, the nearest first; 0: not at all."""
    found = np.zeros(len(code), np.int64)
    sections = code[: len(code) // SECTION * SECTION].reshape(-1, SECTION)
    for section in range(len(sections)):
        for number, back in enumerate(FORMS, 1):
            if back <= section and (sections[section] == sections[section - back]).sum() >= SAME:
                found[section * SECTION : (section + 1) * SECTION] = number
                break
    return found


def phrases(bars: TextureSet, code: np.ndarray) -> Phrases:
    """The phrases of bars that have the codes `code`."""
    found = runs(bars)
    shape = len(found), LONGEST
    made = {name: np.zeros(shape, np.int64) for name in ("code", "echo", "form")}
    made["valid"] = np.zeros(shape, bool)
    onsets = np.zeros((*shape, bars.onsets.shape[1]), bool)
    for row, run in enumerate(found):
        length = len(run)
        made["code"][row, :length] = code[run]
        made["valid"][row, :length] = True
        made["echo"][row, :length] = echoes(bars.onsets[run])
        made["form"][row, :length] = forms(code[run])
        onsets[row, :length] = bars.onsets[run]
    first = np.array([run[0] for run in found], np.int64)
    whole = {name: getattr(bars, name)[first] for name in ("part", "meter", "style", "source")}
    return Phrases(**made, onsets=onsets, **whole)


def weights(of: Phrases, config: dict) -> np.ndarray:
    """How often each phrase is drawn."""
    chance = np.zeros(len(of))
    for part, name in enumerate(PARTS):
        mine = of.part == part
        if mine.any():
            lengths = of.valid[mine].sum(1)
            chance[mine] = config["part_weight"][name] * piece_weights(of.source[mine], of.style[mine], lengths, config)
    return chance / chance.sum()


KINDS = len(PARTS), len(METERS)
