//! The harmonizer on its own: the whole tune is known before the first chord.

use continuo_models::Networks;
use continuo_models::improviser::tune::harmonizer::{ChorusFrame, Wish, harmonize};
use continuo_models::music::time::{TICKS_PER_FRAME, frame_start};
use continuo_models::music::{Frame, SlashChord, Spot};
use continuo_models::network::HarmonizerNetwork;
use continuo_models::network::features::Note;
use continuo_models::network::harmonizer::Given;

use super::corpus::Piece;
use super::harmony::extent::Extent;

/// The chord of each of the first `frames` frames of a piece, by the network and as it is wished for, of which at most
/// 64 bars are known; none where the network is missing or fails.
pub fn all_known(networks: &Networks, piece: &Piece, frames: Frame, wish: &Wish) -> Vec<Option<SlashChord>> {
    let chorus = chorus(piece, Extent::Whole.frames(piece).max(frames));
    let harmony = networks
        .get::<HarmonizerNetwork>()
        .and_then(|network| harmonize(&network, &chorus, wish).ok())
        .unwrap_or_default();
    (0..frames as usize).map(|frame| harmony.get(frame).copied().flatten()).collect()
}

/// The melody in each frame, as the live listener hears it; no chord is given.
fn chorus(piece: &Piece, frames: Frame) -> Vec<ChorusFrame> {
    let mut notes = vec![Note::Rest; frames as usize];
    for note in &piece.melody {
        let (first, class) = (note.frame(), note.key % 12);
        let end = (note.onset + note.length - TICKS_PER_FRAME / 2).div_euclid(TICKS_PER_FRAME) + 1;
        if !(0..frames).contains(&first) {
            continue;
        }
        let end = end.clamp(first + 1, frames);
        notes[first as usize..end as usize].fill(Note::Held(class));
        notes[end as usize..].fill(Note::Rest);
        notes[first as usize] = Note::Onset(class);
    }
    let frame = |(frame, note)| ChorusFrame {
        spot: Spot { frame, position: piece.position(frame_start(frame)) },
        note,
        given: Given::Open,
    };
    (0..).zip(notes).map(frame).collect()
}

#[cfg(test)]
mod tests {
    use continuo_models::Family;

    use super::*;
    use crate::eval::corpus::tests::made_up;

    #[test]
    fn a_note_is_struck_in_one_frame_and_held_in_the_others() {
        let piece = made_up("tune", &[(4, 14, 60), (24, 6, 67)], &[]);
        let notes: Vec<Note> = chorus(&piece, 6).into_iter().map(|frame| frame.note).collect();
        let rest = Note::Rest;
        assert_eq!(notes, [rest, Note::Onset(0), Note::Held(0), rest, Note::Onset(7), rest]);
    }

    #[test]
    fn a_chord_of_c_gets_a_chord_in_every_frame() {
        let notes: Vec<_> = (0..32).map(|beat| (24 * beat, 24, [60, 64, 67, 72][beat as usize % 4])).collect();
        let piece = made_up("tune", &notes, &[]);
        let networks = Networks::built_in(Family::default()).0;
        let chords = all_known(&networks, &piece, 128, &Wish::default());
        assert!(chords.len() == 128 && chords.iter().all(Option::is_some));
    }
}
