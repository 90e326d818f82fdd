"""Reading the corpus, and how often its pieces are drawn."""

import gzip

import numpy as np
import pytest
from made_up import piece, record, write_corpus

from continuo_training.corpus import CorpusError, CorpusMissingError, pieces_of, read_corpus
from continuo_training.sampling_weights import OTHER, piece_weights, style_shares
from continuo_training.vocabulary import NO_CHORD, STYLES, chord_index


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
        ({"melody": [["soon", 4, 60]]}, "soon"),
        ({"key": None}, "TypeError"),
    ],
    ids=["style", "quality", "onset", "key"],
)
def test_what_cannot_be_read_is_named_with_file_and_line(tmp_path, changes, says):
    write_corpus(tmp_path, [record(), record() | changes])
    with pytest.raises(CorpusError, match=r"mine\.jsonl\.gz, line 2: ") as caught:
        list(read_corpus(tmp_path))
    assert says in str(caught.value)


def test_a_missing_field_and_a_broken_line_are_named(tmp_path):
    without = record()
    del without["chords"]
    with pytest.raises(CorpusError, match="line 1: KeyError 'chords'"):
        list(read_corpus(write_corpus(tmp_path / "field", [without])))
    (tmp_path / "line").mkdir()
    with gzip.open(tmp_path / "line" / "mine.jsonl.gz", "wt") as lines:
        lines.write('{"melody": [')
    with pytest.raises(CorpusError, match=r"mine\.jsonl\.gz, line 1: JSONDecodeError"):
        list(read_corpus(tmp_path / "line"))


def test_a_file_that_is_cut_off_or_no_gzip_at_all_is_named(tmp_path):
    file = write_corpus(tmp_path, [record(seed=seed) for seed in range(20)]) / "mine.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(CorpusError, match=r"mine\.jsonl\.gz"):
        list(read_corpus(tmp_path))
    file.write_text("{}")
    with pytest.raises(CorpusError, match=r"mine\.jsonl\.gz"):
        list(read_corpus(tmp_path))


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
