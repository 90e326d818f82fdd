"""From a network to an ONNX step model with int8 weights, as the contract has it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .errors import UsageError
from .graph import Graph
from .networks.pitch_linear import CLASSES, PitchLinear, Width
from .networks.recurrent import Gru, Lstm
from .networks.step_network import PITCHES, WIDEST, StepNetwork
from .networks.transformer import Transformer
from .quantization import quantized, stored_arrays, stored_heads, stored_matrix

ONNX_GATES = {"gru": (1, 0, 2), "lstm": (0, 3, 1, 2)}
"""Where the gates of ONNX (update, reset, new; input, output, forget, cell) lie among those of torch."""


BATCH = "N"
"""The name of the axis of a recurrent model along which any number of sequences lie."""


def sequences(network: StepNetwork) -> int | str:
    """How many sequences the exported model reads at once.

    Any number; a Transformer's model one, for tract packs its caches anew in every step.
    """
    return 1 if isinstance(network.body, Transformer) else BATCH


def state_shapes(network: StepNetwork) -> dict[str, list[int | str]]:
    """Shape of every state by name."""
    several = {name: values.shape for name, values in network.initial(2).items()}
    sizes = {name: zip(values.shape, several[name], strict=True) for name, values in network.initial(1).items()}
    return {name: [one if one == two else sequences(network) for one, two in pairs] for name, pairs in sizes.items()}


def silence(network: StepNetwork) -> dict[str, np.ndarray]:
    """The states of one sequence in which nothing was heard, by the names of their inputs."""
    return {f"{name}_in": values.cpu().numpy() for name, values in network.initial(1).items()}


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
    """The ONNX file of one step of `network`; its weights as int8 with a scale per row, or float32."""
    network = quantized(network) if integers else network.eval()
    graph = Graph(integers=integers)
    for key, shape in input_shapes(network).items():
        graph.input(key, shape)
    body = network.body
    hidden = (
        _transformer(graph, body) if isinstance(body, Transformer) else _recurrent(graph, body, network.shape.family)
    )
    _heads(graph, network, hidden)
    for key, shape in output_shapes(network).items():
        graph.output(key, shape)
    return graph.model(name)


def _dense(linear: PitchLinear) -> tuple[np.ndarray, np.ndarray]:
    weight, bias = linear.dense()
    return weight.cpu().numpy(), bias.cpu().numpy()


def _gate_order(family: str, size: int) -> np.ndarray:
    """Rows of torch's gates in the order of ONNX."""
    return np.concatenate([np.arange(size) + gate * size for gate in ONNX_GATES[family]])


def _recurrent(graph: Graph, body: Gru | Lstm, family: str) -> str:
    """The layers; the name of the last output `[N, H]`."""
    rows = graph.reshaped("features", [1, -1, body.source.size], "rows")
    for layer, width in enumerate(body.hidden):
        size = width.size
        order = _gate_order(family, size)
        (inputs, bias), (recurrent, recurrent_bias) = _dense(body.inputs[layer]), _dense(body.recurrent[layer])
        values = [
            rows,
            graph.matrix(f"body.inputs.{layer}", inputs[order], leading=True),
            graph.matrix(f"body.recurrent.{layer}", recurrent[order], leading=True),
            graph.constant(f"body.bias.{layer}", np.concatenate([bias[order], recurrent_bias[order]])[None]),
            "",
            *(f"{part}{layer}_in" for part in body.parts),
        ]
        outputs = ["", *(f"{part}{layer}_out" for part in body.parts)]
        extra = {"linear_before_reset": 1} if family == "gru" else {}
        graph.nodes_with(family.upper(), values, outputs, hidden_size=size, **extra)
        rows = f"h{layer}_out"
    return graph.reshaped(rows, [-1, body.output.size], "hidden")


def _linear(
    graph: Graph,
    name: str,
    rows: str,
    linear: PitchLinear,
    order: np.ndarray | None = None,
    columns: np.ndarray | None = None,
) -> str:
    """A linear map of `[N, source]`; `order` and `columns` rearrange what goes out and what comes in."""
    weight, bias = _dense(linear)
    weight = weight if columns is None else weight[:, columns]
    weight, bias = (weight, bias) if order is None else (weight[order], bias[order])
    inputs = [rows, graph.matrix(name, weight)]
    inputs += [graph.constant(f"{name}.bias", bias)] if linear.bias_regular is not None else []
    return graph.node("Gemm", inputs, f"{name}/out", transB=1)


