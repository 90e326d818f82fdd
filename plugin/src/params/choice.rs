//! The values of the parameters that go in steps: styles, keys, modes, levels and sets of networks.

use std::sync::{Arc, LazyLock};

use continuo_models::music::{Key, Mode, Style};
use continuo_models::{Level, MAX_LEVEL};
use nice_plug::prelude::*;

use crate::seam::NetworkSet;

/// A style as a parameter's value, in the order of [`Style::ALL`], to which styles are appended: automation names them by
/// their number. Saved by its identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StyleChoice(pub Style);

impl Enum for StyleChoice {
    fn variants() -> &'static [&'static str] {
        static NAMES: LazyLock<[&str; Style::ALL.len()]> = LazyLock::new(|| Style::ALL.map(Style::name));
        &*NAMES
    }

    fn ids() -> Option<&'static [&'static str]> {
        static IDS: LazyLock<[&str; Style::ALL.len()]> = LazyLock::new(|| Style::ALL.map(Style::id));
        Some(&*IDS)
    }

    fn to_index(self) -> usize {
        self.0 as usize
    }

    fn from_index(index: usize) -> Self {
        Self(Style::ALL.get(index).copied().unwrap_or(Style::ALL[0]))
    }
}

/// A key as a parameter's value: the twelve major keys from C, then the twelve minor ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyChoice(pub Key);

impl Enum for KeyChoice {
    fn variants() -> &'static [&'static str] {
        &[
            "C major", "Db major", "D major", "Eb major", "E major", "F major", "F# major", "G major", "Ab major",
            "A major", "Bb major", "B major", "C minor", "C# minor", "D minor", "Eb minor", "E minor", "F minor",
            "F# minor", "G minor", "G# minor", "A minor", "Bb minor", "B minor",
        ]
    }

    fn ids() -> Option<&'static [&'static str]> {
        Some(&[
            "c", "db", "d", "eb", "e", "f", "f#", "g", "ab", "a", "bb", "b", "cm", "c#m", "dm", "ebm", "em", "fm",
            "f#m", "gm", "g#m", "am", "bbm", "bm",
        ])
    }

    fn to_index(self) -> usize {
        usize::from(self.0.tonic % 12) + if self.0.mode == Mode::Minor { 12 } else { 0 }
    }

    fn from_index(index: usize) -> Self {
        let index = if index < 24 { index } else { 0 };
        let mode = if index < 12 { Mode::Major } else { Mode::Minor };
        Self(Key { tonic: (index % 12) as u8, mode })
    }
}

/// A mode as a parameter's value, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModeChoice(pub Option<Mode>);

impl Enum for ModeChoice {
    fn variants() -> &'static [&'static str] {
        &["Free", "Major", "Minor"]
    }

    fn ids() -> Option<&'static [&'static str]> {
        Some(&["free", "major", "minor"])
    }

    fn to_index(self) -> usize {
        match self.0 {
            None => 0,
            Some(Mode::Major) => 1,
            Some(Mode::Minor) => 2,
        }
    }

    fn from_index(index: usize) -> Self {
        Self([None, Some(Mode::Major), Some(Mode::Minor)].get(index).copied().flatten())
    }
}

/// A set of networks as a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkChoice(pub NetworkSet);

impl Enum for NetworkChoice {
    fn variants() -> &'static [&'static str] {
        static NAMES: LazyLock<[&str; NetworkSet::ALL.len()]> = LazyLock::new(|| NetworkSet::ALL.map(NetworkSet::name));
        &*NAMES
    }

    fn ids() -> Option<&'static [&'static str]> {
        Some(&["gru", "transformer", "folder"])
    }

    fn to_index(self) -> usize {
        self.0.index()
    }

    fn from_index(index: usize) -> Self {
        Self(NetworkSet::ALL.get(index).copied().unwrap_or(NetworkSet::ALL[0]))
    }
}

