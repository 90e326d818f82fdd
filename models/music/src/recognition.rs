//! Which chord the keys spell that somebody holds.

use super::chord::{Chord, Quality, SlashChord};
use super::pitch::{PitchClass, PitchClassSet, ascent, class_of};

/// What makes a reading of the keys less likely.
const NO_FIFTH: i32 = 4;
const NO_ROOT: i32 = 12;
const COLOUR: i32 = 6;
const COLOUR_OF_TRIAD: i32 = 8;
const NOT_OVER_ROOT: i32 = 3;
/// Added for a sixth chord that does not stand on its root: it is a seventh chord rather.
const INVERTED_SIXTH: i32 = 1;

impl Chord {
    /// The chord that the held `keys` spell, if they spell one: at least three pitch classes, or a root and the third
    /// above it. The fifth may be missing; ninths, elevenths and thirteenths over a seventh chord, and a ninth over a
    /// triad, are taken as colour. With such a colour, third and seventh the root of a seventh chord may be missing
    /// too, if no other chord is meant. Of several readings (C6 and Am7) the one over the lowest key wins.
    pub fn recognise(keys: &[u8]) -> Option<SlashChord> {
        Self::of_classes(keys.iter().map(|&key| class_of(key)).collect(), class_of(*keys.iter().min()?))
    }

    /// The same, of the pitch classes `held` over `bass`, which is one of them. Takes no memory.
    pub fn of_classes(held: PitchClassSet, bass: PitchClass) -> Option<SlashChord> {
        if held.len() < 2 {
            return None;
        }
        let readings = (0..Self::NONE_INDEX).filter_map(|index| {
            let chord = Self::from_index(index)?;
            Some((chord.misfit(held, bass)?, chord))
        });
        // Of equally good readings, in every key the same one.
        let (_, chord) = readings.min_by_key(|(misfit, chord)| (*misfit, ascent(bass, chord.root)))?;
        Some(SlashChord { chord, bass })
    }

    /// How badly the chord explains the `held` pitch classes over `bass`; `None` if it does not.
    fn misfit(self, held: PitchClassSet, bass: PitchClass) -> Option<i32> {
        let has = |class| held.contains(class);
        let colours = held.without(self.tones());
        if !colours.iter().all(|class| self.is_coloured_by(ascent(self.root, class), has(self.fifth()))) {
            return None;
        }
        let missing = self.tones().without(held);
        let fifth = PitchClassSet::over(self.fifth(), if self.quality.has_perfect_fifth() { &[0] } else { &[] });
        let complete = missing.is_subset(fifth);
        let is_third = held.len() == 2 && complete && self.seventh().is_none() && bass == self.root;
        let is_rooted = held.len() > 2 && complete && (self.seventh().is_some() || has(self.fifth()));
        let without_root = missing.without(PitchClassSet::over(self.root, &[0]));
        let is_rootless =
            !has(self.root) && self.may_lose_root() && without_root.is_subset(fifth) && !colours.is_empty();
        if !(is_third || is_rooted || is_rootless) {
            return None;
        }
        let colour = if self.seventh().is_some() { COLOUR } else { COLOUR_OF_TRIAD };
        let costs = [
            (!has(self.fifth()), NO_FIFTH),
            (!has(self.root), NO_ROOT),
            (bass != self.root, NOT_OVER_ROOT),
            (bass != self.root && self.is_sixth(), INVERTED_SIXTH),
        ];
        let flaws: i32 = costs.iter().filter(|(is_so, _)| *is_so).map(|(_, cost)| cost).sum();
        Some(flaws + colour * colours.len() as i32)
    }

    /// Whether a tone `interval` semitones above the root colours the chord and leaves it what it is; a raised fourth
    /// does so only beside the fifth.
    fn is_coloured_by(self, interval: u8, beside_fifth: bool) -> bool {
        match interval {
            2 => true,
            5 => self.quality.is_minor(),
            6 => self.quality == Quality::MajorSeventh && beside_fifth,
            9 => self.quality == Quality::Dominant,
            10 => self.quality == Quality::Suspended,
            _ => false,
        }
    }

    fn is_sixth(self) -> bool {
        matches!(self.quality, Quality::Sixth | Quality::MinorSixth)
    }

