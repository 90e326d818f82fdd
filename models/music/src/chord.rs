//! Chords: a root and one of twelve qualities.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::pitch::{PitchClass, PitchClassSet, Spelling, ascent, transposed};
use super::suffix;

/// Chord qualities, in the order of the networks' vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Quality {
    Major,
    Minor,
    Diminished,
    Augmented,
    Suspended,
    Sixth,
    Dominant,
    MajorSeventh,
    MinorSeventh,
    MinorSixth,
    HalfDiminished,
    DiminishedSeventh,
}

impl Quality {
    /// Every quality, in vocabulary order.
    pub const ALL: [Quality; 12] = [
        Quality::Major,
        Quality::Minor,
        Quality::Diminished,
        Quality::Augmented,
        Quality::Suspended,
        Quality::Sixth,
        Quality::Dominant,
        Quality::MajorSeventh,
        Quality::MinorSeventh,
        Quality::MinorSixth,
        Quality::HalfDiminished,
        Quality::DiminishedSeventh,
    ];

    /// The name under which the model cards know the quality.
    pub fn name(self) -> &'static str {
        ["maj", "min", "dim", "aug", "sus4", "6", "7", "maj7", "min7", "min6", "hdim7", "dim7"][self as usize]
    }

    /// The chord tones in semitones over the root: root, third (or fourth), fifth, and sixth or seventh if any.
    pub fn intervals(self) -> &'static [u8] {
        match self {
            Quality::Major => &[0, 4, 7],
            Quality::Minor => &[0, 3, 7],
            Quality::Diminished => &[0, 3, 6],
            Quality::Augmented => &[0, 4, 8],
            Quality::Suspended => &[0, 5, 7],
            Quality::Sixth => &[0, 4, 7, 9],
            Quality::Dominant => &[0, 4, 7, 10],
            Quality::MajorSeventh => &[0, 4, 7, 11],
            Quality::MinorSeventh => &[0, 3, 7, 10],
            Quality::MinorSixth => &[0, 3, 7, 9],
            Quality::HalfDiminished => &[0, 3, 6, 10],
            Quality::DiminishedSeventh => &[0, 3, 6, 9],
        }
    }

    /// What follows the root in a chord symbol.
    pub fn suffix(self) -> &'static str {
        ["", "m", "dim", "aug", "sus4", "6", "7", "maj7", "m7", "m6", "m7b5", "dim7"][self as usize]
    }

    /// The quality that comes nearest to `tones`, in semitones above the root: that of their triad with its sixth or
    /// seventh. Higher tones are colour.
    pub(super) fn nearest(tones: PitchClassSet) -> Self {
        let has = |interval| tones.contains(interval);
        let (raised, lowered) = (has(8) && !has(7), has(6) && !has(7));
        match () {
            () if has(4) && has(11) => Quality::MajorSeventh,
            () if has(4) && has(10) => Quality::Dominant,
            () if has(4) && raised => Quality::Augmented,
            () if has(4) && has(9) && !lowered => Quality::Sixth,
            () if has(4) => Quality::Major,
            () if has(3) && has(11) => Quality::Minor,
            () if has(3) && has(10) && lowered => Quality::HalfDiminished,
            () if has(3) && has(10) => Quality::MinorSeventh,
            () if has(3) && has(9) && lowered => Quality::DiminishedSeventh,
            () if has(3) && has(9) => Quality::MinorSixth,
            () if has(3) && lowered => Quality::Diminished,
            () if has(3) => Quality::Minor,
            () if has(5) => Quality::Suspended,
            () if has(10) => Quality::Dominant,
            () if has(2) => Quality::Suspended,
            () => Quality::Major,
        }
    }

    /// Whether the third is minor.
    pub fn is_minor(self) -> bool {
        self.intervals()[1] == 3
    }

    /// Whether it is a plain triad of major or minor third and perfect fifth, with or without sixth or seventh.
    pub fn has_perfect_fifth(self) -> bool {
        self.intervals()[2] == 7
    }
}

/// A chord over its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Chord {
    /// The root, 0–11.
    pub root: PitchClass,
    /// What stands on the root.
    pub quality: Quality,
}

