//! Choices that grow, and hosts that know a value only as a number from 0 to 1, as VST3 hosts do.
//!
//! A choice of 11 styles was published with the values 0, 1/10 … 1, and they fill the whole range: were a twelfth
//! appended at the end, every older automation would name another style. So a value keeps for ever the place that it
//! had when it was published, and an appended one gets a place halfway between two older ones: first between the first
//! two, then between the next two; when all are taken the steps are halved again. Between the places each number means
//! what it meant when the choice was published.
//!
//! | choices | steps | places of the appended values |
//! |---|---|---|
//! | 11, as published | 10 | |
//! | 12 … 21 | 20 | 1/20, 3/20, 5/20 … |
//! | 22 … 41 | 40 | the same, then 1/40, 3/40 … |
//!
//! In CLAP, and in AUv2, a value is its number in the list, whatever is appended. States hold its name.

use continuo_models::controls::PARAMETERS;
use continuo_models::controls::parameter::Kind;
use nice_plug::prelude::{ParamPtr, Params};

use super::{ContinuoParams, number};

/// How many values the plug-in's own choices had when they were published, as the others say where they are declared.
/// Final, as their IDs are: a choice that grows keeps the number, a new choice gets the one that it begins with.
const PUBLISHED: [(&str, usize); 3] = [("network", 3), ("scene_at", 3), ("programs", 2)];

/// How many values the choice `id` had when it was published.
fn published(id: &str) -> Option<usize> {
    let declared = PARAMETERS.iter().find_map(|parameter| match parameter.about.kind {
        Kind::Choice(values) if parameter.about.id == id => Some(values.published),
        _ => None,
    });
    declared.or_else(|| PUBLISHED.iter().find(|(own, _)| *own == id).map(|(_, published)| *published))
}

/// How close to the place of an appended value a number must be to mean it, in steps. Wide enough for a host that
/// reckons in 127 steps, narrow enough to leave an older ramp as it was but for slivers.
const NEAR: f64 = 0.25;

/// The steps of one choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Steps {
    published: usize,
    /// How many values there are now, `published` or more.
    values: usize,
}

impl Steps {
    /// How often the steps that were published are divided: 1, 2, 4 …
    fn division(self) -> usize {
        let mut division = 1;
        while (self.published - 1) * division + 1 < self.values {
            division *= 2;
        }
        division
    }

    /// The last step; the first one is 0.
    fn last(self) -> usize {
        (self.published - 1) * self.division()
    }

    /// The step of the value at `index`.
    fn step_of(self, index: usize) -> usize {
        let finest = self.division();
        let Some(mut appended) = index.checked_sub(self.published) else { return index * finest };
        let (mut division, mut gaps) = (2, self.published - 1);
        while appended >= gaps {
            appended -= gaps;
            (division, gaps) = (2 * division, 2 * gaps);
        }
        (2 * appended + 1) * (finest / division)
    }

    /// The index of the value at `step`, which need not be whole.
    fn index_at(self, step: f64) -> usize {
        let place = step.round();
        let mut appended = self.published..self.values;
        let named = appended.find(|&index| self.step_of(index) as f64 == place && (step - place).abs() <= NEAR);
        let as_published = || ((step / self.division() as f64).round() as usize).min(self.published - 1);
        named.unwrap_or_else(as_published)
    }
}

/// The choices of a plug-in that have more values than when they were published, by their [`number`].
#[derive(Debug, Default)]
pub struct GrownChoices(Vec<(u32, Steps)>);

impl GrownChoices {
    /// Those of `params`.
    pub fn of(params: &ContinuoParams) -> Self {
        let grown = |(id, param, _): (String, ParamPtr, String)| {
            let published = published(&id)?;
            // SAFETY: the parameters live until the end.
            let values = unsafe { param.step_count() }? + 1;
            (values > published).then(|| (number(&id), Steps { published, values }))
        };
        Self(params.param_map().into_iter().filter_map(grown).collect())
    }

