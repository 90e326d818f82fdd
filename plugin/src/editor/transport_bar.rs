//! The transport of the standalone program: play and stop, record, meter, and where the song is.

use continuo_models::music::time::TICKS_PER_QUARTER;
use continuo_models::music::{BarPosition, Meter, Tick};
use egui::accesskit::Role;
use egui::{Align2, Color32, CornerRadius, Rect, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::machine::{Recorder, Transport, Wish};

use super::button::{self, Face};
use super::hint::Hint;
use super::setting::Listed;
use super::{choice, theme};

/// Meters to choose from, and the one that is set, if it is another.
const METERS: [(u8, u8); 11] =
    [(2, 4), (3, 4), (4, 4), (5, 4), (6, 4), (7, 4), (5, 8), (6, 8), (7, 8), (9, 8), (12, 8)];

/// The side of a button, in points.
const BUTTON: f32 = 26.0;
/// Between two things, in points.
const SPACE: f32 = 6.0;
/// The width of the list of meters, in points.
const METER: f32 = 66.0;

/// Shows the transport in `rect`; the song is at the tick `now` in `bar`. Returns what was asked for.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    transport: Transport,
    recorder: &Recorder,
    (now, bar): (Tick, BarPosition),
) -> Option<Wish> {
    let mut wish = None;
    let mut left = rect.left();
    let mut place = |width: f32| {
        let place = Rect::from_min_size(pos2(left, rect.center().y - BUTTON / 2.0), vec2(width, BUTTON));
        left += width + SPACE;
        place
    };
    let (play, record, meters) = (place(BUTTON), place(BUTTON), place(METER));

    let (name, text) = match transport.plays {
        true => ("Stop", "The band rests. You can still play."),
        false => ("Play", "The song begins at its first bar, and the band plays."),
    };
    let sign = if transport.plays { Sign::Square } else { Sign::Triangle };
    if press(ui, play, "transport", Hint::click(name, text), sign, theme::TEXT, transport.plays) {
        wish = Some(Wish::Play(!transport.plays));
    }

    let is_on = recorder.seconds.is_some();
    let folder = recorder.folder.as_ref().map_or_else(String::new, |folder| format!(" into {}", folder.display()));
    let text = match recorder.seconds {
        Some(seconds) => format!("It has recorded for {}:{:02}. Click to end it.", seconds / 60, seconds % 60),
        None => format!("Records sound and MIDI{folder}: a WAV file, and a MIDI file with a track for each player."),
    };
    let name = if is_on { "End recording" } else { "Record" };
    if press(ui, record, "record", Hint::click(name, &text), Sign::Circle, theme::ALARM, is_on) {
        wish = Some(Wish::Record(!is_on));
    }

    let mut listed = METERS.map(|(numerator, denominator)| Meter { numerator, denominator }).to_vec();
    if !listed.contains(&transport.meter) {
        listed.push(transport.meter);
    }
    let texts: Vec<String> = listed.iter().map(|meter| format!("{}/{}", meter.numerator, meter.denominator)).collect();
    let at = listed.iter().position(|meter| *meter == transport.meter).unwrap_or(0);
    let setting = Listed::new(&texts, at);
    choice::show(ui, meters, Hint::click("Meter", "Beats in a bar, and the note that is a beat."), &setting);
    if let Some(meter) = setting.chosen().and_then(|chosen| listed.get(chosen)) {
        wish = Some(Wish::Meter(*meter));
    }

    let text = match (recorder.seconds, transport.plays) {
        (Some(seconds), _) => format!("{}:{:02}", seconds / 60, seconds % 60),
        (None, true) => position(now, bar),
        (None, false) => "rests".to_owned(),
    };
    let ink = if is_on { theme::ALARM } else { theme::DIM };
    let at = pos2(meters.right() + SPACE, rect.center().y + 1.0);
    ui.painter().with_clip_rect(rect).text(at, Align2::LEFT_CENTER, text, theme::regular(theme::BODY), ink);
    wish
}

/// The bar and the beat, counted from 1; before the song the beat alone.
fn position(now: Tick, bar: BarPosition) -> String {
    let beat = (4 * TICKS_PER_QUARTER / Tick::from(bar.meter.denominator.clamp(1, 64))).max(1);
    let number = bar.bar_start.div_euclid(bar.meter.bar_ticks()) + 1;
    let counted = (now - bar.bar_start).max(0) / beat + 1;
    if number < 1 { format!("count {counted}") } else { format!("{number} . {counted}") }
}

/// What is on a button.
enum Sign {
    Triangle,
    Square,
    Circle,
}

/// Shows a button that is lit in `light` or not. Whether it was clicked.
fn press(ui: &mut Ui, rect: Rect, id: &str, hint: Hint, sign: Sign, light: Color32, is_on: bool) -> bool {
    // The name changes with what the button does; the button stays the same.
    let response = ui.interact(rect, ui.make_persistent_id(id), egui::Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, is_on, hint.name));
    let is_lit = matches!(sign, Sign::Circle) && is_on;
    button::press(ui, rect, "", &response, Face::light(light, is_lit));
    let ink = if is_lit { theme::GROUND } else { light };
    let (centre, painter) = (rect.center(), ui.painter());
    match sign {
        Sign::Triangle => {
            let corners = [(-4.0, -6.0), (6.5, 0.0), (-4.0, 6.0)].map(|(x, y)| centre + vec2(x, y));
            painter.add(Shape::convex_polygon(corners.to_vec(), ink, Stroke::NONE));
        }
        Sign::Square => {
            painter.rect_filled(Rect::from_center_size(centre, vec2(10.0, 10.0)), CornerRadius::same(1), ink);
        }
        Sign::Circle => {
            painter.circle_filled(centre, 5.0, ink);
        }
    }
    let clicked = response.clicked();
    hint.attach(response);
    clicked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_position_counts_bars_and_beats_from_one() {
        let bar =
            |bar_start, numerator, denominator| BarPosition { bar_start, meter: Meter { numerator, denominator } };
        assert_eq!(position(0, bar(0, 4, 4)), "1 . 1");
        assert_eq!(position(96 + 71, bar(96, 4, 4)), "2 . 3");
        assert_eq!(position(71 - 96, bar(-96, 4, 4)), "count 3");
        assert_eq!(position(72 + 60, bar(72, 6, 8)), "2 . 6");
    }
}
