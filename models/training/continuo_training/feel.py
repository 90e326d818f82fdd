"""The command `feel`: how people time and weigh what they strike, measured on the training split; writes a table.

Drummers are those of the Groove MIDI dataset, in 4/4; pianists those of POP909.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .arguments import target_folder
from .config import MODELS
from .corpus import BROKEN_FILE, REPOSITORIES, CorpusMissingError

SPLIT = "train"
CREDIT = (
    "Jon Gillick, Adam Roberts, Jesse Engel, Douglas Eck, David Bamman, Groove MIDI Dataset 1.0.0, CC-BY 4.0, "
    "magenta.tensorflow.org/datasets/groove"
)
"""Who is to be named for what was measured of the drummers, as in models/LICENSE-WEIGHTS.md."""
DRUMS = {
    "kick": (35, 36),
    "snare": (38, 40),
    "side_stick": (37,),
    "closed_hat": (22, 42),
    "pedal_hat": (44,),
    "open_hat": (26, 46),
    "ride": (51, 53, 59),
    "crash": (49, 52, 55, 57),
    "low_tom": (41, 43, 58),
    "mid_tom": (45, 47),
    "high_tom": (48, 50),
}
"""The keys of the dataset's kit, a Roland TD-11."""
DRUM_OF = {key: drum for drum, keys in DRUMS.items() for key in keys}
TIME = {"ride", "closed_hat", "open_hat", "pedal_hat", "snare"}
"""What may tell whether a piece swings."""
OFF_BEATS = (0.44, 0.78)
"""Where in the beat off-beat eighths may lie."""
SWUNG = 0.53
"""From where on they swing, as medians of a piece."""
FEWEST_OFF_BEATS = 16
MOST_SIXTEENTHS = 0.45
"""The first sixteenths of beats to each off-beat: a piece of more goes in sixteenths, and its eighths are straight."""
SLOTS = (0.0, 0.25, 0.5, 0.75)
"""The slots of a beat: sixteenths."""
NEAR = 0.1
"""The part of a beat beyond which a stroke belongs to no slot."""
FEWEST_STROKES, FEWEST_PIECES, LEAST_SHARE = 120, 3, 0.05
"""What a style must have of a drum in a slot to have a row of its own; what is rarer there was meant for another."""
SHORTEST, PHRASE = 16, 8
"""Bars of a piece whose loudness is followed, and of a phrase."""
SLIPS = 0.05
"""The share of strokes that are softer than what counts as the softest: many are slips, and are not heard."""
OFF_EIGHTHS, FEWEST_SIXTEENTHS, LEAST_SIXTEENTHS = (0.16, 0.42), 32, 0.2
"""Where in the eighth its second sixteenth may lie; how many, and what share of all, a piece of sixteenths has."""
KINDS, SIXTEENTH_TEMPI = ("funk", "hiphop", "soul"), (95, 110)
"""Kinds of beats that go in sixteenths, and the tempi between which their swing is told."""
TEMPI = (80, 115, 150, 200, 250, 320)
"""Between these tempi the swing of a style is told."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="folder of SOURCE.jsonl.gz files")
    parser.add_argument("--out", type=target_folder, default=MODELS, metavar="DIR", help="folder of feel.json")


def run(args: argparse.Namespace) -> int:
    """Measures, and writes `feel.json`."""
    drummers = [record for record in records(args.corpus, "groove") if _is_beat(record)]
    timing, together = timing_of(drummers)
    pianists = list(records(args.corpus, "pop909"))
    loudness = loudness_of([part for record in pianists for part in parts_of(record)])
    struck = [velocity for record in drummers for *_, velocity in strokes_of(record)]
    table = {
        "provenance": {
            "groove": _origin(drummers, "Groove MIDI Dataset 1.0.0 (Gillick et al. 2019)", CREDIT),
            "pop909": _origin(pianists, REPOSITORIES["pop909"]),
        },
        "timing": timing,
        "together": together,
        "pianists": loudness,
        "drummers": loudness_of_drummers(drummers) | {"softest": softest(struck)},
        "swing": swing_by_tempo(drummers),
        "sixteenths": sixteenths_by_tempo(drummers),
    }
    path = args.out / "feel.json"
    args.out.mkdir(parents=True, exist_ok=True)
    path.write_text(written(table), encoding="utf-8")
    print(f"{path}: {len(drummers)} pieces of drummers, {len(pianists)} of pianists")
    return 0


def _origin(found: list[dict[str, Any]], source: str, *credits: str) -> dict[str, Any]:
    licences = sorted({record["licence"] for record in found})
    return {"source": source, "licence": "; ".join(licences), "pieces": len(found), "credits": [*credits]}


def records(folder: Path, source: str) -> Iterator[dict[str, Any]]:
    """The records of one file that are to be learned from.

    Raises:
        CorpusMissingError: the file is not there, or breaks off.

    """
    path = folder / f"{source}.jsonl.gz"
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if record["split"] == SPLIT:
                    yield record
    except BROKEN_FILE as error:
        raise CorpusMissingError(f"{path} cannot be read: {error}. Name the corpus with --corpus DIR.") from error


def _is_beat(record: dict[str, Any]) -> bool:
    return "beat" in record["tags"] and record["meter"] == [[0, 4, 4]]


def strokes_of(record: dict[str, Any]) -> list[tuple[float, str, int]]:
    """The strokes of a drummer: when, in beats; what; how hard."""
    ticks = record.get("ticks", 24)
    notes = record["parts"]["drums"]
    return [(onset / ticks, DRUM_OF[key], velocity) for onset, _, key, velocity in notes if key in DRUM_OF]


def swing_of(strokes: list[tuple[float, str, int]]) -> float:
    """Where in the beat the off-beat eighths of a piece lie: 0.5 if it is straight."""
    phases = np.array([at % 1 for at, drum, _ in strokes if drum in TIME])
    off = phases[(phases > OFF_BEATS[0]) & (phases < OFF_BEATS[1])]
    sixteenths = phases[(phases > 0.18) & (phases < 0.32)]
    if len(off) < FEWEST_OFF_BEATS or len(sixteenths) > MOST_SIXTEENTHS * len(off):
        return 0.5
    return float(np.median(off)) if np.median(off) >= SWUNG else 0.5


def swing_by_tempo(found: list[dict[str, Any]]) -> dict[str, list[list[float]]]:
    """For each style that swings: between the tempi, the mean tempo, share of a full triplet's swing, and pieces."""
    by_style: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for record in found:
        position = swing_of(strokes_of(record))
        if position > 0.5:
            by_style[record["style"]].append((record["tempo"], (position - 0.5) * 6))
    rows: dict[str, list[list[float]]] = {}
    for style, pieces in sorted(by_style.items()):
        values = np.array(pieces)
        place = np.digitize(values[:, 0], TEMPI)
        rows[style] = [
            [*np.round(values[place == index].mean(axis=0), 2).tolist(), int((place == index).sum())]
            for index in np.unique(place)
        ]
    return rows


