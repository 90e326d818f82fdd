//! The saved state: its version, the migration of older ones, and the repair of broken ones.

use std::collections::BTreeMap;

use nice_plug::params::Param;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{ParamPtr, Params, PluginState};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::params::{ContinuoParams, SavedMemory};
use crate::repair::{self, Fields, Findings, Verdict};
use crate::scenes;

/// The version in which states are saved now.
///
/// - 0: `style_blend` was called `blend`; there was no version.
/// - 1: there was no `chord_rate`, `tension`, `mode`, `lead_chromaticism`, `syncopation` and `network`.
/// - 2: there was nothing of what the band listens to, plans, keeps and repeats: `left_hand`, `commit`, `lead_mode`,
///   `memory`, `scene` and their like.
/// - 3: there was no `notes_as_midi`.
/// - 4: as now.
///
/// The field `memory` has a version of its own, and need not be there.
pub const VERSION: u32 = 4;

/// What is saved beside the parameters, under the field `state`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The version of the state.
    pub version: u32,
    /// What was wrong with a state that was loaded, for the musician to read. Never saved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// What else a newer Continuo has saved with the stamp.
    #[serde(flatten)]
    pub unknown: Fields,
}

impl Default for Stamp {
    fn default() -> Self {
        Self { version: VERSION, remarks: Vec::new(), unknown: Fields::new() }
    }
}

/// What of a saved state this Continuo does not know, under the field `unknown`. It is saved again, and put back where
/// it came from by a Continuo that knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unknown {
    /// Values of parameters by ID: of unknown ones, or not valid ones. The parameter has its default then.
    #[serde(skip_serializing_if = "Fields::is_empty")]
    pub params: Fields,
    /// Persisted fields.
    #[serde(skip_serializing_if = "Fields::is_empty")]
    pub fields: Fields,
}

/// Brings a state of any version, whole or broken, into the present shape: every parameter is there, of the right
/// type and in range. What was missing or wrong gets its default and a remark in the [`Stamp`]; what is not known is
/// kept.
pub fn migrate(state: &mut PluginState) {
    let params = ContinuoParams::default();
    let mut remarks = Vec::new();
    let (version, stamp) = read_stamp(state.fields.get("state"), &mut remarks);
    if version > VERSION {
        remarks.push(format!(
            "The saved state comes from a newer Continuo (state version {version}, this one knows {VERSION})."
        ));
    }
    if version == 0
        && let Some(blend) = state.params.remove("blend")
    {
        state.params.entry("style_blend".to_owned()).or_insert(blend);
    }
    let (unknown, mut findings) = repair(state, &params);
    findings.unknown.extend(stamp.keys().map(|name| format!("state.{name}")));
    remarks.extend(findings.remark("The saved state"));
    if version >= VERSION && !findings.missing.is_empty() {
        remarks.push(format!("The saved state lacks {}; the default is used.", findings.missing.join(", ")));
    }
    match state.fields.get("memory").map(|json| serde_json::from_str::<Value>(json)) {
        None | Some(Ok(Value::Null)) => {}
        Some(Ok(memory @ Value::Object(_))) => {
            remarks.extend(SavedMemory::repaired(memory).1.remark("What the band has learnt of you"));
        }
        broken => {
            state.fields.remove("memory");
            let error =
                broken.and_then(Result::err).map_or("it is no JSON object".to_owned(), |error| error.to_string());
            remarks.push(format!("What the band had learnt of you cannot be read ({error}); it was left out."));
        }
    }
    let scenes = scenes::repaired(state.fields.get("scenes").map(String::as_str), &mut remarks);
    let stamp = Stamp { version: VERSION, remarks, unknown: stamp };
    for (name, field) in [("scenes", Ok(scenes)), ("unknown", json_of(&unknown)), ("state", json_of(&stamp))] {
        state.fields.insert(name.to_owned(), field.unwrap_or_default());
    }
}

fn json_of(field: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(field)
}

