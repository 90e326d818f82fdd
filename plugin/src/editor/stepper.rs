//! A stepper: a value between two arrows.

use egui::accesskit::Role;
use egui::{Align2, Rect, Response, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::hint::Hint;
use super::setting::Setting;
use super::{gesture, paint, theme};

/// Points of dragging for one step.
const TRAVEL_PER_STEP: f32 = 14.0;
/// The longest drag from one end to the other, in points.
const LONGEST_TRAVEL: f32 = 400.0;
const ARROW_ZONE: f32 = 20.0;

/// Shows `setting`, which goes in steps, in `rect`. A click on an arrow moves it by one.
pub fn show(ui: &mut Ui, rect: Rect, hint: Hint, setting: &dyn Setting) -> Response {
    let response = ui.interact(rect, ui.make_persistent_id(hint.name), Sense::click_and_drag());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::SpinButton, true, hint.name);
        info.value = Some(f64::from(setting.value()) * 100.0);
        info
    });
    let steps = setting.steps().unwrap_or(1);
    gesture::turn(ui, &response, setting, (steps as f32 * TRAVEL_PER_STEP).min(LONGEST_TRAVEL));

    let back = Rect::from_min_max(rect.min, pos2(rect.left() + ARROW_ZONE, rect.bottom()));
    let forth = Rect::from_min_max(pos2(rect.right() - ARROW_ZONE, rect.top()), rect.max);
    let step = setting.step_at(setting.value());
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.clicked()) {
        let to = match (back.contains(pointer), forth.contains(pointer)) {
            (true, _) => step.saturating_sub(1),
            (_, true) => (step + 1).min(steps),
            _ => step,
        };
        if to != step {
            setting.change(setting.value_of_step(to));
        }
    }

    let painter = ui.painter();
    let fill = if response.hovered() { theme::RAISED } else { theme::WELL };
    painter.rect(rect, theme::CORNER, fill, Stroke::new(1.0, theme::EDGE), StrokeKind::Inside);
    let text = setting.text(setting.value());
    painter.text(rect.center(), Align2::CENTER_CENTER, text, theme::regular(theme::BODY), theme::TEXT);
    let step = setting.step_at(setting.value());
    for (zone, direction, possible) in [(back, -1.0, step > 0), (forth, 1.0, step < steps)] {
        let hovered = response.hover_pos().is_some_and(|pointer| zone.contains(pointer));
        let ink = match (possible, hovered) {
            (false, _) => theme::TRACK,
            (true, true) => theme::TEXT,
            (true, false) => theme::DIM,
        };
        let tip = zone.center() + vec2(2.5 * direction, 0.0);
        let tail = vec2(-5.0 * direction, 4.5);
        painter.add(Shape::line(vec![tip + tail, tip, tip + vec2(tail.x, -tail.y)], Stroke::new(1.5, ink)));
    }
    paint::focus(painter, &response, rect.expand(1.0), theme::CORNER);
    hint.attach(response)
}
