//! What may cover the panel below its header, one thing at a time, until it is closed.

use egui::{Key, Modifiers, Rect, Ui, pos2, vec2};

use super::hint::Hint;
use super::{button, paint, theme};

/// What covers the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// What Continuo is made with.
    About,
    /// Why nothing sounds.
    Silence,
}

fn id(ui: &Ui) -> egui::Id {
    ui.make_persistent_id("overlay")
}

/// What covers the panel now.
pub fn open(ui: &Ui) -> Option<Overlay> {
    ui.data(|data| data.get_temp(id(ui))).unwrap_or_default()
}

/// Covers the panel, or no more.
pub fn set(ui: &Ui, overlay: Option<Overlay>) {
    ui.data_mut(|data| data.insert_temp(id(ui), overlay));
}

/// Opens `overlay`, or closes it.
pub fn toggle(ui: &Ui, overlay: Overlay) {
    set(ui, (open(ui) != Some(overlay)).then_some(overlay));
}

/// The card that covers the panel, with its title and the button that closes it, as Escape does. Returns the room
/// below the title.
pub fn card(ui: &mut Ui, rect: Rect, title: &str, about: &str) -> Rect {
    paint::card(ui.painter(), rect);
    let inside = rect.shrink(theme::INSET);
    let body = paint::heading(ui.painter(), inside, title, about);
    let close = Rect::from_min_size(pos2(inside.right() - 84.0, inside.top()), vec2(84.0, 28.0));
    let escape = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    if button::show(ui, close, "Close", Hint::click("Close", "Back to the band."), theme::TEXT).clicked() || escape {
        set(ui, None);
    }
    body
}
