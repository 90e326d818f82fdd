//! The top line, on all pages: the name, which opens *About*, the song's pulse, the preset and what was done, preview
//! sound, help and panic.

use continuo_models::music::Meter;
use egui::{Rect, Response, Ui, pos2, vec2};

use super::hint::Hint;
use super::setting::Setting;
use super::slider::{self, Track};
use super::text::{self, Look};
use super::{about, button, silence, switch, theme};

/// The settings in the header.
pub struct Settings<'a> {
    /// Whether the built-in sound plays.
    pub preview: &'a dyn Setting,
    /// Its loudness.
    pub preview_gain: &'a dyn Setting,
}

/// From the right end of the header to the left end of what stands there, in points.
const RIGHT: f32 = 344.0;
/// From the left end of the header to the end of the pulse, in points.
const LEFT: f32 = 306.0;
/// The width of the bar of what was done, in points.
const UNDO: f32 = 196.0;

/// Where the preset's name stands in a header in `rect`, with what goes to the one before and after it.
pub fn preset_place(rect: Rect) -> Rect {
    let right = undo_place(rect).left() - 14.0;
    Rect::from_min_max(pos2(rect.left() + LEFT, rect.top() + 3.0), pos2(right, rect.bottom() - 3.0))
}

/// Where what was done is undone, in a header in `rect`.
pub fn undo_place(rect: Rect) -> Rect {
    let right = rect.right() - RIGHT - 14.0;
    Rect::from_min_max(pos2(right - UNDO, rect.top() + 3.0), pos2(right, rect.bottom() - 3.0))
}

/// The song's pulse.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pulse {
    /// Quarter notes per minute; 0: not known yet.
    pub tempo: f32,
    /// The time signature.
    pub meter: Meter,
    /// Whether the host's transport runs.
    pub host_plays: bool,
}

impl Pulse {
    fn text(&self) -> String {
        if self.tempo <= 0.0 {
            return "not running".to_owned();
        }
        let tempo = (self.tempo * 10.0).round() / 10.0;
        let clock = if self.host_plays { "with the host" } else { "own clock" };
        format!("{tempo} bpm  ·  {}/{}  ·  {clock}", self.meter.numerator, self.meter.denominator)
    }
}

/// From the left end of the header to the pulse, and its width, in points.
const PULSE: f32 = 118.0;
const PULSE_WIDTH: f32 = 188.0;

/// Where the pulse stands in a header in `rect`, or what is shown in its place.
pub fn pulse_place(rect: Rect) -> Rect {
    Rect::from_min_size(rect.min + vec2(PULSE, 0.0), vec2(PULSE_WIDTH, rect.height()))
}

/// Shows the header in `rect`; without a `pulse` its place is left free. Returns the panic button's response.
pub fn show(ui: &mut Ui, rect: Rect, pulse: Option<&Pulse>, settings: &Settings) -> Response {
    let middle = rect.center().y;
    let name = about::name(ui, pos2(rect.left() + 2.0, middle));
    if let Some(pulse) = pulse {
        let place =
            Rect::from_min_max(pos2(name.right() + 18.0, rect.top() + 1.0), pos2(rect.left() + LEFT, rect.bottom()));
        text::show(ui, place, &pulse.text(), &Look::line(theme::regular(theme::BODY), theme::DIM));
    }

    let row = |left: f32, width: f32, height: f32| {
        Rect::from_min_size(pos2(rect.right() - left, middle - height / 2.0), vec2(width, height))
    };
    let hint = Hint::click(
        "Preview sound",
        "A plain built-in sound, so that you hear the band before you route it to instruments.",
    );
    switch::show(ui, row(RIGHT, 132.0, 26.0), "Preview sound", hint, theme::YOU, settings.preview);
    let hint = Hint::turn("Preview level", "How loud the built-in sound is.");
    slider::show(ui, row(202.0, 72.0, 26.0), hint, Track::Amount, settings.preview_gain);
    silence::button(ui, row(120.0, 28.0, 28.0), "?", "Nothing sounds?");
    let hint = Hint::click("Panic", "Ends every note at once, if one should hang.");
    button::show(ui, row(84.0, 84.0, 28.0), "Panic", hint, theme::ALARM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pulse_says_whose_clock_it_follows() {
        let pulse = Pulse { tempo: 119.96, meter: Meter { numerator: 6, denominator: 8 }, host_plays: true };
        assert_eq!(pulse.text(), "120 bpm  ·  6/8  ·  with the host");
        assert_eq!(Pulse { host_plays: false, ..pulse }.text(), "120 bpm  ·  6/8  ·  own clock");
        assert_eq!(Pulse::default().text(), "not running");
    }
}
