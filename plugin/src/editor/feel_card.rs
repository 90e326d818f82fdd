//! How the band feels time and loudness, and how a song is counted in.

use egui::{Rect, Ui, pos2, vec2};

use super::hint::Hint;
use super::knob::Knob;
use super::setting::Setting;
use super::swing::Swing;
use super::{choice, paint, switch, theme};

/// The settings of the card.
pub struct Settings<'a> {
    /// How late off-beat eighths come.
    pub swing: &'a dyn Setting,
    /// Whether the style says so instead.
    pub by_style: &'a dyn Setting,
    /// Deviation of timing and loudness.
    pub humanise: &'a dyn Setting,
    /// How far loudness follows phrase and musician.
    pub dynamics: &'a dyn Setting,
    /// Bars of sticks before a song.
    pub count_in: &'a dyn Setting,
}

const KNOB_WIDTH: f32 = 88.0;
/// The width of what stands beside the knobs, in points.
const COLUMN: f32 = 118.0;

/// Shows the card in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, settings: &Settings) {
    paint::card(ui.painter(), rect);
    let body = paint::heading(ui.painter(), rect.shrink(theme::INSET), "Feel", "Time and loudness");
    let swing = Swing { knob: settings.swing, by_style: settings.by_style };
    let dials: [(_, _, &dyn Setting); 3] = [
        ("Swing", "swing", &swing),
        ("Humanise", "humanise", settings.humanise),
        ("Dynamics", "dynamics", settings.dynamics),
    ];
    for (n, (label, id, setting)) in dials.into_iter().enumerate() {
        let corner = body.min + vec2(n as f32 * KNOB_WIDTH - 8.0, 0.0);
        let place = Rect::from_min_size(corner, vec2(KNOB_WIDTH, body.height()));
        Knob { label, hint: Hint::of_turn(id), accent: theme::YOU }.show(ui, place, setting);
    }
    let column = rect.shrink(theme::INSET).with_min_x(body.right() - COLUMN);
    let row = Rect::from_min_size(column.min, vec2(COLUMN, 20.0));
    switch::show(ui, row, "As the style", Hint::of_click("swing_by_style"), theme::YOU, settings.by_style);
    let below = column.with_min_y(column.bottom() - 47.0);
    let field = paint::label(ui.painter(), below, "Count-in", 28.0);
    let field = Rect::from_min_max(field.min, pos2(field.right(), field.bottom()));
    let hint = Hint::click(
        "Count-in",
        "So many bars of sticks before a song that starts by itself, as in the standalone program; you hear them in \
         the built-in sound alone. Where a host's transport leads, the host has a count-in of its own.",
    );
    choice::show(ui, field, hint, settings.count_in);
}
