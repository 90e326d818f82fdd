"""Weights as 8-bit integers, one scale per row of the dense matrices; biases, gains and activations stay float32."""

from __future__ import annotations

import copy

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from .networks.pitch_linear import PitchLinear
from .networks.step_network import StepNetwork

LARGEST = 127
INT8, SCALE, ZERO = "/int8", "/scale", "/zero"
"""What the names of the parts of a matrix in an ONNX file end in."""


def row_scales(weight: np.ndarray) -> np.ndarray:
    """Scale of each row of a matrix `[rows, columns]`: its largest magnitude over 127."""
    return np.maximum(np.abs(weight).max(axis=1), 1e-12).astype(np.float32) / np.float32(LARGEST)


def to_int8(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix as int8 and the scales of its rows."""
    scales = row_scales(weight)
    return np.clip(np.rint(weight / scales[:, None]), -LARGEST, LARGEST).astype(np.int8), scales


@torch.no_grad()
def quantized(network: StepNetwork) -> StepNetwork:
    """A copy whose dense weights are what the integers stand for.

    The 12 rows that a channel has in the dense matrix hold the same values, rotated, so they share their scale.
    """
    network = copy.deepcopy(network)
    for module in network.modules():
        if isinstance(module, PitchLinear):
            _round(module.regular, module.regular_from_plain)
            _round(module.plain, module.plain_from_regular)
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


def stored_matrix(arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    """A weight matrix of an exported file, `[rows, columns]`, from its initializers."""
    if name in arrays:
        matrix = arrays[name]
        return matrix.reshape(-1, matrix.shape[-1])
    integers = arrays[f"{name}{INT8}"]
    return integers.reshape(-1, integers.shape[-1]).astype(np.float32) * arrays[f"{name}{SCALE}"][:, None]


def stored_arrays(data: bytes) -> dict[str, np.ndarray]:
    """The initializers of an ONNX file by name."""
    model = onnx.load_from_string(data)
    return {initializer.name: numpy_helper.to_array(initializer) for initializer in model.graph.initializer}


def stored_heads(data: bytes) -> list[str]:
    """The heads of an ONNX file, in the order of its outputs, which is that of their rows in the heads' map."""
    outputs = (output.name for output in onnx.load_from_string(data).graph.output)
    return [name.removeprefix("logits_") for name in outputs if name.startswith("logits_")]
