"""MusicXML: what sounds, and what is no melody."""

import io
import zipfile

import pytest
from importing import CASES

from continuo_training.importing.musicxml import read_musicxml
from continuo_training.importing.score import UnreadableError

ATTRIBUTES = (
    "<attributes><divisions>2</divisions><key><fifths>{fifths}</fifths></key>"
    "<time><beats>{beats}</beats><beat-type>{kind}</beat-type></time>{more}</attributes>"
)


def attributes(fifths=0, beats=4, kind=4, more=""):
    return ATTRIBUTES.format(fifths=fifths, beats=beats, kind=kind, more=more)


def note(pitch="C4", duration=2, before="", after=""):
    """A note; 2 is a quarter."""
    alter = f"<alter>{pitch.count('#') - pitch.count('b')}</alter>"
    what = f"<pitch><step>{pitch[0]}</step>{alter}<octave>{pitch[-1]}</octave></pitch>" if pitch else "<rest/>"
    return f"<note>{before}{what}<duration>{duration}</duration>{after}</note>"


def harmony(root="C", kind="major", text="", more=""):
    return f'<harmony><root><root-step>{root}</root-step></root><kind text="{text}">{kind}</kind>{more}</harmony>'


def part(*measures, name="P1"):
    inside = "".join(f'<measure number="{n}">{text}</measure>' for n, text in enumerate(measures, 1))
    return f'<part id="{name}">{inside}</part>'


def score(*parts, listed='<score-part id="P1"><part-name>Lead</part-name></score-part>', head=""):
    text = f"<score-partwise>{head}<part-list>{listed}</part-list>{''.join(parts)}</score-partwise>"
    return read_musicxml(text.encode(), "a file")


def four(*pitches, **choices):
    return "".join(note(pitch, **choices) for pitch in pitches)


def test_slash_heads_are_no_melody():
    slashes = read_musicxml((CASES / "slash-heads.musicxml").read_bytes(), "a file")
    assert slashes.parts == []
    assert slashes.remarks == ["slashes and other heads without a pitch, left out: 32"]
    assert [(s.tick, s.root, s.quality) for s in slashes.symbols[:4]] == [
        (0, 0, "maj"),
        (96, 9, "min"),
        (192, 2, "min7"),
        (288, 7, "7"),
    ]


@pytest.mark.parametrize("head", ["slash", "x", "cross", "circle-x"])
def test_heads_without_a_pitch_leave_the_rest_of_the_bar(head):
    heads = four("B4", "B4", after=f"<notehead>{head}</notehead>")
    found = score(part(attributes() + four("C4", "D4") + heads, four("E4", "F4", "G4", "A4")))
    assert [(onset, pitch) for onset, _, pitch in found.parts[0].notes] == [
        *((0, 60), (24, 62), (96, 64), (120, 65), (144, 67), (168, 69)),
    ]
    assert found.remarks == ["slashes and other heads without a pitch, left out: 2"]


def test_measures_in_slashes_are_no_melody():
    style = '<attributes><measure-style><slash type="{}" use-dots="no"/></measure-style></attributes>'
    found = score(
        part(
            attributes() + four("C4", "D4", "E4", "F4"),
            style.format("start") + four(*["B4"] * 4),
            style.format("stop") + four("G4", "A4", "B4", "C5"),
        )
    )
    assert [pitch for _, _, pitch in found.parts[0].notes] == [60, 62, 64, 65, 67, 69, 71, 72]
    assert found.bars == [0, 96, 192]


def test_cue_grace_and_unpitched_notes_are_no_melody():
    unpitched = "<note><unpitched><display-step>E</display-step></unpitched><duration>2</duration></note>"
    grace = note("D4").replace("<duration>2</duration>", "").replace("<note>", "<note><grace/>")
    found = score(part(attributes() + note("C4") + note("D4", before="<cue/>") + grace + unpitched + note("E4")))
    assert found.parts[0].notes == [(0, 24, 60), (72, 24, 64)]
    assert found.remarks == ["cue notes, left out: 1", "notes without a pitch, left out: 1"]


