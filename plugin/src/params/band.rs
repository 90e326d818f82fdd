//! The parameters of how the band listens, plans and repeats itself.

use std::sync::Arc;

use continuo_models::{Controls, LeadMode, Manner};
use nice_plug::prelude::*;

use super::share;
use crate::scenes::SCENES;

/// The tempi of a band that keeps time by itself, in quarter notes per minute.
pub const TEMPI: FloatRange = FloatRange::Linear { min: 30.0, max: 300.0 };
/// The longest that a chord waits for a note, in milliseconds.
pub const LONGEST_WAIT: f32 = 60.0;

/// How Chords strikes, as a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MannerChoice {
    /// As the style has it.
    #[id = "style"]
    #[name = "Style"]
    Style,
    /// [`Manner::Sustained`].
    #[id = "sustained"]
    #[name = "Sustained"]
    Sustained,
    /// [`Manner::Broken`].
    #[id = "broken"]
    #[name = "Broken"]
    Broken,
    /// [`Manner::Strummed`].
    #[id = "strummed"]
    #[name = "Strummed"]
    Strummed,
}

impl From<MannerChoice> for Option<Manner> {
    fn from(choice: MannerChoice) -> Self {
        match choice {
            MannerChoice::Style => None,
            MannerChoice::Sustained => Some(Manner::Sustained),
            MannerChoice::Broken => Some(Manner::Broken),
            MannerChoice::Strummed => Some(Manner::Strummed),
        }
    }
}

/// When Lead plays, as a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LeadChoice {
    /// [`LeadMode::Answer`].
    #[id = "answer"]
    #[name = "Answer"]
    Answer,
    /// [`LeadMode::Continuous`].
    #[id = "continuous"]
    #[name = "Continuous"]
    Continuous,
    /// [`LeadMode::Fills`].
    #[id = "fills"]
    #[name = "Fills"]
    Fills,
    /// [`LeadMode::TradeTwos`].
    #[id = "trade2"]
    #[name = "Trade 2"]
    TradeTwos,
    /// [`LeadMode::TradeFours`].
    #[id = "trade4"]
    #[name = "Trade 4"]
    TradeFours,
    /// [`LeadMode::TradeEights`].
    #[id = "trade8"]
    #[name = "Trade 8"]
    TradeEights,
}

impl From<LeadChoice> for LeadMode {
    fn from(choice: LeadChoice) -> Self {
        match choice {
            LeadChoice::Answer => Self::Answer,
            LeadChoice::Continuous => Self::Continuous,
            LeadChoice::Fills => Self::Fills,
            LeadChoice::TradeTwos => Self::TradeTwos,
            LeadChoice::TradeFours => Self::TradeFours,
            LeadChoice::TradeEights => Self::TradeEights,
        }
    }
}

/// The length of the form, as a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum FormChoice {
    /// There is none.
    #[id = "free"]
    #[name = "Free"]
    Free,
    /// Eight bars.
    #[id = "8"]
    #[name = "8 bars"]
    Eight,
    /// Twelve bars.
    #[id = "12"]
    #[name = "12 bars"]
    Twelve,
    /// Sixteen bars.
    #[id = "16"]
    #[name = "16 bars"]
    Sixteen,
    /// Thirty-two bars.
    #[id = "32"]
    #[name = "32 bars"]
    ThirtyTwo,
}

