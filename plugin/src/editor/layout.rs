//! How the panel's space is divided.

use egui::{Rect, pos2};

use super::theme::GAP;

/// Points between the controls of a row.
pub const BETWEEN: f32 = 6.0;

/// The part of a row between two shares of its width.
pub fn cell(row: Rect, from: f32, to: f32) -> Rect {
    let at = |share: f32| row.left() + share * (row.width() + BETWEEN);
    Rect::from_x_y_ranges(at(from)..=at(to) - BETWEEN, row.y_range())
}

/// `rect` in two, the left one `width` wide.
pub fn split(rect: Rect, width: f32) -> (Rect, Rect) {
    let (left, right) = rect.split_left_right_at_x(rect.left() + width);
    (left, Rect::from_min_max(pos2(right.left() + GAP, right.top()), right.max))
}
