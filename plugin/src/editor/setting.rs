//! A parameter as the widgets see it: a place between 0 and 1 that can be read and changed in gestures.

use std::cell::Cell;

use nice_plug::prelude::{Param, ParamPtr, ParamSetter};

use crate::params::HostParam;

/// Something that a widget shows and changes. Values are normalised, 0 to 1. Main thread only.
pub trait Setting {
    /// The value that the musician set.
    fn value(&self) -> f32;
    /// The value that is in force, with the host's modulation.
    fn modulated(&self) -> f32;
    /// The value of a fresh instance.
    fn default(&self) -> f32;
    /// The number of steps from 0 to 1, if it goes in steps.
    fn steps(&self) -> Option<usize>;
    /// How `value` reads, with its unit.
    fn text(&self, value: f32) -> String;
    /// The musician takes hold of it.
    fn begin(&self);
    /// It moves to `value`. Only between [`Setting::begin`] and [`Setting::end`].
    fn set(&self, value: f32);
    /// The musician lets go.
    fn end(&self);

    /// The parameter, if it is one.
    fn param(&self) -> Option<ParamPtr> {
        None
    }

    /// The value that `text` means; `None`: none.
    fn value_of(&self, _text: &str) -> Option<f32> {
        None
    }

    /// One whole gesture: take hold, move, let go.
    fn change(&self, value: f32) {
        self.begin();
        self.set(value);
        self.end();
    }

    /// The step at `value`, 0 to [`Setting::steps`].
    fn step_at(&self, value: f32) -> usize {
        (value * self.steps().unwrap_or(0) as f32).round() as usize
    }

    /// The value of a step; 0 if it does not go in steps.
    fn value_of_step(&self, step: usize) -> f32 {
        self.steps().map_or(0.0, |steps| step.min(steps) as f32 / steps.max(1) as f32)
    }
}

/// One of several texts. It is no parameter: the caller asks what was [`Listed::chosen`].
pub struct Listed<'a> {
    texts: &'a [String],
    default: usize,
    before: usize,
    at: Cell<usize>,
}

impl<'a> Listed<'a> {
    /// These texts, of which there is one at least, at the one with this index.
    pub fn new(texts: &'a [String], at: usize) -> Self {
        Self { texts, default: 0, before: at, at: Cell::new(at) }
    }

    /// The same with the text at this index for its default, in place of the first.
    pub fn with_default(self, default: usize) -> Self {
        Self { default, ..self }
    }

    /// The index of the text that it stands at now.
    pub fn at(&self) -> usize {
        self.at.get()
    }

    /// The index of the text that was chosen in place of the one before.
    pub fn chosen(&self) -> Option<usize> {
        Some(self.at()).filter(|at| *at != self.before)
    }
}

impl Setting for Listed<'_> {
    fn value(&self) -> f32 {
        self.value_of_step(self.at())
    }

    fn modulated(&self) -> f32 {
        self.value()
    }

    fn default(&self) -> f32 {
        self.value_of_step(self.default)
    }

    fn steps(&self) -> Option<usize> {
        Some(self.texts.len().saturating_sub(1))
    }

    fn text(&self, value: f32) -> String {
        self.texts.get(self.step_at(value)).cloned().unwrap_or_default()
    }

    fn begin(&self) {}

    fn set(&self, value: f32) {
        self.at.set(self.step_at(value));
    }

    fn end(&self) {}
}

/// A parameter of the plug-in, changed through the host so that it can be automated.
pub struct Bound<'a, P: Param> {
    /// The parameter.
    pub param: &'a P,
    /// The way to the host.
    pub setter: &'a ParamSetter<'a>,
}

impl<P: Param> Setting for Bound<'_, P> {
    fn value(&self) -> f32 {
        self.param.unmodulated_normalized_value()
    }

    fn modulated(&self) -> f32 {
        self.param.modulated_normalized_value()
    }

    fn default(&self) -> f32 {
        self.param.default_normalized_value()
    }

    fn steps(&self) -> Option<usize> {
        self.param.step_count()
    }

    fn text(&self, value: f32) -> String {
        self.param.normalized_value_to_string(value, true)
    }

    fn begin(&self) {
        self.setter.begin_set_parameter(self.param);
    }

    fn set(&self, value: f32) {
        let plain = self.param.preview_plain(value.clamp(0.0, 1.0));
        if plain != self.param.unmodulated_plain_value() {
            self.setter.set_parameter(self.param, plain);
        }
    }

    fn end(&self) {
        self.setter.end_set_parameter(self.param);
    }

    fn param(&self) -> Option<ParamPtr> {
        Some(self.param.as_ptr())
    }

    fn value_of(&self, text: &str) -> Option<f32> {
        self.param.string_to_normalized_value(text)
    }
}

/// A control of the band, in the same way.
pub struct Control<'a> {
    /// The parameter.
    pub param: &'a HostParam,
    /// The way to the host.
    pub setter: &'a ParamSetter<'a>,
}

/// Asks the [`Bound`] of whatever kind the parameter is.
macro_rules! asks {
    ($($name:ident($($argument:ident: $kind:ty)?) $(-> $result:ty)?;)*) => {$(
        fn $name(&self $(, $argument: $kind)?) $(-> $result)? {
            let setter = self.setter;
            match self.param {
                HostParam::Number(param) => Bound { param, setter }.$name($($argument)?),
                HostParam::Whole(param) => Bound { param, setter }.$name($($argument)?),
                HostParam::Switch(param) => Bound { param, setter }.$name($($argument)?),
                HostParam::Choice(param) => Bound { param, setter }.$name($($argument)?),
            }
        }
    )*};
}

impl Setting for Control<'_> {
    asks! {
        value() -> f32;
        modulated() -> f32;
        default() -> f32;
        steps() -> Option<usize>;
        text(value: f32) -> String;
        begin();
        set(value: f32);
        end();
        param() -> Option<ParamPtr>;
        value_of(text: &str) -> Option<f32>;
    }
}
