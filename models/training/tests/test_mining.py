"""Mining: which bars the parts of the corpus are made of, and what is kept of them."""

import argparse
import json

import numpy as np
import pytest
from made_up import BAR, record, write_corpus

from continuo_training.errors import UsageError
from continuo_training.mining import command
from continuo_training.mining.bars import chord_bars, chord_shape, places, snapped
from continuo_training.mining.clusters import distance, medoids
from continuo_training.mining.files import FAMILIES, PLAYERS, STYLE_FILES, read_patterns, style_file, write_patterns
from continuo_training.mining.lines import bass_bars, bass_shape
from continuo_training.mining.parts import accompaniments, lowest, scored_from_record

ALBERTI = (0, 2, 1, 2, 0, 2, 1, 2)
CHORDS = {0: (48, 52, 55), 9: (45, 48, 52), 5: (41, 45, 48), 7: (43, 47, 50)}


def alberti(bars=8):
    """The lower staff of a piece: broken chords in eighths."""
    roots = [(0, 9, 5, 7)[bar % 4] for bar in range(bars)]
    return [
        [bar * BAR + 12 * place, 12, CHORDS[root][rank]]
        for bar, root in enumerate(roots)
        for place, rank in enumerate(ALBERTI)
    ]


def scored(notes, **changes):
    made = record(style="classical", parts={"up": [], "down": notes}) | changes
    return scored_from_record("mutopia", made)


def shapes(notes, **changes):
    piece = scored(notes, **changes)
    return [chord_shape(bar) for _, _, bar in chord_bars(piece.parts["down"], places(piece.piece))]


def line(notes):
    piece = scored(notes)
    return [bass_shape(bar) for _, _, bar in bass_bars(piece.parts["down"], places(piece.piece))]


def test_an_alberti_bass_is_a_figure_of_ranks():
    assert set(shapes(alberti())) == {tuple((12 * place, f"step {rank}") for place, rank in enumerate(ALBERTI))}


def test_low_notes_beside_chords_are_no_steps():
    oom_pah = [[0, 24, 36], [24, 24, 52], [24, 24, 55], [48, 24, 36], [72, 24, 52], [72, 24, 55]]
    assert shapes(oom_pah)[0] == ((0, "low"), (24, "upper"), (48, "low"), (72, "upper"))


def test_notes_that_are_not_of_the_chord_are_no_accompaniment():
    assert shapes([[24 * beat, 24, key] for beat, key in enumerate((48, 50, 51, 54))]) == []


def test_two_short_bars_are_one():
    bars = [tick * 48 for tick in range(16)]
    assert len(shapes(alberti(), bars=bars, meter=[[0, 2, 4]])) == 7


def test_a_hand_that_is_early_is_on_the_grid():
    assert [snapped(ticks) for ticks in (0, 1, 5, 8, 11, 16, 23)] == [0, 0, 6, 8, 12, 16, 24]


def test_a_bass_is_told_by_its_tones():
    walk = [[0, 24, 36], [24, 24, 40], [48, 24, 43], [72, 24, 47], [96, 24, 45], [120, 24, 45], [144, 48, 57]]
    first, second = line(walk)[:2]
    assert first == ((0, "root"), (24, "third"), (48, "fifth"), (72, "lead"))
    assert second == ((0, "root"), (24, "again"), (48, "octave"))


def test_the_bass_of_a_piano_is_what_lies_lowest():
    assert lowest([(0, 48, 36, 0), (24, 12, 48, 0), (48, 12, 40, 0), (48, 12, 52, 0)]) == [
        (0, 48, 36, 0),
        (48, 12, 40, 0),
    ]


def test_quartets_accompany_with_their_lower_parts():
    parts = {name: [[0, 96, key]] for name, key in (("violin1", 76), ("violin2", 59), ("viola", 55), ("cello", 48))}
    found = list(accompaniments(scored_from_record("quartets", record(style="classical", parts=parts))))
    assert [note[2] for note in found[0].chords] == [48, 55, 59]
    assert [note[2] for note in found[0].bass] == [48]