def test_voices_staves_and_chords():
    upper = four("C5", "D5", "E5", "F5", after="<staff>1</staff>")
    inner = "<backup><duration>8</duration></backup>" + note("E4", 8, after="<voice>2</voice><staff>1</staff>")
    lower = "<backup><duration>8</duration></backup>" + note("C3", 8, after="<staff>2</staff>")
    chord = note("G3", 8, before="<chord/>", after="<staff>2</staff>")
    found = score(part(attributes() + upper + inner + lower + chord))
    assert [part.name for part in found.parts] == ["Lead", "Lead 2"]
    assert found.parts[0].notes == [(0, 24, 72), (0, 96, 64), (24, 24, 74), (48, 24, 76), (72, 24, 77)]
    assert found.parts[1].notes == [(0, 96, 48), (0, 96, 55)]


def test_ties_join_over_the_barline():
    start, stop = '<tie type="start"/>', '<tie type="stop"/>'
    first = attributes() + four("C4", "D4", "E4") + note("F4", after=start)
    assert score(part(first, note("F4", 2, after=stop) + four("F4", "G4", "A4"))).parts[0].notes[3:5] == [
        (72, 48, 65),
        (120, 24, 65),
    ]


def test_a_transposing_instrument_is_heard_as_it_sounds():
    transpose = "<transpose><chromatic>-2</chromatic></transpose>"
    found = score(part(attributes(2, more=transpose) + harmony("D") + four("D4", "E4", "F#4", "G4")))
    assert [pitch for _, _, pitch in found.parts[0].notes] == [60, 62, 64, 65]
    assert (found.symbols[0].root, found.symbols[0].as_written, found.keys) == (0, "C", [(0, 0, "maj")])


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        (harmony("A", "minor"), (9, "min", 9)),
        (harmony("C", "half-diminished"), (0, "hdim7", 0)),
        (harmony("C", "major-minor"), (0, "minmaj7", 0)),
        (harmony("C", "suspended-fourth"), (0, "sus4", 0)),
        (harmony("C", "other", "7alt"), (0, "7", 0)),
        (harmony("C", "", "Δ7"), (0, "maj7", 0)),
        (harmony("C", more="<bass><bass-step>E</bass-step></bass>"), (0, "maj", 4)),
        (
            harmony("C", "dominant", more="<degree><degree-value>9</degree-value><degree-alter>-1</degree-alter>"
            "<degree-type>add</degree-type></degree>"),
            (0, "7", 0),
        ),
        (
            harmony("C", "minor-seventh", more="<degree><degree-value>5</degree-value><degree-alter>-1</degree-alter>"
            "<degree-type>alter</degree-type></degree>"),
            (0, "hdim7", 0),
        ),
        ("<harmony><root><root-step>C</root-step></root><kind>none</kind></harmony>", (-1, "N", -1)),
    ],
)  # fmt: skip
def test_kinds_and_degrees(symbol, expected):
    found = score(part(attributes() + symbol + four("C4", "D4", "E4", "F4")))
    (said,) = found.symbols
    assert (said.root, said.quality, said.bass) == expected
    assert not found.not_understood


def test_a_kind_that_is_not_understood_ends_the_chord_before():
    bars = [harmony("C"), harmony("D", "Tristan"), "<harmony><function>V7</function><kind>dominant</kind></harmony>"]
    found = score(part(*(attributes() + bar + four("C4", "D4", "E4", "F4") for bar in bars)))
    assert [(symbol.tick, symbol.root) for symbol in found.symbols] == [(0, 0), (96, -1), (192, -1)]
    assert found.not_understood == {"DTristan": 1, "V7": 1}


def test_measures_that_repeat_the_one_before_are_named_and_empty_ones_at_the_end_are_none():
    repeat = '<attributes><measure-style><measure-repeat type="start">1</measure-repeat></measure-style></attributes>'
    found = score(part(attributes() + four("C4", "D4", "E4", "F4"), repeat + note("", 8), note("", 8), note("", 8)))
    assert found.remarks == ["measures that are written as a repeat sign, left out: 1"]
    assert found.bars == [0]


