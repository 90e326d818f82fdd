//! Pitch: classes and sets of them, MIDI keys, ranges, and spelling.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A pitch class: 0 is C, 11 is B.
pub type PitchClass = u8;

/// The pitch class of a MIDI key.
pub fn class_of(midi_key: u8) -> PitchClass {
    midi_key % 12
}

/// The pitch class `semitones` above `class` (below, if negative).
pub fn transposed(class: PitchClass, semitones: i32) -> PitchClass {
    (i32::from(class) + semitones).rem_euclid(12) as PitchClass
}

/// Semitones from `from` up to the next `to`, 0–11.
pub fn ascent(from: PitchClass, to: PitchClass) -> u8 {
    (to % 12 + 12 - from % 12) % 12
}

/// The MIDI key of pitch class `class` that is nearest to `to`; of two equally near, the lower.
pub fn nearest(class: PitchClass, to: u8) -> u8 {
    let up = ascent(class_of(to), class);
    let down = 12 - up;
    let key = if up < down || to < down { to + up } else { to - down };
    if key > 127 { key - 12 } else { key }
}

/// A set of pitch classes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PitchClassSet(u16);

impl PitchClassSet {
    /// No pitch class.
    pub const EMPTY: Self = Self(0);
    /// All twelve.
    pub const ALL: Self = Self(0xfff);

    /// The set whose bit *p* says whether it contains pitch class *p*; bits from 12 on are ignored.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & 0xfff)
    }

    /// The set of `intervals` (in semitones) over `root`.
    pub fn over(root: PitchClass, intervals: &[u8]) -> Self {
        intervals.iter().map(|&interval| (root + interval) % 12).collect()
    }

    /// Bit *p* is set if the set contains pitch class *p*.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether `class` is in the set.
    pub const fn contains(self, class: PitchClass) -> bool {
        self.0 >> (class % 12) & 1 == 1
    }

    /// Whether every member of the set is in `other`.
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The members of either set.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The members of both sets.
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The members that are not in `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// How many members the set has.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether the set has no member.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, from C up.
    pub fn iter(self) -> impl Iterator<Item = PitchClass> {
        (0..12).filter(move |&class| self.contains(class))
    }
}

impl FromIterator<PitchClass> for PitchClassSet {
    fn from_iter<I: IntoIterator<Item = PitchClass>>(classes: I) -> Self {
        Self(classes.into_iter().fold(0, |bits, class| bits | 1 << (class % 12)))
    }
}

impl fmt::Debug for PitchClassSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|class| Spelling::sharp(class).to_string())).finish()
    }
}

/// A range of MIDI keys, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyRange {
    /// The lowest key.
    pub low: u8,
    /// The highest key; at least an octave above the lowest, so that every pitch class has a place.
    pub high: u8,
}

impl KeyRange {
    /// The range from `low` to `high`.
    pub const fn new(low: u8, high: u8) -> Self {
        Self { low, high }
    }

    /// Whether `midi_key` lies in the range.
    pub fn contains(self, midi_key: u8) -> bool {
        (self.low..=self.high).contains(&midi_key)
    }

    /// The range moved by `octaves`, stopped at the ends of the MIDI keyboard with its width kept.
    pub fn shifted(self, octaves: i8) -> Self {
        let width = i32::from(self.high - self.low);
        let low = (i32::from(self.low) + 12 * i32::from(octaves)).clamp(0, 127 - width);
        Self { low: low as u8, high: (low + width) as u8 }
    }

    /// `midi_key` moved by octaves into the range.
    pub fn fold(self, midi_key: u8) -> u8 {
        let mut key = i32::from(midi_key);
        let (low, high) = (i32::from(self.low), i32::from(self.high));
        if key < low {
            key += (low - key + 11) / 12 * 12;
        } else if key > high {
            key -= (key - high + 11) / 12 * 12;
        }
        key.clamp(low, high) as u8
    }

    /// The keys of pitch class `class` in the range, from below.
    pub fn keys_of(self, class: PitchClass) -> impl Iterator<Item = u8> {
        (self.low + ascent(class_of(self.low), class)..=self.high).step_by(12)
    }
}

/// A note name with its accidental, as a place on the line of fifths: 0 is C, 1 G, 6 F♯, −1 F, −2 B♭. Enharmonic
/// notes have different places, so that F♯ and G♭ are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Spelling(i8);

impl Spelling {
    /// The note at `place` on the line of fifths, −15 to 19 (double flats to double sharps).
    pub(super) fn at(place: i8) -> Self {
        Self(place)
    }

    /// The place on the line of fifths.
    pub(super) fn place(self) -> i8 {
        self.0
    }

    /// `class` as one of the twelve neighbours on the line of fifths that begin at place `lowest`.
    pub(super) fn from_window(class: PitchClass, lowest: i8) -> Self {
        let place = i32::from(class) * 7;
        let above = (place - i32::from(lowest)).rem_euclid(12);
        Self(lowest + above as i8)
    }

    /// `class` with a sharp if it needs an accidental.
    pub fn sharp(class: PitchClass) -> Self {
        Self::from_window(class, -1)
    }

    /// `class` as it is commonly named outside any key: B♭, E♭ and A♭, but F♯ and C♯.
    pub fn common(class: PitchClass) -> Self {
        Self::from_window(class, -4)
    }

    /// The same note with one accidental at most.
    pub(super) fn with_one_accidental(self) -> Self {
        if self.accidental().abs() > 1 { self.simple() } else { self }
    }

    /// The same note with one accidental at most, and not as C♭, F♭, E♯ or B♯.
    pub(super) fn simple(self) -> Self {
        Self(match self.0 {
            ..=-7 => self.0 + 12,
            11.. => self.0 - 12,
            place => place,
        })
    }

    /// The pitch class.
    pub fn class(self) -> PitchClass {
        (i32::from(self.0) * 7).rem_euclid(12) as PitchClass
    }

    /// The letter as a step above C, 0–6.
    pub fn letter(self) -> u8 {
        (i32::from(self.0) * 4).rem_euclid(7) as u8
    }

    /// Sharps, or flats if negative.
    pub fn accidental(self) -> i8 {
        (self.0 + 1).div_euclid(7)
    }

    /// The note that begins `text`, and the rest of it. Accidentals are `#`, `b`, `♯`, `♭`, also doubled.
    pub fn parse(text: &str) -> Option<(Self, &str)> {
        let mut rest = text.chars();
        let letter = rest.next()?.to_ascii_uppercase();
        let mut place = "FCGDAEB".find(letter)? as i8 - 1;
        let mut after = rest.as_str();
        for _ in 0..2 {
            let mut rest = after.chars();
            match rest.next() {
                Some('#' | '♯') => place += 7,
                Some('b' | '♭') => place -= 7,
                _ => break,
            }
            after = rest.as_str();
        }
        Some((Self(place), after))
    }
}

