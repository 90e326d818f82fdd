//! Parameters as the framework has them, made from what is declared in `models`.

use std::cell::Cell;
use std::sync::Arc;

use continuo_models::controls::parameter::{About, Kind, Parameter, Text, Unit, Values};
use nice_plug::params::internals::ParamPtr;
use nice_plug::prelude::*;

use super::changes::Changes;
use crate::seam::Revision;

/// A parameter, and what hosts set in its place. Each value is an atomic.
pub enum HostParam {
    /// [`Kind::Number`].
    Number(FloatParam),
    /// [`Kind::Whole`].
    Whole(IntParam),
    /// [`Kind::Switch`].
    Switch(BoolParam),
    /// [`Kind::Choice`].
    Choice(EnumParam<Chosen>),
}

/// The place of a value in the list of its choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen(pub usize);

thread_local! {
    /// The values of the choice that is being made: the framework asks a type for them, once, and all choices are of
    /// one type.
    static MAKING: Cell<Option<Values>> = const { Cell::new(None) };
}

impl Enum for Chosen {
    fn variants() -> &'static [&'static str] {
        MAKING.get().map_or(&[], |values| (values.names)())
    }

    fn ids() -> Option<&'static [&'static str]> {
        MAKING.get().map(|values| (values.ids)())
    }

    fn to_index(self) -> usize {
        self.0
    }

    fn from_index(index: usize) -> Self {
        Self(index)
    }
}

impl HostParam {
    /// What `about` declares, under the name `name`, at `default` to begin with. `revision` counts its changes.
    pub fn new(about: &About, name: String, default: f64, revision: &Revision) -> Self {
        match about.kind {
            Kind::Number { range: (min, max), step, unit } => {
                let param = FloatParam::new(name, default as f32, FloatRange::Linear { min, max });
                let mut param = param.with_callback(revision.callback());
                if let Some(step) = step {
                    param = param.with_step_size(step);
                }
                Self::Number(match unit {
                    Unit::Of(unit) => param.with_unit(unit),
                    Unit::Percent => param
                        .with_unit(" %")
                        .with_value_to_string(formatters::v2s_f32_percentage(0))
                        .with_string_to_value(formatters::s2v_f32_percentage()),
                })
            }
            Kind::Whole { range: (min, max), text } => {
                let param = IntParam::new(name, default as i32, IntRange::Linear { min, max });
                let param = param.with_callback(revision.callback());
                Self::Whole(match text {
                    Text::Number => param,
                    Text::Octaves => param.with_unit(" oct").with_value_to_string(Arc::new(|octaves| match octaves {
                        0 => "0".to_owned(),
                        octaves => format!("{octaves:+}"),
                    })),
                    Text::Numbered(word) => param
                        .with_value_to_string(Arc::new(move |value| format!("{word}{value}")))
                        .with_string_to_value(number_or("", word)),
                    Text::Counted(what) => {
                        param.with_value_to_string(count_of(what)).with_string_to_value(Arc::new(leading_number))
                    }
                    Text::Steps => param
                        .with_value_to_string(Arc::new(text_of_steps))
                        .with_string_to_value(Arc::new(steps_of_text)),
                    Text::Names(names) => param.with_value_to_string(name_of(names)).with_string_to_value(named(names)),
                    Text::Or { none, prefix } => param
                        .with_value_to_string(or_number(none, prefix))
                        .with_string_to_value(number_or(none, prefix)),
                })
            }
            Kind::Switch => Self::Switch(BoolParam::new(name, default >= 0.5).with_callback(revision.callback())),
            Kind::Choice(values) => {
                MAKING.set(Some(values));
                let param = EnumParam::new(name, Chosen(default as usize));
                MAKING.set(None);
                Self::Choice(param.with_callback(revision.callback()))
            }
        }
    }

    /// Its value now, with the host's modulation, as a number of its [`Kind`].
    pub fn value(&self) -> f64 {
        match self {
            Self::Number(param) => param.value().into(),
            Self::Whole(param) => param.value().into(),
            Self::Switch(param) => param.value().into(),
            Self::Choice(param) => param.value().0 as f64,
        }
    }

