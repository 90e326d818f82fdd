//! Roman numerals, harmonic functions, and the progressions that everybody knows.

use std::fmt;

use super::chord::{Chord, Quality};
use super::key::Key;
use super::pitch::{Spelling, ascent};

/// What a chord does in its key, after Riemann 1893, "Vereinfachte Harmonielehre".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// Rest: I, vi, iii.
    Tonic,
    /// Departure: IV, ii, and the chords with a lowered sixth.
    Subdominant,
    /// Tension: V, vii, and every secondary dominant.
    Dominant,
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Function::Tonic => "tonic",
            Function::Subdominant => "subdominant",
            Function::Dominant => "dominant",
        })
    }
}

/// A chord as a degree of a key: "ii7", "V7/V", "bVII", "viiø7".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Numeral {
    /// The scale degree of the root, 0 (tonic) to 6; of a secondary dominant, counted in the key of its target.
    pub degree: u8,
    /// Semitones by which the root is raised from that degree, or lowered if negative.
    pub accidental: i8,
    /// The quality of the chord.
    pub quality: Quality,
    /// The degree to which a secondary dominant leads.
    pub target: Option<Target>,
}

/// The degree to which a secondary dominant leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The scale degree, 1 to 6.
    pub degree: u8,
    /// Whether the triad on it is minor.
    pub minor: bool,
}

impl Numeral {
    /// The numeral of `chord` in `key`. A major triad, dominant seventh or diminished chord that does not belong to the
    /// key and lies a fifth above (a semitone below) a degree of it is that degree's secondary dominant; a chord of
    /// another kind is borrowed, and written with the accidental of its root.
    pub fn of(chord: Chord, key: Key) -> Self {
        Self::secondary(chord, key).unwrap_or_else(|| Self::plain(chord, key))
    }

    /// The same, when it is known which chord comes `next`: a tonic seventh that falls a fifth is V7/IV.
    pub fn leading_to(chord: Chord, next: Option<Chord>, key: Key) -> Self {
        let falls = next.is_some_and(|next| ascent(next.root, chord.root) == 7);
        match target_of(chord, key) {
            Some(target) if falls && chord.quality == Quality::Dominant && !is_dominant_of_key(chord, key) => {
                Self { degree: 4, accidental: 0, quality: chord.quality, target: Some(target) }
            }
            _ => Self::of(chord, key),
        }
    }

    /// What the chord does in its key. Chords with the leading tone and a secondary dominant are dominant.
    pub fn function(self) -> Function {
        if self.target.is_some() {
            return Function::Dominant;
        }
        match (self.degree, self.accidental) {
            (0 | 2, _) => Function::Tonic,
            (5, 0) => Function::Tonic,
            (4, 0) | (6, 0) => Function::Dominant,
            _ => Function::Subdominant,
        }
    }

    /// The name of the root of `chord` as `key` writes it: of a chord that leads into a degree, its leading tone
    /// (D♯dim7 into the E minor of C major); else as the key writes the note.
    pub(super) fn root(chord: Chord, key: Key) -> Spelling {
        match Self::secondary(chord, key) {
            Some(Self { degree: 6, target: Some(target), .. }) => {
                let into = key.alteration(key.class_of_degree(target.degree));
                key.readable(Spelling::at(into.place() + 5))
            }
            _ => key.spell(chord.root),
        }
    }

    fn plain(chord: Chord, key: Key) -> Self {
        let tonic = key.tonic_spelling();
        let root = key.alteration(chord.root);
        let degree = (root.letter() + 7 - tonic.letter()) % 7;
        let natural = ascent(key.tonic, key.class_of_degree(degree));
        // In minor, degrees are those of the natural scale, but the leading tone's chord is plain vii.
        let raised = (i32::from(ascent(key.tonic, chord.root)) - i32::from(natural) + 18).rem_euclid(12) - 6;
        let on_leading_tone = key.is_minor() && chord.root == key.leading_tone() && chord.quality.is_minor();
        let accidental = if on_leading_tone { 0 } else { raised as i8 };
        Self { degree, accidental, quality: chord.quality, target: None }
    }

