"""The recurrent families: GRU (Cho et al. 2014) and LSTM (Hochreiter and Schmidhuber 1997)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .pitch_linear import PitchLinear, Width

State = dict[str, Tensor]


class _Recurrent(nn.Module):
    """Layers that run over time with weights made by `PitchLinear`."""

    gates: int
    parts: tuple[str, ...]
    """Names of the state of a layer."""

    def __init__(self, source: Width, hidden: list[Width], dropout: float) -> None:
        super().__init__()
        self.source, self.hidden = source, hidden
        below = [source, *hidden[:-1]]
        self.inputs = nn.ModuleList(
            PitchLinear(a, b, self.gates, by_channel=layer == 0)
            for layer, (a, b) in enumerate(zip(below, hidden, strict=True))
        )
        self.recurrent = nn.ModuleList(PitchLinear(width, width, self.gates) for width in hidden)
        self.dropout = nn.Dropout(dropout)

    @property
    def output(self) -> Width:
        """Width of what `forward` returns."""
        return self.hidden[-1]

    def initial(self, batch: int) -> State:
        """States of zeros, `[1, batch, H]` each."""
        device = self.inputs[0].regular.device
        return {
            f"{part}{layer}": torch.zeros(1, batch, width.size, device=device)
            for layer, width in enumerate(self.hidden)
            for part in self.parts
        }

    def layer(self, layer: int, rows: Tensor, state: State) -> tuple[Tensor, State]:
        """One layer over the whole of `rows`."""
        raise NotImplementedError

    def forward(self, rows: Tensor, state: State | None) -> tuple[Tensor, State]:
        """`[T, B, features]` and the states before (none: nothing heard) to `[T, B, output]` and the states after."""
        state = state or self.initial(rows.shape[1])
        after: State = {}
        for layer in range(len(self.hidden)):
            rows, new = self.layer(layer, self.dropout(rows) if layer else rows, state)
            after |= new
        return rows, after

    def weights(self, layer: int) -> list[Tensor]:
        """Input and recurrent weights and biases of a layer, as torch wants them."""
        (inputs, bias), (recurrent, recurrent_bias) = self.inputs[layer].dense(), self.recurrent[layer].dense()
        return [inputs, recurrent, bias, recurrent_bias]


class Gru(_Recurrent):
    """Gated recurrent units."""

    gates = 3
    parts = ("h",)

    def layer(self, layer: int, rows: Tensor, state: State) -> tuple[Tensor, State]:
        """One layer of GRU."""
        name = f"h{layer}"
        out, last = torch.gru(rows, state[name], self.weights(layer), True, 1, 0.0, self.training, False, False)
        return out, {name: last}


class Lstm(_Recurrent):
    """Long short-term memory."""

    gates = 4
    parts = ("h", "c")

    def __init__(self, source: Width, hidden: list[Width], dropout: float) -> None:
        super().__init__(source, hidden, dropout)
        # Remember at first (Jozefowicz et al. 2015): the second gate is the forget gate.
        with torch.no_grad():
            for inputs, width in zip(self.inputs, hidden, strict=True):
                inputs.bias_regular[width.channels : 2 * width.channels] = 1.0
                inputs.bias_plain[width.plain : 2 * width.plain] = 1.0

    def layer(self, layer: int, rows: Tensor, state: State) -> tuple[Tensor, State]:
        """One layer of LSTM."""
        h, c = f"h{layer}", f"c{layer}"
        hidden = [state[h], state[c]]
        out, *last = torch.lstm(rows, hidden, self.weights(layer), True, 1, 0.0, self.training, False, False)
        return out, dict(zip((h, c), last, strict=True))
