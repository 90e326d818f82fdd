//! What of a state belongs to a preset that a host keeps, and what to the project that it is loaded into.
//!
//! To the preset belongs what is heard of the music: everything that Continuo's own presets hold, the scenes, the bank,
//! and which of them are recalled. To the project belong where notes come from and go to, what is called for at the
//! moment, how time is kept, what is planned ahead, what the built-in sound and a keyboard do, what is locked, the
//! chart, the captured bar, the order of sections, and what the band has learnt. A state that was saved as a preset
//! says so, and is loaded as one whatever the host says.

use continuo_models::Player;
use continuo_models::controls::{PARAMETERS, PLAYER_PARAMETERS};
use serde_json::{Value, json};

/// How a state says that it was saved as a preset; the framework reads over it.
const CONTEXT: &str = "context";
const PRESET: &str = "preset";

/// The plug-in's own parameters that belong to a preset.
const OWN: [&str; 4] = ["network", "scene", "scene_at", "preset"];

/// Persisted fields that belong to the project.
const OF_PROJECT: [&str; 5] = ["memory", "presets", "chart", "captured", "arrangement"];
/// Those of them that stay as they are when a preset is loaded.
const KEPT: [&str; 4] = ["presets", "chart", "captured", "arrangement"];

/// The state `json` without what belongs to the project; `None`: it is no state.
pub fn as_preset(json: &[u8]) -> Option<Vec<u8>> {
    let mut state: Value = serde_json::from_slice(json).ok()?;
    state.get_mut("params")?.as_object_mut()?.retain(|id, _| is_of_preset(id));
    state.get_mut("fields")?.as_object_mut()?.retain(|name, _| !OF_PROJECT.contains(&name.as_str()));
    state[CONTEXT] = json!(PRESET);
    serde_json::to_vec(&state).ok()
}

/// The state `json` with what belongs to the project as it is `now`, if it is to be loaded `as_preset` or was saved as
/// one; `None`: it is to be loaded as it is.
pub fn in_project(json: &[u8], as_preset: bool, now: impl FnOnce() -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let mut state: Value = serde_json::from_slice(json).ok()?;
    if !as_preset && state[CONTEXT] != PRESET {
        return None;
    }
    let now: Value = serde_json::from_slice(&now()?).ok()?;
    let params = state.get_mut("params")?.as_object_mut()?;
    params.retain(|id, _| is_of_preset(id));
    let of_project = now["params"].as_object()?.iter().filter(|(id, _)| !is_of_preset(id));
    params.extend(of_project.map(|(id, value)| (id.clone(), value.clone())));
    let fields = state.get_mut("fields")?.as_object_mut()?;
    fields.retain(|name, _| !OF_PROJECT.contains(&name.as_str()));
    // What the band knows of the musician it goes on to know; the rest is loaded as it is.
    let kept = now["fields"].as_object()?.iter().filter(|(name, _)| KEPT.contains(&name.as_str()));
    fields.extend(kept.map(|(name, field)| (name.clone(), field.clone())));
    serde_json::to_vec(&state).ok()
}

/// Whether the parameter `id` belongs to a preset.
fn is_of_preset(id: &str) -> bool {
    let band = || PARAMETERS.iter().any(|parameter| parameter.is_of_presets() && parameter.about.id == id);
    let players = || {
        let mut own = PLAYER_PARAMETERS.iter().filter(|parameter| parameter.is_of_presets());
        own.any(|parameter| Player::ALL.into_iter().any(|player| player.id_of(&parameter.about) == id))
    };
    OWN.contains(&id) || band() || players()
}

#[cfg(test)]
mod tests {
    use nice_plug::prelude::Params;

    use super::*;
    use crate::params::ContinuoParams;

    /// A state in which every parameter is `value`.
    fn state(value: f32, memory: &str) -> Vec<u8> {
        let params = ContinuoParams::default().param_map();
        let params: serde_json::Map<_, _> = params.into_iter().map(|(id, ..)| (id, json!({ "f32": value }))).collect();
        let fields = json!({ "memory": memory, "presets": memory, "scenes": memory });
        json!({ "version": "1", "params": params, "fields": fields }).to_string().into_bytes()
    }

    fn read(json: &[u8]) -> Value {
        serde_json::from_slice(json).unwrap()
    }

    /// IDs of the project, and of presets.
    fn ids(belongs: bool) -> Vec<String> {
        let ids = ContinuoParams::default().param_map().into_iter().map(|(id, ..)| id);
        ids.filter(|id| is_of_preset(id) == belongs).collect()
    }

    #[test]
    fn what_is_heard_of_the_music_is_of_presets_and_the_rest_of_the_project() {
        let of_project = ids(false);
        for id in [
            "thru",
            "preview",
            "preview_gain",
            "left_hand",
            "bass_channel",
            "tempo",
            "tap",
            "follow_tempo",
            "cadence",
            "freeze",
            "vamp",
            "again",
            "again_new",
            "keep_memory",
            "notes_as_midi",
            "plan_ahead",
            "programs",
            "count_in",
            "kit",
            "hand_at_once",
        ] {
            assert!(of_project.contains(&id.to_owned()), "{id}");
        }
        for id in ["style_a", "seed", "scale", "bass_on", "lead_register", "memory", "network", "scene", "preset"] {
            assert!(!of_project.contains(&id.to_owned()), "{id}");
        }
    }

    #[test]
    fn a_preset_leaves_out_what_is_the_projects_and_says_what_it_is() {
        let preset = read(&as_preset(&state(0.5, "[1]")).unwrap());
        let saved: Vec<String> = preset["params"].as_object().unwrap().keys().cloned().collect();
        let mut expected = ids(true);
        expected.sort();
        assert_eq!((saved, &preset["fields"]), (expected, &json!({ "scenes": "[1]" })));
        assert_eq!(as_preset(b"{}"), None);
    }

    #[test]
    fn loaded_as_a_preset_or_saved_as_one_it_leaves_the_projects_as_it_is() {
        let now = || Some(state(0.25, "[2]"));
        let (whole, preset) = (state(0.5, "[1]"), as_preset(&state(0.5, "[1]")).unwrap());
        assert_eq!(in_project(&whole, false, now), None);
        let loaded = [(&whole, true), (&preset, false), (&preset, true)]
            .map(|(json, as_preset)| read(&in_project(json, as_preset, now).unwrap()));
        for state in &loaded {
            assert_eq!((&state["params"], &state["fields"]), (&loaded[0]["params"], &loaded[0]["fields"]));
        }
        assert_eq!(loaded[0]["fields"], json!({ "presets": "[2]", "scenes": "[1]" }));
        for (belongs, value) in [(true, json!(0.5)), (false, json!(0.25))] {
            for id in ids(belongs) {
                assert_eq!(loaded[0]["params"][&id]["f32"], value, "{id}");
            }
        }
    }
}