impl fmt::Display for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(["C", "D", "E", "F", "G", "A", "B"][usize::from(self.letter())])?;
        let accidental = if self.accidental() > 0 { "#" } else { "b" };
        (0..self.accidental().abs()).try_for_each(|_| f.write_str(accidental))
    }
}

/// The name of a MIDI key with its octave, spelled outside any key: 60 is C4.
pub fn key_name(midi_key: u8) -> String {
    format!("{}{}", Spelling::common(class_of(midi_key)), i32::from(midi_key / 12) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn common_names_use_the_usual_accidentals() {
        let names: Vec<_> = (0..12).map(|class| Spelling::common(class).to_string()).collect();
        assert_eq!(names, ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]);
    }

    #[test]
    fn middle_c_is_c4() {
        assert_eq!(key_name(60), "C4");
        assert_eq!(key_name(28), "E1");
    }

    #[test]
    fn names_parse_back() {
        for (text, class, rest) in [("F#m7", 6, "m7"), ("Bbb", 9, ""), ("Cb", 11, ""), ("eb", 3, ""), ("G♯", 8, "")] {
            let (spelling, after) = Spelling::parse(text).unwrap();
            assert_eq!((spelling.class(), after), (class, rest), "{text}");
        }
        assert!(Spelling::parse("H").is_none());
        assert!(Spelling::parse("").is_none());
    }

    proptest! {
        #[test]
        fn a_spelling_sounds_as_its_class(class in 0u8..12, lowest in -10i8..5) {
            prop_assert_eq!(Spelling::from_window(class, lowest).class(), class);
        }

        #[test]
        fn the_nearest_key_is_at_most_a_tritone_away(class in 0u8..12, to in 6u8..=121) {
            let key = nearest(class, to);
            prop_assert_eq!(class_of(key), class);
            prop_assert!(key.abs_diff(to) <= 6);
        }

        #[test]
        fn folding_keeps_the_class_and_reaches_the_range(key in 0u8..=127, low in 0u8..100, width in 11u8..27) {
            let range = KeyRange::new(low, low + width);
            prop_assert!(range.contains(range.fold(key)));
            prop_assert_eq!(class_of(range.fold(key)), class_of(key));
        }

        #[test]
        fn a_shifted_range_keeps_its_width(low in 0u8..90, width in 11u8..37, octaves in -2i8..=2) {
            let range = KeyRange::new(low, low + width).shifted(octaves);
            prop_assert_eq!(range.high - range.low, width);
            prop_assert!(range.high <= 127);
        }
    }
}
