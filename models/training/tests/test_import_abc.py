"""ABC tunes: what sounds, and when."""

import pytest
from importing import CASES

from continuo_training.importing.abc_score import abc_tunes, read_abc
from continuo_training.importing.score import UnreadableError

HEAD = "X:1\nT:A tune\nM:4/4\nL:1/4\nK:C\n"


def read(text, head=HEAD):
    ((_, tune),) = abc_tunes(head + text)
    return read_abc(tune, "a file")


def notes(text, head=HEAD):
    return read(text, head).parts[0].notes


def pitches(text, head=HEAD):
    return [pitch for _, _, pitch in notes(text, head)]


def chords(score):
    return [(symbol.tick, symbol.as_written) for symbol in score.symbols]


def test_an_accidental_holds_to_the_barline():
    score = read((CASES / "accidentals-to-the-barline.abc").read_text(), "")
    assert [p for _, _, p in score.parts[0].notes] == [69, 68, 69, 68, 68, 71, 68, 64, 69, 67, 66, 67, 69]
    assert score.keys == [(0, 9, "min")]
    assert pitches("^F F =F F | F") == [66, 66, 65, 65, 65]
    assert pitches("^F F [K:G] F | F F", HEAD.replace("K:C", "K:D")) == [66] * 5


@pytest.mark.parametrize(("how", "then"), [("not", [66, 65, 77]), ("octave", [66, 66, 77]), ("pitch", [66, 66, 78])])
def test_how_far_an_accidental_holds_can_be_told(how, then):
    for directive in (f"%%propagate-accidentals {how}\n", f"I:propagate-accidentals {how}\n"):
        assert pitches(f"{directive}^F F f |") == then
    assert pitches("^F F f |") == [66, 66, 78]


def test_a_tied_note_keeps_its_accidental_over_the_barline():
    assert notes("C2 ^F2- | F F C2 |") == [(0, 48, 60), (48, 72, 66), (120, 24, 65), (144, 48, 60)]


def test_grace_notes_take_no_time_and_their_accidentals_hold():
    assert notes("{^f}C2 {/gab}F2 |") == [(0, 48, 60), (48, 48, 66)]


def test_voices_in_turn_go_on_where_they_stopped():
    score = read((CASES / "voices-in-turn.abc").read_text(), "")
    assert [len(part.notes) for part in score.parts] == [16, 4]
    assert [p for _, _, p in score.parts[0].notes] == [60, 62, 64, 65, 67, 69, 71, 72, 72, 71, 69, 67, 65, 64, 62, 60]
    assert [onset for onset, _, _ in score.parts[1].notes] == [0, 96, 192, 288]
    assert chords(score) == [(0, "C"), (96, "G7"), (192, "C"), (288, "F")]
    assert score.bars == [0, 96, 192, 288]


def test_voices_within_the_line_and_declared_in_the_head():
    head = 'X:1\nM:4/4\nL:1/4\nV:1 name="Melody"\nV:2 clef=bass octave=-1\nK:C\n'
    score = read("[V:1] CDEF|\n[V:2] C2 G2|\n[V:1] GABc|\n[V:2] C4|\n", head)
    assert [part.name for part in score.parts] == ["Melody", "part 2"]
    assert [[p for _, _, p in part.notes] for part in score.parts] == [
        [60, 62, 64, 65, 67, 69, 71, 72],
        [48, 55, 48],
    ]
    undeclared = read("CDEF|\nV:2\nC4|\n", head)
    assert [len(part.notes) for part in undeclared.parts] == [4, 1]


def test_fields_within_the_line_hold_from_there():
    score = read("C D [L:1/8] E F [K:D] F C | [M:3/4][L:1/4] F C z | [Q:1/4=90] F3 |")
    assert score.parts[0].notes == [
        *((0, 24, 60), (24, 24, 62), (48, 12, 64), (60, 12, 65), (72, 12, 66), (84, 12, 61)),
        *((96, 24, 66), (120, 24, 61), (168, 72, 66)),
    ]
    assert (score.meter, score.bars) == ([(0, 4, 4), (96, 3, 4)], [0, 96, 168])
    assert score.keys == [(0, 0, "maj"), (72, 2, "maj")]
    assert score.tempo == 90


