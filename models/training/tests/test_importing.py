import argparse
import gzip
import json

import mido
import pytest
from music21 import chord, clef, harmony, instrument, key, meter, note, stream

from continuo_training.corpus import read_corpus
from continuo_training.importing.abc_score import abc_tunes
from continuo_training.importing.command import add_arguments, run
from continuo_training.importing.groups import groups_of, splits_of, title_key
from continuo_training.importing.melody import top_voice
from continuo_training.importing.qualities import quality_of
from continuo_training.importing.score import whole_bars
from continuo_training.vocabulary import STYLES, chord_index

TWINKLE = [60, 60, 67, 67, 69, 69, 67, 65, 65, 64, 64, 62, 62, 60]
RISING = [62, 64, 66, 69, 74, 73, 69, 66, 71, 67, 64, 61, 62, 57]
WALTZ = [55, 64, 62, 59, 60, 67, 71, 65, 58, 56, 63, 70, 68, 61]

SWALLOWS = """X:1
T:The Swallows
C:Trad.
M:6/8
L:1/8
Q:3/8=110
K:Ador
"^slowly"E|"Am"A2B c2d|"G"e>fe dBG|"A-7"A2B c2A|"D7/F#"B3 G2E|"Am"A6|]
"""

REEL = """X:7
T:A Reel
M:4/4
L:1/8
K:D
dAFA dfed|cdeA cdec|dAFA dfed|cAgc d4|
X:8
T:Broken
M:4/4
L:1/8
K:D
A2
X:9
T:Another
M:2/4
L:1/8
K:G
GABc|d2e2|dcBA|G4|
"""


def midi_file(path, tracks, meter=((4, 4),), ticks=480, extra=()):
    """Writes tracks of (name, channel, [(onset, duration, pitch), …]) in quarter notes."""
    file = mido.MidiFile(ticks_per_beat=ticks)
    conductor = mido.MidiTrack()
    passed = 0
    for numerator, denominator in meter:
        conductor.append(mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator, time=passed))
        passed = ticks * 4 * numerator // denominator
    conductor.extend(extra)
    file.tracks.append(conductor)
    for name, channel, notes in tracks:
        events = []
        for onset, duration, pitch in notes:
            events.append((onset, 1, mido.Message("note_on", channel=channel, note=pitch, velocity=80)))
            events.append((onset + duration, 0, mido.Message("note_off", channel=channel, note=pitch)))
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        now = 0
        for when, _, message in sorted(events, key=lambda event: event[:2]):
            track.append(message.copy(time=round((when - now) * ticks)))
            now = when
        file.tracks.append(track)
    file.save(path)


def line(pitches, begin=0):
    return [(begin + index, 1, pitch) for index, pitch in enumerate(pitches)]


def triads(*roots):
    return [(4 * bar, 4, root + tone) for bar, root in enumerate(roots) for tone in (0, 4, 7)]


def imported(folder, into, *options):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args([str(folder), "--into", str(into), "--name", "mine", "--style", "folk", *options]))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "music").mkdir()
    return tmp_path / "music"


@pytest.fixture
def records(folder, tmp_path):
    def read():
        assert imported(folder, tmp_path / "corpus") == 0
        with gzip.open(tmp_path / "corpus" / "mine.jsonl.gz", "rt", encoding="utf-8") as lines:
            return [json.loads(text) for text in lines]

    return read


def test_midi_chords_are_read_off_all_parts(folder, records):
    bass = [(4 * bar, 4, pitch) for bar, pitch in enumerate((36, 40, 43, 36))]
    tracks = [("Pads", 1, triads(48, 48, 55, 48)), ("Melody", 0, line([*TWINKLE, 64, 60])), ("Bass", 2, bass)]
    drums = ("Kit", 9, [(beat, 0.5, 38) for beat in range(16)])
    midi_file(folder / "one.mid", [*tracks, drums])
    (record,) = records()
    assert [pitch for _, _, pitch in record["melody"]] == [*TWINKLE, 64, 60]
    assert record["chords_src"] == "auto"
    chords = [(onset, root, quality) for onset, _, root, quality, *_ in record["chords"]]
    assert chords[0] == (0, 0, "maj")
    assert (192, 7, "maj") in [(onset, root, quality[:3].replace("7", "maj")) for onset, root, quality in chords]
    assert record["bars"] == [0, 96, 192, 288]
    assert record["key"] == [[0, 0, "maj"]]
    assert set(record["parts"]) == {"Pads", "Bass", "drums"}


