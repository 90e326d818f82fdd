"""Results as tables: on the terminal and in docs/models.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib

from ..config import MODELS, NETWORKS, RESULTS
from ..corpus import Piece
from ..networks.step_network import FAMILIES, SEQUENCE_FAMILIES, StepNetwork
from . import harmonization, harmony, melody

matplotlib.use("Agg")
from matplotlib import pyplot as plt

PAGE = MODELS.parent / "docs" / "models.md"
HEADING = "## Measured in training"
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
    "2021; CHE: entropy of the chords by duration, in nats. *React*: the note of the frame is known; *anticipate*: "
    "only the notes before. Nothing but the network and its sampling: no gate holds changes on the beat."
)
MELODY_NOTES = (
    "Bits per note on the first 256 notes of each piece of the `test` split, the style given. The n-grams that it is "
    "measured against are printed by `cargo xtask eval melody`."
)
TUNE_NOTES = (
    "The first 256 beats of each piece of the `test` split, all of the melody known, the style unknown; means over the "
    "pieces, beat by beat. Decoded as the plug-in does it."
)
TUNE_KEYS = (("root", "root"), ("root_and_mode", "root and mode"), ("nats", "nats per beat"))
STAGES = {
    "full": "trained, float32",
    "pruned": "pruned, not tuned",
    "tuned": "pruned and tuned",
    "int8": "pruned, tuned, int8",
}
STAGE_KEYS = (
    ("bits_react", "bits/frame, react"),
    ("bits_anticipate", "anticipate"),
    ("agreement_from_first_note_react", "agreement, react"),
    ("agreement_from_first_note_anticipate", "anticipate"),
    ("note_in_chord_react", "note-in-chord, react"),
    ("note_in_chord_anticipate", "anticipate"),
)


def measure(name: str, stages: dict[str, StepNetwork], pieces: list[Piece], config: dict[str, Any]) -> dict[str, Any]:
    """The results of one network."""
    if name == "harmonist":
        return harmony.measure(stages, pieces, config["seed"])
    if name == "harmonizer":
        return harmonization.measure(stages, pieces)
    return melody.measure(stages, pieces)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _judged_head(role: str, sources: list[str]) -> list[str]:
    """Columns of what `_judged` writes."""
    if role == "soloist":
        return ["pitch", "length", "time", "bits per note"]
    keys = TUNE_KEYS if role == "harmonizer" else STAGE_KEYS
    return [f"{source}: {title}" for source in sources for _, title in keys]


def _judged(role: str, values: dict[str, Any]) -> list[str]:
    if role == "soloist":
        return [f"{values[head]:.3f}" for head in ("pitch", "length", "time", "total")]
    keys = TUNE_KEYS if role == "harmonizer" else STAGE_KEYS
    return [f"{by_source[key]:.3f}" for by_source in values.values() for key, _ in keys]


def _stage_table(role: str, stages: dict[str, Any]) -> str:
    sources = [] if role == "soloist" else list(next(iter(stages.values())))
    rows = [[title, *_judged(role, stages[stage])] for stage, title in STAGES.items()]
    return _table(["stage", *_judged_head(role, sources)], rows)


def _harmony_tables(results: dict[str, Any]) -> str:
    parts = [HARMONY_NOTES]
    for source, systems in results["online"].items():
        rows = [
            [system] + [f"{values[key]:.3f}" for key, _ in COLUMNS]
            for system, values in sorted(systems.items(), key=_order)
            if system != "pieces"
        ]
        parts.append(_table([f"{source} ({systems['pieces']} pieces)"] + [title for _, title in COLUMNS], rows))
    parts.append("What each step cost (bits given the melody alone; style unknown, temperature 0.5):")
    parts.append(_stage_table("harmonist", results["stages"]))
    return "\n\n".join(parts)


def _order(item: tuple[str, Any]) -> tuple[int, str]:
    kinds = ("human", "rule", "network")
    return next((index for index, kind in enumerate(kinds) if item[0].startswith(kind)), 9), item[0]


def _melody_tables(results: dict[str, Any]) -> str:
    heads = ("pitch", "length", "time", "total")
    rows = [
        [f"{source} ({values['pieces']})"] + [f"{values[head]:.2f}" for head in heads]
        for source, values in results["bits_per_note"].items()
    ]
    return "\n\n".join(
        [
            MELODY_NOTES,
            _table(["source (pieces)", *heads], rows),
            "What each step cost (bits per note, mean over the sources):",
            _stage_table("soloist", results["stages"]),
        ]
    )


def _tune_tables(results: dict[str, Any]) -> str:
    rows = [
        [f"{source} ({results['pieces'][source]})", given]
        + [f"{values[key]:.3f}" for key in ("root", "root_and_mode", "nats", "rate", "rate_of_people")]
        for given, by_source in (
            ("nothing", results["stages"]["int8"]),
            ("every other four bars", results["infill"]),
        )
        for source, values in by_source.items()
    ]
    head = ["source (pieces)", "given", "root", "root and mode", "nats per beat", "changes per whole note", "people's"]
    return "\n\n".join(
        [TUNE_NOTES, _table(head, rows), "What each step cost:", _stage_table("harmonizer", results["stages"])]
    )


def tables(name: str, results: dict[str, Any]) -> str:
    """The results of one network in Markdown."""
    make = {"harmonist": _harmony_tables, "harmonizer": _tune_tables, "soloist": _melody_tables}
    return make[name](results)


def _cost(row: dict[str, Any]) -> list[str]:
    """Parameters, size of the file and time of a step, as far as it is exported."""
    parameters = f"{row['parameters'] / 1000:.0f}k"
    if "bytes" not in row:
        return [parameters, "–", "–"]
    return [parameters, f"{row['bytes'] / 1000:.0f}", f"{row['tract_us']:.0f}"]


def _family_table(role: str, rows: dict[str, Any]) -> str:
    sources = [] if role == "soloist" else list(next(iter(rows.values()))["judged"])
    head = ["family", "steps", "minutes", "parameters", "kB", "tract µs", "load ms", "ONNX Runtime µs"]
    body = [
        [
            family,
            str(row["steps"]),
            f"{row['minutes']:.0f}",
            *_cost(row),
            *(f"{row[key]:.0f}" if key in row else "–" for key in ("tract_load_ms", "onnxruntime_us")),
            *_judged(role, row["judged"]),
        ]
        for family, row in rows.items()
    ]
    return _table(head + _judged_head(role, sources), body)


def _pruning_table(role: str, rows: list[dict[str, Any]]) -> str:
    sources = list(rows[0]["int8"]) if role == "harmonist" else []
    head = ["units kept", "weights", "parameters", "kB", "tract µs"]
    body = [
        [f"{row['share']:.0%}", weights, *_cost(row), *_judged(role, row[weights])]
        for row in rows
        for weights in ("float32", "int8")
    ]
    return _table(head + _judged_head(role, sources), body)


def bits(role: str, judged: dict[str, Any]) -> float:
    """The likelihood in one number: bits per note, or bits per frame reacting, mean over the sources."""
    if role == "soloist":
        return judged["total"]
    return sum(values["bits_react"] for values in judged.values()) / len(judged)


def draw_pruning(path: Path) -> None:
    """Likelihood against the time of a step, one panel per role; labels: what is kept, and the size of the file."""
    studies = {role: json.loads(file.read_text()) for role in NETWORKS if (file := _study(role, "pruning")).is_file()}
    figure, axes = plt.subplots(1, len(studies), figsize=(5.2 * len(studies), 3.6), squeeze=False, layout="constrained")
    for axis, (role, study) in zip(axes[0], studies.items(), strict=True):
        x = [row["tract_us"] for row in study["rows"]]
        for weights, style in (("float32", "o--"), ("int8", "o-")):
            axis.plot(x, [bits(role, row[weights]) for row in study["rows"]], style, label=weights, markersize=4)
        for at, row in zip(x, study["rows"], strict=True):
            text = f"{row['share']:.0%}, {row['bytes'] / 1e6:.2f} MB"
            axis.annotate(text, (at, bits(role, row["int8"])), textcoords="offset points", xytext=(5, 6), fontsize=8)
        axis.set_title(f"{role}, {study['family']}")
        axis.set_xlabel("µs per step in tract")
        axis.set_ylabel("bits per note (valid)" if role == "soloist" else "bits per frame, reacting (valid)")
        axis.margins(0.2)
        axis.grid(alpha=0.3)
        axis.legend(frameon=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _study(role: str, what: str) -> Path:
    return RESULTS / f"{role}-{what}.json"


def _section(role: str) -> list[str]:
    """Everything about one role that has been measured."""
    parts = []
    for family in (*FAMILIES, *SEQUENCE_FAMILIES):
        file = MODELS / family / f"{role}.json"
        if file.is_file() and (card := json.loads(file.read_text(encoding="utf-8"))).get("metrics"):
            size = f"{card['parameters'] / 1000:.0f}k parameters, {card['bytes'] / 1000:.0f} kB"
            parts += [f"### {role.capitalize()}, {family} ({size})", tables(role, card["metrics"])]
    if _study(role, "families").is_file():
        rows = json.loads(_study(role, "families").read_text())
        text = "Every family trained for the same number of steps on the same batches, int8, judged on `test`:"
        parts += [f"### {role.capitalize()}: the families", text, _family_table(role, rows)]
    if _study(role, "pruning").is_file():
        study = json.loads(_study(role, "pruning").read_text())
        text = f"{study['family']}, each size tuned for {study['steps']} steps, on `valid` (the knee is chosen by it):"
        parts += [f"### {role.capitalize()}: pruning", text, _pruning_table(role, study["rows"])]
    return parts


def write_docs() -> None:
    """Replaces the generated section of docs/models.md by what the cards and the studies hold."""
    parts = [
        HEADING,
        "Written by the commands `evaluate`, `compare` and `curve` of `models/training`; the networks of the cards are "
        "as they are shipped: pruned, tuned, int8.",
    ]
    for role in NETWORKS:
        parts += _section(role)
    if any(_study(role, "pruning").is_file() for role in NETWORKS):
        draw_pruning(PAGE.with_name("pruning.png"))
        parts.append("![Likelihood against the time of a step](pruning.png)")
    text = PAGE.read_text(encoding="utf-8")
    before, _, after = text.partition(f"\n{HEADING}\n")
    rest = after.partition("\n## ")
    tail = f"\n## {rest[2]}" if rest[1] else ""
    PAGE.write_text(before.rstrip("\n") + "\n\n" + "\n\n".join(parts) + "\n" + tail, encoding="utf-8")
