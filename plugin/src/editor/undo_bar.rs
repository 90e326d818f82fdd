//! What was done, back and forth; two settings to compare; and everything as at the beginning.

use egui::accesskit::Role;
use egui::{Color32, Key, Modifiers, Rect, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::button::{self, Face};
use super::hint::Hint;
use super::undo::{Slot, Steps};
use super::{paint, theme};

/// The width of the bar, in points.
pub const WIDTH: f32 = 26.0 + 2.0 + 26.0 + 8.0 + 22.0 + 2.0 + 22.0 + 2.0 + 40.0 + 8.0 + 38.0;

/// What the musician wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Take the last step back.
    Undo,
    /// Do it again.
    Redo,
    /// This setting is to play.
    Compare(Slot),
    /// The other setting is to be as the one that plays.
    Copy,
    /// Everything is to be as at the beginning.
    Init,
}

/// Shows the bar in `rect`, which is at least [`WIDTH`] wide.
pub fn show(ui: &mut Ui, rect: Rect, steps: &Steps) -> Option<Wish> {
    let mut left = rect.left();
    let mut place = |width: f32, gap: f32| {
        let place = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        left += width + gap;
        place
    };
    let mut wish = None;
    let back = Hint::click("Undo", "Takes back what you did last on the panel. Ctrl+Z.");
    let forth = Hint::click("Redo", "Does again what you took back. Ctrl+Shift+Z.");
    for (hint, gap, count, direction, wanted) in
        [(back, 2.0, steps.back, -1.0, Wish::Undo), (forth, 8.0, steps.forth, 1.0, Wish::Redo)]
    {
        let place = place(26.0, gap);
        let response = button::sense(ui, place, &hint);
        let possible = count > 0;
        response.widget_info(|| WidgetInfo::labeled(Role::Button, possible, hint.name));
        if response.clicked() && possible {
            wish = Some(wanted);
        }
        button::press(ui, place, "", &response, Face::plain(theme::TEXT));
        turn(ui, place, direction, if possible { theme::TEXT } else { theme::TRACK });
        hint.attach(response);
    }
    for (slot, label, gap) in [(Slot::A, "A", 2.0), (Slot::B, "B", 2.0)] {
        let place = place(22.0, gap);
        let name = if slot == Slot::A { "Setting A" } else { "Setting B" };
        let hint = Hint::click(name, "Two whole settings to compare: what you change while one plays is of that one.");
        let response = button::sense(ui, place, &hint);
        let on = steps.slot == slot;
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, hint.name));
        if response.clicked() && !on {
            wish = Some(Wish::Compare(slot));
        }
        button::press(ui, place, label, &response, Face::light(theme::YOU, on));
        hint.attach(response);
    }
    let (label, text) = match steps.slot {
        Slot::A => ("A > B", "Setting B becomes as A is now."),
        Slot::B => ("B > A", "Setting A becomes as B is now."),
    };
    if button::show(ui, place(40.0, 8.0), label, Hint::click("Copy setting", text), theme::TEXT).clicked() {
        wish = Some(Wish::Copy);
    }
    let hint = Hint::click("Init", "Everything as at the beginning, but for what is locked. Undo brings it back.");
    if button::show(ui, place(38.0, 0.0), "Init", hint, theme::TEXT).clicked() {
        wish = Some(Wish::Init);
    }
    wish
}

/// What the keys wish: Ctrl+Z and Ctrl+Shift+Z, unless one writes. A field has its own.
pub fn keys(ui: &Ui) -> Option<Wish> {
    if ui.ctx().text_edit_focused() {
        return None;
    }
    let forth = Modifiers { shift: true, ..Modifiers::COMMAND };
    ui.input_mut(|input| {
        let redo = input.consume_key(forth, Key::Z) || input.consume_key(Modifiers::COMMAND, Key::Y);
        let undo = !redo && input.consume_key(Modifiers::COMMAND, Key::Z);
        if redo { Some(Wish::Redo) } else { undo.then_some(Wish::Undo) }
    })
}

/// An arrow that turns back (−1) or forth (1).
fn turn(ui: &Ui, rect: Rect, direction: f32, ink: Color32) {
    let (centre, radius) = (rect.center() + vec2(0.0, 1.5), 5.5);
    let (from, to) = if direction < 0.0 { (-0.22, 0.4) } else { (-0.4, 0.22) };
    paint::arc(ui.painter(), centre, radius, from, to, 1.6, ink);
    let (sin, cos) = (0.22 * direction * std::f32::consts::TAU).sin_cos();
    let tip = centre + Vec2::new(sin, -cos) * radius + vec2(direction * 0.6, 2.6);
    let corner = |x: f32, y: f32| tip + vec2(x * direction, y);
    let head = vec![corner(0.0, 0.8), corner(-4.2, -1.6), corner(1.6, -4.4)];
    ui.painter().add(Shape::convex_polygon(head, ink, Stroke::NONE));
}
