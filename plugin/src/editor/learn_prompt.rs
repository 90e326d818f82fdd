//! What the musician is to do next while a controller is being learnt.

use egui::accesskit::{Live, Role};
use egui::{CornerRadius, Key, Modifiers, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::params::ContinuoParams;
use crate::params::controllers::{Learnt, can_be_learnt};
use crate::seam::{MOST_CONTROLLERS, Moved};

use super::hint::Hint;
use super::learn::{Mode, Target, find, locked};
use super::text::{self, Look};
use super::{button, paint, theme};

/// A repaint ends: does what was wished for, and says in `place` what is to be done. Returns what the musician should
/// read.
pub fn end(ui: &mut Ui, params: &ContinuoParams, place: Rect) -> Option<&'static str> {
    let desk = find(ui.ctx())?;
    let (mode, offers, moved) = {
        let mut desk = locked(&desk);
        desk.forgotten.drain(..).for_each(|learnt| params.controllers.forget(&learnt));
        (desk.mode.clone(), std::mem::take(&mut desk.offers), desk.controllers.moved)
    };
    let (next, told) = match mode {
        Mode::Rest => return None,
        _ if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) => (Mode::Rest, None),
        Mode::Choosing => {
            let chosen = overlay(ui, &offers);
            let stops = banner(ui, place, "Click what a controller is to move.");
            match chosen {
                Some(target) => (Mode::Waiting(target, moved), None),
                None => (if stops { Mode::Rest } else { Mode::Choosing }, None),
            }
        }
        Mode::Waiting(target, before) => match moved.filter(|moved| Some(*moved) != before) {
            Some(Moved { channel, controller, .. }) if can_be_learnt(controller) => {
                let is_full = params.controllers.learnt().len() >= MOST_CONTROLLERS;
                params.controllers.learn(Learnt { channel: Some(channel), controller, moves: target.id });
                (
                    Mode::Rest,
                    is_full.then_some("No more controllers can be learnt. Forget one on the page Setup first."),
                )
            }
            _ => {
                let stops = banner(ui, place, &format!("Move a controller for {}.", target.name));
                (if stops { Mode::Rest } else { Mode::Waiting(target, before) }, None)
            }
        },
    };
    locked(&desk).mode = next;
    told
}

/// Lays a button over everything that can be chosen. Returns what was.
fn overlay(ui: &Ui, offers: &[(Rect, Target)]) -> Option<Target> {
    let mut chosen = None;
    for (n, (rect, target)) in offers.iter().enumerate() {
        let response = ui.interact(*rect, ui.make_persistent_id(("learn", n, &target.id)), Sense::click());
        let name = format!("Learn {}", target.name);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        let ink = if response.hovered() || response.has_focus() { theme::YOU } else { theme::WARNING };
        let corner = CornerRadius::same(5);
        ui.painter().rect(*rect, corner, ink.gamma_multiply(0.12), Stroke::new(1.0, ink), StrokeKind::Inside);
        if response.clicked() {
            chosen = Some(target.clone());
        }
    }
    chosen
}

/// Says what is to be done. Whether that was stopped.
fn banner(ui: &mut Ui, rect: Rect, text: &str) -> bool {
    paint::card(ui.painter(), rect);
    ui.painter().rect_stroke(rect, theme::CARD_CORNER, Stroke::new(1.0, theme::WARNING), StrokeKind::Inside);
    let response = ui.interact(rect, ui.make_persistent_id("Learning"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, "Learning"));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_value(text);
        node.set_live(Live::Polite);
    });
    let stop = Rect::from_center_size(pos2(rect.right() - 44.0, rect.center().y), vec2(64.0, 26.0));
    let line = Rect::from_min_max(pos2(rect.left() + theme::INSET, rect.top()), pos2(stop.left() - 8.0, rect.bottom()));
    text::show(ui, line, text, &Look::line(theme::regular(theme::BODY), theme::TEXT));
    let hint = Hint::click("Stop learning", "Learns nothing. Escape does the same.");
    button::show(ui, stop, "Stop", hint, theme::TEXT).clicked()
}