    /// Whether pianists leave the root to the bass: in chords that third and seventh name.
    fn may_lose_root(self) -> bool {
        matches!(self.quality, Quality::Dominant | Quality::MinorSeventh | Quality::MajorSeventh)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(keys: &[u8]) -> Option<(String, Option<usize>)> {
        Chord::recognise(keys).map(|found| (found.chord.to_string(), found.inversion()))
    }

    fn is(symbol: &str, inversion: usize) -> Option<(String, Option<usize>)> {
        Some((symbol.to_owned(), Some(inversion)))
    }

    #[test]
    fn held_keys_are_recognised_with_their_inversion() {
        assert_eq!(read(&[60, 64, 67]), is("C", 0));
        assert_eq!(read(&[52, 60, 67]), is("C", 1));
        assert_eq!(read(&[60, 64, 67, 69]), is("C6", 0));
        assert_eq!(read(&[57, 60, 64, 67]), is("Am7", 0));
        assert_eq!(read(&[50, 53, 55, 59]), is("G7", 2));
        assert_eq!(read(&[48, 52, 59, 62]), is("Cmaj7", 0));
        assert_eq!(read(&[55, 60, 62]), is("Gsus4", 0));
        assert_eq!(read(&[57, 60]), is("Am", 0));
    }

    #[test]
    fn what_is_no_chord_is_not_recognised() {
        for keys in [&[60, 67][..], &[60, 63, 64], &[60], &[], &[60, 61, 62], &[60, 62, 64], &[52, 60]] {
            assert_eq!(read(keys), None, "{keys:?}");
        }
    }

    #[test]
    fn a_sixth_chord_in_inversion_is_a_seventh_chord() {
        assert_eq!(read(&[55, 57, 60, 64]), is("Am7", 3));
        assert_eq!(read(&[51, 57, 60, 67]), is("Am7b5", 2));
    }

    #[test]
    fn voicings_of_jazz_are_recognised() {
        // Shells over their roots, with or without colour.
        assert_eq!(read(&[43, 53, 59]), is("G7", 0));
        assert_eq!(read(&[43, 53, 57, 59, 64]), is("G7", 0));
        assert_eq!(read(&[38, 53, 60, 64]), is("Dm7", 0));
        assert_eq!(read(&[43, 53, 60, 62]), is("Gsus4", 0));
        // Rootless: third, seventh, ninth, and thirteenth or fifth.
        assert_eq!(read(&[52, 57, 58, 62]).map(|found| found.0), Some("C7".into()));
        assert_eq!(read(&[53, 57, 59]).map(|found| found.0), Some("G7".into()));
    }

    fn chord() -> impl Strategy<Value = Chord> {
        (0usize..144).prop_map(|index| Chord::from_index(index).unwrap())
    }

    proptest! {
        #[test]
        fn what_is_recognised_is_the_same_in_every_key(keys in prop::collection::vec(36u8..72, 1..6), up in 0u8..12) {
            let higher: Vec<u8> = keys.iter().map(|key| key + up).collect();
            let found = Chord::recognise(&keys).map(|found| found.transposed(up.into()));
            prop_assert_eq!(Chord::recognise(&higher), found);
        }

        #[test]
        fn every_chord_is_recognised_in_every_inversion_and_spacing(
            chord in chord(),
            inversion in 0usize..4,
            octaves in prop::collection::vec(0u8..3, 4),
            doubled in prop::option::of(0usize..4),
        ) {
            let bass = chord.tone(inversion);
            let tones = chord.quality.intervals().len();
            let above = (0..tones).chain(doubled).map(|tone| {
                48 + ascent(bass, chord.tone(tone)) + bass + 12 * octaves[tone % tones]
            });
            let keys: Vec<u8> = above.chain([36 + bass]).collect();
            let found = Chord::recognise(&keys).unwrap();
            prop_assert_eq!((found.chord.tones(), found.bass), (chord.tones(), bass));
            let alike = (0..144).filter_map(Chord::from_index).filter(|other| other.tones() == chord.tones()).count();
            if alike == 1 || inversion % tones == 0 {
                prop_assert_eq!(found.chord, chord);
            }
        }
    }
}
