//! The plug-in in hosts with habits of their own: what they say, where and when they say it, and what they leave out.

mod common;

use std::time::Duration;

use common::{BAR, BASS, CHORDS, MUSICIAN, VOICES, ended, id, json_of, open, perform, probe, state_of, tune};
use continuo_models::{Controls, Player};
use continuo_tests::host::performance::{Change, Segment};
use continuo_tests::host::take::hash_of;
use continuo_tests::host::{
    Block, EmptyBlocks, Format, Habits, Input, Instance, Mode, Output, Pacing, Performance, Played, SaysMode, Session,
    Setup, Take, Timebase, load, vst3,
};
use serde_json::{Value, json};

fn open_with(format: Format, habits: Habits) -> Session {
    open(format).with_habits(habits).unwrap()
}

fn assert_plays_and_ends(take: &Take, what: &str) {
    for (player, channel) in [("Voices", VOICES), ("Chords", CHORDS), ("Bass", BASS)] {
        assert!(take.notes(channel).len() > 3, "{what}: {player} plays");
    }
    assert_eq!(take.mismatches(&[]), vec![], "{what}: every note ends once");
}

/// Hash of what is played from bar 2 on.
fn hash_of_the_rest(take: &Take) -> String {
    let score = take.score();
    hash_of(&score.into_iter().filter(|line| line.moment >= (2.0 * BAR * 40.0) as i64).collect::<Vec<_>>())
}

#[test]
fn the_bundles_carry_the_notices_that_licences_ask_for() {
    let notices = include_str!("../../assets/notices.txt");
    for format in Format::ALL {
        let library = common::library(format);
        let beside = match format {
            Format::Clap => library.with_file_name("Continuo-notices.txt"),
            Format::Vst3 => library.ancestors().nth(2).unwrap().join("Resources/notices.txt"),
        };
        assert_eq!(std::fs::read_to_string(&beside).unwrap(), notices, "{}", beside.display());
        let inside = std::fs::read(&library).unwrap().windows(notices.len()).any(|bytes| bytes == notices.as_bytes());
        assert!(inside, "{format:?}: About shows them");
    }
}

#[test]
fn a_rendering_that_is_said_in_each_block_only_is_the_one_that_is_said_at_setup() {
    let usual = perform(&mut open(Format::Vst3), &tune(8));
    let habits = Habits { says_mode: SaysMode::InBlocks, ..Habits::default() };
    let take = perform(&mut open_with(Format::Vst3, habits), &tune(8));
    assert_eq!(take.hash(), usual.hash());
}

#[test]
fn a_rendering_that_is_said_nowhere_is_known_by_its_pace() {
    for format in Format::ALL {
        let usual = perform(&mut open(format), &tune(8));
        for says_mode in [SaysMode::Nowhere, SaysMode::InBlocks] {
            let take = perform(&mut open_with(format, Habits { says_mode, ..Habits::default() }), &ended(tune(8)));
            assert_plays_and_ends(&take, &format!("{format:?}, {says_mode:?}"));
            let rest = perform(&mut open_with(format, Habits { says_mode, ..Habits::default() }), &tune(8));
            assert_eq!(hash_of_the_rest(&rest), hash_of_the_rest(&usual), "{format:?}, {says_mode:?}");
        }
    }
}

#[test]
fn a_parameter_that_is_set_while_nothing_is_processed_is_saved() {
    for format in Format::ALL {
        let fresh = || load(format, &common::library(format)).unwrap();
        let values = [(id("seed"), 0.5), (id("style_a"), 1.0), (id("temperature"), 0.25), (id("key_lock"), 1.0)];
        let (mut processed, mut unprocessed) = (fresh(), fresh());
        processed.set_values(&values);
        unprocessed.set_values_unprocessed(&values);
        let saved = unprocessed.save().unwrap();
        assert_eq!(json_of(&saved), json_of(&processed.save().unwrap()), "{format:?}");
        let mut other = fresh();
        other.load(&saved).unwrap();
        for (parameter, value) in values {
            assert!((other.value(parameter).unwrap() - value).abs() < 1e-3, "{format:?}, parameter {parameter}");
        }
    }
}

