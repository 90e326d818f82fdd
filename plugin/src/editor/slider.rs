//! A horizontal slider without a number of its own.

use egui::{CornerRadius, CursorIcon, Rect, Response, Stroke, Ui, pos2, vec2};

use super::hint::Hint;
use super::setting::Setting;
use super::{gesture, theme};

/// The radius of the handle, in points: its centre stays as far from the ends of the slider.
pub const HANDLE_RADIUS: f32 = 7.0;

/// What the track of a slider shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// A cross-fade: neither end is "none".
    Fade,
    /// An amount: lit from the left up to the handle.
    Amount,
}

/// Shows a slider over the width of `rect`.
pub fn show(ui: &mut Ui, rect: Rect, hint: Hint, track: Track, setting: &dyn Setting) -> Response {
    let rail = Rect::from_center_size(rect.center(), vec2(rect.width() - 2.0 * HANDLE_RADIUS, 4.0));
    let response = gesture::turned(ui, rect, hint.name, setting, rail.width());

    let painter = ui.painter();
    let at = |value: f32| pos2(rail.left() + rail.width() * value, rail.center().y);
    painter.rect_filled(rail, CornerRadius::same(2), theme::TRACK);
    let handle = at(setting.value());
    if track == Track::Amount {
        let lit = Rect::from_min_max(rail.min, pos2(at(setting.modulated()).x, rail.bottom()));
        painter.rect_filled(lit, CornerRadius::same(2), theme::DIM);
    } else {
        painter.vline(rail.center().x, rail.y_range().expand(3.0), Stroke::new(1.0, theme::TRACK));
        if setting.modulated() != setting.value() {
            painter.circle_filled(at(setting.modulated()), 3.0, theme::YOU);
        }
    }
    let active = response.hovered() || response.dragged();
    let fill = if active { theme::YOU } else { theme::YOU.gamma_multiply(0.88) };
    painter.circle(handle, HANDLE_RADIUS, fill, Stroke::new(2.0, theme::CARD));
    if response.has_focus() {
        painter.circle_stroke(handle, HANDLE_RADIUS + 3.0, Stroke::new(1.5, theme::YOU));
    }
    hint.attach(response.on_hover_cursor(CursorIcon::ResizeHorizontal))
}
