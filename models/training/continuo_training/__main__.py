"""The commands: `python -m continuo_training COMMAND …`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from . import commands, comparison, feel, harmonization, moves
from .arguments import network_file, positive, share, target_folder
from .config import NETWORKS, RUNS
from .corpus import CorpusError, CorpusMissingError
from .errors import UsageError
from .importing import command as importing
from .mining import command as mining
from .networks.step_network import FAMILIES, SEQUENCE_FAMILIES
from .texture import command as texture
from .texture import round_trip
from .texture.ensemble import study as ensemble
from .texture.passages import command as passages
from .texture.plans import study as plans
from .training import quiet_threads

COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], int], str]] = {
    "train": (commands.train_full, "train the full network"),
    "make": (commands.make, "prune, tune, quantize, export and verify"),
    "verify": (commands.verify_network, "compare the exported network with the trained one; write fixture and card"),
    "evaluate": (commands.evaluate_network, "measure on the test split; write card and docs"),
    "compare": (comparison.compare_families, "train every family on the same budget; write the table"),
    "curve": (comparison.pruning_curve, "prune to several sizes; write the table and the picture"),
}


class _Role(argparse.Action):
    """The role of a network; without a family it is made in the first one of the role."""

    def __call__(
        self, _: argparse.ArgumentParser, namespace: argparse.Namespace, role: str, __: str | None = None
    ) -> None:
        """Takes it over."""
        namespace.network = role
        if role == texture.NAME:
            namespace.run = texture.COMMANDS[namespace.command]
        elif "family" in namespace and namespace.family is None:
            namespace.family = commands.families_of(role)[0]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="continuo_training", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True)
    for name, (run, text) in COMMANDS.items():
        sub = subparsers.add_parser(name, help=text)
        roles = (*NETWORKS, texture.NAME) if name in texture.COMMANDS else NETWORKS
        sub.add_argument("network", choices=roles, action=_Role)
        sub.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="folder of SOURCE.jsonl.gz files")
        sub.add_argument("--runs", type=target_folder, default=RUNS, metavar="DIR", help="checkpoints and logs")
        if name != "compare":
            help_family = f"{FAMILIES[0]}, or for a harmonizer {SEQUENCE_FAMILIES[0]}, if left out"
            sub.add_argument("--family", choices=(*FAMILIES, *SEQUENCE_FAMILIES), help=help_family)
        if name in ("make", "verify", "evaluate"):
            sub.add_argument(
                "--out", type=target_folder, metavar="DIR", help="a folder of your own instead of models/FAMILY"
            )
        if name in ("train", "make", "compare", "curve"):
            sub.add_argument("--steps", type=positive, help="budget instead of the configured one")
            sub.add_argument("--fresh", action="store_true", help="begin anew instead of going on")
        if name == "train":
            help_start = "go on from an exported network with its card, at the rate of fine tuning"
            sub.add_argument("--from", dest="start", type=network_file, metavar="FILE.onnx", help=help_start)
            sub.add_argument("--devices", type=positive, default=1, help="processes, each with a GPU if there is one")
        if name in ("train", "make"):
            help_teacher = "an exported harmonizer, from whose beliefs a harmonist learns beside the written chords"
            sub.add_argument("--teacher", type=network_file, metavar="FILE.onnx", help=help_teacher)
        if name == "make":
            sub.add_argument("--keep", type=share, help="share of the units that stay")
        sub.set_defaults(run=run, command=name)
    sub = subparsers.add_parser("convert", help="write an exported network of an older contract anew, with its card")
    sub.add_argument("file", type=network_file, metavar="FILE.onnx", help="a network, its card beside it")
    sub.add_argument("--out", type=target_folder, metavar="DIR", help="another folder instead of its own")
    sub.set_defaults(run=commands.convert)
    sub = subparsers.add_parser("import", help="read a folder of MIDI, MusicXML and ABC files into a corpus")
    importing.add_arguments(sub)
    sub.set_defaults(run=importing.run)
    sub = subparsers.add_parser("mine", help="find how the parts of the corpus accompany; write models/styles")
    mining.add_arguments(sub)
    sub.set_defaults(run=mining.run)
    sub = subparsers.add_parser("texture-round-trip", help="what of the bars of the corpus comes back from the grid")
    round_trip.add_arguments(sub)
    sub.set_defaults(run=round_trip.run)
    sub = subparsers.add_parser("texture-passages", help="bars that people played, for the band; write models/passages")
    passages.add_arguments(sub)
    sub.set_defaults(run=passages.run)
    sub = subparsers.add_parser("texture-plans", help="study: codes of bars and sections, and a prior over them")
    plans.add_arguments(sub)
    sub.set_defaults(run=plans.run)
    sub = subparsers.add_parser("texture-ensemble", help="study: bars of Chords, Bass and Drums, made together")
    ensemble.add_arguments(sub)
    sub.set_defaults(run=ensemble.run)
    sub = subparsers.add_parser("feel", help="measure how people time and weigh their strokes; write models/feel.json")
    feel.add_arguments(sub)
    sub.set_defaults(run=feel.run)
    sub = subparsers.add_parser("moves", help="how people move from chord to chord beside the band; for models/styles")
    moves.add_arguments(sub)
    sub.set_defaults(run=moves.run)
    sub = subparsers.add_parser(
        "harmonization", help="how the harmonizer is to harmonize in each style; for models/styles"
    )
    harmonization.add_arguments(sub)
    sub.set_defaults(run=harmonization.run)
    return parser


def main() -> int:
    """Runs the command line. 2: something is missing or cannot be read; 1: a check failed."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot show is no reason to stop.
        stream.reconfigure(errors="backslashreplace")
    args = parser().parse_args()
    quiet_threads()
    try:
        return args.run(args)
    except (CorpusMissingError, CorpusError, OSError, RuntimeError, UsageError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
