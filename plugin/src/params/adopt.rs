//! Turning the knobs to given controls.

use continuo_models::{Controls, Player};
use nice_plug::prelude::*;

use super::choice::step_of;
use super::{ContinuoParams, KeyChoice, ModeChoice, StyleChoice};

/// The value of a parameter that stands for `wanted`.
fn choice<C: Enum + Copy + Into<T>, T: PartialEq>(wanted: T) -> C {
    let mut choices = (0..C::variants().len()).map(C::from_index);
    choices.find(|&choice| choice.into() == wanted).unwrap_or_else(|| C::from_index(0))
}

impl ContinuoParams {
    /// Main, panel: sets every parameter that [`ContinuoParams::controls`] reads to what `controls` say, through the
    /// host. What is called for at the moment, to end and to freeze, stays.
    pub fn adopt(&self, controls: &Controls, setter: &ParamSetter) {
        let to = Setter(setter);
        to.set(&self.style_a, StyleChoice(controls.style_a));
        to.set(&self.style_b, StyleChoice(controls.style_b));
        to.set(&self.style_blend, controls.style_blend);
        to.set(&self.temperature, controls.temperature);
        to.set(&self.follow, controls.follow);
        to.set(&self.chord_rate, step_of(controls.chord_rate));
        to.set(&self.tension, step_of(controls.chromaticism));
        to.set(&self.mode, ModeChoice(controls.mode));
        to.set(&self.melody.chromaticism, step_of(controls.lead_chromaticism));
        to.set(&self.melody.syncopation, step_of(controls.syncopation));
        to.set(&self.key_lock, controls.key_lock);
        to.set(&self.key, KeyChoice(controls.key));
        to.set(&self.density, controls.density);
        to.set(&self.seed, controls.seed as i32);
        to.set(&self.humanise, controls.humanise);
        to.set(&self.swing, controls.swing);
        for player in Player::ALL {
            let (params, controls) = (self.player(player), controls.player(player));
            to.set(&params.on, controls.on);
            to.set(&params.density, controls.density);
            to.set(&params.register, i32::from(controls.register));
            to.set(&params.channel, i32::from(controls.channel) + 1);
        }
        to.set(&self.listening.left_hand, controls.left_hand.map_or(0, |channel| i32::from(channel) + 1));
        to.set(&self.plan.commit, i32::from(controls.commit));
        to.set(&self.plan.wait, controls.wait);
        to.set(&self.plan.form, choice(controls.form));
        to.set(&self.plan.max_repeats, i32::from(controls.max_repeats));
        to.set(&self.plan.scale, i32::from(controls.scale));
        to.set(&self.plan.manner, choice(controls.manner));
        to.set(&self.solo.mode, choice(controls.lead_mode));
        to.set(&self.solo.motif, controls.motif);
        to.set(&self.solo.max_leap, i32::from(controls.max_leap));
        to.set(&self.solo.strong_tones, controls.strong_tones);
        to.set(&self.take.memory, controls.memory);
    }
}

/// Sets parameters, each in a gesture of its own, so that a host can undo it.
struct Setter<'a>(&'a ParamSetter<'a>);

impl Setter<'_> {
    fn set<P: Param>(&self, param: &P, value: P::Plain) {
        if value != param.unmodulated_plain_value() {
            self.0.begin_set_parameter(param);
            self.0.set_parameter(param, value);
            self.0.end_set_parameter(param);
        }
    }
}
