"""The commands: `python -m continuo_training COMMAND NETWORK --corpus DIR`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from . import commands
from .config import NETWORKS
from .corpus import CorpusMissingError
from .training import quiet_threads

COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], int], str]] = {
    "train": (commands.train_full, "train the full network"),
    "prune": (commands.prune_and_tune, "remove hidden units and tune what is left"),
    "export": (commands.export_network, "write the ONNX file with int8 weights and its card"),
    "verify": (commands.verify_network, "compare the ONNX file with the network; write the fixture"),
    "evaluate": (commands.evaluate_network, "measure on the test split; write card and docs"),
}


def main() -> int:
    """Runs the command line. 2: something is missing; 1: a check failed."""
    parser = argparse.ArgumentParser(prog="continuo_training", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True)
    for name, (run, text) in COMMANDS.items():
        sub = subparsers.add_parser(name, help=text)
        sub.add_argument("network", choices=NETWORKS)
        sub.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="folder of SOURCE.jsonl.gz files")
        if name in ("train", "prune"):
            sub.add_argument("--minutes", type=float, help="time budget instead of the configured one")
            sub.add_argument("--fresh", action="store_true", help="begin anew instead of resuming")
        sub.set_defaults(run=run)
    args = parser.parse_args()
    quiet_threads()
    try:
        return args.run(args)
    except (CorpusMissingError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
