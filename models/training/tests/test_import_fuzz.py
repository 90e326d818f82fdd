"""Damaged files: a reader gives a score or says why it cannot, and what it gives is a record of the corpus."""

import contextlib
import gzip
import io
import json
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from importing import CASES, event, imported, line, meta, smf, track

from continuo_training.importing.abc_score import abc_tunes, read_abc
from continuo_training.importing.midi import read_midi
from continuo_training.importing.musicxml import read_musicxml
from continuo_training.importing.records import Origin, record_of
from continuo_training.importing.score import LONGEST, UnreadableError
from continuo_training.importing.symbols import symbols_of
from continuo_training.record_rules import check
from continuo_training.vocabulary import QUALITY_MAP

ORIGIN = Origin("mine", "folk", "CC0")
brief = settings(max_examples=150, deadline=None)


def damaged(*whole):
    """One of `whole` with some bytes put into the place of others, once to four times, and perhaps cut off."""
    replacement = st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=8))

    def apply(data, replacements, kept):
        for place, length, by in replacements:
            at = int(place * len(data))
            data = data[:at] + by + data[at + length :]
        return data[: int(kept * len(data))]

    kept = st.just(1.0) | st.floats(0, 1)
    return st.builds(apply, st.sampled_from(whole), st.lists(replacement, min_size=1, max_size=4), kept)


def judged(read):
    """Reads a score: it is refused, or it is in order and its record is one of the corpus."""
    try:
        score = read()
    except UnreadableError as refused:
        assert str(refused)
        return None
    assert score.bars[0] == 0
    assert all(before < after for before, after in zip(score.bars, score.bars[1:], strict=False))
    assert score.meter[0][0] == 0
    for part in score.parts:
        assert part.notes == sorted(part.notes)
        assert all(onset >= 0 and length > 0 and 0 <= key < 128 for onset, length, key in part.notes)
    assert score.end() <= 2 * LONGEST
    with contextlib.suppress(UnreadableError):
        record = record_of("x", score, ORIGIN)
        check({**record, "melody": [list(note) for note in record["melody"]], "split": "train"} | tuples_of(record))
    return score


def tuples_of(record):
    """The lists of a record, as they are read back."""
    return {name: [list(entry) for entry in record[name]] for name in ("meter", "key", "chords")}


MIDI = [path.read_bytes() for path in sorted(CASES.glob("*.mid"))] + [
    smf(track(meta(0, 0x58, bytes([3, 2, 24, 8])), line(60, 62, 64, 65, 67, 69, 71, 72), event(0, 0xC0, 5))),
    smf(track(b"".join(event(0, 0xB0, *pair) for pair in ((101, 0), (100, 6), (6, 7))), line(*range(60, 72)))),
]


@brief
@given(damaged(*MIDI))
@example(smf(track(event(0x0FFFFFFF, 0x90, 60, 80), event(1, 0x80, 60, 0)), division=1))
def test_damaged_midi_files(data):
    judged(lambda: read_midi(data, "x"))


@brief
@given(st.binary(max_size=300).map(lambda body: smf(b"MTrk" + len(body).to_bytes(4, "big") + body)))
def test_noise_in_a_track(data):
    judged(lambda: read_midi(data, "x"))


XML = (CASES / "slash-heads.musicxml").read_bytes()


@brief
@given(damaged(XML.replace(b"<notehead>slash</notehead>", b"")))
def test_damaged_musicxml_files(data):
    judged(lambda: read_musicxml(data, "x"))


VALUES = st.sampled_from(["", "0", "-1", "1e9", "4/0", "nan", "99999999999", "x", "0.3", "²"]) | st.text(max_size=5)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["divisions", "fifths", "mode", "beats", "beat-type", "root-step", "kind", "step", "octave", "duration"]
        ),
        VALUES,
        min_size=1,
        max_size=3,
    ),
    st.integers(0, 3),
)
def test_musicxml_with_impossible_values(values, skipped):
    root = ET.fromstring(XML.replace(b"<notehead>slash</notehead>", b""))
    for tag, value in values.items():
        for element in list(root.iter(tag))[skipped:]:
            element.text = "".join(sign for sign in value if sign.isprintable())
    judged(lambda: read_musicxml(ET.tostring(root), "x"))


ABC = [path.read_bytes() for path in sorted(CASES.glob("*.abc"))]
SIGNS = st.text(
    st.sampled_from(list("ABCDEFGabcdefgzZxX^_=,'/0123456789|:[](){}<>-&~.\"!+\\ \n%VKMLQwsm$")), max_size=120
)


@brief
@given(damaged(*ABC))
def test_damaged_abc_files(data):
    with contextlib.suppress(UnreadableError):
        for _, tune in abc_tunes(data.decode("latin-1")):
            judged(lambda tune=tune: read_abc(tune, "x"))


@brief
@given(SIGNS)
@example("V:\n[V:]C[K:]D[M:]E[L:]")
@example("Z9999999999C[C[D]E](9:9:9CC>>>>>>C<-&C&&")
def test_noise_in_a_tune(text):
    judged(lambda: read_abc("X:1\nT:x\nM:4/4\nL:1/8\nK:C\n" + text, "x"))


@brief
@given(
    st.text(st.sampled_from(list("ABCDEFGHabm#♯♭°øΔ+-0123456789/(),majdinsulto .")), max_size=12) | st.text(max_size=12)
)
def test_any_text_is_a_chord_a_remark_or_counted(text):
    symbols, unknown, remarks = symbols_of([(0, "C"), (96, text)])
    assert all(symbol.root == -1 or symbol.quality in QUALITY_MAP for symbol in symbols)
    assert all(-1 <= symbol.root < 12 and -1 <= symbol.bass < 12 for symbol in symbols)
    if text.strip() in unknown:
        assert symbols[-1] != symbols[0]
        assert symbols[-1].root == -1
    assert unknown.total() + remarks.total() <= 1


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([".mid", ".abc", ".musicxml", ".mxl"]), damaged(*MIDI, XML, *ABC)), max_size=6)
)
def test_every_file_of_a_folder_is_read_or_named(files):
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as place, contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        folder = Path(place) / "music"
        folder.mkdir()
        (folder / "good.abc").write_bytes(ABC[0])
        for number, (suffix, data) in enumerate(files):
            (folder / f"file{number}{suffix}").write_bytes(data)
        assert imported(folder, Path(place) / "corpus") == 0
        with gzip.open(Path(place) / "corpus" / "mine.jsonl.gz", "rt", encoding="utf-8") as lines:
            records = [json.loads(text) for text in lines]
    for record in records:
        check(record)
    for number, (suffix, _) in enumerate(files):
        name = f"file{number}{suffix}"
        read = any(record["id"].startswith(f"mine:{name}") for record in records)
        assert read or f"skipped {name}" in said.getvalue()


@pytest.mark.parametrize("path", sorted(CASES.iterdir()), ids=lambda path: path.name)
def test_every_case_gives_a_score_or_a_reason(path):
    data = path.read_bytes()
    read = {".mid": read_midi, ".musicxml": read_musicxml}.get(path.suffix)
    # Whatever else it is, it may be taken for a tune in ABC.
    judged(lambda: read(data, "x") if read else read_abc(data.decode(errors="replace"), "x"))
