"""Compares the exported file, run in onnxruntime, with the trained network on real sequences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from .attributes import free
from .card import read_json, sha256
from .corpus import Piece
from .harmonist import features as harmonist
from .harmonist import frames
from .harmonizer import beats
from .harmonizer import features as harmonizer
from .networks.step_network import StepNetwork
from .soloist import features as soloist
from .soloist import notes

TOLERANCE = 1e-3
LIKENESS = 1e-4
"""How far the logits of two forms of one network may lie apart."""


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
    if name == "harmonizer":
        # Sequences of one length, for the file knows no beats after the end.
        batch = beats.whole(beats.BeatSet(frames.FrameSet(pieces)), 256)
        length = int(batch.valid.sum(0).min())
        given = (batch.beats.number[:length] % 4 == 3) & batch.valid[:length]
        batch = beats.opening(batch, length)
        levels = free(harmonizer.ATTRIBUTES, len(pieces))
        return harmonizer.features(batch, levels, batch.beats.notes.astype(np.int64), given)
    heard = frames.opening(frames.FrameSet(pieces))
    chord, bass = (values.astype(np.int64) for values in (heard.frames.chord, heard.frames.bass))
    history = harmonist.History(chord, bass, np.ones(len(pieces), dtype=bool))
    levels = free(harmonist.ATTRIBUTES, len(pieces))
    return harmonist.features(heard.frames, heard.style, levels, heard.frames.note.astype(np.int64), history)


def logits(data: bytes, rows: np.ndarray) -> dict[str, np.ndarray]:
    """What an exported file says, head by head, to sequences of feature vectors `[T, B, features]`."""
    run = session(data)
    if len(run.get_inputs()) == 1:
        return _of_whole_sequences(run, rows)
    heads = [output.name for output in run.get_outputs() if output.name.startswith("logits_")]
    states = {value.name: value.shape for value in run.get_inputs() if value.name != "features"}
    # A size that is a name is that of the sequences.
    states = {name: [1 if isinstance(size, str) else size for size in shape] for name, shape in states.items()}
    names = [*heads, *(f"{name.removesuffix('_in')}_out" for name in states)]
    said: dict[str, list[np.ndarray]] = {name: [] for name in heads}
    for lane in range(rows.shape[1]):
        state = [np.zeros(shape, np.float32) for shape in states.values()]
        for row in rows[:, lane : lane + 1]:
            outputs = run.run(names, {"features": row} | dict(zip(states, state, strict=True)))
            state = outputs[len(heads) :]
            for values, output in zip(said.values(), outputs, strict=False):
                values.append(output[0])
    in_time = {name: np.stack(values).reshape(rows.shape[1], rows.shape[0], -1) for name, values in said.items()}
    return {name.removeprefix("logits_"): values.swapaxes(0, 1) for name, values in in_time.items()}


def _of_whole_sequences(run: onnxruntime.InferenceSession, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The same from a file that reads each sequence at once."""
    names = [output.name for output in run.get_outputs()]
    said = [run.run(names, {"features": rows[:, lane]}) for lane in range(rows.shape[1])]
    return {name.removeprefix("logits_"): np.stack(values, 1) for name, *values in zip(names, *said, strict=True)}


@torch.no_grad()
def largest_differences(data: bytes, network: StepNetwork, rows: Tensor) -> dict[str, float]:
    """Largest absolute difference of each head over sequences of feature vectors `[T, B, features]`."""
    expected, _ = network(rows)
    said = logits(data, rows.numpy())
    return {name: float(np.abs(said[name] - values.numpy()).max()) for name, values in expected.items()}


def card_fits(folder: Path, name: str) -> bool:
    """Whether the card beside the file is that file's."""
    return read_json(folder / f"{name}.json")["sha256"] == sha256((folder / f"{name}.onnx").read_bytes())
