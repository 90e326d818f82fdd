//! The parameters, as hosts have them: what `models` declares, and the plug-in's own.
//!
//! IDs are final: hosts store automation under them and projects are saved with them.

mod attached;
pub mod changes;
mod chart;
pub mod controllers;
mod guarded;
mod host;
mod memory;
mod own;
mod plain;
mod presets;
mod remote;
pub mod saved;
mod steps;

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use continuo_models::controls::PARAMETERS;
use continuo_models::controls::parameter::Section;
use continuo_models::music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER};
use continuo_models::score::FARTHEST_AHEAD;
use continuo_models::{Controls, Player, PlayerControls, PlayerMap};
use nice_plug::params::InternalParamMut;
use nice_plug::params::internals::ParamPtr;
use nice_plug::params::persist::PersistentField;
use nice_plug::prelude::*;

use crate::bank::Bank;
use crate::presets::project::Remembered;
use crate::repair::Fields;
use crate::scenes::Scenes;
use crate::seam::{NetworkSet, Revision, Shared};
use changes::Changes;
use controllers::Controllers;
use host::Declared;
use saved::{Stamp, Unknown};

pub use attached::Attached;
pub use chart::{ChartField, SavedChart};
pub use guarded::GuardedParams;
pub use host::HostParam;
pub use memory::{MemoryField, SavedMemory};
pub use own::{ListeningParams, NetworkChoice, Programs, RecallParams, SceneTime, TakeParams};
pub use plain::{ArrangementField, CapturedField, SavedArrangement, SavedBar};
pub use remote::add_remote_controls;
pub use steps::GrownChoices;

/// The loudness of the preview sound, in decibels.
pub const PREVIEW_GAIN_DB: RangeInclusive<f32> = -36.0..=6.0;

/// Every parameter of the plug-in. The host and the panel write, audio reads; each value is an atomic.
///
/// Those of the band are what [`Controls`] declare, section by section; the plug-in's own stand between them. Hosts
/// show them in this order.
#[derive(Params)]
pub struct ContinuoParams {
    #[nested]
    band: Declared<Controls>,
    /// Whether the notes that you play go to the output too.
    #[id = "thru"]
    pub thru: BoolParam,
    /// Whether the built-in sound plays.
    #[id = "preview"]
    pub preview: BoolParam,
    /// The loudness of the built-in sound, in decibels.
    #[id = "preview_gain"]
    pub preview_gain: FloatParam,
    #[nested]
    players: Players,
    #[nested(group = "Lead")]
    melody: Declared<Controls>,
    /// The networks that the band plays with.
    #[id = "network"]
    pub network: EnumParam<NetworkChoice>,
    #[nested(group = "Listening")]
    ears: Declared<Controls>,
    /// How the band keeps time.
    #[nested(group = "Listening")]
    pub listening: ListeningParams,
    #[nested(group = "Plan")]
    plan: Declared<Controls>,
    #[nested(group = "Plan")]
    scale: Declared<Controls>,
    #[nested(group = "Plan")]
    comping: Declared<Controls>,
    #[nested(group = "Lead")]
    solo: Declared<Controls>,
    #[nested(group = "Take")]
    kept: Declared<Controls>,
    /// Which take and which scene are played.
    #[nested(group = "Take")]
    pub take: TakeParams,
    /// Whether notes leave the CLAP plug-in as MIDI messages, for hosts that do not take notes.
    #[id = "notes_as_midi"]
    pub notes_as_midi: BoolParam,
    /// By how many frames the band plans ahead.
    #[id = "plan_ahead"]
    pub plan_ahead: IntParam,
    /// Which preset is recalled.
    #[nested(group = "Take")]
    pub recall: RecallParams,
    /// Whether a click of the built-in sound marks the beats of the song.
    #[id = "metronome"]
    pub metronome: BoolParam,
    #[nested(group = "Plan")]
    charted: Declared<Controls>,
    #[nested(group = "Drums")]
    drums: Declared<Controls>,
    #[nested(group = "Band")]
    feel: Declared<Controls>,
    /// By how many bars sticks count in a song that begins by itself.
    #[id = "count_in"]
    pub count_in: IntParam,
    #[nested(group = "Band")]
    bars: Declared<Controls>,
    #[nested(group = "Band")]
    hand: Declared<Controls>,
    #[nested(group = "Band")]
    song: Declared<Controls>,
    /// The learnt controllers.
    #[persist = "controllers"]
    pub controllers: Controllers,
    /// The scenes.
    #[persist = "scenes"]
    pub scenes: Scenes,
    /// What the project remembers of presets.
    #[persist = "presets"]
    pub presets: Remembered,
    /// The presets that have a number in the project.
    #[persist = "bank"]
    pub bank: Bank,
    /// The version of the saved state, and what was repaired in it.
    #[persist = "state"]
    pub stamp: StampField,
    /// What the band has learnt of the musician, if it is to be kept.
    #[persist = "memory"]
    pub memory: MemoryField,
    /// The chart of the project.
    #[persist = "chart"]
    pub chart: ChartField,
    /// The bar that the musician has captured of the band.
    #[persist = "captured"]
    pub captured: CapturedField,
    /// What the musician has made of the sections of the song.
    #[persist = "arrangement"]
    pub arrangement: ArrangementField,
    /// What a newer Continuo has saved, to be written back.
    #[persist = "unknown"]
    pub unknown: RwLock<Unknown>,
    /// Counts up when what a frame is decided by changes.
    pub revision: Revision,
}

