"""What goes into an import is read, or named."""

import gzip
import os
import shutil
from pathlib import Path

import pytest
from importing import CASES, event, imported, line, records_of, smf, track

from continuo_training.corpus import read_corpus
from continuo_training.texture.reading import piece_textures

MUSIC = smf(track(line(60, 64, 67, 65, 62, 67, 71, 72)))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "music").mkdir()
    return tmp_path / "music"


def test_every_case_is_read_or_named(folder, tmp_path, capsys):
    for case in CASES.iterdir():
        if case.suffix in (".mid", ".abc", ".musicxml"):
            shutil.copy(case, folder)
    read = {record["id"].removeprefix("mine:") for record in records_of(folder, tmp_path / "corpus")}
    err = capsys.readouterr().err
    for path in folder.iterdir():
        assert (path.name in read) != (f"skipped {path.name}: " in err), path.name
    assert "skipped division-zero.mid: its head says that a quarter note has no ticks" in err
    assert "skipped slash-heads.musicxml: no part has 8 notes or more; slashes and other heads" in err
    assert "meter-4-512.mid: the meter 4/512 cannot be and is ignored" in err
    assert len(list(read_corpus(tmp_path / "corpus"))) == len(read)


def test_file_names_that_are_no_text_are_read_and_written(folder, tmp_path, capsys):
    place = os.fsencode(folder)
    for name in (b"f\xfcr.mid", "für.mid".encode(), b"line\nbreak.mid", b"\xff\xfe.abc"):
        try:
            Path(os.fsdecode(place + b"/" + name)).write_bytes(MUSIC)
        except OSError:
            pytest.skip("this file system wants names in UTF-8")
    records = records_of(folder, tmp_path / "corpus")
    assert {record["id"] for record in records} == {"mine:f\\xfcr.mid", "mine:für.mid", "mine:line\\nbreak.mid"}
    assert {record["title"] for record in records} == {"für", "line break"}
    assert "skipped \\xff\\xfe.abc: no tune" in capsys.readouterr().err


def test_karaoke_and_wrapped_files_are_midi(folder, tmp_path):
    size = len(MUSIC).to_bytes(4, "little")
    (folder / "song.kar").write_bytes(MUSIC)
    (folder / "song.RMI").write_bytes(b"RIFF" + bytes(4) + b"RMIDdata" + size + MUSIC)
    assert [record["id"] for record in records_of(folder, tmp_path / "corpus")] == ["mine:song.RMI", "mine:song.kar"]


def test_whatever_is_no_music_is_named_with_the_reason(folder, tmp_path, capsys):
    (folder / "good.mid").write_bytes(MUSIC)
    expected = {
        "score.mscz": "MuseScore is not read: export it as MusicXML",
        "old.gp5": "Guitar Pro is not read: export it as MusicXML",
        "words.txt": "not MIDI, MusicXML or ABC by its name",
        "README": "not MIDI, MusicXML or ABC by its name",
        ".hidden.mid": "hidden",
    }
    for name in expected:
        (folder / name).write_bytes(MUSIC)
    (folder / ".git").mkdir()
    (folder / ".git" / "inside.mid").write_bytes(MUSIC)
    (folder / "nothing").mkdir()
    (folder / "folder.mid").mkdir()
    (folder / "folder.mid" / "inside.mid").write_bytes(MUSIC)
    (folder / "lost.mid").symlink_to(folder / "nowhere")
    (folder / "elsewhere").symlink_to(folder / "folder.mid")
    os.mkfifo(folder / "pipe.mid")
    (folder / "empty.mid").write_bytes(b"")
    expected |= {
        ".git": "a hidden folder",
        "nothing": "an empty folder",
        "lost.mid": "a link that leads nowhere",
        "elsewhere": "a link to a folder",
        "pipe.mid": "not a regular file",
    }
    read = [record["id"] for record in records_of(folder, tmp_path / "corpus")]
    assert read == ["mine:folder.mid/inside.mid", "mine:good.mid"]
    out, err = capsys.readouterr()
    for name, reason in expected.items():
        assert f"passed over {name}: {reason}\n" in err
    assert "skipped empty.mid: empty" in err
    assert f"2 read from 2 files, 1 skipped, {len(expected)} passed over" in out


