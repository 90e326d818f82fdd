//! Learnt controllers and the metronome, in the built plug-in.

mod common;

use common::{BAR, BEAT, BEHIND, id, json_of, open, open_at, perform, state_of, tune};
use continuo_tests::host::performance::{Change, Segment};
use continuo_tests::host::{Blocks, Format, Input, Performance, Played, Session, Take};
use serde_json::{Value, json};

/// Puts learnt controllers into the project: number, and what it moves.
fn learn(session: &mut Session, controllers: &[(u8, &str)]) {
    let learnt =
        controllers.iter().map(|(number, moves)| json!({ "channel": 0, "controller": number, "moves": moves }));
    let field = json!({ "version": 1, "controllers": learnt.collect::<Vec<_>>() });
    let mut state = json_of(&session.instance().save().unwrap());
    state["fields"]["controllers"] = field.to_string().into();
    session.instance().load(&state_of(&state)).unwrap();
}

fn controller(at: f64, number: u8, value: u8) -> Change {
    Change { at: at + BEHIND, input: Input::Controller { channel: 0, number, value } }
}

/// Where and when the parameter was told to have moved.
fn told(take: &Take, name: &str) -> Vec<(u64, f64)> {
    let told = |event: &continuo_tests::host::take::Event| match event.played {
        Played::Parameter { id: moved, value } if moved == id(name) => Some((event.sample, value)),
        _ => None,
    };
    take.events.iter().filter_map(told).collect()
}

/// Movements of a knob that begin close to the middle.
const TURNS: [(f64, u8); 6] = [(30.0, 64), (100.0, 80), (101.0, 100), (190.0, 20), (230.0, 127), (300.0, 50)];

#[test]
fn a_learnt_controller_is_as_good_as_automation_in_every_format_and_in_blocks_of_any_length() {
    let automated = || {
        let input = |value: u8| Input::Parameter { id: id("density"), value: f64::from(f32::from(value) / 127.0) };
        let changes = TURNS.iter().map(|&(at, value)| Change { at: at + BEHIND, input: input(value) });
        perform(&mut open(Format::Clap), &Performance { changes: changes.collect(), ..tune(4) }).hash()
    };
    let expected = automated();
    assert_ne!(perform(&mut open(Format::Clap), &tune(4)).hash(), expected, "it is heard");
    for format in Format::ALL {
        for size in [64, 512, 4096] {
            let mut session = open_at(format, Blocks::Of(size), 48_000.0);
            learn(&mut session, &[(74, "density")]);
            let changes = TURNS.iter().map(|&(at, value)| controller(at, 74, value)).collect();
            let take = perform(&mut session, &Performance { changes, ..tune(4) });
            assert_eq!(take.hash(), expected, "{format:?}, blocks of {size}");
            let moved: Vec<u64> = take
                .inputs
                .iter()
                .filter(|event| matches!(event.input, Input::Controller { .. }))
                .map(|event| event.sample)
                .collect();
            let told = told(&take, "density");
            assert_eq!(told.iter().map(|(sample, _)| *sample).collect::<Vec<_>>(), moved, "{format:?}, {size}");
            for ((_, value), (_, turned)) in told.iter().zip(TURNS) {
                assert!((value - f64::from(turned) / 127.0).abs() < 1e-6, "{format:?}: {value}, {turned}");
            }
            let value = session.instance().value(id("density")).unwrap();
            if format == Format::Clap {
                assert!((value - 50.0 / 127.0).abs() < 1e-6, "{value}");
            }
        }
    }
}

#[test]
fn a_controller_that_was_not_learnt_passes_and_a_learnt_one_does_not() {
    let passed = |number: u8| {
        let mut session = open(Format::Clap);
        learn(&mut session, &[(74, "density")]);
        let changes = vec![controller(10.0, number, 99)];
        let take = perform(&mut session, &Performance { changes, ..tune(1) });
        take.events.iter().filter(|event| matches!(event.played, Played::Midi([0xb0, _, 99]))).count()
    };
    assert_eq!([74, 75].map(passed), [0, 1]);
}

#[test]
fn pedals_freeze_recall_and_end_everything_without_a_note_that_hangs() {
    for format in Format::ALL {
        let mut session = open(format);
        learn(&mut session, &[(64, "freeze"), (65, "again"), (66, "next_preset"), (67, "panic"), (68, "next_scene")]);
        let press = |at: f64, number: u8| [controller(at, number, 127), controller(at + 6.0, number, 0)];
        let presses = [(50.0, 64), (150.0, 64), (160.0, 66), (250.0, 65), (300.0, 67), (350.0, 68)];
        let changes: Vec<_> = presses.iter().flat_map(|&(at, number)| press(at, number)).collect();
        let take = perform(&mut session, &common::ended(Performance { changes, ..tune(5) }));
        assert_eq!(take.mismatches(&[]), [], "{format:?}");
        assert_eq!(told(&take, "freeze").iter().map(|(_, value)| *value).collect::<Vec<_>>(), [1.0, 0.0]);
        assert_eq!(told(&take, "again").len(), 2, "{format:?}: on and off");
        assert_eq!(told(&take, "preset").len(), 1, "{format:?}");
        assert!(told(&take, "scene").is_empty(), "{format:?}: no scene holds anything");
    }
}

#[test]
fn what_was_learnt_is_saved_with_the_project() {
    for format in Format::ALL {
        let mut session = open(format);
        learn(&mut session, &[(74, "density"), (64, "next_scene")]);
        let state = session.instance().save().unwrap();
        let field = |state: &[u8]| -> Value {
            serde_json::from_str(json_of(state)["fields"]["controllers"].as_str().unwrap()).unwrap()
        };
        assert_eq!(field(&state)["controllers"].as_array().unwrap().len(), 2);
        let mut other = open(format);
        other.instance().load(&state).unwrap();
        assert_eq!(field(&other.instance().save().unwrap()), field(&state), "{format:?}");
    }
}

#[test]
fn the_metronome_is_heard_at_its_samples_and_leaves_as_no_note() {
    let silence = Performance { route: vec![Segment::rolling(0.0, 2.0 * BAR)], ..Performance::default() };
    for format in Format::ALL {
        for size in [64, 511, 4096] {
            let session = open_at(format, Blocks::Of(size), 48_000.0);
            let mut session = session.with(&[("metronome", "On"), ("lead_on", "Off")]).unwrap();
            let take = perform(&mut session, &silence);
            assert!(take.events.iter().all(|event| !matches!(event.played, Played::Midi(_))), "{format:?}");
            let audio = &take.audio[0];
            let loudest = |from: usize| audio[from..from + 400].iter().fold(0.0f32, |most, s| most.max(s.abs()));
            for beat in 0..8 {
                let at = beat * (BEAT * 1000.0) as usize;
                assert!(audio[at.saturating_sub(50)..at].iter().all(|sample| *sample == 0.0), "{format:?}, {size}");
                assert!(audio[at] != 0.0, "{format:?}, blocks of {size}: beat {beat}");
            }
            assert!(loudest(96_000) > 1.2 * loudest(72_000), "the bar's first beat is louder");
        }
    }
}
