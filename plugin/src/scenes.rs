//! Scenes: eight snapshots of all musical parameters, saved with the project.
//!
//! A *place* is a number from 0 to [`SCENES`]: 0 is the panel itself, 1 to 8 are the scenes, and between two of them
//! the music lies between. An empty scene counts as the panel.

use std::sync::{Mutex, MutexGuard, PoisonError};

use continuo_models::Controls;
use nice_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use crate::before;
use crate::repair::{self, Fields, Findings, Verdict};
use crate::seam::{Newest, Published, Revision};

/// How many scenes there are.
pub const SCENES: usize = 8;

/// The version in which scenes are saved.
const VERSION: u32 = 1;

/// What every scene holds; `None`: it is empty.
pub type Snapshots = [Option<Controls>; SCENES];

/// The scenes of one instance. Main and panel read and write them, behind a mutex that the audio thread never touches;
/// audio reads what was written last.
#[derive(Default)]
pub struct Scenes(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    saved: Saved,
    /// The way to the newest reader.
    published: Published<Snapshots>,
    revision: Revision,
}

impl Scenes {
    /// Empty ones. `revision` counts their changes.
    pub fn new(revision: &Revision) -> Self {
        Self(Mutex::new(Kept { revision: revision.clone(), ..Kept::default() }))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Main, panel: what the scenes hold.
    pub fn snapshots(&self) -> Snapshots {
        self.kept().saved.snapshots()
    }

    /// Main, panel: the scenes as they are saved.
    pub fn saved(&self) -> Saved {
        self.kept().saved.clone()
    }

    /// Main, panel: the scenes are those that were `saved`.
    pub fn restore(&self, saved: Saved) {
        let mut kept = self.kept();
        kept.saved = saved;
        kept.publish();
    }

    /// Main, panel: the scene at `index` (0–7) holds `snapshot` from now on, and nothing of what was loaded. What is no
    /// scene is left alone.
    pub fn store(&self, index: usize, snapshot: Option<Controls>) {
        let mut kept = self.kept();
        if let Some(scene) = kept.saved.scenes[..SCENES].get_mut(index) {
            *scene = Scene { snapshot: snapshot.map(Controls::sensible), loaded: None };
            kept.publish();
        }
    }

    /// Main: a reader for the audio thread. From now on only this one sees what is written; allocates.
    pub fn reader(&self) -> Newest<Snapshots> {
        let Kept { saved, published, .. } = &mut *self.kept();
        published.reader(&saved.snapshots())
    }
}

impl Kept {
    fn publish(&mut self) {
        self.published.write(self.saved.snapshots());
        self.revision.advance();
    }
}

/// What is in force at `place` of `scenes` while the panel, or what takes its place, stands at `panel`. What the
/// musician calls for at the moment, to end and to freeze, is the panel's in every scene. Audio may call it.
pub fn at(scenes: &Snapshots, place: f32, panel: &Controls) -> Controls {
    let scene = |number: usize| match number.checked_sub(1).and_then(|index| scenes.get(index)) {
        Some(Some(snapshot)) => snapshot,
        _ => panel,
    };
    let place = place.clamp(0.0, SCENES as f32);
    let below = place as usize;
    let mixed = scene(below).morphed(scene(below + 1), place - below as f32);
    mixed.at_the_moment_of(panel)
}

/// Scenes as they are saved, under the field `scenes`. Read from any JSON; what is wrong with it is repaired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct Saved {
    version: u32,
    /// The [`SCENES`], and then those of a newer Continuo that has more.
    scenes: Vec<Scene>,
    /// What else a newer Continuo has saved.
    #[serde(flatten)]
    unknown: Fields,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Scene {
    snapshot: Option<Controls>,
    /// All that was loaded, if there was more than the snapshot holds: it is written back in its place.
    loaded: Option<Value>,
}

impl Serialize for Scene {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.loaded {
            Some(loaded) => loaded.serialize(serializer),
            None => self.snapshot.serialize(serializer),
        }
    }
}

impl Default for Saved {
    fn default() -> Self {
        Self { version: VERSION, scenes: vec![Scene::default(); SCENES], unknown: Fields::new() }
    }
}

