//! The page of what the band strikes, and how it feels time and loudness.

use std::sync::Arc;

use continuo_models::{Arrangement, Player};
use egui::{Rect, Ui};
use nice_plug::prelude::ParamSetter;

use crate::params::ContinuoParams;

use super::layout::split;
use super::morph_card::Struck;
use super::request::Request;
use super::sections_strip::Wish;
use super::setting::{Bound, Control};
use super::theme::GAP;
use super::view::View;
use super::{bars_card, drums_card, feel_card, kit_card, morph_card, vary_card};

/// The height of the drummer's card, and the width of that and the card of feel below it, in points.
const DRUMS: f32 = 124.0;
const LEFT: f32 = 448.0;
/// The width of the cards in the middle, and the height of the upper one.
const MIDDLE: f32 = 366.0;
const BARS: f32 = 78.0;

/// Shows the page in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, params: &ContinuoParams, setter: &ParamSetter, view: &View) -> Option<Request> {
    let (left, right) = split(rect, LEFT);
    let (drums, feel) = left.split_top_bottom_at_y(left.top() + DRUMS);
    let control = |id| Control { param: params.control(id), setter };
    let settings = drums_card::Settings {
        loudness: &control("drums_loudness"),
        fills: &control("fills"),
        complexity: &control("fill_complexity"),
        cymbal: &control("cymbal"),
        brushes: &control("brushes"),
        kit: &control("kit"),
    };
    let shows_keys = drums_card::show(ui, drums, &settings);
    let settings = feel_card::Settings {
        swing: &control("swing"),
        by_style: &control("swing_by_style"),
        humanise: &control("humanise"),
        dynamics: &control("dynamics"),
        count_in: &Bound { param: &params.count_in, setter },
    };
    feel_card::show(ui, feel.with_min_y(feel.top() + GAP), &settings);
    if shows_keys {
        kit_card::show(ui, right, &view.keys, params.controls().kit);
        return None;
    }
    let (middle, morph) = split(right, MIDDLE);
    let (bars, vary) = middle.split_top_bottom_at_y(middle.top() + BARS);
    let settings = bars_card::Settings { source: &control("bar_source"), vamp: &control("vamp") };
    let arrangement = params.arrangement.newest();
    if let Some(wish) = bars_card::show(ui, bars, &settings, &view.groove.round, &arrangement) {
        params.arrangement.set(Arc::new(arranged(&arrangement, wish, &view.groove)));
    }
    show_vary(ui, vary.with_min_y(vary.top() + GAP), params, setter, view.groove.bar);
    let settings = morph_card::Settings {
        across: &control("morph_x"),
        up: &control("morph_y"),
        style: &control("morph_style"),
        by_beat: &control("morph_by_beat"),
    };
    let captured = params.captured.newest();
    let state =
        morph_card::State { captured: &captured, meter: view.pulse.meter, has_network: view.groove.has_network };
    if !morph_card::show(ui, morph, &settings, &state) {
        return None;
    }
    if view.groove.now.is_empty() {
        return Some(Request::Tell("Nobody strikes anything that can be captured: let the band play first."));
    }
    params.captured.set(Arc::clone(&view.groove.now));
    None
}

/// The arrangement with what is wished for done to it.
fn arranged(arrangement: &Arrangement, wish: Wish, groove: &Struck) -> Arrangement {
    match wish {
        Wish::Lock(letter) => arrangement.clone().with_lock_turned(letter, groove.draw),
        Wish::Move { from, to } => arrangement.clone().with_moved(&groove.round, from, to),
    }
}

fn show_vary(ui: &mut Ui, rect: Rect, params: &ContinuoParams, setter: &ParamSetter, bar: i64) {
    let controls = |player| {
        let control = |id| Some(Control { param: params.player(player, id)?, setter });
        Some((player, [control("vary")?, control("drift")?, control("lock")?, control("roll")?]))
    };
    let players: Vec<(Player, [Control; 4])> = Player::ALL.into_iter().filter_map(controls).collect();
    let rows: Vec<vary_card::Row> = (players.iter())
        .map(|(player, [vary, drift, lock, roll])| vary_card::Row { player: *player, vary, drift, lock, roll })
        .collect();
    vary_card::show(ui, rect, &rows, bar);
}