    fn secondary(chord: Chord, key: Key) -> Option<Self> {
        let degree = match chord.quality {
            Quality::Major | Quality::Dominant => 4,
            Quality::DiminishedSeventh | Quality::Diminished | Quality::HalfDiminished => 6,
            _ => return None,
        };
        if chord.tones().is_subset(key.locked_scale()) || is_dominant_of_key(chord, key) {
            return None;
        }
        // On the subdominant, and on the tonic of a blues or as a Picardy third, it is colour.
        let colour = match ascent(key.tonic, chord.root) {
            0 => !key.is_minor() || chord.quality == Quality::Major,
            5 => true,
            _ => false,
        };
        if degree == 4 && colour {
            return None;
        }
        let target = target_of(chord, key)?;
        Some(Self { degree, accidental: 0, quality: chord.quality, target: Some(target) })
    }
}

/// The degree whose dominant `chord` could be: one with a major or minor triad, other than the tonic.
fn target_of(chord: Chord, key: Key) -> Option<Target> {
    let over_target = if chord.quality.is_minor() { 11 } else { 7 };
    let root = (chord.root + 12 - over_target) % 12;
    let degree = key.degree(root).filter(|&degree| degree != 0)?;
    let third = ascent(root, key.class_of_degree(degree + 2));
    let fifth = ascent(root, key.class_of_degree(degree + 4));
    // The dominant counts as major in minor keys too.
    (fifth == 7).then_some(Target { degree, minor: third == 3 && degree != 4 })
}

/// Whether the chord stands on the fifth degree or the leading tone and so leads to the tonic.
fn is_dominant_of_key(chord: Chord, key: Key) -> bool {
    match ascent(key.tonic, chord.root) {
        7 => !chord.quality.is_minor(),
        11 => chord.quality.is_minor(),
        _ => false,
    }
}

impl fmt::Display for Numeral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for _ in 0..self.accidental.abs() {
            f.write_str(if self.accidental > 0 { "#" } else { "b" })?;
        }
        f.write_str(roman(self.degree, self.quality.is_minor()))?;
        f.write_str(match self.quality {
            Quality::Major | Quality::Minor => "",
            Quality::Diminished => "°",
            Quality::Augmented => "+",
            Quality::Suspended => "sus4",
            Quality::Sixth | Quality::MinorSixth => "6",
            Quality::Dominant | Quality::MinorSeventh => "7",
            Quality::MajorSeventh => "maj7",
            Quality::HalfDiminished => "ø7",
            Quality::DiminishedSeventh => "°7",
        })?;
        match self.target {
            Some(target) => write!(f, "/{}", roman(target.degree, target.minor)),
            None => Ok(()),
        }
    }
}

fn roman(degree: u8, minor: bool) -> &'static str {
    let (upper, lower) = (["I", "II", "III", "IV", "V", "VI", "VII"], ["i", "ii", "iii", "iv", "v", "vi", "vii"]);
    if minor { lower[usize::from(degree % 7)] } else { upper[usize::from(degree % 7)] }
}

/// A progression or cadence that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Progression {
    /// I–IV–V–I, in minor i–iv–V–i.
    FullCadence,
    /// ii–V–I, in minor ii°–V–i.
    TwoFiveOne,
    /// I–vi–IV–V, in minor i–VI–iv–V.
    Doowop,
    /// I–V–vi–IV.
    FourChords,
    /// i–VII–VI–V.
    Andalusian,
    /// vi–ii–V–I: the circle of fifths.
    Circle,
    /// V–I.
    Authentic,
    /// IV–I.
    Plagal,
    /// V–vi.
    Deceptive,
    /// The last chord is V.
    Half,
}

impl Progression {
    /// The name by its degrees, or that of the cadence.
    pub fn name(self) -> &'static str {
        match self {
            Progression::FullCadence => "I–IV–V–I",
            Progression::TwoFiveOne => "ii–V–I",
            Progression::Doowop => "I–vi–IV–V",
            Progression::FourChords => "I–V–vi–IV",
            Progression::Andalusian => "i–VII–VI–V",
            Progression::Circle => "vi–ii–V–I",
            Progression::Authentic => "authentic cadence",
            Progression::Plagal => "plagal cadence",
            Progression::Deceptive => "deceptive cadence",
            Progression::Half => "half cadence",
        }
    }
}

