//! Tooltips in a musician's words.

use continuo_models::controls::{PARAMETERS, PLAYER_PARAMETERS};
use egui::{Response, RichText};

use super::theme;

/// What a control does: its full name, for tooltips and assistive technology, and one or two plain sentences.
#[derive(Clone, Copy, Debug)]
pub struct Hint<'a> {
    /// The name, unique on the panel.
    pub name: &'a str,
    /// What it does to the music.
    pub text: &'a str,
    /// How to handle it, where that is not plain to see.
    pub handling: &'a str,
}

/// How a setting that can be turned is handled.
pub const TURN: &str = "Drag, wheel or arrow keys; Shift for fine steps; double-click to reset, right-click for more.";

impl<'a> Hint<'a> {
    /// For a control that one clicks.
    pub const fn click(name: &'a str, text: &'a str) -> Self {
        Self { name, text, handling: "" }
    }

    /// For a control that one turns.
    pub const fn turn(name: &'a str, text: &'a str) -> Self {
        Self { name, text, handling: TURN }
    }

    /// What is declared of the control `id`, where one clicks it.
    ///
    /// # Panics
    /// If none is declared.
    pub fn of_click(id: &str) -> Hint<'static> {
        let declared = PARAMETERS.iter().find(|parameter| parameter.about.id == id);
        let about = declared.unwrap_or_else(|| panic!("no control is declared as {id}")).about;
        Hint::click(about.panel_name, about.hint)
    }

    /// The same where one turns it.
    ///
    /// # Panics
    /// If none is declared.
    pub fn of_turn(id: &str) -> Hint<'static> {
        Hint { handling: TURN, ..Self::of_click(id) }
    }

    /// The same of a player's control that one turns, under the name `name`.
    ///
    /// # Panics
    /// If none is declared.
    pub fn of_player(name: &'a str, id: &str) -> Self {
        let declared = PLAYER_PARAMETERS.iter().find(|parameter| parameter.about.id == id);
        let about = declared.unwrap_or_else(|| panic!("no control of a player is declared as {id}")).about;
        Self::turn(name, about.hint)
    }

    /// Shows the tooltip when `response` is hovered, and describes it to assistive technology. Call after the
    /// response's `widget_info`.
    pub fn attach(&self, response: Response) -> Response {
        if response.ctx.has_accesskit_node(response.id) {
            response.ctx.accesskit_node_builder(response.id, |node| node.set_description(self.text));
        }
        response.on_hover_ui(|ui| {
            ui.set_max_width(ui.spacing().tooltip_width);
            ui.label(RichText::new(self.name).font(theme::semibold(theme::BODY)));
            ui.label(RichText::new(self.text).color(theme::TEXT));
            if !self.handling.is_empty() {
                ui.label(RichText::new(self.handling).size(theme::SMALL).color(theme::DIM));
            }
        })
    }
}