    /// Adds to `changes` that it is to be `value`.
    fn adopt<'a>(&'a self, value: f64, changes: &mut Changes<'a>) {
        match self {
            Self::Number(param) => changes.add(param, value as f32),
            Self::Whole(param) => changes.add(param, value as i32),
            Self::Switch(param) => changes.add(param, value >= 0.5),
            Self::Choice(param) => changes.add(param, Chosen(value as usize)),
        }
    }

    fn as_ptr(&self) -> ParamPtr {
        match self {
            Self::Number(param) => param.as_ptr(),
            Self::Whole(param) => param.as_ptr(),
            Self::Switch(param) => param.as_ptr(),
            Self::Choice(param) => param.as_ptr(),
        }
    }
}

/// Parameters of `C`, in the order in which hosts show them.
pub struct Declared<C: 'static>(Vec<(&'static Parameter<C>, String, HostParam)>);

impl<C: Default> Declared<C> {
    /// `parameters` with the defaults of `controls`; `id_and_name` of each.
    pub fn new(
        parameters: impl Iterator<Item = &'static Parameter<C>>,
        controls: &C,
        revision: &Revision,
        id_and_name: impl Fn(&About) -> (String, String),
    ) -> Self {
        let host = |parameter: &'static Parameter<C>| {
            let (id, name) = id_and_name(&parameter.about);
            (parameter, id, HostParam::new(&parameter.about, name, parameter.of(controls), revision))
        };
        Self(parameters.map(host).collect())
    }

    /// Puts into `controls` what the parameters say now. Audio may call it.
    pub fn put(&self, controls: &mut C) {
        for (parameter, _, host) in &self.0 {
            parameter.put(controls, host.value());
        }
    }

    /// Adds to `changes` that what is not momentary is to be as `controls` say.
    pub fn adopt<'a>(&'a self, controls: &C, changes: &mut Changes<'a>) {
        for (parameter, _, host) in self.0.iter().filter(|(parameter, ..)| !parameter.momentary) {
            host.adopt(parameter.of(controls), changes);
        }
    }

    /// The parameter that is declared as `id`.
    pub fn find(&self, id: &str) -> Option<&HostParam> {
        self.0.iter().find(|(parameter, ..)| parameter.about.id == id).map(|(.., host)| host)
    }
}

// SAFETY: the pointers are to parameters that live as long as `self`, and are never moved.
unsafe impl<C: 'static> Params for Declared<C> {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        self.0.iter().map(|(_, id, host)| (id.clone(), host.as_ptr(), String::new())).collect()
    }
}

type Show = Arc<dyn Fn(i32) -> String + Send + Sync>;
type Read = Arc<dyn Fn(&str) -> Option<i32> + Send + Sync>;

/// Shows a number by its name.
fn name_of(names: &'static [&'static str]) -> Show {
    Arc::new(|step| names[(step.max(0) as usize).min(names.len() - 1)].to_owned())
}

/// Reads a name in any case, or its number.
fn named(names: &'static [&'static str]) -> Read {
    Arc::new(|text| {
        let text = text.trim();
        let step = names.iter().position(|known| known.eq_ignore_ascii_case(text));
        step.or_else(|| text.parse().ok().filter(|&step| step < names.len())).map(|step| step as i32)
    })
}

/// Shows 0 as `none`, and other numbers after `prefix`.
fn or_number(none: &'static str, prefix: &'static str) -> Show {
    Arc::new(move |value| if value == 0 { none.to_owned() } else { format!("{prefix}{value}") })
}

/// Reads what [`or_number`] shows, in any case, with or without the prefix.
fn number_or(none: &'static str, prefix: &'static str) -> Read {
    Arc::new(move |text| {
        let text = text.trim();
        if text.eq_ignore_ascii_case(none) {
            return Some(0);
        }
        let begins = text.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
        text[if begins { prefix.len() } else { 0 }..].trim().parse().ok()
    })
}

/// Shows how many of `what` there are.
fn count_of(what: &'static str) -> Show {
    Arc::new(move |count| format!("{count} {what}{}", if count == 1 { "" } else { "s" }))
}

/// Reads the number with which a text begins.
fn leading_number(text: &str) -> Option<i32> {
    let text = text.trim();
    text[..text.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(text.len())].parse().ok()
}

/// What a set of no steps reads as.
const KEYS_OWN: &str = "As the key";
/// The steps above a tonic.
const STEPS: [&str; 12] = ["1", "b2", "2", "b3", "3", "4", "b5", "5", "b6", "6", "b7", "7"];

