"""Results as tables: on the terminal and in docs/models.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..card import read_json
from ..config import NETWORKS
from ..corpus import Piece
from ..recurrent import StepNetwork
from . import harmony, melody

HEADING = "## Measured"
COLUMNS = (
    ("agreement", "agreement"),
    ("agreement_from_first_note", "from first note"),
    ("note_in_chord", "note-in-chord"),
    ("ctnctr", "CTnCTR"),
    ("pcs", "PCS"),
    ("mctd", "MCTD"),
    ("che", "CHE"),
    ("on_beat", "on the beat"),
    ("changes_per_bar", "changes/bar"),
)
HARMONY_NOTES = (
    "Chords from nothing on the first 256 frames of each piece of the `test` split, the melody arriving in real "
    "time; mean over the pieces. Agreement: share of frames with a human chord with which three or more pitch "
    "classes are shared; *from first note*: of those after the melody has begun. CTnCTR, PCS, MCTD: Yeh et al. "
    "2021; CHE: entropy of the chords by duration, in nats. *React*: the note of the frame is known; *live*: it "
    "is, but not the note of the frame before (as in the plug-in's answer table); *anticipate*: only the notes "
    "before. Temperature 0.5; chords change on beats, except where it says *no gate*. Left alone, the network would "
    "rather try another chord on every beat than keep one that it doubts; *reluctant*: log-odds of 0.5 in the middle "
    "of the bar and 1.5 on weaker beats count against a change, for about as many changes as people make."
)
MELODY_NOTES = (
    "Bits per note on the first 256 notes of each piece of the `test` split. Bigram: interpolated, counted on "
    "`train`, smoothed on `valid`; pitch is the better of absolute and interval bigram."
)
STAGES = {
    "full": "trained, float32",
    "pruned": "pruned, not tuned",
    "tuned": "pruned and tuned",
    "int8": "pruned, tuned, int8",
}


def measure(name: str, stages: dict[str, StepNetwork], pieces: list[Piece], config: dict[str, Any]) -> dict[str, Any]:
    """The results of one network."""
    if name == "harmonist":
        return harmony.measure(stages, pieces, config["seed"])
    return melody.measure(stages, pieces)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _harmony_tables(results: dict[str, Any]) -> str:
    parts = [HARMONY_NOTES]
    for source, systems in results["online"].items():
        rows = [
            [system] + [f"{values[key]:.3f}" for key, _ in COLUMNS]
            for system, values in sorted(systems.items(), key=_order)
            if system != "pieces"
        ]
        head = [f"{source} ({systems['pieces']} pieces)"] + [title for _, title in COLUMNS]
        parts.append(_table(head, rows))
    keys = (
        ("bits_per_frame_note_known", "bits/frame, note known"),
        ("bits_per_frame_note_hidden", "note hidden"),
        ("agreement_react", "agreement"),
        ("note_in_chord_react", "note-in-chord"),
    )
    head = ["stage"] + [f"{source}: {title}" for source in results["online"] for _, title in keys]
    rows = [
        [STAGES[stage]] + [f"{by_source[source][key]:.3f}" for source in results["online"] for key, _ in keys]
        for stage, by_source in ((stage, results["stages"][stage]) for stage in STAGES)
    ]
    parts.append("What each step cost (bits given the human history; the other two reacting, style unknown):")
    parts.append(_table(head, rows))
    return "\n\n".join(parts)


def _order(item: tuple[str, Any]) -> tuple[int, str]:
    kinds = ("human", "rule", "network")
    return next((index for index, kind in enumerate(kinds) if item[0].startswith(kind)), 9), item[0]


def _melody_tables(results: dict[str, Any]) -> str:
    heads = ("pitch", "length", "time", "total")
    rows = []
    for source, values in results["bits_per_note"].items():
        for system in ("network", "bigram"):
            rows.append([f"{source} ({values['pieces']})", system] + [f"{values[system][head]:.2f}" for head in heads])
    stages = [[title] + [f"{results['stages'][stage][head]:.3f}" for head in heads] for stage, title in STAGES.items()]
    return "\n\n".join(
        [
            MELODY_NOTES,
            _table(["source (pieces)", "system", *heads], rows),
            "What each step cost (bits per note, mean over the sources):",
            _table(["stage", *heads], stages),
        ]
    )


def tables(name: str, results: dict[str, Any]) -> str:
    """The results of one network in Markdown."""
    return _harmony_tables(results) if name == "harmonist" else _melody_tables(results)


def write_docs(page: Path, models: Path) -> None:
    """Replaces the section "Measured" of `page` by the metrics in the cards of the folder `models`."""
    parts = [
        HEADING,
        "Written by `python -m continuo_training evaluate NETWORK --corpus DIR` (in `models/training/`). The networks "
        "as they are shipped: pruned, tuned, int8.",
    ]
    for name in NETWORKS:
        card = read_json(models / f"{name}.json")
        if card["metrics"]:
            size = f"{card['parameters'] / 1000:.0f}k parameters, {card['bytes'] / 1000:.0f} kB"
            parts += [f"### {name.capitalize()} ({size})", tables(name, card["metrics"])]
    text = page.read_text(encoding="utf-8")
    before, _, after = text.partition(f"\n{HEADING}\n")
    rest = after.partition("\n## ")
    tail = f"\n## {rest[2]}" if rest[1] else ""
    page.write_text(before.rstrip("\n") + "\n\n" + "\n\n".join(parts) + "\n" + tail, encoding="utf-8")
