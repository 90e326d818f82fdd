//! The page of what Continuo is connected to: sound and MIDI, controllers, the host.

use continuo_models::Player;
use egui::{Rect, Ui};
use nice_plug::prelude::ParamSetter;

use crate::params::ContinuoParams;
use crate::routing;

use super::layout::split;
use super::setting::Bound;
use super::theme::GAP;
use super::view::View;
use super::{paint, routing_card};

/// Shows the page in `rect`: three cards.
pub fn show(ui: &mut Ui, rect: Rect, params: &ContinuoParams, setter: &ParamSetter, view: &View) {
    let width = (rect.width() - 2.0 * GAP) / 3.0;
    let (sound, rest) = split(rect, width);
    let (controllers, routing) = split(rest, width);
    for card in [sound, controllers] {
        paint::card(ui.painter(), card);
    }
    let controls = params.controls();
    let channels = Player::ALL.map(|player| (player, controls.player(player).channel + 1));
    let settings = routing_card::Settings { thru: &Bound { param: &params.thru, setter } };
    routing_card::show(ui, routing, routing::host(&view.host), &channels, &settings);
}
