//! A block's changes of parameters, as the wrapper is given them.
//!
//! Of each parameter, the wrapper takes the last change in a block only, and rounds the values of controllers and
//! programs down: 64 of 127, which a host has put through 32-bit numbers, would arrive as 63, and a pedal stay up. So
//! it is given every change as if it were of a parameter of its own, and values that are as far above a step as it
//! takes to stay there.

use std::cell::{Cell, RefCell};

use vst3::Steinberg::Vst::{
    IParamValueQueue, IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait, ParamID, ParamValue,
};
use vst3::Steinberg::{kInvalidArgument, kNotImplemented, kResultOk, tresult};
use vst3::{Class, ComRef, ComWrapper};

use crate::guard::guarded;

/// The most changes in a block that are given to the wrapper one by one.
const CAPACITY: usize = 4096;

/// How far above its step a value is put, in steps.
const ABOVE: f64 = 0.25;

/// One change.
#[derive(Clone, Copy)]
struct Change {
    parameter: ParamID,
    sample: i32,
    value: ParamValue,
}

/// A block's changes. Never allocates after it was made; belongs to the audio thread.
pub struct Changes {
    /// The parameters that stand for controllers and programs, in order, and the number of their steps.
    controllers: Vec<(ParamID, i32)>,
    changes: RefCell<Vec<Change>>,
    /// Shows the change that the wrapper looks at: it looks at one after the other.
    queue: ComWrapper<Queue>,
}

impl Changes {
    /// Room for changes. `controllers`: the parameters that stand for controllers and programs, and their steps.
    pub fn new(mut controllers: Vec<(ParamID, i32)>) -> Self {
        controllers.sort_unstable();
        let (changes, queue) = (RefCell::new(Vec::with_capacity(CAPACITY)), ComWrapper::new(Queue(Cell::default())));
        Self { controllers, changes, queue }
    }

    /// Whether a parameter stands for a controller or a program.
    pub fn is_controller(&self, parameter: ParamID) -> bool {
        self.steps(parameter).is_some()
    }

    /// Takes over the `host`'s changes of a block. `false`: there are more than there is room for, or it gives none.
    pub fn take_over(&self, host: ComRef<IParameterChanges>) -> bool {
        let mut changes = self.changes.borrow_mut();
        changes.clear();
        // SAFETY: plain calls of live objects, with room for what they give.
        unsafe {
            for index in 0..host.getParameterCount() {
                let Some(queue) = ComRef::from_raw(host.getParameterData(index)) else { continue };
                let parameter = queue.getParameterId();
                for point in 0..queue.getPointCount() {
                    let (mut sample, mut value) = (0, 0.0);
                    if queue.getPoint(point, &mut sample, &mut value) != kResultOk {
                        continue;
                    }
                    if changes.len() == CAPACITY {
                        return false;
                    }
                    let value = self.steps(parameter).map_or(value, |steps| on_step(value, steps));
                    changes.push(Change { parameter, sample: sample.max(0), value });
                }
            }
        }
        true
    }

    fn steps(&self, parameter: ParamID) -> Option<i32> {
        let found = self.controllers.binary_search_by_key(&parameter, |(id, _)| *id);
        found.ok().map(|index| self.controllers[index].1)
    }
}

/// A value of which `floor(value * steps)` is the step next to `value`.
fn on_step(value: ParamValue, steps: i32) -> ParamValue {
    let steps = f64::from(steps.max(1));
    ((value.clamp(0.0, 1.0) * steps).round() + ABOVE) / steps
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> i32 {
        guarded(|| self.changes.borrow().len() as i32, 0)
    }

    unsafe fn getParameterData(&self, index: i32) -> *mut IParamValueQueue {
        // The wrapper does not look whether it is given one: where there is no change, it is one without a change.
        self.queue.0.set(guarded(|| self.changes.borrow().get(index as usize).copied(), None));
        self.queue.as_com_ref::<IParamValueQueue>().map_or(std::ptr::null_mut(), |queue| queue.as_ptr())
    }

    unsafe fn addParameterData(&self, _: *const ParamID, _: *mut i32) -> *mut IParamValueQueue {
        std::ptr::null_mut()
    }
}

/// One change in the guise of a parameter's changes.
struct Queue(Cell<Option<Change>>);

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.0.get().map_or(ParamID::MAX, |change| change.parameter)
    }

    unsafe fn getPointCount(&self) -> i32 {
        i32::from(self.0.get().is_some())
    }

    unsafe fn getPoint(&self, index: i32, sample: *mut i32, value: *mut ParamValue) -> tresult {
        let Some(change) = self.0.get().filter(|_| index == 0) else { return kInvalidArgument };
        // SAFETY: the wrapper gives room for both.
        unsafe { (*sample, *value) = (change.sample, change.value) };
        kResultOk
    }

    unsafe fn addPoint(&self, _: i32, _: ParamValue, _: *mut i32) -> tresult {
        kNotImplemented
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_a_controller_arrives_as_it_was_whatever_numbers_the_host_reckons_in() {
        for steps in [127, 16_383] {
            for step in 0..=steps {
                for value in [f64::from(step) / f64::from(steps), f64::from(step as f32 / steps as f32)] {
                    // As the wrapper reckons.
                    let arrived = (on_step(value, steps) * f64::from(steps)) as i32;
                    assert_eq!(arrived, step, "of {steps}");
                }
            }
        }
    }
}