impl From<FormChoice> for Option<u8> {
    fn from(choice: FormChoice) -> Self {
        match choice {
            FormChoice::Free => None,
            FormChoice::Eight => Some(8),
            FormChoice::Twelve => Some(12),
            FormChoice::Sixteen => Some(16),
            FormChoice::ThirtyTwo => Some(32),
        }
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

/// How the band listens and keeps time.
#[derive(Params)]
pub struct ListeningParams {
    /// The MIDI channel of the left hand, 1–16; 0: the hands are told apart by ear.
    #[id = "left_hand"]
    pub left_hand: IntParam,
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

/// What the harmony must hold to, and how far ahead it is certain.
#[derive(Params)]
pub struct PlanParams {
    /// Frames for which a plan is certain.
    #[id = "commit"]
    pub commit: IntParam,
    /// Milliseconds for which a chord waits for a note.
    #[id = "wait"]
    pub wait: FloatParam,
    /// The form that ends with a cadence.
    #[id = "form"]
    pub form: EnumParam<FormChoice>,
    /// Whether the band is to end.
    #[id = "cadence"]
    pub cadence: BoolParam,
    /// How often a cycle of chords may come in a row; 0 is free.
    #[id = "max_repeats"]
    pub max_repeats: IntParam,
    /// The drawn scale: a bit for each semitone above the tonic; 0 is the scale of the key.
    #[id = "scale"]
    pub scale: IntParam,
    /// How Chords strikes.
    #[id = "chords_manner"]
    pub manner: EnumParam<MannerChoice>,
}

/// When and how Lead plays.
#[derive(Params)]
pub struct LeadParams {
    /// When it plays.
    #[id = "lead_mode"]
    pub mode: EnumParam<LeadChoice>,
    /// The chance that it takes up the musician's motif.
    #[id = "motif"]
    pub motif: FloatParam,
    /// Its largest leap in semitones.
    #[id = "max_leap"]
    pub max_leap: IntParam,
    /// Whether it has only chord tones on strong beats.
    #[id = "strong_tones"]
    pub strong_tones: BoolParam,
}

/// What the band keeps and repeats.
#[derive(Params)]
pub struct TakeParams {
    /// From the corpus (0) to the musician (1).
    #[id = "memory"]
    pub memory: FloatParam,
    /// Whether what was played last is repeated.
    #[id = "freeze"]
    pub freeze: BoolParam,
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

impl Default for ListeningParams {
    fn default() -> Self {
        Self {
            left_hand: IntParam::new("Left hand", 0, IntRange::Linear { min: 0, max: 16 })
                .with_value_to_string(or_number(0, "By ear", "Channel "))
                .with_string_to_value(read_number(0, "By ear", "Channel ")),
            tempo: FloatParam::new("Tempo", 120.0, TEMPI).with_unit(" bpm").with_step_size(0.1),
            tap: BoolParam::new("Tap", false),
            follow_tempo: BoolParam::new("Follow tempo", false),
        }
    }
}

impl Default for PlanParams {
    fn default() -> Self {
        let controls = Controls::default();
        Self {
            commit: IntParam::new("Commit", i32::from(controls.commit), IntRange::Linear { min: 1, max: 16 }),
            wait: FloatParam::new("Wait", controls.wait, FloatRange::Linear { min: 0.0, max: LONGEST_WAIT })
                .with_unit(" ms")
                .with_step_size(1.0),
            form: EnumParam::new("Form", FormChoice::Free),
            cadence: BoolParam::new("Cadence", controls.cadence),
            max_repeats: IntParam::new(
                "Most repeats",
                i32::from(controls.max_repeats),
                IntRange::Linear { min: 0, max: 16 },
            )
            .with_value_to_string(or_number(0, "Free", ""))
            .with_string_to_value(read_number(0, "Free", "")),
            scale: IntParam::new("Scale", i32::from(controls.scale), IntRange::Linear { min: 0, max: 0xfff }),
            manner: EnumParam::new("Chords manner", MannerChoice::Style),
        }
    }
}

impl Default for LeadParams {
    fn default() -> Self {
        let controls = Controls::default();
        Self {
            mode: EnumParam::new("Lead mode", LeadChoice::Answer),
            motif: share("Motif", controls.motif),
            max_leap: IntParam::new("Largest leap", i32::from(controls.max_leap), IntRange::Linear { min: 2, max: 24 }),
            strong_tones: BoolParam::new("Strong chord tones", controls.strong_tones),
        }
    }
}

impl Default for TakeParams {
    fn default() -> Self {
        let controls = Controls::default();
        Self {
            memory: share("Memory", controls.memory),
            freeze: BoolParam::new("Freeze", controls.freeze),
            again: BoolParam::new("Again, the same", false),
            again_new: BoolParam::new("Again, different", false),
            scene: FloatParam::new("Scene", 0.0, FloatRange::Linear { min: 0.0, max: SCENES as f32 })
                .with_step_size(0.01),
            scene_at: EnumParam::new("Scene change", SceneTime::Bar),
            // What a project holds is no matter of its performance.
            keep_memory: BoolParam::new("Keep memory", false).non_automatable(),
        }
    }
}

impl PlanParams {
    /// Sets what these parameters say. Audio may call it.
    pub fn apply(&self, controls: &mut Controls) {
        controls.commit = self.commit.value().clamp(1, 16) as u8;
        controls.wait = self.wait.value().clamp(0.0, LONGEST_WAIT);
        controls.form = self.form.value().into();
        controls.cadence = self.cadence.value();
        controls.max_repeats = self.max_repeats.value().clamp(0, 16) as u8;
        controls.scale = self.scale.value().clamp(0, 0xfff) as u16;
        controls.manner = self.manner.value().into();
    }
}

impl LeadParams {
    /// Sets what these parameters say. Audio may call it.
    pub fn apply(&self, controls: &mut Controls) {
        controls.lead_mode = self.mode.value().into();
        controls.motif = self.motif.value().clamp(0.0, 1.0);
        controls.max_leap = self.max_leap.value().clamp(2, 24) as u8;
        controls.strong_tones = self.strong_tones.value();
    }
}

impl ListeningParams {
    /// Sets what these parameters say. Audio may call it.
    pub fn apply(&self, controls: &mut Controls) {
        controls.left_hand = u8::try_from(self.left_hand.value() - 1).ok().filter(|channel| *channel < 16);
    }
}

impl TakeParams {
    /// Sets what these parameters say. Audio may call it.
    pub fn apply(&self, controls: &mut Controls) {
        controls.memory = self.memory.value().clamp(0.0, 1.0);
        controls.freeze = self.freeze.value();
    }
}

type Show = Arc<dyn Fn(i32) -> String + Send + Sync>;
type Read = Arc<dyn Fn(&str) -> Option<i32> + Send + Sync>;

/// Shows `none` as `word`, and other numbers after `prefix`.
fn or_number(none: i32, word: &'static str, prefix: &'static str) -> Show {
    Arc::new(move |value| if value == none { word.to_owned() } else { format!("{prefix}{value}") })
}

/// Reads what [`or_number`] shows, in any case, with or without the prefix.
fn read_number(none: i32, word: &'static str, prefix: &'static str) -> Read {
    Arc::new(move |text| {
        let text = text.trim();
        if text.eq_ignore_ascii_case(word) {
            return Some(none);
        }
        let begins = text.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
        text[if begins { prefix.len() } else { 0 }..].trim().parse().ok()
    })
}
