"""The fixture for the parity test in Rust: bars, their conditions, and what the network makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..attributes import nothing
from ..networks.vae import Vae
from ..vocabulary import CONTRACT, UNKNOWN_STYLE
from .bars import TextureSet
from .conditions import ATTRIBUTES, UNKNOWN_PLACE, Conditions, conditions_of, without
from .grid import METERS, PARTS
from .training import CELLS, FEELS, bounded
from .written import written_bars

DIGITS = 4
FREE = {"level": 0.4, "style": 0.2, "changes": 0.2, "onsets": 0.2, "place": 0.3}
"""How much of the conditions is left free."""


@torch.no_grad()
def said(network: Vae, bar: Tensor, shift: Tensor, conditions: Tensor) -> dict[str, Tensor]:
    """The outputs of the exported file by name."""
    code, _ = network.encode(bar, conditions)
    bars = network.decode(code + shift, conditions)
    return {"code": code, "hits": bars.hits} | dict(zip(FEELS, bounded(bars.feel).unbind(1), strict=True))


def shifts(count: int, size: int) -> np.ndarray:
    """Shifts of codes: none, then each a little farther."""
    walk = np.random.default_rng(5).standard_normal((count, size)).astype(np.float32)
    return np.round(walk * (np.arange(count) / count)[:, None].astype(np.float32), 3)


def told(edges: dict[str, Any]) -> tuple[TextureSet, Conditions]:
    """The bars of the fixture and what is told of them."""
    bars = written_bars()
    return bars, without(conditions_of(bars, edges), np.random.default_rng(7), FREE)


def fixture(network: Vae, edges: dict[str, Any]) -> dict[str, Any]:
    """The fixture of `network`, whose weights must be those that the integers of the ONNX file stand for."""
    bars, conditions = told(edges)
    vectors = conditions.vector()
    moved = shifts(len(bars), network.shape.code)
    flat = bars.hits.reshape(len(bars), CELLS)
    outputs = said(network, *(torch.from_numpy(values) for values in (flat.astype(np.float32), moved, vectors)))
    rows = [
        {
            "part": PARTS[conditions.part[index]],
            "meter": METERS[conditions.meter[index]],
            "style": None if conditions.style[index] == UNKNOWN_STYLE else int(conditions.style[index]),
            "levels": {
                name: None if conditions.levels[name][index] == nothing(name) else int(conditions.levels[name][index])
                for name in ATTRIBUTES
            },
            "changes": np.flatnonzero(conditions.changes[index]).tolist(),
            "onsets": np.flatnonzero(conditions.onsets[index]).tolist(),
            "place": None if conditions.place[index] == UNKNOWN_PLACE else int(conditions.place[index]),
            "section_end": bool(conditions.section_end[index]),
            "strokes": np.argwhere(bars.hits[index]).tolist(),
            "conditions": np.flatnonzero(vectors[index]).tolist(),
            "shift": [round(float(value), 3) for value in moved[index]],
            "outputs": {
                name: [round(value, DIGITS) for value in values[index].tolist()] for name, values in outputs.items()
            },
        }
        for index in range(len(bars))
    ]
    return {"contract": CONTRACT, "network": "texture", "bars": rows}
