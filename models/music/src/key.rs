//! Keys: a tonic and a mode.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::pitch::{PitchClass, PitchClassSet, Spelling, transposed};

/// Major or minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Mode {
    Major,
    Minor,
}

/// One of the 24 keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The tonic, 0–11.
    pub tonic: PitchClass,
    /// Major or minor.
    pub mode: Mode,
}

const MAJOR: [u8; 7] = [0, 2, 4, 5, 7, 9, 11];
const NATURAL_MINOR: [u8; 7] = [0, 2, 3, 5, 7, 8, 10];
const HARMONIC_MINOR: [u8; 7] = [0, 2, 3, 5, 7, 8, 11];
const MELODIC_MINOR: [u8; 7] = [0, 2, 3, 5, 7, 9, 11];

impl Key {
    /// The twelve major keys from C up, then the twelve minor keys.
    pub const ALL: [Key; 24] = {
        let mut keys = [Key { tonic: 0, mode: Mode::Major }; 24];
        let mut index = 0;
        while index < 24 {
            keys[index] = Key::from_index(index);
            index += 1;
        }
        keys
    };

    /// The key at `index` of [`Key::ALL`]; larger indices wrap.
    pub const fn from_index(index: usize) -> Self {
        let mode = if index % 24 < 12 { Mode::Major } else { Mode::Minor };
        Self { tonic: (index % 12) as PitchClass, mode }
    }

    /// The key's place in [`Key::ALL`].
    pub fn index(self) -> usize {
        usize::from(self.tonic % 12) + if self.is_minor() { 12 } else { 0 }
    }

    /// The major key on `tonic`.
    pub const fn major(tonic: PitchClass) -> Self {
        Self { tonic, mode: Mode::Major }
    }

    /// The minor key on `tonic`.
    pub const fn minor(tonic: PitchClass) -> Self {
        Self { tonic, mode: Mode::Minor }
    }

    /// Whether the mode is minor.
    pub fn is_minor(self) -> bool {
        self.mode == Mode::Minor
    }

    /// The major scale, or the natural minor: the notes of the key signature.
    pub fn scale(self) -> PitchClassSet {
        PitchClassSet::over(self.tonic, self.steps())
    }

    /// The scale with the leading tone: the major scale, or the harmonic minor.
    pub fn harmonic_scale(self) -> PitchClassSet {
        PitchClassSet::over(self.tonic, if self.is_minor() { &HARMONIC_MINOR } else { &MAJOR })
    }

    /// The scale with raised sixth and seventh: the major scale, or the ascending melodic minor.
    pub fn melodic_scale(self) -> PitchClassSet {
        PitchClassSet::over(self.tonic, if self.is_minor() { &MELODIC_MINOR } else { &MAJOR })
    }

    /// The notes that key lock allows: the major scale; in minor the natural scale and the leading tone, without
    /// which the key has no dominant.
    pub fn locked_scale(self) -> PitchClassSet {
        self.scale().union(self.harmonic_scale())
    }

    /// The leading tone, a semitone below the tonic.
    pub fn leading_tone(self) -> PitchClass {
        transposed(self.tonic, -1)
    }

    /// The scale degree of `class`, 0 (tonic) to 6, if it is a note of [`Key::scale`].
    pub fn degree(self, class: PitchClass) -> Option<u8> {
        self.steps().iter().position(|&step| (self.tonic + step) % 12 == class % 12).map(|degree| degree as u8)
    }

    /// The pitch class of scale degree `degree`, 0 being the tonic; larger degrees wrap.
    pub fn class_of_degree(self, degree: u8) -> PitchClass {
        (self.tonic + self.steps()[usize::from(degree % 7)]) % 12
    }

    /// Sharps in the key signature, or flats if negative: −5 to 6.
    pub fn signature(self) -> i8 {
        let lowest = if self.is_minor() { -3 } else { -5 };
        Spelling::from_window(self.tonic, lowest).place() - if self.is_minor() { 3 } else { 0 }
    }

    /// The tonic as a note name.
    pub fn tonic_spelling(self) -> Spelling {
        Spelling::at(self.signature() + if self.is_minor() { 3 } else { 0 })
    }

    /// `class` as it is written in the key; notes outside the scale as their usual alterations (in C major D♭, E♭,
    /// F♯, A♭ and B♭; in A minor the raised third, sixth and seventh are sharp), but such that they read
    /// easily: no white key is named in disguise.
    pub fn spell(self, class: PitchClass) -> Spelling {
        self.readable(self.alteration(class))
    }

