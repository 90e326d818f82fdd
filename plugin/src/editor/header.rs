//! The top line: the name, which opens *About*, the song's pulse, the networks, thru, preview sound and panic.

use continuo_models::music::Meter;
use egui::{Align2, Rect, Response, Ui, pos2, vec2};

use super::hint::Hint;
use super::setting::Setting;
use super::slider::{self, Track};
use super::{about, button, choice, switch, theme};

/// The settings in the header.
pub struct Settings<'a> {
    /// The networks that play.
    pub networks: &'a dyn Setting,
    /// Whether played notes go to the output.
    pub thru: &'a dyn Setting,
    /// Whether the built-in sound plays.
    pub preview: &'a dyn Setting,
    /// Its loudness.
    pub preview_gain: &'a dyn Setting,
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

/// Shows the header in `rect`. Returns the panic button's response.
pub fn show(ui: &mut Ui, rect: Rect, pulse: &Pulse, settings: &Settings) -> Response {
    let middle = rect.center().y;
    let name = about::name(ui, pos2(rect.left() + 2.0, middle));
    let place = pos2(name.right() + 18.0, middle + 1.0);
    ui.painter().text(place, Align2::LEFT_CENTER, pulse.text(), theme::regular(theme::BODY), theme::DIM);

    let row = |left: f32, width: f32, height: f32| {
        Rect::from_min_size(pos2(rect.right() - left, middle - height / 2.0), vec2(width, height))
    };
    let list = row(620.0, 130.0, 26.0);
    let label = pos2(list.left() - 10.0, middle);
    ui.painter().text(label, Align2::RIGHT_CENTER, "Networks", theme::regular(theme::LABEL), theme::DIM);
    let hint = Hint::click(
        "Networks",
        "Who thinks for the band: two families that come with it, or networks of your own in your folder for models, \
         which is read when you choose it.",
    );
    choice::show(ui, list, hint, settings.networks);
    let hint = Hint::click("Thru", "The notes that you play go on to the output, with the band's.");
    switch::show(ui, row(458.0, 116.0, 26.0), "Your notes", hint, theme::YOU, settings.thru);
    let hint = Hint::click(
        "Preview sound",
        "A plain built-in sound, so that you hear the band before you route it to instruments.",
    );
    switch::show(ui, row(318.0, 132.0, 26.0), "Preview sound", hint, theme::YOU, settings.preview);
    let hint = Hint::turn("Preview level", "How loud the built-in sound is.");
    slider::show(ui, row(176.0, 72.0, 26.0), hint, Track::Amount, settings.preview_gain);
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