/// Shows a set of steps, a bit each: "1 b3 4 5 b7".
fn text_of_steps(set: i32) -> String {
    let steps: Vec<&str> = (0..STEPS.len()).filter(|step| set >> step & 1 != 0).map(|step| STEPS[step]).collect();
    if steps.is_empty() { KEYS_OWN.to_owned() } else { steps.join(" ") }
}

/// Reads a set of steps, in any order.
fn steps_of_text(text: &str) -> Option<i32> {
    if text.trim().eq_ignore_ascii_case(KEYS_OWN) {
        return Some(0);
    }
    let bit = |word: &str| Some(1 << STEPS.iter().position(|step| step.eq_ignore_ascii_case(word))?);
    let bits: Option<Vec<i32>> = text.split_whitespace().map(bit).collect();
    bits.filter(|bits| !bits.is_empty()).map(|bits| bits.into_iter().fold(0, |set, bit| set | bit))
}

#[cfg(test)]
mod tests {
    use continuo_models::controls::PARAMETERS;
    use continuo_models::{Controls, MAX_LEVEL};

    use super::*;

    fn declared() -> Declared<Controls> {
        let id_and_name = |about: &About| (about.id.to_owned(), about.name.to_owned());
        Declared::new(PARAMETERS.iter(), &Controls::default(), &Revision::default(), id_and_name)
    }

    #[test]
    fn a_level_is_free_or_goes_from_the_lowest_to_the_highest() {
        let declared = declared();
        let Some(HostParam::Whole(tension)) = declared.find("tension") else { panic!("it is a level") };
        let texts = ["Free", "Very low", "Low", "Medium", "High", "Very high"];
        assert_eq!(tension.step_count(), Some(usize::from(MAX_LEVEL) + 1));
        for (step, text) in texts.iter().enumerate() {
            assert_eq!(tension.normalized_value_to_string(step as f32 / 5.0, true), *text);
        }
    }

    #[test]
    fn a_level_is_read_by_name_in_any_case_and_by_number() {
        let declared = declared();
        let Some(HostParam::Whole(rate)) = declared.find("chord_rate") else { panic!("it is a level") };
        for (text, step) in [
            ("free", Some(0.0)),
            (" VERY SLOW ", Some(1.0)),
            ("Very fast", Some(5.0)),
            ("3", Some(3.0)),
            ("6", None),
            ("-1", None),
            ("allegro", None),
        ] {
            assert_eq!(rate.string_to_normalized_value(text).map(|value| value * 5.0), step, "{text}");
        }
    }

    #[test]
    fn numbers_are_shown_with_what_they_count_and_read_with_or_without_it() {
        let declared = declared();
        let whole = |id: &str| match declared.find(id) {
            Some(HostParam::Whole(param)) => param,
            _ => panic!("{id} is a whole number"),
        };
        for (id, value, shown, read) in [
            ("max_leap", 12, "12 semitones", ["12", " 12 SEMITONES "]),
            ("commit", 1, "1 sixteenth", ["1", "1 sixteenths"]),
            ("scale", 0, "As the key", ["as the key", "AS THE KEY"]),
            ("scale", 0b0100_1010_1001, "1 b3 4 5 b7", ["b7 1 4 5 B3", "1 1 b3 4 5 b7"]),
        ] {
            let param = whole(id);
            let normalized = param.preview_normalized(value);
            assert_eq!(param.normalized_value_to_string(normalized, true), shown);
            for text in read {
                assert_eq!(param.string_to_normalized_value(text), Some(normalized), "{id}: {text}");
            }
        }
        for text in ["", "8", "1 b9", "dorian"] {
            assert_eq!(whole("scale").string_to_normalized_value(text), None, "{text}");
        }
    }

    #[test]
    fn every_choice_has_its_own_values() {
        let declared = declared();
        let texts = |id: &str, step: f32| match declared.find(id) {
            Some(HostParam::Choice(param)) => param.normalized_value_to_string(step, true),
            _ => panic!("{id} is a choice"),
        };
        assert_eq!((texts("style_a", 0.0), texts("key", 1.0)), ("Jazz".to_owned(), "B minor".to_owned()));
        assert_eq!((texts("form", 1.0), texts("lead_mode", 0.0)), ("32 bars".to_owned(), "Answer".to_owned()));
    }
}