def test_whole_bars_of_rest():
    assert notes("C4 | Z2 | D4 | Z | E4 |") == [(0, 96, 60), (288, 96, 62), (480, 96, 64)]
    score = read("C4 | X3 | D4 |")
    assert score.bars == [0, 96, 192, 288, 384]
    waltz = read("C3 | Z | D3 |", HEAD.replace("4/4", "3/4"))
    assert waltz.bars == [0, 72, 144]


def test_lengths_rests_and_spacers():
    assert notes("C/ D/2 E// F3/2 z x/ y2 G2 |") == [
        (0, 12, 60),
        (12, 12, 62),
        (24, 6, 64),
        (30, 36, 65),
        (102, 48, 67),
    ]


def test_broken_rhythm_passes_over_what_stands_between():
    assert notes('C>D E<F C >> D E>"Am".F C>{g}D |') == [
        *((0, 36, 60), (36, 12, 62), (48, 12, 64), (60, 36, 65), (96, 42, 60), (138, 6, 62)),
        *((144, 36, 64), (180, 12, 65), (192, 36, 60), (228, 12, 62)),
    ]
    assert notes("[CE]>D |") == [(0, 36, 60), (0, 36, 64), (36, 12, 62)]


def test_tuplets():
    assert notes("(3CDE F2 | (3:2:2 C2 D F2") == [
        *((0, 16, 60), (16, 16, 62), (32, 16, 64), (48, 48, 65)),
        *((96, 32, 60), (128, 16, 62), (144, 48, 65)),
    ]
    eighths = HEAD.replace("M:4/4\nL:1/4", "M:6/8\nL:1/8")
    assert [length for _, length, _ in notes("(2CD E3 | (4CDEF G3", eighths)] == [18, 18, 36, 9, 9, 9, 9, 36]


def test_chords_of_notes():
    assert notes("[CEG]2 [C2E]D |") == [(0, 48, 60), (0, 48, 64), (0, 48, 67), (48, 24, 64), (48, 48, 60), (96, 24, 62)]
    assert notes("[CE]-[CG] |") == sorted([(0, 48, 60), (0, 24, 64), (24, 24, 67)])
    assert notes("[C-E]C |") == [(0, 24, 64), (0, 48, 60)]


def test_repeats_and_endings_are_played_once_as_written():
    score = read("|: CDEF |1 GABc :|2 cBAG |]")
    assert [p for _, _, p in score.parts[0].notes] == [60, 62, 64, 65, 67, 69, 71, 72, 72, 71, 69, 67]
    assert score.bars == [0, 96, 192]
    assert len(notes('CDEF|[1 GABc:|[2 cBAG||[1,3 C4::["last" D4:||:E4|]')) == 15


def test_voices_that_share_a_bar():
    assert notes("C4 & E2 G2 | D4 |") == [(0, 48, 64), (0, 96, 60), (48, 48, 67), (96, 96, 62)]


def test_decorations_remarks_and_directives_say_nothing():
    text = (
        '!trill!C "^slowly"D "_x""<(""@1,2 y"~E .F | %%vskip 2\n%%text C D E F\nuG vA\\\nTB !fermata!c |\n+accent+C4 |'
    )
    assert pitches(text) == [60, 62, 64, 65, 67, 69, 71, 72, 60]
    assert pitches("C D E F | % G A B c |\n G4 |") == [60, 62, 64, 65, 67]
    assert pitches("%%begintext\nC D E F|\n%%endtext\nG4|") == [67]


def test_chord_symbols_stand_at_their_notes():
    score = read('"C"C2 "G7"D2 | "^Fine"E2 "Am"[CEA]2 | "F" z2 {g}"C#dim"F2 | "Gwhat"G4 | "Fine" C4 |')
    assert chords(score) == [(0, "C"), (48, "G7"), (144, "Am"), (192, "F"), (240, "C#dim"), (288, "Gwhat")]
    assert score.symbols[-1].root == -1
    assert score.not_understood == {"Gwhat": 1}
    assert score.remarks == ["remarks, no chords: Fine"]


