//! How long the band takes to follow when the melody jumps to another key.

use continuo_models::music::time::frame_start;
use continuo_models::music::{Chord, Frame};
use serde::Serialize;

use super::corpus::Piece;
use super::measures::{begins_beat, sounding};

/// By how much the melody jumps.
const SEMITONES: i32 = 6;
/// Beats after the first note at which it jumps.
const JUMP: usize = 16;
/// Beats after the jump that are judged.
const JUDGED: usize = 32;
/// Beats over which note-in-chord is taken: a bar.
const WINDOW: usize = 4;
/// Back is who has this share of the note-in-chord from before.
const BACK: f64 = 0.9;

/// A piece whose melody jumps, and the frames at which its beats begin, from the first note's on.
#[derive(Clone, Debug)]
pub struct Jumping {
    /// The piece with its melody moved by six semitones from the sixteenth beat after its first note on.
    pub piece: Piece,
    beats: Vec<Frame>,
}

impl Jumping {
    /// `None`: the piece is too short.
    pub fn of(piece: &Piece) -> Option<Self> {
        let first = piece.melody.first()?.frame();
        let mut beats: Vec<Frame> =
            (first - 8..piece.frames()).filter(|&frame| frame >= 0 && begins_beat(piece, frame)).collect();
        // The beat around the first note is the first one.
        let before = beats.partition_point(|&beat| beat <= first).saturating_sub(1);
        beats.drain(..before);
        beats.truncate(JUMP + JUDGED + 1);
        (beats.len() > JUMP + WINDOW).then(|| Self { piece: piece.moved(frame_start(beats[JUMP]), SEMITONES), beats })
    }

    /// The number of frames that are judged.
    pub fn frames(&self) -> Frame {
        self.beats[self.beats.len() - 1]
    }
}

/// Note-in-chord beat by beat around the jump, over any number of pieces: pooled, because one piece has too few notes
/// to tell a recovery from a lucky beat.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Recovery {
    /// Frames whose note is a chord tone, and frames with note and chord, before the jump.
    before: (u32, u32),
    /// The same in each beat after it.
    after: Vec<(u32, u32)>,
}

impl Recovery {
    /// Adds `chords`, one per frame, that were played to a piece.
    pub fn add(&mut self, jumping: &Jumping, chords: &[Option<Chord>]) {
        let melody = sounding(&jumping.piece, chords.len() as Frame);
        for (beat, frames) in jumping.beats.windows(2).enumerate() {
            let frames = frames[0] as usize..(frames[1] as usize).min(chords.len());
            let heard: Vec<_> = frames.filter_map(|frame| chords[frame].zip(melody[frame])).collect();
            let hits = heard.iter().filter(|(chord, class)| chord.contains(*class)).count() as u32;
            let counts = match beat.checked_sub(JUMP) {
                None => &mut self.before,
                Some(beat) => {
                    self.after.resize(self.after.len().max(beat + 1), (0, 0));
                    &mut self.after[beat]
                }
            };
            *counts = (counts.0 + hits, counts.1 + heard.len() as u32);
        }
    }

    /// Beats after the jump until the note-in-chord of the bar that then begins is back to 90 % of what it was before;
    /// `None` if it never is.
    pub fn beats(&self) -> Option<usize> {
        let share = |(hits, count): (u32, u32)| (count > 0).then(|| f64::from(hits) / f64::from(count));
        let goal = BACK * share(self.before)?;
        self.after.windows(WINDOW).position(|window| {
            let sum = window.iter().fold((0, 0), |sum, beat| (sum.0 + beat.0, sum.1 + beat.1));
            share(sum).is_some_and(|share| share >= goal)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    /// A melody that stays on C, a quarter each, with two bars of rest before it.
    fn drone() -> Piece {
        let notes: Vec<_> = (8..56).map(|beat| (24 * beat, 24, 60)).collect();
        made_up("drone", &notes, &[])
    }

    /// C major, and F sharp major from `late` beats after the jump on.
    fn chords(jumping: &Jumping, late: usize) -> Vec<Option<Chord>> {
        let change = 4 * (8 + JUMP + late) as Frame;
        (0..jumping.frames()).map(|frame| (if frame < change { "C" } else { "F#" }).parse().ok()).collect()
    }

    #[test]
    fn the_melody_jumps_sixteen_beats_after_its_first_note() {
        let jumping = Jumping::of(&drone()).unwrap();
        let jump = jumping.piece.melody.iter().find(|note| note.key == 66).unwrap();
        assert_eq!(jump.onset, 24 * (8 + 16));
    }

    #[test]
    fn who_changes_five_beats_late_is_back_after_five() {
        let jumping = Jumping::of(&drone()).unwrap();
        for late in [0, 1, 5, 20] {
            let mut recovery = Recovery::default();
            recovery.add(&jumping, &chords(&jumping, late));
            assert_eq!(recovery.beats(), Some(late));
        }
    }

    #[test]
    fn who_never_changes_is_never_back() {
        let jumping = Jumping::of(&drone()).unwrap();
        let mut recovery = Recovery::default();
        recovery.add(&jumping, &chords(&jumping, 1000));
        assert_eq!(recovery.beats(), None);
    }

    #[test]
    fn a_short_piece_does_not_jump() {
        assert!(Jumping::of(&made_up("short", &[(0, 24, 60), (24, 24, 62)], &[])).is_none());
    }
}
