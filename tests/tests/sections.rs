//! The sections of a song: what the musician makes of them is heard, saved, and the same however the host plays.

mod common;

use common::{BAR, BASS, CHORDS, id, open, open_at, perform};
use continuo_models::music::Chart;
use continuo_tests::host::performance::{Change, Segment};
use continuo_tests::host::{Blocks, Format, Input, Performance, Session, Take};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use serde_json::{Value, json};

/// Two sections of two bars, and their roots.
const CHART: &str = "[A]\n| C | F |\n[B]\n| G | A |\n";
const ROOTS: [u8; 4] = [0, 5, 7, 9];

fn charted(mut session: Session) -> Session {
    session.follow_chart(&Chart::read(CHART).0).unwrap();
    session.with(&[("humanise", "0 %"), ("drums_on", "On")]).unwrap()
}

/// So many bars of silence, in which *Vamp* is held from one place to another, in bars.
fn held(bars: usize, holds: &[(f64, f64)]) -> Performance {
    let press = |at: f64, value: f64| Change { at: at * BAR, input: Input::Parameter { id: id("vamp"), value } };
    let changes = holds.iter().flat_map(|&(from, to)| [press(from, 1.0), press(to, 0.0)]).collect();
    Performance {
        changes,
        route: vec![Segment::rolling(0.0, bars as f64 * BAR), Segment::last_breath()],
        ..Performance::default()
    }
}

/// The newest bass note shortly after each bar has begun: the chord's, struck with it or ahead of it.
fn basses(take: &Take, bars: usize) -> Vec<Option<u8>> {
    let notes = take.notes(BASS);
    let at = |bar: usize| notes.iter().rfind(|note| note.position < bar as f64 * BAR + 2.0);
    (0..bars).map(|bar| at(bar).map(|note| note.key % 12)).collect()
}

#[test]
fn a_section_that_is_held_is_played_again_with_its_chords_and_then_the_song_goes_on() {
    for format in Format::ALL {
        let take = perform(&mut charted(open(format)), &held(10, &[(2.5, 5.5)]));
        // Known from the second bar on: the first has no plan for its first frame.
        let [c, f, g, a] = ROOTS.map(Some);
        assert_eq!(basses(&take, 10)[1..], [f, g, a, g, a, c, f, g, a], "{format:?}");
        assert_eq!(take.mismatches(&[]), vec![], "{format:?}");
    }
}

#[test]
fn the_order_of_sections_is_saved_and_what_they_are_drawn_by_stays_locked() {
    let strikes = |take: &Take, bars: std::ops::Range<usize>| -> Vec<i64> {
        let (from, to) = (bars.start as f64 * BAR - 0.5, bars.end as f64 * BAR - 0.5);
        let inside = take.notes(CHORDS).into_iter().filter(|note| (from..to).contains(&note.position));
        let mut strikes: Vec<i64> = inside.map(|note| (note.position - from - 0.5).round() as i64).collect();
        strikes.sort_unstable();
        strikes.dedup();
        strikes
    };
    let take = |seed: &str, arrangement: &Value| {
        let mut session = open(Format::Clap).with(&[("humanise", "0 %"), ("seed", seed), ("fills", "0 %")]).unwrap();
        session.follow_chart(&Chart::read(&"| C ".repeat(24)).0).unwrap();
        session.load_field("arrangement", arrangement).unwrap();
        perform(&mut session, &held(24, &[]))
    };
    let lock = |letter: &str| json!({ "letter": letter, "seed": 77, "chords": 1, "bass": 1, "drums": 1 });
    let order = |letters: &str| json!({ "order": letters.split(' ').collect::<Vec<_>>(), "locks": [lock("B")] });
    let (one, other) = (take("5", &order("A B A")), take("6", &order("B A A")));
    assert_eq!(strikes(&one, 9..15), strikes(&other, 1..7), "B is where it was put, and as it was locked");
    assert_ne!(strikes(&one, 1..7), strikes(&one, 9..15));
    assert_ne!(strikes(&one, 17..23), strikes(&other, 17..23), "A goes by the seed");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 6,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        max_shrink_iters: 20,
        ..ProptestConfig::default()
    })]

    #[test]
    fn however_long_a_section_is_held_every_note_ends_and_blocks_make_no_difference(
        holds in prop::collection::vec((0.0..12.0f64, 0.0..6.0f64), 0..5), size in 1usize..5000, vst3: bool,
    ) {
        let holds: Vec<(f64, f64)> = holds.into_iter().map(|(from, long)| (from, from + long)).collect();
        let song = held(12, &holds);
        let reference = perform(&mut charted(open(Format::Clap)), &song);
        prop_assert_eq!(reference.mismatches(&[]), vec![]);
        let format = if vst3 { Format::Vst3 } else { Format::Clap };
        let take = perform(&mut charted(open_at(format, Blocks::Of(size), 48_000.0)), &song);
        prop_assert_eq!(take.hash(), reference.hash());
    }
}
