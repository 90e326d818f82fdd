//! The players' shapes, as their table has them.

use continuo_models::{Mark, Player};
use egui::{Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, vec2};

/// Paints the shape of `player` about `centre`; `radius` is that of the circle, and every shape covers about its area.
pub fn paint(painter: &Painter, player: Player, centre: Pos2, radius: f32, fill: Color32, stroke: Stroke) {
    match player.kind().mark {
        Mark::Circle => {
            painter.circle(centre, radius, fill, stroke);
        }
        Mark::Square => {
            let square = Rect::from_center_size(centre, Vec2::splat(radius * 1.78));
            painter.rect(square, CornerRadius::same(1), fill, stroke, StrokeKind::Middle);
        }
        Mark::Polygon(corners) => {
            let points = corners.iter().map(|&(x, y)| centre + radius * vec2(x, y)).collect();
            painter.add(Shape::convex_polygon(points, fill, stroke));
        }
    }
}
