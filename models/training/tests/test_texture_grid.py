"""Textures: which slot a note is meant for, what drums and hands strike, and what comes back from the grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import BAR, record, write_corpus

from continuo_training.mining.bars import places
from continuo_training.mining.parts import scored_from_record
from continuo_training.texture import round_trip
from continuo_training.texture.bars import texture_set
from continuo_training.texture.conditions import CONDITIONS, conditions_of, measured
from continuo_training.texture.grid import (
    METERS,
    N_ROWS,
    N_SLOTS,
    PARTS,
    ROWS,
    SIXTEENTH,
    SLOTS,
    slot_ticks,
    snapped,
    swung_ticks,
)
from continuo_training.texture.hands import bass_bars, chord_bars
from continuo_training.texture.reading import piece_textures, read_textures
from continuo_training.texture.written import BARS, ROCK, SHUFFLE, written, written_bars

FOUR, THREE, COMPOUND = range(3)
CHORDS = {0: (48, 52, 55), 9: (45, 48, 52), 5: (41, 45, 48), 7: (43, 47, 50)}
ROOTS = (0, 9, 5, 7)
EDGES = {part: {name: [0.1, 0.2, 0.3, 0.4] for name in ("density", "syncopation", "loudness")} for part in PARTS}


def at(ticks, meter=FOUR):
    """The ticks of the slots on which notes are put, with the swing."""
    found = snapped(np.array(ticks, np.float64), meter)
    return slot_ticks(meter)[found.slots].tolist(), found.swing


def struck(bar):
    """Tick and row of every stroke."""
    names = ROWS[PARTS[bar.part]]
    return [(int(slot_ticks(bar.meter)[slot]), names[row]) for slot, row in np.argwhere(bar.hits)]


def hands(notes, bars_of, **changes):
    """What a hand strikes, bar by bar."""
    scored = scored_from_record("mutopia", record(**changes))
    part = [(*note, 0)[:4] for note in notes]
    return [struck(bar) for _, bar, _ in bars_of(part, places(scored.piece), scored.piece)]


def drums(strokes, ticks=24, **changes):
    """A record of drums alone."""
    return record() | {"melody": [], "chords": [], "ticks": ticks, "parts": {"drums": strokes}} | changes


def test_a_bar_has_six_slots_a_quarter_note_or_one_a_sixteenth():
    assert SLOTS == (24, 18, 12)
    assert slot_ticks(FOUR)[:7].tolist() == [0, 6, 8, 12, 16, 18, 24]
    assert slot_ticks(COMPOUND).tolist() == list(range(0, 72, 6))


def test_what_is_written_lies_where_it_is_written():
    for meter in range(len(METERS)):
        ticks = slot_ticks(meter)
        alone = [at([tick], meter)[0][0] for tick in ticks if meter == COMPOUND or tick % 24 != 16]
        assert alone == [tick for tick in ticks if meter == COMPOUND or tick % 24 != 16]


def test_a_late_sixteenth_is_no_triplet():
    assert at([0, 7.4, 12.6, 19, 24, 30.2])[0] == [0, 6, 12, 18, 24, 30]


def test_played_triplets_are_triplets():
    assert at([0.8, 7.3, 16.9, 24, 32.5, 39.1])[0] == [0, 8, 16, 24, 32, 40]


def test_swung_eighths_are_eighths_and_the_swing_is_told():
    ticks, swing = at([0, 15.5, 24, 40.2, 48, 63.7])
    assert ticks == [0, 12, 24, 36, 48, 60]
    assert swing == pytest.approx((15.5 + 16.2 + 15.7) / 3 / 4 - 3)


def test_a_bar_with_triplets_keeps_them_where_it_swings():
    ticks, swing = at([0, 16, 24, 32, 40])
    assert (ticks, swing) == ([0, 12, 24, 32, 40], 1.0)


def test_a_bar_with_straight_eighths_does_not_swing():
    ticks, swing = at([0, 12, 24, 32, 40, 64])
    assert (ticks, swing) == ([0, 12, 24, 32, 40, 64], 0.0)


@given(st.lists(st.floats(-2.9, 90), min_size=1, max_size=20), st.sampled_from(range(3)))
def test_score_and_feel_are_what_was_played(ticks, meter):
    ticks = np.array(sorted(tick for tick in ticks if tick < slot_ticks(meter)[-1] + 2) or [0.0])
    found = snapped(ticks, meter)
    played = swung_ticks(meter, found.swing)[np.minimum(found.slots, SLOTS[meter] - 1)] + SIXTEENTH * found.offsets
    inside = found.slots < SLOTS[meter]
    assert np.abs(played - ticks)[inside].max(initial=0) <= 2.01
    assert np.abs(found.offsets).max() <= 0.5


def test_drums_of_a_player_become_rows_with_their_feel():
    strokes = [[0, 60, 36, 101], [493, 60, 38, 90], [240, 9, 44, 33], [470, 9, 42, 60], [960, 9, 56, 70]]
    found = piece_textures("groove", drums(strokes, 480, bars=[0], meter=[[0, 4, 4]]))
    (read,) = found.bars
    bar = read.texture
    assert struck(bar) == [(0, "kick"), (12, "closed_hat"), (24, "snare"), (24, "closed_hat")]
    assert bar.velocity[6, 1] == 90
    assert bar.offset[6, 1] * SIXTEENTH == pytest.approx(13 / 20, abs=0.01)
    assert found.offered["drums"] == 5


def test_a_note_just_before_the_barline_is_of_the_next_bar():
    found = piece_textures("stickflow", drums([[0, 6, 36, 90], [94, 6, 49, 90]], bars=[0, BAR]))
    first, second = (read.texture for read in found.bars)
    assert struck(first) == [(0, "kick")]
    assert struck(second) == [(0, "crash")]
    assert second.offset[0, 7] == pytest.approx(-2 / 6, abs=1e-3)


def test_of_two_strokes_in_one_cell_the_louder_stays():
    found = piece_textures("stickflow", drums([[0, 6, 38, 50], [1, 6, 40, 80]], bars=[0]))
    assert found.bars[0].texture.velocity.max() == 80
    account = next(iter(round_trip.accounts([found]).values()))
    assert (account.read, account.kept, account.same_velocity) == (2, 1, 1)


def test_an_alberti_figure_is_told_by_ranks():
    ranks = (0, 2, 1, 2, 0, 2, 1, 2)
    notes = [
        [bar * BAR + 12 * place, 12, CHORDS[root][rank]]
        for bar, root in enumerate(ROOTS)
        for place, rank in enumerate(ranks)
    ]
    expected = [(12 * place, f"step_{rank}") for place, rank in enumerate(ranks)]
    assert hands(notes, chord_bars, bars=5) == [expected] * 4


def test_a_low_note_before_chords_is_low():
    notes = [[0, 24, 36]] + [[24 * beat, 24, key] for beat in (1, 2, 3) for key in (52, 55)]
    assert hands(notes, chord_bars)[0] == [(0, "low"), (24, "upper"), (48, "upper"), (72, "upper")]


def test_the_next_chord_is_struck_ahead():
    notes = [[0, 80, key] for key in CHORDS[0]] + [[84, 12, key] for key in (45, 52, 57)]
    assert hands(notes, chord_bars)[0] == [(0, "whole"), (84, "whole_ahead")]


def test_a_bass_is_told_by_its_tones_and_where_it_leads():
    walk = [(0, 36), (24, 40), (48, 43), (72, 47), (96, 45), (120, 57), (144, 54), (180, 41)]
    notes = [[onset, 12, key] for onset, key in walk]
    first, second = hands(notes, bass_bars)[:2]
    assert first == [(0, "root"), (24, "third"), (48, "fifth"), (72, "above")]
    assert second == [(0, "root"), (24, "octave"), (48, "sixth"), (84, "ahead")]


def test_a_length_is_a_share_of_the_time_to_the_next_stroke():
    scored = scored_from_record("mutopia", record())
    notes = [(0, 12, 36, 0), (24, 90, 43, 0)]
    _, bar, _ = next(bass_bars(notes, places(scored.piece), scored.piece))
    assert bar.length[bar.hits].tolist() == [0.5, 1.0]


def test_chords_and_the_melody_of_the_bar_before_are_conditions():
    bass = [[bar * BAR, 96, 36 + ROOTS[bar % 4]] for bar in range(8)]
    made = record(style="hymn", parts={"tenor": [[0, 24, 55]], "bass": bass})
    found = piece_textures("chorales", made)
    bars = texture_set([(found.origin, [read.texture for read in found.bars if read.texture.part == 2])])
    assert len(bars) == 7
    assert np.flatnonzero(bars.changes[0]).tolist() == [0]
    assert np.flatnonzero(bars.onsets[1]).tolist() == [0, 6, 12, 18]
    assert not bars.onsets[0].any()
    assert bars.before().tolist() == [-1, 0, 1, 2, 3, 4, 5]
    assert bars.section_end.tolist() == [False] * 6 + [True]


def test_what_is_told_of_bars_has_the_size_of_the_contract():
    bars = written_bars()
    told = conditions_of(bars, EDGES).vector()
    assert told.shape == (len(BARS), CONDITIONS) == (len(BARS), 89)
    assert told[:, :3].sum(1).tolist() == [1] * len(BARS)


def test_syncopation_is_off_the_beat_with_the_next_beat_silent():
    straight = written("bass", "four", {"root": [0, 24, 48, 72]})
    pushed = written("bass", "four", {"root": [0, 36, 72, 84]})
    origin = piece_textures("mine", record()).origin
    found = measured(texture_set([(origin, [straight, pushed, written("drums", "four", ROCK)])]))
    assert found["syncopation"].tolist() == pytest.approx([0, 1 / 4, 0])
    assert found["density"].tolist() == [1, 1, 13 / 4]


def test_the_table_tells_what_came_back_source_by_source(tmp_path, capsys):
    beats = ((0, 36), (25, 38), (48, 36), (72, 38))
    strokes = [[bar * BAR + tick, 6, key, 80] for bar in range(4) for tick, key in beats]
    corpus = write_corpus(tmp_path, [drums(strokes, bars=[bar * BAR for bar in range(4)])], "stickflow")
    assert len(list(read_textures(corpus))) == 1
    arguments = type("Arguments", (), {"corpus": corpus})
    assert round_trip.run(arguments) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert line == "| drums, stickflow | 4 | 1.000 | 1.0000 | 0.000 | 0.00 | 1.000 | 0.000 |"


def test_written_bars_are_on_the_grid():
    shuffle = written("drums", "four", SHUFFLE)
    assert shuffle.hits.shape == (N_SLOTS, N_ROWS)
    assert {row for _, row in struck(shuffle)} == {"kick", "snare", "ride"}
