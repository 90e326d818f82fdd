use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::seam::Shared;

fn stamp(state: &PluginState) -> Stamp {
    serde_json::from_str(&state.fields["state"]).unwrap()
}

/// A state as the plug-in would save it with its defaults.
fn saved() -> PluginState {
    let mut state = PluginState { version: String::new(), params: BTreeMap::new(), fields: BTreeMap::new() };
    migrate(&mut state);
    state
}

#[test]
fn a_whole_state_is_left_as_it_is() {
    let mut state = saved();
    state.params.insert("temperature".into(), ParamValue::F32(1.25));
    let before = serde_json::to_string(&state).unwrap();
    migrate(&mut state);
    assert_eq!(serde_json::to_string(&state).unwrap(), before);
    assert_eq!(stamp(&state), Stamp::default());
}

#[test]
fn version_0_called_the_style_blend_blend() {
    let mut state = saved();
    state.fields.clear();
    state.params.remove("style_blend");
    state.params.insert("blend".into(), ParamValue::F32(0.75));
    migrate(&mut state);
    assert!(matches!(state.params["style_blend"], ParamValue::F32(0.75)));
    assert!(!state.params.contains_key("blend"));
    assert_eq!(stamp(&state), Stamp::default(), "an older state is nothing to remark on");
}

