//! The drums of the kit, each with its key, and which of them sound.

use continuo_models::Player;
use continuo_models::music::{Drum, Kit};
use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::seam::Part;

use super::keyboard::Masks;
use super::{mark, paint, theme};

/// The least width of a drum's place, in points.
const PLACE: f32 = 84.0;
/// Between two drums, in points.
const SPACE: f32 = 5.0;

/// Shows the card in `rect`; what sounds is in `masks`.
pub fn show(ui: &mut Ui, rect: Rect, masks: &Masks, kit: Kit) {
    paint::card(ui.painter(), rect);
    let inside = rect.shrink(theme::INSET);
    let body = paint::heading(ui.painter(), inside, "Kit", &format!("{}, and the MIDI key of each drum", kit.name()));
    let columns = ((body.width() / PLACE) as usize).max(1);
    let rows = Drum::ALL.len().div_ceil(columns);
    let (width, height) =
        ((body.width() + SPACE) / columns as f32 - SPACE, (body.height() + SPACE) / rows as f32 - SPACE);
    let colour = theme::player_colour(Player::Drums);
    for (n, drum) in Drum::ALL.into_iter().enumerate() {
        let (row, column) = (n / columns, n % columns);
        let corner = body.min + vec2(column as f32 * (width + SPACE), row as f32 * (height + SPACE));
        let place = Rect::from_min_size(corner, vec2(width, height));
        let key = kit.key_of(drum);
        // Of drums that share a key one is meant.
        let is_own = kit.drum_at(key) == Some(drum);
        let sounds = is_own && masks[usize::from(key)] & Part::from(Player::Drums).bit() != 0;
        let response = ui.interact(place, ui.make_persistent_id(("drum", n)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{}: key {key}", drum.name())));

        let edge = if sounds { colour } else { theme::EDGE };
        let painter = ui.painter();
        painter.rect(place, theme::CORNER, theme::WELL, Stroke::new(1.0, edge), StrokeKind::Inside);
        let ink = match (sounds, is_own) {
            (true, _) => theme::TEXT,
            (false, true) => theme::DIM,
            (false, false) => theme::FAINT,
        };
        let name = pos2(place.left() + 7.0, place.top() + 4.0);
        painter.text(name, Align2::LEFT_TOP, drum.name(), theme::regular(theme::SMALL), ink);
        let at = pos2(place.left() + 7.0, place.bottom() - 3.0);
        painter.text(at, Align2::LEFT_BOTTOM, key.to_string(), theme::semibold(theme::SMALL), ink);
        if sounds {
            let centre = pos2(place.right() - 11.0, place.bottom() - 9.0);
            mark::paint(painter, Player::Drums, centre, 4.2, colour, Stroke::NONE);
        }
    }
}