def test_a_melody_without_a_name_is_the_highest_single_voice(folder, records):
    midi_file(folder / "one.mid", [("", 0, triads(72, 72, 79)), ("", 1, line(RISING)), ("", 2, line(WALTZ))])
    (record,) = records()
    assert [pitch for _, _, pitch in record["melody"]] == RISING


def test_a_melody_alone_has_no_chords(folder, records):
    midi_file(folder / "one.mid", [("", 0, line(RISING))])
    (record,) = records()
    assert (record["chords"], record["chords_src"], record["parts"]) == ([], None, {})


def test_a_short_first_bar_in_midi_is_an_upbeat(folder, records):
    midi_file(folder / "one.mid", [("", 0, line(WALTZ))], meter=((1, 4), (3, 4)))
    (record,) = records()
    assert record["pickup"] == 24
    assert record["melody"][0][0] == 48
    assert record["bars"][:3] == [0, 72, 144]
    assert record["meter"] == [[0, 3, 4]]


def test_c_major_in_midi_is_not_believed(folder, records):
    keys = [mido.MetaMessage("key_signature", key="C")]
    midi_file(folder / "one.mid", [("", 0, line([62, 64, 66, 67, 69, 71, 73, 74, 69, 66, 62]))], extra=keys)
    midi_file(folder / "two.mid", [("", 0, line(WALTZ))], extra=[mido.MetaMessage("key_signature", key="Bbm")])
    assert [record["key"] for record in records()] == [[[0, 2, "maj"]], [[0, 10, "min"]]]


def test_abc_gives_an_upbeat_in_six_eight_and_its_symbols(folder, records):
    (folder / "swallows.abc").write_text(SWALLOWS)
    (record,) = records()
    assert (record["title"], record["composer"]) == ("The Swallows", "Trad.")
    assert record["meter"] == [[0, 6, 8]]
    assert record["bars"] == [0, 72, 144, 216, 288, 360]
    assert record["pickup"] == 12
    assert record["melody"][:3] == [[60, 12, 64], [72, 24, 69], [96, 12, 71]]
    assert record["key"] == [[0, 9, "min"]]
    assert record["tempo"] == 165
    assert record["chords_src"] == "symbols"
    assert [chord[:5] for chord in record["chords"]] == [
        [72, 72, 9, "min", 9],
        [144, 72, 7, "maj", 7],
        [216, 72, 9, "min7", 9],
        [288, 72, 2, "7", 6],
        [360, 72, 9, "min", 9],
    ]


def test_a_broken_tune_of_a_book_is_named_and_the_others_are_read(folder, records, capsys):
    (folder / "book.abc").write_text(REEL)
    assert [record["id"] for record in records()] == ["mine:book.abc#7", "mine:book.abc#9"]
    assert "skipped book.abc#8: no part has 8 notes or more" in capsys.readouterr().err


def test_tunes_with_one_number_are_counted():
    assert [number for number, _ in abc_tunes("X:1\nK:C\nC\nX:1\nK:C\nD\n")] == ["1", "2"]


def test_a_double_stop_is_no_harmony_and_a_remark_no_symbol(folder, records):
    tune = "X:1\nT:Solo\nM:2/4\nL:1/8\nK:G\n" + "GABc|d2e2|dcBA|G4|" * 4
    (folder / "solo.abc").write_text(tune.replace("G4", "[GB]4", 1).replace("d2", '"D.C."d2', 1))
    (record,) = records()
    assert (record["chords"], record["chords_src"]) == ([], None)


def lead_sheet():
    part = stream.Part()
    part.append(instrument.Clarinet())
    part.append([clef.TrebleClef(), key.KeySignature(2), meter.TimeSignature("4/4")])
    for pitch in ("D4", "E4", "F#4", "A4", "G4", "F#4", "E4"):
        part.append(note.Note(pitch))
    part.append(note.Note("D4", quarterLength=5))
    part.insert(0, harmony.ChordSymbol("D"))
    part.insert(4, harmony.ChordSymbol("Em7"))
    part.insert(6, harmony.ChordSymbol("A7/C#"))
    part.insert(8, harmony.NoChord())
    score = stream.Score([part])
    score.atSoundingPitch = part.atSoundingPitch = False
    return score


