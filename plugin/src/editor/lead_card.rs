//! When Lead plays, and what its line holds to.

use continuo_models::{LeadMode, Player};
use egui::{Align2, Rect, Stroke, Ui, pos2, vec2};

use super::detents::{Detents, Positions};
use super::hint::Hint;
use super::knob::Knob;
use super::setting::Setting;
use super::symbols::{Written, number_alone};
use super::{choice, mark, paint, switch, theme};

/// The settings of the card.
pub struct Settings<'a> {
    /// When Lead plays.
    pub mode: &'a dyn Setting,
    /// The chance that it takes up a motif.
    pub motif: &'a dyn Setting,
    /// Its largest leap.
    pub max_leap: &'a dyn Setting,
    /// Whether it has only chord tones on strong beats.
    pub strong_tones: &'a dyn Setting,
    /// How many of its notes lie outside the key.
    pub chromaticism: &'a dyn Setting,
    /// How many of its notes anticipate the beat.
    pub syncopation: &'a dyn Setting,
}

const LIST: f32 = 150.0;
const KNOB_WIDTH: f32 = 84.0;
/// The switch in the heading: its width, in points.
const SWITCH: f32 = 190.0;

/// What Lead does in `mode`, in a few words.
fn means(mode: LeadMode) -> &'static str {
    match mode {
        LeadMode::Answer => "Answers when you pause",
        LeadMode::Continuous => "Plays all the time",
        LeadMode::Fills => "Fills your rests, no longer",
        LeadMode::TradeTwos => "Two bars you, two bars Lead",
        LeadMode::TradeFours => "Four bars you, four bars Lead",
        LeadMode::TradeEights => "Eight bars you, eight bars Lead",
    }
}

/// Shows the card in `rect`; `mode` is what the setting says.
pub fn show(ui: &mut Ui, rect: Rect, mode: LeadMode, settings: &Settings) {
    paint::card(ui.painter(), rect);
    let colour = theme::player_colour(Player::Lead);
    let inside = rect.shrink(theme::INSET);
    let body = paint::heading(ui.painter(), inside.with_min_x(inside.left() + 24.0), "Lead", "When and how it plays");
    let body = body.with_min_x(inside.left());
    mark::paint(ui.painter(), Player::Lead, inside.min + vec2(8.0, 10.0), 6.0, colour, Stroke::NONE);

    let column = Rect::from_min_size(body.min, vec2(LIST, body.height()));
    let field = paint::label(ui.painter(), column, "Plays", 28.0);
    let hint = Hint::of_click("lead_mode");
    choice::show(ui, field, hint, settings.mode);
    let place = pos2(column.left(), field.bottom() + 14.0);
    ui.painter().text(place, Align2::LEFT_CENTER, means(mode), theme::regular(theme::SMALL), theme::DIM);

    let dials: [(_, _, &dyn Setting); 2] = [
        ("Motif", Hint::of_turn("motif"), settings.motif),
        ("Largest leap", Hint::of_turn("max_leap"), &Written(settings.max_leap, number_alone)),
    ];
    let dials_left = column.right() + 22.0;
    for (n, (label, hint, setting)) in dials.into_iter().enumerate() {
        let corner = pos2(dials_left + n as f32 * KNOB_WIDTH, body.top());
        let place = Rect::from_min_size(corner, vec2(KNOB_WIDTH, body.height()));
        Knob { label, hint, accent: colour }.show(ui, place, setting);
    }
    let dials = [
        ("Chromatic", Hint::of_turn("lead_chromaticism"), settings.chromaticism),
        ("Syncopated", Hint::of_turn("syncopation"), settings.syncopation),
    ];
    let levels_left = dials_left + 2.0 * KNOB_WIDTH + 14.0;
    for (n, (label, hint, setting)) in dials.into_iter().enumerate() {
        let corner = pos2(levels_left + n as f32 * KNOB_WIDTH, body.top());
        let place = Rect::from_min_size(corner, vec2(KNOB_WIDTH, body.height()));
        Detents { label, hint, positions: Positions::Levels, accent: colour }.show(ui, place, setting);
    }
    let row = Rect::from_min_size(pos2(inside.right() - SWITCH, inside.top()), vec2(SWITCH, 20.0));
    let hint = Hint::of_click("strong_tones");
    switch::show(ui, row, "Chord tones on beats", hint, colour, settings.strong_tones);
}
