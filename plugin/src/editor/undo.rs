//! What was done on the panel can be undone and done again: parameters, scenes, presets and their numbers, locks,
//! learnt controllers, the chart, captured bars and the order of sections; and two whole settings can be compared.
//!
//! The panel changes parameters through [`Undo::context`], which hands on to the host and takes down each gesture: a
//! drag is one step, and so is all that changes while something is held. What else is set, and is no parameter, is
//! compared before and after the panel is drawn. So what the host automates or loads meanwhile is no step.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use continuo_models::controls::PARAMETERS;
use continuo_models::music::Chart;
use continuo_models::{Arrangement, Captured};
use nice_plug::context::PluginApi;
use nice_plug::context::gui::{GuiContext, GuiContextInner};
use nice_plug::plugin::PluginState;
use nice_plug::prelude::{ParamPtr, Params};

use crate::bank;
use crate::params::ContinuoParams;
use crate::params::controllers::Learnt;
use crate::presets::Preset;
use crate::presets::locks::Locks;
use crate::scenes;
use crate::seam::Shared;

/// How many steps are kept.
pub const STEPS: usize = 32;

/// The plug-in's own parameters that are called for at the moment: to press them is no step.
const MOMENTARY: [&str; 3] = ["again", "again_new", "tap"];

/// How long a value that was set may be on its way: frameworks set parameters with the next block.
const ON_ITS_WAY: Duration = Duration::from_millis(300);

/// Movements of one parameter that follow each other sooner are one step.
const AT_ONCE: Duration = Duration::from_millis(400);

/// One of the two settings that are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slot {
    /// The first one.
    #[default]
    A,
    /// The second one.
    B,
}

impl Slot {
    fn other(self) -> Self {
        match self {
            Slot::A => Slot::B,
            Slot::B => Slot::A,
        }
    }
}

/// What can be undone and done again, and which setting is the present one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// How many steps can be undone.
    pub back: usize,
    /// How many can be done again.
    pub forth: usize,
    /// The setting that plays.
    pub slot: Slot,
}

/// The steps of one instance. Belongs to the GUI thread; the mutex is for the framework, which asks for one.
pub struct Undo {
    params: Arc<ContinuoParams>,
    shared: Arc<Shared>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The way to the host, while a window is open.
    host: Option<GuiContext>,
    /// How many saved states had been loaded.
    loaded: u32,
    /// What is held, each with its value before.
    held: Vec<(ParamPtr, f32)>,
    /// What was moved since the last step.
    moved: Vec<Move>,
    /// What was set last, and may not have arrived.
    sent: Vec<Sent>,
    /// What is set besides parameters, as it was when the panel began to be drawn.
    before: Option<Rest>,
    done: VecDeque<Step>,
    undone: Vec<Step>,
    slot: Slot,
    /// The setting that does not play; `None`: it is as the one that does.
    other: Option<Box<Moment>>,
}

/// A parameter's way from one normalised value to another.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Move {
    param: ParamPtr,
    from: f32,
    to: f32,
}

/// A value on its way to the parameter.
struct Sent {
    param: ParamPtr,
    to: f32,
    /// What the parameter said when it was sent.
    stood: f32,
    at: Instant,
}

/// What is set besides parameters.
#[derive(Clone, PartialEq)]
struct Rest {
    scenes: scenes::Saved,
    bank: bank::Saved,
    current: Option<Preset>,
    locks: Locks,
    controllers: Vec<Learnt>,
    chart: Arc<Chart>,
    captured: Arc<Captured>,
    arrangement: Arc<Arrangement>,
}

/// All that can be undone, as it was at one time.
#[derive(Clone)]
struct Moment {
    values: Vec<(ParamPtr, f32)>,
    rest: Rest,
}

/// What one thing that the musician did has changed.
struct Step {
    moves: Vec<Move>,
    /// Before and after.
    rest: Option<[Rest; 2]>,
    /// What it did to the setting that does not play.
    slots: Slots,
    at: Instant,
}

impl Step {
    fn new(moves: Vec<Move>, rest: Option<[Rest; 2]>, slots: Slots) -> Self {
        Self { moves, rest, slots, at: Instant::now() }
    }

    /// Whether `next` moves the same parameter on, as notches of a wheel and presses of a key do.
    fn goes_on_in(&self, next: &Self) -> bool {
        let alone = |step: &Self| match (&step.moves[..], &step.rest, &step.slots) {
            ([moved], None, Slots::Stay) => Some(*moved),
            _ => None,
        };
        let (Some(before), Some(after)) = (alone(self), alone(next)) else { return false };
        // SAFETY: the parameters live as long as the instance, which keeps them.
        let is_switch = unsafe { after.param.step_count() } == Some(1);
        before.param == after.param && !is_switch && next.at - self.at < AT_ONCE
    }
}

/// What a step does to the two settings; undone and done again it does the same.
enum Slots {
    Stay,
    /// The other one plays from now on.
    Switch,
    /// The setting that does not play becomes this one, and this one what it was.
    Exchange(Option<Box<Moment>>),
}