impl fmt::Display for Progression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a progression was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// What was found.
    pub progression: Progression,
    /// The index of its first chord.
    pub start: usize,
    /// How many chords it takes.
    pub chords: usize,
}

/// The degrees of each progression in major and in minor, longest first.
const KNOWN: [(Progression, &[u8], &[u8]); 9] = [
    (Progression::FullCadence, &[0, 3, 4, 0], &[0, 3, 4, 0]),
    (Progression::Doowop, &[0, 5, 3, 4], &[0, 5, 3, 4]),
    (Progression::FourChords, &[0, 4, 5, 3], &[]),
    (Progression::Andalusian, &[], &[0, 6, 5, 4]),
    (Progression::Circle, &[5, 1, 4, 0], &[]),
    (Progression::TwoFiveOne, &[1, 4, 0], &[1, 4, 0]),
    (Progression::Authentic, &[4, 0], &[4, 0]),
    (Progression::Plagal, &[3, 0], &[3, 0]),
    (Progression::Deceptive, &[4, 5], &[4, 5]),
];

/// The progressions and cadences of `key` in a phrase of `chords`, in the order of their last chord, longest first.
/// A chord counts as its degree with or without seventh. Repeated chords are to be merged before.
pub fn progressions(chords: &[Chord], key: Key) -> Vec<Found> {
    let degrees: Vec<Option<u8>> = chords.iter().map(|&chord| diatonic_degree(chord, key)).collect();
    let mut found = Vec::new();
    for end in 1..=chords.len() {
        for (progression, major, minor) in KNOWN {
            let wanted = if key.is_minor() { minor } else { major };
            let Some(start) = end.checked_sub(wanted.len()).filter(|_| !wanted.is_empty()) else { continue };
            if degrees[start..end].iter().zip(wanted).all(|(degree, wanted)| *degree == Some(*wanted)) {
                found.push(Found { progression, start, chords: wanted.len() });
            }
        }
    }
    if degrees.len() > 1 && degrees[degrees.len() - 1] == Some(4) {
        found.push(Found { progression: Progression::Half, start: degrees.len() - 1, chords: 1 });
    }
    found
}

