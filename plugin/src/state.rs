//! The saved state: its version, the migration of older ones, and the repair of broken ones.

use std::collections::BTreeMap;

use continuo_models::Memory;
use nice_plug::params::Param;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{ParamPtr, Params, PluginState};
use serde::{Deserialize, Serialize};

use crate::params::ContinuoParams;
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
}

impl Default for Stamp {
    fn default() -> Self {
        Self { version: VERSION, remarks: Vec::new() }
    }
}

/// Brings a state of any version, whole or broken, into the present shape: every parameter is there, of the right
/// type and in range. What was missing or wrong gets its default and a remark in the [`Stamp`].
pub fn migrate(state: &mut PluginState) {
    let mut remarks = Vec::new();
    let version = match state.fields.get("state").map(|json| serde_json::from_str::<Stamp>(json)) {
        None => 0,
        Some(Ok(stamp)) => stamp.version,
        Some(Err(_)) => {
            remarks.push("The saved state does not say its version; it is read as the present one.".to_owned());
            VERSION
        }
    };
    if version > VERSION {
        remarks.push(format!(
            "The saved state comes from a newer Continuo (state version {version}, this one knows {VERSION}). \
             What is unknown here was left out."
        ));
    }
    if version == 0
        && let Some(blend) = state.params.remove("blend")
    {
        state.params.entry("style_blend".to_owned()).or_insert(blend);
    }
    repair(&mut state.params, version >= VERSION, &mut remarks);
    let memory = state.fields.get("memory").map(|json| serde_json::from_str::<Option<Memory>>(json));
    if let Some(Err(error)) = memory {
        state.fields.remove("memory");
        remarks.push(format!("What the band had learnt of you cannot be read ({error}); it was left out."));
    }
    let scenes = scenes::repaired(state.fields.get("scenes").map(String::as_str), &mut remarks);
    state.fields.insert("scenes".to_owned(), scenes);
    let stamp = Stamp { version: VERSION, remarks };
    state.fields.insert("state".to_owned(), serde_json::to_string(&stamp).unwrap_or_default());
}

/// Gives every parameter a valid value. `complete`: a state of this version should lack none.
fn repair(values: &mut BTreeMap<String, ParamValue>, complete: bool, remarks: &mut Vec<String>) {
    let params = ContinuoParams::default();
    let map = params.param_map();
    let mut missing = Vec::new();
    for (id, param, _) in &map {
        let default = default_value(*param);
        match values.get(id) {
            Some(value) if is_valid(*param, value) => continue,
            Some(value) => remarks.push(format!(
                "The saved value of {id} ({}) is not valid; it has its default now.",
                serde_json::to_string(value).unwrap_or_default()
            )),
            None => missing.push(id.as_str()),
        }
        values.insert(id.clone(), default);
    }
    if complete && !missing.is_empty() {
        remarks.push(format!("The saved state lacks {}; the default is used.", missing.join(", ")));
    }
    let unknown = values.extract_if(.., |id, _| map.iter().all(|(known, ..)| known != id)).map(|(id, _)| id);
    let unknown: Vec<String> = unknown.collect();
    if !unknown.is_empty() {
        remarks
            .push(format!("This Continuo does not know {} of the saved state, and left it out.", unknown.join(", ")));
    }
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
    fn broken_values_get_their_default_and_a_remark_each() {
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
        assert_eq!(remarks.len(), 6);
        for value in ["polka", "tension (", "mamba"] {
            assert!(remarks.iter().any(|remark| remark.contains(value)), "{value}: {remarks:?}");
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
        assert!(remarks.len() == 2 && remarks[0].contains("swing") && remarks[1].contains("reverb"), "{remarks:?}");
    }

    #[test]
    fn a_state_from_the_future_is_read_as_far_as_it_is_known() {
        let mut state = saved();
        state.fields.insert("state".into(), r#"{"version":9,"mood":"blue"}"#.into());
        migrate(&mut state);
        assert!(stamp(&state).remarks[0].contains("newer"));
    }

    #[test]
    fn a_broken_memory_is_left_out_with_a_remark_and_a_whole_one_stays() {
        let whole = r#"{"version":1,"notes":[[60,0,12]],"chords":[7]}"#;
        for (json, stays) in
            [(whole, true), ("null", true), ("[]", false), (r#"{"version":1,"notes":[[200,0,1]]"#, false)]
        {
            let mut state = saved();
            state.fields.insert("memory".into(), json.into());
            migrate(&mut state);
            assert_eq!(state.fields.contains_key("memory"), stays, "{json}");
            assert_eq!(stamp(&state).remarks.len(), usize::from(!stays), "{json}");
        }
    }

    #[test]
    fn a_broken_stamp_does_not_matter() {
        let mut state = saved();
        state.fields.insert("state".into(), "%".into());
        migrate(&mut state);
        assert_eq!(stamp(&state).version, VERSION);
    }
}
