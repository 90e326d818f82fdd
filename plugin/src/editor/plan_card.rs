//! What the band's plan holds to, and how far ahead it is certain.

use egui::{Rect, Ui, pos2, vec2};

use super::hint::Hint;
use super::knob::Knob;
use super::setting::Setting;
use super::{choice, paint, theme};

/// The settings of the card.
pub struct Settings<'a> {
    /// For how many sixteenths the plan is certain.
    pub commit: &'a dyn Setting,
    /// How long a chord waits for a note.
    pub wait: &'a dyn Setting,
    /// How often a cycle of chords may come in a row.
    pub max_repeats: &'a dyn Setting,
    /// The form that ends with a cadence.
    pub form: &'a dyn Setting,
    /// How Chords strikes.
    pub manner: &'a dyn Setting,
}

const KNOB_WIDTH: f32 = 80.0;
const COLUMN: f32 = 116.0;

/// Shows the card in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, settings: &Settings) {
    paint::card(ui.painter(), rect);
    let body = paint::heading(ui.painter(), rect.shrink(theme::INSET), "Plan", "What the harmony holds to");
    let dials = [
        ("Certain", Hint::of_turn("commit"), settings.commit),
        ("Wait", Hint::of_turn("wait"), settings.wait),
        ("Repeats", Hint::of_turn("max_repeats"), settings.max_repeats),
    ];
    for (n, (label, hint, setting)) in dials.into_iter().enumerate() {
        let corner = body.min + vec2(n as f32 * KNOB_WIDTH - 8.0, 0.0);
        let place = Rect::from_min_size(corner, vec2(KNOB_WIDTH, body.height()));
        Knob { label, hint, accent: theme::YOU }.show(ui, place, setting);
    }
    let lists = [
        ("Form", Hint::of_click("form"), settings.form),
        ("Chords play", Hint::of_click("chords_manner"), settings.manner),
    ];
    for (n, (label, hint, setting)) in lists.into_iter().enumerate() {
        let left = body.right() - COLUMN - (1 - n) as f32 * (COLUMN + 12.0);
        let column = Rect::from_min_size(pos2(left, body.top()), vec2(COLUMN, body.height()));
        let field = paint::label(ui.painter(), column, label, 28.0);
        choice::show(ui, field, hint, setting);
    }
}
