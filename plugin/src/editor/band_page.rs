//! The page for how the band listens, plans and learns.

use egui::{Rect, Ui};
use nice_plug::prelude::ParamSetter;

use crate::params::ContinuoParams;

use super::layout::split;
use super::request::Request;
use super::setting::{Bound, Control};
use super::theme::GAP;
use super::view::View;
use super::{lead_card, memory_card, plan_card, scale_card, time_card};

/// The height of the upper row, in points.
const UPPER: f32 = 124.0;

/// Shows the page in `rect`. Returns what was asked for besides parameters.
pub fn show(ui: &mut Ui, rect: Rect, params: &ContinuoParams, setter: &ParamSetter, view: &View) -> Option<Request> {
    let (upper, lower) = rect.split_top_bottom_at_y(rect.top() + UPPER);
    let lower = lower.with_min_y(lower.top() + GAP);
    let (time, rest) = split(upper, 376.0);
    let (plan, memory) = split(rest, 530.0);
    let (lead, scale) = split(lower, 572.0);
    let control = |id| Control { param: params.control(id), setter };
    let controls = params.controls();

    let settings = time_card::Settings {
        tempo: &Bound { param: &params.listening.tempo, setter },
        tap: &Bound { param: &params.listening.tap, setter },
        follow: &Bound { param: &params.listening.follow_tempo, setter },
        left_hand: &control("left_hand"),
        at_once: &control("hand_at_once"),
        notes_as_midi: &Bound { param: &params.notes_as_midi, setter },
    };
    time_card::show(ui, time, &view.pulse, &settings);
    let settings = plan_card::Settings {
        commit: &control("commit"),
        wait: &control("wait"),
        max_repeats: &control("max_repeats"),
        form: &control("form"),
        manner: &control("chords_manner"),
        networks: &Bound { param: &params.network, setter },
    };
    plan_card::show(ui, plan, &settings);
    let settings =
        memory_card::Settings { memory: &control("memory"), keep: &Bound { param: &params.take.keep_memory, setter } };
    let clears = memory_card::show(ui, memory, &settings);
    let settings = lead_card::Settings {
        mode: &control("lead_mode"),
        motif: &control("motif"),
        max_leap: &control("max_leap"),
        strong_tones: &control("strong_tones"),
        chromaticism: &control("lead_chromaticism"),
        syncopation: &control("syncopation"),
    };
    lead_card::show(ui, lead, controls.lead_mode, &settings);
    let settings =
        scale_card::Settings { key_lock: &control("key_lock"), key: &control("key"), scale: &control("scale") };
    scale_card::show(ui, scale, controls.key, &settings);
    clears.then_some(Request::ClearMemory)
}
