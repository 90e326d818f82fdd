//! A bar of the chart: its chords where they begin, the signs around it, and where it comes from.

use continuo_models::music::chart::{Bar, Content, Origin, text::write_bar};
use continuo_models::music::{Chart, Meter};
use egui::accesskit::Role;
use egui::{Align2, Color32, Painter, Pos2, Rect, Response, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::hint::Hint;
use super::text;
use super::{button, paint, theme};

/// How a bar is to the song.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// The song is elsewhere.
    #[default]
    Elsewhere,
    /// It plays.
    Now,
    /// It comes next.
    Next,
}

/// How a bar is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// How it is to the song.
    pub when: When,
    /// Whether it is being changed.
    pub is_chosen: bool,
    /// Whether it is the project's, and not only learned.
    pub is_kept: bool,
}

/// The size of the mark that says where a bar comes from, in points.
const MARK: f32 = 3.5;

/// From where a bar comes, in a word and as a colour.
pub fn origin_of(bar: &Bar) -> (&'static str, Color32) {
    match bar.origin {
        _ if bar.is_open() => ("open", theme::FAINT),
        Origin::Typed => ("typed", theme::YOU),
        Origin::File => ("from a file", Color32::from_rgb(0x6c, 0xb8, 0xe8)),
        Origin::LeftHand => ("left hand", Color32::from_rgb(0xe8, 0xa8, 0x4c)),
        Origin::Learned => ("learned", Color32::from_rgb(0x4c, 0xc4, 0x9c)),
    }
}

/// Shows the bar at `index` of `chart` in `rect`; the caller asks the response whether it was clicked.
pub fn show(ui: &mut Ui, rect: Rect, chart: &Chart, index: usize, look: &Look) -> Response {
    let &Look { when, is_chosen, is_kept } = look;
    let bar = &chart.bars[index];
    let (number, written) = (chart.number(index), write_bar(chart, index));
    let (origin, colour) = origin_of(bar);
    let name = format!("Bar {number}");
    let hint = Hint::click(&name, "Click to change its chords below.");
    let response = button::sense(ui, rect, &hint);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_chosen, &name));
    let state = match when {
        When::Elsewhere => "",
        When::Now => ", plays now",
        When::Next => ", comes next",
    };
    let lock = match (bar.is_locked, is_kept) {
        (true, _) => ", locked",
        (_, false) => ", not kept",
        _ => "",
    };
    let spoken = match bar.content {
        Content::Open => "open".to_owned(),
        Content::AsBefore => format!("as the bar before, {origin}"),
        Content::Chords(_) => format!("{written}, {origin}"),
    };
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_value(format!("{spoken}{lock}{state}")));

    let painter = ui.painter().clone();
    let fill = match (is_chosen, response.hovered()) {
        (true, _) => theme::HOVERED,
        (_, true) => theme::RAISED,
        _ => theme::WELL,
    };
    painter.rect_filled(rect, theme::CORNER, fill);
    match when {
        When::Now => drop(painter.rect_stroke(rect, theme::CORNER, Stroke::new(2.0, theme::YOU), StrokeKind::Inside)),
        // A dot over the barline, as a shape of its own.
        When::Next => drop(painter.circle_filled(rect.left_top() + vec2(6.0, 6.0), 2.5, theme::YOU)),
        When::Elsewhere => {}
    }
    barlines(&painter, rect, bar);
    let above = rect.top() + 9.0;
    let small = theme::regular(theme::SMALL);
    painter.text(pos2(rect.left() + 14.0, above), Align2::LEFT_CENTER, marks(chart, index), small, theme::FAINT);
    origin_mark(&painter, pos2(rect.right() - 10.0, above), bar, colour, is_kept);
    if bar.is_locked {
        padlock(&painter, pos2(rect.right() - 24.0, above));
    }
    let ink = if is_kept { theme::TEXT } else { theme::DIM };
    chords(ui, rect.with_min_y(rect.top() + 15.0).shrink2(vec2(12.0, 0.0)), chart, index, ink);
    paint::focus(&painter, &response, rect.expand(1.0), theme::CORNER);
    hint.attach(response)
}