impl Chord {
    /// How many harmonies there are: root, and mode.
    pub const HARMONIES: usize = 24;
    /// The number of entries in the networks' chord vocabulary: every chord, then "no chord".
    pub const VOCABULARY: usize = 145;
    /// The index of "no chord".
    pub const NONE_INDEX: usize = 144;

    /// The chord of `quality` on `root`, which is taken modulo 12.
    pub const fn new(root: PitchClass, quality: Quality) -> Self {
        Self { root: root % 12, quality }
    }

    /// The chord's place in the networks' vocabulary, `root * 12 + quality`, 0–143.
    pub fn index(self) -> usize {
        usize::from(self.root % 12) * 12 + self.quality as usize
    }

    /// The place of a chord or of "no chord" in the networks' vocabulary, 0–144.
    pub fn index_of(chord: Option<Chord>) -> usize {
        chord.map_or(Self::NONE_INDEX, Chord::index)
    }

    /// The chord at `index` of the networks' vocabulary; `None` at [`Chord::NONE_INDEX`] and beyond.
    pub fn from_index(index: usize) -> Option<Chord> {
        (index < Self::NONE_INDEX).then(|| Self::new((index / 12) as PitchClass, Quality::ALL[index % 12]))
    }

    /// The pitch classes of the chord.
    pub fn tones(self) -> PitchClassSet {
        PitchClassSet::over(self.root, self.quality.intervals())
    }

    /// Whether `class` is a chord tone.
    pub fn contains(self, class: PitchClass) -> bool {
        self.quality.intervals().contains(&ascent(self.root, class))
    }

    /// Chord tone number `index`, wrapping: root, third (or fourth), fifth, sixth or seventh.
    pub fn tone(self, index: usize) -> PitchClass {
        let intervals = self.quality.intervals();
        (self.root + intervals[index % intervals.len()]) % 12
    }

    /// The third, or the fourth of a suspended chord.
    pub fn third(self) -> PitchClass {
        self.tone(1)
    }

    /// The fifth: perfect, diminished or augmented.
    pub fn fifth(self) -> PitchClass {
        self.tone(2)
    }

    /// The sixth or seventh, if the chord has one.
    pub fn seventh(self) -> Option<PitchClass> {
        (self.quality.intervals().len() > 3).then(|| self.tone(3))
    }

    /// The tones that tell the chord from others on its root: the third (or fourth), the sixth or seventh if any,
    /// and the fifth where it is altered.
    pub fn guide_tones(self) -> PitchClassSet {
        let altered = (!self.quality.has_perfect_fifth()).then(|| self.fifth());
        [Some(self.third()), self.seventh(), altered].into_iter().flatten().collect()
    }

    /// What stays when colour comes and goes: the root, and whether the third is minor.
    pub fn root_and_mode(self) -> (PitchClass, bool) {
        (self.root, self.quality.is_minor())
    }

    /// The place of its harmony, of which it is a colour: `root * 2`, and 1 more in minor.
    pub fn harmony(self) -> usize {
        let (root, is_minor) = self.root_and_mode();
        2 * usize::from(root % 12) + usize::from(is_minor)
    }

    /// The chord moved up by `semitones` (down, if negative).
    pub fn transposed(self, semitones: i32) -> Self {
        Self { root: transposed(self.root, semitones), ..self }
    }
}

impl fmt::Display for Chord {
    /// The chord symbol with a common spelling of the root; see [`Chord::symbol`] for the spelling of a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Spelling::common(self.root), self.quality.suffix())
    }
}

/// A text that is no chord symbol of the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownChord(String);

impl fmt::Display for UnknownChord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffixes: Vec<_> = Quality::ALL.iter().map(|quality| format!("C{}", quality.suffix())).collect();
        write!(f, "\"{}\" is no known chord symbol; known on every root are {}", self.0, suffixes.join(", "))
    }
}

impl std::error::Error for UnknownChord {}

impl FromStr for Chord {
    type Err = UnknownChord;

