//! A switch: on or off.

use egui::accesskit::Role;
use egui::{
    Align2, Color32, CornerRadius, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::hint::Hint;
use super::setting::Setting;
use super::{learn_offer, paint, theme};

/// The size of the switch itself, in points.
pub const SIZE: Vec2 = vec2(34.0, 18.0);

/// Shows a switch at the right end of `rect` and its `label` at the left, and flips `setting` on a click, Enter or a
/// request of assistive technology. The whole of `rect` can be clicked.
pub fn show(ui: &mut Ui, rect: Rect, label: &str, hint: Hint, accent: Color32, setting: &dyn Setting) -> Response {
    let response = ui.interact(rect, ui.make_persistent_id(hint.name), Sense::click());
    if response.clicked() {
        setting.change(if is_on(setting) { 0.0 } else { 1.0 });
    }
    let on = is_on(setting);
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, hint.name));

    let painter = ui.painter();
    let ink = if on || response.hovered() { theme::TEXT } else { theme::DIM };
    painter.text(rect.left_center(), Align2::LEFT_CENTER, label, theme::regular(theme::BODY), ink);

    let body = Rect::from_center_size(pos2(rect.right() - SIZE.x / 2.0, rect.center().y), SIZE);
    let corner = CornerRadius::same((SIZE.y / 2.0) as u8);
    let (fill, edge) = if on { (accent.gamma_multiply(0.85), accent) } else { (theme::WELL, theme::TRACK) };
    painter.rect(body, corner, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
    let knob = pos2(if on { body.right() - SIZE.y / 2.0 } else { body.left() + SIZE.y / 2.0 }, body.center().y);
    let cap = if on { theme::GROUND } else { theme::FAINT };
    painter.circle_filled(knob, SIZE.y / 2.0 - 4.0, if response.hovered() && !on { theme::TEXT } else { cap });
    paint::focus(painter, &response, body.expand(2.0), CornerRadius::same(11));
    learn_offer::offer(ui, &response, setting);
    hint.attach(response)
}

fn is_on(setting: &dyn Setting) -> bool {
    setting.value() >= 0.5
}
