//! Every note-on has exactly one note-off, in order, whatever the host does.

mod common;

use std::cell::RefCell;

use common::random::{ODD_METERS, automation, controllers, notes, route, storms};
use common::{CHORDS, MUSICIAN, VOICES, note, open, perform, tune};
use continuo_tests::host::performance::{Change, Interruption, Motion, Segment};
use continuo_tests::host::{Format, Input, Performance, Session, Take};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;

thread_local! {
    /// One instance for all cases: what one case leaves behind would show in the next.
    static SESSIONS: RefCell<Option<[Session; 2]>> = const { RefCell::new(None) };
}

/// Plays to the instance of `format` that all cases share.
fn perform_shared(format: Format, performance: &Performance, storm: &[(f64, Index, f64)]) -> Take {
    SESSIONS.with_borrow_mut(|sessions| {
        let sessions = sessions.get_or_insert_with(|| Format::ALL.map(open));
        let session = &mut sessions[format as usize];
        let mut performance = performance.clone();
        performance.changes.extend(automation(session.instance(), storm));
        perform(session, &performance)
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_note_on_has_its_one_note_off(
        notes in notes(), changes in controllers(), storm in storms(), route in route(&ODD_METERS),
        vst3 in any::<bool>(),
    ) {
        let format = if vst3 { Format::Vst3 } else { Format::Clap };
        let take = perform_shared(format, &Performance { notes, changes, route }, &storm);
        prop_assert_eq!(take.mismatches(&[]), vec![]);
    }
}

/// The notes on the band's channels that sound across the boundary before `segment`.
fn outliving(take: &Take, segment: usize) -> Vec<continuo_tests::host::Note> {
    let boundary = take.segments[segment];
    let band = take.notes(None).into_iter().filter(|note| note.channel != MUSICIAN);
    band.filter(|note| note.start < boundary && note.end.is_none_or(|end| end > boundary)).collect()
}

/// A tune that is broken off in its second bar and then goes `on` as given.
fn broken_off(on: Segment) -> Performance {
    Performance { route: vec![Segment::rolling(0.0, 150.0), on, Segment::last_breath()], ..tune(8) }
}

#[test]
fn what_the_band_sounds_ends_at_the_sample_of_a_jump() {
    let jumps = [
        ("a seek", Segment::rolling(400.0, 96.0)),
        ("a seek back", Segment::rolling(10.0, 96.0)),
        ("a stop", Segment::stopped(150.0, 1e6, 96.0)),
        ("a reset", Segment::rolling(150.0, 96.0).after(Interruption::Reset)),
        ("a reactivation", Segment::rolling(150.0, 96.0).after(Interruption::Reactivate)),
    ];
    for format in Format::ALL {
        for (what, on) in jumps {
            let take = perform(&mut open(format), &broken_off(on));
            let boundary = take.segments[1];
            let crossing =
                take.notes(CHORDS).into_iter().any(|note| note.start < boundary && note.end >= Some(boundary));
            assert!(crossing, "{format:?}, {what}: a chord sounds when it happens");
            assert_eq!(outliving(&take, 1), vec![], "{format:?}, {what}");
            assert_eq!(take.mismatches(&[]), vec![], "{format:?}, {what}");
        }
    }
}

#[test]
fn a_loop_ends_what_sounds_across_its_end() {
    for format in Format::ALL {
        let pass = Segment::rolling(0.0, 150.0).with_loop(0.0, 150.0);
        let take = perform(
            &mut open(format),
            &Performance { route: vec![pass, pass, pass, Segment::last_breath()], ..tune(8) },
        );
        for segment in 1..=3 {
            assert_eq!(outliving(&take, segment), vec![], "{format:?}, pass {segment}");
        }
        assert_eq!(take.mismatches(&[]), vec![], "{format:?}");
    }
}

#[test]
fn a_leap_of_the_tempo_leaves_nothing_sounding() {
    for format in Format::ALL {
        let bar = |tempo| Segment::rolling(150.0, 96.0).at_tempo(tempo);
        let go_on = |segment: Segment, from| Segment { motion: Motion::Rolling { from }, ..segment };
        let mut performance = broken_off(bar(300.0));
        performance.route.insert(2, go_on(bar(20.0), 246.0));
        let take = perform(&mut open(format), &performance);
        assert!(take.notes(CHORDS).iter().any(|note| note.start > take.segments[1]), "{format:?}: the band goes on");
        assert_eq!(take.mismatches(&[]), vec![], "{format:?}");
    }
}

#[test]
fn buttons_and_a_tempo_of_its_own_leave_nothing_sounding() {
    let jam = Segment { motion: Motion::Absent { jam_from: 0.0 }, ..Segment::rolling(0.0, 768.0) };
    let mut performance = Performance { route: vec![jam, Segment::last_breath()], ..tune(8) };
    for step in 0..60 {
        let name = ["tap", "again", "follow_tempo", "again_new", "tempo"][step % 5];
        let value = if name == "tempo" { (step * 13 % 60) as f64 / 60.0 } else { (step / 5 % 2) as f64 };
        let input = Input::Parameter { id: common::id(name), value };
        performance.changes.push(Change { at: step as f64 * 12.7, input });
    }
    for format in Format::ALL {
        let take = perform(&mut open(format), &performance);
        assert!(take.notes(CHORDS).len() > 4, "{format:?}");
        assert_eq!(take.mismatches(&[]), vec![], "{format:?}");
    }
}

#[test]
fn switching_a_player_off_ends_its_notes() {
    for (name, channel) in [("voices_on", VOICES), ("chords_on", CHORDS), ("bass_on", common::BASS)] {
        let off = Change { at: 150.0, input: Input::Parameter { id: common::id(name), value: 0.0 } };
        let mut performance = tune(8);
        // A long note, so that Voices has something to hold.
        performance.notes.push(note(100.0, 300.0, 84));
        performance.changes.push(off);
        performance.route = vec![Segment::rolling(0.0, 384.0), Segment::last_breath()];
        let take = perform(&mut open(Format::Clap), &performance);
        let notes = take.notes(channel);
        assert!(!notes.is_empty(), "{name}: the player plays before it is switched off");
        // A parameter counts from the start of the next frame (six ticks) on.
        let limit = (157.0 * 1000.0) as u64;
        assert!(notes.iter().all(|note| note.end <= Some(limit)), "{name}: {notes:?}");
        assert_eq!(take.mismatches(&[]), vec![], "{name}");
    }
}

#[test]
fn changing_a_channel_in_mid_note_ends_the_note_on_its_old_channel() {
    let mut performance = tune(4);
    for (index, name) in ["voices", "chords", "bass", "lead"].into_iter().enumerate() {
        for step in 0..40 {
            let value = ((step + index * 3) % 16) as f64 / 15.0;
            let input = Input::Parameter { id: common::id(&format!("{name}_channel")), value };
            performance.changes.push(Change { at: f64::from(step as u32) * 9.5, input });
        }
    }
    performance.route.push(Segment::last_breath());
    let take = perform(&mut open(Format::Clap), &performance);
    assert_eq!(take.mismatches(&[]), vec![]);
}
