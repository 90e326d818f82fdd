//! Learnt controllers move parameters, at their own samples, and the host is told.
//!
//! A controller *picks up* a value: it moves nothing until it comes to where the parameter is, or past it, so that
//! nothing jumps; and when somebody else has moved the parameter since, it has to do so again. So the last who moves
//! it counts. What is on or off goes the other way with every press of a pedal or button; what sets something off is
//! on while it is down. Swing is the knob's again as soon as a controller moves it, as on the panel.

use std::sync::Arc;

use nice_plug::params::Params;
use nice_plug::params::internals::ParamPtr;

use crate::params::controllers::{Action, Entry, Moves, Table};
use crate::params::{ContinuoParams, number};
use crate::seam::{MOST_CONTROLLERS, Newest, PickUp, PickUps, ToHostSender, Told};

/// How much swing there is, and whether the style says so instead.
const SWING: [&str; 2] = ["swing", "swing_by_style"];

/// From here on a pedal is down, and a button pressed.
const DOWN: u8 = 64;

/// The parameters that set something off each time that they go on.
const TRIGGERS: [&str; 3] = ["tap", "again", "again_new"];

/// How far from its value a controller may be to pick up a parameter: one and a half of its steps.
const CLOSE: f32 = 1.5 / 127.0;

/// How a parameter is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// To where the controller is, once it has picked it up.
    PickedUp,
    /// It goes the other way with every press.
    Toggled,
    /// It is on while the controller is down.
    Held,
}

struct Param {
    number: u32,
    pointer: ParamPtr,
    kind: Kind,
}

/// What is known of a learnt controller.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Hold {
    /// Where it is, 0–127.
    value: Option<u8>,
    /// Where it left the parameter, from 0 to 1, if it has picked it up.
    left: Option<f32>,
}

/// What a movement calls for: bit *n* is the action of the controller at place *n* of the table.
pub type Called = u64;

/// The controllers. Belongs to the audio thread; never allocates after it was made.
pub struct Mapping {
    /// Keeps what the pointers point to.
    _params: Arc<ContinuoParams>,
    /// In the order of their numbers.
    known: Vec<Param>,
    /// The numbers of swing, and of whether the style says how much there is.
    swing: [u32; 2],
    reader: Newest<Table>,
    table: Table,
    holds: [Hold; MOST_CONTROLLERS],
    to_host: ToHostSender,
}

impl Mapping {
    /// Main: what is learnt of `params`, which moves them, and tells `to_host` of it.
    pub fn new(params: Arc<ContinuoParams>, to_host: ToHostSender) -> Self {
        let kind = |id: &str, pointer| match pointer {
            ParamPtr::BoolParam(_) if TRIGGERS.contains(&id) => Kind::Held,
            ParamPtr::BoolParam(_) => Kind::Toggled,
            _ => Kind::PickedUp,
        };
        let all = params.param_map().into_iter();
        let mut known: Vec<Param> =
            all.map(|(id, pointer, _)| Param { number: number(&id), pointer, kind: kind(&id, pointer) }).collect();
        known.sort_unstable_by_key(|param| param.number);
        let (reader, holds) = (params.controllers.reader(), [Hold::default(); MOST_CONTROLLERS]);
        Self {
            _params: params,
            known,
            swing: SWING.map(number),
            reader,
            table: [None; MOST_CONTROLLERS],
            holds,
            to_host,
        }
    }

    /// Nothing is known of where controllers are: the instance is activated.
    pub fn forget(&mut self, pick_ups: &PickUps) {
        self.holds = [Hold::default(); MOST_CONTROLLERS];
        (0..MOST_CONTROLLERS).for_each(|index| pick_ups.set(index, None));
    }

    /// Takes what was learnt or forgotten since. What stays keeps its hold.
    pub fn take_new(&mut self, pick_ups: &PickUps) {
        let Some(table) = self.reader.newest() else { return };
        self.reader.take();
        let before = |entry: &Option<Entry>| {
            let place = self.table.iter().position(|other| entry.is_some() && other == entry);
            place.map_or(Hold::default(), |place| self.holds[place])
        };
        self.holds = table.each_ref().map(before);
        self.table = table;
        (0..MOST_CONTROLLERS).for_each(|index| self.show(index, pick_ups));
    }

