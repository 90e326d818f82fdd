//! Every note-on has exactly one note-off, in order, whatever the host does.

mod common;

use std::cell::RefCell;

use common::{CHORDS, MUSICIAN, VOICES, last_breath, note, open, perform, tune};
use continuo_tests::host::performance::{Change, Interruption, Motion, PlayedNote, Segment};
use continuo_tests::host::{Format, Input, Performance, Session, Take};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::FileFailurePersistence;

/// Where the songs of these tests lie, in ticks.
const SONG: f64 = 960.0;

fn notes() -> impl Strategy<Value = Vec<PlayedNote>> {
    let note = (0.0..SONG, 0.1..150.0, 0u8..4, 36u8..84, 1u8..=127)
        .prop_map(|(start, length, channel, key, velocity)| PlayedNote { start, length, channel, key, velocity });
    prop::collection::vec(note, 0..120)
}

/// Pedal, bend, and the messages that end everything, anywhere.
fn controllers() -> impl Strategy<Value = Vec<Change>> {
    let input = prop_oneof![
        (0u8..4, any::<bool>()).prop_map(|(channel, down)| Input::Controller {
            channel,
            number: 64,
            value: if down { 127 } else { 0 }
        }),
        (0u8..4, select(vec![1, 7, 120, 123])).prop_map(|(channel, number)| Input::Controller {
            channel,
            number,
            value: 0
        }),
        (0u8..4, 0u16..16384).prop_map(|(channel, value)| Input::PitchBend { channel, value }),
    ];
    prop::collection::vec((0.0..SONG, input).prop_map(|(at, input)| Change { at, input }), 0..20)
}

/// Any parameter, any value, anywhere: which parameter is chosen by index later, as the plug-in tells its parameters.
fn storms() -> impl Strategy<Value = Vec<(f64, Index, f64)>> {
    prop_oneof![Just(Vec::new()), prop::collection::vec((0.0..SONG, any::<Index>(), 0.0..=1.0), 1..150),]
}

fn segment() -> impl Strategy<Value = Segment> {
    let motion = prop_oneof![
        6 => (0.0..SONG).prop_map(|from| Motion::Rolling { from }),
        1 => (0.0..SONG, 0.0..SONG).prop_map(|(at, jam_from)| Motion::Stopped { at, jam_from }),
        1 => (0.0..SONG).prop_map(|jam_from| Motion::Absent { jam_from }),
    ];
    let meter = select(vec![(4, 4), (3, 4), (6, 8), (7, 8), (1, 64), (64, 1)]);
    let looping = prop::option::of((0.0..SONG, 1.0..400.0));
    let before = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Interruption::Reset)),
        1 => Just(Some(Interruption::Reactivate)),
    ];
    (motion, 1.0..200.0, 40.0..300.0, meter, looping, before).prop_map(
        |(motion, ticks, tempo, meter, looping, before)| Segment {
            motion,
            ticks,
            tempo,
            meter,
            looping: looping.map(|(start, length)| (start, start + length)),
            before,
            ..Segment::rolling(0.0, 0.0)
        },
    )
}

/// A few segments, some of them played on without a jump.
fn route() -> impl Strategy<Value = Vec<Segment>> {
    prop::collection::vec((segment(), any::<bool>()), 1..7).prop_map(|segments| {
        let mut route: Vec<Segment> = Vec::new();
        for (mut segment, goes_on) in segments {
            if let (true, Some(Segment { motion: Motion::Rolling { from }, ticks, .. })) = (goes_on, route.last()) {
                segment.motion = Motion::Rolling { from: from + ticks };
            }
            route.push(segment);
        }
        route.push(last_breath());
        route
    })
}

thread_local! {
    /// One instance for all cases: what one case leaves behind would show in the next.
    static SESSIONS: RefCell<Option<[Session; 2]>> = const { RefCell::new(None) };
}

/// Plays to the instance of `format` that all cases share.
fn perform_shared(format: Format, performance: &Performance, storm: &[(f64, Index, f64)]) -> Take {
    SESSIONS.with_borrow_mut(|sessions| {
        let sessions = sessions.get_or_insert_with(|| Format::ALL.map(open));
        let session = &mut sessions[format as usize];
        let parameters: Vec<u32> = session
            .instance()
            .parameters()
            .iter()
            .filter(|parameter| parameter.automatable && !parameter.hidden)
            .map(|parameter| parameter.id)
            .collect();
        let mut performance = performance.clone();
        performance.changes.extend(storm.iter().map(|&(at, index, value)| {
            let id = *index.get(&parameters);
            Change { at, input: Input::Parameter { id, value } }
        }));
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
        notes in notes(), changes in controllers(), storm in storms(), route in route(), vst3 in any::<bool>(),
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
    Performance { route: vec![Segment::rolling(0.0, 150.0), on, last_breath()], ..tune(8) }
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
        let take = perform(&mut open(format), &Performance { route: vec![pass, pass, pass, last_breath()], ..tune(8) });
        for segment in 1..=3 {
            assert_eq!(outliving(&take, segment), vec![], "{format:?}, pass {segment}");
        }
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
        performance.route = vec![Segment::rolling(0.0, 384.0), last_breath()];
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
    performance.route.push(last_breath());
    let take = perform(&mut open(Format::Clap), &performance);
    assert_eq!(take.mismatches(&[]), vec![]);
}
