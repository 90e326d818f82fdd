//! A dial with few positions: a dot for each around it, the first of which is "free".

use std::f32::consts::TAU;

use egui::{Align2, Color32, CursorIcon, Rect, Response, Stroke, Ui, pos2, vec2};

use super::hint::Hint;
use super::setting::Setting;
use super::{gesture, theme};

/// Points of dragging from one position to the next.
const TRAVEL_PER_STEP: f32 = 22.0;
/// Where the dots end, in turns to either side of straight up.
const SWEEP: f32 = 0.375;
const LARGEST_RADIUS: f32 = 21.0;
const DOT: f32 = 2.6;
const LABEL_HEIGHT: f32 = 16.0;
const VALUE_HEIGHT: f32 = 18.0;

/// What the positions after "free" are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Positions {
    /// Levels of an amount: lit up to the one that is set.
    Levels,
    /// Things to choose from: only the chosen one is lit.
    Choices,
}

/// How such a dial looks.
#[derive(Clone, Copy, Debug)]
pub struct Detents<'a> {
    /// The label above it.
    pub label: &'a str,
    /// What it is and does.
    pub hint: Hint<'a>,
    /// What its positions are.
    pub positions: Positions,
    /// The colour of lit dots.
    pub accent: Color32,
}

impl Detents<'_> {
    /// Shows the dial in `rect` and changes `setting`, which goes in steps, as the musician turns it. The dot of "free"
    /// is a ring, for it is not the least of an amount.
    pub fn show(&self, ui: &mut Ui, rect: Rect, setting: &dyn Setting) -> Response {
        let steps = setting.steps().unwrap_or(1).max(1);
        let response = gesture::turned(ui, rect, self.hint.name, setting, steps as f32 * TRAVEL_PER_STEP);
        self.paint(ui, rect, &response, setting, steps);
        self.hint.attach(response.on_hover_cursor(CursorIcon::ResizeVertical))
    }

    fn paint(&self, ui: &Ui, rect: Rect, response: &Response, setting: &dyn Setting, steps: usize) {
        let painter = ui.painter();
        let position = setting.step_at(setting.value());
        let in_force = setting.step_at(setting.modulated());
        let active = response.hovered() || response.dragged() || response.has_focus();
        let ink = if active { theme::TEXT } else { theme::DIM };
        painter.text(rect.center_top(), Align2::CENTER_TOP, self.label, theme::regular(theme::LABEL), ink);
        let ink = if position == 0 && !active { theme::DIM } else { theme::TEXT };
        let text = setting.text(setting.value());
        painter.text(rect.center_bottom(), Align2::CENTER_BOTTOM, text, theme::regular(theme::BODY), ink);

        let dial = Rect::from_min_max(
            pos2(rect.left(), rect.top() + LABEL_HEIGHT),
            pos2(rect.right(), rect.bottom() - VALUE_HEIGHT),
        );
        let centre = dial.center() + vec2(0.0, 2.0);
        let radius = (dial.height().min(dial.width()) / 2.0 - DOT - 1.0).clamp(10.0, LARGEST_RADIUS);
        let toward = |step: usize, distance: f32| {
            let (sin, cos) = (SWEEP * (2.0 * step as f32 / steps as f32 - 1.0) * TAU).sin_cos();
            centre + vec2(sin, -cos) * distance
        };
        for step in 1..=steps {
            let lit = match self.positions {
                Positions::Levels => step <= in_force,
                Positions::Choices => step == in_force,
            };
            painter.circle_filled(toward(step, radius), DOT, if lit { self.accent } else { theme::TRACK });
        }
        let ring = if in_force == 0 { self.accent } else { theme::TRACK };
        painter.circle_stroke(toward(0, radius), DOT, Stroke::new(1.4, ring));

        let cap = radius * 0.66;
        let fill = if active { theme::HOVERED } else { theme::RAISED };
        painter.circle(centre, cap, fill, Stroke::new(1.0, theme::EDGE));
        let pointer = Stroke::new(2.2, if position == 0 { theme::DIM } else { theme::TEXT });
        painter.line_segment([toward(position, cap * 0.35), toward(position, cap * 0.86)], pointer);
        if response.has_focus() {
            painter.circle_stroke(centre, radius + 5.0, Stroke::new(1.5, theme::YOU));
        }
    }
}