def test_musicxml_sounds_as_the_instrument_does(folder, records):
    lead_sheet().write("musicxml", folder / "sheet.musicxml")
    (record,) = records()
    assert [pitch for _, _, pitch in record["melody"]] == [60, 62, 64, 67, 65, 64, 62, 60]
    assert record["melody"][-1] == [168, 120, 60]
    assert record["key"] == [[0, 0, "maj"]]
    assert [chord[:5] for chord in record["chords"]] == [
        [0, 96, 0, "maj", 0],
        [96, 48, 2, "min7", 2],
        [144, 48, 7, "7", 11],
        [192, 96, -1, "N", -1],
    ]


def test_compressed_musicxml_takes_the_top_voice_and_reads_the_chords_off(folder, records):
    upper, lower = stream.Part(id="upper"), stream.Part(id="lower")
    upper.append(meter.TimeSignature("3/4"))
    for first, second in zip(WALTZ[::2], WALTZ[1::2], strict=True):
        upper.append(chord.Chord([first, first + 7], quarterLength=1))
        upper.append(note.Note(second, quarterLength=2))
    for _ in range(7):
        lower.append(chord.Chord(["A2", "C3", "E3"], quarterLength=3))
    stream.Score([upper, lower]).write("mxl", folder / "two.mxl")
    (record,) = records()
    tops = [pitch + 7 if index % 2 == 0 else pitch for index, pitch in enumerate(WALTZ)]
    assert [pitch for _, _, pitch in record["melody"]] == tops
    assert record["chords"][0][2:5] == [9, "min", 9]
    assert record["chords_src"] == "auto"
    assert len(record["parts"]) == 2


def test_what_cannot_be_read_is_named_and_nothing_stops(folder, records, capsys):
    (folder / "bad.mid").write_bytes(b"not a midi file")
    (folder / "bad.mxl").write_bytes(b"not a zip file")
    (folder / "bad.musicxml").write_text("<score-partwise><part-list>")
    (folder / "bad.abc").write_text("just words")
    (folder / "notes.txt").write_text("is no music")
    midi_file(folder / "good.mid", [("", 0, line(RISING))])
    assert [record["id"] for record in records()] == ["mine:good.mid"]
    out, err = capsys.readouterr()
    for name in ("bad.mid", "bad.mxl", "bad.musicxml", "bad.abc"):
        reason = err.split(f"skipped {name}: ")[1].splitlines()[0]
        assert reason
    assert "no tune" in err
    assert "passed over notes.txt: not MIDI, MusicXML or ABC by its name" in err
    assert "1 read from 1 files, 4 skipped, 1 passed over" in out


def test_the_result_is_a_corpus(folder, tmp_path):
    (folder / "sub").mkdir()
    (folder / "sub" / "swallows.abc").write_text(SWALLOWS)
    midi_file(folder / "one.mid", [("", 0, line(RISING)), ("pads", 1, triads(50, 50, 57))])
    midi_file(folder / "two.mid", [("", 0, line(WALTZ))])
    assert imported(folder, tmp_path / "corpus", "--licence", "CC0") == 0
    pieces = list(read_corpus(tmp_path / "corpus"))
    assert [piece.id for piece in pieces] == ["mine:one.mid", "mine:sub/swallows.abc", "mine:two.mid"]
    assert {piece.source for piece in pieces} == {"mine"}
    assert {piece.style for piece in pieces} == {STYLES.index("folk")}
    assert {piece.licence for piece in pieces} == {"CC0"}
    assert sorted(piece.split for piece in pieces) == ["test", "train", "valid"]
    swallows = pieces[1]
    assert swallows.compound_at(swallows.melody[:, 0]).all()
    assert swallows.chords[0, :3].tolist() == [72, 72, chord_index(9, "min")]


def test_the_same_folder_gives_the_same_bytes(folder, tmp_path):
    (folder / "book.abc").write_text(REEL)
    (folder / "swallows.abc").write_text(SWALLOWS)
    for name in ("once", "again"):
        assert imported(folder, tmp_path / name) == 0
    assert (tmp_path / "once/mine.jsonl.gz").read_bytes() == (tmp_path / "again/mine.jsonl.gz").read_bytes()


