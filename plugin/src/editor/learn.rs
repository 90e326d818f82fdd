//! Learning controllers: choose a control, move a controller, done.
//!
//! The *desk* is what one repaint knows of it. Widgets offer themselves to it with [`offer`]; it gives each a menu (right
//! click, long press, Shift and Enter), marks those that a controller moves, and, while one chooses, takes every click
//! on them. It lies in the window's memory: a widget without a panel around it offers itself to nobody.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use egui::accesskit::{Live, Role};
use egui::{
    Context, CornerRadius, Id, Key, Modifiers, Rect, Response, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};
use nice_plug::params::Params;
use nice_plug::params::internals::ParamPtr;

use crate::params::ContinuoParams;
use crate::params::controllers::{Action, Learnt, can_be_learnt};
use crate::seam::{MOST_CONTROLLERS, Moved, PickUp};

use super::hint::Hint;
use super::setting::Setting;
use super::text::{self, Look};
use super::{button, learn_menu, midi_names, paint, theme};

/// What is higher is a dial, in points.
const DIAL: f32 = 60.0;

/// What can be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The ID of a parameter or an action.
    pub id: String,
    /// What the musician calls it.
    pub name: String,
}

impl From<Action> for Target {
    fn from(action: Action) -> Self {
        Self { id: action.id().to_owned(), name: action.name() }
    }
}

/// What is going on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    #[default]
    Rest,
    /// A control is to be chosen.
    Choosing,
    /// A controller is to be moved for this one; the one that was moved last before does not count.
    Waiting(Target, Option<Moved>),
}

/// What the panel shows of controllers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Controllers {
    /// Those that are learnt, and where each is, if it was moved.
    pub learnt: Vec<(Learnt, Option<PickUp>)>,
    /// The one that was moved last.
    pub moved: Option<Moved>,
}

/// See the module. Panel only.
#[derive(Default)]
pub struct Desk {
    /// Every parameter.
    known: Vec<(ParamPtr, Target)>,
    controllers: Controllers,
    mode: Mode,
    /// Whether the menu of what has the focus is asked for.
    asks: bool,
    /// What can be chosen in this repaint.
    offers: Vec<(Rect, Target)>,
    /// What is to be forgotten.
    forgotten: Vec<Learnt>,
}

fn place() -> Id {
    Id::unique("learning controllers")
}

fn find(context: &Context) -> Option<Arc<Mutex<Desk>>> {
    context.data(|data| data.get_temp(place()))
}

