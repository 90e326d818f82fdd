//! The page of what the band strikes, and how it feels time and loudness.

use continuo_models::Player;
use egui::{Rect, Ui};
use nice_plug::prelude::ParamSetter;

use crate::params::ContinuoParams;

use super::layout::split;
use super::setting::{Bound, Control, Setting};
use super::theme::GAP;
use super::view::View;
use super::{bars_card, drums_card, feel_card, kit_card, vary_card};

/// The height of the upper row, in points.
const UPPER: f32 = 124.0;
/// The widths of the drummer's card and of that of feel, in points.
const DRUMS: f32 = 470.0;
const FEEL: f32 = 376.0;
/// The width of the card of where bars come from, in points.
const BARS: f32 = 220.0;

/// Shows the page in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, params: &ContinuoParams, setter: &ParamSetter, view: &View) {
    let (upper, lower) = rect.split_top_bottom_at_y(rect.top() + UPPER);
    let (drums, rest) = split(upper, DRUMS);
    let (feel, vary) = split(rest, FEEL);
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
    let own = |player| Some((player, Control { param: params.player(player, "vary")?, setter }));
    let players: Vec<(Player, Control)> = Player::ALL.into_iter().filter_map(own).collect();
    let knobs: Vec<(Player, &dyn Setting)> =
        players.iter().map(|(player, control)| (*player, control as &dyn Setting)).collect();
    vary_card::show(ui, vary, &knobs);
    let (bars, kit) = split(lower.with_min_y(lower.top() + GAP), BARS);
    bars_card::show(ui, bars, &control("bar_source"));
    kit_card::show(ui, kit, &view.keys, params.controls().kit);
}