def sixteenth_swing_of(strokes: list[tuple[float, str, int]]) -> float | None:
    """How late the sixteenths between eighths come, as a share of a full triplet; None: there are few of them."""
    phases = np.array([at % 0.5 for at, drum, _ in strokes if drum in TIME])
    off = phases[(phases > OFF_EIGHTHS[0]) & (phases < OFF_EIGHTHS[1])]
    if len(off) < FEWEST_SIXTEENTHS or len(off) < LEAST_SIXTEENTHS * len(phases):
        return None
    return float(np.median(off) - 0.25) * 12


def sixteenths_by_tempo(found: list[dict[str, Any]]) -> dict[str, list[list[float]]]:
    """For each kind of beat in straight eighths: between the tempi, the mean tempo, median swing, and pieces."""
    rows: dict[str, list[list[float]]] = {}
    for kind in KINDS:
        pieces = [
            (record["tempo"], swing)
            for record in found
            if kind in record["tags"] and swing_of(strokes_of(record)) == 0.5
            if (swing := sixteenth_swing_of(strokes_of(record))) is not None
        ]
        values = np.array(pieces).reshape(-1, 2)
        place = np.digitize(values[:, 0], SIXTEENTH_TEMPI)
        rows[kind] = [
            [round(float(of[:, 0].mean()), 1), round(float(np.median(of[:, 1])), 2), len(of)]
            for of in (values[place == index] for index in np.unique(place))
        ]
    return rows


