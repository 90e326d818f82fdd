//! Learning controllers: choose a control, move a controller, done.
//!
//! The *desk* is what one repaint knows of it. Widgets offer themselves to it (`learn_offer`); the panel says what is
//! to be done next (`learn_prompt`). It lies in the window's memory: a widget without a panel around it offers itself
//! to nobody.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use egui::{Context, Id, Key, Modifiers, Rect, Ui};
use nice_plug::params::Params;
use nice_plug::params::internals::ParamPtr;

use crate::params::ContinuoParams;
use crate::params::controllers::{Action, Learnt};
use crate::seam::{Moved, PickUp};

use super::midi_names;

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
    pub(super) known: Vec<(ParamPtr, Target)>,
    pub(super) controllers: Controllers,
    pub(super) mode: Mode,
    /// Whether the menu of what has the focus is asked for.
    pub(super) asks: bool,
    /// What can be chosen in this repaint.
    pub(super) offers: Vec<(Rect, Target)>,
    /// What is to be forgotten.
    pub(super) forgotten: Vec<Learnt>,
}

fn place() -> Id {
    Id::unique("learning controllers")
}

pub(super) fn find(context: &Context) -> Option<Arc<Mutex<Desk>>> {
    context.data(|data| data.get_temp(place()))
}

pub(super) fn locked(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
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

/// A learnt controller in words: "CC 74 brightness, channel 1".
pub fn controller_text(learnt: &Learnt) -> String {
    let channel = learnt.channel.map_or_else(|| "any channel".to_owned(), |channel| format!("channel {}", channel + 1));
    format!("{}, {channel}", midi_names::controller(learnt.controller))
}