#[test]
fn version_1_left_harmony_and_melody_free_and_knew_one_set_of_networks() {
    let mut state = saved();
    state.fields.insert("state".into(), r#"{"version":1}"#.into());
    for id in ["chord_rate", "tension", "mode", "lead_chromaticism", "syncopation", "network"] {
        assert!(state.params.remove(id).is_some(), "{id}");
    }
    migrate(&mut state);
    assert_eq!(format!("{:?}", state.params), format!("{:?}", saved().params));
    assert!(matches!(&state.params["network"], ParamValue::String(id) if id == "gru"));
    assert!(matches!(state.params["tension"], ParamValue::I32(0)));
    assert_eq!(stamp(&state), Stamp::default(), "an older state is nothing to remark on");
}

#[test]
fn version_2_did_not_know_what_the_band_listens_to_plans_keeps_and_repeats() {
    let mut state = saved();
    state.fields = [("state".to_owned(), r#"{"version":2}"#.to_owned())].into();
    for id in [
        "left_hand",
        "tempo",
        "tap",
        "follow_tempo",
        "commit",
        "wait",
        "form",
        "cadence",
        "max_repeats",
        "scale",
        "chords_manner",
        "lead_mode",
        "motif",
        "max_leap",
        "strong_tones",
        "memory",
        "freeze",
        "again",
        "again_new",
        "scene",
        "scene_at",
        "notes_as_midi",
    ] {
        assert!(state.params.remove(id).is_some(), "{id}");
    }
    migrate(&mut state);
    assert_eq!(format!("{state:?}"), format!("{:?}", saved()), "defaults, no scenes, and nothing to remark on");
}

#[test]
fn version_3_sent_notes_as_notes() {
    let mut state = saved();
    state.fields.insert("state".into(), r#"{"version":3}"#.into());
    assert!(state.params.remove("notes_as_midi").is_some());
    migrate(&mut state);
    assert_eq!(format!("{state:?}"), format!("{:?}", saved()), "as ever, and nothing to remark on");
}

#[test]
fn version_5_had_neither_a_bank_nor_presets_to_recall() {
    let mut state = saved();
    state.fields.insert("state".into(), r#"{"version":5}"#.into());
    state.fields.remove("bank");
    for id in ["preset", "programs"] {
        assert!(state.params.remove(id).is_some(), "{id}");
    }
    migrate(&mut state);
    assert_eq!(
        format!("{state:?}"),
        format!("{:?}", saved()),
        "the panel, the factory's bank, and nothing to remark on"
    );
}

#[test]
fn version_6_had_no_chart() {
    let mut state = saved();
    state.fields.insert("state".into(), r#"{"version":6}"#.into());
    assert!(state.params.remove("follow_chart").is_some() && state.fields.remove("chart").is_some());
    migrate(&mut state);
    assert_eq!(format!("{state:?}"), format!("{:?}", saved()), "no chart, and nothing to remark on");
}

#[test]
fn version_7_learned_no_tune_and_no_scene_of_it_does() {
    let mut state = saved();
    state.fields.insert("state".into(), r#"{"version":7}"#.into());
    state.fields.insert("scenes".into(), r#"{"version":1,"scenes":[{"temperature":1.5},null]}"#.into());
    state.params.remove("learn_tune");
    migrate(&mut state);
    assert!(matches!(state.params["learn_tune"], ParamValue::Bool(false)));
    let scenes: Value = serde_json::from_str(&state.fields["scenes"]).unwrap();
    assert_eq!(scenes["scenes"][0]["learn_tune"], Value::Bool(false));
}

#[test]
fn version_8_had_no_drummer_swung_by_the_knob_and_was_equally_loud_and_so_are_its_scenes() {
    let mut state = saved();
    state.fields.insert("state".into(), r#"{"version":8}"#.into());
    let players = r#"[{"on":true},{"on":false},{"on":true},{"on":true}]"#;
    state.fields.insert("scenes".into(), format!(r#"{{"version":1,"scenes":[{{"players":{players}}}]}}"#));
    for id in ["drums_on", "swing_by_style", "dynamics", "count_in"] {
        assert!(state.params.remove(id).is_some(), "{id}");
    }
    migrate(&mut state);
    assert!(matches!(state.params["drums_on"], ParamValue::Bool(false)));
    assert!(matches!(state.params["swing_by_style"], ParamValue::Bool(false)));
    assert!(matches!(state.params["dynamics"], ParamValue::F32(0.0)));
    assert_eq!(stamp(&state), Stamp::default(), "an older state is nothing to remark on");
    let scenes: Value = serde_json::from_str(&state.fields["scenes"]).unwrap();
    let scene = &scenes["scenes"][0];
    assert_eq!(scene["players"][4]["on"], Value::Bool(false));
    assert_eq!((&scene["swing_by_style"], &scene["dynamics"]), (&Value::Bool(false), &json!(0.0)));
}

#[test]
fn version_9_played_patterns_and_followed_the_left_hand_later_and_so_do_its_scenes() {
    let mut state = saved();
    state.fields.insert("state".into(), r#"{"version":9}"#.into());
    state.fields.insert("scenes".into(), r#"{"version":1,"scenes":[{"temperature":1.5},null]}"#.into());
    assert!(state.params.remove("bar_source").is_some());
    for id in [
        "hand_at_once",
        "drums_drift",
        "drums_roll",
        "drums_lock",
        "morph_x",
        "morph_y",
        "morph_style",
        "morph_by_beat",
    ] {
        assert!(state.params.remove(id).is_some());
    }
    assert!(state.fields.remove("captured").is_some());
    migrate(&mut state);
    assert!(matches!(state.params["drums_drift"], ParamValue::F32(1.0)), "new in each bar");
    assert!(matches!(state.params["morph_x"], ParamValue::F32(0.0)));
    assert!(matches!(&state.params["bar_source"], ParamValue::String(id) if id == "library"));
    assert!(matches!(state.params["hand_at_once"], ParamValue::Bool(false)));
    let scenes: Value = serde_json::from_str(&state.fields["scenes"]).unwrap();
    assert_eq!(scenes["scenes"][0]["bar_source"], "Library");
    assert_eq!(scenes["scenes"][0]["hand_at_once"], Value::Bool(false));
}

#[test]
fn version_10_had_sections_as_the_form_has_them_and_nobody_held_one() {
    let mut state = saved();
    state.fields.insert("state".into(), r#"{"version":10}"#.into());
    assert!(state.params.remove("vamp").is_some() && state.fields.remove("arrangement").is_some());
    migrate(&mut state);
    assert!(matches!(state.params["vamp"], ParamValue::Bool(false)));
    assert_eq!((state.fields["arrangement"].as_str(), stamp(&state)), ("null", Stamp::default()));
}

#[test]
fn a_chart_that_cannot_be_read_is_left_out_and_a_broken_one_repaired_with_a_remark() {
    let whole = r#"{"text":"| C |\n","first_bar":0,"origins":["typed"],"locked":[false]}"#;
    for (json, kept, remarks) in [
        (whole, whole, 0),
        ("null", "null", 0),
        (r#"{"text":"| Xyz |"}"#, r#"{"text":"| Xyz |"}"#, 1),
        ("[]", "null", 1),
        (&whole[1..], "null", 1),
    ] {
        let mut state = saved();
        state.fields.insert("chart".into(), json.into());
        migrate(&mut state);
        assert_eq!(state.fields["chart"], kept, "{json}");
        assert_eq!(stamp(&state).remarks.len(), remarks, "{json}: {:?}", stamp(&state).remarks);
    }
}

#[test]
fn a_captured_bar_that_is_damaged_or_newer_is_repaired_with_a_remark() {
    let whole = r#"{"meter":{"numerator":4,"denominator":4},"chords":[[0,"block",0,0,0]],"bass":[],"drums":[]}"#;
    let newer = whole.replace(r#""bass":[]"#, r#""bass":[[0,"root",0,0,0],[24,"slap",0,0,0]],"strings":[]"#);
    for (json, kept, remark) in [
        (whole, whole, ""),
        ("null", "null", ""),
        (&*newer, &*newer, "1 of 2 bass, strings"),
        ("7", "null", "cannot be read"),
    ] {
        let mut state = saved();
        state.fields.insert("captured".into(), json.into());
        migrate(&mut state);
        assert_eq!(state.fields["captured"], kept, "{json}");
        let remarks = stamp(&state).remarks;
        assert_eq!(remarks.len(), usize::from(!remark.is_empty()), "{json}: {remarks:?}");
        assert!(remarks.iter().all(|said| said.contains("captured bar") && said.contains(remark)), "{remarks:?}");
    }
}

#[test]
fn a_broken_bank_is_remarked_on_and_the_rest_is_kept() {
    let mut state = saved();
    state.params.insert("temperature".into(), ParamValue::F32(1.25));
    state.fields.insert("bank".into(), "[".into());
    migrate(&mut state);
    assert!(matches!(state.params["temperature"], ParamValue::F32(1.25)));
    assert_eq!(state.fields["bank"], saved().fields["bank"]);
    let remarks = stamp(&state).remarks;
    assert!(remarks.len() == 1 && remarks[0].contains("bank"), "{remarks:?}");
}

#[test]
fn broken_scenes_are_remarked_on_and_the_rest_is_kept() {
    let mut state = saved();
    state.params.insert("temperature".into(), ParamValue::F32(1.25));
    state.fields.insert("scenes".into(), "[".into());
    migrate(&mut state);
    assert!(matches!(state.params["temperature"], ParamValue::F32(1.25)));
    assert_eq!(state.fields["scenes"], saved().fields["scenes"]);
    let remarks = stamp(&state).remarks;
    assert!(remarks.len() == 1 && remarks[0].contains("scenes"), "{remarks:?}");
}

#[test]
fn broken_values_get_their_default_and_are_named() {
    let mut state = saved();
    for (id, value) in [
        ("temperature", ParamValue::F32(1e9)),
        ("seed", ParamValue::I32(-1)),
        ("style_a", ParamValue::String("polka".into())),
        ("tension", ParamValue::I32(6)),
        ("network", ParamValue::String("mamba".into())),
        ("key_lock", ParamValue::F32(1.0)),
    ] {
        state.params.insert(id.into(), value);
    }
    migrate(&mut state);
    let defaults = saved();
    assert_eq!(format!("{:?}", state.params), format!("{:?}", defaults.params));
    let remarks = stamp(&state).remarks;
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    for value in ["temperature (", "seed (-1)", "polka", "tension (6)", "mamba", "key_lock ("] {
        assert!(remarks[0].contains(value), "{value}: {remarks:?}");
    }
}

#[test]
fn what_is_missing_or_unknown_is_made_good() {
    let mut state = saved();
    state.params.remove("swing");
    state.params.insert("reverb".into(), ParamValue::Bool(true));
    migrate(&mut state);
    assert!(state.params.contains_key("swing") && !state.params.contains_key("reverb"));
    let remarks = stamp(&state).remarks;
    assert!(remarks.len() == 2 && remarks[0].contains("reverb") && remarks[1].contains("swing"), "{remarks:?}");
}

#[test]
fn a_state_from_the_future_is_read_as_far_as_it_is_known() {
    let mut state = saved();
    state.fields.insert("state".into(), r#"{"version":1000,"mood":"blue"}"#.into());
    migrate(&mut state);
    let stamp = stamp(&state);
    assert!(stamp.remarks[0].contains("newer") && stamp.remarks[1].contains("state.mood"), "{:?}", stamp.remarks);
    assert_eq!((stamp.version, stamp.unknown), (VERSION, json!({ "mood": "blue" }).as_object().unwrap().clone()));
}

#[test]
fn what_is_unknown_is_kept_and_put_back_when_it_is_known() {
    let mut state = saved();
    state.params.insert("reverb".into(), ParamValue::Bool(true));
    state.params.insert("style_b".into(), ParamValue::String("polka".into()));
    state.fields.insert("drums".into(), "[7]".into());
    migrate(&mut state);
    let kept = json!({ "params": { "reverb": true, "style_b": "polka" }, "fields": { "drums": "[7]" } });
    let unknown = |state: &PluginState| serde_json::from_str::<Value>(&state.fields["unknown"]).unwrap();
    assert_eq!(unknown(&state), kept);
    let once = format!("{:?}", state);
    migrate(&mut state);
    assert_eq!(format!("{state:?}"), once, "as often as it is loaded");

    // To this Continuo these are known: another one has kept them.
    let kept = json!({ "params": { "seed": 77, "style_a": "jazz", "swing": 0.5 }, "fields": { "memory": "{}" } });
    let mut state = saved();
    state.params.insert("style_a".into(), ParamValue::String("folk".into()));
    state.params.remove("swing");
    state.fields.insert("unknown".into(), kept.to_string());
    migrate(&mut state);
    assert!(matches!(state.params["seed"], ParamValue::I32(77)), "it was at its default");
    assert!(matches!(state.params["swing"], ParamValue::F32(0.5)), "it was not there");
    assert!(matches!(&state.params["style_a"], ParamValue::String(id) if id == "folk"), "it was set since");
    assert_eq!((state.fields["memory"].as_str(), state.fields["unknown"].as_str()), ("{}", "{}"));
}

#[test]
fn a_memory_that_cannot_be_read_is_left_out_and_a_broken_one_repaired_with_a_remark() {
    let whole = r#"{"version":1,"notes":[[60,0,12]],"chords":[7]}"#;
    let bad_note = r#"{"version":1,"notes":[[200,0,1]],"chords":[]}"#;
    for (json, stays, remarks) in
        [(whole, true, 0), ("null", true, 0), (bad_note, true, 1), ("[]", false, 1), (&whole[1..], false, 1)]
    {
        let mut state = saved();
        state.fields.insert("memory".into(), json.into());
        migrate(&mut state);
        assert_eq!(state.fields.contains_key("memory"), stays, "{json}");
        assert_eq!(stamp(&state).remarks.len(), remarks, "{json}");
    }
}

#[test]
fn a_broken_stamp_does_not_matter() {
    let mut state = saved();
    state.fields.insert("state".into(), "%".into());
    migrate(&mut state);
    assert_eq!(stamp(&state).version, VERSION);
}

/// Every field of a saved state, each by its path; fields that are JSON of their own are opened.
pub(super) fn leaves(state: &PluginState) -> BTreeMap<String, Value> {
    fn walk(at: String, value: &Value, leaves: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| walk(format!("{at}/{name}"), value, leaves))
            }
            Value::Array(places) if !at.contains("/memory/") => {
                places.iter().enumerate().for_each(|(n, value)| walk(format!("{at}/{n}"), value, leaves));
            }
            value => {
                leaves.insert(at, value.clone());
            }
        }
    }
    let mut leaves = BTreeMap::new();
    walk(String::new(), &opened(state), &mut leaves);
    leaves
}

fn opened(state: &PluginState) -> Value {
    let mut opened = json!(state);
    for (name, json) in &state.fields {
        opened["fields"][name] = serde_json::from_str(json).unwrap();
    }
    opened
}

/// The state that is loaded of all that is opened.
fn closed(mut opened: Value) -> PluginState {
    for field in opened["fields"].as_object_mut().unwrap().values_mut() {
        *field = field.to_string().into();
    }
    let json = serde_json::to_vec(&opened).unwrap();
    serde_json::from_slice(&readable(&json).unwrap_or(json)).unwrap()
}

/// What the plug-in saves after it has loaded `state`, with nothing that it does not know.
pub(super) fn known(mut state: PluginState) -> PluginState {
    migrate(&mut state);
    let (params, shared) = (Arc::new(ContinuoParams::default()), Shared::new());
    params.memory.attach(&params, &shared);
    params.deserialize_fields(&state.fields);
    // SAFETY: the parameters live until the end.
    unsafe { ParamPtr::BoolParam(&params.take.keep_memory)._internal_set_normalized_value(1.0) };
    let scenes = params.scenes.snapshots();
    (0..scenes.len()).for_each(|index| params.scenes.store(index, scenes[index]));
    let mut fields = params.serialize_fields();
    fields.remove("unknown");
    PluginState { fields, ..state }
}

#[test]
fn what_the_framework_would_refuse_a_state_for_costs_only_itself() {
    let json = json!({
        "version": 1,
        "params": { "seed": { "f64": 7.0 }, "swing": 3, "temperature": { "f32": 1.25 }, "reverb": [1] },
        "fields": { "state": { "version": 4 }, "drums": 7, "unknown": r#"{"params":{"pan":1}}"# },
    });
    let mut state: PluginState = serde_json::from_slice(&readable(json.to_string().as_bytes()).unwrap()).unwrap();
    migrate(&mut state);
    assert!(matches!(state.params["temperature"], ParamValue::F32(1.25)));
    let kept = json!({
        "params": { "seed": { "f64": 7.0 }, "swing": 3, "reverb": [1], "pan": 1 },
        "fields": { "drums": "7" },
    });
    assert_eq!(serde_json::from_str::<Value>(&state.fields["unknown"]).unwrap(), kept);
    let remarks = stamp(&state).remarks.concat();
    assert!(["seed", "swing", "reverb", "pan", "drums"].iter().all(|name| remarks.contains(name)), "{remarks}");

    for whole in [FIXTURE, "%", "7", "{}", r#"{"params":[],"fields":3}"#] {
        assert_eq!(readable(whole.as_bytes()), None, "{whole}");
    }
}

const FIXTURE: &str = include_str!("../../../tests/cases/state-version-4.json");

#[test]
fn a_state_of_four_players_loads_and_nobody_else_plays() {
    let fixture: PluginState = serde_json::from_str(FIXTURE).unwrap();
    let mut state = fixture.clone();
    migrate(&mut state);
    for (id, before) in saved().params {
        let expected = fixture.params.get(&id).unwrap_or(&before);
        assert_eq!(format!("{:?}", state.params[&id]), format!("{expected:?}"), "{id}");
    }
    assert!(matches!(state.params["drums_on"], ParamValue::Bool(false)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_to_one_field_leaves_every_other_as_it_was(
        place in any::<prop::sample::Index>(),
        damage in prop::option::of(prop::sample::select(vec![
            json!(null), json!(true), json!(-7), json!(1e30), json!("Polka"), json!({}), json!([1, "x"]),
        ])),
    ) {
        let fixture: PluginState = serde_json::from_str(FIXTURE).unwrap();
        let whole = leaves(&known(fixture.clone()));
        let paths: Vec<String> = leaves(&fixture).into_keys().collect();
        let path = place.get(&paths);
        let (parent, name) = path.rsplit_once('/').unwrap();
        let mut broken = opened(&fixture);
        match (broken.pointer_mut(parent).unwrap(), damage) {
            (Value::Array(parent), Some(damage)) => parent[name.parse::<usize>().unwrap()] = damage,
            (parent, Some(damage)) => parent[name] = damage,
            (Value::Object(parent), None) => drop(parent.remove(name)),
            (_, None) => {}
        }
        let repaired = leaves(&known(closed(broken)));
        prop_assert_eq!(repaired.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
        for (other, value) in &whole {
            prop_assert!(other == path || &repaired[other] == value, "{}: {} was {}", path, other, value);
        }
    }
}
