//! How far each player strays from its bars, how fast that moves on, and which draw is played.

use continuo_models::Player;
use egui::{Align2, Rect, Stroke, Ui, pos2, vec2};
use nice_plug::prelude::ParamPtr;

use super::hint::Hint;
use super::layout::{BETWEEN, cell};
use super::setting::Setting;
use super::slider::{self, Track};
use super::{button, mark, paint, stepper, theme};

/// What is set of a player.
pub struct Row<'a> {
    /// Who.
    pub player: Player,
    /// How far it strays.
    pub vary: &'a dyn Setting,
    /// How fast that moves on.
    pub drift: &'a dyn Setting,
    /// The bar at which it stands still.
    pub lock: &'a dyn Setting,
    /// Which draw it plays.
    pub roll: &'a dyn Setting,
}

/// The height of the headings of the columns, of a player's row, and of the buttons, in points.
const HEADINGS: f32 = 17.0;
const ROW: f32 = 23.0;
const BUTTONS: f32 = 24.0;
/// Where the columns begin and end, as shares of the row.
const VARY: (f32, f32) = (0.2, 0.41);
const DRIFT: (f32, f32) = (0.41, 0.62);
const LOCK: (f32, f32) = (0.62, 0.75);
const ROLL: (f32, f32) = (0.75, 1.0);

/// Shows the card in `rect`; the band is in bar number `bar`, counted from 0.
pub fn show(ui: &mut Ui, rect: Rect, rows: &[Row], bar: i64) {
    paint::card(ui.painter(), rect);
    let body = paint::heading(ui.painter(), rect.shrink(theme::INSET), "Vary", "From bar to bar");
    for (name, (from, _)) in [("How far", VARY), ("Drift", DRIFT), ("Lock", LOCK), ("Roll", ROLL)] {
        let place = cell(body, from, 1.0).left_top();
        ui.painter().text(place, Align2::LEFT_TOP, name, theme::regular(theme::LABEL), theme::DIM);
    }
    let room = body.height() - HEADINGS - BUTTONS - BETWEEN;
    let step = room / rows.len().max(1) as f32;
    for (n, row) in rows.iter().enumerate() {
        let middle = body.top() + HEADINGS + (n as f32 + 0.5) * step;
        show_row(ui, Rect::from_center_size(pos2(body.center().x, middle), vec2(body.width(), ROW)), row, bar);
    }
    let buttons = body.with_min_y(body.bottom() - BUTTONS);
    let rolls: Vec<&dyn Setting> = rows.iter().map(|row| row.roll).collect();
    let hint = Hint::click("Back to the last roll", "Chords, Bass and Drums go back to the draw before.");
    if button::show(ui, cell(buttons, 0.41, 0.62), "Back", hint, theme::TEXT).clicked() {
        turn(&rolls, |roll| roll.saturating_sub(1));
    }
    let hint = Hint::click(
        "Roll again",
        "From the next bar on Chords, Bass and Drums play another draw of bars and variations. Back brings the last \
         one again.",
    );
    if button::show(ui, cell(buttons, 0.62, 1.0), "Roll again", hint, theme::TEXT).clicked() {
        turn(&rolls, |roll| roll + 1);
    }
}

fn show_row(ui: &mut Ui, place: Rect, row: &Row, bar: i64) {
    let (name, colour) = (row.player.kind().name, theme::player_colour(row.player));
    mark::paint(ui.painter(), row.player, place.left_center() + vec2(6.0, 0.0), 4.4, colour, Stroke::NONE);
    let at = place.left_center() + vec2(17.0, 0.0);
    ui.painter().text(at, Align2::LEFT_CENTER, name, theme::regular(theme::BODY), theme::TEXT);
    let full = |of: &str| format!("{name} {of}");
    for (of, (from, to), track, setting) in
        [("vary", VARY, Track::Amount, row.vary), ("drift", DRIFT, Track::Amount, row.drift)]
    {
        let name = full(of);
        slider::show(ui, cell(place, from, to), Hint::of_player(&name, of), track, setting);
    }
    let (lock, roll) = (full("lock"), full("roll"));
    let hint = Hint { handling: "", ..Hint::of_player(&lock, "lock") };
    button::latch(ui, cell(place, LOCK.0, LOCK.1), "Lock", hint, colour, &Lock { to: row.lock, bar });
    stepper::show(ui, cell(place, ROLL.0, ROLL.1), Hint::of_player(&roll, "roll"), row.roll);
}

/// Moves all of `rolls`, each by a gesture of its own.
fn turn(rolls: &[&dyn Setting], to: impl Fn(usize) -> usize) {
    for roll in rolls {
        let (from, most) = (roll.step_at(roll.value()), roll.steps().unwrap_or(0));
        let to = to(from).min(most);
        if to != from {
            roll.change(roll.value_of_step(to));
        }
    }
}

/// The bar at which a variation stands still, as a switch: it goes on at the bar that the band is in.
struct Lock<'a> {
    to: &'a dyn Setting,
    bar: i64,
}

impl Lock<'_> {
    fn of(&self, value: f32) -> f32 {
        if self.to.step_at(value) > 0 { 1.0 } else { 0.0 }
    }
}

impl Setting for Lock<'_> {
    fn value(&self) -> f32 {
        self.of(self.to.value())
    }

    fn modulated(&self) -> f32 {
        self.of(self.to.modulated())
    }

    fn default(&self) -> f32 {
        0.0
    }

    fn steps(&self) -> Option<usize> {
        Some(1)
    }

    fn text(&self, _: f32) -> String {
        self.to.text(self.to.value())
    }

    fn begin(&self) {
        self.to.begin();
    }

    fn set(&self, value: f32) {
        let most = self.to.steps().unwrap_or(1) as i64;
        // Before the song, and beyond its last bar, bars count around.
        let here = self.bar.rem_euclid(most.max(1)) as usize + 1;
        self.to.set(if value >= 0.5 { self.to.value_of_step(here) } else { 0.0 });
    }

    fn end(&self) {
        self.to.end();
    }

    fn param(&self) -> Option<ParamPtr> {
        self.to.param()
    }
}
