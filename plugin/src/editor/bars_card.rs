//! Where the bars of those who strike come from.

use egui::{Align2, Rect, Ui, Vec2, vec2};

use super::hint::Hint;
use super::setting::Setting;
use super::{choice, paint, theme};

/// The size of the list, in points.
const LIST: Vec2 = vec2(150.0, 28.0);

/// Shows the card in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, source: &dyn Setting) {
    paint::card(ui.painter(), rect);
    let inside = rect.shrink2(vec2(theme::INSET, 9.0));
    let painter = ui.painter();
    let title = theme::semibold(theme::HEADING);
    let title = painter.text(inside.left_center(), Align2::LEFT_CENTER, "Bars", title, theme::TEXT);
    let about = title.right_center() + vec2(10.0, 1.0);
    painter.text(about, Align2::LEFT_CENTER, "Where they come from", theme::regular(theme::LABEL), theme::DIM);
    let field = Rect::from_center_size(inside.right_center() - vec2(LIST.x / 2.0, 0.0), LIST);
    choice::show(ui, field, Hint::of_click("bar_source"), source);
}
