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
        (
            "Certain",
            Hint::turn(
                "Certain ahead",
                "For how many sixteenths the band keeps to its plan. Low: it turns at once with you. High: you can rely on \
                 what is shown above.",
            ),
            settings.commit,
        ),
        (
            "Wait",
            Hint::turn("Wait", "How long a new chord may wait for your note, to go with it rather than before it."),
            settings.wait,
        ),
        (
            "Repeats",
            Hint::turn(
                "Most repeats",
                "How often the same round of chords may come in a row. Free: as often as it likes.",
            ),
            settings.max_repeats,
        ),
    ];
    for (n, (label, hint, setting)) in dials.into_iter().enumerate() {
        let corner = body.min + vec2(n as f32 * KNOB_WIDTH - 8.0, 0.0);
        let place = Rect::from_min_size(corner, vec2(KNOB_WIDTH, body.height()));
        Knob { label, hint, accent: theme::YOU }.show(ui, place, setting);
    }
    let lists = [
        (
            "Form",
            Hint::click(
                "Form",
                "After so many bars the band makes a cadence and begins the form again. Free: no form.",
            ),
            settings.form,
        ),
        (
            "Chords play",
            Hint::click(
                "Chords manner",
                "How the chords are struck: as the style has it, held, note by note, or strummed.",
            ),
            settings.manner,
        ),
    ];
    for (n, (label, hint, setting)) in lists.into_iter().enumerate() {
        let left = body.right() - COLUMN - (1 - n) as f32 * (COLUMN + 12.0);
        let column = Rect::from_min_size(pos2(left, body.top()), vec2(COLUMN, body.height()));
        let field = paint::label(ui.painter(), column, label, 28.0);
        choice::show(ui, field, hint, setting);
    }
}
