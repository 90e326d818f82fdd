//! How the band keeps time by itself, and where it hears your left hand.

use std::time::Duration;

use egui::{Rect, Ui, pos2, vec2};

use super::header::Pulse;
use super::hint::Hint;
use super::knob::Knob;
use super::setting::Setting;
use super::{button, paint, stepper, switch, theme};

/// The settings of the card.
pub struct Settings<'a> {
    /// The tempo while no host leads.
    pub tempo: &'a dyn Setting,
    /// A beat, each time that it goes on.
    pub tap: &'a dyn Setting,
    /// Whether the tempo follows the musician.
    pub follow: &'a dyn Setting,
    /// The channel of the left hand.
    pub left_hand: &'a dyn Setting,
    /// Whether the band goes with its chords at once.
    pub at_once: &'a dyn Setting,
    /// Whether notes leave the CLAP plug-in as MIDI messages.
    pub notes_as_midi: &'a dyn Setting,
}

/// Longer than a block of audio: the clock looks once in each.
const HOLD: Duration = Duration::from_millis(60);

/// Shows the card in `rect`; `pulse` is the one that the band keeps now.
pub fn show(ui: &mut Ui, rect: Rect, pulse: &Pulse, settings: &Settings) {
    paint::card(ui.painter(), rect);
    let about = if pulse.host_plays { "The host leads now" } else { "While no host leads" };
    let body = paint::heading(ui.painter(), rect.shrink(theme::INSET), "Time", about);
    let dial = Rect::from_min_size(body.min, vec2(66.0, body.height()));
    let hint =
        Hint::turn("Tempo", "How fast the band plays by itself. With your host's transport running, the host leads.");
    Knob { label: "Tempo", hint, accent: theme::YOU }.show(ui, dial, settings.tempo);

    let column = |left: f32, width: f32| Rect::from_x_y_ranges(left..=left + width, body.y_range());
    let taps = column(dial.right() + 14.0, 128.0);
    let row = |column: Rect, top: f32, height: f32| {
        Rect::from_min_size(pos2(column.left(), body.top() + top), vec2(column.width(), height))
    };
    let label = match pulse.tempo {
        tempo if tempo > 0.0 => format!("Tap  ·  {tempo:.0} bpm"),
        _ => "Tap".to_owned(),
    };
    let hint = Hint::click("Tap", "Click on the beat, at least twice: the band takes your tempo and your beat.");
    button::trigger(ui, row(taps, 6.0, 28.0), &label, hint, HOLD, settings.tap);
    let hint = Hint::click("Follow tempo", "The band listens to your notes and goes faster or slower with you.");
    switch::show(ui, row(taps, 44.0, 22.0), "Follow me", hint, theme::YOU, settings.follow);

    let hand = column(taps.right() + 24.0, body.right() - taps.right() - 24.0);
    let title = hand.with_min_y(rect.top() + theme::INSET).with_max_y(rect.top() + theme::INSET + 22.0);
    switch::show(ui, title, "At once", Hint::of_click("hand_at_once"), theme::YOU, settings.at_once);
    let field = paint::label(ui.painter(), hand, "Left hand", 26.0);
    let hint = Hint::of_turn("left_hand");
    stepper::show(ui, field, hint, settings.left_hand);
    let hint = Hint::click(
        "Notes as MIDI",
        "CLAP only: notes go out as MIDI messages. Switch it on if your host gets no notes of the band, or silent \
         ones.",
    );
    switch::show(ui, row(hand, 44.0, 22.0), "MIDI notes", hint, theme::YOU, settings.notes_as_midi);
}
