"""Passages: which bars in a row are taken from a piece, how they stand in a file, and that no pitch does."""

import argparse
import json
from dataclasses import replace

import numpy as np
import pytest
from made_up import BAR, record, write_corpus

from continuo_training.corpus import CorpusMissingError
from continuo_training.errors import UsageError
from continuo_training.texture.passages import command
from continuo_training.texture.passages.choosing import (
    BACKBEAT,
    DRUMS,
    FLOOR,
    HANDS,
    ONE,
    Shelf,
    chosen,
    in_cut_time,
    turned,
)
from continuo_training.texture.passages.files import DRUMS as SIGNS
from continuo_training.texture.passages.files import bar_text, entry, part_text
from continuo_training.texture.passages.reading import DRUM_OF_KEY, Hit, fills, passages_of

CHORDS = {0: (48, 52, 55), 9: (45, 48, 52), 5: (41, 45, 48), 7: (43, 47, 50)}
ROOTS = (0, 9, 5, 7)
ROCK = [(0, 36), (0, 42), (12, 42), (24, 38), (24, 42), (36, 42), (48, 36), (48, 42), (72, 38), (72, 42)]
MARKS = {"backbeat": ONE + BACKBEAT, "floor": FLOOR}


def piano(bars):
    """Chords in half notes over a bass."""
    struck = []
    for bar in range(bars):
        root = ROOTS[bar % len(ROOTS)]
        for half in (0, 48):
            struck += [[bar * BAR + half, 40, key, 80 + (half == 0)] for key in CHORDS[root]]
            struck.append([bar * BAR + half, 40, CHORDS[root][0] - 12, 90])
    return sorted(struck)


def song(bars=8, title="a song", **changes):
    """A record as pop909 has them."""
    made = record(title, bars=bars, style="pop", parts={"PIANO": piano(bars)}, tempo=90.0)
    return made | {"bars": [bar * BAR for bar in range(bars + 1)]} | changes


def beat(bars=8, title="a beat", split="train"):
    """A record of drums, in the ticks of groove, with a fill at its end."""
    ticks, scale = 480, 20
    strokes = [[bar * 4 * ticks + scale * at, 60, key, 70] for bar in range(bars - 1) for at, key in ROCK]
    strokes += [[(bars - 1) * 4 * ticks + scale * at, 60, 45, 90] for at in range(0, 96, 12)]
    made = record(title, bars=bars, style="pop", split=split) | {"melody": [], "chords": [], "ticks": ticks}
    bars_of = [bar * 4 * ticks for bar in range(bars)]
    return made | {"parts": {"drums": strokes}, "tempo": 120.0, "bars": bars_of, "style_as_written": "rock"}


def test_a_song_gives_chords_and_bass_in_phrases_of_eight_and_four_bars():
    passages = passages_of("pop909", song(bars=13))
    assert [len(passage.parts["chords"]) for passage in passages] == [8, 4]
    assert all(set(passage.parts) == {"chords", "bass"} for passage in passages)
    assert [hit.what for hit in passages[0].parts["bass"][0]] == ["root", "again"]
    assert passages[0].changes[0] == [0] and passages[0].tempo == 90.0


def test_a_drummer_keeps_his_drums_and_his_fill():
    (passage,) = passages_of("groove", beat())
    assert {(hit.slot, hit.what) for hit in passage.parts["drums"][0]} >= {(0, "kick"), (6, "snare")}
    assert passage.fills == [7]
    assert set(DRUM_OF_KEY.values()) == set(SIGNS)


def test_bars_of_another_meter_part_phrases():
    bars = [0, 96, 192, 288, 384, 456, 552, 648, 744, 840]
    made = song(bars=8) | {"bars": bars, "meter": [[0, 4, 4], [384, 3, 4], [456, 4, 4]]}
    made["chords"] = [[0, 840, 0, "maj", 0, "C"]]
    lengths = [len(passage.parts["bass"]) for passage in passages_of("pop909", made) if "bass" in passage.parts]
    assert set(lengths) <= {4}


def test_who_never_plays_the_same_has_no_fills():
    rng = np.random.default_rng(0)
    assert fills([rng.random((24, 9)) < 0.2 for _ in range(8)]) == []