impl From<Value> for Saved {
    fn from(saved: Value) -> Self {
        Self::repaired(saved, &mut Vec::new())
    }
}

impl Saved {
    fn snapshots(&self) -> Snapshots {
        let mut scenes = self.scenes.iter();
        std::array::from_fn(|_| scenes.next().and_then(|scene| scene.snapshot))
    }

    /// Whether no scene holds anything.
    pub fn is_empty(&self) -> bool {
        self.scenes.iter().all(|scene| scene.snapshot.is_none() && scene.loaded.is_none())
    }

    /// The scenes with the channels on which `panel` hears and plays.
    pub fn in_project_of(mut self, panel: &Controls) -> Self {
        for scene in &mut self.scenes {
            let routed = scene.snapshot.map(|snapshot| snapshot.in_project_of(panel));
            if routed != scene.snapshot {
                *scene = Scene { snapshot: routed, loaded: None };
            }
        }
        self
    }

    /// Scenes from any JSON; remarks say what is wrong with it.
    pub fn repaired(saved: Value, remarks: &mut Vec<String>) -> Self {
        let model = json!({ "version": VERSION, "scenes": [] });
        let judge = |at: &str, value: &Value| match at {
            "/scenes/-" => Verdict::Valid,
            "/version" if value.as_u64().is_some_and(|version| version <= VERSION.into()) => Verdict::Valid,
            _ => Verdict::Unknown,
        };
        let mut repaired = repair::repaired(saved, &model, &judge);
        let unknown = repair::unknown_fields(repaired.whole, &repaired.value);
        let Findings { unknown: mut names, missing, .. } = repaired.findings;
        names.extend(missing.into_iter().map(|name| format!("{name} (missing)")));
        let Value::Array(saved) = repaired.value["scenes"].take() else { unreachable!("as the model has it") };
        if saved.len() > SCENES {
            names.push(format!("scenes {} to {}", SCENES + 1, saved.len()));
        }
        let findings = Findings { unknown: names, ..Findings::default() };
        remarks.extend(findings.remark("The saved scenes"));
        let mut scenes = Vec::new();
        for (index, value) in saved.into_iter().enumerate() {
            scenes.push(Scene::repaired(index + 1, value, remarks));
        }
        scenes.resize(scenes.len().max(SCENES), Scene::default());
        Self { version: VERSION, scenes, unknown }
    }
}

impl Scene {
    fn repaired(number: usize, saved: Value, remarks: &mut Vec<String>) -> Self {
        if number > SCENES || saved.is_null() {
            return Self { snapshot: None, loaded: (!saved.is_null()).then_some(saved) };
        }
        if !saved.is_object() {
            remarks.push(format!("Scene {number} is none that this Continuo knows; it is kept, and counts as empty."));
            return Self { snapshot: None, loaded: Some(saved) };
        }
        // Numbers as short as scenes have them.
        let model =
            serde_json::to_string(&before::controls()).and_then(|json| serde_json::from_str(&json)).unwrap_or_default();
        let repaired = repair::repaired(saved, &model, &repair::reading(&model, Controls::sensible));
        let is_whole = repaired.findings.unknown.is_empty() && repaired.findings.out_of_range.is_empty();
        remarks.extend(repaired.findings.remark(&format!("Scene {number}")));
        Self {
            snapshot: serde_json::from_value(repaired.value).ok().map(Controls::sensible),
            loaded: (!is_whole).then_some(repaired.whole),
        }
    }
}

impl<'a> PersistentField<'a, Saved> for Scenes {
    fn set(&self, saved: Saved) {
        self.restore(saved);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Saved) -> R,
    {
        f(&self.kept().saved)
    }
}

/// Saved scenes, whole or broken, as they are to be loaded; remarks say what is wrong with them. `None`, as older
/// states have it, is no scene at all.
pub fn repaired(saved: Option<&str>, remarks: &mut Vec<String>) -> String {
    repair::field(saved, ["The saved scenes cannot be read", "they are empty now"], remarks, Saved::repaired)
}

#[cfg(test)]
mod tests {
    use continuo_models::{Player, PlayerControls, PlayerMap};
    use proptest::prelude::*;

    use super::*;

