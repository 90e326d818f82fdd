//! Parameters of the plug-in's own: what plays, when, and which take and scene.

use std::sync::{Arc, LazyLock};

use nice_plug::prelude::*;

use crate::bank::{Bank, NUMBERS};
use crate::scenes::SCENES;
use crate::seam::{NetworkSet, Revision};

/// The tempi of a band that keeps time by itself, in quarter notes per minute.
pub const TEMPI: FloatRange = FloatRange::Linear { min: 30.0, max: 300.0 };

/// A set of networks as a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkChoice(pub NetworkSet);

impl Enum for NetworkChoice {
    fn variants() -> &'static [&'static str] {
        static NAMES: LazyLock<[&str; NetworkSet::ALL.len()]> = LazyLock::new(|| NetworkSet::ALL.map(NetworkSet::name));
        &*NAMES
    }

    fn ids() -> Option<&'static [&'static str]> {
        static IDS: LazyLock<[&str; NetworkSet::ALL.len()]> = LazyLock::new(|| NetworkSet::ALL.map(NetworkSet::id));
        Some(&*IDS)
    }

    fn to_index(self) -> usize {
        self.0.index()
    }

    fn from_index(index: usize) -> Self {
        Self(NetworkSet::ALL.get(index).copied().unwrap_or(NetworkSet::ALL[0]))
    }
}

/// When a change of scene takes effect, as a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Enum)]
pub enum SceneTime {
    /// With the next frame.
    #[id = "now"]
    #[name = "Now"]
    Now,
    /// With the next beat.
    #[id = "beat"]
    #[name = "Next beat"]
    Beat,
    /// With the next bar.
    #[id = "bar"]
    #[name = "Next bar"]
    Bar,
}

/// What MIDI program changes recall, as a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Programs {
    /// The first eight programs recall the scenes, the ninth the panel.
    #[id = "scenes"]
    #[name = "Scenes"]
    Scenes,
    /// Each recalls the preset at its number; an empty number is the panel.
    #[id = "presets"]
    #[name = "Presets"]
    Presets,
}

/// How the band keeps time.
#[derive(Params)]
pub struct ListeningParams {
    /// The tempo while no host leads, in quarter notes per minute.
    #[id = "tempo"]
    pub tempo: FloatParam,
    /// A tap on the beat each time that it goes on.
    #[id = "tap"]
    pub tap: BoolParam,
    /// Whether the tempo follows the musician's notes while no host leads.
    #[id = "follow_tempo"]
    pub follow_tempo: BoolParam,
}

/// Which take and which scene are played.
#[derive(Params)]
pub struct TakeParams {
    /// The same take again from the next bar on, each time that it goes on.
    #[id = "again"]
    pub again: BoolParam,
    /// Another take from the next bar on, each time that it goes on.
    #[id = "again_new"]
    pub again_new: BoolParam,
    /// The scene: 0 is the panel itself, 1–8 are the scenes, and between two of them the music lies between.
    #[id = "scene"]
    pub scene: FloatParam,
    /// When a change of scene takes effect.
    #[id = "scene_at"]
    pub scene_at: EnumParam<SceneTime>,
    /// Whether what the band has learnt of the musician is saved with the project.
    #[id = "keep_memory"]
    pub keep_memory: BoolParam,
}

/// Which preset is recalled.
#[derive(Params)]
pub struct RecallParams {
    /// The preset, by its number in the bank: 0 is the panel itself.
    #[id = "preset"]
    pub preset: IntParam,
    /// What MIDI program changes recall.
    #[id = "programs"]
    pub programs: EnumParam<Programs>,
}

impl RecallParams {
    /// Parameters of which the presets are called as in `bank`. `revision` counts their changes.
    pub fn of(bank: &Bank, revision: &Revision) -> Self {
        let (shown, read) = (bank.clone(), bank.clone());
        Self {
            preset: IntParam::new("Preset", 0, IntRange::Linear { min: 0, max: NUMBERS as i32 })
                .with_value_to_string(Arc::new(move |number| shown.text(number)))
                .with_string_to_value(Arc::new(move |text| read.number_of(text)))
                .with_callback(revision.callback()),
            // What a keyboard does is no part of a performance.
            programs: EnumParam::new("Programs recall", Programs::Scenes)
                .with_callback(revision.callback())
                .non_automatable(),
        }
    }
}