    /// `class` as a degree of the key or its usual alteration, however it reads: in D♭ major the lowered third is F♭.
    pub fn alteration(self, class: PitchClass) -> Spelling {
        let lowest = self.tonic_spelling().place() - if self.is_minor() { 6 } else { 5 };
        Spelling::from_window(class, lowest)
    }

    /// The note as musicians write it who want to be read: without double accidentals, and with C♭, F♭, E♯ and B♯ only
    /// where the key signature has them.
    pub(super) fn readable(self, spelling: Spelling) -> Spelling {
        let (simple, in_scale) = (spelling.simple(), self.scale().contains(spelling.class()));
        if in_scale && self.alteration(spelling.class()) == spelling { spelling } else { simple }
    }

    fn steps(self) -> &'static [u8; 7] {
        if self.is_minor() { &NATURAL_MINOR } else { &MAJOR }
    }
}

impl fmt::Display for Key {
    /// "C major", "F# minor".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.tonic_spelling(), if self.is_minor() { "minor" } else { "major" })
    }
}

/// A text that names no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey(String);

impl fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" is no key; write it as \"C major\", \"F# minor\", \"Bb\" or \"Am\"", self.0)
    }
}

impl std::error::Error for UnknownKey {}

impl FromStr for Key {
    type Err = UnknownKey;

    /// Reads "C major", "c# minor", "Bb", "Am", "F#min". The error says what would be understood.
    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        let unknown = || UnknownKey(text.to_owned());
        let (tonic, mode) = Spelling::parse(text.trim()).ok_or_else(unknown)?;
        let mode = match mode.trim() {
            "" | "M" => Mode::Major,
            "m" => Mode::Minor,
            word => match word.to_ascii_lowercase().as_str() {
                "major" | "maj" => Mode::Major,
                "minor" | "min" => Mode::Minor,
                _ => return Err(unknown()),
            },
        };
        Ok(Self { tonic: tonic.class(), mode })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_24_keys_have_their_usual_names() {
        let names: Vec<_> = Key::ALL.iter().map(Key::to_string).collect();
        assert_eq!(
            names.join(", "),
            "C major, Db major, D major, Eb major, E major, F major, F# major, G major, Ab major, A major, Bb major, \
             B major, C minor, C# minor, D minor, Eb minor, E minor, F minor, F# minor, G minor, G# minor, A minor, \
             Bb minor, B minor"
        );
    }

    #[test]
    fn indices_and_names_lead_back_to_the_key() {
        for (index, key) in Key::ALL.into_iter().enumerate() {
            assert_eq!(key.index(), index);
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        assert_eq!("Bbm".parse(), Ok(Key::minor(10)));
        assert!("K minor".parse::<Key>().unwrap_err().to_string().contains("F# minor"));
    }

    #[test]
    fn every_letter_occurs_once_in_every_scale() {
        for key in Key::ALL {
            let mut letters: Vec<_> = key.scale().iter().map(|class| key.spell(class).letter()).collect();
            letters.sort_unstable();
            assert_eq!(letters, [0, 1, 2, 3, 4, 5, 6], "{key}");
        }
    }

    #[test]
    fn alterations_are_spelled_as_musicians_write_them() {
        let spelled = |key: Key| (0..12).map(|class| key.spell(class).to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(spelled(Key::major(0)), "C Db D Eb E F F# G Ab A Bb B");
        assert_eq!(spelled(Key::minor(9)), "C C# D Eb E F F# G G# A Bb B");
    }

    #[test]
    fn no_note_is_a_white_key_in_disguise_unless_the_signature_has_it() {
        let spelled = |key: Key| (0..12).map(|class| key.spell(class).to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(spelled(Key::major(1)), "C Db D Eb E F Gb G Ab A Bb B");
        assert_eq!(spelled(Key::major(6)), "C C# D D# E E# F# G G# A A# B");
        assert_eq!(spelled(Key::minor(3)), "C Db D Eb E F Gb G Ab A Bb Cb");
        assert_eq!(spelled(Key::minor(8)), "C C# D D# E F F# G G# A A# B");
    }

    #[test]
    fn a_locked_minor_key_keeps_its_leading_tone() {
        let a_minor = Key::minor(9);
        assert!(a_minor.locked_scale().contains(a_minor.leading_tone()));
        assert_eq!(a_minor.locked_scale().len(), 8);
        assert_eq!(Key::major(4).locked_scale(), Key::major(4).scale());
    }

    #[test]
    fn a_key_and_its_relative_share_signature_and_scale() {
        for tonic in 0..12 {
            let (major, minor) = (Key::major(tonic), Key::minor((tonic + 9) % 12));
            assert_eq!(major.scale(), minor.scale());
            assert_eq!(major.signature().rem_euclid(12), minor.signature().rem_euclid(12));
        }
    }
}
