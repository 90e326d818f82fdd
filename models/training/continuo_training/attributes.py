"""Attributes of music as levels: what the knobs are conditions of."""

from __future__ import annotations

import numpy as np

from .vocabulary import FREE, LEVELS, MODES

Levels = dict[str, np.ndarray]
"""Level of each attribute in each sequence, `[B]`; `FREE` where it is not given. `mode`: 0 major, 1 minor, 2 free."""


def nothing(name: str) -> int:
    """The level of the attribute that means "free"."""
    return len(MODES) if name == "mode" else FREE


def free(names: tuple[str, ...], batch: int) -> Levels:
    """No attribute is given."""
    return {name: np.full(batch, nothing(name)) for name in names}


def dropped(levels: Levels, rng: np.random.Generator, share: float) -> Levels:
    """The levels with a `share` of them left free, each on its own."""
    return {name: np.where(rng.random(len(values)) < share, nothing(name), values) for name, values in levels.items()}


def bucket(values: np.ndarray, edges: list[float]) -> np.ndarray:
    """Level 0–4 of each value between the four `edges`; `FREE` for NaN."""
    if len(edges) != LEVELS - 1:
        raise ValueError(f"{LEVELS - 1} edges are needed between {LEVELS} levels, not {len(edges)}")
    return np.where(np.isnan(values), FREE, np.searchsorted(edges, values, side="right"))


def mode(key: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """0 major, 1 minor, whichever stands longer in each sequence `[B]`; 2 where no key is known."""
    minor, known = (valid & (key >= 12)).sum(0), (valid & (key >= 0)).sum(0)
    return np.where(known > 0, 2 * minor > known, nothing("mode")).astype(np.int64)
