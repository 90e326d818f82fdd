//! Whether a chord is the one that people wrote: no chord can be two roots at once, so nothing hedges.

use continuo_models::music::numeral::Numeral;
use continuo_models::music::time::frame_start;
use continuo_models::music::{Chord, Frame};

use super::{measures, share};
use crate::eval::corpus::Piece;

measures! {
    /// Shares of the frames with a human chord.
    Right {
        /// In which the root is that of the human chord.
        root: "root",
        /// In which root and mode (the third minor or not) are.
        root_and_mode: "root, mode",
        /// In which the harmonic function in the written key is: of the frames where a key is written.
        function: "function",
    }
}

impl Right {
    /// Judges `chords` against the `human` ones, frame by frame.
    pub fn of(piece: &Piece, human: &[Option<Chord>], chords: &[Option<Chord>]) -> Self {
        let told = || {
            human
                .iter()
                .zip(chords)
                .zip(0..)
                .filter_map(|((human, chord), frame)| Some((*human.as_ref()?, *chord, frame)))
        };
        let with_key = told().filter_map(|(human, chord, frame): (Chord, Option<Chord>, Frame)| {
            let key = piece.key_at(frame_start(frame))?;
            let function = |chord| Numeral::of(chord, key).function();
            Some(chord.map(function) == Some(function(human)))
        });
        Self {
            root: share(told(), |(human, chord, _)| chord.map(|chord| chord.root) == Some(human.root)),
            root_and_mode: share(told(), |(human, chord, _)| {
                chord.map(Chord::root_and_mode) == Some(human.root_and_mode())
            }),
            function: share(with_key, |same| *same),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{frames, near};
    use super::*;
    use crate::eval::corpus::tests::made_up;
    use crate::eval::measures::classes;

    #[test]
    fn a_chord_with_the_right_notes_over_another_root_is_wrong() {
        // Over C, four quarters of: C7, Am7 (which holds C, E and G), Cm, nothing.
        let piece = made_up("a", &[(0, 96, 60)], &[(0, 96, "C")]);
        let chords = frames(&[("C7", 4), ("Am7", 4), ("Cm", 4), ("–", 4)]);
        let right = Right::of(&piece, &classes(&piece.chord_frames(16)), &chords);
        near(right.root, 0.5);
        near(right.root_and_mode, 0.25);
        // In C major C7, Am7 and Cm are tonics.
        near(right.function, 0.75);
    }

    #[test]
    fn functions_are_those_of_the_written_key() {
        // G7 for G, Bdim for G: dominants; F for G, D7 for G: not, and a secondary dominant, which is one.
        let piece = made_up("a", &[(0, 96, 60)], &[(0, 96, "G")]);
        let chords = frames(&[("G7", 4), ("Bdim", 4), ("F", 4), ("D7", 4)]);
        let right = Right::of(&piece, &classes(&piece.chord_frames(16)), &chords);
        near(right.function, 0.75);
    }

    #[test]
    fn frames_without_a_human_chord_do_not_count() {
        let piece = made_up("a", &[(0, 96, 60)], &[(48, 24, "G")]);
        let chords = frames(&[("C", 8), ("G", 4), ("C", 4)]);
        near(Right::of(&piece, &classes(&piece.chord_frames(16)), &chords).root, 1.0);
    }
}
