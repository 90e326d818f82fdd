//! Values that are chosen from a list.

use std::sync::LazyLock;

use super::{BarSource, Beaters, Cymbal, LeadMode, Manner};
use crate::music::{Key, Kit, Mode, Style};

/// A value that is chosen from a list. The list may grow at its end.
pub trait Choice: Copy + PartialEq {
    /// How the values read.
    fn names() -> &'static [&'static str];

    /// By which saved states know the values. Final.
    fn ids() -> &'static [&'static str];

    /// The value's place in the list.
    fn index(self) -> usize;

    /// The value at a place; the first one if there is none.
    fn at(index: usize) -> Self;
}

/// A choice between values that are written down one by one.
macro_rules! choice {
    ($type:ty: $($value:expr, $id:literal, $name:literal;)+) => {
        impl Choice for $type {
            fn names() -> &'static [&'static str] {
                &[$($name),+]
            }

            fn ids() -> &'static [&'static str] {
                &[$($id),+]
            }

            fn index(self) -> usize {
                [$($value),+].iter().position(|value| *value == self).unwrap_or(0)
            }

            fn at(index: usize) -> Self {
                let values = [$($value),+];
                values.get(index).copied().unwrap_or(values[0])
            }
        }
    };
}

choice! { Option<Mode>:
    None, "free", "Free";
    Some(Mode::Major), "major", "Major";
    Some(Mode::Minor), "minor", "Minor";
}

choice! { Option<Manner>:
    None, "style", "Style";
    Some(Manner::Sustained), "sustained", "Sustained";
    Some(Manner::Broken), "broken", "Broken";
    Some(Manner::Strummed), "strummed", "Strummed";
}

choice! { Option<Cymbal>:
    None, "style", "Style";
    Some(Cymbal::HiHat), "hihat", "Hi-hat";
    Some(Cymbal::Ride), "ride", "Ride";
}

choice! { Option<Beaters>:
    None, "style", "Style";
    Some(Beaters::Sticks), "sticks", "Sticks";
    Some(Beaters::Brushes), "brushes", "Brushes";
}

choice! { BarSource:
    BarSource::Library, "library", "Patterns";
    BarSource::Played, "played", "Real bars";
}

choice! { LeadMode:
    LeadMode::Answer, "answer", "Answer";
    LeadMode::Continuous, "continuous", "Continuous";
    LeadMode::Fills, "fills", "Fills";
    LeadMode::TradeTwos, "trade2", "Trade 2";
    LeadMode::TradeFours, "trade4", "Trade 4";
    LeadMode::TradeEights, "trade8", "Trade 8";
}

/// The bars of a form, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form(pub Option<u8>);

choice! { Form:
    Form(None), "free", "Free";
    Form(Some(8)), "8", "8 bars";
    Form(Some(12)), "12", "12 bars";
    Form(Some(16)), "16", "16 bars";
    Form(Some(32)), "32", "32 bars";
}

impl Choice for Style {
    fn names() -> &'static [&'static str] {
        static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| Style::ALL.into_iter().map(Style::name).collect());
        &NAMES
    }

    fn ids() -> &'static [&'static str] {
        static IDS: LazyLock<Vec<&str>> = LazyLock::new(|| Style::ALL.into_iter().map(Style::id).collect());
        &IDS
    }

    fn index(self) -> usize {
        Style::ALL.iter().position(|style| *style == self).unwrap_or(0)
    }

    fn at(index: usize) -> Self {
        Style::ALL.get(index).copied().unwrap_or(Style::ALL[0])
    }
}

impl Choice for Kit {
    fn names() -> &'static [&'static str] {
        static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| Kit::ALL.into_iter().map(Kit::name).collect());
        &NAMES
    }

    fn ids() -> &'static [&'static str] {
        static IDS: LazyLock<Vec<&str>> = LazyLock::new(|| Kit::ALL.into_iter().map(Kit::id).collect());
        &IDS
    }

    fn index(self) -> usize {
        self as usize
    }

    fn at(index: usize) -> Self {
        Kit::ALL.get(index).copied().unwrap_or_default()
    }
}

/// The twelve major keys from C, then the twelve minor ones.
impl Choice for Key {
    fn names() -> &'static [&'static str] {
        &[
            "C major", "Db major", "D major", "Eb major", "E major", "F major", "F# major", "G major", "Ab major",
            "A major", "Bb major", "B major", "C minor", "C# minor", "D minor", "Eb minor", "E minor", "F minor",
            "F# minor", "G minor", "G# minor", "A minor", "Bb minor", "B minor",
        ]
    }

    fn ids() -> &'static [&'static str] {
        &[
            "c", "db", "d", "eb", "e", "f", "f#", "g", "ab", "a", "bb", "b", "cm", "c#m", "dm", "ebm", "em", "fm",
            "f#m", "gm", "g#m", "am", "bbm", "bm",
        ]
    }

    fn index(self) -> usize {
        usize::from(self.tonic % 12) + if self.mode == Mode::Minor { 12 } else { 0 }
    }

    fn at(index: usize) -> Self {
        let index = if index < 24 { index } else { 0 };
        Self { tonic: (index % 12) as u8, mode: if index < 12 { Mode::Major } else { Mode::Minor } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_passes<V: Choice + std::fmt::Debug>() {
        let count = V::names().len();
        assert_eq!(V::ids().len(), count);
        for index in 0..count {
            assert_eq!(V::at(index).index(), index);
        }
        assert_eq!(V::at(count), V::at(0), "what is out of range is the first");
    }

    #[test]
    fn every_choice_survives_the_passage_through_its_index() {
        assert_passes::<Style>();
        assert_passes::<Key>();
        assert_passes::<Option<Mode>>();
        assert_passes::<Option<Manner>>();
        assert_passes::<Option<Cymbal>>();
        assert_passes::<Option<Beaters>>();
        assert_passes::<Kit>();
        assert_passes::<BarSource>();
        assert_passes::<LeadMode>();
        assert_passes::<Form>();
        assert_eq!((Style::names()[0], Style::ids()[0], Key::ids()[12]), ("Jazz", "jazz", "cm"));
    }
}
