"""An ONNX graph under construction: nodes and weights with names that are ours."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .functions import DOMAIN, OPSET, VERSION, functions
from .quantization import INT8, SCALE, to_int8


class Graph:
    """Nodes in order, initializers, inputs and outputs. Every value is float32 unless said."""

    def __init__(self, *, integers: bool) -> None:
        self.integers = integers
        """Whether matrices are written as int8 with a scale per row."""
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, shape: list[int | str]) -> str:
        """An input of the graph."""
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def output(self, name: str, shape: list[int | str]) -> str:
        """Declares that the value `name` is an output of the graph."""
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def constant(self, name: str, values: np.ndarray) -> str:
        """A constant, as it is."""
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def matrix(self, name: str, values: np.ndarray) -> str:
        """A weight matrix `[rows, columns]`."""
        if not self.integers:
            return self.constant(name, values)
        integers, scales = to_int8(values)
        parts = [self.constant(f"{name}{INT8}", integers), self.constant(f"{name}{SCALE}", scales)]
        return self.node("DequantizeLinear", parts, name, axis=0)

    def node(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        """A node with one output, which it is named after."""
        return self.nodes_with(kind, inputs, [output], **attributes)[0]

    def nodes_with(self, kind: str, inputs: list[str], outputs: list[str], **attributes: object) -> list[str]:
        """A node with several outputs; an empty name stands for one that is not wanted."""
        name = next(output for output in outputs if output)
        # In this package the functions of the contract are what begins with "Pitch".
        domain = DOMAIN if kind.startswith("Pitch") else None
        self.nodes.append(helper.make_node(kind, inputs, outputs, name=f"{name}/{kind}", domain=domain, **attributes))
        return outputs

    def reshaped(self, value: str, shape: list[int], output: str) -> str:
        """`value` in another shape."""
        return self.node("Reshape", [value, self.constant(f"{output}/shape", np.array(shape, np.int64))], output)

    def sliced(self, value: str, axis: int, begin: int, end: int, output: str) -> str:
        """`value[begin:end]` along an axis."""
        places = {"begin": begin, "end": end, "axis": axis}
        names = [self.constant(f"{output}/{key}", np.array([place], np.int64)) for key, place in places.items()]
        return self.node("Slice", [value, *names], output)

    def model(self, name: str) -> bytes:
        """The finished file.

        Raises:
            onnx.checker.ValidationError: the graph is not valid.

        """
        graph = helper.make_graph(self.nodes, name, self.inputs, self.outputs, self.initializers)
        heads = next((len(node.output) for node in self.nodes if node.op_type == "PitchHeads"), 0)
        model = helper.make_model(
            graph,
            functions=functions({node.op_type for node in self.nodes}, heads),
            opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, VERSION)],
            ir_version=9,
        )
        model.producer_name = "continuo-training"
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString()