/// The version of a state with this stamp, and what else the stamp holds.
fn read_stamp(saved: Option<&String>, remarks: &mut Vec<String>) -> (u32, Fields) {
    let mut fields = match saved.map(|json| serde_json::from_str(json)) {
        None => return (0, Fields::new()),
        Some(Ok(Value::Object(fields))) => fields,
        Some(_) => Fields::new(),
    };
    fields.remove("remarks");
    let version = fields.remove("version").and_then(|version| version.as_u64()?.try_into().ok());
    let version = version.unwrap_or_else(|| {
        remarks.push("The saved state does not say its version; it is read as the present one.".to_owned());
        VERSION
    });
    (version, fields)
}

/// Gives every parameter of `state` a valid value, and takes what is not known out of it.
fn repair(state: &mut PluginState, params: &ContinuoParams) -> (Unknown, Findings) {
    let map: BTreeMap<String, ParamPtr> = params.param_map().into_iter().map(|(id, param, _)| (id, param)).collect();
    let model: Fields = map.iter().map(|(id, &param)| (id.clone(), plain(&default_value(param)))).collect();
    let mut saved: Fields = state.params.iter().map(|(id, value)| (id.clone(), plain(value))).collect();
    put_back(state, &mut saved, &model);

    let model = Value::Object(model);
    let value_at = |id: &str, value: &Value| map.get(id).and_then(|&param| param_value(param, value));
    let judge = |at: &str, value: &Value| match value_at(&at[1..], value) {
        Some(_) => Verdict::Valid,
        None => Verdict::Unknown,
    };
    let repaired = repair::repaired(saved.into(), &model, &judge);
    let value = |id: &String| value_at(id, &repaired.value[id]);
    state.params = map.keys().filter_map(|id| Some((id.clone(), value(id)?))).collect();
    let Value::Object(mut unknown_params) = repaired.whole else { unreachable!("as the model is") };
    unknown_params.retain(|id, whole| repaired.value.get(id) != Some(whole));

    let mut findings = repaired.findings;
    let known = params.serialize_fields();
    let unknown_fields = state.fields.extract_if(.., |name, _| !known.contains_key(name));
    let unknown_fields: Fields = unknown_fields.map(|(name, field)| (name, field.into())).collect();
    findings.unknown.extend(unknown_fields.keys().cloned());
    (Unknown { params: unknown_params, fields: unknown_fields }, findings)
}

/// Puts what an older Continuo kept in the field `unknown` back where it came from, unless something else is there by
/// now. `saved` are the parameters.
fn put_back(state: &mut PluginState, saved: &mut Fields, defaults: &Fields) {
    let kept = state.fields.remove("unknown").and_then(|json| serde_json::from_str::<Value>(&json).ok());
    let mut kept = kept.unwrap_or_default();
    let mut part = |name| match kept.get_mut(name).map(Value::take) {
        Some(Value::Object(part)) => part,
        _ => Fields::new(),
    };
    for (id, value) in part("params") {
        // Where a value was not valid, the default has taken its place.
        if saved.get(&id).is_none_or(|now| defaults.get(&id) == Some(now)) {
            saved.insert(id, value);
        }
    }
    for (name, field) in part("fields") {
        if let Value::String(field) = field {
            state.fields.entry(name).or_insert(field);
        }
    }
}

/// A parameter's value without its type.
fn plain(value: &ParamValue) -> Value {
    match value {
        ParamValue::F32(value) => json!(value),
        ParamValue::I32(value) => json!(value),
        ParamValue::Bool(value) => json!(value),
        ParamValue::String(value) => json!(value),
    }
}

/// The value of `param` that `plain` is, if it is one.
fn param_value(param: ParamPtr, plain: &Value) -> Option<ParamValue> {
    let value = match param {
        ParamPtr::FloatParam(_) => ParamValue::F32(plain.as_f64()? as f32),
        ParamPtr::IntParam(_) => ParamValue::I32(plain.as_i64()?.try_into().ok()?),
        ParamPtr::BoolParam(_) => ParamValue::Bool(plain.as_bool()?),
        ParamPtr::EnumParam(_) => ParamValue::String(plain.as_str()?.to_owned()),
    };
    is_valid(param, &value).then_some(value)
}

