//! The parameters: IDs, ranges, units and texts, declared once and shared with the panel.
//!
//! IDs are final: hosts store automation under them and projects are saved with them.

mod adopt;
mod band;
mod choice;
mod guarded;
mod memory;
pub mod saved;
mod steps;

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use continuo_models::music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER};
use continuo_models::score::FARTHEST_AHEAD;
use continuo_models::{Controls, Player, PlayerControls, PlayerMap};
use nice_plug::params::InternalParamMut;
use nice_plug::params::persist::PersistentField;
use nice_plug::prelude::*;

use crate::repair::Fields;
use crate::scenes::Scenes;
use crate::seam::{NetworkSet, Shared};

use choice::{AMOUNTS, SPEEDS, level, level_of};
use saved::{Stamp, Unknown};

pub use band::{LeadParams, ListeningParams, PlanParams, SceneTime, TakeParams};
pub use choice::{KeyChoice, ModeChoice, NetworkChoice, StyleChoice};
pub use guarded::GuardedParams;
pub use memory::{MemoryField, SavedMemory};
pub use steps::GrownChoices;

/// The seeds to choose from.
pub const SEEDS: RangeInclusive<i32> = 1..=9999;
/// The octaves by which a player's range can be moved.
pub const REGISTERS: RangeInclusive<i32> = -2..=2;
/// The highest temperature.
pub const MAX_TEMPERATURE: f32 = 2.0;
/// The loudness of the preview sound, in decibels.
pub const PREVIEW_GAIN_DB: RangeInclusive<f32> = -36.0..=6.0;

/// Every parameter of the plug-in. The host and the panel write, audio reads; each value is an atomic.
#[derive(Params)]
pub struct ContinuoParams {
    /// The first style.
    #[id = "style_a"]
    pub style_a: EnumParam<StyleChoice>,
    /// The second style.
    #[id = "style_b"]
    pub style_b: EnumParam<StyleChoice>,
    /// From all `style_a` (0) to all `style_b` (1).
    #[id = "style_blend"]
    pub style_blend: FloatParam,
    /// From always the likeliest (0) to wild (2).
    #[id = "temperature"]
    pub temperature: FloatParam,
    /// From anticipating (0) to reacting (1).
    #[id = "follow"]
    pub follow: FloatParam,
    /// How often the chords change: free, or from very slow to very fast.
    #[id = "chord_rate"]
    pub chord_rate: IntParam,
    /// How many chord tones lie outside the key: free, or from very few to very many.
    #[id = "tension"]
    pub tension: IntParam,
    /// Whether chords and melody are to be of major or of minor pieces, or free.
    #[id = "mode"]
    pub mode: EnumParam<ModeChoice>,
    /// Whether the band stays in `key`.
    #[id = "key_lock"]
    pub key_lock: BoolParam,
    /// The key for `key_lock`.
    #[id = "key"]
    pub key: EnumParam<KeyChoice>,
    /// How much the whole band plays, 0 to 1.
    #[id = "density"]
    pub density: FloatParam,
    /// Chooses among equally good takes.
    #[id = "seed"]
    pub seed: IntParam,
    /// Deviation of timing and loudness, 0 to 1.
    #[id = "humanise"]
    pub humanise: FloatParam,
    /// How late off-beat eighths come, from straight (0) to a full triplet (1).
    #[id = "swing"]
    pub swing: FloatParam,
    /// Whether the notes that you play go to the output too.
    #[id = "thru"]
    pub thru: BoolParam,
    /// Whether the built-in sound plays.
    #[id = "preview"]
    pub preview: BoolParam,
    /// The loudness of the built-in sound, in decibels.
    #[id = "preview_gain"]
    pub preview_gain: FloatParam,
    /// A harmony note with each of yours.
    #[nested(id_prefix = "voices", group = "Voices")]
    pub voices: PlayerParams,
    /// The accompaniment.
    #[nested(id_prefix = "chords", group = "Chords")]
    pub chords: PlayerParams,
    /// The bass line.
    #[nested(id_prefix = "bass", group = "Bass")]
    pub bass: PlayerParams,
    /// Melody in answer.
    #[nested(id_prefix = "lead", group = "Lead")]
    pub lead: PlayerParams,
    /// What the melody is like.
    #[nested(group = "Lead")]
    pub melody: MelodyParams,
    /// The networks that the band plays with.
    #[id = "network"]
    pub network: EnumParam<NetworkChoice>,
    /// How the band listens and keeps time.
    #[nested(group = "Listening")]
    pub listening: ListeningParams,
    /// What the harmony must hold to.
    #[nested(group = "Plan")]
    pub plan: PlanParams,
    /// When and how Lead plays.
    #[nested(group = "Lead")]
    pub solo: LeadParams,
    /// What the band keeps and repeats.
    #[nested(group = "Take")]
    pub take: TakeParams,
    /// Whether notes leave the CLAP plug-in as MIDI messages, for hosts that do not take notes.
    #[id = "notes_as_midi"]
    pub notes_as_midi: BoolParam,
    /// By how many frames the band plans ahead.
    #[id = "plan_ahead"]
    pub plan_ahead: IntParam,
    /// The scenes.
    #[persist = "scenes"]
    pub scenes: Scenes,
    /// The version of the saved state, and what was repaired in it.
    #[persist = "state"]
    pub stamp: StampField,
    /// What the band has learnt of the musician, if it is to be kept.
    #[persist = "memory"]
    pub memory: MemoryField,
    /// What a newer Continuo has saved, to be written back.
    #[persist = "unknown"]
    pub unknown: RwLock<Unknown>,
}

