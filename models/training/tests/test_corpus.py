"""Reading the corpus, and how often its pieces are drawn."""

import contextlib
import gzip
import io
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import piece, record, write_corpus

from continuo_training.corpus import CorpusError, CorpusMissingError, pieces_of, read_corpus
from continuo_training.sampling_weights import OTHER, piece_weights, style_shares
from continuo_training.vocabulary import NO_CHORD, STYLES, chord_index

GOOD = json.dumps(record(bars=2)).encode()


def test_a_line_becomes_a_piece(tmp_path):
    write_corpus(tmp_path, [record(title="one", tonic=2, style="artsong"), record(title="two", split="valid")])
    one, two = read_corpus(tmp_path)
    assert (one.id, one.source, one.split, two.split) == ("one", "mine", "train", "valid")
    assert STYLES[one.style] == "romantic"
    assert one.chords[0].tolist() == [0, 96, chord_index(2, "maj"), 2]
    assert one.key_at(np.array([0, 500])).tolist() == [2, 2]
    assert one.meter == [(0, 4, 4)]
    assert not one.credit


def test_a_missing_corpus_is_named(tmp_path):
    with pytest.raises(CorpusMissingError, match="--corpus"):
        list(read_corpus(tmp_path))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"style": "grindcore"}, "the style grindcore is unknown; known are jazz"),
        ({"chords": [[0, 96, 0, "maj13#11", 0, "?"]]}, "maj13#11"),
        ({"chords": [[0, 96, 12, "maj", 0, "?"]]}, "root or bass"),
        ({"chords": [[96, 96, 0, "maj", 0, ""], [0, 96, 0, "maj", 0, ""]]}, "the chords are not in order"),
        ({"melody": [["soon", 4, 60]]}, "soon"),
        ({"melody": [[0, 4, 60.5]]}, "whole numbers"),
        ({"melody": [[-1, 4, 60]]}, "the note [-1, 4, 60] cannot be"),
        ({"melody": [[1 << 24, 4, 60]]}, "cannot be"),
        ({"key": None}, "key is no list"),
        ({"meter": [[0, 4, 512]]}, "the meter 4/512 cannot be"),
        ({"bars": [96, 0]}, "the barlines are not in order"),
        ({"bars": []}, "there is no barline"),
        ({"split": "dev"}, "the split 'dev'"),
        ({"title": "\ud800"}, "surrogates not allowed"),
        ({"melody": [[0, 4, True]]}, "whole numbers"),
    ],
)
def test_a_record_that_cannot_be_read_is_named_and_costs_no_other(tmp_path, capsys, changes, says):
    write_corpus(tmp_path, [record(title="one"), record(title="bad") | changes, record(title="two")])
    assert [found.id for found in read_corpus(tmp_path)] == ["one", "two"]
    (named,) = capsys.readouterr().err.splitlines()
    assert "mine.jsonl.gz, line 2, bad: " in named
    assert says in named


def lines_of(folder, *lines):
    folder.mkdir(exist_ok=True)
    with gzip.open(folder / "mine.jsonl.gz", "wb") as file:
        file.write(b"\n".join(lines))
    return folder


def test_a_missing_field_a_broken_line_and_foreign_signs_are_named(tmp_path, capsys):
    good, without = (json.dumps(record()).encode() for _ in range(2))
    without = without.replace(b'"chords"', b'"cords"')
    lines_of(tmp_path, b'{"melody": [', b"", without, b'{"id": "\xff"}', b'{"melody": NaN}', good)
    assert len(list(read_corpus(tmp_path))) == 1
    named = capsys.readouterr().err.splitlines()
    assert [text.split("line ")[1][0] for text in named] == ["1", "3", "4", "5"]
    assert "missing field 'chords'" in named[1]


def test_where_nothing_can_be_read_the_first_reason_is_told(tmp_path):
    with pytest.raises(CorpusError, match=r"no record can be read: .*mine\.jsonl\.gz, line 1"):
        list(read_corpus(lines_of(tmp_path, b"{", b"[]")))
    (tmp_path / "mine.jsonl.gz").write_text("{}")
    with pytest.raises(CorpusError, match=r"line 1: the file breaks off: Not a gzipped file"):
        list(read_corpus(tmp_path))


