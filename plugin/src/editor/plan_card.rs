//! What the band's plan holds to, how far ahead it is certain, and who thinks.

use egui::{Align2, Rect, Ui, pos2, vec2};

use super::hint::Hint;
use super::knob::Knob;
use super::setting::Setting;
use super::symbols::{Written, number_alone};
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
    /// The networks that play.
    pub networks: &'a dyn Setting,
}

const KNOB_WIDTH: f32 = 80.0;
/// The lists: the width of their column and of their labels in it, and the height of each, in points.
const COLUMN: f32 = 222.0;
const LABEL: f32 = 82.0;
const LIST: f32 = 26.0;

/// Shows the card in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, settings: &Settings) {
    paint::card(ui.painter(), rect);
    let body = paint::heading(ui.painter(), rect.shrink(theme::INSET), "Plan", "What the harmony holds to");
    let dials: [(_, _, &dyn Setting); 3] = [
        ("Certain", Hint::of_turn("commit"), &Written(settings.commit, number_alone)),
        ("Wait", Hint::of_turn("wait"), settings.wait),
        ("Repeats", Hint::of_turn("max_repeats"), settings.max_repeats),
    ];
    for (n, (label, hint, setting)) in dials.into_iter().enumerate() {
        let corner = body.min + vec2(n as f32 * KNOB_WIDTH - 8.0, 0.0);
        let place = Rect::from_min_size(corner, vec2(KNOB_WIDTH, body.height()));
        Knob { label, hint, accent: theme::YOU }.show(ui, place, setting);
    }
    let inside = rect.shrink(theme::INSET);
    let networks = Hint::click(
        "Networks",
        "Who thinks for the band: two families that come with it, or networks of your own in your folder for models, \
         which is read when you choose it.",
    );
    let lists = [
        ("Form", Hint::of_click("form"), settings.form),
        ("Chords play", Hint::of_click("chords_manner"), settings.manner),
        ("Networks", networks, settings.networks),
    ];
    let step = (inside.height() - LIST) / (lists.len() - 1) as f32;
    for (n, (label, hint, setting)) in lists.into_iter().enumerate() {
        let corner = pos2(inside.right() - COLUMN, inside.top() + n as f32 * step);
        let row = Rect::from_min_size(corner, vec2(COLUMN, LIST));
        ui.painter().text(row.left_center(), Align2::LEFT_CENTER, label, theme::regular(theme::LABEL), theme::DIM);
        choice::show(ui, row.with_min_x(row.left() + LABEL), hint, setting);
    }
}
