//! How much the band plays like you.

use egui::{Rect, Ui, pos2, vec2};

use super::hint::Hint;
use super::knob::Knob;
use super::setting::Setting;
use super::{button, paint, switch, theme};

/// The settings of the card.
pub struct Settings<'a> {
    /// From the corpus to the musician.
    pub memory: &'a dyn Setting,
    /// Whether what was learnt is saved with the project.
    pub keep: &'a dyn Setting,
}

/// Shows the card in `rect`. Whether the musician wants the band to forget what it has learnt.
pub fn show(ui: &mut Ui, rect: Rect, settings: &Settings) -> bool {
    paint::card(ui.painter(), rect);
    let body = paint::heading(ui.painter(), rect.shrink(theme::INSET), "Memory", "");
    let dial = Rect::from_min_size(body.min, vec2(66.0, body.height()));
    let hint = Hint::of_turn("memory");
    Knob { label: "Like me", hint, accent: theme::YOU }.show(ui, dial, settings.memory);

    let column = body.with_min_x(dial.right() + 12.0);
    let row = |top: f32| Rect::from_min_size(pos2(column.left(), top), vec2(column.width(), 26.0));
    let hint = Hint::click("Keep memory", "Saves what the band has learnt of you with the project.");
    switch::show(ui, row(column.top() + 8.0), "Keep", hint, theme::YOU, settings.keep);
    let hint = Hint::click("Clear memory", "The band forgets how you play.");
    button::show(ui, row(column.bottom() - 34.0), "Clear", hint, theme::TEXT).clicked()
}
