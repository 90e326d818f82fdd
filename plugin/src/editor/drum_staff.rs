//! What is struck now, beside the piano: drums have no pitch, so each kind of them has a line.

use continuo_models::Player;
use continuo_models::music::staff::Line;
use continuo_models::music::{Drum, Kit};
use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::seam::Part;

use super::keyboard::Masks;
use super::{mark, paint, theme};

/// The width of the staff, in points.
pub const WIDTH: f32 = 98.0;

/// Between the edge and the lines, in points.
const INSET: f32 = 10.0;

/// Who strikes what now, by `masks`. Drums plays on the keys of `kit`, others on those of General MIDI.
fn struck(masks: &Masks, kit: Kit) -> impl Iterator<Item = (Player, Option<Drum>)> {
    let players = Player::ALL.into_iter().filter(|player| !player.kind().has_pitches);
    players.flat_map(move |player| {
        let kit = if player == Player::Drums { kit } else { Kit::default() };
        let sounds = move |key: &u8| masks[usize::from(*key)] & Part::from(player).bit() != 0;
        (0..128).filter(sounds).map(move |key| (player, kit.drum_at(key)))
    })
}

/// Shows the staff in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, masks: &Masks, kit: Kit) {
    paint::card(ui.painter(), rect);
    let response = ui.interact(rect, ui.make_persistent_id("Drum staff"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Group, true, "Drum staff"));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_value(spoken(masks, kit)));

    let inside = rect.shrink2(vec2(INSET, 2.0));
    let step = inside.height() / Line::ALL.len() as f32;
    let painter = ui.painter();
    for (n, line) in Line::ALL.into_iter().enumerate() {
        let y = inside.top() + (n as f32 + 0.5) * step;
        let here = struck(masks, kit).filter(|(_, drum)| drum.map_or(Line::Percussion, Line::of) == line);
        let mut players: Vec<Player> = here.map(|(player, _)| player).collect();
        players.dedup();
        let ink = if players.is_empty() { theme::FAINT } else { theme::TEXT };
        let place = pos2(inside.left(), y);
        let label = painter.text(place, Align2::LEFT_CENTER, line.name(), theme::regular(theme::SMALL), ink);
        painter.hline(label.right() + 5.0..=inside.right(), y, Stroke::new(1.0, theme::EDGE));
        for (n, player) in players.into_iter().enumerate() {
            let centre = pos2(inside.right() - 4.0 - 11.0 * n as f32, y);
            mark::paint(painter, player, centre, 4.2, theme::player_colour(player), Stroke::new(1.2, theme::CARD));
        }
    }
}

/// What is struck, for assistive technology: "Drums Kick, Closed hat".
fn spoken(masks: &Masks, kit: Kit) -> String {
    let mut parts: Vec<(Player, Vec<&str>)> = Vec::new();
    for (player, drum) in struck(masks, kit) {
        let name = drum.map_or(Line::Percussion.name(), Drum::name);
        match parts.last_mut().filter(|(last, _)| *last == player) {
            Some((_, names)) => names.push(name),
            None => parts.push((player, vec![name])),
        }
    }
    let parts: Vec<String> =
        parts.into_iter().map(|(player, names)| format!("{} {}", player.kind().name, names.join(", "))).collect();
    if parts.is_empty() { "silent".to_owned() } else { parts.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_struck_is_said_by_name_whichever_kit_plays() {
        for kit in Kit::ALL {
            let mut masks = [0; 128];
            assert_eq!(spoken(&masks, kit), "silent");
            for drum in [Drum::Kick, Drum::Snare] {
                masks[usize::from(kit.key_of(drum))] = Part::from(Player::Drums).bit();
            }
            assert_eq!(spoken(&masks, kit), "Drums Kick, Snare", "{kit:?}");
            masks = [Part::from(Player::Bass).bit() | Part::You.bit(); 128];
            assert_eq!(spoken(&masks, kit), "silent", "what has a pitch lies on the piano");
        }
    }
}
