"""Compares the exported file, run step by step in onnxruntime, with the trained network on real sequences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from .card import read_json, sha256
from .recurrent import StepNetwork

TOLERANCE = 1e-3


def session(data: bytes) -> onnxruntime.InferenceSession:
    """The exported file on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


@torch.no_grad()
def largest_differences(data: bytes, network: StepNetwork, rows: Tensor) -> dict[str, float]:
    """Largest absolute difference of each output over sequences of feature vectors `[T, B, features]`."""
    run = session(data)
    names = [output.name for output in run.get_outputs()]
    states0, states1 = network(rows)
    expected = {f"logits_{name}": values for name, values in network.logits(states1).items()}
    expected |= {"h0_out": states0, "h1_out": states1}
    worst = dict.fromkeys(expected, 0.0)
    for lane in range(rows.shape[1]):
        states = {f"h{layer}_in": np.zeros((1, 1, size), np.float32) for layer, size in enumerate(network.shape.hidden)}
        for step in range(rows.shape[0]):
            features = rows[step, lane : lane + 1].numpy()
            got = dict(zip(names, run.run(None, {"features": features} | states), strict=True))
            states = {"h0_in": got["h0_out"], "h1_in": got["h1_out"]}
            for name, values in expected.items():
                difference = np.abs(got[name].ravel() - values[step, lane].numpy()).max()
                worst[name] = max(worst[name], float(difference))
    return worst


def card_fits(folder: Path, name: str) -> bool:
    """Whether the card beside the file is that file's."""
    return read_json(folder / f"{name}.json")["sha256"] == sha256((folder / f"{name}.onnx").read_bytes())