#[test]
fn what_a_block_brings_counts_for_more_than_what_the_controller_was_told_before() {
    let mut session = open(Format::Vst3);
    session.instance().set_values_unprocessed(&[(id("temperature"), 0.25)]);
    let input = Input::Parameter { id: id("temperature"), value: 0.75 };
    perform(&mut session, &Performance { changes: vec![Change { at: 1.0, input }], ..tune(1) });
    let saved = session.instance().save().unwrap();
    assert_eq!(json_of(&saved)["params"]["temperature"]["f32"], 1.5);
    // The instance is active, but nothing is processed now.
    session.instance().set_values_unprocessed(&[(id("temperature"), 0.25)]);
    let saved = session.instance().save().unwrap();
    assert_eq!(json_of(&saved)["params"]["temperature"]["f32"], 0.5);
}

#[test]
fn only_our_own_parameters_are_shown_and_automated_in_vst3() {
    let shown = |format| {
        let mut instance = load(format, &common::library(format)).unwrap();
        let parameters = instance.parameters();
        let (hidden, shown): (Vec<_>, Vec<_>) = parameters.into_iter().partition(|parameter| parameter.hidden);
        assert!(hidden.iter().all(|parameter| !parameter.automatable), "{format:?}");
        shown.into_iter().map(|parameter| (parameter.id, parameter.automatable)).collect::<Vec<_>>()
    };
    let (clap, vst3) = (shown(Format::Clap), shown(Format::Vst3));
    assert_eq!(vst3.len(), clap.len());
    assert_eq!(vst3, clap);
}

#[test]
fn a_program_change_recalls_its_scene_whatever_numbers_the_host_reckons_in() {
    let mut without_chords = Controls::default();
    without_chords.players[Player::Chords].on = false;
    for format in Format::ALL {
        for narrow_parameters in [false, true] {
            for program in 0..8u8 {
                let habits = Habits { narrow_parameters, ..Habits::default() };
                let mut session = open_with(format, habits);
                let mut json = json_of(&session.instance().save().unwrap());
                let scenes: Vec<_> = (0..8u8).map(|scene| (scene == program).then_some(&without_chords)).collect();
                let scenes = json!({ "version": 1, "scenes": scenes });
                json["fields"]["scenes"] = Value::String(scenes.to_string());
                session.instance().load(&state_of(&json)).unwrap();
                let change = Change { at: 0.5 * BAR, input: Input::Midi([0xc0, program, 0]) };
                let take = perform(&mut session, &Performance { changes: vec![change], ..tune(2) });
                let second_bar = take.notes(CHORDS).into_iter().filter(|note| note.position > BAR).count();
                assert_eq!(second_bar, 0, "{format:?}, narrow: {narrow_parameters}, program {program}");
            }
        }
    }
}

#[test]
fn every_movement_of_a_pedal_in_a_block_arrives_in_vst3() {
    // Up and down again within one block: chords that the pedal held are let go, and the new ones held.
    let pedal = |at, value| Change { at, input: Input::Controller { channel: MUSICIAN, number: 64, value } };
    let changes: Vec<_> =
        (0..8).flat_map(|half| [pedal(f64::from(half) * 48.0, 0), pedal(f64::from(half) * 48.0 + 0.4, 127)]).collect();
    let takes =
        Format::ALL.map(|format| perform(&mut open(format), &Performance { changes: changes.clone(), ..tune(4) }));
    assert_eq!(takes[1].hash(), takes[0].hash());
}

#[test]
fn the_speed_of_a_release_passes_through() {
    for format in Format::ALL {
        let changes = vec![
            Change { at: 10.0, input: Input::Midi([0x90, 72, 100]) },
            Change { at: 30.0, input: Input::Midi([0x80, 72, 37]) },
        ];
        let performance = Performance { changes, route: vec![Segment::rolling(0.0, BAR)], ..Performance::default() };
        let take = perform(&mut open(format), &performance);
        let speeds: Vec<u8> = take
            .events
            .iter()
            .filter_map(|event| match event.played {
                Played::NoteOff { channel: MUSICIAN | VOICES, velocity, .. } => Some(velocity),
                _ => None,
            })
            .collect();
        assert!(speeds.len() >= 2 && speeds.iter().all(|speed| *speed == 37), "{format:?}: {speeds:?}");
    }
}

#[test]
fn notes_leave_as_midi_messages_where_the_musician_wants_it_and_are_the_same_notes() {
    for format in Format::ALL {
        let usual = perform(&mut open(format), &tune(2));
        let take = perform(&mut open(format).with(&[("notes_as_midi", "On")]).unwrap(), &tune(2));
        assert_eq!(take.hash(), usual.hash(), "{format:?}");
        let notes = if format == Format::Clap { take.notes(None).len() } else { 0 };
        assert_eq!((take.midi_notes, usual.midi_notes), (notes, 0), "{format:?}: VST3 knows notes only");
    }
}

