//! Sets of keys, and which of them a line may take so that all that is demanded of its coming notes stays within reach.

use std::ops::BitAnd;

use crate::music::PitchClassSet;

/// A set of MIDI keys: bit *k* says whether it contains key *k*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keys(u128);

impl Keys {
    /// No key.
    pub const NONE: Self = Self(0);
    /// The whole keyboard.
    pub const ALL: Self = Self(u128::MAX);

    /// Every key of the pitch classes in `classes`.
    pub fn of(classes: PitchClassSet) -> Self {
        let octave = u128::from(classes.bits());
        Self((0..11).fold(0, |keys, octaves| keys | octave << (12 * octaves)))
    }

    /// The keys from `low` to `high`, both included, as far as the keyboard goes.
    pub fn between(low: i32, high: i32) -> Self {
        (low.max(0)..=high.min(127)).fold(Self::NONE, |keys, key| Self(keys.0 | 1 << key))
    }

    /// The keys at most `leap` semitones away from one of these.
    pub fn within(self, leap: u8) -> Self {
        (1..=leap).fold(self, |keys, step| Self(keys.0 | self.0 << step | self.0 >> step))
    }

    /// Whether `key` is one of them.
    pub fn contains(self, key: i32) -> bool {
        (0..128).contains(&key) && self.0 >> key & 1 == 1
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The keys, from below.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = u8> {
        (0..128u8).filter(move |&key| self.contains(i32::from(key)))
    }

    /// The one closest to `key`; of two, the upper.
    pub fn closest(self, key: i32) -> Option<u8> {
        self.iter().rev().min_by_key(|&own| (i32::from(own) - key).abs())
    }
}

impl BitAnd for Keys {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// The keys for the first of some notes in a row from which all of them can be played: each with a key of its own
/// demand, none more than `leap` semitones from the one before. Computed backwards, so that exactly those keys are left
/// from which there is a way to the end.
pub(super) fn open(demands: &[Keys], leap: u8) -> Keys {
    demands.iter().rev().copied().reduce(|later, here| here & later.within(leap)).unwrap_or(Keys::NONE)
}

/// The same, looking ahead as far as the demands can be met; none only if already the first cannot.
pub(super) fn open_as_far_as_possible(demands: &[Keys], leap: u8) -> Keys {
    let ahead = (1..=demands.len()).rev().map(|notes| open(&demands[..notes], leap));
    ahead.into_iter().find(|keys| !keys.is_empty()).unwrap_or(Keys::NONE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether notes that go on after `key` can meet `demands`, found by trying every line.
    fn can_go_on(key: u8, demands: &[Keys], leap: u8) -> bool {
        let Some((next, rest)) = demands.split_first() else { return true };
        next.iter().any(|other| other.abs_diff(key) <= leap && can_go_on(other, rest, leap))
    }

    /// Sets of few keys in two octaves from middle C.
    fn demand() -> impl Strategy<Value = Keys> {
        (any::<u128>(), any::<u128>()).prop_map(|(a, b)| Keys(a & b) & Keys::between(60, 84))
    }

    proptest! {
        #[test]
        fn exactly_the_keys_from_which_a_line_can_be_completed_are_open(
            demands in prop::collection::vec(demand(), 1..6), leap in 1u8..14,
        ) {
            let open = open(&demands, leap);
            for key in 0..128 {
                let expected = demands[0].contains(key) && can_go_on(key as u8, &demands[1..], leap);
                prop_assert_eq!(open.contains(key), expected, "key {}", key);
            }
        }

        #[test]
        fn whoever_takes_an_open_key_each_time_meets_every_demand(
            demands in prop::collection::vec(demand(), 1..12), leap in 1u8..14,
            choices in prop::collection::vec(any::<usize>(), 12),
        ) {
            let mut from = None;
            for (done, &choice) in choices.iter().enumerate().take(demands.len()) {
                let reach = from.map_or(Keys::ALL, |key: u8| Keys(1 << key).within(leap));
                let keys: Vec<u8> = (open(&demands[done..], leap) & reach).iter().collect();
                if done == 0 && keys.is_empty() {
                    break;
                }
                prop_assert!(!keys.is_empty(), "stuck at note {}", done);
                from = Some(keys[choice % keys.len()]);
            }
        }

        #[test]
        fn a_demand_that_cannot_be_met_is_met_as_far_as_it_can(
            demands in prop::collection::vec(demand(), 1..6),
            leap in 1u8..14,
        ) {
            let far = open_as_far_as_possible(&demands, leap);
            prop_assert_eq!(far.is_empty(), demands[0].is_empty());
            prop_assert_eq!(far & demands[0], far);
            if !open(&demands, leap).is_empty() {
                prop_assert_eq!(far, open(&demands, leap));
            }
        }
    }

    #[test]
    fn the_keys_of_a_class_lie_in_every_octave() {
        let keys: Vec<u8> = Keys::of(PitchClassSet::over(9, &[0])).iter().collect();
        assert_eq!(keys, [9, 21, 33, 45, 57, 69, 81, 93, 105, 117]);
    }

    #[test]
    fn the_closest_of_two_is_the_upper() {
        let keys = Keys::between(60, 60).within(2) & Keys::of(PitchClassSet::over(0, &[2, 10]));
        assert_eq!([40, 60, 61, 59].map(|key| keys.closest(key)), [58, 62, 62, 58].map(Some));
        assert_eq!(Keys::NONE.closest(60), None);
    }
}
