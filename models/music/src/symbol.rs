//! How chords are written in a key.

use super::chord::{Chord, Quality, SlashChord};
use super::key::Key;
use super::numeral::Numeral;
use super::pitch::Spelling;

impl Chord {
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

impl SlashChord {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PitchClassSet;
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
