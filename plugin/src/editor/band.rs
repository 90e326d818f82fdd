//! How the whole band plays: knobs, what its harmony is like, key lock and seed.

use egui::{Align2, Rect, Stroke, Ui, pos2, vec2};

use super::detents::{Detents, Positions};
use super::hint::Hint;
use super::knob::Knob;
use super::setting::Setting;
use super::symbols::{Written, with_accidentals};
use super::{choice, paint, stepper, switch, theme};

/// The settings of the band.
pub struct Settings<'a> {
    /// From always the likeliest to wild.
    pub temperature: &'a dyn Setting,
    /// From anticipating to reacting.
    pub follow: &'a dyn Setting,
    /// How much is played.
    pub density: &'a dyn Setting,
    /// How late off-beat eighths come.
    pub swing: &'a dyn Setting,
    /// Deviation of timing and loudness.
    pub humanise: &'a dyn Setting,
    /// How often chords change.
    pub chord_rate: &'a dyn Setting,
    /// How far chords leave the key.
    pub tension: &'a dyn Setting,
    /// Major or minor.
    pub mode: &'a dyn Setting,
    /// Whether the band stays in the key.
    pub key_lock: &'a dyn Setting,
    /// That key.
    pub key: &'a dyn Setting,
    /// Chooses among equally good takes.
    pub seed: &'a dyn Setting,
}

const KNOB_WIDTH: f32 = 68.0;
const COLUMN: f32 = 116.0;
const ROW: f32 = 28.0;

/// Shows the settings in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, settings: &Settings) {
    paint::card(ui.painter(), rect);
    let inside = rect.shrink(theme::INSET);
    let dials = [
        ("temperature", settings.temperature),
        ("follow", settings.follow),
        ("density", settings.density),
        ("swing", settings.swing),
        ("humanise", settings.humanise),
    ];
    let harmony = [
        ("chord_rate", Positions::Levels, settings.chord_rate),
        ("tension", Positions::Levels, settings.tension),
        ("mode", Positions::Choices, settings.mode),
    ];
    let left = inside.left() - 4.0;
    let place = |left: f32, n: usize| {
        Rect::from_min_size(pos2(left + n as f32 * KNOB_WIDTH, inside.top()), vec2(KNOB_WIDTH, inside.height()))
    };
    for (n, (id, setting)) in dials.into_iter().enumerate() {
        let hint = Hint::of_turn(id);
        Knob { label: hint.name, hint, accent: theme::YOU }.show(ui, place(left, n), setting);
    }
    let harmony_left = left + dials.len() as f32 * KNOB_WIDTH + theme::GAP;
    for (n, (id, positions, setting)) in harmony.into_iter().enumerate() {
        let hint = Hint::of_turn(id);
        let dial = Detents { label: hint.name, hint, positions, accent: theme::YOU };
        dial.show(ui, place(harmony_left, n), setting);
    }

    let seed_left = inside.right() - COLUMN;
    let key_left = seed_left - theme::GAP - COLUMN;
    for line in [harmony_left - theme::GAP / 2.0, key_left - theme::GAP - 2.0] {
        ui.painter().vline(line, inside.y_range(), Stroke::new(1.0, theme::EDGE));
    }
    let cell =
        |left: f32, top: f32, height: f32| Rect::from_min_size(pos2(left, inside.top() + top), vec2(COLUMN, height));

    let hint = Hint::of_click("key_lock");
    switch::show(ui, cell(key_left, -2.0, 20.0), "Key lock", hint, theme::YOU, settings.key_lock);
    let hint = Hint::of_click("key");
    choice::show(ui, cell(key_left, 30.0, ROW), hint, &Written(settings.key, with_accidentals));
    let note = if settings.key_lock.value() >= 0.5 { "The band stays in key" } else { "The band is free" };
    let place = cell(key_left, 68.0, ROW);
    ui.painter().text(place.left_center(), Align2::LEFT_CENTER, note, theme::regular(theme::SMALL), theme::FAINT);

    let title = cell(seed_left, -2.0, 20.0);
    ui.painter().text(title.left_center(), Align2::LEFT_CENTER, "Seed", theme::regular(theme::BODY), theme::DIM);
    let hint = Hint::of_turn("seed");
    stepper::show(ui, cell(seed_left, 30.0, ROW), hint, settings.seed);
    let place = cell(seed_left, 68.0, ROW);
    let font = theme::regular(theme::SMALL);
    ui.painter().text(place.left_center(), Align2::LEFT_CENTER, "Same seed, same take", font, theme::FAINT);
}
