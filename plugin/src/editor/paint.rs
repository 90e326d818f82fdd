//! Strokes that several widgets share.

use std::f32::consts::TAU;

use egui::epaint::PathStroke;
use egui::{Color32, CornerRadius, Painter, Pos2, Rect, Response, Shape, Stroke, StrokeKind, pos2};

use super::theme;

/// A card: the ground on which related controls stand.
pub fn card(painter: &Painter, rect: Rect) {
    painter.rect(rect, theme::CARD_CORNER, theme::CARD, Stroke::new(1.0, theme::EDGE), StrokeKind::Inside);
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
