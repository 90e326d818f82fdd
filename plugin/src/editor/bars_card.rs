//! Where the bars of those who strike come from, and the sections in which they come.

use continuo_models::{Arrangement, Round};
use egui::{Align2, Rect, Ui, Vec2, vec2};

use super::hint::Hint;
use super::sections_strip::{self, Wish};
use super::setting::Setting;
use super::{choice, paint, theme};

/// The size of the list, and the height of the sections, in points.
const LIST: Vec2 = vec2(150.0, 28.0);
const SECTIONS: f32 = 26.0;

/// The settings of the card.
pub struct Settings<'a> {
    /// Where the bars come from.
    pub source: &'a dyn Setting,
    /// Whether the section that plays is to be played again.
    pub vamp: &'a dyn Setting,
}

/// Shows the card in `rect`. Returns what is to happen to the sections of `round`.
pub fn show(ui: &mut Ui, rect: Rect, settings: &Settings, round: &Round, arrangement: &Arrangement) -> Option<Wish> {
    paint::card(ui.painter(), rect);
    let inside = rect.shrink2(vec2(theme::INSET, 9.0));
    let (bars, sections) = (inside.with_max_y(inside.top() + LIST.y), inside.with_min_y(inside.bottom() - SECTIONS));
    let painter = ui.painter();
    let title = theme::semibold(theme::HEADING);
    let title = painter.text(bars.left_center(), Align2::LEFT_CENTER, "Bars", title, theme::TEXT);
    let about = title.right_center() + vec2(10.0, 1.0);
    painter.text(about, Align2::LEFT_CENTER, "Where they come from", theme::regular(theme::LABEL), theme::DIM);
    let field = Rect::from_center_size(bars.right_center() - vec2(LIST.x / 2.0, 0.0), LIST);
    choice::show(ui, field, Hint::of_click("bar_source"), settings.source);
    sections_strip::show(ui, sections, round, arrangement, settings.vamp)
}
