//! One player: switch, density, register, channel, and a light while it sounds.

use continuo_models::{Player, PlayerKind};
use egui::{Align2, Color32, Rect, Stroke, Ui, pos2, vec2};

use super::hint::Hint;
use super::knob::Knob;
use super::setting::Setting;
use super::symbols::{Written, number_alone};
use super::{mark, paint, stepper, switch, theme};

/// The settings of one player.
pub struct Settings<'a> {
    /// Whether it plays.
    pub on: &'a dyn Setting,
    /// How much it plays.
    pub density: &'a dyn Setting,
    /// Octaves by which its range is moved, if its keys are pitches.
    pub register: Option<&'a dyn Setting>,
    /// Its MIDI channel.
    pub channel: &'a dyn Setting,
}

/// The width of a strip at most, in points.
pub const WIDTH: f32 = 228.0;
/// The width of a field's label, in points.
const LABEL: f32 = 53.0;

/// Shows the strip of `player` in `rect`; `sounding` lights its shape up.
pub fn show(ui: &mut Ui, rect: Rect, player: Player, sounding: bool, settings: &Settings) {
    paint::card(ui.painter(), rect);
    let inside = rect.shrink(theme::INSET);
    let PlayerKind { name, role, .. } = *player.kind();
    let names = ["on", "density", "register", "channel"].map(|what| format!("{name} {what}"));
    let on = settings.on.value() >= 0.5;
    let colour = theme::player_colour(player);

    let head = Rect::from_min_size(inside.min, vec2(inside.width(), 20.0));
    let centre = pos2(head.left() + 8.0, head.center().y);
    let painter = ui.painter();
    if on && sounding {
        painter.circle_filled(centre, 12.0, colour.gamma_multiply(0.28));
    }
    let (fill, edge) = if on { (colour, Color32::TRANSPARENT) } else { (Color32::TRANSPARENT, theme::FAINT) };
    mark::paint(painter, player, centre, 6.0, fill, Stroke::new(1.5, edge));
    let place = pos2(head.left() + 24.0, head.center().y);
    let ink = if on { theme::TEXT } else { theme::FAINT };
    painter.text(place, Align2::LEFT_CENTER, name, theme::semibold(theme::HEADING), ink);
    switch::show(ui, head, "", Hint::click(&names[0], role), colour, settings.on);

    // A player that is off can still be set; it only steps back.
    ui.scope(|ui| {
        if !on {
            ui.multiply_opacity(0.55);
        }
        let body = Rect::from_min_max(pos2(inside.left(), head.bottom() + 5.0), inside.max);
        let dial = Rect::from_min_size(body.min, vec2(62.0, body.height()));
        let hint = Hint::of_player(&names[1], "density");
        Knob { label: "Density", hint, accent: colour }.show(ui, dial, settings.density);

        let column = body.with_min_x(dial.right() + 8.0);
        let channel = Written(settings.channel, number_alone);
        let rows = [
            ("Register", "register", &names[2], settings.register, column.top() + 6.0),
            ("Channel", "channel", &names[3], Some(&channel as &dyn Setting), column.bottom() - 28.0),
        ];
        let rows = rows.into_iter().filter_map(|(label, id, name, setting, top)| {
            setting.map(|setting| (label, Hint::of_player(name, id), setting, top))
        });
        for (label, hint, setting, top) in rows {
            let row = Rect::from_min_size(pos2(column.left(), top), vec2(column.width(), 26.0));
            let font = theme::regular(theme::LABEL);
            // A narrow strip leaves it to the hint.
            let labelled = row.width() > LABEL + 50.0;
            if labelled {
                ui.painter().text(row.left_center(), Align2::LEFT_CENTER, label, font, theme::DIM);
            }
            let field = row.with_min_x(row.left() + if labelled { LABEL } else { 0.0 });
            stepper::show(ui, field, hint, setting);
        }
    });
}
