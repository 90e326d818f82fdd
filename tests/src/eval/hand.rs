//! A lead sheet as a hand plays it. The same piece is always played the same.

use continuo_models::music::Tick;
use continuo_models::music::time::TICKS_PER_QUARTER;
pub use continuo_options::eval::Hand;

use super::corpus::{Note, Piece};
use crate::demo::hand::Noise;

/// How far the onsets of a hand lie from where they are written: the mean and the usual deviation, in ticks (21 ms at
/// 120 quarter notes per minute), and the farthest.
fn timing(hand: Hand) -> (f64, f64, Tick) {
    match hand {
        Hand::Early => (-1.2, 0.7, 3),
        Hand::Late => (1.5, 0.8, 4),
        Hand::Rolled => (0.0, 0.4, 1),
    }
}

/// How many ticks before a rolled note its octave is struck, at most.
const ROLL: f64 = 3.0;

/// The piece with its melody as the hand plays it; everything else stays as it is written. A hand that rolls strikes
/// every note of a beat or more from the octave below it.
pub fn played(piece: &Piece, hand: Hand) -> Piece {
    let (mean, deviation, farthest) = timing(hand);
    let seed = piece
        .id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut noise = Noise(seed);
    let mut melody: Vec<Note> = Vec::with_capacity(piece.melody.len());
    for note in &piece.melody {
        let end = note.onset + note.length;
        let moved = ((mean + deviation * noise.bell()).round() as Tick).clamp(-farthest, farthest);
        let before = (1.0 + ROLL * noise.uniform()) as Tick;
        let mut strike = |onset: Tick, key: u8| {
            // No two begin together, and none before the song.
            let onset = onset.max(melody.last().map_or(0, |last| last.onset + 1));
            melody.push(Note { onset, length: (end - onset).max(1), key });
        };
        if hand == Hand::Rolled && note.length >= TICKS_PER_QUARTER && note.key >= 12 {
            strike(note.onset + moved - before, note.key - 12);
        }
        strike(note.onset + moved, note.key);
    }
    let mut piece = piece.clone();
    piece.melody = melody;
    piece
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    fn quarters() -> Piece {
        let notes: Vec<_> = (0..200).map(|note| (24 * note, 24, 60 + note as u8 % 12)).collect();
        made_up("a", &notes, &[(0, 4800, "C")])
    }

    fn deviations(hand: Hand) -> Vec<Tick> {
        let played = played(&quarters(), hand);
        played.melody.iter().zip(&quarters().melody).map(|(played, written)| played.onset - written.onset).collect()
    }

    #[test]
    fn an_early_hand_is_early_and_a_late_one_late() {
        let mean = |hand| deviations(hand).iter().sum::<Tick>() as f64 / 200.0;
        assert!((mean(Hand::Early) + 1.2).abs() < 0.2, "{}", mean(Hand::Early));
        assert!((mean(Hand::Late) - 1.5).abs() < 0.2, "{}", mean(Hand::Late));
        assert!(deviations(Hand::Early).iter().all(|deviation| (-3..=3).contains(deviation)));
    }

    #[test]
    fn a_rolled_note_comes_from_its_octave_just_before() {
        let rolled = played(&quarters(), Hand::Rolled);
        assert_eq!(rolled.melody.len(), 400);
        // The very first has no room before it.
        for pair in rolled.melody.chunks(2).skip(1) {
            assert_eq!(pair[0].key + 12, pair[1].key);
            assert!((1..=3).contains(&(pair[1].onset - pair[0].onset)), "{pair:?}");
        }
    }

    #[test]
    fn no_two_notes_begin_together_however_short_they_are() {
        let trill: Vec<_> = (0..100).map(|note| (note, 1, 60 + note as u8 % 2)).collect();
        let trill = made_up("a", &trill, &[]);
        for hand in [Hand::Early, Hand::Late, Hand::Rolled] {
            assert_eq!(played(&trill, hand).melody, played(&trill, hand).melody);
            assert!(played(&trill, hand).melody.is_sorted_by(|a, b| a.onset < b.onset));
        }
    }
}