/// The parameters of one player, under the IDs `PLAYER_on` and so on.
#[derive(Params)]
pub struct PlayerParams {
    /// Whether the player plays.
    #[id = "on"]
    pub on: BoolParam,
    /// How much the player plays, 0 to 1.
    #[id = "density"]
    pub density: FloatParam,
    /// Octaves by which the player's range is moved.
    #[id = "register"]
    pub register: IntParam,
    /// MIDI channel, 1–16.
    #[id = "channel"]
    pub channel: IntParam,
}

/// The parameters of the melody that Lead plays.
#[derive(Params)]
pub struct MelodyParams {
    /// How many notes lie outside the key: free, or from very few to very many.
    #[id = "lead_chromaticism"]
    pub chromaticism: IntParam,
    /// How many notes begin off the beat and sound over the next one: free, or from very few to very many.
    #[id = "syncopation"]
    pub syncopation: IntParam,
}

impl Default for ContinuoParams {
    fn default() -> Self {
        let controls = Controls::default();
        let player = |player: Player, name| PlayerParams::new(name, controls.player(player));
        Self {
            style_a: EnumParam::new("Style A", StyleChoice(controls.style_a)),
            style_b: EnumParam::new("Style B", StyleChoice(controls.style_b)),
            style_blend: share("Style blend", controls.style_blend),
            temperature: FloatParam::new(
                "Temperature",
                controls.temperature,
                FloatRange::Linear { min: 0.0, max: MAX_TEMPERATURE },
            )
            .with_step_size(0.01),
            follow: share("Follow", controls.follow),
            chord_rate: level("Chord rate", controls.chord_rate, &SPEEDS),
            tension: level("Tension", controls.chromaticism, &AMOUNTS),
            mode: EnumParam::new("Mode", ModeChoice(controls.mode)),
            key_lock: BoolParam::new("Key lock", controls.key_lock),
            key: EnumParam::new("Key", KeyChoice(controls.key)),
            density: share("Density", controls.density),
            seed: IntParam::new("Seed", controls.seed as i32, int_range(SEEDS)),
            humanise: share("Humanise", controls.humanise),
            swing: share("Swing", controls.swing),
            thru: BoolParam::new("Thru", true),
            preview: BoolParam::new("Preview sound", true),
            preview_gain: FloatParam::new(
                "Preview level",
                -6.0,
                FloatRange::Linear { min: *PREVIEW_GAIN_DB.start(), max: *PREVIEW_GAIN_DB.end() },
            )
            .with_unit(" dB")
            .with_step_size(0.1),
            voices: player(Player::Voices, "Voices"),
            chords: player(Player::Chords, "Chords"),
            bass: player(Player::Bass, "Bass"),
            lead: player(Player::Lead, "Lead"),
            melody: MelodyParams {
                chromaticism: level("Lead chromaticism", controls.lead_chromaticism, &AMOUNTS),
                syncopation: level("Lead syncopation", controls.syncopation, &AMOUNTS),
            },
            // Which networks play belongs to the project, not to its performance.
            network: EnumParam::new("Networks", NetworkChoice(NetworkSet::ALL[0])).non_automatable(),
            listening: ListeningParams::default(),
            plan: PlanParams::default(),
            solo: LeadParams::default(),
            take: TakeParams::default(),
            // How the host is spoken to is no part of a performance either.
            notes_as_midi: BoolParam::new("Notes as MIDI", false).non_automatable(),
            // A bounce has what was heard.
            plan_ahead: IntParam::new("Plan ahead", 1, IntRange::Linear { min: 1, max: FARTHEST_AHEAD.into() })
                .with_value_to_string(Arc::new(|frames| format!("{frames}/16")))
                .with_string_to_value(Arc::new(|text| text.split('/').next()?.trim().parse().ok()))
                .non_automatable(),
            scenes: Scenes::default(),
            stamp: StampField::default(),
            memory: MemoryField::default(),
            unknown: RwLock::default(),
        }
    }
}

