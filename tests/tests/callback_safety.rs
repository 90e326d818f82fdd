//! The live callback takes no memory, waits for nothing and makes no system call.
//!
//! How that is seen without a tracer is told in [`continuo_tests::host::spy`]; the first tests prove that it is seen,
//! with a plug-in of the same framework that offends on purpose.

mod common;

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use common::{BAR, json_of, open, state_of, tune};
use continuo_tests::host::performance::{Change, Interruption, Segment};
use continuo_tests::host::spy::{self, Offences};
use continuo_tests::host::{Blocks, Format, Input, Mode, Pacing, Performance, Session, load};
use serde_json::json;

continuo_tests::interpose!();

/// The plug-in in `examples/passthrough.rs`, which cargo builds with the tests.
fn passthrough() -> PathBuf {
    let tests = std::env::current_exe().expect("the test has a path");
    tests.ancestors().nth(2).expect("it lies in deps").join("examples/libpassthrough.so")
}

fn offences_of(offence: &str, format: Format) -> Offences {
    let session = Session::new(load(format, &passthrough()).unwrap()).unwrap();
    let mut session = session.with(&[("offence", offence)]).unwrap().in_mode(Mode::Live).unwrap().paced(Pacing::Fast);
    // The first blocks may set things up lazily; they are not what is asked here.
    session.perform(&tune(1)).unwrap();
    spy::during(|| session.perform(&tune(1)).unwrap()).1
}

#[test]
fn the_spy_finds_nothing_where_there_is_nothing() {
    for format in Format::ALL {
        let offences = offences_of("None", format);
        assert!(offences.none(), "{format:?}: {offences:?}");
        assert!(offences.watched > 100, "{format:?}: every block is watched");
    }
}

#[test]
fn the_spy_sees_memory_taken_in_the_callback() {
    for format in Format::ALL {
        let offences = offences_of("Memory", format);
        assert!(offences.memory >= 2 * offences.watched, "{format:?}: {offences:?}");
    }
}

#[test]
fn the_spy_sees_a_lock_in_the_callback() {
    for format in Format::ALL {
        let offences = offences_of("Lock", format);
        assert!(offences.locks >= 2 * offences.watched, "{format:?}: {offences:?}");
    }
}

#[test]
fn the_spy_sees_a_system_call_in_the_callback() {
    if !spy::sees_system_calls() {
        eprintln!("this kernel has no Syscall User Dispatch: system calls are not seen, locks of libc and memory are");
        return;
    }
    for format in Format::ALL {
        let offences = offences_of("System call", format);
        let seen: u64 = offences.system_calls.values().sum();
        assert_eq!(seen, offences.watched, "{format:?}: {offences:?}");
    }
}

/// A tune with everything that a host does in between.
fn eventful() -> Performance {
    let mut performance = tune(8);
    for (step, name) in
        ["temperature", "style_a", "style_blend", "chords_on", "seed", "voices_channel", "thru", "key_lock"]
            .into_iter()
            .cycle()
            .take(64)
            .enumerate()
    {
        let value = (step * 7 % 11) as f64 / 10.0;
        let input = Input::Parameter { id: common::id(name), value };
        performance.changes.push(Change { at: step as f64 * 11.0, input });
    }
    for step in 0..16 {
        let input = Input::Controller { channel: 0, number: 64, value: if step % 2 == 0 { 127 } else { 0 } };
        performance.changes.push(Change { at: f64::from(step) * 40.0, input });
    }
    // Presets come and go, one with every other frame.
    performance.changes.push(Change { at: 0.0, input: Input::Parameter { id: common::id("scene_at"), value: 0.0 } });
    for step in 0..64 {
        let input = Input::Parameter { id: common::id("preset"), value: f64::from(step % 9) / 128.0 };
        performance.changes.push(Change { at: f64::from(step) * 12.3, input });
    }
    performance.route = vec![
        Segment::rolling(0.0, 2.0 * BAR),
        Segment::rolling(500.0, BAR),
        Segment::stopped(500.0, 0.0, BAR),
        Segment::rolling(96.0, BAR).with_loop(96.0, 192.0),
        Segment::rolling(96.0, BAR).with_loop(96.0, 192.0),
        Segment::rolling(300.0, BAR).at_tempo(171.0).in_meter((6, 8)).after(Interruption::Reset),
    ];
    performance
}