def _norm(graph: Graph, name: str, rows: str, gain: Tensor) -> str:
    square = graph.node("Mul", [rows, rows], f"{name}/square")
    mean = graph.node("ReduceMean", [square], f"{name}/mean", axes=[1], keepdims=1)
    above = graph.node("Add", [mean, graph.constant(f"{name}/least", np.float32(1e-6))], f"{name}/above")
    scaled = graph.node("Div", [rows, graph.node("Sqrt", [above], f"{name}/root")], f"{name}/scaled")
    return graph.node("Mul", [scaled, graph.constant(f"{name}.gain", gain.cpu().numpy())], f"{name}/out")


def _head_order(width: Width, heads: int) -> np.ndarray:
    """Place in the vector of each value when the heads lie one after another: `Transformer`'s `split`, flattened."""
    regular = np.arange(CLASSES * width.channels).reshape(CLASSES, heads, -1).transpose(1, 0, 2).reshape(heads, -1)
    plain = (np.arange(width.plain) + CLASSES * width.channels).reshape(heads, -1)
    return np.concatenate([regular, plain], 1).ravel()


def _transformer(graph: Graph, body: Transformer) -> str:
    """The layers, with the caches moved on by one step; the name of the last output `[1, width]`."""
    width, heads, context = body.output, body.heads, body.context
    size, share = width.size, width.size // heads
    order = _head_order(width, heads)
    three = np.concatenate([order + part * size for part in range(3)])
    older = graph.sliced("filled_in", 1, 1, context, "filled/older")
    one = graph.constant("filled/one", np.ones((1, 1), np.float32))
    graph.node("Concat", [older, one], "filled_out", axis=1)
    empty = graph.node("Sub", ["filled_out", one], "mask/empty")
    mask = graph.node("Mul", [empty, graph.constant("mask/far", np.float32(1e4))], "mask")
    rows = _linear(graph, "body.inputs", "features", body.inputs)
    for index, layer in enumerate(body.layers):
        at = f"body.layers.{index}"
        normed = _norm(graph, f"{at}.before_attention", rows, layer.before_attention.gain())
        projected = _linear(graph, f"{at}.query_key_value", normed, layer.query_key_value, three)
        by_head = graph.reshaped(projected, [1, 3 * heads, 1, share], f"{at}/by_head")
        parts = graph.nodes_with("Split", [by_head], [f"{at}/{part}" for part in ("query", "key", "value")], axis=1)
        for part, new in (("keys", parts[1]), ("values", parts[2])):
            older = graph.sliced(f"{part}{index}_in", 2, 1, context, f"{at}/{part}_older")
            graph.node("Concat", [older, new], f"{part}{index}_out", axis=2)
        keys = graph.node("Transpose", [f"keys{index}_out"], f"{at}/keys_columns", perm=[0, 1, 3, 2])
        products = graph.node("MatMul", [parts[0], keys], f"{at}/products")
        # Scaled here and not at the query: tract computes scale, bias and mask in one pass.
        scores = graph.node("Mul", [products, graph.constant(f"{at}/scale", np.float32(share**-0.5))], f"{at}/scores")
        bias = layer.bias.flip(1).cpu().numpy()[None, :, None]
        scores = graph.node("Add", [scores, graph.constant(f"{at}.bias", bias)], f"{at}/biased")
        scores = graph.node("Add", [scores, mask], f"{at}/masked")
        weights = graph.node("Softmax", [scores], f"{at}/attention", axis=3)
        read = graph.node("MatMul", [weights, f"values{index}_out"], f"{at}/read")
        mixed = graph.reshaped(read, [1, size], f"{at}/joined")
        rows = graph.node(
            "Add", [rows, _linear(graph, f"{at}.mixed", mixed, layer.mixed, columns=order)], f"{at}/attended"
        )
        inner = _linear(
            graph, f"{at}.widened", _norm(graph, f"{at}.before_inner", rows, layer.before_inner.gain()), layer.widened
        )
        narrowed = _linear(graph, f"{at}.narrowed", graph.node("Relu", [inner], f"{at}/inner"), layer.narrowed)
        rows = graph.node("Add", [rows, narrowed], f"{at}/out")
    return _norm(graph, "body.after", rows, body.after.gain())


def _head_rows(network: StepNetwork, names: list[str]) -> tuple[np.ndarray, list[int]]:
    """Rows of the heads' map so that each head's lie together in the order of its logits, and how many each has.

    `names`: the heads, in the order in which their rows are to come.
    """
    places = torch.arange(network.heads.target.size, dtype=torch.float64)[None, None]
    values = network.head_values(places)
    rows = [values[name][0].flatten().long().numpy() for name in names]
    return np.concatenate(rows), [len(row) for row in rows]


