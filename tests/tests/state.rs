//! What a project saves comes back; what is broken does no harm.

mod common;

use std::collections::BTreeSet;

use common::{BAR, BASS, CHORDS, ended, id, json_of, left_hand_chords, open, perform, state_of, tune};
use continuo_models::music::Style;
use continuo_models::{Controls, Player};
use continuo_tests::host::performance::{Change, Segment};
use continuo_tests::host::{Format, Input, Instance, Performance, Session, load};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use serde_json::{Value, json};

fn fresh(format: Format) -> Box<dyn Instance> {
    load(format, &common::library(format)).unwrap()
}

/// The parameters that a user can set, with their values now.
fn values(instance: &mut dyn Instance) -> Vec<(u32, f64)> {
    let parameters = instance.parameters();
    let shown = parameters.iter().filter(|parameter| !parameter.hidden);
    shown.map(|parameter| (parameter.id, instance.value(parameter.id).unwrap())).collect()
}

/// A value for every parameter, none of them its default.
fn odd_values(instance: &mut dyn Instance) -> Vec<(u32, f64)> {
    let parameters = instance.parameters();
    let shown = parameters.iter().filter(|parameter| !parameter.hidden);
    shown.map(|parameter| (parameter.id, if parameter.default < 0.5 { 1.0 } else { 0.0 })).collect()
}

#[test]
fn saving_loading_and_saving_again_gives_the_same_bytes() {
    for format in Format::ALL {
        let mut one = fresh(format);
        let untouched = one.save().unwrap();
        let odd = odd_values(one.as_mut());
        one.set_values(&odd);
        let saved = one.save().unwrap();
        assert_ne!(saved, untouched, "{format:?}: the values are in the state");
        let mut other = fresh(format);
        other.load(&saved).unwrap();
        assert_eq!(other.save().unwrap(), saved, "{format:?}");
        assert_eq!(values(other.as_mut()), values(one.as_mut()), "{format:?}");
    }
}

#[test]
fn a_state_of_one_format_is_understood_by_the_other() {
    let mut clap = fresh(Format::Clap);
    let odd = odd_values(clap.as_mut());
    clap.set_values(&odd);
    let saved = clap.save().unwrap();
    let mut vst3 = fresh(Format::Vst3);
    vst3.load(&saved).unwrap();
    assert_eq!(vst3.save().unwrap(), saved);
}

#[test]
fn a_loaded_state_plays_like_the_one_that_was_saved() {
    for format in Format::ALL {
        let settings = [("style_a", "Jazz"), ("temperature", "1.2"), ("seed", "77"), ("chords_density", "90 %")];
        let mut one = open(format).with(&settings).unwrap();
        let take = perform(&mut one, &tune(2));
        let saved = one.instance().save().unwrap();
        let mut other = open(format);
        other.instance().load(&saved).unwrap();
        assert_eq!(perform(&mut other, &tune(2)).hash(), take.hash(), "{format:?}");
    }
}

#[test]
fn a_style_that_was_added_is_chosen_saved_and_recalled_like_the_others() {
    for format in Format::ALL {
        let mut one = open(format).with(&[("style_a", "Bossa nova"), ("style_b", "Electronic")]).unwrap();
        let saved = one.instance().save().unwrap();
        let mut other = fresh(format);
        other.load(&saved).unwrap();
        let shown = ["style_a", "style_b"].map(|name| {
            let value = other.value(id(name)).unwrap();
            other.text_of_value(id(name), value).unwrap()
        });
        assert_eq!(shown, ["Bossa nova", "Electronic"], "{format:?}");
    }
    let scene = Controls { style_a: Style::Bossa, ..Controls::default() };
    let saved = serde_json::to_value(scene).unwrap();
    assert_eq!(saved["style_a"], "Bossa");
    assert_eq!(serde_json::from_value::<Controls>(saved).unwrap(), scene);
}