def test_a_corpus_file_of_another_origin_is_not_overwritten(folder, tmp_path, capsys):
    midi_file(folder / "one.mid", [("", 0, line(RISING))])
    (tmp_path / "corpus").mkdir()
    with gzip.open(tmp_path / "corpus" / "mine.jsonl.gz", "wt") as file:
        file.write('{"source":"somewhere/else"}\n')
    assert imported(folder, tmp_path / "corpus") == 2
    assert "choose another --name" in capsys.readouterr().err


def test_an_empty_folder_writes_nothing(folder, tmp_path, capsys):
    assert imported(folder, tmp_path / "corpus") == 1
    assert imported(folder / "nowhere", tmp_path / "corpus") == 2
    assert not (tmp_path / "corpus").exists()
    assert "is not a folder" in capsys.readouterr().err


def test_variants_of_a_tune_share_a_split(folder, records):
    variant = [pitch + 5 for pitch in RISING[:12]] + [60, 67]
    midi_file(folder / "a.mid", [("", 0, line(RISING))])
    midi_file(folder / "b.mid", [("", 0, line(variant))])
    midi_file(folder / "c.mid", [("", 0, line(WALTZ))])
    midi_file(folder / "Cafe.mid", [("", 0, line(TWINKLE))])
    midi_file(folder / "The Café (2).mid", [("", 0, line(WALTZ[::-1]))])
    by_id = {record["title"]: record for record in records()}
    assert by_id["a"]["group"] == by_id["b"]["group"] != by_id["c"]["group"]
    assert by_id["a"]["split"] == by_id["b"]["split"]
    assert by_id["Cafe"]["group"] == by_id["The Café (2)"]["group"]
    assert {record["split"] for record in by_id.values()} == {"train", "valid", "test"}


@pytest.mark.parametrize("count", [2, 3, 5, 20])
def test_few_tunes_are_still_validated(count):
    splits = splits_of([f"{number:012x}" for number in range(count)])
    assert {"train", "valid"} <= set(splits.values())
    assert count < 3 or "test" in splits.values()


def test_one_tune_alone_is_trained_on():
    assert splits_of(["0" * 12] * 3) == {"0" * 12: "train"}


def test_many_tunes_are_split_by_their_hash():
    groups = [f"{number:012x}" for number in range(4000)]
    splits = list(splits_of(groups).values())
    assert splits.count("train") / 4000 == pytest.approx(0.9, abs=0.02)
    assert splits.count("valid") / 4000 == pytest.approx(0.05, abs=0.01)
    assert splits_of(groups[::-1]) == splits_of(groups)


def test_a_group_is_named_by_titles_alone():
    melodies = [line(RISING), line(WALTZ), line(TWINKLE)]
    assert groups_of(["a", "b", "c"], melodies)[::-1] == groups_of(["c", "b", "a"], melodies[::-1])


@pytest.mark.parametrize(
    ("title", "plain"),
    [("The Röslein, (arr. X)", "roslein"), ("Roslein v2", "roslein"), ("Tune No. 3", "tune no 3"), ("A", "")],
)
def test_titles_are_compared_by_their_words(title, plain):
    assert title_key(title) == plain


def test_the_top_voice_keeps_legato_and_leaves_accompaniment():
    chords = [(0, 48, 72), (0, 48, 64), (24, 12, 60), (46, 24, 71), (72, 24, 76), (84, 12, 79)]
    assert top_voice(chords) == [(0, 46, 72), (46, 24, 71), (72, 12, 76), (84, 12, 79)]


def test_bars_that_a_repeat_cuts_are_one():
    limits = [0, 12, 84, 156, 216, 228, 300, 360]
    assert whole_bars(limits, [(0, 6, 8)]) == (60, [0, 72, 144, 216, 288, 360])


@pytest.mark.parametrize(
    ("intervals", "quality"),
    [
        ({0, 4, 7, 10, 2, 9}, "7"),
        ({0, 4, 10, 3, 7}, "7"),
        ({0, 3, 6, 10}, "hdim7"),
        ({0, 3, 6, 9}, "dim7"),
        ({0, 3, 7, 11}, "minmaj7"),
        ({0, 4, 8, 10}, "aug7"),
        ({0, 4, 6, 10}, "7b5"),
        ({0, 4, 7, 9, 2}, "6"),
        ({0, 4, 7, 11, 6}, "maj7"),
        ({0, 5, 7, 10}, "7sus4"),
        ({0, 2, 7}, "sus2"),
        ({0, 7}, "5"),
    ],
)
def test_a_quality_is_what_the_tones_say(intervals, quality):
    assert quality_of(intervals) == quality
