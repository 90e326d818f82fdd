//! Bars that move: the same notes in blocks of any length, whether the host cuts them there or not.

mod common;

use common::{BAR, CHORDS, ended, id, open, open_at, perform, tune};
use continuo_tests::host::performance::{Bars, Change, Segment};
use continuo_tests::host::{Blocks, Format, Input, Performance};

/// What is played over `bars`: each from a tick on, with its origin and its meter. `cuts`: the host cuts its blocks
/// there.
fn song(bars: &[Bars], tempo: f64, cuts: bool) -> Performance {
    const END: f64 = 8.0 * BAR;
    let mut route = Vec::new();
    // A segment holds two, or one if the host cuts.
    for bars in bars.chunks(if cuts { 1 } else { 2 }) {
        let Bars { from, origin, meter } = bars[0];
        let segment = Segment { bar_origin: origin, then: bars.get(1).copied(), ..Segment::rolling(from, 0.0) };
        route.push(segment.in_meter(meter).at_tempo(tempo));
    }
    let starts: Vec<f64> = route.iter().map(Segment::first_tick).skip(1).chain([END]).collect();
    route.iter_mut().zip(starts).for_each(|(segment, end)| segment.ticks = end - segment.first_tick());
    // Notes are held across the changes.
    ended(Performance { route, ..tune(8) })
}

fn bars(from: f64, origin: f64, meter: (u16, u16)) -> Bars {
    Bars { from, origin, meter }
}

const SIZES: [usize; 7] = [1, 17, 480, 2048, 4096, 8192, 16_384];

/// Plays `bars` in blocks of all lengths and compares with blocks of 64.
fn assert_the_same(bars: &[Bars], tempo: f64, cuts: bool) {
    let song = song(bars, tempo, cuts);
    let reference = perform(&mut open_at(Format::Clap, Blocks::Of(64), 48_000.0), &song);
    assert!(reference.notes(CHORDS).len() > 8);
    for size in SIZES {
        let take = perform(&mut open_at(Format::Clap, Blocks::Of(size), 48_000.0), &song);
        assert_eq!(take.hash(), reference.hash(), "{bars:?} at {tempo}, blocks of {size}, cut: {cuts}");
    }
    let vst3 = perform(&mut open_at(Format::Vst3, Blocks::Of(8192), 48_000.0), &song);
    assert_eq!(vst3.hash(), reference.hash(), "{bars:?} at {tempo}, VST3, cut: {cuts}");
}

#[test]
fn a_partial_bar_is_the_same_in_blocks_of_any_length() {
    // Three and a half bars, then bars counted anew.
    let partial = [bars(0.0, 0.0, (4, 4)), bars(3.5 * BAR, 3.5 * BAR, (4, 4))];
    for (tempo, cuts) in [(120.0, true), (200.0, true), (120.0, false), (200.0, false)] {
        assert_the_same(&partial, tempo, cuts);
    }
}

#[test]
fn odd_meters_that_follow_each_other_are_the_same_in_blocks_of_any_length() {
    let odd =
        [bars(0.0, 0.0, (7, 8)), bars(168.0, 168.0, (5, 8)), bars(288.0, 288.0, (3, 4)), bars(432.0, 432.0, (6, 8))];
    for cuts in [true, false] {
        assert_the_same(&odd, 132.0, cuts);
    }
}

#[test]
fn a_meter_that_changes_in_mid_bar_is_the_same_in_blocks_of_any_length() {
    assert_the_same(&[bars(0.0, 0.0, (4, 4)), bars(2.5 * BAR, 0.0, (3, 4)), bars(501.0, 3.0, (7, 8))], 120.0, true);
}

#[test]
fn automation_in_partial_bars_counts_where_it_lies() {
    let partial = [bars(0.0, 0.0, (4, 4)), bars(2.5 * BAR, 2.5 * BAR, (4, 4))];
    let mut song = song(&partial, 120.0, true);
    for step in 0..60u32 {
        let name = ["temperature", "chords_density", "swing"][step as usize % 3];
        let input = Input::Parameter { id: id(name), value: f64::from(step * 7 % 11) / 10.0 };
        song.changes.push(Change { at: f64::from(step) * 11.3 + 1.1, input });
    }
    let reference = perform(&mut open_at(Format::Clap, Blocks::Of(1), 48_000.0), &song);
    for format in Format::ALL {
        for size in [64, 512, 4096, 16_384] {
            let take = perform(&mut open_at(format, Blocks::Of(size), 48_000.0), &song);
            assert_eq!(take.hash(), reference.hash(), "{format:?}, blocks of {size}");
        }
    }
}

#[test]
fn the_band_is_in_the_new_bars_soon_after_they_have_moved() {
    let moved = [bars(0.0, 0.0, (4, 4)), bars(3.5 * BAR, 3.5 * BAR, (4, 4))];
    let take = perform(&mut open(Format::Clap).with(&[("humanise", "0 %")]).unwrap(), &song(&moved, 120.0, true));
    let begun = (1..4).filter(|bar| {
        let barline = 3.5 * BAR + f64::from(*bar) * BAR;
        take.notes(CHORDS).iter().any(|note| (note.position - barline).abs() < 0.5)
    });
    assert!(begun.count() >= 2, "bars begin with a chord");
}
