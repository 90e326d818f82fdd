"""MIDI files, whole and damaged."""

import pytest
from importing import CASES, END, event, line, meta, smf, track

from continuo_training.importing.melody import melody_part, top_voice
from continuo_training.importing.midi import read_midi
from continuo_training.importing.score import UnreadableError

TUNE = (60, 64, 67, 65, 62, 67, 71, 72)
FOUR_TIMES = [*TUNE * 4]


def read(data):
    return read_midi(data, "a file")


def case(name):
    return read((CASES / name).read_bytes())


def melody(score):
    return top_voice(melody_part(score).notes)


def pitches(score):
    return [pitch for _, _, pitch in melody(score)]


def test_the_meters_of_all_tracks_count_and_one_that_is_said_again_is_no_change():
    again, once = case("meter-said-again-in-a-later-track.mid"), case("meter-said-once.mid")
    assert again.meter == once.meter == [(0, 4, 4), (384, 3, 4)]
    assert again.bars == once.bars == [0, 96, 192, 288, *range(384, 960, 72)]
    assert not again.remarks


def test_a_piece_ends_with_its_music():
    score = case("meter-after-the-end.mid")
    assert score.bars == list(range(0, 768, 96))
    assert score.meter == [(0, 4, 4)]
    assert score.remarks == ["changes of meter, key or tempo after the last note, ignored: 1"]


def test_the_tempo_is_the_one_of_the_first_note():
    assert case("tempo-not-at-zero.mid").tempo == 120
    tempo = meta(0, 0x51, (500_000).to_bytes(3, "big"))
    assert read(smf(track(tempo, meta(48, 0x51, (1_000_000).to_bytes(3, "big"))), track(line(*TUNE)))).tempo == 120
    assert read(smf(track(meta(0, 0x51, bytes(3))), track(line(*TUNE)))).tempo is None


def test_running_status_goes_on_after_meta_events():
    score = case("running-status-over-meta.mid")
    assert pitches(score) == FOUR_TIMES
    assert not score.remarks


def test_a_track_that_breaks_off_is_read_so_far_and_named_with_its_bar():
    score = case("cut-off-in-mid-track.mid")
    assert pitches(score) == FOUR_TIMES[:30]
    assert "track 2, bar 8: breaks off: the file ends in the middle of an event" in score.remarks


def test_a_track_with_a_damaged_head_is_read_and_named():
    score = case("track-head-overwritten.mid")
    assert [len(part.notes) for part in score.parts] == [32, 32]
    assert score.remarks == ["track 3: its head is damaged; its events were read all the same"]


@pytest.mark.parametrize("damage", [b"XXXX\x00\x00\x00\x01", b"\x00" * 8, b"MTr"])
def test_a_track_that_is_lost_is_missed(damage):
    lost = track(line(*TUNE))[8:]
    score = read(smf(track(line(*TUNE)), damage + lost, track(line(*TUNE))))
    assert [pitch for _, _, pitch in score.parts[0].notes] == list(TUNE)
    assert len(score.parts) == 2
    assert any(remark.startswith("3 tracks are announced, and 2") for remark in score.remarks)
    assert any("belong to no track" in remark for remark in score.remarks)


@pytest.mark.parametrize("length", [0, 5, 70, 300, 0xFFFFFFFF])
def test_a_wrong_length_of_a_track_costs_nothing(length):
    first = track(line(*TUNE), end=END)
    first = first[:4] + length.to_bytes(4, "big") + first[8:]
    score = read(smf(first, track(line(*TUNE, channel=1))))
    assert [[pitch for _, _, pitch in part.notes] for part in score.parts] == [list(TUNE)] * 2


def test_a_track_without_an_end_is_whole():
    score = read(smf(track(line(*TUNE), end=b""), track(line(*TUNE, channel=1), end=b"")))
    assert [len(part.notes) for part in score.parts] == [8, 8]
    assert not score.remarks


def test_what_lies_after_the_end_of_a_track_is_named():
    score = read(smf(track(line(*TUNE), END, line(*TUNE))))
    assert len(score.parts[0].notes) == 8
    assert any("bytes after its end" in remark for remark in score.remarks)