    /// Reads a chord symbol as people write it, such as "Dm7", "F#-7b5", "B♭Δ", "C13(b9)": the chord of the vocabulary
    /// that comes nearest. The error lists the symbols of the vocabulary.
    fn from_str(text: &str) -> Result<Self, UnknownChord> {
        let plain = suffix::plain(text);
        Spelling::parse(&plain)
            .filter(|_| plain.starts_with(|first: char| first.is_ascii_uppercase()))
            .and_then(|(root, suffix)| Some(Self::new(root.class(), Quality::nearest(suffix::tones(suffix)?))))
            .ok_or_else(|| UnknownChord(text.to_owned()))
    }
}

/// A chord over a bass: its root, another of its tones, or any pitch class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlashChord {
    /// The chord.
    pub chord: Chord,
    /// The pitch class of the lowest note, 0–11.
    pub bass: PitchClass,
}

impl SlashChord {
    /// The same `semitones` higher.
    pub fn transposed(self, semitones: i32) -> Self {
        Self { chord: self.chord.transposed(semitones), bass: transposed(self.bass, semitones) }
    }

    /// The inversion: 0 with the root in the bass, 1 with the third, 2 the fifth, 3 the sixth or seventh; `None` over
    /// a bass that is no chord tone.
    pub fn inversion(self) -> Option<usize> {
        let over_root = ascent(self.chord.root, self.bass);
        self.chord.quality.intervals().iter().position(|&interval| interval == over_root)
    }
}

impl FromStr for SlashChord {
    type Err = UnknownChord;

    /// Reads a chord symbol, with a bass behind the last slash or without: "Dm7/G", "C6/9", "C6/9/E".
    fn from_str(text: &str) -> Result<Self, UnknownChord> {
        let plain = suffix::plain(text);
        let bass = plain.rsplit_once('/').and_then(|(chord, bass)| {
            let bass = bass.trim();
            let (note, "") = Spelling::parse(bass)? else { return None };
            bass.starts_with(|first: char| first.is_ascii_uppercase()).then_some((chord, note.class()))
        });
        match bass {
            Some((chord, bass)) => chord.parse().map(|chord| Self { chord, bass }),
            None => plain.parse().map(Chord::into),
        }
        .map_err(|UnknownChord(_)| UnknownChord(text.to_owned()))
    }
}

impl From<Chord> for SlashChord {
    /// The chord over its root.
    fn from(chord: Chord) -> Self {
        Self { chord, bass: chord.root }
    }
}

impl fmt::Display for SlashChord {
    /// The chord symbol with common spellings; see [`SlashChord::symbol`] for those of a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.inversion() {
            Some(0) => self.chord.fmt(f),
            _ => write!(f, "{}/{}", self.chord, Spelling::common(self.bass)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(symbol: &str) -> Chord {
        symbol.parse().unwrap()
    }

    #[test]
    fn every_chord_has_one_place_in_the_vocabulary() {
        for index in 0..Chord::VOCABULARY {
            assert_eq!(Chord::index_of(Chord::from_index(index)), index);
        }
        assert_eq!(Chord::from_index(Chord::NONE_INDEX), None);
        assert_eq!(chord("Dm7").index(), 2 * 12 + 8);
    }

    #[test]
    fn guide_tones_are_third_and_seventh() {
        assert_eq!(chord("G7").guide_tones(), [11, 5].into_iter().collect());
        assert_eq!(chord("Csus4").guide_tones(), [5].into_iter().collect());
        assert_eq!(chord("Bm7b5").guide_tones(), [2, 9, 5].into_iter().collect());
    }

    #[test]
    fn a_text_that_is_no_symbol_is_answered_with_the_known_ones() {
        assert!("Xm7".parse::<Chord>().is_err());
        assert!("Chorus".parse::<Chord>().unwrap_err().to_string().contains("Cm7b5"));
    }

    #[test]
    fn a_bass_stands_behind_the_last_slash() {
        let read = |text: &str| text.parse::<SlashChord>().map(|slash| (slash.chord.to_string(), slash.bass)).ok();
        let is = |chord: &str, bass| Some((chord.to_owned(), bass));
        assert_eq!(read("Dm7/G"), is("Dm7", 7));
        assert_eq!(read("C6/9"), is("C6", 0));
        assert_eq!(read("C6/9/E"), is("C6", 4));
        assert_eq!(read("E♭Δ/B♭"), is("Ebmaj7", 10));
        assert_eq!((read("C/x"), read("/G"), read("")), (None, None, None));
    }
}
