//! Strokes that several widgets share.

use std::f32::consts::TAU;

use egui::epaint::PathStroke;
use egui::{Align2, Color32, CornerRadius, Painter, Pos2, Rect, Response, Shape, Stroke, StrokeKind, pos2, vec2};

use super::theme;

/// The height of a card's heading, in points.
const HEADING_HEIGHT: f32 = 20.0;
/// From the top of a label to the field below it, in points.
const LABEL_HEIGHT: f32 = 19.0;

/// A card: the ground on which related controls stand.
pub fn card(painter: &Painter, rect: Rect) {
    painter.rect(rect, theme::CARD_CORNER, theme::CARD, Stroke::new(1.0, theme::EDGE), StrokeKind::Inside);
}

/// The heading of a card and, beside it, what it is about. Returns the room below.
pub fn heading(painter: &Painter, inside: Rect, title: &str, about: &str) -> Rect {
    let middle = inside.top() + HEADING_HEIGHT / 2.0;
    let place = pos2(inside.left(), middle);
    let title = painter.text(place, Align2::LEFT_CENTER, title, theme::semibold(theme::HEADING), theme::TEXT);
    let place = pos2(title.right() + 10.0, middle + 1.0);
    painter.text(place, Align2::LEFT_CENTER, about, theme::regular(theme::LABEL), theme::DIM);
    inside.with_min_y(inside.top() + HEADING_HEIGHT + 5.0)
}

/// A label at the top of `rect`. Returns the place of a field of `height` below it.
pub fn label(painter: &Painter, rect: Rect, label: &str, height: f32) -> Rect {
    painter.text(rect.left_top(), Align2::LEFT_TOP, label, theme::regular(theme::LABEL), theme::DIM);
    Rect::from_min_size(pos2(rect.left(), rect.top() + LABEL_HEIGHT), vec2(rect.width(), height))
}

/// A ring around what has the keyboard's focus.
pub fn focus(painter: &Painter, response: &Response, rect: Rect, corner: CornerRadius) {
    if response.has_focus() {
        painter.rect_stroke(rect, corner, Stroke::new(1.5, theme::YOU), StrokeKind::Outside);
    }
}

/// An arc about `centre` from `from` to `to`, in turns clockwise from straight up, with round ends.
pub fn arc(painter: &Painter, centre: Pos2, radius: f32, from: f32, to: f32, width: f32, colour: Color32) {
    let point = |turn: f32| {
        let (sin, cos) = (turn * TAU).sin_cos();
        pos2(centre.x + radius * sin, centre.y - radius * cos)
    };
    let segments = ((to - from).abs() * 96.0).ceil().max(1.0) as usize;
    let points = (0..=segments).map(|n| point(from + (to - from) * n as f32 / segments as f32)).collect();
    painter.add(Shape::line(points, PathStroke::new(width, colour)));
    for end in [from, to] {
        painter.circle_filled(point(end), width / 2.0, colour);
    }
}