/// By how many bars sticks count in a song that begins by itself. How a song begins is no part of its performance.
pub fn count_in() -> IntParam {
    IntParam::new("Count-in", 0, IntRange::Linear { min: 0, max: 2 })
        .with_value_to_string(Arc::new(|bars| match bars {
            0 => "Off".to_owned(),
            1 => "1 bar".to_owned(),
            bars => format!("{bars} bars"),
        }))
        .with_string_to_value(Arc::new(|text| match text.trim() {
            off if off.eq_ignore_ascii_case("off") => Some(0),
            text => text.trim_end_matches(['b', 'a', 'r', 's']).trim().parse().ok(),
        }))
        .non_automatable()
}

impl Default for ListeningParams {
    fn default() -> Self {
        Self {
            tempo: FloatParam::new("Tempo", 120.0, TEMPI).with_unit(" bpm").with_step_size(0.1),
            tap: BoolParam::new("Tap", false),
            follow_tempo: BoolParam::new("Follow tempo", false),
        }
    }
}

impl TakeParams {
    /// `revision` counts up when the scene that is called for changes, or when it is to begin.
    pub fn new(revision: &Revision) -> Self {
        Self {
            again: BoolParam::new("Again, the same", false),
            again_new: BoolParam::new("Again, different", false),
            scene: FloatParam::new("Scene", 0.0, FloatRange::Linear { min: 0.0, max: SCENES as f32 })
                .with_value_to_string(Arc::new(text_of_place))
                .with_string_to_value(Arc::new(place_of_text))
                .with_step_size(0.01)
                .with_callback(revision.callback()),
            scene_at: EnumParam::new("Scene change", SceneTime::Bar).with_callback(revision.callback()),
            // What a project holds is no matter of its performance.
            keep_memory: BoolParam::new("Keep memory", false).non_automatable(),
        }
    }
}

/// What the place of the panel among the scenes reads as.
const PANEL: &str = "Panel";

/// A place among the scenes in words.
fn text_of_place(place: f32) -> String {
    let place = (place * 100.0).round() / 100.0;
    if place == 0.0 { PANEL.to_owned() } else { format!("Scene {place}") }
}

/// What [`text_of_place`] shows, in any case, or the number alone.
fn place_of_text(text: &str) -> Option<f32> {
    let text = text.trim().to_ascii_lowercase();
    if text == PANEL.to_ascii_lowercase() {
        return Some(0.0);
    }
    text.strip_prefix("scene").unwrap_or(&text).trim().parse().ok().filter(|place: &f32| place.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_among_the_scenes_are_words() {
        for (place, text) in [(0.0, "Panel"), (3.0, "Scene 3"), (1.75, "Scene 1.75")] {
            assert_eq!((text_of_place(place), place_of_text(text)), (text.to_owned(), Some(place)));
        }
        assert_eq!(
            ["2.5", "SCENE 8", "panel", "nowhere", "scene NaN"].map(place_of_text),
            [Some(2.5), Some(8.0), Some(0.0), None, None]
        );
    }

    #[test]
    fn every_set_of_networks_survives_the_passage_through_its_index() {
        assert_eq!(NetworkChoice::variants(), ["GRU", "Transformer", "Own folder"]);
        assert_eq!(NetworkChoice::ids().map(<[_]>::len), Some(NetworkChoice::variants().len()));
        for (index, set) in NetworkSet::ALL.into_iter().enumerate() {
            assert_eq!((NetworkChoice(set).to_index(), NetworkChoice::from_index(index)), (index, NetworkChoice(set)));
        }
        assert_eq!(
            NetworkChoice::from_index(3),
            NetworkChoice(NetworkSet::ALL[0]),
            "what is out of range is the first"
        );
    }
}
