//! What one asks of the band in the midst of playing: the take again, the same or another one, freeze, and an end.

use std::time::Duration;

use egui::{Align2, Rect, Ui, pos2, vec2};

use super::hint::Hint;
use super::setting::Setting;
use super::{button, paint, theme};

/// The settings of the card.
pub struct Settings<'a> {
    /// The same take again, each time that it goes on.
    pub again: &'a dyn Setting,
    /// Another take, each time that it goes on.
    pub again_new: &'a dyn Setting,
    /// Whether what was played last is repeated.
    pub freeze: &'a dyn Setting,
    /// Whether the band is to end.
    pub cadence: &'a dyn Setting,
}

/// Longer than a sixteenth at the slowest tempo: the band looks once in each.
const HOLD: Duration = Duration::from_millis(600);
const ROW: f32 = 25.0;
const ROW_GAP: f32 = 5.0;

/// Shows the card in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, settings: &Settings) {
    paint::card(ui.painter(), rect);
    let inside = rect.shrink(theme::INSET);
    let font = theme::regular(theme::LABEL);
    ui.painter().text(inside.left_top(), Align2::LEFT_TOP, "Take", font, theme::DIM);
    let size = vec2((inside.width() - 8.0) / 2.0, ROW);
    let top = inside.bottom() - 2.0 * ROW - ROW_GAP;
    let place = |column: f32, row: f32| {
        Rect::from_min_size(pos2(inside.left() + column * (size.x + 8.0), top + row * (ROW + ROW_GAP)), size)
    };
    let hint = Hint::click(
        "Again, the same",
        "From the next bar on the band begins this take anew: play the same, and it answers the same.",
    );
    button::trigger(ui, place(0.0, 0.0), "Again, the same", hint, HOLD, settings.again);
    let hint = Hint::click("Again, different", "From the next bar on the band begins anew with other ideas.");
    button::trigger(ui, place(1.0, 0.0), "Again, different", hint, HOLD, settings.again_new);
    let hint = Hint::of_click("freeze");
    button::latch(ui, place(0.0, 1.0), "Freeze", hint, theme::YOU, settings.freeze);
    let hint = Hint::of_click("cadence");
    button::latch(ui, place(1.0, 1.0), "End", hint, theme::YOU, settings.cadence);
}