fn default_value(param: ParamPtr) -> ParamValue {
    // SAFETY: the callers keep the parameters, to which the pointers point, alive.
    unsafe {
        match param {
            ParamPtr::FloatParam(p) => ParamValue::F32((*p).default_plain_value()),
            ParamPtr::IntParam(p) => ParamValue::I32((*p).default_plain_value()),
            ParamPtr::BoolParam(p) => ParamValue::Bool((*p).default_plain_value()),
            ParamPtr::EnumParam(p) => (*p)
                .unmodulated_plain_id()
                .map_or(ParamValue::I32((*p).default_plain_value()), |id| ParamValue::String(id.to_owned())),
        }
    }
}

fn is_valid(param: ParamPtr, value: &ParamValue) -> bool {
    // SAFETY: as above.
    unsafe {
        match (param, value) {
            (ParamPtr::FloatParam(p), ParamValue::F32(value)) => {
                let (min, max) = ((*p).preview_plain(0.0), (*p).preview_plain(1.0));
                (min..=max).contains(value)
            }
            (ParamPtr::IntParam(p), ParamValue::I32(value)) => {
                ((*p).preview_plain(0.0)..=(*p).preview_plain(1.0)).contains(value)
            }
            (ParamPtr::BoolParam(_), ParamValue::Bool(_)) => true,
            // A fresh parameter is asked, so that setting it does no harm.
            (ParamPtr::EnumParam(p), ParamValue::String(id)) => (*p).set_from_id(id),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
        state.fields.insert("state".into(), r#"{"version":9,"mood":"blue"}"#.into());
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
    fn leaves(state: &PluginState) -> BTreeMap<String, Value> {
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
        let fields = state.fields.iter().map(|(name, json)| (name.clone(), serde_json::from_str(json).unwrap()));
        let params = state.params.iter().map(|(id, value)| (id.clone(), plain(value)));
        json!({ "params": params.collect::<Fields>(), "fields": fields.collect::<Fields>() })
    }

    /// The state of all that is opened; values of parameters are of the type that their JSON has.
    fn closed(opened: &Value) -> PluginState {
        let value = |value: &Value| match value {
            Value::Bool(value) => ParamValue::Bool(*value),
            Value::String(value) => ParamValue::String(value.clone()),
            value if value.is_i64() => ParamValue::I32(value.as_i64().unwrap() as i32),
            value => ParamValue::F32(value.as_f64().unwrap_or(f64::NAN) as f32),
        };
        let params = opened["params"].as_object().unwrap().iter().map(|(id, plain)| (id.clone(), value(plain)));
        let fields =
            opened["fields"].as_object().unwrap().iter().map(|(name, field)| (name.clone(), field.to_string()));
        PluginState { version: String::new(), params: params.collect(), fields: fields.collect() }
    }

    /// What the plug-in saves after it has loaded `state`, with nothing that it does not know.
    fn known(mut state: PluginState) -> PluginState {
        migrate(&mut state);
        let (params, shared) = (std::sync::Arc::new(ContinuoParams::default()), crate::seam::Shared::new());
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

    const FIXTURE: &str = include_str!("../../tests/cases/state-version-4.json");

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
                (parent, Some(damage)) if !path.starts_with("/params") || !(damage.is_array() || damage.is_object()) => {
                    let place = if parent.is_array() { &mut parent[name.parse::<usize>().unwrap()] } else { &mut parent[name] };
                    *place = damage;
                }
                (Value::Object(parent), _) => drop(parent.remove(name)),
                (other, _) => prop_assert!(other.is_array()),
            }
            let repaired = leaves(&known(closed(&broken)));
            prop_assert_eq!(repaired.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
            for (other, value) in &whole {
                prop_assert!(other == path || &repaired[other] == value, "{}: {} was {}", path, other, value);
            }
        }
    }
}