/// The steps of a parameter for a [`Level`]: free, then the levels from the lowest to the highest.
const LEVEL_STEPS: usize = MAX_LEVEL as usize + 2;

/// The texts of such a parameter.
pub type LevelTexts = [&'static str; LEVEL_STEPS];

/// How much there is of something.
pub const AMOUNTS: LevelTexts = ["Free", "Very low", "Low", "Medium", "High", "Very high"];

/// How fast something goes.
pub const SPEEDS: LevelTexts = ["Free", "Very slow", "Slow", "Medium", "Fast", "Very fast"];

/// A parameter for a [`Level`]: 0 is free, the levels count from 1.
pub fn level(name: &str, default: Level, texts: &'static LevelTexts) -> IntParam {
    let range = IntRange::Linear { min: 0, max: LEVEL_STEPS as i32 - 1 };
    IntParam::new(name, step_of(default), range)
        .with_value_to_string(Arc::new(|step| texts[(step.max(0) as usize).min(LEVEL_STEPS - 1)].to_owned()))
        .with_string_to_value(Arc::new(|text| {
            let text = text.trim();
            let step = texts.iter().position(|known| known.eq_ignore_ascii_case(text));
            step.or_else(|| text.parse().ok().filter(|&step| step < LEVEL_STEPS)).map(|step| step as i32)
        }))
}

/// The value of a parameter made by [`level`] that stands for `level`.
pub fn step_of(level: Level) -> i32 {
    level.map_or(0, |level| i32::from(level) + 1)
}

/// The level at which a parameter made by [`level`] stands.
pub fn level_of(param: &IntParam) -> Level {
    u8::try_from(param.value() - 1).ok().map(|level| level.min(MAX_LEVEL))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_passes<T: Enum + Copy>(steps: usize) {
        assert_eq!(T::variants().len(), steps);
        assert_eq!(T::ids().map(<[_]>::len), Some(steps));
        for index in 0..steps {
            assert_eq!(T::from_index(index).to_index(), index);
        }
        assert_eq!(T::from_index(steps).to_index(), 0, "what is out of range is the first");
    }

    #[test]
    fn every_choice_survives_the_passage_through_its_index() {
        assert_passes::<StyleChoice>(Style::ALL.len());
        assert_passes::<KeyChoice>(24);
        assert_passes::<ModeChoice>(3);
        assert_passes::<NetworkChoice>(3);
        for style in Style::ALL {
            assert_eq!(StyleChoice::from_index(StyleChoice(style).to_index()).0, style);
        }
        assert_eq!(StyleChoice::variants()[0], "Jazz");
        assert_eq!(NetworkChoice::variants(), ["GRU", "Transformer", "Own folder"]);
    }

    #[test]
    fn a_level_is_free_or_goes_from_the_lowest_to_the_highest() {
        let expected = [
            (None, "Free"),
            (Some(0), "Very low"),
            (Some(1), "Low"),
            (Some(2), "Medium"),
            (Some(3), "High"),
            (Some(MAX_LEVEL), "Very high"),
        ];
        for (value, text) in expected {
            let param = level("Tension", value, &AMOUNTS);
            assert_eq!(level_of(&param), value);
            assert_eq!(param.normalized_value_to_string(param.default_normalized_value(), true), text);
            assert_eq!(param.step_count(), Some(expected.len() - 1));
        }
    }

    #[test]
    fn a_level_is_read_by_name_in_any_case_and_by_number() {
        let param = level("Chord rate", None, &SPEEDS);
        for (text, step) in [
            ("free", Some(0.0)),
            (" VERY SLOW ", Some(1.0)),
            ("Very fast", Some(5.0)),
            ("3", Some(3.0)),
            ("6", None),
            ("-1", None),
            ("allegro", None),
        ] {
            let read = param.string_to_normalized_value(text).map(|value| value * 5.0);
            assert_eq!(read, step, "{text}");
        }
    }
}