impl Default for ContinuoParams {
    fn default() -> Self {
        let revision = Revision::default();
        let section = |section| {
            let declared = PARAMETERS.iter().filter(move |parameter| parameter.section == section);
            Declared::new(declared, &Controls::default(), &revision, |about| {
                (about.id.to_owned(), about.name.to_owned())
            })
        };
        let bank = Bank::new(&revision);
        Self {
            band: section(Section::Band),
            thru: BoolParam::new("Thru", true),
            preview: BoolParam::new("Preview sound", true),
            preview_gain: FloatParam::new(
                "Preview level",
                -6.0,
                FloatRange::Linear { min: *PREVIEW_GAIN_DB.start(), max: *PREVIEW_GAIN_DB.end() },
            )
            .with_unit(" dB")
            .with_step_size(0.1)
            // What is rounded to nothing has no sign.
            .with_value_to_string(Arc::new(|level| format!("{:.1}", (level * 10.0).round() / 10.0 + 0.0)))
            .with_string_to_value(Arc::new(|text| text.trim_end_matches("dB").trim().parse().ok())),
            players: Players(PlayerMap::of(|player| declared_of(player, &revision))),
            melody: section(Section::Melody),
            // Which networks play belongs to the project, not to its performance.
            network: EnumParam::new("Networks", NetworkChoice(NetworkSet::ALL[0]))
                .with_callback(revision.callback())
                .non_automatable(),
            ears: section(Section::Listening),
            listening: ListeningParams::default(),
            plan: section(Section::Plan),
            scale: section(Section::Scale),
            comping: section(Section::Comping),
            solo: section(Section::Solo),
            kept: section(Section::Take),
            take: TakeParams::new(&revision),
            // How the host is spoken to is no part of a performance either.
            notes_as_midi: BoolParam::new("Notes as MIDI", false).non_automatable(),
            // A bounce has what was heard.
            plan_ahead: IntParam::new("Plan ahead", 1, IntRange::Linear { min: 1, max: FARTHEST_AHEAD.into() })
                .with_value_to_string(Arc::new(|frames| format!("{frames}/16")))
                .with_string_to_value(Arc::new(|text| text.split('/').next()?.trim().parse().ok()))
                .with_callback(revision.callback())
                .non_automatable(),
            recall: RecallParams::of(&bank, &revision),
            metronome: BoolParam::new("Metronome", false),
            charted: section(Section::Chart),
            drums: section(Section::Drums),
            feel: section(Section::Feel),
            count_in: own::count_in(),
            bars: section(Section::Bars),
            hand: section(Section::Hand),
            song: section(Section::Song),
            controllers: Controllers::default(),
            scenes: Scenes::new(&revision),
            presets: Remembered::new(&revision),
            bank,
            stamp: StampField::default(),
            memory: MemoryField::default(),
            chart: ChartField::default(),
            captured: CapturedField::default(),
            arrangement: ArrangementField::default(),
            unknown: RwLock::default(),
            revision,
        }
    }
}

/// The number by which hosts know the parameter `id`: the framework addresses parameters by this hash, in CLAP, and
/// so the wrapper does in VST3.
pub fn number(id: &str) -> u32 {
    id.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) << 1 >> 1
}

/// The players' parameters, under the IDs `PLAYER_on` and so on, each player's in a group.
struct Players(PlayerMap<Declared<PlayerControls>>);

// SAFETY: the pointers are to parameters that live as long as `self`, and are never moved.
unsafe impl Params for Players {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        let grouped = |(player, declared): (Player, &Declared<PlayerControls>)| {
            let params = declared.param_map().into_iter();
            params.map(move |(id, param, _)| (id, param, player.kind().name.to_owned())).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(grouped).collect()
    }
}

/// The parameters of `player`: only pitches have a register.
fn declared_of(player: Player, revision: &Revision) -> Declared<PlayerControls> {
    let kind = player.kind();
    Declared::new(player.parameters(), Controls::default().player(player), revision, |about| {
        (player.id_of(about), format!("{} {}", kind.name, about.name).trim_end().to_owned())
    })
}

impl ContinuoParams {
    fn sections(&self) -> [&Declared<Controls>; 14] {
        let Self {
            band, melody, ears, plan, scale, comping, solo, kept, charted, drums, feel, bars, hand, song, ..
        } = self;
        [band, melody, ears, plan, scale, comping, solo, kept, charted, drums, feel, bars, hand, song]
    }

    /// The parameter of [`Controls`] with this ID.
    ///
    /// # Panics
    /// If none is declared.
    pub fn control(&self, id: &str) -> &HostParam {
        let found = self.sections().into_iter().find_map(|section| section.find(id));
        found.unwrap_or_else(|| panic!("no control is declared as {id}"))
    }