def test_a_file_that_may_not_be_opened_is_named(folder, tmp_path, capsys, monkeypatch):
    (folder / "good.mid").write_bytes(MUSIC)
    (folder / "secret.mid").write_bytes(MUSIC)
    read_bytes = type(folder).read_bytes

    def refused(path):
        if path.name == "secret.mid":
            raise PermissionError(13, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(type(folder), "read_bytes", refused)
    assert len(records_of(folder, tmp_path / "corpus")) == 1
    assert "skipped secret.mid: [Errno 13] Permission denied" in capsys.readouterr().err


def test_a_file_that_is_too_large_is_refused_before_it_is_read(folder, tmp_path, capsys):
    (folder / "good.mid").write_bytes(MUSIC)
    with (folder / "huge.mid").open("wb") as file:
        file.truncate(1 << 33)
    assert len(records_of(folder, tmp_path / "corpus")) == 1
    assert "skipped huge.mid: larger than 64 MiB" in capsys.readouterr().err


def test_symbols_that_are_not_understood_are_counted_and_named(folder, tmp_path, capsys):
    bars = '"C"CDEF|"Gwhat"GABc|"Am"cBAG|"Gwhat"FEDC|"Dso"CDEF|'
    (folder / "tune.abc").write_text(f"X:1\nT:Tune\nM:4/4\nL:1/4\nK:C\n{bars}\n")
    (record,) = records_of(folder, tmp_path / "corpus")
    assert [(onset, root) for onset, _, root, *_ in record["chords"]] == [
        *((0, 0), (96, -1), (192, 9), (288, -1), (384, -1)),
    ]
    out, err = capsys.readouterr()
    assert "tune.abc: chord symbols not understood, no chord there: Gwhat 2, Dso 1" in err
    assert "3 chord symbols not understood, no chord there: Gwhat 2, Dso 1" in out


def test_remarks_alone_are_no_chords(folder, tmp_path):
    bars = '"Dso"CDEF|"Gwhat"GABc|"Fine"cBAG|FEDC|'
    (folder / "tune.abc").write_text(f"X:1\nT:Tune\nM:4/4\nL:1/4\nK:C\n{bars}\n")
    (record,) = records_of(folder, tmp_path / "corpus")
    assert (record["chords"], record["chords_src"]) == ([], None)


def test_an_mpe_performance_is_the_melody_over_drums(folder, tmp_path):
    zone = b"".join(event(0, 0xB0, *pair) for pair in ((101, 0), (100, 6), (6, 5)))
    tune = (60, 64, 67, 65, 62, 67, 71, 72, 60, 64, 67, 65)
    notes = b"".join(
        event(4, 0x91 + index % 5, pitch, 80) + event(20, 0x81 + index % 5, pitch, 0)
        for index, pitch in enumerate(tune)
    )
    (folder / "mpe.mid").write_bytes(smf(track(zone, notes), track(line(*[76] * 24, channel=9))))
    (record,) = records_of(folder, tmp_path / "corpus")
    assert [pitch for _, _, pitch in record["melody"]] == list(tune)
    assert list(record["parts"]) == ["drums"]


def test_drums_alone_are_a_groove_with_its_velocities(folder, tmp_path):
    beat = b"".join(
        event(0, 0x99, key, loud) + event(12, 0x89, key, 0) for key, loud in ((36, 100), (42, 40), (38, 90), (42, 50))
    )
    (folder / "beat.mid").write_bytes(smf(track(beat * 4)))
    (record,) = records_of(folder, tmp_path / "corpus")
    assert (record["melody"], record["chords"], record["bars"]) == ([], [], [0, 96])
    assert record["parts"]["drums"][:3] == [[0, 12, 36, 100], [12, 12, 42, 40], [24, 12, 38, 90]]
    bars = [read.texture for read in piece_textures("mine", record).bars]
    assert [int(bar.hits.sum()) for bar in bars] == [8, 8]
    assert bars[0].velocity.max() == 100


def test_what_hinders_is_said_before_anything_is_read(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("continuo_training.importing.command._read", lambda *_: pytest.fail("has begun"))
    (folder / "one.mid").write_bytes(MUSIC)
    file = tmp_path / "file"
    file.write_text("")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "mine.jsonl.gz").write_text("no gzip")
    taken = tmp_path / "taken"
    (taken / "mine.jsonl.gz").mkdir(parents=True)
    for music, into, says in (
        (folder / "nowhere", tmp_path / "corpus", "is not a folder"),
        (folder / "one.mid", tmp_path / "corpus", "is not a folder"),
        (folder, file, "is no folder: choose another folder with --into"),
        (folder, file / "below", "is no folder: choose another folder with --into"),
        (folder, foreign, "was not imported as mine: choose another --name"),
        (folder, taken, "is there and is no file: choose another --name"),
    ):
        assert imported(music, into) == 2
        out, err = capsys.readouterr()
        assert says in err
        assert len(err.splitlines()) == 1
        assert not out


def test_a_record_holds_no_broken_text(folder, tmp_path):
    (folder / "tune.abc").write_bytes(b"X:1\nT:Bl\xe4ue\x07\nC:\x81\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n")
    records_of(folder, tmp_path / "corpus")
    text = gzip.decompress((tmp_path / "corpus" / "mine.jsonl.gz").read_bytes()).decode()
    assert '"title":"Bläue"' in text
    assert '"composer":"\\\\x81"' in text
