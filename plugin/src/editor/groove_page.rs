//! The page of what the band strikes, and how it feels time and loudness.

use egui::{Rect, Ui};
use nice_plug::prelude::ParamSetter;

use crate::params::ContinuoParams;

use super::layout::split;
use super::setting::{Bound, Control};
use super::theme::GAP;
use super::view::View;
use super::{drums_card, feel_card, kit_card};

/// The height of the upper row, in points.
const UPPER: f32 = 124.0;
/// The width of the drummer's card, in points.
const DRUMS: f32 = 560.0;

/// Shows the page in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, params: &ContinuoParams, setter: &ParamSetter, view: &View) {
    let (upper, lower) = rect.split_top_bottom_at_y(rect.top() + UPPER);
    let (drums, feel) = split(upper, DRUMS);
    let control = |id| Control { param: params.control(id), setter };
    let settings = drums_card::Settings {
        loudness: &control("drums_loudness"),
        fills: &control("fills"),
        complexity: &control("fill_complexity"),
        cymbal: &control("cymbal"),
        brushes: &control("brushes"),
        kit: &control("kit"),
    };
    drums_card::show(ui, drums, &settings);
    let settings = feel_card::Settings {
        swing: &control("swing"),
        by_style: &control("swing_by_style"),
        humanise: &control("humanise"),
        dynamics: &control("dynamics"),
        count_in: &Bound { param: &params.count_in, setter },
    };
    feel_card::show(ui, feel, &settings);
    kit_card::show(ui, lower.with_min_y(lower.top() + GAP), &view.keys, params.controls().kit);
}
