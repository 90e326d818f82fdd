//! How large the panel is: a button for each step.

use egui::accesskit::Role;
use egui::{Rect, Ui, WidgetInfo, vec2};

use super::button::{self, Face};
use super::hint::Hint;
use super::theme;

/// The sizes that there are buttons for, of the one that the panel has by itself.
pub const SIZES: [f32; 6] = [0.75, 1.0, 1.25, 1.5, 1.75, 2.0];

const COLUMNS: usize = 3;
const SPACE: f32 = 4.0;
const HEIGHT: f32 = 26.0;

/// Shows the buttons in `rect`, lit where the panel is `scale` times as large as by itself. Returns the size that was
/// chosen.
pub fn show(ui: &mut Ui, rect: Rect, scale: f32) -> Option<f32> {
    let width = (rect.width() + SPACE) / COLUMNS as f32 - SPACE;
    let mut chosen = None;
    for (n, size) in SIZES.into_iter().enumerate() {
        let (column, row) = ((n % COLUMNS) as f32, (n / COLUMNS) as f32);
        let corner = rect.min + vec2(column * (width + SPACE), row * (HEIGHT + SPACE));
        let label = format!("{:.0} %", size * 100.0);
        let name = format!("Panel at {label}");
        let hint = Hint::click(&name, "How large the panel is, here and where it is opened next.");
        let place = Rect::from_min_size(corner, vec2(width, HEIGHT));
        let response = button::sense(ui, place, &hint);
        let is_so = (scale - size).abs() < 0.005;
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_so, hint.name));
        button::press(ui, place, &label, &response, Face::light(theme::YOU, is_so));
        if response.clicked() {
            chosen = Some(size);
        }
        hint.attach(response);
    }
    chosen
}
