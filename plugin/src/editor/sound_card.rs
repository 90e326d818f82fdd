//! Where sound and MIDI go: in the standalone program to choose, in a host to read.

use egui::{Align2, Rect, Ui, pos2, vec2};

use crate::machine::{Port, Sound, Status, Way, Wish};
use crate::seam::Stream;

use super::hint::Hint;
use super::setting::Listed;
use super::{checklist, choice, notices, paint, switch, theme};

/// The height of a field, and from the top of one to the next, in points.
const FIELD: f32 = 26.0;
const ROW: f32 = 31.0;
/// Between two columns, in points.
const SPACE: f32 = 8.0;

/// Shows the card in `rect`: for what the standalone program runs on, if that is known; else how a host's sound runs.
/// Returns what was asked for.
pub fn show(ui: &mut Ui, rect: Rect, machine: Option<&Status>, stream: Stream) -> Option<Wish> {
    paint::card(ui.painter(), rect);
    let inside = rect.shrink(theme::INSET);
    match machine {
        Some(status) => show_machine(ui, inside, status),
        None => {
            let body = paint::heading(ui.painter(), inside, "Sound and MIDI", "Your host's");
            let runs = match stream {
                Stream { rate: 0, .. } => "Your host has not asked for sound yet.".to_owned(),
                Stream { rate, block } => format!("{rate} Hz, in blocks of {block} samples."),
            };
            let text = format!("{runs} Sound card and MIDI ports are chosen in your host.");
            notices::lines(ui, body.with_max_y(body.top() + 40.0), &text, theme::DIM);
            None
        }
    }
}

fn show_machine(ui: &mut Ui, inside: Rect, status: &Status) -> Option<Wish> {
    let sound = &status.sound;
    let body = paint::heading(ui.painter(), inside, "Sound and MIDI", &runs(sound));
    let row = |number: f32| Rect::from_min_size(body.min + vec2(0.0, number * ROW), vec2(body.width(), FIELD));
    let wish = places(ui, row(0.0), sound);
    let wish = rate_and_block(ui, row(1.0), sound).or(wish);

    let text = figures(sound);
    let at = row(2.0).left_top() + vec2(0.0, 1.0);
    let ink = if sound.open.is_none() || sound.dropouts + sound.late > 0 { theme::WARNING } else { theme::DIM };
    ui.painter().text(at, Align2::LEFT_TOP, text, theme::regular(theme::LABEL), ink);

    let inputs = row(2.0).translate(vec2(0.0, 22.0));
    let hint =
        Hint::click("MIDI inputs", "The keyboards and controllers on which you play. All of them, unless you choose.");
    let wish = ports(ui, inputs, "Play on", hint, &status.inputs, Wish::Input).or(wish);
    let outputs = inputs.translate(vec2(0.0, ROW));
    let hint = Hint::click("MIDI outputs", "The instruments that get what you and the band play.");
    let wish = ports(ui, outputs, "Play to", hint, &status.outputs, Wish::Output).or(wish);

    let last = outputs.translate(vec2(0.0, ROW));
    let wish = match sound.connects {
        Some(on) => {
            let texts = ["Off", "On"].map(str::to_owned);
            let setting = Listed::new(&texts, on.into());
            let hint = Hint::click(
                "Connect ports",
                "Sound goes to the loudspeakers and every keyboard comes here by itself. Off: you do that in a patch \
                 bay. The MIDI ports of the players are for you to connect.",
            );
            switch::show(ui, last, "Connect by itself", hint, theme::YOU, &setting);
            setting.chosen().map(|chosen| Wish::Connect(chosen == 1)).or(wish)
        }
        None => {
            notices::lines(ui, last, &status.own_ports, theme::DIM);
            wish
        }
    };
    if let Some(log) = &status.log {
        let text = format!("Log: {}", log.display());
        let at = Rect::from_min_max(pos2(inside.left(), last.bottom() + 4.0), inside.max);
        notices::lines(ui, at, &text, theme::FAINT);
    }
    wish
}

/// Where sound goes, in the heading.
fn runs(sound: &Sound) -> String {
    match &sound.open {
        Some(name) => format!("{} kHz to {}", f64::from(sound.rate) / 1000.0, shortened(name)),
        None => "Nothing is heard".to_owned(),
    }
}

