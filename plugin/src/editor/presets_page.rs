//! The page of presets.

use egui::{Rect, Ui};

use super::paint;

/// Shows the page in `rect`.
pub fn show(ui: &mut Ui, rect: Rect) {
    paint::card(ui.painter(), rect);
}