fn locked(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A repaint begins.
pub fn begin(ui: &Ui, params: &ContinuoParams, controllers: &Controllers) {
    let desk = find(ui.ctx()).unwrap_or_else(|| {
        // SAFETY: the parameters are alive.
        let target = |id, param: ParamPtr| (param, Target { id, name: unsafe { param.name() }.to_owned() });
        let known = params.param_map().into_iter().map(|(id, param, _)| target(id, param)).collect();
        let desk = Arc::new(Mutex::new(Desk { known, ..Desk::default() }));
        ui.ctx().data_mut(|data| data.insert_temp(place(), Arc::clone(&desk)));
        desk
    });
    let mut desk = locked(&desk);
    desk.controllers.clone_from(controllers);
    desk.offers.clear();
    // Enter alone presses what has the focus.
    desk.asks = ui.ctx().memory(|memory| memory.focused().is_some())
        && ui.ctx().input_mut(|input| input.consume_key(Modifiers::SHIFT, Key::Enter));
}

/// What is going on.
pub fn mode(context: &Context) -> Mode {
    find(context).map(|desk| locked(&desk).mode.clone()).unwrap_or_default()
}

/// From now on a control is chosen, or no more.
pub fn choose(context: &Context, chooses: bool) {
    if let Some(desk) = find(context) {
        locked(&desk).mode = if chooses { Mode::Choosing } else { Mode::Rest };
    }
}

/// The next controller that is moved is learnt for `target`.
pub fn wait_for(context: &Context, target: Target) {
    if let Some(desk) = find(context) {
        let mut desk = locked(&desk);
        desk.mode = Mode::Waiting(target, desk.controllers.moved);
    }
}

/// `learnt` is to be forgotten.
pub fn forget(context: &Context, learnt: Learnt) {
    if let Some(desk) = find(context) {
        locked(&desk).forgotten.push(learnt);
    }
}

/// What `id` is called: a parameter, an action, or neither that is known here.
pub fn name_of(context: &Context, id: &str) -> String {
    let action = Action::of_id(id).map(Action::name);
    let parameter = || {
        let desk = find(context)?;
        let desk = locked(&desk);
        desk.known.iter().find(|(_, target)| target.id == id).map(|(_, target)| target.name.clone())
    };
    action.or_else(parameter).unwrap_or_else(|| format!("unknown: {id}"))
}

/// A control that changes `setting` can be learnt.
pub fn offer(ui: &Ui, response: &Response, setting: &dyn Setting) {
    let Some(desk) = find(ui.ctx()) else { return };
    let target = setting.param().and_then(|param| {
        let desk = locked(&desk);
        desk.known.iter().find(|(known, _)| *known == param).map(|(_, target)| target.clone())
    });
    if let Some(target) = target {
        let now = setting.steps().is_none_or(|steps| steps > 1).then(|| setting.value());
        take(ui, response, &desk, target, now, Some(setting));
    }
}

/// A button that does `action` can be learnt.
pub fn offer_action(ui: &Ui, response: &Response, action: Action) {
    if let Some(desk) = find(ui.ctx()) {
        take(ui, response, &desk, action.into(), None, None);
    }
}

/// `now`: where it is, if a controller has to pick it up.
fn take(
    ui: &Ui,
    response: &Response,
    desk: &Mutex<Desk>,
    target: Target,
    now: Option<f32>,
    setting: Option<&dyn Setting>,
) {
    let (own, asks) = {
        let mut desk = locked(desk);
        let of_target = desk.controllers.learnt.iter().filter(|(learnt, _)| learnt.moves == target.id);
        let own: Vec<_> = of_target.cloned().collect();
        if desk.mode == Mode::Choosing {
            desk.offers.push((response.rect, target.clone()));
        }
        (own, desk.asks && response.has_focus())
    };
    mark(ui, response.rect, &own, now);
    learn_menu::show(ui, response, asks, &target, &own, setting);
}

/// A dot on what a controller moves; an arrow while that has to be moved up or down to pick it up.
fn mark(ui: &Ui, rect: Rect, own: &[(Learnt, Option<PickUp>)], now: Option<f32>) {
    let Some((_, first)) = own.first() else { return };
    // A dial has its label above it.
    let down = if rect.height() > DIAL { 20.0 } else { 4.0 };
    let (painter, at) = (ui.painter(), rect.right_top() + vec2(-4.0, down));
    // Of several, the one that has hold of it.
    let held = own.iter().any(|(_, pick_up)| pick_up.is_some_and(|pick_up| pick_up.holds));
    match (first, now) {
        (Some(pick_up), Some(now)) if !held => {
            let up = if f32::from(pick_up.value) / 127.0 < now { -1.0 } else { 1.0 };
            let corner = |x: f32, y: f32| at + vec2(x, y * up);
            let points = vec![corner(0.0, 4.0), corner(-4.0, -3.0), corner(4.0, -3.0)];
            let points = if up < 0.0 { points } else { points.into_iter().rev().collect() };
            painter.add(Shape::convex_polygon(points, theme::WARNING, Stroke::NONE));
        }
        _ => {
            painter.circle_filled(at, 2.5, theme::YOU);
        }
    }
}

/// A repaint ends: does what was wished for, and says in `place` what is to be done. Returns what the musician should
/// read.
pub fn end(ui: &mut Ui, params: &ContinuoParams, place: Rect) -> Option<&'static str> {
    let desk = find(ui.ctx())?;
    let (mode, offers, moved) = {
        let mut desk = locked(&desk);
        desk.forgotten.drain(..).for_each(|learnt| params.controllers.forget(&learnt));
        (desk.mode.clone(), std::mem::take(&mut desk.offers), desk.controllers.moved)
    };
    let (next, told) = match mode {
        Mode::Rest => return None,
        _ if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) => (Mode::Rest, None),
        Mode::Choosing => {
            let chosen = overlay(ui, &offers);
            let stops = banner(ui, place, "Click what a controller is to move.");
            match chosen {
                Some(target) => (Mode::Waiting(target, moved), None),
                None => (if stops { Mode::Rest } else { Mode::Choosing }, None),
            }
        }
        Mode::Waiting(target, before) => match moved.filter(|moved| Some(*moved) != before) {
            Some(Moved { channel, controller, .. }) if can_be_learnt(controller) => {
                let is_full = params.controllers.learnt().len() >= MOST_CONTROLLERS;
                params.controllers.learn(Learnt { channel: Some(channel), controller, moves: target.id });
                (
                    Mode::Rest,
                    is_full.then_some("No more controllers can be learnt. Forget one on the page Setup first."),
                )
            }
            _ => {
                let stops = banner(ui, place, &format!("Move a controller for {}.", target.name));
                (if stops { Mode::Rest } else { Mode::Waiting(target, before) }, None)
            }
        },
    };
    locked(&desk).mode = next;
    told
}

/// Lays a button over everything that can be chosen. Returns what was.
fn overlay(ui: &Ui, offers: &[(Rect, Target)]) -> Option<Target> {
    let mut chosen = None;
    for (n, (rect, target)) in offers.iter().enumerate() {
        let response = ui.interact(*rect, ui.make_persistent_id(("learn", n, &target.id)), Sense::click());
        let name = format!("Learn {}", target.name);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        let ink = if response.hovered() || response.has_focus() { theme::YOU } else { theme::WARNING };
        let corner = CornerRadius::same(5);
        ui.painter().rect(*rect, corner, ink.gamma_multiply(0.12), Stroke::new(1.0, ink), StrokeKind::Inside);
        if response.clicked() {
            chosen = Some(target.clone());
        }
    }
    chosen
}

/// Says what is to be done. Whether that was stopped.
fn banner(ui: &mut Ui, rect: Rect, text: &str) -> bool {
    paint::card(ui.painter(), rect);
    ui.painter().rect_stroke(rect, theme::CARD_CORNER, Stroke::new(1.0, theme::WARNING), StrokeKind::Inside);
    let response = ui.interact(rect, ui.make_persistent_id("Learning"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, "Learning"));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_value(text);
        node.set_live(Live::Polite);
    });
    let stop = Rect::from_center_size(pos2(rect.right() - 44.0, rect.center().y), vec2(64.0, 26.0));
    let line = Rect::from_min_max(pos2(rect.left() + theme::INSET, rect.top()), pos2(stop.left() - 8.0, rect.bottom()));
    text::show(ui, line, text, &Look::line(theme::regular(theme::BODY), theme::TEXT));
    let hint = Hint::click("Stop learning", "Learns nothing. Escape does the same.");
    button::show(ui, stop, "Stop", hint, theme::TEXT).clicked()
}

/// A learnt controller in words: "CC 74 brightness, channel 1".
pub fn controller_text(learnt: &Learnt) -> String {
    let channel = learnt.channel.map_or_else(|| "any channel".to_owned(), |channel| format!("channel {}", channel + 1));
    format!("{}, {channel}", midi_names::controller(learnt.controller))
}
