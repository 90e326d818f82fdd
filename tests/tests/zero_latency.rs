//! Voices answers at the very sample of the played note.

mod common;

use std::collections::BTreeSet;

use common::{BAR, MUSICIAN, VOICES, melody, open, perform};
use continuo_tests::host::performance::Segment;
use continuo_tests::host::{Blocks, Format, Input, Mode, Pacing, Performance, Session, Take};

/// Two bars of melody.
fn two_bars() -> Performance {
    Performance { notes: melody(2), route: vec![Segment::rolling(0.0, 2.0 * BAR)], ..Performance::default() }
}

/// Samples at which the musician strikes a key.
fn strikes(take: &Take) -> BTreeSet<u64> {
    let strike =
        |event: &&_| matches!(event, continuo_tests::host::take::InputEvent { input: Input::NoteOn { .. }, .. });
    take.inputs.iter().filter(strike).map(|event| event.sample).collect()
}

/// Every answer comes with a strike, and every strike has its answer and its own note.
fn assert_no_latency(take: &Take, what: &str) {
    let strikes = strikes(take);
    let answers: BTreeSet<u64> = take.notes(VOICES).iter().map(|note| note.start).collect();
    let through: BTreeSet<u64> = take.notes(MUSICIAN).iter().map(|note| note.start).collect();
    assert!(strikes.len() >= 10, "{what}: the musician plays");
    assert_eq!(answers, strikes, "{what}: Voices sounds with each strike and at no other sample");
    assert_eq!(through, strikes, "{what}: played notes pass through at their sample");
}

#[test]
fn voices_answers_at_the_sample_of_the_strike_at_every_block_size_and_sample_rate() {
    for format in Format::ALL {
        let mut session = open(format);
        for rate in [44_100.0, 48_000.0, 96_000.0, 192_000.0] {
            for size in [1, 17, 64, 512, 4096] {
                session = session.in_blocks(Blocks::Of(size)).and_then(|session| session.at_rate(rate)).unwrap();
                let take = perform(&mut session, &two_bars());
                assert_no_latency(&take, &format!("{format:?}, {rate} Hz, blocks of {size}"));
            }
        }
    }
}

#[test]
fn voices_answers_at_once_even_when_no_plan_is_ready() {
    // Live and far faster than time: the worker cannot keep up, and Voices answers by rule.
    let open = |format| Session::open(format).unwrap().in_mode(Mode::Live).unwrap().paced(Pacing::Fast);
    for format in Format::ALL {
        assert_no_latency(&perform(&mut open(format), &two_bars()), &format!("{format:?}"));
    }
}

#[test]
fn the_plug_in_reports_no_latency() {
    for format in Format::ALL {
        assert_eq!(open(format).instance().latency(), 0);
    }
}

#[test]
fn answers_end_with_the_note_that_they_answer() {
    for format in Format::ALL {
        let take = perform(&mut open(format), &two_bars());
        for answer in take.notes(VOICES) {
            let played = take.notes(MUSICIAN).into_iter().find(|note| note.start == answer.start).unwrap();
            assert_eq!(answer.end, played.end, "{format:?}: {answer:?}");
        }
    }
}
