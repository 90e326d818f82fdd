//! Automation of presets, scenes and every parameter, written by a host and played back: the same take live, looped,
//! bounced, in CLAP and in VST3, in blocks of any size.

mod common;

use std::cell::RefCell;

use common::random::{METERS, automation, notes, route, storms};
use common::{BAR, BASS, CHORDS, VOICES, ended, id, melody_alone, open, open_at, perform, tune};
use continuo_tests::host::performance::{Change, PlayedNote, Segment};
use continuo_tests::host::take::ScoreLine;
use continuo_tests::host::{Blocks, Diagnostics, Format, Input, Instance, Mode, Performance, Session, Take};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// How many numbers a bank has.
const NUMBERS: f64 = 128.0;

/// How many presets there are to recall, at the first numbers of the bank.
const PRESETS: usize = 24;

fn preset(at: f64, number: usize) -> Change {
    Change { at, input: Input::Parameter { id: id("preset"), value: number as f64 / NUMBERS } }
}

fn scene(at: f64, place: f64) -> Change {
    Change { at, input: Input::Parameter { id: id("scene"), value: place / 8.0 } }
}

fn set(at: f64, name: &str, value: f64) -> Change {
    Change { at, input: Input::Parameter { id: id(name), value } }
}

thread_local! {
    /// An instance of each format, to be asked what its parameters mean.
    static ASKED: RefCell<Option<[Session; 2]>> = const { RefCell::new(None) };
}

/// Asks an instance of each format.
fn ask<R>(question: impl FnOnce([&mut dyn Instance; 2]) -> R) -> R {
    ASKED.with_borrow_mut(|asked| {
        let [clap, vst3] = asked.get_or_insert_with(|| Format::ALL.map(open));
        question([clap.instance(), vst3.instance()])
    })
}

/// `changes` as a host of `format` writes them that shows the same texts as a CLAP host: of what goes in steps, VST3
/// has numbers of its own.
fn written_in(format: Format, changes: &[Change]) -> Vec<Change> {
    let write = |[clap, vst3]: [&mut dyn Instance; 2]| {
        let parameters = clap.parameters();
        let mut written = changes.to_vec();
        for change in &mut written {
            let Input::Parameter { id, value } = &mut change.input else { continue };
            if parameters.iter().any(|parameter| parameter.id == *id && parameter.steps > 0) {
                let text = clap.text_of_value(*id, *value).expect("every value has a text");
                let asked: &mut dyn Instance = if format == Format::Clap { &mut *clap } else { &mut *vst3 };
                *value = asked.value_of_text(*id, &text).expect("a text is read as it is shown");
            }
        }
        written
    };
    ask(write)
}

/// Every parameter that a host may automate moves once at least, scattered over `ticks`: between frames and on them,
/// and not all to an end of their ranges. Presets come and go among them, and wait for what they are told to.
fn everything(instance: &mut dyn Instance, ticks: f64) -> Vec<Change> {
    let parameters = instance.parameters().into_iter().filter(|parameter| parameter.automatable && !parameter.hidden);
    // Any order will do that is none: a multiple of a number that has no divisor with theirs.
    let mut changes: Vec<Change> = parameters
        .enumerate()
        .map(|(index, parameter)| {
            let share = |by: usize, of: usize| (index * by % of) as f64 / of as f64;
            let input = Input::Parameter { id: parameter.id, value: share(37, 97) };
            Change { at: share(59, 101) * ticks, input }
        })
        .collect();
    for step in 0..16 {
        let at = (step as f64 + 0.37) * ticks / 16.0;
        changes.push(preset(at, step * 7 % (PRESETS + 1)));
        changes.push(set(at - 0.2, "scene_at", (step % 3) as f64 / 2.0));
        changes.push(scene(at + 3.1, [0.0, 0.0, 0.5, 1.0][step % 4]));
    }
    // The band goes on whatever happens to it.
    for player in ["voices_on", "chords_on", "bass_on", "lead_on"] {
        changes.push(set(ticks * 0.75, player, 1.0));
    }
    changes
}

fn assert_same(take: &Take, reference: &Take, what: &str) {
    let (score, wanted) = (take.score(), reference.score());
    if score != wanted {
        let at = score.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
        panic!("{what}: note {at} differs: {:?} instead of {:?}", score.get(at), wanted.get(at));
    }
}

/// `performance` with automation of everything, as a host of `format` writes it.
fn automated(performance: Performance, format: Format) -> Performance {
    let ticks = performance.route.iter().map(|segment| segment.ticks).sum();
    let changes = written_in(format, &ask(|[clap, _]| everything(clap, ticks)));
    Performance { changes, ..performance }
}

#[test]
fn automation_of_everything_gives_the_same_take_in_both_formats_and_in_blocks_of_any_size() {
    for music in [tune(8), melody_alone(8)] {
        let reference = perform(&mut open(Format::Clap), &automated(music.clone(), Format::Clap));
        assert!(reference.events.len() > 100, "there is something to compare");
        for format in Format::ALL {
            let performance = automated(music.clone(), format);
            for blocks in [Blocks::Of(64), Blocks::Of(4096), Blocks::Cycle(vec![13, 256, 1, 999])] {
                let take = perform(&mut open_at(format, blocks.clone(), 48_000.0), &performance);
                assert_same(&take, &reference, &format!("{format:?}, {blocks:?}"));
            }
        }
    }
}

#[test]
fn automation_of_everything_is_live_what_it_is_in_a_bounce() {
    let library = common::library(Format::Clap);
    let performance = automated(tune(2), Format::Clap);
    let reference = perform(&mut open(Format::Clap), &performance);
    for attempt in 1.. {
        let before = Diagnostics::read(&library).unwrap();
        let take = perform(&mut open(Format::Clap).in_mode(Mode::Live).unwrap(), &performance);
        let misses = Diagnostics::read(&library).unwrap().since(&before).misses;
        if misses == 0 {
            assert_same(&take, &reference, "live");
            break;
        }
        assert!(attempt < 3, "the machine was too busy for live playing three times ({misses} plans late)");
    }
}

