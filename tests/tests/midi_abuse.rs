//! MIDI as it should not be: the plug-in goes on, counts what it drops, and never drops a note-off.

mod common;

use common::{BAR, BEHIND, CHORDS, ended, open, perform, tune};
use continuo_tests::host::performance::{Change, Segment};
use continuo_tests::host::{Diagnostics, Format, Input, Mode, Pacing, Performance, Played, Session};

/// The inputs at the given ticks, over this many ticks, with the end at which everything is let go.
fn raw(inputs: impl IntoIterator<Item = (f64, Input)>, ticks: f64) -> Performance {
    let changes = inputs.into_iter().map(|(at, input)| Change { at, input }).collect();
    ended(Performance { changes, route: vec![Segment::rolling(0.0, ticks)], ..Performance::default() })
}

fn on(channel: u8, key: u8) -> Input {
    Input::NoteOn { channel, key, velocity: 100 }
}

fn off(channel: u8, key: u8) -> Input {
    Input::NoteOff { channel, key }
}

/// The band's players all off: what comes out is what went in.
fn thru_only(format: Format) -> Session {
    let off = ["voices_on", "chords_on", "bass_on", "lead_on", "drums_on"].map(|name| (name, "Off"));
    open(format).with(&off).unwrap()
}

#[test]
fn a_note_off_without_a_note_on_is_left_out() {
    for format in Format::ALL {
        let inputs = (0..16u8).flat_map(|channel| (0..128u8).map(move |key| (f64::from(key), off(channel, key))));
        let take = perform(&mut thru_only(format), &raw(inputs, BAR));
        let notes =
            take.events.iter().filter(|event| matches!(event.played, Played::NoteOn { .. } | Played::NoteOff { .. }));
        assert_eq!(notes.count(), 0, "{format:?}");
    }
}

#[test]
fn all_sixteen_channels_pass_through_and_are_kept_apart() {
    for format in Format::ALL {
        let inputs = (0..16u8).flat_map(|channel| {
            let start = f64::from(channel) * 4.0 + BEHIND;
            [(start, on(channel, 60)), (start + 20.0, off(channel, 60))]
        });
        let take = perform(&mut thru_only(format), &raw(inputs, BAR));
        assert_eq!(take.mismatches(&[]), vec![]);
        for channel in 0..16 {
            let notes = take.notes(channel);
            assert_eq!(notes.len(), 1, "{format:?}, channel {channel}");
            assert_eq!(notes[0].end, Some(notes[0].start + 20_000), "{format:?}, channel {channel}");
        }
    }
}

#[test]
fn a_key_struck_twice_without_a_note_off_sounds_once_at_a_time() {
    for format in Format::ALL {
        let inputs = [(1.0, on(0, 60)), (10.0, on(0, 60)), (20.0, on(0, 60)), (30.0, off(0, 60)), (40.0, off(0, 60))];
        let take = perform(&mut thru_only(format), &raw(inputs, BAR));
        assert_eq!(take.mismatches(&[]), vec![], "{format:?}");
        assert_eq!(take.notes(0).len(), 3, "{format:?}");
    }
}

#[test]
fn note_on_and_note_off_at_the_same_sample_stay_in_order() {
    for format in Format::ALL {
        let inputs = (0..128u8).flat_map(|key| [(10.0, on(0, key)), (10.0, off(0, key))]);
        let take = perform(&mut open(format), &raw(inputs, BAR));
        assert_eq!(take.mismatches(&[]), vec![], "{format:?}");
    }
}

/// Ten thousand events at one sample: strikes and releases of keys all over, with controllers between them.
fn ten_thousand(at: f64) -> impl Iterator<Item = (f64, Input)> {
    (0..10_000u32).map(move |index| {
        let (channel, key) = ((index / 4 % 16) as u8, (index / 64 % 128) as u8);
        let input = match index % 4 {
            0 => on(channel, key),
            1 => Input::Controller { channel, number: 11, value: key },
            2 => Input::PitchBend { channel, value: (index % 16384) as u16 },
            _ => off(channel, key),
        };
        (at, input)
    })
}

#[test]
fn ten_thousand_events_in_a_block_leave_nothing_stuck() {
    for format in Format::ALL {
        let take = perform(&mut open(format), &raw(ten_thousand(12.0), BAR));
        assert_eq!(take.mismatches(&[]), vec![], "{format:?}");
        assert!(take.events.len() > 100, "{format:?}: a good part of it passes");
    }
}