def test_a_bar_is_written_stroke_by_stroke_and_again_as_a_number():
    drums = [Hit(0, "kick", 127), Hit(6, "snare", 1)]
    bass = [Hit(0, "root", 0, 1.0), Hit(12, "fifth", 64, 0.5)]
    assert bar_text("drums", drums) == "akZgs0"
    assert bar_text("bass", bass) == "a0-9m1I4"
    assert part_text("bass", [bass, [], bass]) == "a0-9m1I4 - 0"


def test_a_file_says_nothing_of_pitch():
    (passage,) = passages_of("pop909", song())
    (higher,) = passages_of("pop909", transposed(song(), 3))
    assert entry(passage, None) == entry(higher, None)


def transposed(made, semitones):
    """A song so many semitones higher."""
    notes = [[onset, length, key + semitones, *rest] for onset, length, key, *rest in made["parts"]["PIANO"]]
    chords = [
        [on, length, (root + semitones) % 12, q, (b + semitones) % 12, w]
        for on, length, root, q, b, w in made["chords"]
    ]
    melody = [[on, length, key + semitones] for on, length, key in made["melody"]]
    return made | {"parts": {"PIANO": notes}, "chords": chords, "melody": melody}


def test_of_every_group_there_is_one_before_a_second_of_any():
    passages = [
        passage
        for title, bars in (("one", 40), ("two", 8))
        for passage in passages_of("groove", beat(bars, title) | {"group": title})
    ]
    varied = [replace(passage, parts={"drums": _without(passage, number)}) for number, passage in enumerate(passages)]
    shelf = Shelf("pop", ("groove",), DRUMS, {"four": 2})
    assert {passage.group for passage in chosen(varied, shelf)} == {"one", "two"}
    assert chosen(varied, Shelf("pop", ("groove",), HANDS, {"four": 2})) == []


def _without(passage, number):
    return [bar[: len(bar) - number % 3] for bar in passage.parts["drums"]]


def test_duplicates_are_taken_once():
    passages = [passage for title in "abc" for passage in passages_of("groove", beat(title=title))]
    assert len(chosen(passages, Shelf("pop", ("groove",), DRUMS, {"four": 9}))) == 1


def test_in_cut_time_a_clave_goes_over_two_bars():
    (passage,) = passages_of("groove", beat())
    bar = [Hit(slot, "side_stick", 90) for slot in (0, 5, 9, 15, 18)]  # 0, 18, 36, 60, 72
    cut = in_cut_time(replace(passage, parts={"drums": [bar] * 8}, fills=[3]))
    assert [[hit.slot for hit in half] for half in cut.parts["drums"][:2]] == [[0, 9, 18], [6, 12]]
    assert (cut.tempo, len(cut.parts["drums"]), cut.fills) == (240.0, 8, [6, 7])
    assert [hit.slot for hit in turned(cut, 1).parts["drums"][0]] == [6, 12]
    assert turned(cut, 1).fills == [5, 6]


def test_the_command_writes_what_is_of_train_with_its_provenance(tmp_path):
    write_corpus(tmp_path, [song(title="mine"), song(title="kept", split="test")], name="pop909")
    write_corpus(tmp_path, [beat(title="beat"), beat(title="other", split="valid")], name="groove")
    out = tmp_path / "out"
    assert command.run(argparse.Namespace(corpus=tmp_path, out=out)) == 0
    made = json.loads((out / "pop.json").read_text(encoding="utf-8"))
    assert {passage["piece"] for passage in made["passages"]} == {"mine", "beat"}
    assert made["provenance"]["groove"]["credits"][0].startswith("Jon Gillick")
    assert made["provenance"]["pop909"]["bars"] == 8


def test_a_corpus_without_passages_is_refused(tmp_path):
    with pytest.raises(CorpusMissingError):
        command.run(argparse.Namespace(corpus=tmp_path, out=tmp_path / "out"))
    write_corpus(tmp_path, [record()], name="neonscribe")
    with pytest.raises(UsageError):
        command.run(argparse.Namespace(corpus=tmp_path, out=tmp_path / "out"))


def test_a_kind_bears_its_marks_and_moves_as_much_as_it_has_to():
    passages = passages_of("groove", beat())
    of_marks = {name: Shelf("pop", ("groove",), DRUMS, {"four": 2}, marks=marks) for name, marks in MARKS.items()}
    assert {name: len(chosen(passages, shelf)) for name, shelf in of_marks.items()} == {"backbeat": 1, "floor": 0}
    moving = Shelf("pop", ("groove",), DRUMS, {"four": 2}, moves=4.0)
    assert chosen(passages, moving) == []
