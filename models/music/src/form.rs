//! The form of a piece: its sections, in letters.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Tick;

/// Bars of a phrase.
pub const PHRASE: Tick = 8;
/// Up to so many bars beyond a phrase belong to it.
const TAIL: Tick = 4;

/// The letter of a section, A to Z: sections with the same one are alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "char", into = "char")]
pub struct Letter(u8);

impl Letter {
    /// The first.
    pub const A: Self = Self(0);
    /// How many there are.
    pub const COUNT: usize = 26;

    /// The letter with this index, from 0, A; beyond Z they begin with B again, for A comes back as itself.
    pub const fn of(index: usize) -> Self {
        if index < Self::COUNT { Self(index as u8) } else { Self((1 + (index - 1) % (Self::COUNT - 1)) as u8) }
    }

    /// Its index, from 0.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl From<Letter> for char {
    fn from(letter: Letter) -> Self {
        (b'A' + letter.0) as char
    }
}

impl TryFrom<char> for Letter {
    type Error = String;

    /// # Errors
    /// If it is none of A to Z.
    fn try_from(sign: char) -> Result<Self, Self::Error> {
        let index = sign.is_ascii_uppercase().then(|| sign as u8 - b'A');
        index.map(Self).ok_or_else(|| format!("`{sign}` is no letter of a section; those are A to Z"))
    }
}

impl fmt::Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        char::from(*self).fmt(f)
    }
}

/// A section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its letter.
    pub letter: Letter,
    /// How many bars it has, one at least.
    pub bars: Tick,
}

/// The sections of a form of which only the number of `bars` is known: A A B A, A B, or A alone.
pub fn usual(bars: Tick) -> Vec<Section> {
    let lengths = lengths(bars);
    let count = lengths.len();
    (0..).zip(lengths).map(|(place, bars)| Section { letter: usual_letter(place, count), bars }).collect()
}

/// The letter of section number `place` of so many: the second of two and the third of each four is a B.
pub fn usual_letter(place: usize, count: usize) -> Letter {
    Letter::of(usize::from(if count == 2 { place == 1 } else { place % 4 == 2 }))
}

/// So many `bars` as sections: phrases of eight bars; what is left over is of the last one, or one more if it is more
/// than half a phrase.
pub fn lengths(bars: Tick) -> Vec<Tick> {
    let (phrases, rest) = (bars.max(1) / PHRASE, bars.max(1) % PHRASE);
    let mut lengths = vec![PHRASE; phrases as usize];
    match lengths.last_mut() {
        Some(last) if rest <= TAIL => *last += rest,
        _ => lengths.push(rest),
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_which_only_the_length_is_known_has_the_usual_sections() {
        let written = |bars| {
            usual(bars)
                .iter()
                .map(|section| format!("{}{}", section.letter, section.bars))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!([8, 12, 16, 32].map(written), ["A8", "A12", "A8 B8", "A8 A8 B8 A8"]);
        assert_eq!([1, 4, 14, 20, 24].map(written), ["A1", "A4", "A8 B6", "A8 B12", "A8 A8 B8"]);
    }

    #[test]
    fn letters_are_read_as_they_are_written_and_go_on_after_z_without_a() {
        for index in 0..Letter::COUNT {
            let letter = Letter::of(index);
            assert_eq!((Letter::try_from(char::from(letter)), letter.index()), (Ok(letter), index));
        }
        assert_eq!([25, 26, 50, 51].map(|index| Letter::of(index).to_string()), ["Z", "B", "Z", "B"]);
        assert!(Letter::try_from('a').is_err());
    }
}
