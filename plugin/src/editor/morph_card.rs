//! The morph pad, between four bars, and what stands at its corners.

use std::sync::Arc;

use continuo_models::music::Meter;
use continuo_models::{Captured, Draw, Round};
use egui::{Rect, Ui, pos2, vec2};

use super::hint::{Hint, TURN};
use super::layout::cell;
use super::pad::{self, Axis, Corner};
use super::setting::Setting;
use super::{button, choice, paint, status_line, switch, theme};

/// What the band strikes, as the page shows it and captures it.
#[derive(Clone, Debug, PartialEq)]
pub struct Struck {
    /// What is struck in the bar that it is in.
    pub now: Arc<Captured>,
    /// The number of that bar, as the band counts, from 0 on.
    pub bar: i64,
    /// The sections in which it lies.
    pub round: Round,
    /// By what they are drawn.
    pub draw: Draw,
    /// Whether there is a network that leads from bar to bar.
    pub has_network: bool,
}

impl Default for Struck {
    fn default() -> Self {
        Self { now: Arc::default(), bar: 0, round: Round::default(), draw: Draw::default(), has_network: true }
    }
}

/// The settings of the card.
pub struct Settings<'a> {
    /// From left to right.
    pub across: &'a dyn Setting,
    /// From below to above.
    pub up: &'a dyn Setting,
    /// The style at its corner.
    pub style: &'a dyn Setting,
    /// Whether beats count, and not bars.
    pub by_beat: &'a dyn Setting,
}

/// What stands at the corners.
pub struct State<'a> {
    /// The captured bar.
    pub captured: &'a Captured,
    /// The meter of the song.
    pub meter: Meter,
    /// Whether there is a network that leads from bar to bar.
    pub has_network: bool,
}

const ROW: f32 = 26.0;
const BETWEEN: f32 = 7.0;

/// Shows the card in `rect`. Whether the bar that is struck is to be captured.
pub fn show(ui: &mut Ui, rect: Rect, settings: &Settings, state: &State) -> bool {
    paint::card(ui.painter(), rect);
    let about = if state.has_network { "Between four bars" } else { "No network: the nearest bar plays" };
    let body = paint::heading(ui.painter(), rect.shrink(theme::INSET), "Morph", about);
    let row = |number: f32| {
        let top = body.bottom() - ROW - number * (ROW + BETWEEN);
        Rect::from_min_size(pos2(body.left(), top), vec2(body.width(), ROW))
    };
    let place = body.with_max_y(row(1.0).top() - BETWEEN);
    let there = |name: &str| Corner { name: name.to_owned(), is_there: true };
    let captured = match state.captured {
        empty if empty.is_empty() => Corner { name: "Captured: nothing yet".into(), is_there: false },
        other if other.meter != state.meter => {
            let Meter { numerator, denominator } = other.meter;
            Corner { name: format!("Captured: in {numerator}/{denominator}"), is_there: false }
        }
        _ => there("Captured"),
    };
    let style = settings.style.text(settings.style.value());
    let corners = [there("The bar itself"), captured, there(&style), there("You, now")];
    let axis = |id, setting| Axis { hint: Hint { handling: TURN, ..Hint::of_click(id) }, setting };
    let axes = [axis("morph_x", settings.across), axis("morph_y", settings.up)];
    pad::show(ui, place, "Morph pad", axes, &corners);

    let hint = Hint::click(
        "Capture the bar",
        "Keeps what Chords, Bass and Drums strike in this bar, stroke for stroke, for the corner of the pad and with \
         the project.",
    );
    let captures = button::show(ui, cell(row(1.0), 0.0, 0.46), "Capture the bar", hint, theme::TEXT).clicked();
    choice::show(ui, cell(row(1.0), 0.46, 1.0), Hint::of_click("morph_style"), settings.style);
    let held = |strokes: usize, name: &str| (strokes > 0).then(|| name.to_owned());
    let Captured { chords, bass, drums, .. } = state.captured;
    let who = [held(chords.len(), "Chords"), held(bass.len(), "Bass"), held(drums.len(), "Drums")];
    let who: Vec<String> = who.into_iter().flatten().collect();
    let said = if who.is_empty() { "Nothing yet".to_owned() } else { who.join(", ") };
    status_line::show(ui, cell(row(0.0), 0.0, 0.54), "Captured", &said, theme::DIM);
    switch::show(
        ui,
        cell(row(0.0), 0.56, 1.0),
        "By beat",
        Hint::of_click("morph_by_beat"),
        theme::YOU,
        settings.by_beat,
    );
    captures
}
