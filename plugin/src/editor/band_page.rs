//! The page for how the band listens, plans and learns.

use egui::{Rect, Ui};
use nice_plug::prelude::ParamSetter;

use crate::params::ContinuoParams;

use super::layout::split;
use super::request::Request;
use super::setting::Bound;
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

    let settings = time_card::Settings {
        tempo: &Bound { param: &params.listening.tempo, setter },
        tap: &Bound { param: &params.listening.tap, setter },
        follow: &Bound { param: &params.listening.follow_tempo, setter },
        left_hand: &Bound { param: &params.listening.left_hand, setter },
        notes_as_midi: &Bound { param: &params.notes_as_midi, setter },
    };
    time_card::show(ui, time, &view.pulse, &settings);
    let settings = plan_card::Settings {
        commit: &Bound { param: &params.plan.commit, setter },
        wait: &Bound { param: &params.plan.wait, setter },
        max_repeats: &Bound { param: &params.plan.max_repeats, setter },
        form: &Bound { param: &params.plan.form, setter },
        manner: &Bound { param: &params.plan.manner, setter },
    };
    plan_card::show(ui, plan, &settings);
    let settings = memory_card::Settings {
        memory: &Bound { param: &params.take.memory, setter },
        keep: &Bound { param: &params.take.keep_memory, setter },
    };
    let clears = memory_card::show(ui, memory, &settings);
    let settings = lead_card::Settings {
        mode: &Bound { param: &params.solo.mode, setter },
        motif: &Bound { param: &params.solo.motif, setter },
        max_leap: &Bound { param: &params.solo.max_leap, setter },
        strong_tones: &Bound { param: &params.solo.strong_tones, setter },
    };
    lead_card::show(ui, lead, params.solo.mode.value().into(), &settings);
    let settings = scale_card::Settings {
        key_lock: &Bound { param: &params.key_lock, setter },
        key: &Bound { param: &params.key, setter },
        scale: &Bound { param: &params.plan.scale, setter },
    };
    scale_card::show(ui, scale, params.key.value().0, &settings);
    clears.then_some(Request::ClearMemory)
}
