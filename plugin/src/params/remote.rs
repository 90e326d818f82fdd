//! Pages of eight parameters for the knobs of hardware controllers.

use continuo_models::Player;
use nice_plug::context::remote_controls::{RemoteControlsPage, RemoteControlsSection};
use nice_plug::prelude::*;

use super::ContinuoParams;

/// The pages but for the players', each with its section and its parameters. Hosts know a page by its place: new ones
/// come last, and so do players.
const PAGES: [(&str, &str, &[&str]); 6] = [
    ("Band", "Band", &["style_a", "style_b", "style_blend", "temperature", "follow", "density", "swing", "humanise"]),
    ("Band", "Harmony", &["chord_rate", "tension", "mode", "key_lock", "key", "scale", "form", "max_repeats"]),
    (
        "Band",
        "Melody",
        &[
            "lead_mode",
            "motif",
            "max_leap",
            "strong_tones",
            "lead_chromaticism",
            "syncopation",
            "chords_manner",
            "memory",
        ],
    ),
    (
        "Performance",
        "Scene and preset",
        &["preset", "scene", "scene_at", "freeze", "cadence", "again", "again_new", "seed"],
    ),
    (
        "Performance",
        "Listening",
        &["left_hand", "commit", "wait", "tempo", "tap", "follow_tempo", "follow_chart", "learn_tune"],
    ),
    ("Performance", "Sound", &["thru", "preview", "preview_gain", "metronome", "count_in", "hand_at_once"]),
];

/// The pages behind those of the players, in the same way.
const LAST: [(&str, &str, &[&str]); 4] = [
    (
        "Players",
        "Drums and feel",
        &["drums_loudness", "fills", "fill_complexity", "cymbal", "brushes", "kit", "swing_by_style", "dynamics"],
    ),
    ("Players", "Vary", &["chords_vary", "bass_vary", "drums_vary", "bar_source", "vamp"]),
    (
        "Players",
        "Morph and drift",
        &["morph_x", "morph_y", "morph_style", "morph_by_beat", "chords_drift", "bass_drift", "drums_drift"],
    ),
    (
        "Players",
        "Rolls and locks",
        &["chords_roll", "bass_roll", "drums_roll", "chords_lock", "bass_lock", "drums_lock"],
    ),
];

/// Adds the pages of `params` to those of the framework. The players are two on a page.
pub fn add_remote_controls(params: &ContinuoParams, context: &mut impl RemoteControlsContext) {
    let map = params.param_map();
    let mut add = |section: &str, page: &str, ids: &[String]| {
        context.add_section(section, |section| {
            section.add_page(page, |page| {
                for id in ids {
                    if let Some((_, param, _)) = map.iter().find(|(known, ..)| known == id) {
                        add_param(page, *param);
                    }
                }
            });
        });
    };
    let strings = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    for (section, page, ids) in PAGES {
        add(section, page, &strings(ids));
    }
    for pair in Player::ALL.chunks(2) {
        let name = pair.iter().map(|player| player.kind().name).collect::<Vec<_>>().join(" and ");
        let own = |player: &Player| {
            let id = player.kind().id;
            ["on", "density", "register", "channel"].map(|of| format!("{id}_{of}"))
        };
        add("Players", &name, &pair.iter().flat_map(own).collect::<Vec<_>>());
    }
    for (section, page, ids) in LAST {
        add(section, page, &strings(ids));
    }
}

fn add_param(page: &mut impl RemoteControlsPage, param: ParamPtr) {
    // SAFETY: the parameters live as long as those who call this borrow them.
    unsafe {
        match param {
            ParamPtr::FloatParam(param) => page.add_param(&*param),
            ParamPtr::IntParam(param) => page.add_param(&*param),
            ParamPtr::BoolParam(param) => page.add_param(&*param),
            ParamPtr::EnumParam(param) => page.add_param(&*param),
        }
    }
}
