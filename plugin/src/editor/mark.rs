//! The players' shapes: circle, square, triangle, diamond.

use continuo_models::Player;
use egui::{Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, pos2};

/// Paints the shape of `player` about `centre`; `radius` is that of the circle, and every shape covers about its area.
pub fn paint(painter: &Painter, player: Player, centre: Pos2, radius: f32, fill: Color32, stroke: Stroke) {
    match player {
        Player::Voices => {
            painter.circle(centre, radius, fill, stroke);
        }
        Player::Chords => {
            let square = Rect::from_center_size(centre, Vec2::splat(radius * 1.78));
            painter.rect(square, CornerRadius::same(1), fill, stroke, StrokeKind::Middle);
        }
        Player::Bass => {
            let points = outline(centre, radius * 1.32, [(0.0, -0.95), (1.0, 0.78), (-1.0, 0.78)]);
            painter.add(Shape::convex_polygon(points, fill, stroke));
        }
        Player::Lead => {
            let points = outline(centre, radius * 1.26, [(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)]);
            painter.add(Shape::convex_polygon(points, fill, stroke));
        }
    }
}

fn outline<const N: usize>(centre: Pos2, radius: f32, corners: [(f32, f32); N]) -> Vec<Pos2> {
    corners.iter().map(|&(x, y)| pos2(centre.x + x * radius, centre.y + y * radius)).collect()
}