def test_impossible_signatures_are_ignored_and_named():
    score = case("eight-sharps.mid")
    assert (pitches(score), score.keys) == (FOUR_TIMES, [])
    assert score.remarks == ["the key with 8 sharps in mode 0 cannot be and is ignored"]
    score = case("meter-4-512.mid")
    assert (pitches(score), score.meter) == (FOUR_TIMES, [(0, 4, 4)])
    assert score.remarks == ["the meter 4/512 cannot be and is ignored"]


@pytest.mark.parametrize(
    "meter", [bytes([0, 2]), bytes([4, 255]), bytes([200, 2]), bytes([4]), b"", bytes([1, 6]), bytes([3, 7])]
)
def test_a_meter_that_cannot_be_is_ignored(meter):
    score = read(smf(track(meta(0, 0x58, meter), line(*TUNE))))
    assert (score.meter, score.bars) == ([(0, 4, 4)], [0, 96])
    assert "meter" in score.remarks[0]


@pytest.mark.parametrize("key", [bytes([8, 0]), bytes([256 - 8, 1]), bytes([0, 2]), bytes([1]), b""])
def test_a_key_that_cannot_be_is_ignored(key):
    score = read(smf(track(meta(0, 0x59, key), line(*TUNE))))
    assert score.keys == []
    assert "key" in score.remarks[0]


def test_bars_follow_every_meter():
    score = case("six-eight-then-four-four.mid")
    assert score.meter == [(0, 6, 8), (288, 4, 4)]
    assert score.bars == [0, 72, 144, 216, *range(288, 1056, 96)]


def test_without_ticks_or_beats_a_file_is_refused_with_the_reason():
    with pytest.raises(UnreadableError, match="division 0"):
        case("division-zero.mid")
    with pytest.raises(UnreadableError, match="SMPTE"):
        read(smf(track(line(*TUNE)), division=0xE728))
    with pytest.raises(UnreadableError, match="type 2"):
        read(smf(track(line(*TUNE)), track(line(*TUNE)), kind=2))
    assert pitches(read(smf(track(line(*TUNE)), kind=2))) == list(TUNE)


def test_a_missing_note_off_costs_one_note_its_length_and_no_note():
    score = case("one-note-off-missing.mid")
    assert pitches(score) == FOUR_TIMES
    assert melody(score)[7] == (168, 24, 72)
    assert score.remarks == ["notes without an end, each ended where the next one begins: 1"]


def test_voices_that_meet_on_one_key_miss_no_end():
    both = [event(0, 0x90, 60, 80), event(12, 0x90, 64, 80), event(12, 0x90, 60, 80)]
    ends = [event(12, 0x80, 60, 0), event(12, 0x80, 60, 0), event(0, 0x80, 64, 0)]
    score = read(smf(track(*both, *ends)))
    assert score.parts[0].notes == [(0, 24, 60), (12, 36, 64), (24, 12, 60)]
    assert not score.remarks


def test_notes_without_any_end_last_until_the_next():
    score = read(smf(track(*(event(24 if index else 0, 0x90, pitch, 80) for index, pitch in enumerate(TUNE)))))
    assert melody(score) == [(24 * index, 24, pitch) for index, pitch in enumerate(TUNE)]
    assert score.bars == [0, 96]


def test_controllers_that_silence_a_channel_end_its_notes():
    on = [event(0, 0x90, pitch, 80) for pitch in (60, 64, 67)]
    score = read(smf(track(*on, event(36, 0xB0, 123, 0), event(60, 0x90, 72, 80), event(24, 0x80, 72, 0))))
    assert score.parts[0].notes == [(0, 36, 60), (0, 36, 64), (0, 36, 67), (96, 24, 72)]
    assert not score.remarks


def test_a_damaged_event_costs_itself():
    score = read(smf(track(line(*TUNE[:4]), event(0, 0xB0, 200, 200), event(4, 0x90, 180, 80), line(*TUNE[4:]))))
    assert pitches(score) == list(TUNE)
    assert score.remarks == ["track 1, bar 1: damaged events, not read: 2"]


