//! Push buttons: those that are only clicked, those that stay in, and those that set something off.

use std::time::Duration;

use egui::accesskit::Role;
use egui::{Align2, Color32, Id, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo};

use super::hint::Hint;
use super::setting::Setting;
use super::{learn_offer, paint, theme};

/// How a button looks.
#[derive(Clone, Copy, Debug)]
pub struct Face {
    /// The colour of the label.
    pub ink: Color32,
    /// The colour of the button while it is lit.
    pub light: Option<Color32>,
    /// How strongly it is lit, 0 to 1.
    pub lit: f32,
}

impl Face {
    /// A button that does not light up.
    pub const fn plain(ink: Color32) -> Self {
        Self { ink, light: None, lit: 0.0 }
    }

    /// A button that is lit in `light` or not.
    pub fn light(light: Color32, on: bool) -> Self {
        Self { ink: theme::TEXT, light: Some(light), lit: if on { 1.0 } else { 0.0 } }
    }
}

/// Shows a button with `label` in `ink`; the caller asks the response whether it was clicked.
pub fn show(ui: &mut Ui, rect: Rect, label: &str, hint: Hint, ink: Color32) -> Response {
    let response = sense(ui, rect, &hint);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, hint.name));
    press(ui, rect, label, &response, Face::plain(ink));
    hint.attach(response)
}

/// Shows a button that stays in, lit in `light`, while `setting` is on.
pub fn latch(ui: &mut Ui, rect: Rect, label: &str, hint: Hint, light: Color32, setting: &dyn Setting) -> Response {
    let response = sense(ui, rect, &hint);
    if response.clicked() {
        setting.change(if setting.value() >= 0.5 { 0.0 } else { 1.0 });
    }
    let on = setting.value() >= 0.5;
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, hint.name));
    press(ui, rect, label, &response, Face::light(light, on));
    learn_offer::offer(ui, &response, setting);
    hint.attach(response)
}

/// Shows a button that sets something off each time that `setting` goes on: it goes on as soon as the button goes down,
/// and off again after `hold`, when whoever waits for it has seen it.
pub fn trigger(ui: &mut Ui, rect: Rect, label: &str, hint: Hint, hold: Duration, setting: &dyn Setting) -> Response {
    let response = sense(ui, rect, &hint);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, hint.name));
    let (time, pressed, released) =
        ui.input(|input| (input.time, input.pointer.primary_pressed(), input.pointer.primary_released()));
    // Keyboard and assistive technology click without a pointer.
    let struck = pressed && response.is_pointer_button_down_on() || response.clicked() && !released;
    let ends_at: Id = response.id.with("ends at");
    if struck {
        if setting.value() >= 0.5 {
            setting.change(0.0);
        }
        setting.change(1.0);
        ui.data_mut(|data| data.insert_temp(ends_at, time + hold.as_secs_f64()));
    }
    if let Some(end) = ui.data(|data| data.get_temp::<f64>(ends_at)) {
        if time >= end {
            setting.change(0.0);
            ui.data_mut(|data| data.remove::<f64>(ends_at));
        } else {
            ui.ctx().request_repaint_after(Duration::from_secs_f64(end - time));
        }
    }
    press(ui, rect, label, &response, Face::light(theme::HOVERED, setting.value() >= 0.5));
    learn_offer::offer(ui, &response, setting);
    hint.attach(response)
}

/// Where a button is pressed.
pub fn sense(ui: &Ui, rect: Rect, hint: &Hint) -> Response {
    ui.interact(rect, ui.make_persistent_id(hint.name), Sense::click())
}

/// Paints a button.
pub fn press(ui: &Ui, rect: Rect, label: &str, response: &Response, face: Face) {
    let rest = match (response.is_pointer_button_down_on(), response.hovered()) {
        (true, _) => theme::TRACK,
        (_, true) => theme::HOVERED,
        _ => theme::RAISED,
    };
    let light = face.light.unwrap_or(rest);
    let fill = rest.lerp_to_gamma(light, face.lit);
    let painter = ui.painter();
    painter.rect(rect, theme::CORNER, fill, Stroke::new(1.0, theme::TRACK), StrokeKind::Inside);
    // A bright light takes dark ink.
    let ink = if face.lit > 0.5 && light.intensity() > 0.5 { theme::GROUND } else { face.ink };
    painter.text(rect.center(), Align2::CENTER_CENTER, label, theme::regular(theme::BODY), ink);
    paint::focus(painter, response, rect.expand(1.0), theme::CORNER);
}