def timing_of(found: list[dict[str, Any]]) -> tuple[dict[str, dict[str, list]], float]:
    """How far from the grid each drum is struck, by style, drum and sixteenth of the beat.

    Milliseconds later than the mean of the bar, their spread, and the spread of the velocity of the same stroke in the
    same place of the bar. Swing is taken out; so is the mean of each bar, which is the recording's and a drift from its
    click. And how much of a deviation drums have in common that are struck together.
    """
    offsets: dict[tuple[str, str, int], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    velocities: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    pairs: list[tuple[float, float]] = []
    for record in found:
        strokes = strokes_of(record)
        grid = np.array([0.0, 0.25, swing_of(strokes), 0.75])
        by_place: dict[tuple[str, int], list[int]] = defaultdict(list)
        heard: list[tuple[str, int, int, float]] = []
        of_bar: dict[int, list[float]] = defaultdict(list)
        for at, drum, velocity in strokes:
            away = at - np.floor(at + NEAR) - grid
            slot = int(np.abs(away).argmin())
            if abs(away[slot]) <= NEAR:
                beat = int(np.floor(at + NEAR))
                heard.append((drum, slot, beat, float(away[slot]) * 60000 / record["tempo"]))
                of_bar[beat // 4].append(heard[-1][3])
                by_place[drum, beat % 4 * 4 + slot].append(velocity)
        means = {bar: float(np.mean(values)) for bar, values in of_bar.items()}
        together: dict[tuple[int, int], list[float]] = defaultdict(list)
        for drum, slot, beat, offset in heard:
            for style in (record["style"], "all"):
                offsets[style, drum, slot][record["id"]].append(offset - means[beat // 4])
            together[beat, slot].append(offset - means[beat // 4])
        pairs += [(group[0], group[1]) for group in together.values() if len(group) > 1]
        for (drum, place), struck in by_place.items():
            if len(struck) >= PHRASE:
                for style in (record["style"], "all"):
                    velocities[style, drum, place % 4].append(float(np.var(struck)))
    table: dict[str, dict[str, list]] = {}
    for style in sorted({style for style, *_ in offsets}):
        rows = {drum: [_row(offsets, velocities, style, drum, slot) for slot in range(len(SLOTS))] for drum in DRUMS}
        table[style] = {drum: row for drum, row in rows.items() if any(entry is not None for entry in row)}
    return {style: rows for style, rows in table.items() if rows}, _correlation(pairs)


def _correlation(pairs: list[tuple[float, float]]) -> float:
    """How far the two of each pair go together; 0 where one of them never moves."""
    values = np.array(pairs).reshape(-1, 2)
    moves = len(values) > 1 and (values.std(axis=0) > 0).all()
    return round(float(np.corrcoef(values.T)[0, 1]), 2) if moves else 0.0


def _row(offsets: dict, velocities: dict, style: str, drum: str, slot: int) -> list[float] | None:
    pieces = [values for values in offsets[style, drum, slot].values() if len(values) >= 4]
    found = sum(map(len, pieces))
    every = sum(len(values) for other in range(len(SLOTS)) for values in offsets[style, drum, other].values())
    if len(pieces) < FEWEST_PIECES or found < FEWEST_STROKES or found < LEAST_SHARE * every:
        return None
    mean = float(np.mean([np.mean(values) for values in pieces]))
    spread = float(np.sqrt(np.median([np.var(values) for values in pieces])))
    loudness = velocities[style, drum, slot]
    return [round(mean, 1), round(spread, 1), round(float(np.sqrt(np.median(loudness))), 1) if loudness else 0.0]


def parts_of(record: dict[str, Any]) -> Iterator[list[tuple[int, int, float]]]:
    """The parts of a pianist: bar, sixteenth of the bar, velocity; of bars of 4/4."""
    bars = np.array(record["bars"])
    for notes in record["parts"].values():
        place = np.clip(np.searchsorted(bars, [note[0] + 2 for note in notes], side="right") - 1, 0, None)
        part = [
            (int(bar), max(0, round((note[0] - bars[bar]) / 6)), float(note[3]))
            for note, bar in zip(notes, place.tolist(), strict=True)
        ]
        if part and len({velocity for *_, velocity in part}) > 1:
            yield part


def loudness_of(parts: list[list[tuple[int, int, float]]]) -> dict[str, Any]:
    """How loudness moves in a part, in MIDI velocity: see `spreads`; and the mean accent by metrical strength."""
    found: dict[str, list[float]] = defaultdict(list)
    accents: dict[int, list[float]] = defaultdict(list)
    for part in parts:
        by_bar: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for bar, sixteenth, velocity in part:
            by_bar[bar].append((sixteenth, velocity))
        bars = {bar: notes for bar, notes in sorted(by_bar.items()) if len(notes) >= 3}
        if len(bars) < SHORTEST:
            continue
        means = np.array([np.mean([velocity for _, velocity in notes]) for notes in bars.values()])
        found_of_bars(means, found)
        found["stroke"].append(float(np.mean([np.std([velocity for _, velocity in notes]) for notes in bars.values()])))
        for mean, notes in zip(means, bars.values(), strict=True):
            for sixteenth, velocity in notes:
                accents[metrical(sixteenth)].append(velocity - mean)
    return spreads(found) | {"accents": [round(float(np.mean(accents[strength] or [0])), 1) for strength in range(5)]}


def softest(velocities: list[float]) -> int:
    """The velocity that all but the softest twentieth of the strokes have."""
    return round(float(np.quantile(velocities, SLIPS))) if velocities else 1


def spreads(found: dict[str, list[float]]) -> dict[str, Any]:
    """The lowest tenth, the median and the highest tenth of the players."""
    return {name: np.quantile(values, (0.1, 0.5, 0.9)).round(1).tolist() for name, values in found.items()}


def found_of_bars(means: np.ndarray, found: dict[str, list[float]]) -> None:
    """Of the mean loudness of bars in a row: the spread of phrases, of bars in a phrase, and the range in a phrase."""
    phrases = [means[first : first + PHRASE] for first in range(0, len(means) - PHRASE + 1, PHRASE)]
    found["phrase"].append(float(np.std([phrase.mean() for phrase in phrases])))
    found["bar"].append(float(np.sqrt(np.mean([phrase.var() for phrase in phrases]))))
    found["range"].append(float(np.median([phrase.max() - phrase.min() for phrase in phrases])))


def loudness_of_drummers(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The same of drummers, whose strokes are compared with the same stroke in other bars; and the arc of a phrase."""
    found_spreads: dict[str, list[float]] = defaultdict(list)
    arcs: list[np.ndarray] = []
    for record in found:
        by_place: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
        for at, drum, velocity in strokes_of(record):
            by_place[drum, round(at * 4) % 16].append((round(at * 4) // 16, velocity))
        by_bar: dict[int, list[float]] = defaultdict(list)
        for struck in by_place.values():
            mean = float(np.mean([velocity for _, velocity in struck]))
            for bar, velocity in struck:
                by_bar[bar].append(velocity - mean)
        means = np.array([np.mean(values) for _, values in sorted(by_bar.items()) if len(values) >= 4])
        if len(means) >= SHORTEST:
            found_of_bars(means, found_spreads)
            whole = means[: len(means) // PHRASE * PHRASE].reshape(-1, PHRASE)
            arcs.append((whole - whole.mean(axis=1, keepdims=True)).mean(axis=0))
    return spreads(found_spreads) | {"arc": np.mean(arcs, axis=0).round(1).tolist() if arcs else []}


def metrical(sixteenth: int) -> int:
    """How strong a sixteenth of 4/4 is: 0 the first beat, 1 the third, 2 the others, 3 off-beat eighths, 4 the rest."""
    place = sixteenth % 16
    if place in (0, 8):
        return place // 8
    return 2 if place % 4 == 0 else 3 if place % 2 == 0 else 4


def written(table: dict[str, Any]) -> str:
    """The table as JSON, a drum a line."""
    styles = []
    for style, rows in table["timing"].items():
        drums = ",\n".join(f"  {json.dumps(drum)}: {json.dumps(row)}" for drum, row in rows.items())
        styles.append(f" {json.dumps(style)}: {{\n{drums}\n }}")
    timing = "{\n" + ",\n".join(styles) + "\n}"
    entries = [
        f"{json.dumps(key)}: {timing if key == 'timing' else json.dumps(value, ensure_ascii=False)}"
        for key, value in table.items()
    ]
    return "{\n" + ",\n".join(entries) + "\n}\n"