/// A name that fits the heading.
fn shortened(name: &str) -> String {
    const MOST: usize = 18;
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// Latency and dropouts.
fn figures(sound: &Sound) -> String {
    match (&sound.open, sound.place.way) {
        (None, Way::Nowhere) => return "As you have chosen.".to_owned(),
        (None, _) => return "Connect a sound card or start JACK: it is found.".to_owned(),
        _ => {}
    }
    let latency = sound.latency_ms.map(|ms| format!("Latency {ms:.0} ms"));
    let round_trip = sound.round_trip_ms.map(|ms| format!("round trip {ms:.0} ms"));
    let dropouts = match sound.dropouts {
        0 => "no dropouts".to_owned(),
        1 => "1 dropout".to_owned(),
        many => format!("{many} dropouts"),
    };
    let late = match sound.late {
        0 => None,
        1 => Some("1 late block".to_owned()),
        many => Some(format!("{many} late blocks")),
    };
    [latency, round_trip, Some(dropouts), late].into_iter().flatten().collect::<Vec<_>>().join("  ·  ")
}

fn places(ui: &mut Ui, rect: Rect, sound: &Sound) -> Option<Wish> {
    let texts: Vec<String> = sound.places.iter().map(|place| place.name()).collect();
    if texts.is_empty() {
        return None;
    }
    let at = sound.places.iter().position(|place| *place == sound.place).unwrap_or(0);
    let setting = Listed::new(&texts, at);
    let hint = Hint::click(
        "Sound device",
        "Where sound goes. Automatic: to JACK if it runs, else to the system's sound card. The song goes on when you \
         change it.",
    );
    choice::show(ui, rect, hint, &setting);
    setting.chosen().and_then(|chosen| sound.places.get(chosen)).cloned().map(Wish::Place)
}

fn rate_and_block(ui: &mut Ui, rect: Rect, sound: &Sound) -> Option<Wish> {
    let (left, right) = rect.split_left_right_at_fraction(0.5);
    let rate = Hint::click("Sample rate", "Samples per second. More cost more.");
    let rate = number(
        ui,
        left.with_max_x(left.right() - SPACE / 2.0),
        rate,
        "Hz",
        &sound.rates,
        sound.chosen_rate,
        sound.rate,
    );
    let block = Hint::click("Buffer", "Samples in a block. Fewer answer you sooner; too few drop out.");
    let block = number(
        ui,
        right.with_min_x(right.left() + SPACE / 2.0),
        block,
        "samples",
        &sound.blocks,
        sound.chosen_block,
        sound.block,
    );
    rate.map(Wish::Rate).or(block.map(Wish::Block))
}

/// One of `values`, or whichever is best, which is `now`. Returns what was chosen.
fn number(
    ui: &mut Ui,
    rect: Rect,
    hint: Hint,
    unit: &str,
    values: &[u32],
    chosen: Option<u32>,
    now: u32,
) -> Option<Option<u32>> {
    let values: Vec<Option<u32>> = [None].into_iter().chain(values.iter().copied().map(Some)).collect();
    let text = |value: &Option<u32>| match value {
        Some(value) => format!("{value} {unit}"),
        None if values.len() == 1 => format!("{now} {unit}"),
        None => format!("{now} {unit}, automatic"),
    };
    let texts: Vec<String> = values.iter().map(text).collect();
    let at = values.iter().position(|value| *value == chosen).unwrap_or(0);
    let setting = Listed::new(&texts, at);
    choice::show(ui, rect, hint, &setting);
    setting.chosen().and_then(|chosen| values.get(chosen)).copied()
}

fn ports(
    ui: &mut Ui,
    rect: Rect,
    label: &str,
    hint: Hint,
    ports: &[Port],
    wish: impl Fn(String, bool) -> Wish,
) -> Option<Wish> {
    let on = || ports.iter().filter(|port| port.is_on);
    let summary = match (on().count(), ports.len()) {
        (_, 0) => format!("{label}: no MIDI port"),
        (0, _) => format!("{label}: none"),
        (1, _) => format!("{label}: {}", on().next().map_or("", |port| &port.name)),
        (some, all) if some == all => format!("{label}: all {all}"),
        (some, all) => format!("{label}: {some} of {all}"),
    };
    let names = ports.iter().map(|port| (port.name.as_str(), port.is_on));
    let (_, switched) = checklist::show(ui, rect, &summary, hint, names);
    switched.and_then(|index| ports.get(index)).map(|port| wish(port.name.clone(), !port.is_on))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_say_what_the_system_says() {
        let sound = Sound { open: Some("JACK".to_owned()), latency_ms: Some(10.7), ..Sound::default() };
        assert_eq!(figures(&sound), "Latency 11 ms  ·  no dropouts");
        let sound = Sound { round_trip_ms: Some(21.3), dropouts: 1, late: 2, ..sound };
        assert_eq!(figures(&sound), "Latency 11 ms  ·  round trip 21 ms  ·  1 dropout  ·  2 late blocks");
        assert!(figures(&Sound::default()).starts_with("Connect"));
    }

    #[test]
    fn a_long_name_is_shortened_at_a_letter() {
        assert_eq!(shortened("HDA Intel"), "HDA Intel");
        assert_eq!(shortened(&"♭".repeat(40)), format!("{}…", "♭".repeat(18)));
    }
}
