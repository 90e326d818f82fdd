//! A line that says how things are, also to those who do not see it.

use egui::accesskit::{Live, Role};
use egui::{Color32, Rect, Sense, Ui, WidgetInfo};

use super::text::{self, Look};
use super::theme;

/// Shows what is `said` in `rect`, under a `name` of its own.
pub fn show(ui: &Ui, rect: Rect, name: &str, said: &str, ink: Color32) {
    let response = ui.interact(rect, ui.make_persistent_id(name), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, name));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_value(said);
        node.set_live(Live::Polite);
    });
    text::show(ui, rect, said, &Look::line(theme::regular(theme::LABEL), ink));
}
