//! Beside the piano: whether the computer's keys play it, where and how loud, and the metronome.

use egui::{Rect, Ui, vec2};

use super::hands::{Hands, LOUDNESS, OCTAVES};
use super::hint::{Hint, TURN};
use super::setting::{Listed, Setting};
use super::{paint, stepper, switch, theme};

/// The width of the card, in points.
pub const WIDTH: f32 = 196.0;

const ROW: f32 = 21.0;

/// Whether the computer's keys play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Whether they do.
    pub play: bool,
    /// Whether there is a host, whose keys they are while they do not.
    pub in_host: bool,
}

/// Shows the card in `rect`, for `hands`. Returns whether the computer's keys are to play, if that is to change.
pub fn show(ui: &mut Ui, rect: Rect, keys: Keys, hands: &mut Hands, metronome: &dyn Setting) -> Option<bool> {
    paint::card(ui.painter(), rect);
    let inside = rect.shrink2(vec2(10.0, 5.0));
    let gap = (inside.height() - 3.0 * ROW) / 2.0;
    let row = |n: f32| Rect::from_min_size(inside.min + vec2(0.0, n * (ROW + gap)), vec2(inside.width(), ROW));
    let texts = ["off", "on"].map(str::to_owned);
    let on = Listed::new(&texts, usize::from(keys.play));
    let hint = Hint {
        name: "Keys play",
        text: if keys.in_host {
            "The computer's keys play the piano: Z S X D C and on, and an octave higher Q 2 W 3 E. Off, every key is \
             your host's."
        } else {
            "The computer's keys play the piano: Z S X D C and on, and an octave higher Q 2 W 3 E."
        },
        handling: "K, L: an octave down, up. A, F: softer, louder. 1, held: keys go on sounding.",
    };
    switch::show(ui, row(0.0), "Keys play  (1: pedal)", hint, theme::YOU, &on);

    let half = vec2((inside.width() - 8.0) / 2.0, ROW);
    let place = |n: f32| Rect::from_min_size(row(1.0).min + vec2(n * (half.x + 8.0), 0.0), half);
    let texts: Vec<String> = (0..OCTAVES).map(|octave| format!("K {} L", Hands::octave_text(octave))).collect();
    let octave = Listed::new(&texts, hands.octave).with_default(Hands::default().octave);
    let hint = Hint { name: "Octave of the keys", text: "Where the lower row of keys begins.", handling: TURN };
    stepper::show(ui, place(0.0), hint, &octave);
    let texts = LOUDNESS.map(|(name, _)| format!("A {name} F"));
    let loudness = Listed::new(&texts, hands.loudness).with_default(Hands::default().loudness);
    let hint = Hint { name: "Loudness of the keys", text: "How loud the computer's keys play.", handling: TURN };
    stepper::show(ui, place(1.0), hint, &loudness);
    (hands.octave, hands.loudness) = (octave.at(), loudness.at());

    let hint = Hint::click(
        "Metronome",
        "A click on every beat, higher on the first of a bar. You hear it in the built-in sound alone, at its level, \
         and with it off too.",
    );
    switch::show(ui, row(2.0), "Metronome", hint, theme::YOU, metronome);
    on.chosen().map(|on| on == 1)
}
