//! The menu of a control: learn a controller, forget one, enter a value, go back to the default.

use egui::accesskit;
use egui::{
    Align, Key, Layout, Popup, PopupCloseBehavior, PopupKind, Response, RichText, SetOpenCommand, TextEdit, Ui,
};

use crate::params::controllers::Learnt;
use crate::seam::PickUp;

use super::learn::{self, Target};
use super::setting::Setting;
use super::theme;

/// The width of the menu, in points.
const WIDTH: f32 = 216.0;

/// Shows the menu of `target` by its control, if that is asked for or open. `own`: the controllers that move it;
/// `setting`: what it is set by, if it has a value.
pub fn show(
    ui: &Ui,
    response: &Response,
    asks: bool,
    target: &Target,
    own: &[(Learnt, Option<PickUp>)],
    setting: Option<&dyn Setting>,
) {
    let id = response.id.with("menu");
    let called =
        ui.input(|input| input.num_accesskit_action_requests(response.id, accesskit::Action::ShowContextMenu) > 0);
    let opens = asks || called || response.secondary_clicked() || response.long_touched();
    if ui.ctx().has_accesskit_node(response.id) {
        ui.ctx().accesskit_node_builder(response.id, |node| node.add_action(accesskit::Action::ShowContextMenu));
    }
    if !opens && !Popup::is_id_open(ui.ctx(), id) {
        return;
    }
    let value = id.with("value");
    if opens {
        ui.data_mut(|data| data.remove::<String>(value));
    }
    Popup::from_response(response)
        .id(id)
        .open_memory(opens.then_some(SetOpenCommand::Bool(true)))
        .kind(PopupKind::Menu)
        .layout(Layout::top_down_justified(Align::Min))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .width(WIDTH)
        .accessible_name(format!("{} menu", target.name))
        .show(|ui| {
            ui.label(RichText::new(&target.name).font(theme::semibold(theme::BODY)).color(theme::TEXT));
            if ui.button("Learn a controller").clicked() {
                learn::wait_for(ui.ctx(), target.clone());
                ui.close();
            }
            for (learnt, _) in own {
                if ui.button(format!("Forget {}", learn::controller_text(learnt))).clicked() {
                    learn::forget(ui.ctx(), learnt.clone());
                    ui.close();
                }
            }
            let Some(setting) = setting else { return };
            ui.separator();
            let default = setting.default();
            if ui.button(format!("Default: {}", setting.text(default))).clicked() {
                setting.change(default);
                ui.close();
            }
            let now = setting.text(setting.value());
            let mut text = ui.data(|data| data.get_temp::<String>(value)).unwrap_or(now);
            ui.horizontal(|ui| {
                let label = ui.label(RichText::new("Enter a value").color(theme::DIM));
                let field = ui.add(TextEdit::singleline(&mut text).desired_width(f32::INFINITY)).labelled_by(label.id);
                if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
                    match setting.value_of(&text) {
                        Some(entered) => {
                            setting.change(entered.clamp(0.0, 1.0));
                            ui.close();
                        }
                        // What it is, for another try.
                        None => text = setting.text(setting.value()),
                    }
                }
            });
            ui.data_mut(|data| data.insert_temp(value, text));
        });
}