    /// The parameter of `player` that is declared as `id`; `None`: it has none.
    pub fn player(&self, player: Player, id: &str) -> Option<&HostParam> {
        self.players.0[player].find(id)
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
        let mut controls = Controls::default();
        self.sections().into_iter().for_each(|section| section.put(&mut controls));
        for (player, own) in controls.players.iter_mut() {
            self.players.0[player].put(own);
        }
        controls
    }

    /// Main, panel: what turns every knob that [`ContinuoParams::controls`] reads to what `controls` say. What is
    /// called for at the moment, to end and to freeze, stays.
    pub fn changes_to<'a>(&'a self, controls: &Controls) -> Changes<'a> {
        let mut changes = Changes::default();
        self.sections().into_iter().for_each(|section| section.adopt(controls, &mut changes));
        for (player, own) in controls.players.iter() {
            self.players.0[player].adopt(own, &mut changes);
        }
        changes
    }
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
    use proptest::prelude::*;

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
            let reshaped = ["vary", "drift", "roll", "lock"].map(|field| format!("{player}_{field}"));
            expected.extend(["chords", "bass"].contains(&player).then_some(reshaped).into_iter().flatten());
        }
        let drums = ["on", "density", "channel", "vary", "drift", "roll", "lock"];
        expected.extend(drums.map(|field| format!("drums_{field}")));
        expected.extend(["lead_chromaticism", "syncopation", "network"].map(String::from));
        expected.extend(["left_hand", "tempo", "tap", "follow_tempo"].map(String::from));
        expected
            .extend(["commit", "wait", "form", "cadence", "max_repeats", "scale", "chords_manner"].map(String::from));
        expected.extend(["lead_mode", "motif", "max_leap", "strong_tones"].map(String::from));
        expected
            .extend(["memory", "freeze", "again", "again_new", "scene", "scene_at", "keep_memory"].map(String::from));
        expected.extend(
            [
                "notes_as_midi",
                "plan_ahead",
                "preset",
                "programs",
                "metronome",
                "follow_chart",
                "learn_tune",
                "drums_loudness",
                "fills",
                "fill_complexity",
                "cymbal",
                "brushes",
                "kit",
                "swing_by_style",
                "dynamics",
                "count_in",
                "bar_source",
                "morph_x",
                "morph_y",
                "morph_style",
                "morph_by_beat",
                "hand_at_once",
                "vamp",
            ]
            .map(String::from),
        );
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
            let of_the_project = ["network", "keep_memory", "notes_as_midi", "plan_ahead", "programs", "count_in"];
            let is_of_the_project = of_the_project.contains(&id.as_str());
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
        let (HostParam::Number(blend), Some(HostParam::Whole(register))) =
            (params.control("style_blend"), params.player(Player::Bass, "register"))
        else {
            panic!("a share and a whole number");
        };
        assert_eq!(blend.normalized_value_to_string(0.25, true), "25 %");
        assert_eq!(blend.string_to_normalized_value("25 %"), Some(0.25));
        assert_eq!(register.normalized_value_to_string(1.0, true), "+2 oct");
    }

    /// What hosts show of a value, and what they show of the value that they read there.
    fn read_back(params: &ContinuoParams, id: u32, value: f64) -> (String, Option<String>) {
        let text = params.text(id, value).expect("every value has a text");
        let again = params.value_of_text(id, &text).and_then(|read| params.text(id, read));
        (text, again)
    }

    #[test]
    fn every_step_is_read_back_from_its_text() {
        let params = ContinuoParams::default();
        for (id, param, _) in params.param_map() {
            // SAFETY: the parameters live until the end of the test.
            let steps = unsafe { param.step_count() }.unwrap_or(0);
            for step in 0..=steps {
                let (text, again) = read_back(&params, number(&id), step as f64);
                assert_eq!(again.as_deref(), Some(text.as_str()), "{id}: step {step}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_text_is_read_back_as_the_value_that_it_shows(normalized in 0.0f32..=1.0) {
            let params = ContinuoParams::default();
            for (id, param, _) in params.param_map() {
                // SAFETY: the parameters live until the end of the test.
                let steps = unsafe { param.step_count() }.unwrap_or(1);
                let value = f64::from(normalized) * steps as f64;
                let (text, again) = read_back(&params, number(&id), value);
                prop_assert_eq!(again.as_deref(), Some(text.as_str()), "{}: {}", id, value);
            }
        }
    }

    #[test]
    fn values_are_words_or_have_a_unit_unless_they_are_plain_numbers() {
        let params = ContinuoParams::default();
        let mut plain = BTreeSet::new();
        for (id, param, _) in params.param_map() {
            for step in 0..=20 {
                // SAFETY: the parameters live until the end of the test.
                let text = unsafe { param.normalized_value_to_string(step as f32 / 20.0, true) };
                if text.parse::<f64>().is_ok() {
                    plain.insert(id.clone());
                }
            }
        }
        // A scale may have one step alone.
        assert_eq!(plain, ["max_repeats", "scale", "seed", "temperature"].map(String::from).into());
    }
}