/// What stands over the bar: its number, a meter, an ending, how often it is played.
fn marks(chart: &Chart, index: usize) -> String {
    let bar = &chart.bars[index];
    let meter = bar.meter.map(|Meter { numerator, denominator }| format!("{numerator}/{denominator}"));
    let pickup = chart.pickup.filter(|_| index == 0).map(|_| "pick-up".to_owned());
    let ending = bar.ending.map(|ending| {
        let times: Vec<String> = ending.times().map(|time| format!("{time}.")).collect();
        times.join(" ")
    });
    let times = bar.times.filter(|times| *times > 2).map(|times| format!("x{times}"));
    let number = Some(chart.number(index).to_string());
    [number, pickup, meter, ending, times].into_iter().flatten().collect::<Vec<_>>().join("  ")
}

/// The barlines, with the dots of repeats.
fn barlines(painter: &Painter, rect: Rect, bar: &Bar) {
    let stroke = |is: bool| Stroke::new(if is { 2.5 } else { 1.0 }, if is { theme::DIM } else { theme::TRACK });
    for (x, is_repeat, side) in [(rect.left() + 1.0, bar.opens, 1.0), (rect.right() - 1.0, bar.times.is_some(), -1.0)] {
        painter.line_segment([pos2(x, rect.top() + 3.0), pos2(x, rect.bottom() - 3.0)], stroke(is_repeat));
        if is_repeat {
            for y in [-4.0, 4.0] {
                painter.circle_filled(pos2(x + side * 5.0, rect.center().y + y), 1.6, theme::DIM);
            }
        }
    }
}

/// Where the bar comes from, as a shape: a dot, a square, a triangle, a diamond; open is a ring. What is not kept is an
/// outline.
fn origin_mark(painter: &Painter, at: Pos2, bar: &Bar, colour: Color32, is_kept: bool) {
    let (fill, edge) = if is_kept { (colour, 0.0) } else { (Color32::TRANSPARENT, 1.2) };
    let polygon = |corners: &[(f32, f32)]| {
        let points = corners.iter().map(|&(x, y)| at + MARK * vec2(x, y)).collect();
        painter.add(Shape::convex_polygon(points, fill, Stroke::new(edge, colour)));
    };
    match bar.origin {
        _ if bar.is_open() => drop(painter.circle_stroke(at, MARK, Stroke::new(1.0, colour))),
        Origin::Typed => drop(painter.circle_filled(at, MARK, colour)),
        Origin::File => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
        Origin::LeftHand => polygon(&[(0.0, -1.1), (1.1, 0.9), (-1.1, 0.9)]),
        Origin::Learned => polygon(&[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)]),
    }
}

/// Paints a padlock.
pub fn padlock(painter: &Painter, at: Pos2) {
    let body = Rect::from_center_size(at + vec2(0.0, 1.5), vec2(7.0, 5.0));
    painter.rect_filled(body, 1.0, theme::DIM);
    paint::arc(painter, at - vec2(0.0, 1.0), 2.2, -0.25, 0.25, 1.2, theme::DIM);
}

/// The symbols, each where it begins, with a stroke for a chord that goes on and nothing where the bar is open.
fn chords(ui: &Ui, rect: Rect, chart: &Chart, index: usize, text_ink: Color32) {
    let look = |ink: Color32| text::Look::line(theme::semibold(theme::HEADING), ink);
    let Content::Chords(chords) = &chart.bars[index].content else {
        let sign = if chart.bars[index].is_open() { "open" } else { "%" };
        let ink = if chart.bars[index].is_open() { theme::FAINT } else { text_ink };
        text::show(ui, rect, sign, &text::Look { align: Align2::CENTER_CENTER, ..look(ink) });
        return;
    };
    let length = chart.length_of(index).max(1) as f32;
    let at = |tick: i64| rect.left() + rect.width() * tick as f32 / length;
    if chords.first().is_none_or(|(tick, _)| *tick > 0) {
        text::show(ui, rect, "/", &look(theme::FAINT));
    }
    for (place, (tick, symbol)) in chords.iter().enumerate() {
        let end = chords.get(place + 1).map_or(rect.right(), |(next, _)| at(*next) - 4.0);
        let room = Rect::from_x_y_ranges(at(*tick)..=end.max(at(*tick) + 8.0), rect.y_range());
        let written = symbol.as_ref().map_or("N.C.", |symbol| symbol.written());
        text::show(ui, room, written, &look(text_ink));
    }
}
