//! How a setting is changed: by dragging, wheel, keys, double-click and assistive technology, each as a whole
//! gesture, so that the host records it and undoes it as one.

use egui::accesskit::{Action, ActionData, Role};
use egui::{Event, EventFilter, Key, MouseWheelUnit, PointerButton, Rect, Response, Sense, Ui, WidgetInfo};

use super::learn_offer;
use super::setting::Setting;

/// A change while Shift is held is this much smaller.
const FINE: f32 = 0.1;
/// A notch of the wheel, or an arrow key, moves a continuous setting by this much.
const NUDGE: f32 = 0.02;
/// Page up and page down move a continuous setting by this much.
const LEAP: f32 = 0.1;
/// Points that a trackpad scrolls for one notch.
const POINTS_PER_NOTCH: f32 = 40.0;

/// A place that turns `setting` and is announced under `name`, with its value in percent: what knobs and sliders have
/// in common. `travel` as in [`turn`].
pub fn turned(ui: &Ui, rect: Rect, name: &str, setting: &dyn Setting, travel: f32) -> Response {
    let response = ui.interact(rect, ui.make_persistent_id(name), Sense::click_and_drag());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Slider, true, name);
        info.value = Some(f64::from(setting.value()) * 100.0);
        info
    });
    turn(ui, &response, setting, travel);
    response
}

/// Applies to `setting` what the musician does with `response`, which must sense clicks and drags. Dragging right or
/// up by `travel` points goes from 0 to 1.
pub fn turn(ui: &Ui, response: &Response, setting: &dyn Setting, travel: f32) {
    drag(ui, response, setting, travel);
    if response.double_clicked() {
        setting.change(setting.default());
    }
    let notches = wheel(ui, response, setting) + keys(ui, response, setting);
    if notches != 0.0 {
        nudge(setting, notches);
    }
    assist(ui, response, setting);
    learn_offer::offer(ui, response, setting);
}

/// Applies only wheel and keys, for a control that clicks open. A notch down goes on in the list.
pub fn browse(ui: &Ui, response: &Response, setting: &dyn Setting) {
    let notches = wheel(ui, response, setting) + keys(ui, response, setting);
    if notches != 0.0 {
        nudge(setting, -notches);
    }
    learn_offer::offer(ui, response, setting);
}

/// Moves `setting` by `notches`, if it can move that way.
fn nudge(setting: &dyn Setting, notches: f32) {
    let from = setting.value();
    let to = match setting.steps() {
        Some(_) => setting.value_of_step((setting.step_at(from) as f32 + notches).max(0.0) as usize),
        None => (from + notches * NUDGE).clamp(0.0, 1.0),
    };
    if to != from {
        setting.change(to);
    }
}

fn drag(ui: &Ui, response: &Response, setting: &dyn Setting, travel: f32) {
    // Where the pointer has taken the setting, kept apart from it so that steps do not swallow slow movement.
    let place = response.id.with("place");
    // The other button opens a menu.
    let primary = PointerButton::Primary;
    if response.drag_started_by(primary) {
        setting.begin();
        ui.data_mut(|data| data.insert_temp(place, setting.value()));
    }
    if response.dragged_by(primary) {
        let fine = if ui.input(|input| input.modifiers.shift) { FINE } else { 1.0 };
        let delta = response.drag_delta();
        let from = ui.data(|data| data.get_temp(place)).unwrap_or_else(|| setting.value());
        let to = (from + (delta.x - delta.y) / travel * fine).clamp(0.0, 1.0);
        ui.data_mut(|data| data.insert_temp(place, to));
        setting.set(to);
    }
    if response.drag_stopped_by(primary) {
        setting.end();
        ui.data_mut(|data| data.remove::<f32>(place));
    }
}

/// Notches that the wheel has turned over `response`; whole ones if the setting goes in steps.
fn wheel(ui: &Ui, response: &Response, setting: &dyn Setting) -> f32 {
    if !response.hovered() || response.dragged() {
        return 0.0;
    }
    let (turned, fine) = ui.input(|input| {
        let turned: f32 = input
            .events
            .iter()
            .filter_map(|event| match event {
                // With Shift held, some systems turn the wheel sideways.
                Event::MouseWheel { unit: MouseWheelUnit::Point, delta, .. } => {
                    Some((delta.x + delta.y) / POINTS_PER_NOTCH)
                }
                Event::MouseWheel { delta, .. } => Some(delta.x + delta.y),
                _ => None,
            })
            .sum();
        (turned, input.modifiers.shift)
    });
    if turned == 0.0 {
        return 0.0;
    }
    if setting.steps().is_none() {
        return turned * if fine { FINE } else { 1.0 };
    }
    let rest = response.id.with("wheel");
    let turned = turned + ui.data(|data| data.get_temp(rest)).unwrap_or(0.0);
    ui.data_mut(|data| data.insert_temp(rest, turned.fract()));
    turned.trunc()
}

/// Notches by which the keyboard moves the focused setting. Home, End and Delete act at once.
fn keys(ui: &Ui, response: &Response, setting: &dyn Setting) -> f32 {
    if !response.has_focus() {
        return 0.0;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let (notches, jump) = ui.input(|input| {
        let presses = |key| input.num_presses(key) as f32;
        let leap = if setting.steps().is_some() { 1.0 } else { LEAP / NUDGE };
        let fine = if input.modifiers.shift && setting.steps().is_none() { FINE } else { 1.0 };
        let arrows =
            presses(Key::ArrowUp) + presses(Key::ArrowRight) - presses(Key::ArrowDown) - presses(Key::ArrowLeft);
        let pages = presses(Key::PageUp) - presses(Key::PageDown);
        let jump =
            [(Key::Home, 0.0), (Key::End, 1.0), (Key::Delete, setting.default()), (Key::Backspace, setting.default())]
                .into_iter()
                .find_map(|(key, value)| input.key_pressed(key).then_some(value));
        (arrows * fine + pages * leap, jump)
    });
    if let Some(value) = jump {
        setting.change(value);
    }
    notches
}

/// Offers the setting to assistive technology, as a number from 0 to 100 and as text, and obeys it.
fn assist(ui: &Ui, response: &Response, setting: &dyn Setting) {
    let requests = ui.input(|input| {
        let up = input.num_accesskit_action_requests(response.id, Action::Increment) as f32;
        let down = input.num_accesskit_action_requests(response.id, Action::Decrement) as f32;
        let value = input
            .accesskit_action_requests(response.id, Action::SetValue)
            .filter_map(|request| match request.data {
                Some(ActionData::NumericValue(value)) => Some(value as f32 / 100.0),
                _ => None,
            })
            .last();
        (up - down, value)
    });
    if let (_, Some(value)) = requests {
        setting.change(value.clamp(0.0, 1.0));
    } else if requests.0 != 0.0 {
        nudge(setting, requests.0);
    }
    let value = setting.value();
    let text = setting.text(value);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(100.0);
        node.set_numeric_value(f64::from(value) * 100.0);
        node.set_numeric_value_step(
            f64::from(setting.steps().map_or(NUDGE, |steps| 1.0 / steps.max(1) as f32)) * 100.0,
        );
        node.set_value(text);
        node.add_action(Action::SetValue);
        if value < 1.0 {
            node.add_action(Action::Increment);
        }
        if value > 0.0 {
            node.add_action(Action::Decrement);
        }
    });
}
