//! What can be learnt: its menu (right click, long press, Shift and Enter), its mark if a controller moves it, and its
//! place while one chooses.

use std::sync::Mutex;

use egui::{Rect, Response, Shape, Stroke, Ui, vec2};

use crate::params::controllers::{Action, Learnt};
use crate::seam::PickUp;

use super::learn::{Desk, Mode, Target, find, locked};
use super::setting::Setting;
use super::{learn_menu, theme};

/// What is higher is a dial, in points.
const DIAL: f32 = 60.0;

/// A control that changes `setting` can be learnt.
pub fn offer(ui: &Ui, response: &Response, setting: &dyn Setting) {
    let Some(desk) = find(ui.ctx()) else { return };
    let target = setting.param().and_then(|param| {
        let desk = locked(&desk);
        desk.known.iter().find(|(known, _)| *known == param).map(|(_, target)| target.clone())
    });
    if let Some(target) = target {
        let now = setting.steps().is_none_or(|steps| steps > 1).then(|| setting.value());
        take(ui, response, &desk, target, now, Some(setting));
    }
}

/// A button that does `action` can be learnt.
pub fn offer_action(ui: &Ui, response: &Response, action: Action) {
    if let Some(desk) = find(ui.ctx()) {
        take(ui, response, &desk, action.into(), None, None);
    }
}

/// `now`: where it is, if a controller has to pick it up.
fn take(
    ui: &Ui,
    response: &Response,
    desk: &Mutex<Desk>,
    target: Target,
    now: Option<f32>,
    setting: Option<&dyn Setting>,
) {
    let (own, asks) = {
        let mut desk = locked(desk);
        let of_target = desk.controllers.learnt.iter().filter(|(learnt, _)| learnt.moves == target.id);
        let own: Vec<_> = of_target.cloned().collect();
        if desk.mode == Mode::Choosing {
            desk.offers.push((response.rect, target.clone()));
        }
        (own, desk.asks && response.has_focus())
    };
    mark(ui, response.rect, &own, now);
    learn_menu::show(ui, response, asks, &target, &own, setting);
}

/// A dot on what a controller moves; an arrow while that has to be moved up or down to pick it up.
fn mark(ui: &Ui, rect: Rect, own: &[(Learnt, Option<PickUp>)], now: Option<f32>) {
    let Some((_, first)) = own.first() else { return };
    // A dial has its label above it.
    let down = if rect.height() > DIAL { 20.0 } else { 4.0 };
    let (painter, at) = (ui.painter(), rect.right_top() + vec2(-4.0, down));
    // Of several, the one that has hold of it.
    let held = own.iter().any(|(_, pick_up)| pick_up.is_some_and(|pick_up| pick_up.holds));
    match (first, now) {
        (Some(pick_up), Some(now)) if !held => {
            let up = if f32::from(pick_up.value) / 127.0 < now { -1.0 } else { 1.0 };
            let corner = |x: f32, y: f32| at + vec2(x, y * up);
            let points = vec![corner(0.0, 4.0), corner(-4.0, -3.0), corner(4.0, -3.0)];
            let points = if up < 0.0 { points } else { points.into_iter().rev().collect() };
            painter.add(Shape::convex_polygon(points, theme::WARNING, Stroke::NONE));
        }
        _ => {
            painter.circle_filled(at, 2.5, theme::YOU);
        }
    }
}
