//! Chords: a root and one of twelve qualities.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::key::Key;
use super::numeral::Numeral;
use super::pitch::{PitchClass, PitchClassSet, Spelling, ascent};

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

    /// Whether the third is minor.
    pub fn is_minor(self) -> bool {
        self.intervals()[1] == 3
    }

    /// Whether it is a plain triad of major or minor third and perfect fifth, with or without sixth or seventh.
    pub fn has_perfect_fifth(self) -> bool {
        self.intervals()[2] == 7
    }

    fn from_suffix(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "" | "M" | "maj" => Quality::Major,
            "m" | "min" | "-" => Quality::Minor,
            "dim" | "o" | "°" => Quality::Diminished,
            "aug" | "+" => Quality::Augmented,
            "sus4" | "sus" | "7sus4" => Quality::Suspended,
            "6" | "M6" | "maj6" => Quality::Sixth,
            "7" | "dom7" => Quality::Dominant,
            "maj7" | "M7" | "Δ" | "Δ7" => Quality::MajorSeventh,
            "m7" | "min7" | "-7" => Quality::MinorSeventh,
            "m6" | "min6" | "-6" => Quality::MinorSixth,
            "m7b5" | "min7b5" | "ø" | "ø7" | "hdim7" | "m7♭5" => Quality::HalfDiminished,
            "dim7" | "o7" | "°7" => Quality::DiminishedSeventh,
            _ => return None,
        })
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

    /// The chord moved up by `semitones` (down, if negative).
    pub fn transposed(self, semitones: i32) -> Self {
        Self { root: super::pitch::transposed(self.root, semitones), ..self }
    }

    /// The chord symbol with the root as `key` writes it, such as "F#m7b5".
    pub fn symbol(self, key: Key) -> String {
        format!("{}{}", Numeral::root(self, key), self.quality.suffix())
    }

    /// The names of the chord tones as `key` writes them: each a third above the last, from the root.
    pub fn spelled(self, key: Key) -> Vec<Spelling> {
        let root = Numeral::root(self, key).place();
        // Places on the line of fifths over the root, by semitones.
        let fifths = |interval| match interval {
            3 => -3,
            4 => 4,
            5 => -1,
            6 => -6,
            7 => 1,
            8 => 8,
            9 if self.quality == Quality::DiminishedSeventh => -9,
            9 => 3,
            10 => -2,
            11 => 5,
            _ => 0,
        };
        self.quality.intervals().iter().map(|&interval| Spelling::at(root + fifths(interval))).collect()
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

    /// Reads a chord symbol such as "Dm7", "F#maj7", "Bbdim7". The error lists the known symbols.
    fn from_str(text: &str) -> Result<Self, UnknownChord> {
        Spelling::parse(text.trim())
            .filter(|_| text.trim().starts_with(|first: char| first.is_ascii_uppercase()))
            .and_then(|(root, suffix)| Some(Self::new(root.class(), Quality::from_suffix(suffix)?)))
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
    /// The inversion: 0 with the root in the bass, 1 with the third, 2 the fifth, 3 the sixth or seventh; `None` over
    /// a bass that is no chord tone.
    pub fn inversion(self) -> Option<usize> {
        let over_root = ascent(self.chord.root, self.bass);
        self.chord.quality.intervals().iter().position(|&interval| interval == over_root)
    }

    /// The chord symbol as `key` writes it, with the bass behind a slash if it is not the root, such as "C/E".
    pub fn symbol(self, key: Key) -> String {
        let bass = match self.inversion() {
            Some(0) => return self.chord.symbol(key),
            // The third of C♯7 is E♯; but nobody writes a bass with two accidentals.
            Some(tone) => self.chord.spelled(key)[tone].with_one_accidental(),
            None => key.spell(self.bass),
        };
        format!("{}/{bass}", self.chord.symbol(key))
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
    use proptest::prelude::*;

    fn chord(symbol: &str) -> Chord {
        symbol.parse().unwrap()
    }

    #[test]
    fn symbols_are_spelled_in_the_key() {
        let in_key = |symbol: &str, key: &str| chord(symbol).symbol(key.parse().unwrap());
        assert_eq!(in_key("D#", "Bb major"), "Eb");
        assert_eq!(in_key("Gbmaj7", "D major"), "F#maj7");
        assert_eq!(in_key("Abdim7", "A minor"), "G#dim7");
        assert_eq!(in_key("A#", "C major"), "Bb");
        assert_eq!(in_key("D#", "C major"), "Eb");
        assert_eq!(in_key("Fbm7", "Db major"), "Em7");
    }

    #[test]
    fn a_chord_that_leads_into_a_degree_is_written_as_its_leading_tone() {
        let in_key = |symbol: &str, key: &str| chord(symbol).symbol(key.parse().unwrap());
        assert_eq!(
            ["Dbdim7", "Ebdim7", "Gbdim7", "Abdim7"].map(|symbol| in_key(symbol, "C major")),
            ["C#dim7", "D#dim7", "F#dim7", "G#dim7",]
        );
        assert_eq!(in_key("Ebdim7", "A minor"), "D#dim7");
        assert_eq!(in_key("F#dim7", "Eb major"), "F#dim7");
        assert_eq!(in_key("Gdim7", "F# major"), "Gdim7");
    }

    #[test]
    fn chord_tones_are_spelled_in_thirds() {
        let tones = |symbol: &str, key: &str| {
            let names = chord(symbol).spelled(key.parse().unwrap());
            names.iter().map(Spelling::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(tones("E7", "C major"), "E G# B D");
        assert_eq!(tones("Bdim7", "C minor"), "B D F Ab");
        assert_eq!(tones("Ab", "C major"), "Ab C Eb");
    }

    #[test]
    fn a_bass_that_is_not_the_root_is_written_behind_a_slash() {
        let over = |symbol: &str, bass| SlashChord { chord: chord(symbol), bass };
        let in_key = |slash: SlashChord, key: &str| slash.symbol(key.parse().unwrap());
        assert_eq!(in_key(over("C", 0), "C major"), "C");
        assert_eq!(in_key(over("C", 4), "C major"), "C/E");
        assert_eq!(in_key(over("Fm", 8), "C major"), "Fm/Ab");
        assert_eq!(in_key(over("C", 10), "F major"), "C/Bb");
        assert_eq!(over("Cm", 3).to_string(), "Cm/Eb");
        assert_eq!(SlashChord::from(chord("G7")).to_string(), "G7");
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
        assert!("C13#11".parse::<Chord>().unwrap_err().to_string().contains("Cm7b5"));
    }

    proptest! {
        #[test]
        fn symbols_lead_back_to_the_chord(index in 0usize..144, key in 0usize..24) {
            let chord = Chord::from_index(index).unwrap();
            prop_assert_eq!(chord.symbol(Key::from_index(key)).parse(), Ok(chord));
            prop_assert_eq!(chord.to_string().parse(), Ok(chord));
        }

        #[test]
        fn every_root_is_written_as_a_musician_writes_it(index in 0usize..144, key in 0usize..24, bass in 0u8..12) {
            let (chord, key) = (Chord::from_index(index).unwrap(), Key::from_index(key));
            let symbol = chord.symbol(key);
            let (root, _) = Spelling::parse(&symbol).unwrap();
            prop_assert!(root.accidental().abs() < 2, "{} in {}", symbol, key);
            // The notes of the signature: seven neighbours on the line of fifths.
            let lowest = key.signature() - 1;
            let in_signature = (lowest..lowest + 7).contains(&root.place());
            let in_disguise = ["Cb", "Fb", "E#", "B#"].contains(&root.to_string().as_str());
            prop_assert!(!in_disguise || in_signature, "{} in {}", symbol, key);
            if key.scale().contains(chord.root) {
                prop_assert!(in_signature, "{} in {}", symbol, key);
            }
            let slash = SlashChord { chord, bass }.symbol(key);
            let bass = slash.split_once('/').and_then(|(_, bass)| Spelling::parse(bass));
            prop_assert!(bass.is_none_or(|(bass, _)| bass.accidental().abs() < 2), "{} in {}", slash, key);
        }

        #[test]
        fn spelled_tones_sound_as_the_chord(index in 0usize..144, key in 0usize..24) {
            let chord = Chord::from_index(index).unwrap();
            let spelled: PitchClassSet = chord.spelled(Key::from_index(key)).iter().map(|tone| tone.class()).collect();
            prop_assert_eq!(spelled, chord.tones());
        }
    }
}
