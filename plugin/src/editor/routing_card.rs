//! How the band's notes get to instruments, in the host at hand.

use continuo_models::Player;
use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::routing::Host;

use super::hint::Hint;
use super::setting::Setting;
use super::text::{self, Look};
use super::{mark, paint, silence, switch, theme};

/// The settings of the card.
pub struct Settings<'a> {
    /// Whether played notes go to the output.
    pub thru: &'a dyn Setting,
}

/// The height of a line of text, in points.
const LINE: f32 = 16.0;
/// The height of the row below the steps, in points.
const ROW: f32 = 26.0;
/// The players' channels: how many lie side by side, and how high they are, in points.
const COLUMNS: usize = 3;
const CHANNEL: f32 = 17.0;

/// Shows the card in `rect`: the steps in `host`, and on which channel (1 to 16) each player goes out.
pub fn show(ui: &mut Ui, rect: Rect, host: &Host, channels: &[(Player, u8)], settings: &Settings) {
    paint::card(ui.painter(), rect);
    let body = paint::heading(ui.painter(), rect.shrink(theme::INSET), "Routing", host.name);
    let (steps, rows) = body.split_top_bottom_at_y(body.bottom() - 2.0 * ROW - 14.0);
    let mut top = steps.top() + 8.0;
    for (n, step) in host.steps.iter().enumerate() {
        let place = pos2(steps.left(), top);
        let font = theme::semibold(theme::LABEL);
        ui.painter().text(place, Align2::LEFT_TOP, (n + 1).to_string(), font, theme::DIM);
        let room = Rect::from_min_max(pos2(steps.left() + 16.0, top), steps.max);
        let lines = (room.height() / LINE).floor().max(1.0) as usize;
        let shown = text::show(ui, room, step, &Look::paragraph(theme::regular(theme::LABEL), theme::TEXT, lines));
        let response = ui.interact(shown, ui.make_persistent_id(("step", n)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, *step));
        top = shown.bottom() + 7.0;
    }

    let cell = vec2(rows.width() / COLUMNS as f32, CHANNEL);
    for (n, (player, channel)) in channels.iter().enumerate() {
        let corner = vec2((n % COLUMNS) as f32 * cell.x, (n / COLUMNS) as f32 * cell.y);
        let place = Rect::from_min_size(rows.min + vec2(0.0, 3.0) + corner, cell);
        let name = player.kind().name;
        let response = ui.interact(place, ui.make_persistent_id(("goes out", n)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: channel {channel}")));
        let (centre, colour) = (place.left_center() + vec2(6.0, 0.0), theme::player_colour(*player));
        mark::paint(ui.painter(), *player, centre, 5.0, colour, Stroke::NONE);
        let label = place.with_min_x(place.left() + 16.0);
        text::show(ui, label, &format!("{name} {channel}"), &Look::line(theme::regular(theme::LABEL), theme::TEXT));
    }
    let (left, right) = rows.with_min_y(rows.bottom() - ROW).split_left_right_at_fraction(0.5);
    let hint = Hint::click("Thru", "The notes that you play go on to the output, with the band's.");
    switch::show(ui, left.with_max_x(left.right() - 16.0), "Your notes too", hint, theme::YOU, settings.thru);
    silence::button(ui, right.with_min_x(right.left() + 4.0), "Nothing sounds?", "Why nothing sounds");
}