/// The degree as which `chord` takes part in a progression of `key`: its triad must be that of the degree (the dominant
/// is major in minor too).
fn diatonic_degree(chord: Chord, key: Key) -> Option<u8> {
    use Quality as Q;
    let degree = key.degree(chord.root)?;
    let major = matches!(chord.quality, Q::Major | Q::Sixth | Q::Dominant | Q::MajorSeventh);
    let minor = matches!(chord.quality, Q::Minor | Q::MinorSeventh | Q::MinorSixth);
    let diminished = matches!(chord.quality, Q::Diminished | Q::HalfDiminished | Q::DiminishedSeventh);
    let fits = match (key.is_minor(), degree) {
        (_, 4) => major || chord.quality == Q::Suspended,
        (false, 0 | 3) | (true, 2 | 5 | 6) => major,
        (false, 1 | 2 | 5) | (true, 0 | 3) => minor,
        (true, 1) => minor || diminished,
        _ => diminished,
    };
    fits.then_some(degree)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numerals(symbols: &str, key: &str) -> String {
        let key = key.parse().unwrap();
        let numeral = |symbol: &str| Numeral::of(symbol.parse().unwrap(), key).to_string();
        symbols.split(' ').map(numeral).collect::<Vec<_>>().join(" ")
    }

    fn transposed(symbols: &str, semitones: u8) -> Vec<Chord> {
        symbols.split(' ').map(|symbol| symbol.parse::<Chord>().unwrap().transposed(semitones.into())).collect()
    }

    fn names(found: &[Found]) -> Vec<Progression> {
        found.iter().map(|found| found.progression).collect()
    }

    #[test]
    fn the_chords_of_a_major_key_have_their_numerals() {
        assert_eq!(numerals("C Dm Em F G Am Bdim", "C major"), "I ii iii IV V vi vii°");
        assert_eq!(numerals("Cmaj7 Dm7 Em7 Fmaj7 G7 Am7 Bm7b5", "C major"), "Imaj7 ii7 iii7 IVmaj7 V7 vi7 viiø7");
    }

    #[test]
    fn the_chords_of_a_minor_key_have_their_numerals() {
        assert_eq!(numerals("Am Bdim C Dm E7 F G G#dim7 Em", "A minor"), "i ii° III iv V7 VI VII vii°7 v");
    }

    #[test]
    fn chords_from_outside_are_secondary_dominants_or_borrowed() {
        assert_eq!(numerals("D7 E7 A7 B7 D F#dim7", "C major"), "V7/V V7/vi V7/ii V7/iii V/V vii°7/V");
        assert_eq!(numerals("Bb Fm Ab Eb Dm7b5 Cm", "C major"), "bVII iv bVI bIII iiø7 i");
        assert_eq!(numerals("B7 A7", "A minor"), "V7/V V7/iv");
    }

    #[test]
    fn a_blues_keeps_its_degrees_unless_the_tonic_seventh_falls() {
        assert_eq!(numerals("C7 F7 G7", "C major"), "I7 IV7 V7");
        let (c7, f) = ("C7".parse().unwrap(), "F".parse().unwrap());
        assert_eq!(Numeral::leading_to(c7, Some(f), Key::major(0)).to_string(), "V7/IV");
        assert_eq!(Numeral::leading_to(c7, None, Key::major(0)).to_string(), "I7");
    }

    #[test]
    fn functions_follow_the_degree() {
        let function = |symbol: &str, key: &str| Numeral::of(symbol.parse().unwrap(), key.parse().unwrap()).function();
        for (symbol, expected) in [
            ("C", Function::Tonic),
            ("Am7", Function::Tonic),
            ("F", Function::Subdominant),
            ("Dm7", Function::Subdominant),
            ("Fm", Function::Subdominant),
            ("Ab", Function::Subdominant),
            ("G7", Function::Dominant),
            ("Bdim", Function::Dominant),
            ("D7", Function::Dominant),
        ] {
            assert_eq!(function(symbol, "C major"), expected, "{symbol}");
        }
        assert_eq!(function("G#dim7", "A minor"), Function::Dominant);
    }

    #[test]
    fn known_progressions_are_recognised_in_every_key() {
        for semitones in 0..12 {
            let (major, minor) = (Key::major(semitones), Key::minor((semitones + 9) % 12));
            for (symbols, key, progression) in [
                ("C F G C", major, Progression::FullCadence),
                ("C F G7 C", major, Progression::FullCadence),
                ("Dm7 G7 Cmaj7", major, Progression::TwoFiveOne),
                ("C Am F G", major, Progression::Doowop),
                ("C G Am F", major, Progression::FourChords),
                ("Am7 Dm7 G7 C6", major, Progression::Circle),
                ("Am Dm E Am", minor, Progression::FullCadence),
                ("Bm7b5 E7 Am", minor, Progression::TwoFiveOne),
                ("Am F Dm E7", minor, Progression::Doowop),
                ("Am G F E", minor, Progression::Andalusian),
            ] {
                let chords = transposed(symbols, semitones);
                let found = progressions(&chords, key);
                let whole = Found { progression, start: 0, chords: chords.len() };
                assert!(found.contains(&whole), "{symbols} in {key}: {found:?}");
            }
        }
    }

    #[test]
    fn cadences_are_told_apart() {
        let found = |symbols| names(&progressions(&transposed(symbols, 0), Key::major(0)));
        assert_eq!(found("F C"), [Progression::Plagal]);
        assert_eq!(found("G7 Am"), [Progression::Deceptive]);
        assert_eq!(found("C G"), [Progression::Half]);
        assert_eq!(found("Dm G7 C"), [Progression::TwoFiveOne, Progression::Authentic]);
        assert_eq!(found("C Eb F#m"), []);
        assert_eq!(found("C"), []);
    }

    proptest! {
        #[test]
        fn numerals_do_not_depend_on_the_tonic(index in 0usize..144, semitones in 0i32..12, key in 0usize..24) {
            let (chord, key) = (Chord::from_index(index).unwrap(), Key::from_index(key));
            let other = Key { tonic: (key.tonic + semitones as u8) % 12, ..key };
            prop_assert_eq!(Numeral::of(chord, key), Numeral::of(chord.transposed(semitones), other));
        }
    }
}
