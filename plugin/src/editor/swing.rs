//! The knob of swing: it stands at "Style" until it is turned, while the style says how much there is.

use nice_plug::prelude::ParamPtr;

use super::setting::Setting;

/// The two settings as one.
pub struct Swing<'a> {
    /// How late off-beat eighths come.
    pub knob: &'a dyn Setting,
    /// Whether the style says so instead.
    pub by_style: &'a dyn Setting,
}

impl Swing<'_> {
    fn is_by_style(&self) -> bool {
        self.by_style.value() >= 0.5
    }
}

impl Setting for Swing<'_> {
    fn value(&self) -> f32 {
        self.knob.value()
    }

    fn modulated(&self) -> f32 {
        self.knob.modulated()
    }

    fn default(&self) -> f32 {
        self.knob.default()
    }

    fn steps(&self) -> Option<usize> {
        self.knob.steps()
    }

    fn text(&self, value: f32) -> String {
        match self.is_by_style() {
            true if value == self.default() => "Style".to_owned(),
            // What automation has moved waits.
            true => format!("Style ({})", self.knob.text(value)),
            false => self.knob.text(value),
        }
    }

    fn begin(&self) {
        if self.is_by_style() {
            self.by_style.change(0.0);
        }
        self.knob.begin();
    }

    fn set(&self, value: f32) {
        self.knob.set(value);
    }

    fn end(&self) {
        self.knob.end();
    }

    fn param(&self) -> Option<ParamPtr> {
        self.knob.param()
    }

    fn value_of(&self, text: &str) -> Option<f32> {
        self.knob.value_of(text)
    }
}
