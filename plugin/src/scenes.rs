//! Scenes: eight snapshots of all musical parameters, saved with the project.
//!
//! A *place* is a number from 0 to [`SCENES`]: 0 is the panel itself, 1 to 8 are the scenes, and between two of them
//! the music lies between. An empty scene counts as the panel.

use std::sync::{Mutex, MutexGuard, PoisonError};

use continuo_models::Controls;
use nice_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use triple_buffer::{Input, Output, triple_buffer};

/// How many scenes there are.
pub const SCENES: usize = 8;

/// The version in which scenes are saved.
const VERSION: u32 = 1;

/// What every scene holds; `None`: it is empty.
pub type Snapshots = [Option<Controls>; SCENES];

/// The scenes of one instance. Main and panel read and write them, behind a mutex that the audio thread never touches;
/// audio reads what was written last through a [`SceneReader`].
pub struct Scenes(Mutex<Kept>);

struct Kept {
    snapshots: Snapshots,
    /// The way to the newest reader.
    published: Input<Snapshots>,
}

impl Default for Scenes {
    fn default() -> Self {
        let (published, _) = triple_buffer(&Snapshots::default());
        Self(Mutex::new(Kept { snapshots: Snapshots::default(), published }))
    }
}

impl Scenes {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Main, panel: what the scenes hold.
    pub fn snapshots(&self) -> Snapshots {
        self.kept().snapshots
    }

    /// Main, panel: the scene at `index` (0–7) holds `snapshot` from now on. What is no scene is left alone.
    pub fn store(&self, index: usize, snapshot: Option<Controls>) {
        let mut snapshots = self.snapshots();
        if let Some(scene) = snapshots.get_mut(index) {
            *scene = snapshot.map(Controls::sensible);
            self.replace(snapshots);
        }
    }

    fn replace(&self, snapshots: Snapshots) {
        let mut kept = self.kept();
        kept.snapshots = snapshots;
        kept.published.write(snapshots);
    }

    /// Main: a reader for the audio thread. From now on only this one sees what is written; allocates.
    pub fn reader(&self) -> SceneReader {
        let mut kept = self.kept();
        let (published, read) = triple_buffer(&kept.snapshots);
        kept.published = published;
        SceneReader(read)
    }
}

/// The audio thread's view of the scenes: always whole, always the newest. Nothing here waits or allocates.
pub struct SceneReader(Output<Snapshots>);

impl SceneReader {
    /// Audio: what is in force at `place` while the panel stands at `panel`. What the musician calls for at the moment,
    /// to end and to freeze, is the panel's in every scene.
    pub fn at(&mut self, place: f32, panel: &Controls) -> Controls {
        let snapshots = self.0.read();
        let scene = |number: usize| match number.checked_sub(1).and_then(|index| snapshots.get(index)) {
            Some(Some(snapshot)) => snapshot,
            _ => panel,
        };
        let place = place.clamp(0.0, SCENES as f32);
        let below = place as usize;
        let mixed = scene(below).morphed(scene(below + 1), place - below as f32);
        Controls { cadence: panel.cadence, freeze: panel.freeze, ..mixed }
    }
}

/// Scenes as they are saved, under the field `scenes`.
#[derive(Serialize, Deserialize)]
pub struct Saved<S = Snapshots> {
    version: u32,
    scenes: S,
}

impl<'a> PersistentField<'a, Saved> for Scenes {
    fn set(&self, saved: Saved) {
        self.replace(saved.scenes);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Saved) -> R,
    {
        f(&Saved { version: VERSION, scenes: self.snapshots() })
    }
}

/// Saved scenes, whole or broken, in the present shape. What cannot be read is empty, what is out of range is brought
/// into it, and a remark says so. `None`, as older states have it, is no scene at all.
pub fn repaired(saved: Option<&str>, remarks: &mut Vec<String>) -> String {
    let mut scenes = Snapshots::default();
    match saved.map(serde_json::from_str::<Saved<Vec<Value>>>) {
        None => {}
        Some(Err(error)) => remarks.push(format!("The saved scenes cannot be read ({error}); they are empty now.")),
        Some(Ok(saved)) => {
            if saved.version > VERSION || saved.scenes.len() > SCENES {
                remarks
                    .push("The saved scenes come from a newer Continuo; what is unknown here was left out.".to_owned());
            }
            for (n, (scene, value)) in scenes.iter_mut().zip(saved.scenes).enumerate() {
                *scene = repaired_scene(n + 1, value, remarks);
            }
        }
    }
    serde_json::to_string(&Saved { version: VERSION, scenes }).unwrap_or_default()
}

fn repaired_scene(number: usize, value: Value, remarks: &mut Vec<String>) -> Option<Controls> {
    let controls = match serde_json::from_value::<Option<Controls>>(value) {
        Ok(controls) => controls?,
        Err(error) => {
            remarks.push(format!("Scene {number} cannot be read ({error}); it is empty now."));
            return None;
        }
    };
    let sensible = controls.sensible();
    if sensible != controls {
        remarks.push(format!("Scene {number} had values out of range; they were brought into it."));
    }
    Some(sensible)
}

#[cfg(test)]
mod tests {
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
        assert_eq!(reader.at(1.0, &panel), warm(1.5));
        scenes.store(0, Some(warm(1.25)));
        scenes.store(7, Some(warm(2.0)));
        scenes.store(8, Some(warm(0.0)));
        assert_eq!([0.0, 1.0, 8.0].map(|place| reader.at(place, &panel).temperature), [0.5, 1.25, 2.0]);
    }

    #[test]
    fn an_empty_scene_is_the_panel() {
        let scenes = Scenes::default();
        scenes.store(2, Some(warm(1.5)));
        scenes.store(2, None);
        assert_eq!(scenes.reader().at(3.0, &warm(0.25)), warm(0.25));
    }

    #[test]
    fn between_two_scenes_the_music_lies_between() {
        let scenes = Scenes::default();
        scenes.store(0, Some(warm(1.0)));
        scenes.store(1, Some(warm(2.0)));
        let mut reader = scenes.reader();
        let panel = warm(0.0);
        let places = [0.25, 1.5, 2.5, -4.0, 99.0];
        assert_eq!(places.map(|place| reader.at(place, &panel).temperature), [0.25, 1.5, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn to_end_and_to_freeze_are_the_panels_in_every_scene() {
        let scenes = Scenes::default();
        scenes.store(0, Some(Controls { freeze: true, ..Controls::default() }));
        let panel = Controls { cadence: true, ..Controls::default() };
        let in_force = scenes.reader().at(1.0, &panel);
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
        let temperatures = read.scenes.map(|scene| scene.map(|controls| controls.temperature));
        assert_eq!(temperatures[..5], [Some(1.0), Some(2.0), None, Some(1.0), None]);
        assert_eq!(remarks.len(), 3, "{remarks:?}");
        assert!(remarks[1].contains("Polka"), "{remarks:?}");
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
