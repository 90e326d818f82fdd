"""One TOML file per network holds every choice of its training."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
"""models/training"""
MODELS = ROOT.parent
"""models: where the exported networks, their cards and the fixtures lie."""
RUNS = ROOT / "runs"
"""Checkpoints and logs; not committed."""
RESULTS = ROOT / "results"
"""What the studies found, as tables of JSON; docs/models.md is written from them."""

NETWORKS = ("harmonist", "soloist", "harmonizer")


def load_config(network: str) -> dict[str, Any]:
    """The configuration of `network`."""
    with (ROOT / "configs" / f"{network}.toml").open("rb") as file:
        return tomllib.load(file)