#[test]
fn blocks_without_samples_change_nothing() {
    let habits = Habits { empty_blocks: EmptyBlocks::Between, ..Habits::default() };
    for format in Format::ALL {
        let usual = perform(&mut open(format), &tune(4)).hash();
        assert_eq!(perform(&mut open_with(format, habits), &tune(4)).hash(), usual, "{format:?}");
    }
}

#[test]
fn what_is_played_in_a_block_without_samples_is_heard() {
    let habits = Habits { empty_blocks: EmptyBlocks::WithEvents, ..Habits::default() };
    for format in Format::ALL {
        let take = perform(&mut open_with(format, habits), &ended(tune(4)));
        assert_plays_and_ends(&take, &format!("{format:?}"));
        let keys = |take: &Take| take.notes(MUSICIAN).iter().map(|note| note.key).collect::<Vec<_>>();
        let mut usual = keys(&perform(&mut open(format), &ended(tune(4))));
        let mut found = keys(&take);
        usual.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, usual, "{format:?}: every note of the musician passes through");
    }
}

#[test]
fn an_event_behind_the_end_of_its_block_counts_at_its_end() {
    for format in Format::ALL {
        let mut instance = load(format, &common::library(format)).unwrap();
        let habits = Habits::default();
        let setup = Setup { sample_rate: 48_000.0, max_block: 256, mode: Mode::Offline, habits };
        let mut processor = instance.activate(setup).unwrap();
        let mut output = Output::new(256);
        let late = [
            (256, Input::Parameter { id: id("swing"), value: 1.0 }),
            (9999, Input::NoteOn { channel: 0, key: 60, velocity: 90 }),
        ];
        processor.process(&Block { frames: 256, steady: 0, transport: None, events: &late }, &mut output).unwrap();
        let began = output.events.iter().find(|(_, played)| matches!(played, Played::NoteOn { key: 60, .. }));
        assert_eq!(began.map(|(sample, _)| *sample), Some(255), "{format:?}");
        instance.deactivate(processor);
        assert_eq!(instance.value(id("swing")), Some(if format == Format::Clap { 1.0 } else { 0.0 }));
        assert_eq!(json_of(&instance.save().unwrap())["params"]["swing"]["f32"], 1.0, "{format:?}");
    }
}

#[test]
fn the_band_plays_in_hosts_that_keep_the_position_to_themselves() {
    for format in Format::ALL {
        for timebase in [Timebase::Frozen, Timebase::Zero, Timebase::Missing] {
            let habits = Habits { timebase, ..Habits::default() };
            let take = perform(&mut open_with(format, habits), &ended(tune(8)));
            assert_plays_and_ends(&take, &format!("{format:?}, {timebase:?}"));
        }
    }
}

#[test]
fn a_vst3_host_hears_when_programs_have_other_names() {
    let load = || vst3::Vst3Instance::load(&common::library(Format::Vst3)).unwrap();
    let mut instance = load();
    instance.set_values_unprocessed(&[(id("programs"), 1.0)]);
    let recalls_presets = instance.save().unwrap();
    let mut other = load();
    assert_eq!(other.take_renamed(), 0);
    let channels = [recalls_presets.clone(), recalls_presets].map(|state| {
        other.load(&state).unwrap();
        other.take_renamed()
    });
    assert_eq!(channels, [16, 0], "once");
}

#[test]
fn the_vst3_says_what_it_is_and_who_made_it() {
    let about = vst3::about(&common::library(Format::Vst3)).unwrap();
    assert_eq!(about.categories, "Instrument|Tools");
    assert!(about.url.starts_with("https://") && about.email.contains('@'), "{about:?}");
}

#[test]
fn nothing_is_written_to_the_error_stream() {
    for format in ["clap", "vst3"] {
        assert_eq!(probe(&["--format", format], &[]).said, "", "{format}");
    }
}

#[test]
fn a_host_that_renders_ahead_is_live_and_its_notes_end() {
    let session = open(Format::Clap).in_mode(Mode::Live).unwrap();
    let take = perform(&mut session.paced(Pacing::Ahead(Duration::from_millis(200))), &ended(tune(2)));
    assert_eq!(take.mismatches(&[]), vec![]);
    assert!(!take.notes(MUSICIAN).is_empty());
}
