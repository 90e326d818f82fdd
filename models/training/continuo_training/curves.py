"""The course of a training as a picture: losses, score and learning rate, drawn from `log.jsonl`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

PANELS: tuple[tuple[str, dict[str, str]], ...] = (
    ("loss", {"train_loss": "train", "valid_loss": "valid"}),
    ("score on valid", {"valid.score": "score"}),
    ("learning rate", {"learning_rate": "learning rate"}),
)
"""Label of each panel, and the fields of the log that it shows with their names in the legend."""


def read(log: Path) -> list[dict[str, Any]]:
    """The records of a `log.jsonl`, one per validation."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def draw(log: Path, picture: Path) -> None:
    """Draws the records of `log` over their steps into the PNG file `picture`."""
    records = read(log)
    steps = [record["step"] for record in records]
    figure = Figure(figsize=(8, 9))
    figure.subplots_adjust(left=0.11, right=0.97, bottom=0.06, top=0.98, hspace=0.08)
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(PANELS), sharex=True)
    for axes, (label, lines) in zip(panels, PANELS, strict=True):
        for name, legend in lines.items():
            axes.plot(steps, [record[name] for record in records], marker=".", label=legend)
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
        if len(lines) > 1:
            axes.legend()
    panels[-1].set_xlabel("step")
    figure.savefig(picture, format="png", dpi=110)