def test_texts_of_any_encoding_name_the_parts():
    names = ["Für Elise".encode("latin-1"), "Für Elise".encode(), "Für Elise".encode("utf-16"), b"\x81\x8d", b"", b"\0"]
    score = read(smf(*(track(meta(0, 3, name), line(*TUNE)) for name in names)))
    assert [part.name for part in score.parts] == [
        "Für Elise",
        "Für Elise 2",
        "Für Elise 3",
        "\\x81\\x8d",
        "track 5 channel 1",
        "track 6 channel 1",
    ]
    assert pitches(case("title-in-latin-1.mid")) == FOUR_TIMES


def test_a_file_may_be_wrapped():
    file = smf(track(line(*TUNE)))
    size = len(file).to_bytes(4, "little")
    riff = b"RIFF" + bytes(4) + b"RMID" + b"INFO" + (3).to_bytes(4, "little") + b"abc\0" + b"data" + size + file
    assert pitches(read(riff)) == pitches(read(b"a head of 128 bytes".ljust(128, b"\0") + file)) == list(TUNE)


@pytest.mark.parametrize("data", [b"", b"MThd", b"just words", b"RIFF0000RMIDdata", b"\0" * 5000])
def test_what_is_no_midi_file_is_refused(data):
    with pytest.raises(UnreadableError):
        read(data)


def test_a_piece_of_years_is_refused():
    with pytest.raises(UnreadableError, match="quarter notes after the beginning"):
        read(smf(track(line(*TUNE), event(0x0FFFFFFF, 0x90, 60, 80), event(1, 0x80, 60, 0)), division=1))


def configuration(master, members):
    """The message that makes an MPE zone."""
    control = 0xB0 | master
    return b"".join(event(0, control, *pair) for pair in ((101, 0), (100, 6), (6, members)))


def spread(*channels):
    """The tune over several channels in turn, as an MPE instrument plays it."""
    return b"".join(
        event(4 if index else 0, 0x90 | channel, pitch, 80) + event(20, 0x80 | channel, pitch, 0)
        for index, pitch in enumerate(TUNE)
        for channel in [channels[index % len(channels)]]
    )


def test_the_channels_of_an_mpe_zone_are_one_part_and_channel_ten_within_it_is_no_drum():
    score = read(smf(track(configuration(0, 15), spread(1, 2, 9, 3)), kind=0))
    (part,) = score.parts
    assert ([pitch for _, _, pitch in part.notes], part.drums) == (list(TUNE), False)


def test_the_upper_zone_goes_down_from_channel_sixteen():
    score = read(smf(track(configuration(15, 3), spread(12, 13, 14), line(*TUNE, channel=11))))
    assert [(len(part.notes), part.drums) for part in score.parts] == [(8, False), (8, False)]


def test_drums_outside_the_zone_stay_drums():
    score = read(smf(track(configuration(0, 4), spread(1, 2, 3), line(*[38] * 8, channel=9))))
    assert [(len(part.notes), part.drums) for part in score.parts] == [(8, False), (8, True)]
    own = read(smf(track(configuration(0, 15), spread(1, 2, 9)), track(line(*[38] * 16, channel=9))))
    assert [(len(part.notes), part.drums) for part in own.parts] == [(8, False), (16, True)]


def test_a_zone_that_another_track_configures_joins_the_tracks_of_its_channels():
    conductor = track(configuration(0, 4))
    tracks = [track(event(24 * n, 0x90 | n, 60 + n, 80), event(20, 0x80 | n, 60 + n, 0)) for n in range(1, 4)]
    (part,) = read(smf(conductor, *tracks)).parts
    assert part.notes == [(24, 20, 61), (48, 20, 62), (72, 20, 63)]


def test_without_a_configuration_message_channels_are_parts():
    assert len(read(smf(track(spread(1, 2, 3)))).parts) == 3
    assert len(read(smf(track(configuration(2, 4), spread(1, 2, 3)))).parts) == 3
    assert len(read(smf(track(configuration(0, 4), configuration(0, 0), spread(1, 2, 3)))).parts) == 3


def test_the_zone_that_is_configured_last_takes_channels_from_the_other():
    score = read(smf(track(configuration(0, 14), configuration(15, 7), spread(10, 11, 12), line(*TUNE, channel=2))))
    assert [[pitch for _, _, pitch in part.notes] for part in score.parts] == [list(TUNE)] * 2