def test_an_upbeat_and_offsets_of_symbols():
    symbol = harmony("G", more="<offset>4</offset>")
    found = score(part(attributes() + note("G4"), harmony("C") + symbol + four("C5", "D5", "E5", "F5"), note("C5", 8)))
    assert (found.shift, found.bars) == (72, [0, 96, 192])
    assert found.parts[0].notes[0] == (72, 24, 67)
    assert [(symbol.tick, symbol.root) for symbol in found.symbols] == [(96, 0), (144, 7)]


@pytest.mark.parametrize(("beats", "kind"), [(0, 4), (4, 512), (4, 0), ("x", 4), (1000, 4)])
def test_a_meter_that_cannot_be_is_ignored_and_named(beats, kind):
    found = score(part(attributes(beats=beats, kind=kind) + four("C4", "D4", "E4", "F4")))
    assert (found.meter, len(found.parts[0].notes)) == ([(0, 4, 4)], 4)
    assert found.remarks == [f"the meter {beats}/{kind} cannot be and is ignored"]


def test_a_key_that_cannot_be_is_ignored_and_named():
    found = score(part(attributes(fifths=8) + four("C4", "D4", "E4", "F4")))
    assert (found.keys, len(found.parts[0].notes)) == ([], 4)
    assert found.remarks == ["the key with 8 sharps cannot be and is ignored"]


def test_sums_of_beats_are_a_meter():
    assert score(part(attributes(beats="3+2", kind=8) + note("C4", 5))).meter == [(0, 5, 8)]


def test_parts_keep_together_where_one_of_them_miscounts():
    long, right = four("C4", "D4", "E4", "F4", "G4"), four("C4", "D4", "E4", "F4")
    found = score(
        part(attributes() + long, right), part(attributes() + right, right, name="P2"),
        listed='<score-part id="P1"/><score-part id="P2"/>',
    )  # fmt: skip
    assert found.bars == [0, 96]
    assert [part.notes[-1] for part in found.parts] == [(168, 24, 65), (168, 24, 65)]


def test_drum_parts_are_drums():
    listed = (
        '<score-part id="P1"><part-name>Kit</part-name>'
        '<midi-instrument id="P1-I1"><midi-channel>10</midi-channel></midi-instrument></score-part>'
    )
    assert score(part(attributes() + note("C4")), listed=listed).parts[0].drums


def test_title_composer_and_tempo():
    head = (
        "<work><work-title>The Tune</work-title></work><identification><creator type='composer'>Trad.</creator>"
        "</identification>"
    )
    sound = '<direction><sound tempo="90"/></direction>'
    found = score(part(attributes() + sound + note("C4")), head=head)
    assert (found.title, found.composer, found.tempo) == ("The Tune", "Trad.", 90)


def test_namespaces_and_scores_by_measures_are_read():
    by_measure = (
        '<score-timewise xmlns="somewhere"><part-list><score-part id="P1"/></part-list>'
        f'<measure><part id="P1">{attributes()}{note("C4", 8)}</part></measure>'
        f'<measure><part id="P1">{note("D4", 8)}</part></measure></score-timewise>'
    )
    assert read_musicxml(by_measure.encode("utf-16"), "x").parts[0].notes == [(0, 96, 60), (96, 96, 62)]


def packed(text, name="score.xml", container=True):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        if container:
            archive.writestr("META-INF/container.xml", f'<c><rootfiles><rootfile full-path="{name}"/></rootfiles></c>')
        archive.writestr(name, text)
    return data.getvalue()


def test_packed_files_are_read_with_and_without_a_container():
    text = f"<score-partwise><part-list/>{part(attributes() + note('C4', 8))}</score-partwise>"
    for data in (packed(text), packed(text, "deep/any.musicxml", container=False)):
        assert read_musicxml(data, "x").parts[0].notes == [(0, 96, 60)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<score-partwise><part-list>", "no XML"),
        (b"", "no XML"),
        (b"<opus/>", "begins with <opus>"),
        (b"<score-partwise/>", "no part"),
        (packed("text", "words.txt", container=False), "no score in the packed file"),
        (packed("<score-partwise/>")[:-30], "no XML"),
        (b"<?xml version='1.0' encoding='nonsense'?><score-partwise/>", "no XML"),
    ],
)
def test_what_is_no_score_is_refused_with_the_reason(data, reason):
    with pytest.raises(UnreadableError, match=reason):
        read_musicxml(data, "x")
