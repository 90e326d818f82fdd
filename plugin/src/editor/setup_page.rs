//! The page of what Continuo is connected to: sound and MIDI, controllers, the host.

use egui::{Rect, Ui};

use super::layout::split;
use super::paint;
use super::theme::GAP;

/// Shows the page in `rect`: three cards.
pub fn show(ui: &mut Ui, rect: Rect) {
    let width = (rect.width() - 2.0 * GAP) / 3.0;
    let (sound, rest) = split(rect, width);
    let (controllers, routing) = split(rest, width);
    for card in [sound, controllers, routing] {
        paint::card(ui.painter(), card);
    }
}