    fn steps(&self, choice: u32) -> Option<Steps> {
        self.0.iter().find(|(number, _)| *number == choice).map(|(_, steps)| *steps)
    }

    /// The last step of the parameter `choice`; `None`: its values are its steps.
    pub fn last_step(&self, choice: u32) -> Option<f64> {
        self.steps(choice).map(|steps| steps.last() as f64)
    }

    /// The step that stands for a `value` of `choice`.
    pub fn step_of(&self, choice: u32, value: f64) -> f64 {
        self.steps(choice).map_or(value, |steps| steps.step_of(value.round().max(0.0) as usize) as f64)
    }

    /// The value of `choice` for which `step` stands.
    pub fn value_at(&self, choice: u32, step: f64) -> f64 {
        self.steps(choice).map_or(step, |steps| steps.index_at(step) as f64)
    }

    /// The same from 0 to 1: where among all values the one lies that a VST3 host calls `normalized`.
    pub fn share_at(&self, choice: u32, normalized: f64) -> f64 {
        let Some(steps) = self.steps(choice) else { return normalized };
        steps.index_at(normalized * steps.last() as f64) as f64 / (steps.values - 1) as f64
    }

    /// As if one more value had been appended to the parameter `id`, which was published with `published`.
    #[cfg(test)]
    pub fn by_one(id: &str, published: usize) -> Self {
        Self(vec![(number(id), Steps { published, values: published + 1 })])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What a number from 0 to 1 has meant since the choice was published.
    fn as_published(normalized: f64, published: usize) -> usize {
        (normalized * (published - 1) as f64).round() as usize
    }

    #[test]
    fn every_choice_says_how_many_values_it_was_published_with() {
        let params = ContinuoParams::default();
        for (id, param, _) in params.param_map() {
            let ParamPtr::EnumParam(param) = param else { continue };
            let published = published(&id).unwrap_or_else(|| panic!("{id} is a choice"));
            // SAFETY: the parameters live until the end.
            assert!(unsafe { (*param).len() } >= published, "{id}: values are never taken away");
        }
    }

    #[test]
    fn what_a_host_has_written_means_the_same_however_many_values_are_appended() {
        for published in [2, 3, 11, 24] {
            let steps = |values| Steps { published, values };
            for values in published..5 * published {
                for index in 0..values {
                    let place = |now: Steps| now.step_of(index) as f64 / now.last() as f64;
                    let written = place(steps(values));
                    if index < published {
                        assert_eq!(written, index as f64 / (published - 1) as f64);
                    }
                    for later in values..5 * published {
                        // Also by a host that reckons in 32 bits, and by one that makes steps as the SDK does.
                        let last = steps(later).last() as f64;
                        let by_step = (written * (last + 1.0)).floor().min(last) / last;
                        for written in [written, f64::from(written as f32), by_step] {
                            assert_eq!(steps(later).index_at(written * last), index, "{published} {values} {later}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn between_the_places_a_number_means_what_it_meant_when_the_choice_was_published() {
        let twelve = Steps { published: 11, values: 12 };
        let eleven = Steps { published: 11, values: 11 };
        for step in 0..=10_000 {
            let normalized = f64::from(step) / 10_000.0;
            let (now, then) = (twelve.index_at(normalized * 20.0), as_published(normalized, 11));
            assert_eq!(eleven.index_at(normalized * 10.0), then);
            let is_near = (normalized * 20.0 - 1.0).abs() <= NEAR;
            assert_eq!(now, if is_near { 11 } else { then }, "{normalized}");
        }
    }

    #[test]
    fn every_value_has_a_step_of_its_own() {
        for values in 11..100 {
            let steps = Steps { published: 11, values };
            let places: BTreeSet<usize> = (0..values).map(|index| steps.step_of(index)).collect();
            assert!(places.len() == values && places.last() == Some(&steps.last()), "{values}");
        }
    }
}
