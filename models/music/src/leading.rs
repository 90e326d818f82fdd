//! Voice leading from one sonority to the next, as theory books count it.
//!
//! A sonority is given by its parts, as MIDI keys from the lowest part up; a part goes on in the part with the same
//! index. If one of two sonorities has more parts than the other, those that are left over do not count.

/// The intervals in which two parts must not go on in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Perfect {
    /// A fifth, or a fifth and octaves.
    Fifth,
    /// A unison or octaves.
    Octave,
}

impl Perfect {
    /// The perfect interval between two keys, if it is one.
    pub fn between(one: u8, other: u8) -> Option<Self> {
        match one.abs_diff(other) % 12 {
            0 => Some(Perfect::Octave),
            7 => Some(Perfect::Fifth),
            _ => None,
        }
    }
}

/// How often two parts reach a perfect interval in the same direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parallels {
    /// From a fifth to a fifth.
    pub fifths: usize,
    /// From a unison or octave to a unison or octave.
    pub octaves: usize,
    /// Hidden ones, at most one: the outer parts come from another interval, and the upper one leaps.
    pub hidden: usize,
}

impl Parallels {
    /// Parallel fifths and octaves; hidden ones are allowed but in the strictest books.
    pub fn forbidden(self) -> usize {
        self.fifths + self.octaves
    }
}

/// The perfect interval in which two parts go on in the same direction, each given by its keys before and after.
pub fn parallel(one: (u8, u8), other: (u8, u8)) -> Option<Perfect> {
    let similar = one.0 != one.1 && other.0 != other.1 && (one.0 < one.1) == (other.0 < other.1);
    let after = Perfect::between(one.1, other.1);
    after.filter(|_| similar && Perfect::between(one.0, other.0) == after)
}

/// Whether the outer parts move in the same direction into a perfect interval from another one, the upper by a leap.
pub fn is_hidden(low: (u8, u8), high: (u8, u8)) -> bool {
    let similar = low.0 != low.1 && (low.0 < low.1) == (high.0 < high.1);
    let after = Perfect::between(low.1, high.1);
    similar && high.0.abs_diff(high.1) > 2 && after.is_some() && Perfect::between(low.0, high.0) != after
}

/// The parallels from `before` to `after`: fifths and octaves between any two parts, hidden ones between the outer.
pub fn parallels(before: &[u8], after: &[u8]) -> Parallels {
    let mut found = Parallels::default();
    let parts = before.len().min(after.len());
    let part = |index: usize| (before[index], after[index]);
    for high in 1..parts {
        for low in 0..high {
            match parallel(part(low), part(high)) {
                Some(Perfect::Fifth) => found.fifths += 1,
                Some(Perfect::Octave) => found.octaves += 1,
                None => {}
            }
        }
    }
    found.hidden = usize::from(parts > 1 && is_hidden(part(0), part(parts - 1)));
    found
}

/// How many pairs of parts are crossed: the lower part lies above the upper.
pub fn crossings(parts: &[u8]) -> usize {
    (1..parts.len()).map(|high| parts[..high].iter().filter(|&&low| low > parts[high]).count()).sum()
}

/// How many parts overlap: they go beyond the key that a neighbour has just left.
pub fn overlaps(before: &[u8], after: &[u8]) -> usize {
    let upwards = after.iter().zip(before.iter().skip(1)).take(before.len().min(after.len()).saturating_sub(1));
    let downwards = after.iter().skip(1).zip(before);
    upwards.filter(|(low, above)| low > above).count() + downwards.filter(|(high, below)| high < below).count()
}

