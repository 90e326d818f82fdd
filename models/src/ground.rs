//! What the notes of a frame stand on, and what becomes of them when the musician's left hand strikes another chord.
//!
//! The audio thread strikes, ends and answers by what was planned; the worker goes on from it. Both ask here, so that
//! they have the same notes in mind.

use crate::controls::Player;
use crate::music::pitch::{KeyRange, PitchClass, PitchClassSet};
use crate::music::{Reharmony, SlashChord};

/// The harmony on which a frame was planned, and the bounds of what may be played there. Plain old data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ground {
    /// The harmony; `None`: the band rests.
    pub harmony: Option<SlashChord>,
    /// The pitch classes that may sound.
    pub allowed: PitchClassSet,
    /// The keys of Chords.
    pub chords: KeyRange,
    /// The keys of Bass.
    pub bass: KeyRange,
    /// Whether it gives way to the left hand at once.
    pub yields: bool,
    /// Whether it has.
    pub has_yielded: bool,
}

impl Default for Ground {
    /// Nothing stands on it.
    fn default() -> Self {
        let keys = KeyRange::new(0, 127);
        let (harmony, allowed) = (None, PitchClassSet::ALL);
        Self { harmony, allowed, chords: keys, bass: keys, yields: false, has_yielded: false }
    }
}

impl Ground {
    /// How it gives way when the left hand strikes `struck`; `None`: it stays as it is, because it is that harmony, or
    /// the key lock forbids the chord, or it does not yield. A bass that is locked gives its place to the root.
    pub fn giving_way(&self, struck: SlashChord) -> Option<Yielding> {
        let from = self.harmony.filter(|_| self.yields && struck.chord.tones().is_subset(self.allowed))?;
        let bass = if self.allowed.contains(struck.bass) { struck.bass } else { struck.chord.root };
        let to = SlashChord { bass, ..struck };
        (from != to).then(|| Yielding { from: *self, to, reharmony: Reharmony::new(from, to) })
    }
}

/// A ground that gives way to a chord. Plain old data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yielding {
    from: Ground,
    to: SlashChord,
    reharmony: Reharmony,
}

impl Yielding {
    /// The ground as it was.
    pub fn from(&self) -> &Ground {
        &self.from
    }

    /// The harmony that comes.
    pub fn harmony(&self) -> SlashChord {
        self.to
    }

    /// The ground as it is from then on.
    pub fn ground(&self) -> Ground {
        Ground { harmony: Some(self.to), has_yielded: true, ..self.from }
    }

    /// The key that `player` plays in the place of `key`: another one only where the player accompanies.
    pub fn key(&self, player: Player, key: u8) -> u8 {
        match player {
            Player::Chords => self.reharmony.key(key, self.from.chords),
            Player::Bass => self.reharmony.bass_key(key, self.from.bass),
            _ => key,
        }
    }

    /// A way to answer a note of `class` on the new ground (see [`crate::AnswerRow`]): tones of the old chord that are
    /// none of the new one go there, on the same side of the note; what was between the chord's tones stays.
    pub fn way<const VOICES: usize>(&self, class: PitchClass, way: &[i8; VOICES]) -> [i8; VOICES] {
        let old = self.from.harmony.map(|harmony| harmony.chord);
        let mut moved = way.map(|offset| {
            let sung = (i16::from(class) + i16::from(offset)).rem_euclid(12) as PitchClass;
            let goes = offset != 0 && !self.to.chord.contains(sung) && old.is_some_and(|old| old.contains(sung));
            if !goes {
                return offset;
            }
            let up = (self.reharmony.class(sung) + 12 - sung) % 12;
            let by = if up > 6 { up as i8 - 12 } else { up as i8 };
            let near = offset + by;
            let is_beside = near != 0 && near.signum() == offset.signum();
            if is_beside { near } else { near + 12 * offset.signum() }
        });
        moved.sort_by_key(|offset| if *offset == 0 { i8::MAX } else { offset.abs() });
        for index in 1..VOICES {
            if moved[..index].contains(&moved[index]) {
                moved[index] = 0;
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::music::Chord;
    use crate::music::pitch::class_of;

    fn harmony() -> impl Strategy<Value = SlashChord> {
        (0usize..144).prop_map(|index| {
            let chord = Chord::from_index(index).unwrap();
            SlashChord { chord, bass: chord.root }
        })
    }

    fn ground(harmony: SlashChord) -> Ground {
        let (chords, bass) = (KeyRange::new(48, 72), KeyRange::new(28, 55));
        Ground { harmony: Some(harmony), chords, bass, yields: true, ..Ground::default() }
    }

    #[test]
    fn it_stays_where_it_does_not_yield_where_the_lock_forbids_the_chord_and_where_the_chord_stands() {
        let [c, f] = ["C", "F"].map(|symbol| {
            let chord: Chord = symbol.parse().unwrap();
            SlashChord { chord, bass: chord.root }
        });
        assert_eq!(ground(c).giving_way(f).map(|by| by.harmony()), Some(f));
        assert_eq!(ground(c).giving_way(c), None);
        assert_eq!(Ground { yields: false, ..ground(c) }.giving_way(f), None);
        assert_eq!(Ground { allowed: c.chord.tones(), ..ground(c) }.giving_way(f), None);
        assert_eq!(Ground { harmony: None, ..ground(c) }.giving_way(f), None);
    }

    proptest! {
        #[test]
        fn who_accompanies_lands_in_the_chord_and_nobody_else_moves(
            from in harmony(), to in harmony(), key in 0u8..128,
        ) {
            if let Some(by) = ground(from).giving_way(to) {
                for player in [Player::Chords, Player::Bass] {
                    prop_assert!(to.chord.contains(class_of(by.key(player, key))));
                }
                let others = [Player::Lead, Player::Drums, Player::Voices];
                prop_assert!(others.iter().all(|&other| by.key(other, key) == key));
                prop_assert_eq!(by.ground().giving_way(to), None);
            }
        }

        #[test]
        fn answers_stay_on_their_side_and_leave_the_old_chord(
            from in harmony(),
            to in harmony(),
            class in 0u8..12,
            down: bool,
            offsets in [0i8..13, 0i8..13, 0i8..13],
        ) {
            if let Some(by) = ground(from).giving_way(to) {
                let side = if down { -1 } else { 1 };
                let way = offsets.map(|offset| offset * side);
                let moved = by.way(class, &way);
                prop_assert!(moved.iter().all(|offset| *offset == 0 || offset.signum() == side));
                for offset in moved.iter().filter(|offset| **offset != 0) {
                    let sung = (i16::from(class) + i16::from(*offset)).rem_euclid(12) as u8;
                    prop_assert!(to.chord.contains(sung) || !from.chord.contains(sung));
                }
            }
        }
    }
}