#[test]
fn the_band_plays_on_after_an_avalanche() {
    for format in Format::ALL {
        let mut session = open(format);
        perform(&mut session, &raw(ten_thousand(12.0), BAR));
        let take = perform(&mut session, &tune(2));
        assert!(!take.notes(CHORDS).is_empty(), "{format:?}");
    }
}

/// Every key of every channel held at once, then let go.
fn all_keys() -> impl Iterator<Item = (f64, Input)> {
    let keys = || (0..16u8).flat_map(|channel| (0..128u8).map(move |key| (channel, key)));
    keys().map(|(channel, key)| (5.0, on(channel, key))).chain(keys().map(|(channel, key)| (50.0, off(channel, key))))
}

#[test]
fn when_a_ring_overflows_it_is_counted_and_note_offs_are_kept() {
    // Live, and more in a moment than the worker can take out of the ring.
    let library = common::library(Format::Clap);
    let before = Diagnostics::read(&library).unwrap();
    let mut session = open(Format::Clap).in_mode(Mode::Live).unwrap().paced(Pacing::Fast);
    let rounds = (0..6).flat_map(|round| all_keys().map(move |(at, input)| (at + f64::from(round) * 0.01, input)));
    let take = perform(&mut session, &raw(rounds, 90.0));
    assert_eq!(take.mismatches(&[]), vec![]);
    let counted = Diagnostics::read(&library).unwrap().since(&before);
    assert!(counted.overflowed + counted.dropped > 0, "what did not fit was counted: {counted:?}");
    assert_eq!(counted.panics, 0);
    // The same instance, given time, hears and plays again.
    let mut session = session.in_mode(Mode::Offline).unwrap();
    let take = perform(&mut session, &tune(2));
    assert!(!take.notes(CHORDS).is_empty());
}

#[test]
fn all_notes_off_lets_go_of_every_held_key_of_its_channel() {
    for format in Format::ALL {
        for number in [120, 123] {
            let all_off = Input::Controller { channel: 2, number, value: 0 };
            let inputs = [(1.0, on(2, 60)), (1.0, on(2, 64)), (1.0, on(3, 67)), (30.0, all_off), (60.0, off(3, 67))];
            let take = perform(&mut thru_only(format), &raw(inputs, BAR));
            for note in take.notes(2) {
                assert_eq!(note.end, Some(30_000), "{format:?}, controller {number}");
            }
            assert_eq!(take.notes(3)[0].end, Some(60_000), "{format:?}, controller {number}: other channels hold");
            assert_eq!(take.mismatches(&[]), vec![]);
        }
    }
}

#[test]
fn a_pedal_whose_down_was_skipped_does_no_harm() {
    for format in Format::ALL {
        let pedal = |down: bool| Input::Controller { channel: 0, number: 64, value: if down { 127 } else { 0 } };
        let inputs =
            [(1.0, pedal(false)), (2.0, on(0, 60)), (3.0, pedal(true)), (3.0, pedal(false)), (20.0, off(0, 60))];
        let take = perform(&mut open(format), &raw(inputs, BAR));
        assert_eq!(take.mismatches(&[]), vec![], "{format:?}");
    }
}

#[test]
fn controllers_and_bend_pass_through_in_clap() {
    let controller = Input::Controller { channel: 5, number: 7, value: 99 };
    let bend = Input::PitchBend { channel: 5, value: 9000 };
    let take = perform(&mut thru_only(Format::Clap), &raw([(10.0, controller), (20.0, bend)], BAR));
    let midi: Vec<(u64, [u8; 3])> = take
        .events
        .iter()
        .filter_map(|event| match event.played {
            Played::Midi(data) => Some((event.sample, data)),
            _ => None,
        })
        .collect();
    assert_eq!(midi, vec![(10_000, [0xb5, 7, 99]), (20_000, [0xe5, (9000 & 127) as u8, (9000 >> 7) as u8])]);
}

#[test]
fn every_input_note_that_ended_is_reported_as_ended_in_clap() {
    let take = perform(&mut thru_only(Format::Clap), &tune(2));
    let ended = take.events.iter().filter(|event| matches!(event.played, Played::NoteEnd { .. })).count();
    let struck = take.inputs.iter().filter(|event| matches!(event.input, Input::NoteOn { .. })).count();
    assert_eq!(ended, struck);
}

#[test]
fn thru_can_be_switched_off() {
    for format in Format::ALL {
        let mut session = open(format).with(&[("thru", "Off")]).unwrap();
        let take = perform(&mut session, &tune(2));
        assert!(take.notes(common::MUSICIAN).is_empty(), "{format:?}");
        assert!(!take.notes(common::VOICES).is_empty(), "{format:?}: the band plays all the same");
    }
}
