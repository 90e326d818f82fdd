//! A push button.

use egui::accesskit::Role;
use egui::{Align2, Color32, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo};

use super::hint::Hint;
use super::{paint, theme};

/// Shows a button with `label` in `ink`; the caller asks the response whether it was clicked.
pub fn show(ui: &mut Ui, rect: Rect, label: &str, hint: Hint, ink: Color32) -> Response {
    let response = ui.interact(rect, ui.make_persistent_id(hint.name), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, hint.name));
    let fill = match (response.is_pointer_button_down_on(), response.hovered()) {
        (true, _) => theme::TRACK,
        (_, true) => theme::HOVERED,
        _ => theme::RAISED,
    };
    let painter = ui.painter();
    painter.rect(rect, theme::CORNER, fill, Stroke::new(1.0, theme::TRACK), StrokeKind::Inside);
    painter.text(rect.center(), Align2::CENTER_CENTER, label, theme::regular(theme::BODY), ink);
    paint::focus(painter, &response, rect.expand(1.0), theme::CORNER);
    hint.attach(response)
}
