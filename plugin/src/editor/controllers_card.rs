//! The learnt controllers: what each moves, where it is, and to forget it.

use egui::accesskit::Role;
use egui::scroll_area::ScrollArea;
use egui::{Align2, ComboBox, Rect, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::params::controllers::{Action, Controllers, Learnt};
use crate::seam::PickUp;

use super::hint::Hint;
use super::learn::{self, Mode};
use super::text::{self, Look};
use super::{button, midi_names, paint, theme};

const ROW: f32 = 38.0;
const FOOT: f32 = 26.0;

/// What is to happen to a learnt controller.
enum Wish {
    Forget,
    /// It is to count on this channel; `None`: on any.
    ListenOn(Option<u8>),
}

/// Shows the card in `rect`, and changes `kept`, of which `shown` is what it shows.
pub fn show(ui: &mut Ui, rect: Rect, shown: &learn::Controllers, kept: &Controllers) {
    paint::card(ui.painter(), rect);
    let body = paint::heading(ui.painter(), rect.shrink(theme::INSET), "Controllers", "Knobs and pedals move controls");
    let foot = body.with_min_y(body.bottom() - FOOT);
    let list = body.with_max_y(foot.top() - 8.0);
    if shown.learnt.is_empty() {
        let text = "Right-click any control, choose Learn,\nand move a knob, fader or pedal.";
        ui.painter().text(list.left_top(), Align2::LEFT_TOP, text, theme::regular(theme::BODY), theme::DIM);
    }
    ui.scope_builder(UiBuilder::new().max_rect(list).id_salt("learnt controllers"), |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for (learnt, pick_up) in &shown.learnt {
                let (place, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
                match row(ui, place, learnt, *pick_up, shown) {
                    Some(Wish::Forget) => kept.forget(learnt),
                    Some(Wish::ListenOn(channel)) => kept.listen_on(learnt, channel),
                    None => {}
                }
            }
        });
    });
    feet(ui, foot, shown, kept);
}

/// The buttons under the list.
fn feet(ui: &mut Ui, foot: Rect, shown: &learn::Controllers, kept: &Controllers) {
    let width = (foot.width() - 16.0) / 3.0;
    let place = |n: f32| Rect::from_min_size(foot.min + vec2(n * (width + 8.0), 0.0), vec2(width, FOOT));
    let chooses = learn::mode(ui.ctx()) == Mode::Choosing;
    let hint = Hint::click("Learn a control", "Then click any control, on any page, and move a controller.");
    let label = if chooses { "Choose …" } else { "Learn" };
    if button::show(ui, place(0.0), label, hint, theme::TEXT).clicked() {
        learn::choose(ui.ctx(), !chooses);
    }
    ui.scope_builder(UiBuilder::new().max_rect(place(1.0)).id_salt("learn an action"), |ui| {
        ui.spacing_mut().interact_size.y = FOOT;
        let mut chosen = None;
        let list = ComboBox::from_id_salt("list").selected_text("Action").width(width).truncate();
        let response = list.show_ui(ui, |ui| {
            for action in Action::ALL {
                ui.selectable_value(&mut chosen, Some(action), action.name());
            }
        });
        let hint = Hint::click(
            "Learn an action",
            "Choose what a pedal or button is to do, and press it. A pedal can freeze and end, too: learn those buttons.",
        );
        hint.attach(response.response.accessible_name(hint.name));
        if let Some(action) = chosen {
            learn::wait_for(ui.ctx(), action.into());
        }
    });
    let hint = Hint::click("Forget all controllers", "No controller moves anything any more.");
    let ink = if shown.learnt.is_empty() { theme::FAINT } else { theme::TEXT };
    if button::show(ui, place(2.0), "Forget all", hint, ink).clicked() {
        kept.forget_all();
    }
}

fn row(ui: &mut Ui, rect: Rect, learnt: &Learnt, pick_up: Option<PickUp>, shown: &learn::Controllers) -> Option<Wish> {
    let target = learn::name_of(ui.ctx(), &learnt.moves);
    let controller = midi_names::controller(learnt.controller);
    let value = match pick_up {
        Some(PickUp { value, holds: true }) => value.to_string(),
        Some(PickUp { value, holds: false }) => format!("{value}, not picked up yet"),
        None => "not moved yet".to_owned(),
    };
    let response =
        ui.interact(rect, ui.make_persistent_id(("learnt", learnt.channel, &controller, &target)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, format!("{controller} moves {target}")));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_value(value));

    let forget = Rect::from_center_size(pos2(rect.right() - 12.0, rect.center().y), vec2(22.0, 22.0));
    let channel = Rect::from_min_size(pos2(forget.left() - 54.0, rect.center().y - 11.0), vec2(48.0, 22.0));
    let meter = Rect::from_min_size(pos2(channel.left() - 40.0, rect.center().y - 3.0), vec2(32.0, 6.0));
    let line =
        |y: f32| Rect::from_min_max(pos2(rect.left(), rect.top() + y), pos2(meter.left() - 8.0, rect.top() + y + 17.0));
    text::show(ui, line(2.0), &target, &Look::line(theme::regular(theme::BODY), theme::TEXT));
    text::show(ui, line(19.0), &controller, &Look::line(theme::regular(theme::SMALL), theme::DIM));
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, theme::EDGE));
    painter.rect_filled(meter, 3, theme::TRACK);
    if let Some(PickUp { value, holds }) = pick_up {
        let lit = meter.with_max_x(meter.left() + meter.width() * f32::from(value) / 127.0);
        painter.rect_filled(lit, 3, if holds { theme::YOU } else { theme::WARNING });
    }

    let name = format!("Channel of {controller} for {target}");
    let hint = Hint::click(&name, "Whether it counts on the channel on which it was learnt, or on any.");
    let label = learnt.channel.map_or_else(|| "any".to_owned(), |channel| format!("ch {}", channel + 1));
    let switched = button::show(ui, channel, &label, hint, theme::DIM).clicked();
    let name = format!("Forget {controller} for {target}");
    let hint = Hint::click(&name, "It moves this no more.");
    if button::show(ui, forget, "×", hint, theme::TEXT).clicked() {
        return Some(Wish::Forget);
    }
    // Back to one channel: the one on which it was moved last.
    let last = shown.moved.filter(|moved| moved.controller == learnt.controller).map_or(0, |moved| moved.channel);
    switched.then_some(Wish::ListenOn(learnt.channel.is_none().then_some(last)))
}
