//! Several parameters changed at once.

use std::marker::PhantomData;

use nice_plug::prelude::*;

/// Changes of parameters that the host hears of as one gesture: all are taken hold of, then all move, then all are let
/// go. So it undoes them as one. Main thread only.
#[derive(Default)]
pub struct Changes<'a> {
    /// Each parameter with its normalised value to come.
    changes: Vec<(ParamPtr, f32)>,
    of: PhantomData<&'a ()>,
}

impl<'a> Changes<'a> {
    /// `param` is to have this `value`. One that has it is left alone.
    pub fn add<P: Param>(&mut self, param: &'a P, value: P::Plain) {
        if value != param.unmodulated_plain_value() {
            self.changes.push((param.as_ptr(), param.preview_normalized(value)));
        }
    }

    /// Makes the changes.
    pub fn make(self, setter: &ParamSetter) {
        let host = setter.raw_context;
        // SAFETY: the parameters live as long as they are borrowed.
        unsafe {
            self.changes.iter().for_each(|(param, _)| host.raw_begin_set_parameter(*param));
            self.changes.iter().for_each(|(param, value)| host.raw_set_parameter_normalized(*param, *value));
            self.changes.iter().for_each(|(param, _)| host.raw_end_set_parameter(*param));
        }
    }

    /// Makes the changes where the host has asked for them, and looks at the parameters afterwards.
    pub fn put(self) {
        for (param, value) in self.changes {
            // SAFETY: as above; a value is an atomic.
            unsafe { param._internal_set_normalized_value(value) };
        }
    }
}