#[test]
fn what_the_band_has_learnt_is_saved_if_it_is_to_be_kept_and_heard_when_it_is_loaded() {
    for format in Format::ALL {
        let saved = |keep: &str| {
            let mut session = open(format).with(&[("keep_memory", keep)]).unwrap();
            perform(&mut session, &tune(4));
            session.instance().save().unwrap()
        };
        let memory = |state: &[u8]| -> Value {
            serde_json::from_str(json_of(state)["fields"]["memory"].as_str().unwrap()).unwrap()
        };
        let (kept, not_kept) = (saved("On"), saved("Off"));
        assert!(memory(&kept)["notes"].as_array().unwrap().len() > 20, "{format:?}");
        assert_eq!(memory(&not_kept), Value::Null, "{format:?}");

        let take = |state: &[u8]| {
            let mut session = open(format);
            session.instance().load(state).unwrap();
            session.set(&[("memory", "100 %"), ("lead_mode", "Continuous")]).unwrap();
            let hash = perform(&mut session, &Performance { notes: left_hand_chords(8), ..tune(8) }).hash();
            (hash, session.instance().save().unwrap())
        };
        let ((remembered, later), (fresh, _)) = (take(&kept), take(&not_kept));
        assert_ne!(remembered, fresh, "{format:?}: the memory is heard");
        assert_eq!(remembered, take(&kept).0, "{format:?}");
        let notes = |state: &[u8]| memory(state)["notes"].as_array().unwrap().clone();
        assert!(notes(&later).starts_with(&notes(&kept)), "{format:?}: it is still there");
    }
}

#[test]
fn the_scenes_of_a_project_are_recalled_with_the_next_bar() {
    let mut without_chords = Controls::default();
    without_chords.players[Player::Chords].on = false;
    for format in Format::ALL {
        let mut session = open(format);
        let mut json = json_of(&session.instance().save().unwrap());
        let scenes = json!({ "version": 1, "scenes": [without_chords, null, null, null, null, null, null, null] });
        json["fields"]["scenes"] = Value::String(scenes.to_string());
        session.instance().load(&state_of(&json)).unwrap();

        let recall = |at, number: f64| Change { at, input: Input::Parameter { id: id("scene"), value: number / 8.0 } };
        let changes = vec![recall(2.5 * BAR, 1.0), recall(5.5 * BAR, 0.0)];
        let take = perform(&mut session, &Performance { changes, ..tune(8) });
        let bars = |channel| -> BTreeSet<u64> {
            let bar = BAR / 24.0 * 0.5 * take.sample_rate;
            take.notes(channel).iter().map(|note| (note.start as f64 / bar) as u64).collect()
        };
        assert_eq!(bars(BASS), (0..8).collect(), "{format:?}");
        assert_eq!(bars(CHORDS), [0, 1, 2, 6, 7].into(), "{format:?}: no chords in the scene");
    }
}

#[test]
fn states_are_loaded_and_saved_while_the_plug_in_plays() {
    for format in Format::ALL {
        let mut session = open(format);
        let bar = |bar: u32| Performance { route: vec![Segment::rolling(f64::from(bar) * BAR, BAR)], ..tune(8) };
        perform(&mut session, &bar(0));
        let saved = session.instance().save().unwrap();
        for index in 1..8 {
            perform(&mut session, &bar(index));
            session.instance().load(&saved).unwrap();
            assert_eq!(session.instance().save().unwrap(), saved, "{format:?}, bar {index}");
        }
    }
}

#[test]
fn the_state_of_the_first_version_is_read() {
    let mut instance = fresh(Format::Clap);
    let mut json = json_of(&instance.save().unwrap());
    // That version called the style blend `blend` and did not say its version.
    json["fields"] = json!({});
    let params = json["params"].as_object_mut().unwrap();
    params.remove("style_blend").unwrap();
    params.insert("blend".into(), json!({ "f32": 0.75 }));
    params.insert("seed".into(), json!({ "i32": 42 }));
    instance.load(&state_of(&json)).unwrap();
    assert_eq!(instance.value(id("style_blend")), Some(0.75));
    let seed = instance.value(id("seed")).unwrap();
    assert_eq!(instance.text_of_value(id("seed"), seed).as_deref(), Some("42"));
}