    /// A controller moves to `value` (0–127) at `sample` of the block. `None`: it moves nothing here; else what it
    /// calls for besides.
    pub fn take(&mut self, sample: u32, source: (u8, u8), value: u8, pick_ups: &PickUps) -> Option<Called> {
        let (channel, controller) = source;
        let mut called = None;
        for index in 0..MOST_CONTROLLERS {
            let Some(entry) = self.table[index] else { break };
            if entry.controller != controller || entry.channel.is_some_and(|own| own != channel) {
                continue;
            }
            let before = self.holds[index].value.replace(value);
            let is_pressed = value >= DOWN && before.is_none_or(|before| before < DOWN);
            let called = called.get_or_insert(0);
            match entry.moves {
                Moves::Action(_) => *called |= u64::from(is_pressed) << index,
                Moves::Parameter(number) => self.turn(sample, index, number, before, is_pressed),
            }
            self.show(index, pick_ups);
        }
        called
    }

    /// The actions in `called`.
    pub fn actions(&self, called: Called) -> impl Iterator<Item = Action> + use<> {
        let table = self.table;
        (0..MOST_CONTROLLERS).filter(move |index| called >> index & 1 != 0).filter_map(move |index| {
            match table[index]?.moves {
                Moves::Action(action) => Some(action),
                Moves::Parameter(_) => None,
            }
        })
    }

    /// Sets the parameter with this [`number`] to `normalized` at `sample` of the block, and tells the host. What is no
    /// parameter is left alone.
    pub fn set(&mut self, sample: u32, number: u32, normalized: f32) {
        let Ok(place) = self.known.binary_search_by_key(&number, |param| param.number) else { return };
        let pointer = self.known[place].pointer;
        // SAFETY: the parameters live as long as `self`; their values are atomics.
        unsafe {
            if pointer._internal_set_normalized_value(normalized.clamp(0.0, 1.0)) {
                let steps = pointer.step_count().unwrap_or(1) as f64;
                let value = f64::from(pointer.unmodulated_normalized_value()) * steps;
                self.to_host.tell(Told { parameter: number, value, sample });
            }
        }
    }

    /// Moves the parameter with this number as the controller at `index` says, which was at `before`.
    fn turn(&mut self, sample: u32, index: usize, number: u32, before: Option<u8>, is_pressed: bool) {
        let Ok(place) = self.known.binary_search_by_key(&number, |param| param.number) else { return };
        let Param { pointer, kind, .. } = self.known[place];
        let value = self.holds[index].value.unwrap_or_default();
        // SAFETY: the parameters live as long as `self`; their values are atomics.
        let now = || unsafe { pointer.unmodulated_normalized_value() };
        match kind {
            Kind::Toggled if is_pressed => self.set(sample, number, if now() >= 0.5 { 0.0 } else { 1.0 }),
            Kind::Toggled => {}
            Kind::Held => self.set(sample, number, if value >= DOWN { 1.0 } else { 0.0 }),
            Kind::PickedUp => {
                let at = |value: u8| f32::from(value) / 127.0;
                let (to, from) = (at(value), before.map(at));
                // SAFETY: as above.
                let steps = unsafe { pointer.step_count() };
                let close = steps.map_or(CLOSE, |steps| 0.5 / steps.max(1) as f32).max(CLOSE);
                let is_close = |place: f32| (place - now()).abs() <= close;
                let passes = from.is_some_and(|from| (from - now()) * (to - now()) <= 0.0);
                let holds = self.holds[index].left == Some(now());
                if holds || is_close(to) || passes {
                    self.set(sample, number, to);
                    self.holds[index].left = Some(now());
                    if number == self.swing[0] {
                        // Who turns it wants to hear it.
                        self.set(sample, self.swing[1], 0.0);
                    }
                }
            }
        }
    }

    /// Shows where the controller at `index` is, and whether it has hold of what it moves.
    fn show(&self, index: usize, pick_ups: &PickUps) {
        let Hold { value, left } = self.holds[index];
        let param = |number| self.known.binary_search_by_key(&number, |param| param.number).map(|n| &self.known[n]);
        let holds = match self.table[index].map(|entry| entry.moves) {
            // SAFETY: as above.
            Some(Moves::Parameter(number)) => param(number).is_ok_and(|param| {
                param.kind != Kind::PickedUp || left == Some(unsafe { param.pointer.unmodulated_normalized_value() })
            }),
            _ => true,
        };
        pick_ups.set(index, value.map(|value| PickUp { value, holds }));
    }
}