/// The number by which hosts know the parameter `id`: the framework addresses parameters by this hash, in CLAP, and
/// so the wrapper does in VST3.
pub fn number(id: &str) -> u32 {
    id.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) << 1 >> 1
}

impl PlayerParams {
    fn new(name: &str, controls: &PlayerControls) -> Self {
        Self {
            on: BoolParam::new(name, controls.on),
            density: share(&format!("{name} density"), controls.density),
            register: IntParam::new(format!("{name} register"), i32::from(controls.register), int_range(REGISTERS))
                .with_unit(" oct")
                .with_value_to_string(Arc::new(
                    |octaves| if octaves == 0 { "0".to_owned() } else { format!("{octaves:+}") },
                )),
            channel: IntParam::new(
                format!("{name} channel"),
                i32::from(controls.channel) + 1,
                IntRange::Linear { min: 1, max: 16 },
            ),
        }
    }

    fn snapshot(&self) -> PlayerControls {
        PlayerControls {
            on: self.on.value(),
            density: self.density.value().clamp(0.0, 1.0),
            register: self.register.value().clamp(*REGISTERS.start(), *REGISTERS.end()) as i8,
            channel: (self.channel.value().clamp(1, 16) - 1) as u8,
        }
    }
}

impl ContinuoParams {
    /// The parameters of `player`.
    pub fn player(&self, player: Player) -> &PlayerParams {
        match player {
            Player::Voices => &self.voices,
            Player::Chords => &self.chords,
            Player::Bass => &self.bass,
            Player::Lead => &self.lead,
        }
    }

    /// Main: the parameter with this [`number`]. It lives as long as `self`.
    fn param(&self, number: u32) -> Option<ParamPtr> {
        let known = self.param_map().into_iter().find(|(id, ..)| self::number(id) == number);
        known.map(|(_, param, _)| param)
    }

    /// Main: sets the parameter with this [`number`] to a normalised value, as a block would that brings it. What is no
    /// parameter or no number is left alone.
    pub fn set(&self, number: u32, normalized: f32) {
        if let Some(param) = self.param(number).filter(|_| normalized.is_finite()) {
            // SAFETY: the parameter is ours, and lives; its value is an atomic.
            unsafe { param._internal_set_normalized_value(normalized.clamp(0.0, 1.0)) };
        }
    }

    /// Main: the text, with its unit, of a value of the parameter with this [`number`]. Parameters that go in steps
    /// count them, as in CLAP; the others go from 0 to 1.
    pub fn text(&self, number: u32, value: f64) -> Option<String> {
        let param = self.param(number)?;
        // SAFETY: the parameter is ours, and lives.
        Some(unsafe { param.normalized_value_to_string(value as f32 / param.step_count().unwrap_or(1) as f32, true) })
    }

    /// Main: the value, as in [`ContinuoParams::text`], that `text` means for the parameter with this [`number`].
    pub fn value_of_text(&self, number: u32, text: &str) -> Option<f64> {
        let param = self.param(number)?;
        // SAFETY: the parameter is ours, and lives.
        let (normalized, steps) = unsafe { (param.string_to_normalized_value(text)?, param.step_count()) };
        Some(f64::from(normalized) * steps.unwrap_or(1) as f64)
    }

