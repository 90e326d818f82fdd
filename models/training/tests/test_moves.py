"""How people move from chord to chord, beside the band."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from continuo_training.errors import UsageError
from continuo_training.moves import MOST, counted, moves, table, written


def chords(*named: tuple[int, str]) -> list[list]:
    """Chords of a bar each, as a line of eval's files has them."""
    return [[96 * bar, 96, root, quality, root] for bar, (root, quality) in enumerate(named)]


def test_another_colour_is_no_move_and_a_rest_neither() -> None:
    """C C7 – C Dm7 G7 has two moves."""
    played = chords((0, "maj"), (0, "7"), (-1, ""), (0, "maj"), (2, "min7"), (7, "7"))
    assert list(moves(played)) == [(0, 1, 2), (1, 0, 5)]


def test_what_people_do_more_often_is_likelier() -> None:
    """Up a fifth people go twice as often as the band, up a tone half as often."""
    likelier = table(Counter({(0, 0, 7): 200, (0, 0, 2): 100}), Counter({(0, 0, 7): 100, (0, 0, 2): 200}))
    assert likelier[0][0][7] == 0.7
    assert likelier[0][0][2] == -0.7
    assert likelier[0][0][5] == 0
    assert likelier[1][1] == [0] * 12


def test_no_move_is_all_or_nothing() -> None:
    """What only one of them does has a bound, and what stays is no move."""
    likelier = table(Counter({(0, 0, 7): 100}), Counter({(1, 1, 2): 100}))
    assert (likelier[0][0][7], likelier[1][1][2], likelier[0][0][0]) == (MOST, -MOST, 0)


def test_files_are_counted_together_and_the_table_reads_as_json(tmp_path: Path) -> None:
    """Two files with a move each."""
    for name, root in (("a", 5), ("b", 7)):
        line = json.dumps({"id": name, "chords": chords((0, "maj"), (root, "maj"))})
        (tmp_path / name).write_text(line + "\n", encoding="utf-8")
    count = counted([tmp_path / "a", tmp_path / "b"])
    assert count == {(0, 0, 5): 1, (0, 0, 7): 1}
    rows = table(count, count)
    assert json.loads("{" + written(rows).rstrip(",") + "}") == {"moves": rows}


def test_nothing_to_count_is_said() -> None:
    """Empty files."""
    with pytest.raises(UsageError, match="no chords"):
        table(Counter(), Counter({(0, 0, 7): 1}))
