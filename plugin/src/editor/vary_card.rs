//! How far each player strays from its patterns.

use continuo_models::Player;
use egui::{Rect, Stroke, Ui, vec2};

use super::hint::Hint;
use super::knob::Knob;
use super::setting::Setting;
use super::{mark, paint, theme};

/// Shows the card in `rect`, with a knob for each of `players`.
pub fn show(ui: &mut Ui, rect: Rect, players: &[(Player, &dyn Setting)]) {
    paint::card(ui.painter(), rect);
    let body = paint::heading(ui.painter(), rect.shrink(theme::INSET), "Vary", "From bar to bar");
    let width = body.width() / players.len().max(1) as f32;
    for (n, (player, setting)) in players.iter().enumerate() {
        let corner = body.min + vec2(n as f32 * width, 0.0);
        let place = Rect::from_min_size(corner, vec2(width, body.height()));
        let (name, colour) = (player.kind().name, theme::player_colour(*player));
        let full = format!("{name} vary");
        Knob { label: name, hint: Hint::of_player(&full, "vary"), accent: colour }.show(ui, place, *setting);
        let centre = place.right_top() + vec2(-10.0, 30.0);
        mark::paint(ui.painter(), *player, centre, 3.8, colour, Stroke::NONE);
    }
}
