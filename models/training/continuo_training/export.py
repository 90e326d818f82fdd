"""From a checkpoint to an ONNX step model with int8 weights, as the contract has it."""

from __future__ import annotations

import io
import warnings

import onnx
import torch
from torch import Tensor, nn

from .quantization import quantize_graph, quantized
from .recurrent import StepNetwork

OPSET = 17


class _Step(nn.Module):
    """One step with explicit states: what the exporter sees."""

    def __init__(self, network: StepNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor, h0: Tensor, h1: Tensor) -> tuple[Tensor, ...]:
        out0, h0 = self.network.gru0(features.unsqueeze(0), h0)
        out1, h1 = self.network.gru1(out0, h1)
        return *self.network.logits(out1[0]).values(), h0, h1


def input_shapes(network: StepNetwork) -> dict[str, list[int]]:
    """Shapes of the inputs by name."""
    return {"features": [1, network.shape.features]} | {
        f"h{layer}_in": [1, 1, size] for layer, size in enumerate(network.shape.hidden)
    }


def output_shapes(network: StepNetwork) -> dict[str, list[int]]:
    """Shapes of the outputs by name."""
    return {f"logits_{name}": [1, size] for name, size in network.shape.heads.items()} | {
        f"h{layer}_out": [1, 1, size] for layer, size in enumerate(network.shape.hidden)
    }


def export(network: StepNetwork, name: str) -> bytes:
    """The ONNX file of `network`, its weights quantized."""
    network = quantized(network)
    inputs = {key: torch.zeros(shape) for key, shape in input_shapes(network).items()}
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of variable batch sizes; ours is 1
        torch.onnx.export(
            _Step(network).eval(),
            tuple(inputs.values()),
            buffer,
            input_names=list(inputs),
            output_names=list(output_shapes(network)),
            opset_version=OPSET,
            do_constant_folding=True,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    model.graph.name = name
    model.producer_name, model.producer_version = "continuo-training", ""
    model.doc_string = ""
    for node in model.graph.node:
        node.ClearField("doc_string")
    return quantize_graph(model).SerializeToString()