#[test]
fn a_state_from_before_levels_and_networks_is_read() {
    let mut instance = fresh(Format::Clap);
    let defaults = values(instance.as_mut());
    let mut json = json_of(&instance.save().unwrap());
    json["fields"] = json!({ "state": r#"{"version":1}"# });
    let params = json["params"].as_object_mut().unwrap();
    for name in ["chord_rate", "tension", "mode", "lead_chromaticism", "syncopation", "network"] {
        params.remove(name).unwrap_or_else(|| panic!("{name} is saved"));
    }
    let odd = odd_values(instance.as_mut());
    instance.set_values(&odd);
    instance.load(&state_of(&json)).unwrap();
    assert_eq!(values(instance.as_mut()), defaults);
}

#[test]
fn broken_values_get_their_defaults_and_the_others_are_kept() {
    let mut instance = fresh(Format::Clap);
    let defaults = values(instance.as_mut());
    let mut json = json_of(&instance.save().unwrap());
    let params = json["params"].as_object_mut().unwrap();
    params.insert("temperature".into(), json!({ "f32": 1e9 }));
    params.insert("style_a".into(), json!({ "string": "polka" }));
    params.insert("key_lock".into(), json!({ "f32": 0.5 }));
    params.insert("chord_rate".into(), json!({ "i32": 9 }));
    params.insert("network".into(), json!({ "string": "mamba" }));
    params.insert("no_such_parameter".into(), json!({ "bool": true }));
    params.remove("swing").unwrap();
    params.insert("seed".into(), json!({ "i32": 42 }));
    instance.load(&state_of(&json)).unwrap();
    let loaded = values(instance.as_mut());
    for (&(parameter, value), &(_, default)) in loaded.iter().zip(&defaults) {
        if parameter != id("seed") {
            assert_eq!(value, default, "parameter {parameter}");
        }
    }
    assert_ne!(instance.value(id("seed")), defaults.iter().find(|(p, _)| *p == id("seed")).map(|(_, value)| *value));
}

#[test]
fn a_state_from_a_newer_version_is_read_as_far_as_it_is_known() {
    let mut instance = fresh(Format::Clap);
    let mut json = json_of(&instance.save().unwrap());
    json["fields"] = json!({ "state": r#"{"version":99,"mood":"blue"}"#, "unheard_of": "[]" });
    json["params"]["seed"] = json!({ "i32": 42 });
    instance.load(&state_of(&json)).unwrap();
    let seed = instance.value(id("seed")).unwrap();
    assert_eq!(instance.text_of_value(id("seed"), seed).as_deref(), Some("42"));
}

#[test]
fn every_truncation_of_a_state_is_survived() {
    for format in Format::ALL {
        let mut instance = fresh(format);
        let saved = instance.save().unwrap();
        for length in (0..saved.len()).step_by(7) {
            // It may be refused; it must do no harm.
            let _ = instance.load(&saved[..length]);
        }
        assert_works(format, instance);
    }
}

/// Whether the instance still saves, loads and plays.
fn assert_works(format: Format, mut instance: Box<dyn Instance>) {
    let saved = instance.save().unwrap();
    instance.load(&saved).unwrap();
    let mut session = Session::new(instance).unwrap().with(&[("preview", "Off"), ("chords_on", "On")]).unwrap();
    let take = perform(&mut session, &tune(1));
    assert!(take.events.len() > 10, "{format:?}: it plays");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400), prefixed in any::<bool>()) {
        let mut instance = fresh(Format::Clap);
        let before = instance.save().unwrap();
        let bytes = if prefixed { [&(bytes.len() as u64).to_le_bytes(), bytes.as_slice()].concat() } else { bytes };
        prop_assert!(instance.load(&bytes).is_err(), "random bytes are no state");
        prop_assert_eq!(instance.save().unwrap(), before, "a refused state changes nothing");
    }

    #[test]
    fn a_state_with_random_damage_is_survived(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut instance = fresh(Format::Clap);
        let mut bytes = instance.save().unwrap();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = instance.load(&bytes);
        let saved = instance.save().unwrap();
        let mut other = fresh(Format::Clap);
        prop_assert!(other.load(&saved).is_ok(), "what is saved afterwards is whole");
        prop_assert_eq!(other.save().unwrap(), saved);
    }
}

#[test]
fn parameters_take_every_value_and_tell_it_back() {
    for format in Format::ALL {
        let mut instance = fresh(format);
        for parameter in instance.parameters().into_iter().filter(|parameter| !parameter.hidden) {
            for step in 0..=10 {
                let value = f64::from(step) / 10.0;
                instance.set_values(&[(parameter.id, value)]);
                let told = instance.value(parameter.id).unwrap();
                // To the nearest step, or to the last digit that is shown.
                let tolerance = if parameter.steps > 0 { 0.5 / f64::from(parameter.steps) + 1e-6 } else { 0.01 };
                assert!((told - value).abs() <= tolerance, "{format:?}, {}: {told} for {value}", parameter.name);
                let text = instance.text_of_value(parameter.id, told).unwrap();
                let again = instance.value_of_text(parameter.id, &text).unwrap();
                // Not every step of a choice is a value of its own.
                let is_same = instance.text_of_value(parameter.id, again).is_some_and(|again| again == text);
                let is_read = if parameter.steps > 0 { is_same } else { (again - told).abs() <= tolerance };
                assert!(is_read, "{format:?}, {}: `{text}` is {again}, not {told}", parameter.name);
            }
        }
    }
}

#[test]
fn parameter_numbers_and_ranges_are_those_that_projects_know() {
    let players = ["voices", "chords", "bass", "lead"];
    let fields = [("on", 1), ("density", 0), ("register", 4), ("channel", 15)];
    let band = [("style_blend", 0), ("temperature", 0), ("follow", 0), ("key_lock", 1), ("density", 0)];
    let rest = [("seed", 9998), ("humanise", 0), ("swing", 0), ("thru", 1), ("preview", 1)];
    let character = [("chord_rate", 5), ("tension", 5), ("lead_chromaticism", 5), ("syncopation", 5)];
    let band = band.into_iter().chain(rest).chain(character);
    let mut expected: Vec<(u32, u32)> = band.map(|(name, steps)| (id(name), steps)).collect();
    for player in players {
        expected.extend(fields.map(|(field, steps)| (id(&format!("{player}_{field}")), steps)));
    }
    for format in Format::ALL {
        let found: Vec<(u32, u32)> =
            fresh(format).parameters().iter().map(|parameter| (parameter.id, parameter.steps)).collect();
        for known in &expected {
            assert!(found.contains(known), "{format:?}: {known:?}");
        }
    }
}

/// The values of the choices as they were published. Values may be appended to a choice, and not to this list.
const PUBLISHED: [(&str, &[&str]); 10] = [
    ("style_a", &STYLES),
    ("style_b", &STYLES),
    ("mode", &["Free", "Major", "Minor"]),
    (
        "key",
        &[
            "C major", "Db major", "D major", "Eb major", "E major", "F major", "F# major", "G major", "Ab major",
            "A major", "Bb major", "B major", "C minor", "C# minor", "D minor", "Eb minor", "E minor", "F minor",
            "F# minor", "G minor", "G# minor", "A minor", "Bb minor", "B minor",
        ],
    ),
    ("network", &["GRU", "Transformer", "Own folder"]),
    ("form", &["Free", "8 bars", "12 bars", "16 bars", "32 bars"]),
    ("chords_manner", &["Style", "Sustained", "Broken", "Strummed"]),
    ("lead_mode", &["Answer", "Continuous", "Fills", "Trade 2", "Trade 4", "Trade 8"]),
    ("scene_at", &["Now", "Next beat", "Next bar"]),
    ("programs", &["Scenes", "Presets"]),
];

const STYLES: [&str; 11] =
    ["Jazz", "Pop", "Folk", "Classical", "Baroque", "Romantic", "Hymn", "Game", "Latin", "Blues", "Electronic"];

#[test]
fn automation_means_what_it_meant_when_a_choice_was_published_and_every_later_value_can_be_reached() {
    for format in Format::ALL {
        let mut instance = fresh(format);
        let parameters = instance.parameters();
        for (name, texts) in PUBLISHED {
            let steps = f64::from(parameters.iter().find(|parameter| parameter.id == id(name)).unwrap().steps);
            // CLAP hosts write the number of the value, VST3 hosts where it lies in the range.
            let last = if format == Format::Clap { steps } else { (texts.len() - 1) as f64 };
            for (index, text) in texts.iter().enumerate() {
                let written = index as f64 / last;
                instance.set_values(&[(id(name), written)]);
                let told = instance.value(id(name)).unwrap();
                assert!((told - written).abs() < 1e-6, "{format:?}, {name}: {text} is {told}, not {written}");
                assert_eq!(instance.text_of_value(id(name), told).as_deref(), Some(*text), "{format:?}, {name}");
                let read = instance.value_of_text(id(name), text).unwrap();
                assert!((read - written).abs() < 1e-6, "{format:?}, {name}: {text} is read as {read}");
            }
            let mut shown: BTreeSet<String> = BTreeSet::new();
            for step in 0..=steps as u32 {
                let text = instance.text_of_value(id(name), f64::from(step) / steps).unwrap();
                let value = instance.value_of_text(id(name), &text).unwrap();
                instance.set_values(&[(id(name), value)]);
                assert!((instance.value(id(name)).unwrap() - value).abs() < 1e-6, "{format:?}, {name}: {text}");
                shown.insert(text);
            }
            assert_eq!(shown.len(), values_of(name), "{format:?}, {name}: {shown:?}");
        }
    }
}

/// How many values the choice `name` has: in CLAP each is a step.
fn values_of(name: &str) -> usize {
    let parameters = fresh(Format::Clap).parameters();
    parameters.iter().find(|parameter| parameter.id == id(name)).unwrap().steps as usize + 1
}

#[test]
fn levels_are_read_and_shown_in_words_and_what_is_of_the_project_cannot_be_automated() {
    for format in Format::ALL {
        let mut instance = fresh(format);
        for (name, text, value) in [
            ("chord_rate", "Very slow", 0.2),
            ("tension", "high", 0.8),
            ("mode", "Minor", 1.0),
            ("lead_chromaticism", "Free", 0.0),
            ("syncopation", "Very high", 1.0),
            ("network", "Transformer", 0.5),
        ] {
            let read = instance.value_of_text(id(name), text).unwrap_or_else(|| panic!("{format:?}, {name}: {text}"));
            assert!((read - value).abs() < 1e-6, "{format:?}, {name}: {text} is {read}");
            let shown = instance.text_of_value(id(name), value).unwrap();
            assert!(shown.eq_ignore_ascii_case(text), "{format:?}, {name}: {value} is {shown}");
        }
        for parameter in instance.parameters().iter().filter(|parameter| !parameter.hidden) {
            let is_of_the_project = ["network", "keep_memory", "notes_as_midi", "plan_ahead", "programs", "count_in"]
                .map(id)
                .contains(&parameter.id);
            assert_eq!(parameter.automatable, !is_of_the_project, "{format:?}, {}", parameter.name);
        }
    }
}

#[test]
fn two_hundred_random_automations_while_playing_do_no_harm() {
    for format in Format::ALL {
        let mut session = open(format);
        let parameters: Vec<u32> =
            session.instance().parameters().iter().filter(|p| p.automatable && !p.hidden).map(|p| p.id).collect();
        let mut performance = tune(4);
        // The numbers of a linear congruential generator: any will do, as long as they are the same each time.
        let mut random = 1u64;
        let mut draw = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 40) as f64 / (1u64 << 24) as f64
        };
        for _ in 0..200 {
            let parameter = parameters[(draw() * parameters.len() as f64) as usize];
            let input = Input::Parameter { id: parameter, value: draw() };
            performance.changes.push(Change { at: draw() * 4.0 * BAR, input });
        }
        let take = perform(&mut session, &ended(performance));
        assert_eq!(take.mismatches(&[]), vec![], "{format:?}");
        assert!(take.events.len() > 10, "{format:?}: the band goes on");
    }
}