/// The semitones by which each part moves, upwards if positive.
pub fn motion<'a>(before: &'a [u8], after: &'a [u8]) -> impl Iterator<Item = i16> + 'a {
    before.iter().zip(after).map(|(&before, &after)| i16::from(after) - i16::from(before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counted(before: &[u8], after: &[u8]) -> (usize, usize, usize) {
        let Parallels { fifths, octaves, hidden } = parallels(before, after);
        (fifths, octaves, hidden)
    }

    #[test]
    fn chords_moved_as_a_block_are_full_of_parallels() {
        assert_eq!(counted(&[48, 55, 60, 64], &[50, 57, 62, 66]), (1, 1, 0));
    }

    #[test]
    fn compound_intervals_count_as_simple_ones() {
        assert_eq!(counted(&[48, 67], &[50, 69]), (1, 0, 0));
        assert_eq!(counted(&[48, 55], &[50, 69]), (1, 0, 0), "from a fifth to a twelfth");
        assert_eq!(counted(&[48, 48], &[50, 50]), (0, 1, 0));
    }

    #[test]
    fn held_parts_contrary_motion_and_fourths_are_no_parallels() {
        assert_eq!(counted(&[48, 55], &[48, 55]), (0, 0, 0));
        assert_eq!(counted(&[60, 67], &[53, 72]), (0, 0, 0), "by contrary motion");
        assert_eq!(counted(&[55, 60], &[57, 62]), (0, 0, 0), "fourths");
    }

    #[test]
    fn a_hidden_fifth_is_between_the_outer_parts_and_the_upper_leaps() {
        assert_eq!(counted(&[48, 64], &[50, 69]), (0, 0, 1));
        assert_eq!(counted(&[48, 67], &[50, 69]).2, 0, "parallel, not hidden");
        assert_eq!(counted(&[45, 67], &[50, 69]).2, 0, "the upper part steps");
        assert_eq!(counted(&[40, 48, 64, 72], &[41, 50, 69, 74]).2, 0, "not between inner parts");
    }

    #[test]
    fn a_cadence_as_in_the_books_is_clean() {
        let (dominant, tonic) = ([43, 62, 67, 71], [48, 60, 67, 72]);
        assert_eq!(counted(&dominant, &tonic), (0, 0, 0));
        assert_eq!(motion(&dominant, &tonic).collect::<Vec<_>>(), [5, -2, 0, 1]);
        assert_eq!(crossings(&tonic) + overlaps(&dominant, &tonic), 0);
    }

    #[test]
    fn crossed_and_overlapping_parts_are_counted() {
        assert_eq!(crossings(&[48, 60, 55, 67]), 1);
        assert_eq!(crossings(&[67, 60, 55]), 3);
        assert_eq!(overlaps(&[48, 55, 60], &[57, 60, 64]), 1, "the lowest goes above the middle's key");
        assert_eq!(overlaps(&[48, 60], &[40, 45]), 1);
    }

    proptest! {
        #[test]
        fn parallels_are_parallels_upside_down(
            before in prop::collection::vec(20u8..100, 0..5), after in prop::collection::vec(20u8..100, 0..5),
        ) {
            let turned = |parts: &[u8]| parts.iter().map(|key| 120 - key).collect::<Vec<_>>();
            let (here, there) = (parallels(&before, &after), parallels(&turned(&before), &turned(&after)));
            prop_assert_eq!((here.fifths, here.octaves), (there.fifths, there.octaves));
        }

        #[test]
        fn what_stands_still_has_neither_parallels_nor_motion(mut parts in prop::collection::vec(0u8..128, 0..5)) {
            parts.sort_unstable();
            prop_assert_eq!(parallels(&parts, &parts), Parallels::default());
            prop_assert_eq!(crossings(&parts) + overlaps(&parts, &parts), 0);
            prop_assert!(motion(&parts, &parts).all(|step| step == 0));
        }

        #[test]
        fn transposition_changes_nothing(
            before in prop::collection::vec(20u8..100, 0..5), after in prop::collection::vec(20u8..100, 0..5),
            by in 0u8..20,
        ) {
            let moved = |parts: &[u8]| parts.iter().map(|key| key + by).collect::<Vec<_>>();
            prop_assert_eq!(parallels(&before, &after), parallels(&moved(&before), &moved(&after)));
            prop_assert_eq!(overlaps(&before, &after), overlaps(&moved(&before), &moved(&after)));
            prop_assert_eq!(crossings(&before), crossings(&moved(&before)));
        }
    }
}