    /// Main: plans as far ahead as blocks of `samples` ask for at 120 quarter notes to the minute, so that none of them
    /// leaves the worker less than half a frame.
    pub fn plan_ahead_for(&self, samples: u32, sample_rate: f64) {
        let frames = f64::from(samples) / sample_rate * 120.0 / 60.0 * (TICKS_PER_QUARTER / TICKS_PER_FRAME) as f64;
        let ahead = (frames + 0.5).ceil().clamp(1.0, FARTHEST_AHEAD.into());
        // SAFETY: the parameter is ours, and live; its value is an atomic.
        unsafe { self.plan_ahead._internal_set_plain_value(ahead as i32) };
    }

    /// The musical parameters as they stand now, all in range whatever the host has set. Audio may call it: it
    /// neither allocates nor waits.
    pub fn controls(&self) -> Controls {
        let mut controls = Controls {
            style_a: self.style_a.value().0,
            style_b: self.style_b.value().0,
            style_blend: self.style_blend.value().clamp(0.0, 1.0),
            temperature: self.temperature.value().clamp(0.0, MAX_TEMPERATURE),
            follow: self.follow.value().clamp(0.0, 1.0),
            chord_rate: level_of(&self.chord_rate),
            chromaticism: level_of(&self.tension),
            mode: self.mode.value().0,
            lead_chromaticism: level_of(&self.melody.chromaticism),
            syncopation: level_of(&self.melody.syncopation),
            key_lock: self.key_lock.value(),
            key: self.key.value().0,
            density: self.density.value().clamp(0.0, 1.0),
            seed: self.seed.value().clamp(*SEEDS.start(), *SEEDS.end()) as u32,
            humanise: self.humanise.value().clamp(0.0, 1.0),
            swing: self.swing.value().clamp(0.0, 1.0),
            players: PlayerMap::of(|player| self.player(player).snapshot()),
            ..Controls::default()
        };
        self.listening.apply(&mut controls);
        self.plan.apply(&mut controls);
        self.solo.apply(&mut controls);
        self.take.apply(&mut controls);
        controls
    }
}

/// A parameter from 0 to 1 that is shown in percent.
fn share(name: &str, default: f32) -> FloatParam {
    FloatParam::new(name, default, FloatRange::Linear { min: 0.0, max: 1.0 })
        .with_unit(" %")
        .with_value_to_string(formatters::v2s_f32_percentage(0))
        .with_string_to_value(formatters::s2v_f32_percentage())
}

fn int_range(range: RangeInclusive<i32>) -> IntRange {
    IntRange::Linear { min: *range.start(), max: *range.end() }
}

/// Where the saved state's [`Stamp`] passes through. What is written is always the present version without remarks; the
/// remarks of what is read become notices.
#[derive(Default)]
pub struct StampField {
    attached: OnceLock<Arc<Shared>>,
    /// What else a newer Continuo has saved with the stamp.
    unknown: Mutex<Fields>,
}

impl StampField {
    /// Main: says who shows the remarks.
    pub fn attach(&self, shared: Arc<Shared>) {
        // Attaching twice would be to the same instance.
        let _ = self.attached.set(shared);
    }
}

impl<'a> PersistentField<'a, Stamp> for StampField {
    fn set(&self, stamp: Stamp) {
        *self.unknown.lock().unwrap_or_else(PoisonError::into_inner) = stamp.unknown;
        if let Some(shared) = self.attached.get() {
            stamp.remarks.into_iter().for_each(|remark| shared.notify(remark));
        }
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Stamp) -> R,
    {
        let unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner).clone();
        f(&Stamp { unknown, ..Stamp::default() })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use continuo_models::MAX_LEVEL;
    use continuo_models::music::Mode;

    use super::*;

    #[test]
    fn the_ids_are_final() {
        let mut expected: Vec<String> = [
            "style_a",
            "style_b",
            "style_blend",
            "temperature",
            "follow",
            "chord_rate",
            "tension",
            "mode",
            "key_lock",
            "key",
            "density",
            "seed",
            "humanise",
            "swing",
            "thru",
            "preview",
            "preview_gain",
        ]
        .map(String::from)
        .to_vec();
        for player in ["voices", "chords", "bass", "lead"] {
            expected.extend(["on", "density", "register", "channel"].map(|field| format!("{player}_{field}")));
        }
        expected.extend(["lead_chromaticism", "syncopation", "network"].map(String::from));
        expected.extend(["left_hand", "tempo", "tap", "follow_tempo"].map(String::from));
        expected
            .extend(["commit", "wait", "form", "cadence", "max_repeats", "scale", "chords_manner"].map(String::from));
        expected.extend(["lead_mode", "motif", "max_leap", "strong_tones"].map(String::from));
        expected
            .extend(["memory", "freeze", "again", "again_new", "scene", "scene_at", "keep_memory"].map(String::from));
        expected.extend(["notes_as_midi", "plan_ahead"].map(String::from));
        let ids: Vec<String> = ContinuoParams::default().param_map().into_iter().map(|(id, ..)| id).collect();
        assert_eq!(ids, expected);
    }

