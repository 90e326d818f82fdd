"""The command `mine`: the parts of the corpus become the patterns of the band."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..arguments import positive, target_folder
from ..corpus import REPOSITORIES, read_corpus
from ..vocabulary import STYLES
from .bars import MOST_CHORDS, PERIODS, Bar, Place, Shape, chord_bars, chord_shape, places
from .clusters import Shapes, accents_by_metre, typical
from .files import FAMILIES, PLAYERS, STYLE_FILES, WRITTEN, read_patterns, style_file, write_patterns
from .lines import bass_bars, bass_shape
from .parts import SOURCES, Accompaniment, Note, Scored, accompaniments, scored_from_record

SPLIT = "train"
MOST_CHORDS_OF_HYMNS = 4
"""Hymns change their chord with every beat, and strike it so."""
WRITTEN_SHARE = {"folk": 0.7, "classical": 0.5, "baroque": 0.7, "romantic": 0.5, "game": 0.6}
"""How much of a style's playing stays with what was written for it, where bars are mined: more where the parts of the
corpus are not what the style is known for."""
USUAL_SHARE = 0.3

Reading = Callable[[list[Note], list[Place]], Iterator[tuple[str, int, Bar]]]
READ: dict[str, tuple[Reading, Callable[[Bar], Shape]]] = {
    "chords": (chord_bars, chord_shape),
    "bass": (bass_bars, bass_shape),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="folder of SOURCE.jsonl.gz files")
    parser.add_argument("--out", type=target_folder, default=STYLE_FILES, metavar="DIR", help="folder of the styles")
    parser.add_argument(
        "--count", type=positive, default=12, help="bars to keep for each player, style and family of meters"
    )


def run(args: argparse.Namespace) -> int:
    """Mines the corpus and writes the patterns of every style that has parts."""
    files = {style: style_file(args.out, style) for style in SOURCES}
    before = {style: read_patterns(path) for style, path in files.items()}
    found = Findings()
    for scored in read_corpus(args.corpus, scored_from_record):
        found.read(scored)
    accents = {player: accents_by_metre(found.loud[player]) for player in PLAYERS}
    for style, path in files.items():
        patterns = found.merged(style, before[style], args.count, accents)
        write_patterns(path, patterns)
        bars = {player: [len(patterns[player][family]["bars"]) for family in FAMILIES] for player in PLAYERS}
        print(f"{path}: {bars}")
    return 0


class Findings:
    """What was found in the parts, by player, style and family of meters."""

    def __init__(self) -> None:
        self.shapes: dict[tuple[str, str, str], Shapes] = defaultdict(Shapes)
        self.loud: dict[str, list[tuple[int, Bar]]] = {player: [] for player in PLAYERS}
        """Bars whose velocities are known, with their periods."""
        self.origins: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)

    def read(self, scored: Scored) -> None:
        """The bars of a piece, if it is to be learned from."""
        piece = scored.piece
        style = STYLES[piece.style]
        if piece.split != SPLIT or piece.source not in SOURCES.get(style, ()):
            return
        most = MOST_CHORDS_OF_HYMNS if style == "hymn" else MOST_CHORDS
        bars_of_piece = [place for place in places(piece) if len(place.chords) <= most]
        for accompaniment in accompaniments(scored):
            for player, (bars_of, shape_of) in READ.items():
                by_family: dict[str, list[tuple[int, Shape, Bar]]] = defaultdict(list)
                for family, start, bar in bars_of(getattr(accompaniment, player), bars_of_piece):
                    by_family[family].append((start, shape_of(bar), bar))
                for family, bars in by_family.items():
                    self._keep(player, family, style, accompaniment, bars)

    def _keep(
        self,
        player: str,
        family: str,
        style: str,
        accompaniment: Accompaniment,
        bars: list[tuple[int, Shape, Bar]],
    ) -> None:
        piece, period = accompaniment.piece, PERIODS[family]
        self.shapes[player, style, family].add(piece.source, piece.id, bars, period)
        origin = self.origins[style].setdefault(
            piece.source, {"licences": set(), "tiers": set(), "pieces": set(), "bars": 0, "credits": set()}
        )
        origin["pieces"].add(piece.id)
        origin["licences"].add(piece.licence)
        origin["tiers"].add(piece.tier)
        origin["bars"] += len(bars)
        origin["credits"] |= {accompaniment.credit} - {""}
        if bars[0][2][0].accent is not None:
            self.loud[player] += [(period, bar) for _, _, bar in bars]

    def merged(self, style: str, patterns: dict[str, Any], count: int, accents: dict[str, dict[int, float]]) -> dict:
        """The patterns of `style` with what was found in the place of what was found before."""
        provenance = {WRITTEN: patterns["provenance"][WRITTEN]}
        for source, origin in sorted(self.origins[style].items()):
            provenance[source] = {
                "source": REPOSITORIES[source],
                "licence": "; ".join(sorted(origin["licences"])),
                "tier": ", ".join(sorted(origin["tiers"])),
                "pieces": len(origin["pieces"]),
                "bars": origin["bars"],
                "credits": sorted(origin["credits"]),
            }
        merged: dict[str, Any] = patterns | {"provenance": provenance}
        for player in PLAYERS:
            merged[player] = {}
            for family in FAMILIES:
                shapes = self.shapes[player, style, family]
                before = patterns[player][family]
                written = [bar for bar in before["bars"] if bar["source"] == WRITTEN]
                mined = typical(shapes, PERIODS[family], count, accents[player])
                share = WRITTEN_SHARE.get(style, USUAL_SHARE) if mined else 1.0
                written = [bar | {"weight": round(share / len(written), 4)} for bar in written]
                for bar in mined:
                    bar["weight"] = round(bar["weight"] * (1 - share), 4)
                constancy = shapes.constancy() if mined else before["constancy"]
                merged[player][family] = {"constancy": constancy, "bars": written + mined}
        return merged
