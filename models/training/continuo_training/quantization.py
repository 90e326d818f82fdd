"""Weights as 8-bit integers, one scale per output row; biases and activations stay float32."""

from __future__ import annotations

import copy

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor

from .recurrent import StepNetwork

LARGEST = 127


def row_scales(weight: np.ndarray) -> np.ndarray:
    """Scale of each row of a matrix `[rows, columns]`: its largest magnitude over 127."""
    return np.maximum(np.abs(weight).max(axis=1), 1e-12).astype(np.float32) / np.float32(LARGEST)


def to_int8(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix as int8 and the scales of its rows."""
    scales = row_scales(weight)
    return np.clip(np.rint(weight / scales[:, None]), -LARGEST, LARGEST).astype(np.int8), scales


@torch.no_grad()
def quantized(network: StepNetwork) -> StepNetwork:
    """A copy whose weights are what the integers stand for."""
    network = copy.deepcopy(network)
    for parameter in network.parameters():
        if parameter.dim() == 2:
            parameter.copy_(_rounded(parameter))
    return network.eval()


def _rounded(weight: Tensor) -> Tensor:
    integers, scales = to_int8(weight.numpy())
    return torch.from_numpy(integers.astype(np.float32) * scales[:, None])


def quantize_graph(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replaces the weight matrices of a graph by int8 initializers and `DequantizeLinear` nodes.

    The weights of a GRU are `[1, 3H, columns]` (axis 1 is the row), those of a transposed Gemm `[rows, columns]`.
    """
    graph = model.graph
    consumers: dict[str, list[tuple[onnx.NodeProto, int]]] = {}
    for node in graph.node:
        for place, name in enumerate(node.input):
            consumers.setdefault(name, []).append((node, place))
    nodes: list[onnx.NodeProto] = []
    for initializer in list(graph.initializer):
        weight = numpy_helper.to_array(initializer)
        uses = consumers.get(initializer.name, [])
        is_gru = all(node.op_type == "GRU" and place in (1, 2) for node, place in uses)
        is_gemm = all(node.op_type == "Gemm" and place == 1 and _transposed(node) for node, place in uses)
        if not uses or weight.dtype != np.float32 or weight.ndim < 2 or not (is_gru or is_gemm):
            continue
        integers, scales = to_int8(weight.reshape(-1, weight.shape[-1]))
        name = initializer.name
        graph.initializer.remove(initializer)
        graph.initializer.extend(
            [
                numpy_helper.from_array(integers.reshape(weight.shape), f"{name}_int8"),
                numpy_helper.from_array(scales, f"{name}_scale"),
                numpy_helper.from_array(np.zeros(len(scales), dtype=np.int8), f"{name}_zero"),
            ]
        )
        nodes.append(
            helper.make_node(
                "DequantizeLinear",
                [f"{name}_int8", f"{name}_scale", f"{name}_zero"],
                [name],
                name=f"{name}_dequantize",
                axis=weight.ndim - 2,
            )
        )
    for node in reversed(nodes):
        graph.node.insert(0, node)
    onnx.checker.check_model(model)
    return model


def _transposed(gemm: onnx.NodeProto) -> bool:
    return any(attribute.name == "transB" and attribute.i == 1 for attribute in gemm.attribute)
