//! How the panel's space is divided.

use egui::{Rect, pos2};

use super::theme::GAP;

/// `rect` in two, the left one `width` wide.
pub fn split(rect: Rect, width: f32) -> (Rect, Rect) {
    let (left, right) = rect.split_left_right_at_x(rect.left() + width);
    (left, Rect::from_min_max(pos2(right.left() + GAP, right.top()), right.max))
}