    fn warm(temperature: f32) -> Controls {
        Controls { temperature, ..Controls::default() }
    }

    fn saved(scenes: &Scenes) -> String {
        scenes.map(|saved| serde_json::to_string(saved).unwrap())
    }

    fn repaired_alone(json: &str) -> (String, Vec<String>) {
        let mut remarks = Vec::new();
        (repaired(Some(json), &mut remarks), remarks)
    }

    #[test]
    fn the_reader_sees_what_was_stored_last() {
        let scenes = Scenes::default();
        scenes.store(0, Some(warm(1.5)));
        let mut reader = scenes.reader();
        let panel = warm(0.5);
        assert_eq!(at(&reader.newest().unwrap(), 1.0, &panel), warm(1.5));
        scenes.store(0, Some(warm(1.25)));
        scenes.store(7, Some(warm(2.0)));
        scenes.store(8, Some(warm(0.0)));
        assert_eq!(
            [0.0, 1.0, 8.0].map(|place| at(&reader.newest().unwrap(), place, &panel).temperature),
            [0.5, 1.25, 2.0]
        );
    }

    #[test]
    fn an_empty_scene_is_the_panel() {
        let scenes = Scenes::default();
        scenes.store(2, Some(warm(1.5)));
        scenes.store(2, None);
        assert_eq!(at(&scenes.snapshots(), 3.0, &warm(0.25)), warm(0.25));
    }