#[test]
fn a_loop_with_automated_presets_and_scenes_repeats_from_its_second_pass_on() {
    let changes = vec![
        set(0.5, "scene_at", 0.0),
        preset(1.0, 3),
        preset(60.0, 11),
        scene(100.0, 1.0),
        set(120.5, "scene_at", 0.5),
        preset(121.0, 0),
        scene(130.0, 0.0),
        preset(170.0, 5),
    ];
    for format in Format::ALL {
        let pass = Segment::rolling(0.0, 2.0 * BAR).with_loop(0.0, 2.0 * BAR);
        let looped = Performance { changes: changes.clone(), route: vec![pass; 4], ..tune(2) };
        let reference = perform(&mut open(format), &looped);
        let pass = |index: usize| -> Vec<ScoreLine> {
            let lines = reference.score().into_iter().filter(|line| line.segment == index);
            lines.map(|line| ScoreLine { segment: 0, ..line }).collect()
        };
        assert!(pass(1).len() > 20, "{format:?}");
        assert_eq!(pass(1), pass(2), "{format:?}: second and third pass");
        assert_eq!(pass(2), pass(3), "{format:?}: third and fourth pass");
        for blocks in [Blocks::Of(64), Blocks::Of(4096), Blocks::Cycle(vec![13, 256, 1, 999])] {
            let take = perform(&mut open_at(format, blocks.clone(), 48_000.0), &looped);
            assert_same(&take, &reference, &format!("{format:?}, {blocks:?}"));
        }
    }
}

#[test]
fn a_preset_is_recalled_by_automation_or_by_a_program_and_begins_where_it_is_told_to() {
    for format in Format::ALL {
        let usual = perform(&mut open(format), &tune(4));
        // Where the take first differs from one without the preset, in ticks.
        let begins = |settings: &[(&str, &str)], change: Change| {
            let performance = Performance { changes: vec![change], ..tune(4) };
            let take = perform(&mut open(format).with(settings).unwrap(), &performance);
            let (score, usual) = (take.score(), usual.score());
            let first = score.iter().zip(&usual).find(|(a, b)| a != b).expect("it is heard");
            first.0.moment.min(first.1.moment) as f64 / 40.0
        };
        let at = 1.2 * BAR;
        for (when, from, to) in
            [("Now", at, at + 24.0), ("Next beat", 1.25 * BAR, 1.75 * BAR), ("Next bar", 2.0 * BAR, 2.5 * BAR)]
        {
            let bar = begins(&[("scene_at", when)], preset(at, 7));
            assert!((from - 1.0..to).contains(&bar), "{format:?}, {when}: {bar}");
            let program = Change { at, input: Input::Midi([0xc0, 6, 0]) };
            let same = begins(&[("scene_at", when), ("programs", "Presets")], program);
            assert_eq!(same, bar, "{format:?}, {when}: program 6 is preset 7");
        }
    }
}

#[test]
fn a_preset_plays_on_the_musicians_channels() {
    for format in Format::ALL {
        let settings = [("bass_channel", "12"), ("chords_channel", "9"), ("voices_channel", "7")];
        let performance = Performance { changes: vec![preset(0.0, 2), preset(2.5 * BAR, 9)], ..ended(tune(4)) };
        let take = perform(&mut open(format).with(&settings).unwrap(), &performance);
        for silent in [VOICES, CHORDS, BASS] {
            assert!(take.notes(silent).is_empty(), "{format:?}, channel {silent}");
        }
        assert!(take.notes(11).len() > 4 && take.notes(8).len() > 4, "{format:?}");
        assert_eq!(take.mismatches(&[]), vec![], "{format:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        max_shrink_iters: 100,
        ..ProptestConfig::default()
    })]

    #[test]
    fn presets_and_scenes_among_any_automation_on_any_route_are_the_same_everywhere_and_every_note_ends(
        notes in notes(),
        storm in storms(),
        recalls in prop::collection::vec((0.0..960.0, 0..=PRESETS, prop::sample::select(vec![0.0, 0.3, 1.0, 4.0])), 1..20),
        route in route(&METERS),
        sizes in prop::collection::vec(1usize..2000, 1..5),
    ) {
        // An answer to one of these is as loud as half a step of MIDI's: each format rounds it in its own way.
        let is_half = |velocity: u8| velocity % 20 == 10;
        let louder = |note: PlayedNote| PlayedNote { velocity: note.velocity + u8::from(is_half(note.velocity)), ..note };
        let notes = notes.into_iter().map(louder).collect();
        // Loops are looked at above.
        let route = route.into_iter().map(|segment| Segment { looping: None, ..segment }).collect();
        let mut changes = ask(|[clap, _]| automation(clap, &storm));
        changes.extend(recalls.into_iter().flat_map(|(at, number, place)| [preset(at, number), scene(at + 1.3, place)]));
        let in_vst3 = written_in(Format::Vst3, &changes);
        let performance = Performance { notes, changes: written_in(Format::Clap, &changes), route };
        let reference = perform(&mut open(Format::Clap), &performance);
        prop_assert_eq!(reference.mismatches(&[]), vec![]);
        let clap = perform(&mut open_at(Format::Clap, Blocks::Cycle(sizes), 48_000.0), &performance);
        prop_assert_eq!(clap.score(), reference.score());
        let vst3 = perform(&mut open(Format::Vst3), &Performance { changes: in_vst3, ..performance });
        prop_assert_eq!(vst3.score(), reference.score());
    }
}