fn assert_safe(mut session: Session, performance: &Performance, what: &str) {
    // The first block may be special; the ones that follow are all.
    let (take, offences) = spy::during(|| session.perform(performance).unwrap());
    assert!(offences.none(), "{what}: {offences:?}");
    assert_eq!(offences.watched, take.blocks as u64, "{what}: every block is watched");
    assert!(!take.events.is_empty(), "{what}: something sounds");
}

/// Bursts that leave the worker no time, as of a host that renders ahead: plans miss, and nobody waits for them.
const BURSTS: Pacing = Pacing::Ahead(Duration::from_millis(300));

#[test]
fn the_callback_takes_no_memory_locks_nothing_and_makes_no_system_call() {
    // By the wall clock: all at once, each on a thread of its own, which is the one that is watched.
    thread::scope(|scope| {
        for format in Format::ALL {
            for size in [64, 512] {
                scope.spawn(move || {
                    let session = open(format).in_blocks(Blocks::Of(size)).unwrap().in_mode(Mode::Live).unwrap();
                    assert_safe(session.paced(BURSTS), &eventful(), &format!("{format:?}, blocks of {size}"));
                });
            }
        }
    });
}

#[test]
fn the_callback_is_safe_while_controllers_move_parameters_and_the_metronome_clicks() {
    for format in Format::ALL {
        let session = open(format).with(&[("metronome", "On")]).unwrap();
        let mut session = session.in_blocks(Blocks::Of(512)).unwrap().in_mode(Mode::Live).unwrap();
        let learnt = [(74, "temperature"), (75, "style_a"), (64, "freeze"), (66, "next_preset"), (67, "next_scene")]
            .map(|(controller, moves)| json!({ "channel": null, "controller": controller, "moves": moves }));
        let mut state = json_of(&session.instance().save().unwrap());
        state["fields"]["controllers"] = json!({ "version": 1, "controllers": learnt }).to_string().into();
        session.instance().load(&state_of(&state)).unwrap();
        let mut performance = tune(2);
        for step in 0..80u8 {
            let number = [74, 75, 64, 66, 67][usize::from(step) % 5];
            let value = if number < 70 { step / 5 % 2 * 127 } else { step.wrapping_mul(37) % 128 };
            let input = Input::Controller { channel: step % 16, number, value };
            performance.changes.push(Change { at: f64::from(step) * 2.0, input });
        }
        assert_safe(session.paced(BURSTS), &performance, &format!("{format:?}"));
    }
}

#[test]
fn the_callback_is_safe_at_the_pace_of_an_audio_device_and_with_the_built_in_sound() {
    for format in Format::ALL {
        let session = Session::open(format).unwrap().in_blocks(Blocks::Of(128)).unwrap().in_mode(Mode::Live).unwrap();
        let performance = Performance { route: vec![Segment::rolling(0.0, BAR)], ..tune(1) };
        assert_safe(session, &performance, &format!("{format:?}"));
    }
}

#[test]
fn the_callback_is_safe_under_more_events_than_there_is_room_for() {
    for format in Format::ALL {
        let mut performance = Performance { route: vec![Segment::rolling(0.0, 24.0)], ..Performance::default() };
        // The VST3 wrapper has room for 8192 events in a block and 32 strikes, and takes memory for more.
        let (events, strikes) = if format == Format::Vst3 { (8_000, 32) } else { (10_000, usize::MAX) };
        for index in 0..events {
            let (channel, key) = ((index / 4 % 16) as u8, (index / 64 % 128) as u8);
            let input = match index % 4 {
                0 => Input::NoteOff { channel, key },
                1 if index / 4 < strikes => Input::NoteOn { channel, key, velocity: 100 },
                2 => Input::NoteOff { channel, key },
                _ => Input::Controller { channel, number: 1, value: key },
            };
            performance.changes.push(Change { at: 3.0, input });
        }
        let session = open(format).in_mode(Mode::Live).unwrap().paced(Pacing::Fast);
        assert_safe(session, &performance, &format!("{format:?}"));
    }
}
