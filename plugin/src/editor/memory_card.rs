//! How much the band plays like you.

use egui::{Rect, Ui, vec2};

use super::hint::Hint;
use super::knob::Knob;
use super::setting::Setting;
use super::{paint, theme};

/// The settings of the card.
pub struct Settings<'a> {
    /// From the corpus to the musician.
    pub memory: &'a dyn Setting,
}

/// Shows the card in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, settings: &Settings) {
    paint::card(ui.painter(), rect);
    let body = paint::heading(ui.painter(), rect.shrink(theme::INSET), "Memory", "");
    let dial = Rect::from_min_size(body.min, vec2(66.0, body.height()));
    let hint = Hint::turn(
        "Memory",
        "Left: the band plays as it has learnt from its corpus. Right: it takes up what you have played so far.",
    );
    Knob { label: "Like me", hint, accent: theme::YOU }.show(ui, dial, settings.memory);
}
