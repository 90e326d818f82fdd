"""Compares the exported file, run step by step in onnxruntime, with the trained network on real sequences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from .attributes import free
from .card import read_json, sha256
from .corpus import Piece
from .export import silence
from .harmonist import features as harmonist
from .harmonist import frames
from .networks.step_network import StepNetwork
from .soloist import features as soloist
from .soloist import notes

TOLERANCE = 1e-3


def session(data: bytes) -> onnxruntime.InferenceSession:
    """The exported file on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def real_rows(name: str, pieces: list[Piece], count: int = 6) -> Tensor:
    """Feature vectors `[T, B, features]` of the openings of `count` pieces, with their own chords as history."""
    pieces = pieces[:: max(len(pieces) // count, 1)][:count]
    if name == "soloist":
        batch = notes.opening(notes.NoteSet(pieces), np.arange(len(pieces)))
        return soloist.features(batch.notes, batch.style, free(tuple(soloist.ATTRIBUTES), len(pieces)))
    heard = frames.opening(frames.FrameSet(pieces))
    chord, bass = (values.astype(np.int64) for values in (heard.frames.chord, heard.frames.bass))
    history = harmonist.History(chord, bass, np.ones(len(pieces), dtype=bool))
    levels = free(harmonist.ATTRIBUTES, len(pieces))
    return harmonist.features(heard.frames, heard.style, levels, heard.frames.note.astype(np.int64), history)


@torch.no_grad()
def largest_differences(data: bytes, network: StepNetwork, rows: Tensor) -> dict[str, float]:
    """Largest absolute difference of each head over sequences of feature vectors `[T, B, features]`."""
    run = session(data)
    names = [output.name for output in run.get_outputs()]
    expected, _ = network(rows)
    worst = dict.fromkeys(expected, 0.0)
    for lane in range(rows.shape[1]):
        states = silence(network)
        for step in range(rows.shape[0]):
            outputs = run.run(None, {"features": rows[step, lane : lane + 1].numpy()} | states)
            got = dict(zip(names, outputs, strict=True))
            states = {name: got[f"{name.removesuffix('_in')}_out"] for name in states}
            for name, values in expected.items():
                difference = np.abs(got[f"logits_{name}"].ravel() - values[step, lane].numpy()).max()
                worst[name] = max(worst[name], float(difference))
    return worst


def card_fits(folder: Path, name: str) -> bool:
    """Whether the card beside the file is that file's."""
    return read_json(folder / f"{name}.json")["sha256"] == sha256((folder / f"{name}.onnx").read_bytes())
