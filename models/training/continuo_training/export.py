"""From a network to an ONNX model with int8 weights, of one step or of a whole sequence, as the contract has it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .graph import Graph
from .networks.pitch_linear import CLASSES, PitchLinear, Width
from .networks.recurrent import Gru, Lstm
from .networks.sequence import BidirectionalGru, Encoder, side_by_side
from .networks.step_network import PITCHES, StepNetwork
from .networks.transformer import Layer, Norm, Transformer
from .quantization import quantized

BATCH = "N"
"""The name of the axis along which any number of sequences lie; in a model that reads a whole one, its steps."""
STEPS = "steps"
"""The state of a Transformer that counts the steps so far."""


def sequences(network: StepNetwork) -> int | str:
    """How many sequences the exported model reads at once.

    Any number, or any number of steps of one that is read at once; a step model of a Transformer one, for it writes its
    past in place.
    """
    return 1 if isinstance(network.body, Transformer) else BATCH


def state_shapes(network: StepNetwork) -> dict[str, list[int | str]]:
    """Shape of every state by name."""
    body = network.body
    if isinstance(body, Transformer):
        ring = [1, 2, body.heads, body.context, body.output.size // body.heads]
        return {STEPS: [1, 1]} | {f"past{index}": ring for index in range(len(body.layers))}
    if isinstance(body, Encoder | BidirectionalGru):
        return {}
    return {f"{part}{layer}": [1, BATCH, width.size] for layer, width in enumerate(body.hidden) for part in body.parts}


def silence(network: StepNetwork) -> dict[str, np.ndarray]:
    """The states of one sequence in which nothing was heard, by the names of their inputs."""
    shapes = {name: [1 if size == BATCH else size for size in shape] for name, shape in state_shapes(network).items()}
    return {f"{name}_in": np.zeros(shape, np.float32) for name, shape in shapes.items()}


def input_shapes(network: StepNetwork) -> dict[str, list[int | str]]:
    """Shapes of the inputs by name."""
    states = {f"{name}_in": shape for name, shape in state_shapes(network).items()}
    return {"features": [sequences(network), network.body.source.size]} | states


def output_shapes(network: StepNetwork) -> dict[str, list[int | str]]:
    """Shapes of the outputs by name."""
    heads = {f"logits_{name}": [sequences(network), head.size] for name, head in network.outputs.items()}
    return heads | {f"{name}_out": shape for name, shape in state_shapes(network).items()}


@torch.no_grad()
def export(network: StepNetwork, name: str, *, integers: bool = True) -> bytes:
    """The ONNX file of `network`; its weights as int8 with a scale per row, or float32."""
    network = quantized(network) if integers else network.eval()
    graph = Graph(integers=integers)
    for key, shape in input_shapes(network).items():
        graph.input(key, shape)
    body = network.body
    _heads(graph, network, BODIES[type(body)](graph, body))
    for key, shape in output_shapes(network).items():
        graph.output(key, shape)
    return graph.model(name)


def _parts(width: Width, gates: int = 1) -> list[int]:
    """Numbers of the values by pitch class and of the plain values of vectors side by side."""
    return [gates * CLASSES * width.channels, gates * width.plain]


def _layout(linear: PitchLinear) -> dict[str, list[int]]:
    """The attributes of a function that tell how its input lies."""
    grid, perm = ([0, -1, CLASSES], [0, 2, 1]) if linear.by_channel else ([0, CLASSES, -1], [0, 1, 2])
    return {"source": _parts(linear.source), "grid": grid, "perm": perm}


def _array(values: Tensor) -> np.ndarray:
    return values.detach().cpu().numpy()


def _weights(graph: Graph, name: str, linear: PitchLinear) -> list[str]:
    """The weights and biases of a map, each once, as the functions take them."""
    by_interval = linear.regular.unflatten(1, (linear.source.channels, CLASSES)).transpose(1, 2).flatten(1)
    parts = {
        "regular": torch.cat([by_interval, linear.regular_from_plain], 1),
        "plain": torch.cat([linear.plain_from_regular, linear.plain], 1),
    }
    names = [graph.matrix(f"{name}.{part}", _array(values)) for part, values in parts.items()]
    biases = {"bias_regular": linear.bias_regular, "bias_plain": linear.bias_plain}
    given = {part: bias for part, bias in biases.items() if bias is not None}
    return names + [graph.constant(f"{name}.{part}", _array(bias)) for part, bias in given.items()]


def _linear(graph: Graph, name: str, rows: str, linear: PitchLinear) -> str:
    """A linear map of `[N, source]`."""
    return graph.node("PitchLinear", [rows, *_weights(graph, name, linear)], f"{name}/out", **_layout(linear))


def _gru(graph: Graph, body: Gru) -> str:
    """The layers; the name of the last output."""
    rows = "features"
    for layer in range(len(body.hidden)):
        names = [rows, f"h{layer}_in", *_gru_weights(graph, "body", body, layer)]
        rows = graph.node("PitchGru", names, f"h{layer}_out", **_gru_sizes(body, layer))
    return rows


def _gru_weights(graph: Graph, at: str, body: Gru, layer: int) -> list[str]:
    """The weights of a layer, as the functions take them."""
    inputs = _weights(graph, f"{at}.inputs.{layer}", body.inputs[layer])
    return inputs + _weights(graph, f"{at}.recurrent.{layer}", body.recurrent[layer])


def _gru_sizes(body: Gru, layer: int) -> dict[str, list[int]]:
    """What the functions are told of a layer."""
    width = body.hidden[layer]
    return _layout(body.inputs[layer]) | {"hidden": _parts(width), "gates": _parts(width, body.gates)}


def _bidirectional_gru(graph: Graph, body: BidirectionalGru) -> str:
    """The layers in both directions; the name of the last output `[N, width]`, of N steps."""
    rows = "features"
    for index, layer in enumerate(body.directions):
        both = []
        for way, direction in enumerate(layer):
            at = f"body.directions.{index}.{way}"
            names = [rows, *_gru_weights(graph, at, direction, 0)]
            sizes = _gru_sizes(direction, 0) | {"directions": [way]}
            both.append(graph.node("PitchGruSequence", names, f"{at}/out", **sizes))
        at, width = f"body.directions.{index}", layer[0].output
        places = torch.arange(2 * width.size, dtype=torch.float64)
        order = _array(side_by_side(*places.split(width.size), width)).astype(np.int32)
        joined = graph.node("Concat", both, f"{at}/both", axis=1)
        rows = graph.node("Gather", [joined, graph.constant(f"{at}.order", order)], f"{at}/out", axis=1)
    return rows


def _lstm(graph: Graph, body: Lstm) -> str:
    """The layers; the name of the last output."""
    rows = "features"
    for layer, width in enumerate(body.hidden):
        at, size = f"layer{layer}", width.size
        heard = _linear(graph, f"body.inputs.{layer}", rows, body.inputs[layer])
        kept = _linear(graph, f"body.recurrent.{layer}", f"h{layer}_in", body.recurrent[layer])
        both = graph.node("Add", [heard, kept], f"{at}/both")
        order = graph.constant(f"{at}/order", _gate_order(width, body.gates).astype(np.int32))
        by_gate = graph.node("Gather", [both, order], f"{at}/by_gate", axis=1)
        gates = graph.nodes_with("Split", [by_gate], [f"{at}/{gate}" for gate in ("i", "f", "g", "o")], axis=1)
        let_in, keep, let_out = (graph.node("Sigmoid", [gates[index]], f"{gates[index]}/open") for index in (0, 1, 3))
        new = graph.node("Mul", [let_in, graph.node("Tanh", [gates[2]], f"{at}/new")], f"{at}/let_in")
        before = graph.reshaped(f"c{layer}_in", [-1, size], f"{at}/before")
        cell = graph.node("Add", [graph.node("Mul", [keep, before], f"{at}/kept"), new], f"{at}/cell")
        hidden = graph.node("Mul", [let_out, graph.node("Tanh", [cell], f"{at}/bounded")], f"{at}/hidden")
        graph.reshaped(cell, [1, -1, size], f"c{layer}_out")
        rows = graph.reshaped(hidden, [1, -1, size], f"h{layer}_out")
    return rows


def _gate_order(width: Width, gates: int) -> np.ndarray:
    """Where in the image of a map each value lies when the gates lie one after another."""
    regular = np.arange(CLASSES * gates * width.channels).reshape(CLASSES, gates, -1).transpose(1, 0, 2)
    plain = (np.arange(gates * width.plain) + regular.size).reshape(gates, -1)
    return np.concatenate([regular.reshape(gates, -1), plain], 1).ravel()


def _gains(graph: Graph, name: str, norm: Norm) -> list[str]:
    parts = {"gain_regular": norm.gain_regular, "gain_plain": norm.gain_plain}
    return [graph.constant(f"{name}.{part}", _array(gain)) for part, gain in parts.items()]


def _attention_sizes(body: Transformer | Encoder) -> dict[str, object]:
    """What the functions of both kinds of layers are told."""
    width, heads = body.output, body.heads
    share = Width(width.channels // heads, width.plain // heads)
    return {
        "source": _parts(width),
        "three": _parts(width, 3),
        "inner": _parts(body.layers[0].widened.target),
        "share": _parts(share),
        "scale": share.size**-0.5,
    }


def _layer(graph: Graph, at: str, layer: Layer) -> list[str]:
    """The weights of a layer of a Transformer, as the functions take them."""
    return [
        *_gains(graph, f"{at}.before_attention", layer.before_attention),
        *_weights(graph, f"{at}.query_key_value", layer.query_key_value),
        graph.constant(f"{at}.bias", _array(layer.bias)),
        *_weights(graph, f"{at}.mixed", layer.mixed),
        *_gains(graph, f"{at}.before_inner", layer.before_inner),
        *_weights(graph, f"{at}.widened", layer.widened),
        *_weights(graph, f"{at}.narrowed", layer.narrowed),
    ]


def _encoder(graph: Graph, body: Encoder) -> str:
    """The layers that look both ways; the name of the last output `[N, width]`, of N steps."""
    heads, channels = body.heads, body.output.channels // body.heads
    sizes = _attention_sizes(body) | {
        "by_class": [0, CLASSES, 3, heads, channels],
        "by_head": [0, 3, heads, -1],
        "share_by_class": [0, 0, CLASSES, channels],
        "reach": body.layers[0].reach,
    }
    rows = _linear(graph, "body.inputs", "features", body.inputs)
    for index, layer in enumerate(body.layers):
        at = f"body.layers.{index}"
        rows = graph.node("PitchEncoder", [rows, *_layer(graph, at, layer)], f"{at}/out", **sizes)
    return graph.node("PitchNorm", [rows, *_gains(graph, "body.after", body.after)], "body.after/out")


def _transformer(graph: Graph, body: Transformer) -> str:
    """The layers, with their pasts moved on by one step; the name of the last output `[1, width]`."""
    sizes = _attention_sizes(body) | {
        "by_class": [CLASSES, 3, body.heads, body.output.channels // body.heads],
        "by_head": [3, body.heads, -1],
        "joined": [body.heads, CLASSES, body.output.channels // body.heads],
    }
    one = graph.constant(f"{STEPS}/one", np.ones((1, 1), np.float32))
    graph.node("Add", [f"{STEPS}_in", one], f"{STEPS}_out")
    rows = _linear(graph, "body.inputs", "features", body.inputs)
    for index, layer in enumerate(body.layers):
        at = f"body.layers.{index}"
        weights = _layer(graph, at, layer)
        names = [rows, f"{STEPS}_in", f"past{index}_in", *weights]
        rows, _ = graph.nodes_with("PitchTransformer", names, [f"{at}/out", f"past{index}_out"], **sizes)
    return graph.node("PitchNorm", [rows, *_gains(graph, "body.after", body.after)], "body.after/out")


def _head_places(network: StepNetwork, names: list[str]) -> tuple[np.ndarray, list[int]]:
    """Where in the heads' map the values of the outputs `names` lie, and how many each has."""
    places = torch.arange(network.heads.target.size, dtype=torch.float64)[None, None]
    values = network.head_values(places)
    rows = [values[name][0].flatten().long().numpy() for name in names]
    return np.concatenate(rows), [len(row) for row in rows]


def _heads(graph: Graph, network: StepNetwork, hidden: str) -> None:
    """All heads in one linear map, whose values are dealt out to the outputs."""
    places, sizes = _head_places(network, list(network.outputs))
    names = ["pitch/parts" if head.kind == "pitch" else f"logits_{name}" for name, head in network.outputs.items()]
    order = graph.constant("heads.order", places.astype(np.int32))
    inputs = [hidden, *_weights(graph, "heads", network.heads), order]
    graph.nodes_with("PitchHeads", inputs, names, source=_parts(network.heads.source), sizes=sizes)
    for name, head in network.outputs.items():
        if head.kind == "pitch":
            # The product of the experts on pitch class, interval and register.
            last = network.shape.last_pitch
            inputs = ["pitch/parts", "features"]
            graph.node("PitchExperts", inputs, f"logits_{name}", begin=[last], end=[last + PITCHES])


BODIES = {
    Gru: _gru,
    Lstm: _lstm,
    Transformer: _transformer,
    Encoder: _encoder,
    BidirectionalGru: _bidirectional_gru,
}
"""How each kind of body is written."""
