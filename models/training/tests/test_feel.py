"""Feel: what is measured of drummers and pianists."""

import argparse
import gzip
import json

import numpy as np
import pytest

from continuo_training import feel
from continuo_training.corpus import CorpusMissingError

TICKS = 480


def drummer(offset=0, swing=0.5, bars=16, tempo=120, **changes):
    """A record of a ride in eighths with a snare on two and four that comes `offset` ticks late."""
    beats = range(4 * bars)
    ride = [[round((beat + off) * TICKS), 10, 51, 80] for beat in beats for off in (0, swing)]
    snare = [[beat * TICKS + offset, 10, 38, 90 + beat // 4 % 8] for beat in beats if beat % 2]
    notes = sorted(ride + snare)
    made = {"id": "a", "style": "jazz", "tags": ["beat"], "meter": [[0, 4, 4]], "ticks": TICKS, "tempo": tempo}
    return made | {"split": "train", "licence": "CC-BY-4.0", "parts": {"drums": notes}} | changes


def row(records, drum, slot):
    return feel.timing_of(records)[0]["jazz"][drum][slot]


def test_a_late_snare_is_late_beside_the_ride_by_its_milliseconds():
    late = [drummer(offset=24, id=str(number)) for number in range(4)]
    snare, ride = row(late, "snare", 0)[0], row(late, "ride", 0)[0]
    assert snare - ride == pytest.approx(24 / TICKS * 500, abs=0.2)


def test_swing_is_told_and_taken_out_of_the_timing():
    swung = [drummer(swing=0.64, id=str(number)) for number in range(4)]
    assert feel.swing_of(feel.strokes_of(swung[0])) == pytest.approx(0.64, abs=0.01)
    assert feel.swing_of(feel.strokes_of(drummer())) == 0.5
    assert row(swung, "ride", 2)[0] == pytest.approx(row(swung, "ride", 0)[0], abs=0.2)
    assert feel.swing_by_tempo(swung) == {"jazz": [[120.0, pytest.approx(0.84, abs=0.02), 4]]}


def test_the_swing_of_sixteenths_is_told_apart_from_that_of_eighths():
    late = [(beat + place, "closed_hat", 80) for beat in range(32) for place in (0.0, 0.29, 0.5, 0.79)]
    assert feel.sixteenth_swing_of(late) == pytest.approx(0.48, abs=0.01)
    assert feel.swing_of(late) == 0.5
    assert feel.sixteenth_swing_of(feel.strokes_of(drummer())) is None


def test_what_few_have_played_has_no_row():
    assert row([drummer(id=str(number)) for number in range(4)], "snare", 2) is None
    assert feel.timing_of([drummer()])[0] == {}


def test_loudness_of_phrases_bars_and_strokes_is_told_apart():
    level = [0, 0, 0, 0, 4, 4, 4, 4] * 2 + [20] * 8
    part = [
        (bar, place, 60.0 + loud + (2 if place == 0 else 0)) for bar, loud in enumerate(level) for place in (0, 4, 8)
    ]
    found = feel.loudness_of([part])
    assert found["bar"][1] == pytest.approx(np.sqrt((4 + 4 + 0) / 3), abs=0.1)
    assert found["phrase"][1] == pytest.approx(np.std([2, 2, 20]), abs=0.1)
    assert found["accents"][0] > 0 > found["accents"][2]


def test_the_softest_stroke_is_no_slip():
    assert feel.softest([1] * 4 + [20] * 48 + [90] * 48) == 20
    assert feel.softest([]) == 1


def test_the_command_writes_a_table_and_says_which_file_is_missing(tmp_path):
    parser = argparse.ArgumentParser()
    feel.add_arguments(parser)
    args = parser.parse_args(["--corpus", str(tmp_path), "--out", str(tmp_path / "out")])
    with pytest.raises(CorpusMissingError, match="groove"):
        feel.run(args)
    notes = [[6 * place, 6, 60, 60 + place % 5] for place in range(16 * 20)]
    pianist = {"split": "train", "licence": "MIT", "bars": list(range(0, 96 * 20, 96)), "parts": {"PIANO": notes}}
    for name, records in (("groove", [drummer(id=str(number)) for number in range(4)]), ("pop909", [pianist])):
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in records)
    assert feel.run(args) == 0
    table = json.loads((tmp_path / "out" / "feel.json").read_text())
    assert table["provenance"]["groove"]["pieces"] == 4
    assert set(table["timing"]) == {"all", "jazz"}