def test_of_a_file_that_is_cut_off_what_comes_before_is_read(tmp_path, capsys):
    file = write_corpus(tmp_path, [record(title=f"{seed}", seed=seed) for seed in range(200)]) / "mine.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-2000])
    read = [found.id for found in read_corpus(tmp_path)]
    assert read == [f"{number}" for number in range(len(read))]
    assert 0 < len(read) < 200
    (named,) = capsys.readouterr().err.splitlines()
    assert f"line {len(read) + 1}: the file breaks off" in named


@settings(max_examples=150, deadline=None)
@given(
    bad=st.binary(max_size=80)
    | st.builds(
        lambda at, length, by: GOOD[:at] + by + GOOD[at + length :],
        st.integers(0, len(GOOD)),
        st.integers(0, 8),
        st.binary(max_size=6),
    )
)
def test_whatever_stands_in_a_line_the_others_are_read(bad):
    bad = bad.replace(b"\n", b"")
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(said):
        found = [piece.id for piece in read_corpus(lines_of(Path(folder), GOOD, bad, GOOD))]
    assert found[0] == found[-1] == "a tune"
    named = said.getvalue().splitlines()
    assert all("line 2" in text for text in named)
    assert len(found) - 2 + len(named) <= 1
    try:
        json.loads(bad)
    except ValueError:
        assert len(named) == (1 if bad.strip() else 0)


def test_chords_alone_are_passed_over(tmp_path):
    write_corpus(tmp_path, [record(title="changes", melody=[]), record(title="tune")])
    assert [found.id for found in read_corpus(tmp_path)] == ["tune"]


def test_a_split_without_a_piece_is_named():
    pieces = [piece(), piece(split="test")]
    assert pieces_of(pieces, "test") == pieces[1:]
    with pytest.raises(CorpusMissingError, match="valid"):
        pieces_of(pieces, "valid")


def test_a_licence_that_asks_for_attribution_is_credited():
    credited = piece(licence="CC BY 4.0, attribution to the editor", composer="somebody")
    assert credited.credit["composer"] == "somebody"
    assert credited.credit["licence"] == credited.licence


def test_bars_go_on_after_the_last_barline():
    start, length = piece(bars=2).bar_at(np.array([0, 100, 200, 400]))
    assert start.tolist() == [0, 96, 192, 384]
    assert (length == 96).all()


def test_a_root_of_minus_one_is_no_chord():
    assert piece(chords=[[0, 96, -1, "N", -1, ""]]).chords[0, 2] == NO_CHORD


def test_the_chances_of_the_pieces_sum_to_one_and_share_the_weight_of_their_source():
    source = np.array(["a", "a", "b", "c"])
    style = np.array([0, 0, 1, 1])
    lengths = np.array([100, 400, 50, 50])
    weights = piece_weights(source, style, lengths, {"source_weight": {"a": 0.6, "b": 0.3}})
    assert weights.sum() == pytest.approx(1)
    assert weights[:2].sum() / weights[2] == pytest.approx(2)
    assert weights[3] / weights[2] == pytest.approx(OTHER / 0.3)
    assert weights[1] / weights[0] == pytest.approx(2)  # by the square root of the length


def test_thin_styles_are_drawn_more_often_within_their_source_only():
    blues, pop = STYLES.index("blues"), STYLES.index("pop")
    source, style = np.array(["a", "a", "b"]), np.array([pop, blues, pop])
    config = {"source_weight": {"a": 0.5, "b": 0.5}, "style_weight": {"blues": 3.0}}
    weights = piece_weights(source, style, np.array([64, 64, 64]), config)
    assert weights[1] / weights[0] == pytest.approx(3)
    assert weights[2] == pytest.approx(0.5)
    assert "blues 37.5%" in style_shares(style, weights)
