//! The page for playing: styles, the whole band, and its players.

use continuo_models::Player;
use egui::{Rect, Ui, UiBuilder, pos2};
use nice_plug::prelude::ParamSetter;

use crate::params::ContinuoParams;
use crate::seam::Part;

use super::layout::split;
use super::setting::{Control, Setting};
use super::swing::Swing;
use super::theme::GAP;
use super::view::View;
use super::{band, player_strip, style_selector};

/// The height of the upper row, in points.
const CONTROLS: f32 = 124.0;

/// The width of the styles, in points.
const STYLES: f32 = 272.0;

/// Where on the page in `rect` the styles and the players are.
pub fn places(rect: Rect) -> (Rect, Rect) {
    let (controls, players) = rect.split_top_bottom_at_y(rect.top() + CONTROLS);
    (split(controls, STYLES).0, players.with_min_y(players.top() + GAP))
}

/// Shows the page in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, params: &ContinuoParams, setter: &ParamSetter, view: &View) {
    let (style, players) = places(rect);
    let rest = Rect::from_min_max(pos2(style.right() + GAP, style.top()), pos2(rect.right(), style.bottom()));
    let control = |id| Control { param: params.control(id), setter };
    let settings = style_selector::Settings {
        style_a: &control("style_a"),
        style_b: &control("style_b"),
        blend: &control("style_blend"),
    };
    style_selector::show(ui, style, &settings);
    let settings = band::Settings {
        temperature: &control("temperature"),
        follow: &control("follow"),
        density: &control("density"),
        swing: &Swing { knob: &control("swing"), by_style: &control("swing_by_style") },
        humanise: &control("humanise"),
        chord_rate: &control("chord_rate"),
        tension: &control("tension"),
        mode: &control("mode"),
        key_lock: &control("key_lock"),
        key: &control("key"),
        seed: &control("seed"),
    };
    band::show(ui, rest, &settings);

    let width = (players.width() + GAP) / Player::COUNT as f32 - GAP;
    let mut left = players.left();
    for player in Player::ALL {
        let right = left + width;
        let rect = Rect::from_x_y_ranges(left..=right, players.y_range());
        left = right + GAP;
        let own = |id| params.player(player, id).map(|param| Control { param, setter });
        let (Some(on), Some(density), Some(channel)) = (own("on"), own("density"), own("channel")) else { continue };
        let register = own("register");
        let register = register.as_ref().map(|register| register as &dyn Setting);
        let settings = player_strip::Settings { on: &on, density: &density, register, channel: &channel };
        let sounding = view.keys.iter().any(|mask| mask & Part::from(player).bit() != 0);
        let name = player.kind().name;
        let group = UiBuilder::new().max_rect(rect).id_salt(name).accessibility_label(name);
        ui.scope_builder(group.accessibility_role(egui::accesskit::Role::Group), |ui| {
            player_strip::show(ui, rect, player, sounding, &settings);
        });
    }
}
