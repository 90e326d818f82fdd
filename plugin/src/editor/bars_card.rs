//! Where the bars of those who strike come from.

use egui::{Rect, Ui};

use super::hint::Hint;
use super::setting::Setting;
use super::{choice, paint, theme};

/// The height of the list, in points.
const LIST: f32 = 28.0;

/// Shows the card in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, source: &dyn Setting) {
    paint::card(ui.painter(), rect);
    let body = paint::heading(ui.painter(), rect.shrink(theme::INSET), "Bars", "Where they come from");
    let field = body.with_max_y((body.top() + LIST).min(body.bottom()));
    choice::show(ui, field, Hint::of_click("bar_source"), source);
}