    #[test]
    fn no_two_ids_share_a_hash() {
        let map = ContinuoParams::default().param_map();
        let hashes: BTreeSet<u32> = map.iter().map(|(id, ..)| number(id)).collect();
        assert_eq!(hashes.len(), map.len());
    }

    #[test]
    fn the_defaults_are_the_musical_defaults() {
        assert_eq!(ContinuoParams::default().controls(), Controls::default());
    }

    #[test]
    fn levels_and_modes_pass_to_the_band_and_networks_do_not_move_by_automation() {
        let params = ContinuoParams::default();
        for (id, param, _) in params.param_map() {
            // SAFETY: the parameters live until the end of the test.
            let (steps, flags, free) = unsafe {
                (
                    param.step_count(),
                    param.flags(),
                    param.normalized_value_to_string(param.default_normalized_value(), true),
                )
            };
            match id.as_str() {
                "chord_rate" | "tension" | "lead_chromaticism" | "syncopation" => {
                    assert_eq!((steps, free.as_str()), (Some(5), "Free"), "{id}");
                }
                "mode" => assert_eq!((steps, free.as_str()), (Some(2), "Free")),
                "network" => assert_eq!((steps, free.as_str()), (Some(2), "GRU")),
                _ => {}
            }
            let is_of_the_project = matches!(id.as_str(), "network" | "keep_memory" | "notes_as_midi" | "plan_ahead");
            assert_eq!(flags.contains(ParamFlags::NON_AUTOMATABLE), is_of_the_project, "{id}");
            let top = match id.as_str() {
                "chord_rate" | "tension" | "mode" | "lead_chromaticism" | "syncopation" => 1.0,
                _ => continue,
            };
            // SAFETY: as above.
            unsafe { param._internal_set_normalized_value(top) };
        }
        let controls = params.controls();
        let levels = [controls.chord_rate, controls.chromaticism, controls.lead_chromaticism, controls.syncopation];
        assert_eq!(levels, [Some(MAX_LEVEL); 4]);
        assert_eq!(controls.mode, Some(Mode::Minor));
    }

    #[test]
    fn the_longer_the_blocks_the_further_ahead_is_planned() {
        let params = ContinuoParams::default();
        // A frame is 5512.5 samples long.
        for (samples, ahead) in [(64, 1), (2048, 1), (2756, 1), (4096, 2), (8192, 2), (16_384, 4), (1 << 20, 4)] {
            params.plan_ahead_for(samples, 44_100.0);
            assert_eq!(params.plan_ahead.value(), ahead, "blocks of {samples}");
        }
    }

    #[test]
    fn percentages_are_shown_and_read_in_percent() {
        let params = ContinuoParams::default();
        assert_eq!(params.style_blend.normalized_value_to_string(0.25, true), "25 %");
        assert_eq!(params.style_blend.string_to_normalized_value("25 %"), Some(0.25));
        assert_eq!(params.bass.register.normalized_value_to_string(1.0, true), "+2 oct");
    }

    #[test]
    fn every_text_is_read_back_as_the_value_that_it_shows() {
        let params = ContinuoParams::default();
        for (id, param, _) in params.param_map() {
            for step in 0..=100 {
                let normalized = step as f32 / 100.0;
                // SAFETY: the parameters live until the end of the test.
                let (text, read, again) = unsafe {
                    let text = param.normalized_value_to_string(normalized, true);
                    let read = param.string_to_normalized_value(&text).unwrap_or(f32::NAN);
                    (text, read, param.normalized_value_to_string(read, true))
                };
                assert_eq!(again, text, "{id}: {text} is read as {read}");
            }
        }
    }
}
