//! Two styles and how they blend.

use egui::{Align2, Rect, Ui, pos2, vec2};

use super::hint::Hint;
use super::setting::Setting;
use super::slider::{self, Track};
use super::{choice, paint, theme};

/// The settings of the selector.
pub struct Settings<'a> {
    /// The first style.
    pub style_a: &'a dyn Setting,
    /// The second style.
    pub style_b: &'a dyn Setting,
    /// From all A (0) to all B (1).
    pub blend: &'a dyn Setting,
}

/// Shows the selector in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, settings: &Settings) {
    paint::card(ui.painter(), rect);
    let inside = rect.shrink(theme::INSET);
    let width = (inside.width() - theme::GAP) / 2.0;
    let text = |setting: &dyn Setting| setting.text(setting.value());

    for (left, label, hint, setting) in [
        (inside.left(), "Style A", Hint::of_click("style_a"), settings.style_a),
        (inside.right() - width, "Style B", Hint::of_click("style_b"), settings.style_b),
    ] {
        let column = Rect::from_x_y_ranges(left..=left + width, inside.y_range());
        let list = paint::label(ui.painter(), column, label, 28.0);
        choice::show(ui, list, hint, setting);
    }

    let blend = Rect::from_min_size(pos2(inside.left(), inside.top() + 55.0), vec2(inside.width(), 20.0));
    let hint = Hint::of_turn("style_blend");
    slider::show(ui, blend, hint, Track::Fade, settings.blend);

    let share = (settings.blend.value() * 100.0).round();
    let mix = if share == 0.0 || text(settings.style_a) == text(settings.style_b) {
        text(settings.style_a)
    } else if share == 100.0 {
        text(settings.style_b)
    } else {
        format!("{} % {} · {share} % {}", 100.0 - share, text(settings.style_a), text(settings.style_b))
    };
    ui.painter().text(
        pos2(inside.center().x, inside.bottom()),
        Align2::CENTER_BOTTOM,
        mix,
        theme::regular(theme::BODY),
        theme::TEXT,
    );
}
