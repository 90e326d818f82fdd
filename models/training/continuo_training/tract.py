"""An exported network in tract, through the Rust crate that plays it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from .config import MODELS


def measured_in_tract(network: Path, fixture: Path | None) -> dict[str, Any]:
    """Largest difference per head over the fixture (`differences`), `us_per_step`, `load_ms`.

    Raises:
        RuntimeError: the program cannot be built, or the network is refused; the message says why.
    """
    build = ["cargo", "build", "--release", "--workspace", "--lib", "--bins", "--examples"]  # what every command builds
    _run(build, network)
    command = [str(MODELS.parent / "target" / "release" / "step"), str(network.resolve())]
    command += ["--fixture", str(fixture.resolve())] if fixture else []
    return json.loads(_run(command, network))


def _run(command: list[str], network: Path) -> str:
    done = subprocess.run(command, cwd=MODELS.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{network} in tract: {done.stderr.strip()[-2000:]}")
    return done.stdout