def _heads(graph: Graph, network: StepNetwork, hidden: str) -> None:
    """All heads in one linear map, whose rows are arranged so that each output is a slice of it."""
    order, sizes = _head_rows(network, list(network.outputs))
    names = ["pitch/parts" if head.kind == "pitch" else f"logits_{name}" for name, head in network.outputs.items()]
    every = _linear(graph, "heads", hidden, network.heads, order)
    graph.nodes_with("Split", [every, graph.constant("heads/sizes", np.array(sizes, np.int64))], names, axis=1)
    for name, head in network.outputs.items():
        if head.kind == "pitch":
            _pitches(graph, network, f"logits_{name}")


def _pitches(graph: Graph, network: StepNetwork, output: str) -> None:
    """The product of the experts on pitch class, interval and register."""
    first = network.shape.last_pitch
    sizes = graph.constant("pitch/sizes", np.array([CLASSES, 2 * WIDEST + 1, PITCHES], np.int64))
    names = [f"pitch/{expert}" for expert in ("class", "interval", "register")]
    graph.nodes_with("Split", ["pitch/parts", sizes], names, axis=1)
    classes = graph.node("Concat", ["pitch/class"] * (PITCHES // CLASSES), "pitch/classes", axis=1)
    last = graph.sliced("features", 1, first, first + PITCHES, "pitch/last")
    index = graph.node("ArgMax", [last], "pitch/index", axis=1, keepdims=0)
    table = graph.constant("pitch/intervals", network.intervals.cpu().numpy())
    intervals = graph.node("Gather", [table, index], "pitch/moves", axis=0)
    moved = graph.node("GatherElements", ["pitch/interval", intervals], "pitch/moved", axis=1)
    told = graph.node(
        "ReduceSum", [last, graph.constant("pitch/axis", np.array([1], np.int64))], "pitch/told", keepdims=1
    )
    moved = graph.node("Mul", [moved, told], "pitch/told_moved")
    still = graph.node("Add", [classes, "pitch/register"], "pitch/still")
    graph.node("Add", [still, moved], output)


def read_weights(data: bytes, network: StepNetwork) -> None:
    """Gives `network` the weights of an exported file, so that a training can go on from it.

    Raises:
        UsageError: the file holds a network of another shape.

    """
    try:
        _assign(stored_arrays(data), stored_heads(data), network)
    except (KeyError, IndexError, RuntimeError, ValueError) as error:
        raise UsageError(f"the file holds a network of another shape ({error})") from error


def _assign(arrays: dict[str, np.ndarray], heads: list[str], network: StepNetwork) -> None:
    def linear(
        name: str, target: PitchLinear, order: np.ndarray | None = None, columns: np.ndarray | None = None
    ) -> None:
        weight = stored_matrix(arrays, name)
        bias = arrays.get(f"{name}.bias", np.zeros(len(weight), np.float32))
        if order is not None:
            weight, bias = weight[np.argsort(order)], bias[np.argsort(order)]
        weight = weight if columns is None else weight[:, np.argsort(columns)]
        target.assign(torch.from_numpy(np.array(weight)), torch.from_numpy(np.array(bias)))

    body = network.body
    # In the order of the file: a shape that was read from a card has its heads in another one.
    linear("heads", network.heads, _head_rows(network, heads)[0])
    if isinstance(body, Transformer):
        order = _head_order(body.output, body.heads)
        three = np.concatenate([order + part * body.output.size for part in range(3)])
        linear("body.inputs", body.inputs)
        for index, layer in enumerate(body.layers):
            at = f"body.layers.{index}"
            linear(f"{at}.query_key_value", layer.query_key_value, three)
            linear(f"{at}.mixed", layer.mixed, columns=order)
            linear(f"{at}.widened", layer.widened)
            linear(f"{at}.narrowed", layer.narrowed)
            with torch.no_grad():
                newest_last = arrays[f"{at}.bias"].reshape(layer.bias.shape)
                layer.bias.copy_(torch.from_numpy(newest_last[:, ::-1].copy()))
            layer.before_attention.assign(torch.from_numpy(arrays[f"{at}.before_attention.gain"].copy()))
            layer.before_inner.assign(torch.from_numpy(arrays[f"{at}.before_inner.gain"].copy()))
        body.after.assign(torch.from_numpy(arrays["body.after.gain"].copy()))
        return
    for index, width in enumerate(body.hidden):
        order = _gate_order(network.shape.family, width.size)
        bias, recurrent_bias = np.split(arrays[f"body.bias.{index}"][0], 2)
        for name, target, values in (("inputs", body.inputs, bias), ("recurrent", body.recurrent, recurrent_bias)):
            arrays[f"body.{name}.{index}.bias"] = values
            linear(f"body.{name}.{index}", target[index], order)