impl Undo {
    /// Nothing to undo in `params` yet. Through `shared` the host hears of what is no parameter.
    pub fn new(params: Arc<ContinuoParams>, shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self { params, shared, kept: Mutex::default() })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A window has opened: the way to the host is `host`. Returns the way that the panel takes.
    pub fn context(self: &Arc<Self>, host: GuiContext) -> GuiContext {
        let mut kept = self.kept();
        kept.host = Some(host.clone());
        kept.held.clear();
        GuiContext::new(Arc::new(Recorder { host, undo: Arc::clone(self) }))
    }

    /// The panel begins to be drawn, after so many saved states were `loaded`: of another project nothing can be
    /// undone.
    pub fn begin(&self, loaded: u32) {
        let rest = self.rest();
        let mut kept = self.kept();
        if kept.loaded != loaded {
            *kept = Kept { host: kept.host.take(), loaded, ..Kept::default() };
        }
        // What is set while something is held is of one step with it.
        kept.before.get_or_insert(rest);
    }

    /// The panel has been drawn: what was done meanwhile is a step, unless something is still held.
    pub fn end(&self) {
        let now = self.rest();
        let mut kept = self.kept();
        if !kept.held.is_empty() {
            return;
        }
        let rest = kept.before.take().filter(|before| *before != now).map(|before| [before, now]);
        if rest.is_some() {
            self.shared.unsaved.note();
        }
        let moves = std::mem::take(&mut kept.moved);
        if !moves.is_empty() || rest.is_some() {
            kept.push(Step::new(moves, rest, Slots::Stay));
        }
    }

    /// What can be undone and done again.
    pub fn steps(&self) -> Steps {
        let kept = self.kept();
        Steps { back: kept.done.len(), forth: kept.undone.len(), slot: kept.slot }
    }

    /// Takes the last step back, if there is one and nothing is held.
    pub fn undo(&self) {
        let step = self.kept().take(|kept| kept.done.pop_back());
        if let Some(step) = step {
            let step = self.make(step, true);
            self.kept().undone.push(step);
        }
    }

    /// Does the step that was undone last again.
    pub fn redo(&self) {
        let step = self.kept().take(|kept| kept.undone.pop());
        if let Some(step) = step {
            let step = self.make(step, false);
            self.kept().done.push_back(step);
        }
    }

    /// The setting `slot` plays from now on.
    pub fn compare(&self, slot: Slot) {
        let (is_there, other) = {
            let kept = self.kept();
            (kept.slot == slot, kept.other.clone())
        };
        if is_there {
            return;
        }
        let now = self.moment();
        let mut to = other.map_or_else(|| now.clone(), |other| *other);
        // What the musician has set up is of both.
        (to.rest.locks, to.rest.controllers) = (now.rest.locks, now.rest.controllers.clone());
        to.rest.bank.clone_from(&now.rest.bank);
        to.rest.chart = Arc::clone(&now.rest.chart);
        to.rest.captured = Arc::clone(&now.rest.captured);
        to.rest.arrangement = Arc::clone(&now.rest.arrangement);
        let moves = now.moves_to(&to);
        let rest = (now.rest != to.rest).then_some([now.rest, to.rest]);
        let step = self.make(Step::new(moves, rest, Slots::Switch), false);
        self.kept().push(step);
    }

    /// The setting that does not play becomes as the one that does.
    pub fn copy(&self) {
        let now = self.moment();
        let step = self.make(Step::new(vec![], None, Slots::Exchange(Some(Box::new(now)))), false);
        self.kept().push(step);
    }

    /// Makes a step, or takes it `back`. Returns it as it is to be kept.
    fn make(&self, mut step: Step, back: bool) -> Step {
        match &mut step.slots {
            Slots::Stay => {}
            Slots::Switch => {
                let now = self.moment();
                let mut kept = self.kept();
                (kept.slot, kept.other) = (kept.slot.other(), Some(Box::new(now)));
            }
            Slots::Exchange(moment) => std::mem::swap(moment, &mut self.kept().other),
        }
        let host = self.kept().host.clone();
        if let Some(host) = host {
            // SAFETY: the parameters are those of `self.params`, and live.
            unsafe {
                step.moves.iter().for_each(|step| host.raw_begin_set_parameter(step.param));
                for moved in &step.moves {
                    let to = if back { moved.from } else { moved.to };
                    self.kept().send(moved.param, to);
                    host.raw_set_parameter_normalized(moved.param, to);
                }
                step.moves.iter().for_each(|step| host.raw_end_set_parameter(step.param));
            }
        }
        if let Some([before, after]) = &step.rest {
            let rest = if back { before } else { after };
            self.params.scenes.restore(rest.scenes.clone());
            self.params.presets.set_locks(rest.locks);
            self.params.presets.set_current(rest.current.clone());
            if before.controllers != after.controllers {
                self.params.controllers.restore(&rest.controllers);
            }
            if before.bank != after.bank {
                self.params.bank.restore(rest.bank.clone());
            }
            if before.chart != after.chart {
                self.params.chart.set(Arc::clone(&rest.chart));
            }
            if before.captured != after.captured {
                self.params.captured.set(Arc::clone(&rest.captured));
            }
            if before.arrangement != after.arrangement {
                self.params.arrangement.set(Arc::clone(&rest.arrangement));
            }
            self.shared.unsaved.note();
        }
        step
    }

