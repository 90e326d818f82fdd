//! Which preset the knobs were turned to last, and the way to the ones before and after it.

use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::params::controllers::Action;

use super::button::{self, Face};
use super::hint::Hint;
use super::learn_offer;
use super::text::{self, Look};
use super::theme;

/// The preset that was loaded last. Plain data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Current {
    /// Its name; empty: none was.
    pub name: String,
    /// Whether the knobs were turned since.
    pub changed: bool,
}

/// Where to go from the current preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the one before it.
    Back,
    /// To the one after it.
    Forth,
}

/// The width of the arrows, in points.
const ARROW: f32 = 26.0;

/// Shows the bar in `rect`. Returns where the musician goes.
pub fn show(ui: &mut Ui, rect: Rect, current: &Current) -> Option<Way> {
    let mut way = None;
    let back = Rect::from_min_size(rect.min, vec2(ARROW, rect.height()));
    let forth = Rect::from_min_max(pos2(rect.right() - ARROW, rect.top()), rect.max);
    let arrow = |ui: &mut Ui, place: Rect, hint: Hint, direction: f32, action: Action| {
        let response = button::sense(ui, place, &hint);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, hint.name));
        button::press(ui, place, "", &response, Face::plain(theme::TEXT));
        let tip = place.center() + vec2(2.5 * direction, 0.0);
        let tail = vec2(-5.0 * direction, 4.5);
        let line = vec![tip + tail, tip, tip + vec2(tail.x, -tail.y)];
        ui.painter().add(Shape::line(line, Stroke::new(1.5, theme::TEXT)));
        learn_offer::offer_action(ui, &response, action);
        hint.attach(response).clicked()
    };
    if arrow(
        ui,
        back,
        Hint::click("Previous preset", "Loads the preset before this one."),
        -1.0,
        Action::PreviousPreset,
    ) {
        way = Some(Way::Back);
    }
    name(
        ui,
        Rect::from_min_max(pos2(back.right() + 2.0, rect.top()), pos2(forth.left() - 2.0, rect.bottom())),
        current,
    );
    if arrow(ui, forth, Hint::click("Next preset", "Loads the preset after this one."), 1.0, Action::NextPreset) {
        way = Some(Way::Forth);
    }
    way
}

fn name(ui: &mut Ui, rect: Rect, current: &Current) {
    let hint =
        Hint::click("Preset", "The preset that the knobs were turned to last; a dot says that you have changed it.");
    let response = ui.interact(rect, ui.make_persistent_id(hint.name), Sense::hover());
    let name = if current.name.is_empty() { "No preset" } else { &current.name };
    let said = if current.changed { format!("{name}, changed") } else { name.to_owned() };
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, hint.name));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_value(said));
    let painter = ui.painter();
    painter.rect(rect, theme::CORNER, theme::WELL, Stroke::new(1.0, theme::EDGE), StrokeKind::Inside);
    let ink = if current.name.is_empty() { theme::DIM } else { theme::TEXT };
    let room = rect.shrink2(vec2(if current.changed { 17.0 } else { 8.0 }, 0.0));
    let look = Look { align: Align2::CENTER_CENTER, ..Look::line(theme::regular(theme::BODY), ink) };
    text::show(ui, room, name, &look);
    if current.changed {
        ui.painter().circle_filled(pos2(rect.right() - 11.0, rect.center().y), 3.0, theme::WARNING);
    }
    hint.attach(response);
}