def test_jazz_symbols_are_understood():
    score = read((CASES / "chord-spellings.abc").read_text(), "")
    assert not score.not_understood
    assert [(symbol.tick // 96, symbol.root, symbol.quality, symbol.bass) for symbol in score.symbols] == [
        *((0, 0, "maj", 0), (1, 9, "min", 9), (2, 0, "dim", 0), (3, 11, "hdim7", 11), (4, 5, "maj7", 5)),
        *((5, 9, "min7", 9), (6, 11, "7", 11), (7, -1, "N", -1), (8, 7, "7", 7), (9, 2, "min", 2), (10, 2, "maj", 6)),
        *((11, 10, "maj", 10), (12, 0, "6", 0), (13, 7, "sus4", 7), (14, 0, "maj", 0), (15, 0, "7", 0)),
    ]


@pytest.mark.parametrize(
    ("key", "expected", "altered"),
    [
        ("Ador", (9, "min"), [60, 62, 64, 66]),
        ("D Mix", (2, "maj"), [60, 62, 64, 66]),
        ("F#m", (6, "min"), [61, 62, 64, 66]),
        ("E minor", (4, "min"), [60, 62, 64, 66]),
        ("Bb", (10, "maj"), [60, 62, 63, 65]),
        ("C exp ^f _e", (0, "maj"), [60, 62, 63, 66]),
        ("D Phr ^f", (2, "min"), [60, 62, 63, 66]),
        ("HP", (9, "maj"), [61, 62, 64, 66]),
        ("G clef=treble-8", (7, "maj"), [48, 50, 52, 54]),
        ("Am transpose=2", (9, "min"), [62, 64, 66, 67]),
    ],
)
def test_keys(key, expected, altered):
    score = read("CDEF|", HEAD.replace("K:C", f"K:{key}"))
    assert score.keys == [(0, *expected)]
    assert [p for _, _, p in score.parts[0].notes] == altered


def test_no_key_is_no_key():
    assert read("CDEF|", HEAD.replace("K:C", "K:none")).keys == []


@pytest.mark.parametrize("field", ["K:Q", "M:4/512", "M:0/4", "M:x", "L:0/4", "L:1/0", "Q:quick", "V:"])
def test_a_field_that_cannot_be_read_is_named_and_ignored(field):
    score = read(f"CDEF|\n{field}\nGABc|")
    assert [p for _, _, p in score.parts[0].notes] == [60, 62, 64, 65, 67, 69, 71, 72]
    (remark,) = score.remarks
    assert remark.endswith("is not understood and is ignored")
    assert score.bars == [0, 96]


def test_signs_that_mean_nothing_are_counted():
    score = read("C D 7 E § F § |")
    assert [p for _, _, p in score.parts[0].notes] == [60, 62, 64, 65]
    assert score.remarks == ["signs that are not understood: 7 (1), § (2)"]


def test_music_goes_on_over_an_empty_line_and_words_after_the_tune_are_named():
    score = read("CDEF|\n\nGABc|\n\nThe end of the tune\n")
    assert len(score.parts[0].notes) == 8
    assert score.remarks == ["text after the tune: The end of the tune"]


def test_a_tune_without_a_key_field_is_in_c():
    assert pitches("CDEF|", HEAD.replace("K:C\n", "")) == [60, 62, 64, 65]


def test_titles_composers_and_tempos():
    score = read("CDEF|", 'X:1\nT:Caf\\u00e9 &amp; Bar\nT:Another\nC:Some One\nQ:"Slow" 3/8=40\nM:6/8\nK:C\n')
    assert (score.title, score.composer, score.tempo) == ("Café & Bar", "Some One", 60)
    assert score.parts[0].notes[1] == (12, 12, 62)


@pytest.mark.parametrize(("meter", "length"), [("2/4", 6), ("3/4", 12), ("4/4", 12), ("6/8", 12), ("none", 12)])
def test_the_unit_follows_the_meter(meter, length):
    assert notes("CD|", f"X:1\nM:{meter}\nK:C\n")[0][1] == length


def test_percussion_is_no_melody():
    score = read("CDEF|\n[V:2 clef=perc] CCCC|\n[V:3]\n%%MIDI channel 10\nDDDD|")
    assert [part.drums for part in score.parts] == [False, True, True]


def test_a_piece_ends_with_its_last_note():
    assert read("CDEF|G4|Z40|z4|").bars == [0, 96]


def test_what_is_opened_and_not_closed_is_named():
    score = read('CD{g EF|G"Am A B|\ncB[AG|')
    assert [p for _, _, p in score.parts[0].notes] == [60, 62, 67 + 12, 64, 65, 67, 72, 71, 69, 67]
    assert score.remarks == ['a quotation without an end: "Am A B|', "signs that are not understood: [ (1), { (1)"]


def test_no_notes_are_no_tune():
    with pytest.raises(UnreadableError, match="no notes"):
        read("z4 | Z3 |")
    with pytest.raises(UnreadableError, match="quarter notes"):
        read("C4 | " + "Z9999 | " * 20)