def test_in_files_of_a_users_own_the_bass_is_called_one():
    parts = {"Bass guitar": [[0, 96, 36, 90]], "Piano": [[0, 96, key] for key in (55, 60, 64)]}
    found = list(accompaniments(scored_from_record("mine", record(parts=parts))))
    assert [(len(each.chords), len(each.bass)) for each in found] == [(0, 1), (3, 0)]


def test_the_distance_counts_beats_double_and_touches_half():
    one = ((0, "block"), (48, "block"))
    assert distance(one, one, 96) == 0
    assert distance(one, ((0, "block"), (12, "upper"), (48, "upper")), 96) == 1 + 0.5 * 2
    assert distance(one, ((0, "block"),), 96) == distance(((0, "block"),), one, 96) == 2


def test_medoids_are_typical_and_different():
    near = [((0, "block"), (12 * place, "upper")) for place in range(1, 4)]
    far = tuple((6 * place, "step 0") for place in range(16))
    chosen = medoids([*near, far], np.array([3.0, 5.0, 3.0, 4.0]), 96, 2)
    assert [shape for shape, _ in chosen] == [near[1], far]
    assert sum(weight for _, weight in chosen) == 15


@pytest.fixture
def files(tmp_path):
    """A folder of patterns with one bar written for each family."""
    bar = {"weight": 1, "source": "written", "strokes": [[0, "block", 0, 0, 0]]}
    of_player = {family: {"constancy": 0.5, "bars": [bar]} for family in FAMILIES}
    provenance = {"written": {"source": "me", "licence": "MIT"}}
    for style in ("pop", "folk", "classical", "baroque", "romantic", "hymn", "game"):
        head = {"style": {"name": style.capitalize()}, "entrance": [0, "down", 0, 0, 0], "provenance": provenance}
        write_patterns(tmp_path / f"05-{style}.json", head | dict.fromkeys(PLAYERS, of_player))
    return tmp_path


def test_mining_keeps_what_was_written_and_says_where_the_rest_is_from(tmp_path, files):
    licence = "Creative Commons Attribution 4.0"
    records = [
        record(
            title=f"piece {number}", style="classical", parts={"up": [[0, 9, 90]], "down": alberti()}, licence=licence
        )
        for number in range(5)
    ]
    held_out = record(title="held out", style="classical", split="test", parts={"up": [[0, 9, 90]], "down": alberti()})
    corpus = write_corpus(tmp_path / "corpus", [*records, held_out], "mutopia")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    for _ in range(2):
        assert command.run(parser.parse_args(["--corpus", str(corpus), "--out", str(files)])) == 0
        patterns = read_patterns(files / "05-classical.json")
        written, mined = patterns["chords"]["four"]["bars"]
        assert (written["source"], written["weight"]) == ("written", 0.5)
        assert (mined["source"], mined["pieces"], mined["bars"], mined["weight"]) == ("mutopia", 5, 35, 0.5)
        assert [stroke[1] for stroke in mined["strokes"]] == [{"step": rank} for rank in ALBERTI]
        assert (patterns["style"], patterns["entrance"][1]) == ({"name": "Classical"}, "down")
        assert patterns["provenance"]["mutopia"]["pieces"] == 5
        assert len(patterns["provenance"]["mutopia"]["credits"]) == 5
    assert json.loads((files / "05-pop.json").read_text())["chords"]["four"]["bars"][0]["weight"] == 1


def test_the_files_that_ship_are_written_as_they_were_read(tmp_path):
    shipped = sorted(STYLE_FILES.glob("*.json"))
    assert len(shipped) > 10
    for path in shipped:
        write_patterns(tmp_path / path.name, read_patterns(path))
        assert (tmp_path / path.name).read_text() == path.read_text(), path.name


def test_a_style_without_a_file_is_named(files):
    with pytest.raises(UsageError, match="polka"):
        style_file(files, "polka")
