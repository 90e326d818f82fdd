//! Two styles at once: what a network says under each, and the states that this takes.

use super::plan::State;
use crate::controls::Controls;
use crate::music::Style;

/// Two styles and how much of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StyleMix {
    a: Style,
    b: Style,
    /// Share of `b`, 0–1.
    blend: f32,
}

impl StyleMix {
    /// The mix that the controls ask for.
    pub fn of(controls: &Controls) -> Self {
        Self { a: controls.style_a, b: controls.style_b, blend: controls.style_blend.clamp(0.0, 1.0) }
    }

    /// All of the style that weighs more.
    pub fn pure(self) -> Self {
        Self { blend: if self.blend > 0.5 { 1.0 } else { 0.0 }, ..self }
    }

    /// The style that weighs more.
    pub fn main(self) -> Style {
        if self.blend > 0.5 { self.b } else { self.a }
    }

    /// The first condition, and the second with its share if both count.
    pub fn conditions(self) -> (Style, Option<(Style, f32)>) {
        if self.blend <= 0.0 || self.a == self.b {
            (self.a, None)
        } else if self.blend >= 1.0 {
            (self.b, None)
        } else {
            (self.a, Some((self.b, self.blend)))
        }
    }

    /// The next of `values` as it is under the first condition, mixed with the one after it if there is a second.
    ///
    /// # Errors
    /// When there are too few values.
    pub fn mixed<T>(self, values: &mut impl Iterator<Item = T>, blend: impl Fn(T, &T, f32) -> T) -> Result<T, String> {
        let mut next = || values.next().ok_or_else(|| "a condition was not read".to_string());
        let first = next()?;
        match self.conditions().1 {
            None => Ok(first),
            Some((_, share)) => Ok(blend(first, &next()?, share)),
        }
    }
}

/// States of one network under one condition, or under two that are mixed.
#[derive(Clone, Debug, Default)]
pub struct States(Vec<(Style, State)>);

impl States {
    /// The state under each condition of `mix`, in order. A condition that is new goes on from what another one has
    /// heard, or from `initial`; one that is not asked for is forgotten.
    pub fn under(
        &mut self,
        mix: StyleMix,
        initial: impl FnOnce() -> State,
    ) -> impl Iterator<Item = (Style, &mut State)> {
        let (first, second) = mix.conditions();
        let known = std::mem::take(&mut self.0);
        let other = known.first().map_or_else(initial, |(_, state)| state.clone());
        let state = |style: Style| known.iter().find(|(known, _)| *known == style).map_or(&other, |(_, state)| state);
        let styles = std::iter::once(first).chain(second.map(|(style, _)| style));
        self.0 = styles.map(|style| (style, state(style).clone())).collect();
        self.0.iter_mut().map(|(style, state)| (*style, state))
    }
}
