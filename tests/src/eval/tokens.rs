//! A melody as sequences of tokens: what the soloist network predicts, and what the n-grams count.

use continuo_models::network::features::{TIMES, time_class};
use continuo_models::network::soloist::{PITCHES, pitch_index};

use super::corpus::Note;

/// A token of a sequence.
pub type Token = u8;

/// A kind of sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The pitch of each note.
    Pitch,
    /// From each note's pitch to the next.
    Interval,
    /// The length of each note.
    Length,
    /// From each onset to the next.
    Time,
}

impl Kind {
    /// The number of different tokens.
    pub fn size(self) -> usize {
        match self {
            Kind::Pitch => PITCHES,
            Kind::Interval => 2 * PITCHES - 1,
            Kind::Length | Kind::Time => TIMES,
        }
    }

    /// The sequence of the first `count` notes, and of one more as far as it tells the time to it.
    pub fn tokens(self, notes: &[Note], count: usize) -> Vec<Token> {
        let count = count.min(notes.len());
        let pairs = |count: usize, of: fn(&Note, &Note) -> usize| {
            notes.windows(2).take(count).map(|pair| of(&pair[0], &pair[1]) as Token).collect()
        };
        match self {
            Kind::Pitch => notes[..count].iter().map(|note| pitch_index(note.key) as Token).collect(),
            Kind::Length => notes[..count].iter().map(|note| time_class(note.length) as Token).collect(),
            Kind::Interval => pairs(count.saturating_sub(1), interval),
            Kind::Time => pairs(count, |note, next| time_class(next.onset - note.onset)),
        }
    }
}

/// The interval between two pitches, from a fall over the whole range to a rise over it.
fn interval(note: &Note, next: &Note) -> usize {
    pitch_index(next.key) + PITCHES - 1 - pitch_index(note.key)
}

/// For each note but the last: the interval and the time to the next one, as one number.
pub fn moves(notes: &[Note]) -> Vec<u16> {
    let of = |pair: &[Note]| interval(&pair[0], &pair[1]) * TIMES + time_class(pair[1].onset - pair[0].onset);
    notes.windows(2).map(|pair| of(pair) as u16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    #[test]
    fn a_melody_has_one_pitch_for_each_note_and_one_interval_less() {
        let melody = made_up("a", &[(0, 24, 60), (24, 12, 64), (36, 12, 62)], &[]).melody;
        assert_eq!(Kind::Pitch.tokens(&melody, 256), [24, 28, 26]);
        assert_eq!(Kind::Interval.tokens(&melody, 256), [59 + 4, 59 - 2]);
        assert_eq!(Kind::Length.tokens(&melody, 256), [23, 11, 11]);
        assert_eq!(Kind::Time.tokens(&melody, 2), [23, 11], "the third note tells the time of the second");
        assert!(Kind::Interval.tokens(&melody, 256).iter().all(|&token| usize::from(token) < Kind::Interval.size()));
    }

    #[test]
    fn transposition_leaves_the_moves_alone() {
        let melody = made_up("a", &[(0, 24, 60), (24, 12, 64), (36, 12, 62)], &[]);
        assert_eq!(moves(&melody.melody), moves(&melody.moved(0, 5).melody));
    }
}
