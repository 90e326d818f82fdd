"""What makes the harmonizer move, colour and change its chords as often as people."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from continuo_training.corpus import Piece
from continuo_training.errors import UsageError
from continuo_training.harmonization import GENERAL, Count, counted, general, part, run, step


def piece() -> Piece:
    """Bars of 4/4."""
    none = np.zeros((0, 4), dtype=np.int64)
    return Piece("a", "tunes", "train", 0, np.arange(0, 960, 96), [(0, 4, 4)], none[:, :3], none)


def count(*chords: tuple[int, int, str]) -> Count:
    """What is counted in chords that begin at these ticks and last half a bar."""
    counted = Count()
    counted.add(piece(), [[onset, 48, root, quality, root] for onset, root, quality in chords])
    return counted


def test_another_colour_is_a_move_onto_itself_and_no_change() -> None:
    played = count((0, 0, "maj"), (48, 0, "7"), (96, 5, "maj"), (120, -1, ""), (144, 5, "maj"))
    assert played.moves == {(0, 0, 0): 1, (0, 0, 5): 1}
    assert (played.places[0], played.places[1], played.places[2]) == (1, 0, 0)
    assert played.qualities == {0: 144, 6: 48}


def test_who_plays_as_people_do_stays_as_he_is() -> None:
    played = count((0, 0, "maj"), (48, 9, "min7"), (96, 2, "min7"), (144, 7, "7"))
    assert step(general(), played, played) == general()


def test_what_is_done_too_often_is_taken_back() -> None:
    people = count((0, 0, "maj"), (96, 7, "7"), (192, 2, "maj"))
    ours = count((0, 0, "maj"), (48, 5, "maj"), (96, 0, "maj"), (144, 5, "maj"))
    table = step(general(), people, ours)
    assert table["moves"][0][0][7] > 0 > table["moves"][0][0][5]
    assert table["qualities"][6] > GENERAL[6]
    assert table["rhythm"]["strong"] > 0 > table["rhythm"]["bar"]


def test_a_part_of_the_way_is_between_and_none_of_it_general() -> None:
    table = step(general(), count((0, 0, "maj"), (96, 7, "7")), count((0, 0, "maj"), (48, 5, "min")))
    assert part(table, 0.0) == general()
    assert part(table, 0.5)["moves"][0][0][7] == pytest.approx(table["moves"][0][0][7] / 2, abs=0.01)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no chords"):
        step(general(), Count(), Count())
    arguments = argparse.Namespace(tables=tmp_path / "t.json", folders=[tmp_path], corpus=None, share=1.0)
    with pytest.raises(UsageError, match="--corpus"):
        run(arguments)
    for system in ("human", "harmonizer"):
        (tmp_path / f"{system}.jsonl").write_text(json.dumps({"id": "b", "chords": []}) + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no piece b"):
        counted([tmp_path], "human", {(tmp_path.name, "a"): piece()})
