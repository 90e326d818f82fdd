//! The page of what Continuo is connected to: sound and MIDI, controllers, the host.

use continuo_models::Player;
use egui::{Rect, Ui};
use nice_plug::prelude::ParamSetter;

use crate::params::ContinuoParams;
use crate::routing;

use super::layout::split;
use super::request::Request;
use super::setting::Bound;
use super::theme::GAP;
use super::view::View;
use super::{controllers_card, routing_card, sound_card};

/// Shows the page in `rect`: three cards. Returns what was asked for.
pub fn show(ui: &mut Ui, rect: Rect, params: &ContinuoParams, setter: &ParamSetter, view: &View) -> Option<Request> {
    let width = (rect.width() - 2.0 * GAP) / 3.0;
    let (sound, rest) = split(rect, width);
    let (controllers, routing) = split(rest, width);
    controllers_card::show(ui, controllers, &view.controllers, &params.controllers);
    let controls = params.controls();
    let channels = Player::ALL.map(|player| (player, controls.player(player).channel + 1));
    let settings = routing_card::Settings { thru: &Bound { param: &params.thru, setter } };
    routing_card::show(ui, routing, routing::host(&view.host), &channels, &settings);
    sound_card::show(ui, sound, view.machine.as_ref(), view.stream).map(Request::Machine)
}
