"""Weights as 8-bit integers, one scale per row; biases, gains and activations stay float32."""

from __future__ import annotations

import copy
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from .networks.pitch_linear import PitchLinear

Network = TypeVar("Network", bound=nn.Module)
LARGEST = 127
INT8, SCALE = "/int8", "/scale"
"""What the names of the parts of a matrix in an ONNX file end in."""


def row_scales(weight: np.ndarray) -> np.ndarray:
    """Scale of each row of a matrix `[rows, columns]`: its largest magnitude over 127."""
    return np.maximum(np.abs(weight).max(axis=1), 1e-12).astype(np.float32) / np.float32(LARGEST)


def to_int8(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix as int8 and the scales of its rows."""
    scales = row_scales(weight)
    return np.clip(np.rint(weight / scales[:, None]), -LARGEST, LARGEST).astype(np.int8), scales


@torch.no_grad()
def quantized(network: Network) -> Network:
    """A copy whose dense weights are what the integers stand for.

    The 12 rows that a channel has in the dense matrix hold the same values, rotated, so they share their scale.
    """
    network = copy.deepcopy(network)
    for module in network.modules():
        if isinstance(module, PitchLinear):
            _round(module.regular, module.regular_from_plain)
            _round(module.plain, module.plain_from_regular)
        elif isinstance(module, nn.Linear):
            _round(module.weight)
    return network.eval()


def _round(*parts: Tensor) -> None:
    """Rounds the parts of the same rows to multiples of the scales of those rows."""
    rows = torch.cat([part.detach() for part in parts], 1)
    if not rows.numel():
        return
    integers, scales = to_int8(rows.cpu().numpy())
    rounded = torch.from_numpy(integers.astype(np.float32) * scales[:, None])
    for part, values in zip(parts, rounded.split([part.shape[1] for part in parts], 1), strict=True):
        part.copy_(values)
