//! Notes that go from one chord to another in the moment in which it is struck.

use super::chord::SlashChord;
use super::pitch::{KeyRange, PitchClass, PitchClassSet, ascent, class_of, nearest};

/// What a tone of the new chord costs that nobody sounds, in semitones of motion.
const UNHEARD: u32 = 24;

/// Where the notes over one chord go when another one takes its place. Plain old data, made and asked without memory,
/// in a few microseconds; the same in every key.
///
/// The tones of the old chord go to those of the new one by the shortest way that leaves none of them out, every other
/// note to the nearest of them; the bass goes to the new bass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reharmony {
    /// By pitch class.
    to: [PitchClass; 12],
    /// The old bass, and the new one.
    bass: [PitchClass; 2],
}

impl Reharmony {
    /// The way from a chord to another one.
    pub fn new(from: SlashChord, to: SlashChord) -> Self {
        let tones = to.chord.tones();
        let mut table: [PitchClass; 12] = std::array::from_fn(|class| nearest_of(tones, class as PitchClass));
        let (old, new) = (from.chord.quality.intervals().len(), to.chord.quality.intervals().len());
        let ways = new.pow(old as u32);
        // The digits of a way say to which of the new tones each of the old ones goes.
        let digits = |way: usize| {
            (0..old).scan(way, move |rest, tone| {
                let digit = *rest % new;
                *rest /= new;
                Some((from.chord.tone(tone), digit))
            })
        };
        let cost = |way: usize| {
            let steps = digits(way).map(|(tone, digit)| distance(tone, to.chord.tone(digit)));
            let heard = digits(way).fold(0u32, |heard, (_, digit)| heard | 1 << digit);
            steps.sum::<u32>() + UNHEARD * (new as u32 - heard.count_ones())
        };
        let best = (0..ways).min_by_key(|&way| cost(way)).unwrap_or_default();
        for (tone, digit) in digits(best) {
            table[usize::from(tone)] = to.chord.tone(digit);
        }
        Self { to: table, bass: [from.bass, to.bass] }
    }

    /// The pitch class to which `class` goes.
    pub fn class(&self, class: PitchClass) -> PitchClass {
        self.to[usize::from(class % 12)]
    }

    /// Where `key` goes, by the shortest way; within `range`, if it lies there.
    pub fn key(&self, key: u8, range: KeyRange) -> u8 {
        placed(self.class(class_of(key)), key, range)
    }

    /// The same for a note of the bass line.
    pub fn bass_key(&self, key: u8, range: KeyRange) -> u8 {
        let [old, new] = self.bass;
        let class = if class_of(key) == old { new } else { self.class(class_of(key)) };
        placed(class, key, range)
    }
}

/// The key of `class` nearest to `key`, of two equally near the lower; in `range`, if `key` is.
fn placed(class: PitchClass, key: u8, range: KeyRange) -> u8 {
    let within = range.keys_of(class).min_by_key(|other| other.abs_diff(key));
    within.filter(|_| range.contains(key)).unwrap_or_else(|| nearest(class, key))
}

/// The nearest of `tones` to `class`; of two equally near, the lower.
fn nearest_of(tones: PitchClassSet, class: PitchClass) -> PitchClass {
    let below = |steps: u8| (class + 12 - steps) % 12;
    let above = |steps: u8| (class + steps) % 12;
    let near = (0..7).flat_map(|steps| [below(steps), above(steps)]);
    near.into_iter().find(|&near| tones.contains(near)).unwrap_or(class)
}

/// Semitones between two pitch classes, by the shorter way.
fn distance(one: PitchClass, other: PitchClass) -> u32 {
    let up = ascent(one, other);
    up.min(12 - up).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chord::Chord;

    fn slash(symbol: &str) -> SlashChord {
        let (chord, bass) = symbol.split_once('/').unwrap_or((symbol, symbol));
        SlashChord { chord: chord.parse().unwrap(), bass: bass.parse::<Chord>().unwrap().root }
    }

    fn moved(from: &str, to: &str, keys: &[u8]) -> Vec<u8> {
        let reharmony = Reharmony::new(slash(from), slash(to));
        keys.iter().map(|&key| reharmony.key(key, KeyRange::new(48, 72))).collect()
    }

    #[test]
    fn chords_go_on_as_a_hand_leads_them() {
        assert_eq!(moved("C", "F", &[55, 60, 64]), [57, 60, 65]);
        assert_eq!(moved("C", "Am", &[60, 64, 67]), [60, 64, 69]);
        assert_eq!(moved("G7", "C", &[55, 59, 62, 65])[1..], [60, 60, 64]);
        assert_eq!(moved("C", "Dm7", &[60, 64, 67]), [60, 65, 69]);
        assert_eq!(moved("C", "C", &[60, 64, 67, 62]), [60, 64, 67, 60], "what is no tone of it becomes one");
    }

    #[test]
    fn the_bass_goes_to_the_new_bass_and_its_fifth_to_a_tone() {
        let reharmony = Reharmony::new(slash("C"), slash("F/A"));
        let range = KeyRange::new(28, 55);
        assert_eq!(reharmony.bass_key(36, range), 33);
        assert_eq!(class_of(reharmony.bass_key(43, range)), 9);
    }

    fn harmony() -> impl Strategy<Value = SlashChord> {
        (0usize..144, 0usize..4).prop_map(|(index, tone)| {
            let chord = Chord::from_index(index).unwrap();
            SlashChord { chord, bass: chord.tone(tone % chord.quality.intervals().len()) }
        })
    }

    fn range() -> impl Strategy<Value = KeyRange> {
        (0u8..100, 12u8..28).prop_map(|(low, width)| KeyRange::new(low, low + width))
    }

    proptest! {
        #[test]
        fn every_note_lands_in_the_new_chord_and_in_the_range_from_which_it_came(
            from in harmony(), to in harmony(), key in 0u8..128, range in range(),
        ) {
            let reharmony = Reharmony::new(from, to);
            for moved in [reharmony.key(key, range), reharmony.bass_key(key, range)] {
                prop_assert!(to.chord.contains(class_of(moved)));
                prop_assert!(range.contains(moved) || !range.contains(key));
            }
            prop_assert!(range.contains(key) || reharmony.key(key, range).abs_diff(key) <= 12);
        }

        #[test]
        fn no_tone_of_the_new_chord_is_left_out_if_the_old_one_has_as_many(from in harmony(), to in harmony()) {
            let reharmony = Reharmony::new(from, to);
            let landed: PitchClassSet = from.chord.tones().iter().map(|class| reharmony.class(class)).collect();
            prop_assert_eq!(landed.len(), to.chord.tones().len().min(from.chord.tones().len()));
        }

        #[test]
        fn it_is_the_same_in_every_key(from in harmony(), to in harmony(), class in 0u8..12, up in 0u8..12) {
            let shifted = |harmony: SlashChord| SlashChord {
                chord: harmony.chord.transposed(up.into()),
                bass: (harmony.bass + up) % 12,
            };
            let here = Reharmony::new(from, to).class(class);
            let there = Reharmony::new(shifted(from), shifted(to)).class((class + up) % 12);
            prop_assert_eq!(there, (here + up) % 12);
        }
    }
}
