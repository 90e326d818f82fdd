"""From a network of textures to an ONNX model with int8 weights, as the contract has it."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from ..errors import UsageError
from ..export import BATCH
from ..graph import Graph
from ..networks.vae import Vae, VaeShape
from ..quantization import quantized
from ..reading import OnnxFile
from .grid import LARGEST_OFFSET
from .training import FEELS

LITTLE_SPREAD = -3.0
"""Log-variance of the codes of a network whose own is not known."""
OUTPUTS = ("code", "hits", *FEELS)


def input_shapes(shape: VaeShape) -> dict[str, list[int | str]]:
    """Shapes of the inputs by name."""
    return {"bar": [BATCH, shape.cells], "shift": [BATCH, shape.code], "conditions": [BATCH, shape.conditions]}


def output_shapes(shape: VaeShape) -> dict[str, list[int | str]]:
    """Shapes of the outputs by name."""
    return {"code": [BATCH, shape.code]} | {name: [BATCH, shape.cells] for name in OUTPUTS[1:]}


@torch.no_grad()
def export(network: Vae, name: str, *, integers: bool = True) -> bytes:
    """The ONNX file of `network`; its weights as int8 with a scale per row, or float32."""
    network = quantized(network) if integers else network.eval()
    shape = network.shape
    graph = Graph(integers=integers)
    for key, size in input_shapes(shape).items():
        graph.input(key, size)
    part = graph.reshaped(graph.sliced("conditions", 1, 0, shape.parts, "part"), [-1, shape.parts, 1], "part/column")
    _encoder(graph, network, part)
    graph.node("Add", ["code", "shift"], "moved")
    hidden = graph.node("Concat", ["moved", "conditions"], "decoder/in", axis=1)
    hidden = graph.node("Relu", [_chain(graph, "decoder", hidden, network.decoder)], "decoder/out")
    rows = _linear(graph, "hits.weight", hidden, network.hits)
    own = graph.node("Mul", [graph.reshaped(rows, [-1, shape.parts, shape.cells], "hits/by_part"), part], "hits/own")
    graph.node("ReduceSum", [own, graph.constant("hits/axis", np.array([1], np.int64))], "hits", keepdims=0)
    _feel(graph, shape, _chain(graph, "feel", hidden, network.feel))
    for key, size in output_shapes(shape).items():
        graph.output(key, size)
    return graph.model(name)


def _encoder(graph: Graph, network: Vae, part: str) -> None:
    """The mean code of the bar."""
    shape = network.shape
    bar = graph.node("Mul", [graph.reshaped("bar", [-1, 1, shape.cells], "bar/row"), part], "bar/by_part")
    flat = graph.reshaped(bar, [-1, shape.parts * shape.cells], "bar/flat")
    kind = graph.sliced("conditions", 1, 0, shape.kind, "kind")
    told = graph.node("Concat", [flat, kind], "encoder/in", axis=1)
    *hidden, last = network.encoder
    mean = nn.Linear(last.in_features, shape.code)
    mean.weight.copy_(last.weight[: shape.code])
    mean.bias.copy_(last.bias[: shape.code])
    _chain(graph, "encoder", told, nn.Sequential(*hidden, mean), "code")


def _feel(graph: Graph, shape: VaeShape, values: str) -> None:
    """Velocity, offset and length within their ranges."""
    parts = graph.nodes_with("Split", [values], [f"{name}/free" for name in FEELS], axis=1)
    velocity, offset, length = parts
    graph.node("Sigmoid", [velocity], "velocity")
    half = graph.constant("offset/largest", np.array(LARGEST_OFFSET, np.float32))
    graph.node("Mul", [graph.node("Tanh", [offset], "offset/bounded"), half], "offset")
    graph.node("Sigmoid", [length], "length")


def _linear(graph: Graph, name: str, rows: str, linear: nn.Linear, output: str | None = None) -> str:
    weights = graph.matrix(name, linear.weight.numpy())
    bias = graph.constant(f"{name}/bias", linear.bias.numpy())
    return graph.node("Gemm", [rows, weights, bias], output or f"{name}/out", transB=1)


def _chain(graph: Graph, name: str, rows: str, chain: nn.Sequential, output: str | None = None) -> str:
    """What comes out of `chain`, dropout left out, and of its last map as `output`."""
    for index, layer in enumerate(chain):
        if isinstance(layer, nn.Linear):
            rows = _linear(graph, f"{name}.{index}", rows, layer, output if index == len(chain) - 1 else None)
        elif isinstance(layer, nn.ReLU):
            rows = graph.node("Relu", [rows], f"{name}.{index}/out")
    return rows


@torch.no_grad()
def read_weights(data: bytes, network: Vae) -> None:
    """Gives `network` the weights of an exported file, so that a training can go on from it.

    How far codes spread is not in the file: that is learned anew, from codes that hardly spread.

    Raises:
        UsageError: the file holds a network of another shape.

    """
    linear = {name: layer for name, layer in network.named_modules() if isinstance(layer, nn.Linear)}
    try:
        file = OnnxFile(data)
        for name, layer in linear.items():
            at = f"{name}.weight" if name == "hits" else name
            weight, bias = file.matrix(at), file.vector(f"{at}/bias")
            if layer is network.encoder[-1]:
                weight = torch.cat([weight, torch.zeros_like(weight)])
                bias = torch.cat([bias, torch.full_like(bias, LITTLE_SPREAD)])
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
    except (KeyError, RuntimeError, ValueError) as error:
        raise UsageError(f"the file holds a network of another shape ({error})") from error