    #[test]
    fn between_two_scenes_the_music_lies_between() {
        let scenes = Scenes::default();
        scenes.store(0, Some(warm(1.0)));
        scenes.store(1, Some(warm(2.0)));
        let panel = warm(0.0);
        let places = [0.25, 1.5, 2.5, -4.0, 99.0];
        assert_eq!(places.map(|place| at(&scenes.snapshots(), place, &panel).temperature), [0.25, 1.5, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn to_end_and_to_freeze_are_the_panels_in_every_scene() {
        let scenes = Scenes::default();
        scenes.store(0, Some(Controls { freeze: true, ..Controls::default() }));
        let panel = Controls { cadence: true, ..Controls::default() };
        let in_force = at(&scenes.snapshots(), 1.0, &panel);
        assert!(in_force.cadence && !in_force.freeze);
    }

    #[test]
    fn broken_scenes_are_repaired_one_by_one() {
        let scenes = Scenes::default();
        (0..SCENES).for_each(|index| scenes.store(index, Some(warm(1.0))));
        let whole = saved(&scenes);
        assert_eq!(repaired_alone(&whole), (whole.clone(), vec![]));

        let mut broken: Value = serde_json::from_str(&whole).unwrap();
        broken["scenes"][1]["temperature"] = 9.0.into();
        broken["scenes"][2]["style_a"] = "Polka".into();
        broken["scenes"][3].as_object_mut().unwrap().remove("swing");
        broken["scenes"][4] = 7.into();
        let (json, remarks) = repaired_alone(&broken.to_string());
        let read: Saved = serde_json::from_str(&json).unwrap();
        let temperatures = read.snapshots().map(|scene| scene.map(|controls| controls.temperature));
        assert_eq!(temperatures[..5], [Some(1.0), Some(2.0), Some(1.0), Some(1.0), None]);
        assert_eq!(read.snapshots()[2].map(|scene| scene.style_a), Some(Controls::default().style_a));
        assert_eq!(remarks.len(), 3, "{remarks:?}");
        assert!(remarks[1].contains("Polka"), "{remarks:?}");
    }

    #[test]
    fn what_a_newer_continuo_has_stored_is_written_back_until_the_scene_is_stored_anew() {
        let scenes = Scenes::default();
        (0..SCENES).for_each(|index| scenes.store(index, Some(warm(1.0))));
        let mut newer: Value = serde_json::from_str(&saved(&scenes)).unwrap();
        newer["version"] = 2.into();
        newer["names"] = json!(["Verse"]);
        newer["scenes"].as_array_mut().unwrap().push(json!(warm(0.5)));
        newer["scenes"][0]["style_b"] = "Polka".into();
        newer["scenes"][1]["players"].as_array_mut().unwrap().push(json!({ "on": true }));
        newer["scenes"][2]["players"][3]["pan"] = json!(0.25);
        newer["scenes"][3]["reverb"] = json!({ "mix": 0.25 });
        let (loaded, remarks) = repaired_alone(&newer.to_string());
        assert_eq!(remarks.len(), 5, "{remarks:?}");
        let one_too_many = format!("players.{}", Player::COUNT + 1);
        let named = ["scenes 9 to 9", "style_b (\"Polka\")", &one_too_many, "players.4.pan", "reverb"];
        for (remark, name) in remarks.iter().zip(named) {
            assert!(remark.contains(name), "{name}: {remark}");
        }
        newer["version"] = VERSION.into();
        let again = Scenes::default();
        again.set(serde_json::from_str(&loaded).unwrap());
        assert_eq!(again.snapshots(), scenes.snapshots(), "what is known sounds as it was stored");
        assert_eq!(serde_json::from_str::<Value>(&saved(&again)).unwrap(), newer);

        (0..SCENES).for_each(|index| again.store(index, Some(warm(1.0))));
        let stored: Value = serde_json::from_str(&saved(&again)).unwrap();
        let fresh: Value = serde_json::from_str(&saved(&scenes)).unwrap();
        assert_eq!(stored["scenes"].as_array().unwrap()[..SCENES], fresh["scenes"].as_array().unwrap()[..]);
        assert_eq!((&stored["names"], &stored["scenes"][SCENES]), (&newer["names"], &newer["scenes"][SCENES]));
    }

    #[test]
    fn a_scene_of_four_loads_with_a_guest_player_as_before_without_a_word_and_one_of_more_keeps_theirs() {
        let scenes = Scenes::default();
        let busy = PlayerMap::of(|_| PlayerControls { density: 1.0, ..PlayerControls::default() });
        scenes.store(0, Some(Controls { players: busy, ..warm(1.5) }));
        let mut fewer: Value = serde_json::from_str(&saved(&scenes)).unwrap();
        fewer["scenes"][0]["players"].as_array_mut().unwrap().pop();
        let (loaded, remarks) = repaired_alone(&fewer.to_string());
        assert_eq!(remarks, [""; 0]);
        let read: Saved = serde_json::from_str(&loaded).unwrap();
        let last = Player::ALL[Player::COUNT - 1];
        let mut players = busy;
        players[last] = before::controls().players[last];
        assert_eq!(read.snapshots()[0], Some(Controls { players, ..warm(1.5) }));

        let mut more: Value = serde_json::from_str(&saved(&scenes)).unwrap();
        more["scenes"][0]["players"].as_array_mut().unwrap().push(json!({ "on": false, "channel": 9 }));
        let (loaded, remarks) = repaired_alone(&more.to_string());
        assert!(remarks.len() == 1 && remarks[0].contains("players"), "{remarks:?}");
        assert_eq!(serde_json::from_str::<Value>(&loaded).unwrap()["scenes"][0], more["scenes"][0]);
    }

    #[test]
    fn what_are_no_scenes_is_no_scene() {
        let empty = saved(&Scenes::default());
        for json in ["", "%", "[]", r#"{"version":1}"#] {
            let (repaired, remarks) = repaired_alone(json);
            assert_eq!((repaired.as_str(), remarks.len()), (empty.as_str(), 1), "{json}");
        }
        let mut remarks = Vec::new();
        assert_eq!(repaired(None, &mut remarks), empty);
        assert!(remarks.is_empty());
    }

    proptest! {
        #[test]
        fn scenes_are_saved_as_they_are_and_twice_alike(
            dials in prop::collection::vec((0usize..SCENES, 0.0f32..=2.0, 0.0f32..=1.0, any::<u32>()), 0..12)
        ) {
            let scenes = Scenes::default();
            for (index, temperature, swing, seed) in dials {
                scenes.store(index, Some(Controls { temperature, swing, seed, ..Controls::default() }));
            }
            let json = saved(&scenes);
            let again = Scenes::default();
            again.set(serde_json::from_str(&json).unwrap());
            prop_assert_eq!(again.snapshots(), scenes.snapshots());
            prop_assert_eq!(saved(&again), json.clone());
            prop_assert_eq!(repaired_alone(&json), (json, vec![]));
        }
    }
}
