//! How the drummer plays, and on what.

use continuo_models::Player;
use egui::accesskit::Role;
use egui::{Align2, Id, Rect, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::button::{self, Face};
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

const KNOB_WIDTH: f32 = 70.0;
/// The lists: the width of their column and of their labels in it, and the height of each, in points.
const COLUMN: f32 = 216.0;
/// The width of the button that shows the keys of the kit.
const KEYS: f32 = 42.0;
const LABEL: f32 = 52.0;
const LIST: f32 = 26.0;

/// Shows the card in `rect`. Whether the keys of the kit are to be shown, as is kept for the panel.
pub fn show(ui: &mut Ui, rect: Rect, settings: &Settings) -> bool {
    paint::card(ui.painter(), rect);
    let colour = theme::player_colour(Player::Drums);
    let inside = rect.shrink(theme::INSET);
    let body = paint::heading(ui.painter(), inside.with_min_x(inside.left() + 24.0), "Drums", "How it plays");
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
        let right = if id == "kit" { row.right() - KEYS - 6.0 } else { row.right() };
        let list = row.with_min_x(row.left() + LABEL).with_max_x(right);
        choice::show(ui, list, Hint::of_click(id), setting);
    }
    let place = Rect::from_min_max(pos2(inside.right() - KEYS, inside.bottom() - LIST), inside.max);
    let id = Id::unique("keys of the kit");
    let mut shows: bool = ui.data(|data| data.get_temp(id)).unwrap_or(false);
    let hint = Hint::click("Keys of the kit", "Shows on which MIDI key each drum lies, and which of them sound.");
    let response = button::sense(ui, place, &hint);
    if response.clicked() {
        shows = !shows;
        ui.data_mut(|data| data.insert_temp(id, shows));
    }
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, shows, hint.name));
    button::press(ui, place, "Keys", &response, Face::light(theme::YOU, shows));
    hint.attach(response);
    shows
}
