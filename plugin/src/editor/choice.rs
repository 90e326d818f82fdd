//! A drop-down list of the steps of a setting.

use egui::{ComboBox, Rect, Response, Ui, UiBuilder};

use super::gesture;
use super::hint::Hint;
use super::setting::Setting;

/// The height of the open list at most, in points: a dozen steps, beyond which it scrolls.
const LIST_HEIGHT: f32 = 340.0;
/// And at least, where there is little room.
const LEAST_HEIGHT: f32 = 84.0;
/// What surrounds the list, and a little space to the window's edge, in points.
const AROUND: f32 = 24.0;

/// The height of a list that opens from `rect` in `window`: it opens downwards or upwards, where there is more room.
fn list_height(rect: Rect, window: Rect) -> f32 {
    let room = (window.bottom() - rect.bottom()).max(rect.top() - window.top());
    (room - AROUND).clamp(LEAST_HEIGHT, LIST_HEIGHT)
}

/// Shows the step at which `setting` stands in `rect`; the list opens on a click, Enter or Space, and the wheel and the
/// arrow keys go through it.
pub fn show(ui: &mut Ui, rect: Rect, hint: Hint, setting: &dyn Setting) -> Response {
    ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(hint.name), |ui| {
        ui.spacing_mut().interact_size.y = rect.height();
        let steps = setting.steps().unwrap_or(0);
        let current = setting.step_at(setting.value());
        let mut chosen = current;
        let response = ComboBox::from_id_salt("list")
            .selected_text(setting.text(setting.value()))
            .width(rect.width())
            .height(list_height(rect, ui.ctx().content_rect()))
            .truncate()
            .show_ui(ui, |ui| {
                for step in 0..=steps {
                    ui.selectable_value(&mut chosen, step, setting.text(setting.value_of_step(step)));
                }
            })
            .response
            .accessible_name(hint.name);
        if chosen != current {
            setting.change(setting.value_of_step(chosen));
        }
        gesture::browse(ui, &response, setting);
        hint.attach(response)
    })
    .inner
}