    fn rest(&self) -> Rest {
        let ContinuoParams { scenes, presets, controllers, bank, chart, captured, arrangement, .. } = &*self.params;
        Rest {
            scenes: scenes.saved(),
            bank: bank.saved(),
            current: presets.current(),
            locks: presets.locks(),
            controllers: controllers.learnt(),
            chart: chart.newest(),
            captured: captured.newest(),
            arrangement: arrangement.newest(),
        }
    }

    fn moment(&self) -> Moment {
        let kept = self.kept();
        let lasting = self.params.param_map().into_iter().filter(|(id, ..)| is_lasting(id));
        let values = lasting.map(|(_, param, _)| (param, kept.value(param))).collect();
        drop(kept);
        Moment { values, rest: self.rest() }
    }

    /// Whether to change `param` is a step.
    fn is_step(&self, param: ParamPtr) -> bool {
        self.params.param_map().iter().any(|(id, known, _)| *known == param && is_lasting(id))
    }
}

/// Whether the parameter is more than called for at the moment.
fn is_lasting(id: &str) -> bool {
    let is_momentary = |id: &str| PARAMETERS.iter().any(|known| known.momentary && known.about.id == id);
    !MOMENTARY.contains(&id) && !is_momentary(id)
}

impl Moment {
    fn moves_to(&self, other: &Self) -> Vec<Move> {
        let pairs = self.values.iter().zip(&other.values);
        let moves = pairs.map(|(&(param, from), &(_, to))| Move { param, from, to });
        moves.filter(|moved| moved.from != moved.to).collect()
    }
}

impl Kept {
    fn push(&mut self, step: Step) {
        self.undone.clear();
        if let Some(last) = self.done.back_mut().filter(|last| last.goes_on_in(&step)) {
            (last.moves[0].to, last.at) = (step.moves[0].to, step.at);
            return;
        }
        if self.done.len() == STEPS {
            self.done.pop_front();
        }
        self.done.push_back(step);
    }

    /// What `from` gives, unless something is held.
    fn take(&mut self, from: impl FnOnce(&mut Self) -> Option<Step>) -> Option<Step> {
        if self.held.is_empty() { from(self) } else { None }
    }

    /// The value of `param`, or the one that is on its way to it.
    fn value(&self, param: ParamPtr) -> f32 {
        // SAFETY: the parameters live as long as the instance, which keeps them.
        let stands = unsafe { param.unmodulated_normalized_value() };
        let sent = self.sent.iter().find(|sent| sent.param == param);
        let on_its_way = sent.filter(|sent| sent.stood == stands && sent.at.elapsed() < ON_ITS_WAY);
        on_its_way.map_or(stands, |sent| sent.to)
    }

    fn send(&mut self, param: ParamPtr, to: f32) {
        // SAFETY: as above.
        let stood = unsafe { param.unmodulated_normalized_value() };
        self.sent.retain(|sent| sent.param != param && sent.at.elapsed() < ON_ITS_WAY);
        self.sent.push(Sent { param, to, stood, at: Instant::now() });
    }
}

/// Hands on to the host what the panel does, and takes it down.
struct Recorder {
    host: GuiContext,
    undo: Arc<Undo>,
}

impl GuiContextInner for Recorder {
    fn plugin_api(&self) -> PluginApi {
        self.host.plugin_api()
    }

    unsafe fn raw_begin_set_parameter(&self, param: ParamPtr) {
        if self.undo.is_step(param) {
            let mut kept = self.undo.kept();
            let from = kept.value(param);
            kept.held.push((param, from));
        }
        // SAFETY: as the caller has it.
        unsafe { self.host.raw_begin_set_parameter(param) };
    }

    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        self.undo.kept().send(param, normalized);
        // SAFETY: as the caller has it.
        unsafe { self.host.raw_set_parameter_normalized(param, normalized) };
    }

    unsafe fn raw_end_set_parameter(&self, param: ParamPtr) {
        // SAFETY: as the caller has it.
        unsafe { self.host.raw_end_set_parameter(param) };
        let mut kept = self.undo.kept();
        if let Some(place) = kept.held.iter().position(|(held, _)| *held == param) {
            let (_, from) = kept.held.remove(place);
            let to = kept.value(param);
            if from != to {
                match kept.moved.iter_mut().find(|moved| moved.param == param) {
                    Some(moved) => moved.to = to,
                    None => kept.moved.push(Move { param, from, to }),
                }
            }
        }
    }

    fn get_state(&self) -> PluginState {
        self.host.get_state()
    }

    fn set_state(&self, state: PluginState) {
        self.host.set_state(state);
    }

    fn request_restart(&self) {
        self.host.request_restart();
    }
}
