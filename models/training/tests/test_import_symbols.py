"""Chord symbols as people write them."""

import pytest

from continuo_training.importing.symbols import chord_of, symbols_of
from continuo_training.vocabulary import QUALITY_MAP

SPELLINGS = {
    "maj": "C Cmaj CM Cma Cmajor C(add9) Cadd9 C2 Cadd2 C/9 C(9) (C) [C]",
    "min": "Cm C- Cmin Cmi CMI Cminor Cm(add9) Cmadd9 C–",
    "dim": "C° Co Cdim C0 Cº Cm(b5) CDIM",
    "aug": "C+ Caug C(#5) C5+ C♯5".replace("C♯5", "C(♯5)"),
    "sus4": "Csus Csus4 C4 Csus2sus4 C(sus4)",
    "sus2": "Csus2",
    "5": "C5 C(no3) Cno3",
    "6": "C6 C6/9 C69 C6(9) C6add9 C(6) Cmaj6",
    "7": "C7 C9 C11 C13 C7alt Calt C7#9 C7b9 C7(b9,#11) C7(♭9) C7+9 C7-9 C7(13) Cdom7 C7(alt) C⁷ C7/9 C7b13 C9(#11)",
    "maj7": "Cmaj7 CΔ CΔ7 C△7 C∆ CM7 Cma7 CMA7 CMaj7 C^7 C^ Cj7 C7M Cmaj9 Cmaj13 CΔ9 Cmaj7(#11) Cmaj7/9",
    "min7": "Cm7 C-7 Cmi7 Cmin7 CMI7 Cm9 Cm11 C-9 Cm7(9) C−7 Cminor7",
    "min6": "Cm6 C-6 Cm69 Cm6/9 Cmin6",
    "hdim7": "Cø Cø7 CØ Cm7b5 Cm7(b5) C-7b5 Cm7-5 Cmin7♭5 Chalfdim7 Cm7(♭5)",
    "dim7": "C°7 Co7 Cdim7 C07",
    "7sus4": "C7sus C7sus4 C9sus4 C13sus Csus7 C7(sus4) C7susb9",
    "aug7": "C+7 C7+ C7#5 Caug7 C7+5 C7(#5) C9#5 C7(#5,b9)",
    "7b5": "C7b5 C7(b5) C7-5",
    "minmaj7": "Cm(maj7) CmM7 C-Δ CmΔ7 Cmmaj7 Cmin(maj7) C-maj7 Cm/maj7",
    "augmaj7": "Cmaj7#5 CΔ#5 C+M7 C+maj7",
}


@pytest.mark.parametrize(
    ("text", "quality"), [(text, quality) for quality, texts in SPELLINGS.items() for text in texts.split()]
)
def test_a_quality_in_every_spelling(text, quality):
    chord = chord_of(text)
    assert chord is not None
    assert (chord.root, chord.quality, chord.bass) == (0, quality, 0)
    assert quality in QUALITY_MAP


@pytest.mark.parametrize(
    ("text", "root"),
    [
        *(
            ("C♯m", 1),
            ("C#m", 1),
            ("Dbm", 1),
            ("D♭m", 1),
            ("Ebm", 3),
            ("F♯m", 6),
            ("F##m", 7),
            ("Bbbm", 9),
            ("Cbm", 11),
        ),
        *(("am", 9), ("bbm", 10), ("f#m", 6), ("ebm", 3), ("Hm", 11), ("Esm", 3), ("Fism", 6), ("Asm", 8)),
    ],
)
def test_roots_in_signs_small_letters_and_german(text, root):
    chord = chord_of(text)
    assert (chord.root, chord.quality) == (root, "min")


@pytest.mark.parametrize(
    ("text", "root", "quality", "bass"),
    [
        ("E♭maj7/G", 3, "maj7", 7),
        ("D/F#", 2, "maj", 6),
        ("C6/9/E", 0, "6", 4),
        ("Dm7 / G", 2, "min7", 7),
        ("C(/E)", 0, "maj", 4),
        ("C7/B♭", 0, "7", 10),
        ("Am add9", 9, "min", 9),
        ("C maj 7", 0, "maj7", 0),
        ("B♭ m7", 10, "min7", 10),
        ("E flat minor 7", 3, "min7", 3),
        ("C-sharp", 1, "maj", 1),
        ("Am*", 9, "min", 9),
        ("C7 no 5", 0, "7", 0),
    ],
)
def test_basses_and_spaces(text, root, quality, bass):
    chord = chord_of(text)
    assert (chord.root, chord.quality, chord.bass) == (root, quality, bass)


@pytest.mark.parametrize("text", ["Cxyz", "C7foo", "Am G", "Fine", "D.C.", "X7", "", "?", "V7", "C7/9/11/Q", "slowly"])
def test_what_means_nothing_is_no_chord(text):
    assert chord_of(text) is None


@pytest.mark.parametrize("text", ["N.C.", "NC", "N.C", "n.c.", "N", "No Chord", "tacet", "N.C. (drums)"])
def test_no_chord_is_a_symbol(text):
    symbols, unknown, remarks = symbols_of([(0, "C"), (96, text)])
    assert [(symbol.tick, symbol.root) for symbol in symbols] == [(0, 0), (96, -1)]
    assert not unknown
    assert not remarks


def test_the_chord_before_does_not_go_on_over_a_symbol_that_is_not_understood():
    symbols, unknown, remarks = symbols_of([(0, "C"), (96, "Gxyz"), (192, "F"), (288, "IV7"), (384, "Gxyz")])
    assert [(symbol.tick, symbol.quality) for symbol in symbols] == [
        (0, "maj"),
        (96, "N"),
        (192, "maj"),
        (288, "N"),
        (384, "N"),
    ]
    assert unknown == {"Gxyz": 2, "IV7": 1}
    assert not remarks


def test_the_chord_before_goes_on_over_a_remark_and_a_sign_of_repetition():
    symbols, unknown, remarks = symbols_of([(0, "C"), (96, "Fine"), (192, "%"), (288, "rit."), (384, "D.C. al Fine")])
    assert [symbol.tick for symbol in symbols] == [0]
    assert not unknown
    assert remarks == {"Fine": 1, "rit.": 1, "D.C. al Fine": 1}


def test_a_bass_alone_moves_under_the_chord_before():
    symbols, *_ = symbols_of([(0, "Am"), (48, "/G"), (96, "/F#")])
    assert [(symbol.root, symbol.quality, symbol.bass) for symbol in symbols] == [
        (9, "min", 9),
        (9, "min", 7),
        (9, "min", 6),
    ]
