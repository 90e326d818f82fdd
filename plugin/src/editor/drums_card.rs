//! How the drummer plays, and on what.

use continuo_models::Player;
use egui::{Align2, Rect, Stroke, Ui, pos2, vec2};

use super::hint::Hint;
use super::knob::Knob;
use super::setting::Setting;
use super::{choice, mark, paint, theme};

/// The settings of the card.
pub struct Settings<'a> {
    /// How hard it strikes.
    pub loudness: &'a dyn Setting,
    /// How often it fills the end of a phrase.
    pub fills: &'a dyn Setting,
    /// How much it plays there.
    pub complexity: &'a dyn Setting,
    /// On what it keeps time.
    pub cymbal: &'a dyn Setting,
    /// With what it strikes the snare drum.
    pub brushes: &'a dyn Setting,
    /// On which key each drum lies.
    pub kit: &'a dyn Setting,
}

const KNOB_WIDTH: f32 = 76.0;
/// The lists: the width of their column and of their labels in it, and the height of each, in points.
const COLUMN: f32 = 206.0;
const LABEL: f32 = 58.0;
const LIST: f32 = 26.0;

/// Shows the card in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, settings: &Settings) {
    paint::card(ui.painter(), rect);
    let colour = theme::player_colour(Player::Drums);
    let inside = rect.shrink(theme::INSET);
    let body = paint::heading(ui.painter(), inside.with_min_x(inside.left() + 24.0), "Drums", "How it plays, on what");
    let body = body.with_min_x(inside.left());
    mark::paint(ui.painter(), Player::Drums, inside.min + vec2(8.0, 10.0), 6.0, colour, Stroke::NONE);

    let dials = [
        ("Loudness", "drums_loudness", settings.loudness),
        ("Fills", "fills", settings.fills),
        ("Complexity", "fill_complexity", settings.complexity),
    ];
    for (n, (label, id, setting)) in dials.into_iter().enumerate() {
        let corner = body.min + vec2(n as f32 * KNOB_WIDTH - 8.0, 0.0);
        let place = Rect::from_min_size(corner, vec2(KNOB_WIDTH, body.height()));
        Knob { label, hint: Hint::of_turn(id), accent: colour }.show(ui, place, setting);
    }
    let lists =
        [("Time on", "cymbal", settings.cymbal), ("Snare", "brushes", settings.brushes), ("Kit", "kit", settings.kit)];
    let step = (inside.height() - LIST) / (lists.len() - 1) as f32;
    for (n, (label, id, setting)) in lists.into_iter().enumerate() {
        let corner = pos2(inside.right() - COLUMN, inside.top() + n as f32 * step);
        let row = Rect::from_min_size(corner, vec2(COLUMN, LIST));
        ui.painter().text(row.left_center(), Align2::LEFT_CENTER, label, theme::regular(theme::LABEL), theme::DIM);
        choice::show(ui, row.with_min_x(row.left() + LABEL), Hint::of_click(id), setting);
    }
}
