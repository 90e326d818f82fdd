"""The weights of exported files, of this contract and of the one before, back into networks."""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from .errors import UsageError
from .networks.pitch_linear import CLASSES, PitchLinear, Width
from .networks.sequence import Encoder
from .networks.step_network import StepNetwork
from .networks.transformer import Norm, Transformer
from .quantization import INT8, SCALE

ONNX_GATES = {"gru": (1, 0, 2), "lstm": (0, 3, 1, 2)}
"""Where the gates of ONNX (update, reset, new; input, output, forget, cell) lie among those of torch."""


class OnnxFile:
    """The initializers of an ONNX file by name, and its heads in the order of its outputs."""

    def __init__(self, data: bytes) -> None:
        graph = onnx.load_from_string(data).graph
        self.arrays = {initializer.name: numpy_helper.to_array(initializer) for initializer in graph.initializer}
        outputs = (output.name for output in graph.output)
        self.heads = [name.removeprefix("logits_") for name in outputs if name.startswith("logits_")]

    def matrix(self, name: str) -> torch.Tensor:
        """A weight matrix, `[rows, columns]`."""
        if name in self.arrays:
            values = self.arrays[name]
        else:
            integers, scales = self.arrays[f"{name}{INT8}"], self.arrays[f"{name}{SCALE}"]
            values = integers.astype(np.float32) * scales[:, None]
        return torch.from_numpy(values.reshape(-1, values.shape[-1]).copy())

    def vector(self, name: str) -> torch.Tensor:
        """Biases or gains."""
        return torch.from_numpy(self.arrays[name].copy())


@torch.no_grad()
def read_weights(data: bytes, network: StepNetwork) -> None:
    """Gives `network` the weights of an exported file, so that a training can go on from it.

    Raises:
        UsageError: the file holds a network of another shape.

    """
    try:
        file = OnnxFile(data)
        (_read_dense if "heads.bias" in file.arrays else _read)(file, network)
    except (KeyError, IndexError, RuntimeError, ValueError) as error:
        raise UsageError(f"the file holds a network of another shape ({error})") from error
    network.eval()


def _put(target: nn.Parameter, values: torch.Tensor) -> None:
    """Takes the values over; what would have to be repeated is an error."""
    if target.shape != values.shape:
        raise ValueError(f"weights {list(values.shape)} in the place of {list(target.shape)}")
    target.copy_(values)


def _read(file: OnnxFile, network: StepNetwork) -> None:
    """The weights of a file of the contract `continuo-3`, in which each stands once."""
    for name, module in network.named_modules():
        if isinstance(module, PitchLinear):
            _linear(file, name, module)
        elif isinstance(module, Norm):
            _put(module.gain_regular, file.vector(f"{name}.gain_regular"))
            _put(module.gain_plain, file.vector(f"{name}.gain_plain"))
    if isinstance(network.body, Transformer | Encoder):
        for index, layer in enumerate(network.body.layers):
            _put(layer.bias, file.vector(f"body.layers.{index}.bias"))
    # A network whose shape was read from a card has its heads in another order than the file.
    heads = network.heads
    channels, plain = (torch.from_numpy(order) for order in _head_order(network, file.heads))
    for parameter, order in (
        (heads.regular, channels),
        (heads.regular_from_plain, channels),
        (heads.bias_regular, channels),
        (heads.plain_from_regular, plain),
        (heads.plain, plain),
        (heads.bias_plain, plain),
    ):
        parameter[order] = parameter.clone()


def _linear(file: OnnxFile, name: str, target: PitchLinear) -> None:
    channels = target.source.channels
    regular, plain = file.matrix(f"{name}.regular"), file.matrix(f"{name}.plain")
    kernel = regular[:, : CLASSES * channels].unflatten(1, (CLASSES, channels)).transpose(1, 2).flatten(1)
    _put(target.regular, kernel)
    _put(target.regular_from_plain, regular[:, CLASSES * channels :])
    _put(target.plain_from_regular, plain[:, :channels])
    _put(target.plain, plain[:, channels:])
    if target.bias_regular is not None:
        _put(target.bias_regular, file.vector(f"{name}.bias_regular"))
        _put(target.bias_plain, file.vector(f"{name}.bias_plain"))


def _head_order(network: StepNetwork, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Rows by pitch class and plain rows of the heads' map in the order in which the heads `names` come."""
    widths = {name: head.width for name, head in network.outputs.items()}
    counts = {"channels": [], "plain": []}
    for kind, rows in counts.items():
        sizes = {name: getattr(width, kind) for name, width in widths.items()}
        first = dict(zip(sizes, np.cumsum([0, *sizes.values()]), strict=False))
        rows.extend(first[name] + row for name in names for row in range(sizes[name]))
    return np.array(counts["channels"], np.int64), np.array(counts["plain"], np.int64)


def _read_dense(file: OnnxFile, network: StepNetwork) -> None:
    """The weights of a file of the contract `continuo-2`, in which each stands in twelve places."""

    def linear(
        name: str, target: PitchLinear, order: np.ndarray | None = None, columns: np.ndarray | None = None
    ) -> None:
        weight = file.matrix(name)
        bias = file.vector(f"{name}.bias") if f"{name}.bias" in file.arrays else torch.zeros(len(weight))
        if order is not None:
            weight, bias = weight[np.argsort(order)], bias[np.argsort(order)]
        weight = weight if columns is None else weight[:, np.argsort(columns)]
        target.assign(weight, bias)

    body = network.body
    places = torch.arange(network.heads.target.size, dtype=torch.float64)[None, None]
    values = network.head_values(places)
    linear("heads", network.heads, np.concatenate([values[name][0].flatten().long().numpy() for name in file.heads]))
    if isinstance(body, Transformer):
        order = _by_head(body.output, body.heads)
        three = np.concatenate([order + part * body.output.size for part in range(3)])
        linear("body.inputs", body.inputs)
        for index, layer in enumerate(body.layers):
            at = f"body.layers.{index}"
            linear(f"{at}.query_key_value", layer.query_key_value, three)
            linear(f"{at}.mixed", layer.mixed, columns=order)
            linear(f"{at}.widened", layer.widened)
            linear(f"{at}.narrowed", layer.narrowed)
            layer.bias.copy_(file.vector(f"{at}.bias").reshape(layer.bias.shape).flip(1))
            layer.before_attention.assign(file.vector(f"{at}.before_attention.gain"))
            layer.before_inner.assign(file.vector(f"{at}.before_inner.gain"))
        body.after.assign(file.vector("body.after.gain"))
        return
    for index, width in enumerate(body.hidden):
        gates = ONNX_GATES[network.shape.family]
        order = np.concatenate([np.arange(width.size) + gate * width.size for gate in gates])
        bias, recurrent_bias = np.split(file.arrays[f"body.bias.{index}"][0], 2)
        for name, target, part in (("inputs", body.inputs, bias), ("recurrent", body.recurrent, recurrent_bias)):
            file.arrays[f"body.{name}.{index}.bias"] = part
            linear(f"body.{name}.{index}", target[index], order)


def _by_head(width: Width, heads: int) -> np.ndarray:
    """Place in the vector of each value when the heads lie one after another: `Transformer`'s `split`, flattened."""
    regular = np.arange(CLASSES * width.channels).reshape(CLASSES, heads, -1).transpose(1, 0, 2).reshape(heads, -1)
    plain = (np.arange(width.plain) + CLASSES * width.channels).reshape(heads, -1)
    return np.concatenate([regular, plain], 1).ravel()
