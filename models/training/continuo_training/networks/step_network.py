"""A step network: a body of one of the families, and heads."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .pitch_linear import CLASSES, PitchLinear, Width
from .recurrent import Gru, Lstm, State
from .sequence import BidirectionalGru, Convolution, Encoder
from .transformer import Transformer

FAMILIES = ("gru", "lstm", "transformer")
"""Of the networks that go from step to step."""
SEQUENCE_FAMILIES = ("bidirectional-gru", "encoder", "convolution")
"""Of the networks that read a whole sequence at once."""
WIDEST = 24
"""Intervals beyond so many semitones count as so many."""
PITCHES = 60


@dataclass(frozen=True)
class Head:
    """An output.

    `classes`: for each pitch class `channels` values, then the plain ones. `note`: the plain values, then each channel.
    `pitch`: logits of 60 pitches as the product of three experts, which speak of the pitch class, of the interval from
    the last pitch and of the register (Hinton 2002, "Training products of experts").
    """

    kind: str
    channels: int = 0
    plain: int = 0

    @property
    def width(self) -> Width:
        """What the linear map must give."""
        return Width(1, 2 * WIDEST + 1 + PITCHES) if self.kind == "pitch" else Width(self.channels, self.plain)

    @property
    def size(self) -> int:
        """Number of logits."""
        return PITCHES if self.kind == "pitch" else self.width.size


@dataclass(frozen=True)
class Shape:
    """Everything that a step network is built from."""

    family: str
    features: tuple[int, int]
    """Regular channels and plain values of the feature vector."""
    hidden: tuple[tuple[int, int], ...]
    """Regular channels and plain units of each layer."""
    heads: dict[str, tuple[str, int, int]]
    """Kind, channels and plain values of each output."""
    last_pitch: int = 0
    """Where the last pitch stands in the feature vector, for a head of kind `pitch`."""
    attention: tuple[int, int, int] = (0, 0, 0)
    """Heads, context or reach in steps, and how much wider the inner layer is: the Transformers'."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a checkpoint or a card."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Shape:
        """The shape of `as_dict`, also after a trip through JSON."""
        return cls(
            values["family"],
            tuple(values["features"]),
            tuple(tuple(layer) for layer in values["hidden"]),
            {name: tuple(head) for name, head in values["heads"].items()},
            values["last_pitch"],
            tuple(values["attention"]),
        )


class StepNetwork(nn.Module):
    """Runs over sequences of feature vectors `[T, B, features]`.

    A family that goes from step to step carries its state along, T = 1 included; one that reads a whole sequence at
    once has none.
    """

    def __init__(self, shape: Shape, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.body = _body(shape, dropout)
        self.dropout = nn.Dropout(dropout)
        self.outputs = {name: Head(*head) for name, head in shape.heads.items()}
        channels = sum(head.width.channels for head in self.outputs.values())
        plain = sum(head.width.plain for head in self.outputs.values())
        self.heads = PitchLinear(self.body.output, Width(channels, plain))
        self.register_buffer("intervals", _intervals(), persistent=False)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.intervals.device

    def initial(self, batch: int) -> State:
        """The state in which nothing has been heard, by name; the second or the first axis is the batch."""
        return self.body.initial(batch)

    def forward(self, features: Tensor, state: State | None = None) -> tuple[dict[str, Tensor], State]:
        """Logits of every head `[T, B, size]`, and the state after."""
        hidden, state = self.body(features, state)
        return self._logits(self.heads(self.dropout(hidden)), features), state

    def head_values(self, values: Tensor) -> dict[str, tuple[Tensor, Head]]:
        """What the linear map `[..., total]` gives each head, in the order of its logits (`pitch`: of its experts)."""
        channels = self.heads.target.channels
        regular = values[..., : CLASSES * channels].unflatten(-1, (CLASSES, channels))
        plain = values[..., CLASSES * channels :]
        out: dict[str, tuple[Tensor, Head]] = {}
        channel = at = 0
        for name, head in self.outputs.items():
            mine = regular[..., channel : channel + head.width.channels]
            rest = plain[..., at : at + head.width.plain]
            channel, at = channel + head.width.channels, at + head.width.plain
            if head.kind == "note":
                out[name] = torch.cat([rest, mine.transpose(-1, -2).flatten(-2)], -1), head
            else:
                out[name] = torch.cat([mine.flatten(-2), rest], -1), head
        return out

    def _logits(self, values: Tensor, features: Tensor) -> dict[str, Tensor]:
        return {
            name: self._pitches(mine, features) if head.kind == "pitch" else mine
            for name, (mine, head) in self.head_values(values).items()
        }

    def _pitches(self, experts: Tensor, features: Tensor) -> Tensor:
        classes, interval, register = experts.split((CLASSES, 2 * WIDEST + 1, PITCHES), -1)
        last = features[..., self.shape.last_pitch : self.shape.last_pitch + PITCHES]
        moved = interval.gather(-1, self.intervals[last.argmax(-1)])
        repeats = [1] * (classes.dim() - 1)
        return classes.repeat(*repeats, PITCHES // CLASSES) + register + moved * last.sum(-1, keepdim=True)


def _body(shape: Shape, dropout: float) -> nn.Module:
    """The body that a shape tells of."""
    source, hidden = Width(*shape.features), [Width(*layer) for layer in shape.hidden]
    recurrent = {"gru": Gru, "lstm": Lstm, "bidirectional-gru": BidirectionalGru}
    if shape.family in recurrent:
        return recurrent[shape.family](source, hidden, dropout)
    if shape.family == "convolution":
        return Convolution(source, hidden[0], len(hidden), dropout)
    heads, context, wider = shape.attention
    inner = Width(wider * hidden[0].channels, wider * hidden[0].plain)
    attentive = {"transformer": Transformer, "encoder": Encoder}[shape.family]
    return attentive(source, hidden[0], len(hidden), heads, context, inner, dropout)


def _intervals() -> Tensor:
    """Index of the interval between every last pitch and every pitch, `[60, 60]`."""
    pitch = torch.arange(PITCHES)
    return (pitch[None] - pitch[:, None]).clamp(-WIDEST, WIDEST) + WIDEST


def parameter_count(network: nn.Module) -> int:
    """Number of trained values; each stands in 12 places of the matrices if it is shared by the keys."""
    return sum(parameter.numel() for parameter in network.parameters())


def load_network(path: Path, dropout: float = 0.0) -> StepNetwork:
    """The network of a checkpoint, ready to be run."""
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: run the step before this one first (see models/training/README.md)"
        )
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    network = StepNetwork(Shape.from_dict(checkpoint["shape"]), dropout)
    network.load_state_dict(checkpoint["network"])
    return network.eval()
