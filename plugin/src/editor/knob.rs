//! A knob: label above, arc and pointer, value below.

use egui::{Align2, Color32, CursorIcon, Rect, Response, Stroke, Ui, pos2, vec2};

use super::hint::Hint;
use super::setting::Setting;
use super::{gesture, paint, theme};

/// Points of dragging from one end to the other.
const TRAVEL: f32 = 180.0;
/// Where the scale ends, in turns to either side of straight up.
const SWEEP: f32 = 0.375;
const LABEL_HEIGHT: f32 = 16.0;
const VALUE_HEIGHT: f32 = 18.0;

/// How a knob looks.
#[derive(Clone, Copy, Debug)]
pub struct Knob<'a> {
    /// The label above it.
    pub label: &'a str,
    /// What it is and does.
    pub hint: Hint<'a>,
    /// The colour of its arc.
    pub accent: Color32,
}

impl Knob<'_> {
    /// Shows the knob in `rect` and changes `setting` as the musician turns it.
    pub fn show(&self, ui: &mut Ui, rect: Rect, setting: &dyn Setting) -> Response {
        let response = gesture::turned(ui, rect, self.hint.name, setting, TRAVEL);
        self.paint(ui, rect, &response, setting);
        self.hint.attach(response.on_hover_cursor(CursorIcon::ResizeVertical))
    }

    fn paint(&self, ui: &Ui, rect: Rect, response: &Response, setting: &dyn Setting) {
        let painter = ui.painter();
        let active = response.hovered() || response.dragged() || response.has_focus();
        let ink = if active { theme::TEXT } else { theme::DIM };
        let dial = Rect::from_min_max(
            pos2(rect.left(), rect.top() + LABEL_HEIGHT),
            pos2(rect.right(), rect.bottom() - VALUE_HEIGHT),
        );
        let centre = dial.center() + vec2(0.0, 2.0);
        let radius = (dial.height().min(dial.width()) / 2.0 - 3.0).max(8.0);

        painter.text(rect.center_top(), Align2::CENTER_TOP, self.label, theme::regular(theme::LABEL), ink);
        painter.text(
            rect.center_bottom(),
            Align2::CENTER_BOTTOM,
            setting.text(setting.value()),
            theme::regular(theme::BODY),
            theme::TEXT,
        );

        let turn = |value: f32| SWEEP * (2.0 * value - 1.0);
        paint::arc(painter, centre, radius, -SWEEP, SWEEP, 3.0, theme::TRACK);
        paint::arc(painter, centre, radius, -SWEEP, turn(setting.modulated()), 3.0, self.accent);

        let cap = radius - 5.5;
        let fill = if active { theme::HOVERED } else { theme::RAISED };
        painter.circle(centre, cap, fill, Stroke::new(1.0, theme::EDGE));
        let (sin, cos) = (turn(setting.value()) * std::f32::consts::TAU).sin_cos();
        let along = |share: f32| centre + vec2(sin, -cos) * cap * share;
        painter.line_segment([along(0.35), along(0.86)], Stroke::new(2.2, theme::TEXT));
        if response.has_focus() {
            painter.circle_stroke(centre, radius + 4.0, Stroke::new(1.5, theme::YOU));
        }
    }
}
