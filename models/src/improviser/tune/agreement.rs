//! Whether the musician plays the tune as the band has it by ear.

use crate::music::{Chord, Spot};
use crate::network::features::Note;

/// How far the musician agrees, counted over the notes of late. `Clone` is a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Agreement {
    /// Within [`LEAST`] and [`MOST`].
    score: i8,
    holds: bool,
}

const LEAST: i8 = -4;
const MOST: i8 = 4;
/// Who has agreed is followed until this is no longer reached, and who has not, from this on.
const LOST: i8 = 0;
const FOUND: i8 = 2;

impl Default for Agreement {
    /// Nothing was played yet: it holds from the next beat on.
    fn default() -> Self {
        Self { score: FOUND, holds: false }
    }
}

impl Agreement {
    /// Takes in the melody of the frame at `spot`, where the band has this `chord` and heard this `melody` last time:
    /// in that frame, and in those around it. Who was lost is found again by the melody; by chord tones too if it is
    /// `sure` that this is the place.
    pub fn hear(&mut self, spot: Spot, note: Note, chord: Chord, melody: [Note; 3], sure: bool) {
        let said = match note {
            Note::Onset(_) if melody.contains(&note) => 2,
            Note::Onset(class) if chord.contains(class) => i8::from(sure || self.holds),
            Note::Onset(_) if spot.begins_beat() => -2,
            Note::Onset(_) => -1,
            Note::Held(class) => {
                let is_known = chord.contains(class) || melody.iter().any(|note| note.pitch_class() == Some(class));
                if is_known { 0 } else { -1 }
            }
            Note::Rest | Note::Hidden => 0,
        };
        self.score = (self.score + said).clamp(LEAST, MOST);
    }

    /// Settles whether the musician agrees where the frame at `next` is decided, as the song `may_be` in what was
    /// learned. Chords come back with a beat.
    pub fn settle(&mut self, next: Spot, may_be: bool) {
        let begins = next.begins_beat() || next.begins_bar();
        self.holds = may_be && if self.holds { self.score >= LOST } else { begins && self.score >= FOUND };
    }

    /// Whether the musician agrees.
    pub fn holds(&self) -> bool {
        self.holds
    }
}

#[cfg(test)]
mod tests {
    use super::super::heard::tests::spot;
    use super::*;

    /// Whether a musician is agreed with after each of these frames, over C, where a G was heard last time.
    fn holds(notes: &[Note]) -> Vec<bool> {
        let mut agreement = Agreement::default();
        agreement.settle(spot(0), true);
        let chord = "C".parse().unwrap();
        let hear = |(frame, &note): (i64, &Note)| {
            agreement.hear(spot(frame), note, chord, [Note::Onset(7), Note::Rest, Note::Rest], true);
            agreement.settle(spot(frame + 1), true);
            agreement.holds()
        };
        (0..).zip(notes).map(hear).collect()
    }

    /// A quarter note.
    fn quarter(class: u8) -> [Note; 4] {
        [Note::Onset(class), Note::Held(class), Note::Held(class), Note::Held(class)]
    }

    #[test]
    fn who_plays_something_else_for_a_beat_is_followed() {
        let held = holds(&[quarter(7), quarter(1)].concat());
        assert_eq!(held, [true, true, true, true, true, true, true, false]);
    }

    #[test]
    fn chords_come_back_with_a_beat_to_who_plays_on_them() {
        let away = [quarter(1), quarter(1)].concat();
        let held = holds(&[away, [quarter(7), quarter(0), quarter(4), quarter(7)].concat()].concat());
        let back = held.iter().rposition(|holds| !holds).unwrap() + 1;
        assert!((8..24).contains(&back) && (back + 1) % 4 == 0, "{held:?}");
    }

    #[test]
    fn a_passing_note_is_no_disagreement_and_silence_neither() {
        let line = [Note::Onset(7), Note::Onset(5), Note::Onset(4), Note::Onset(2), Note::Onset(0), Note::Rest];
        assert!(holds(&line).iter().all(|&holds| holds));
    }

    #[test]
    fn beside_what_was_learned_nobody_agrees() {
        let mut agreement = Agreement::default();
        agreement.settle(spot(0), false);
        assert!(!agreement.holds());
    }
}
