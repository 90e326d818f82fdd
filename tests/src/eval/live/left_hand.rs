//! How soon the band is in the chord that the left hand strikes: by what it decided, and by what sounds.

use continuo_models::music::time::{TICKS_PER_FRAME, frame_start};
use continuo_models::music::{Chord, SlashChord};
use serde::Serialize;

use super::musician::Sitting;
use crate::eval::report::{Table, number};
use crate::host::Take;

/// The channels of Chords and Bass.
const ACCOMPANIMENT: [u8; 2] = [2, 3];

/// Where a frame lies in the chord that is written there: the first, the second, a later one, and any of them.
const PLACES: [&str; 4] = ["1st", "2nd", "3rd on", "all"];

/// So many shared tones are an agreement.
const SHARED: usize = 3;

/// A share of what was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Share {
    /// How many there were.
    pub all: usize,
    /// Of how many it is true.
    pub of: usize,
}

impl Share {
    fn add(&mut self, is_so: bool) {
        self.all += 1;
        self.of += usize::from(is_so);
    }

    fn value(self) -> Option<f64> {
        (self.all > 0).then(|| self.of as f64 / self.all as f64)
    }
}

/// Frames in which a chord is written and the left hand plays it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    /// In which the chord that was decided last for the frame shares three tones with it.
    pub decided: Share,
    /// The notes of Chords, and of Bass, that sound in the middle of a frame: those that are tones of it.
    pub sounding: [Share; 2],
}

/// The counts for each of the places in the chord.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Together(pub [Counts; PLACES.len()]);

impl Together {
    /// Adds the once-through of `sitting`, of which `take` was recorded and `decided` was told.
    pub fn add(&mut self, sitting: &Sitting, take: &Take, decided: &[Option<Chord>]) {
        let written = sitting.meant.chord_frames(sitting.frames);
        let end = take.segments.get(sitting.once_through).copied().unwrap_or(take.samples());
        let notes = ACCOMPANIMENT.map(|channel| take.notes(channel));
        let mut age = 0;
        let mut last: Option<SlashChord> = None;
        for ((frame, &chord), ours) in (0..).zip(&written).zip(decided) {
            age = if chord == last { age + 1 } else { 0 };
            last = chord;
            let Some(SlashChord { chord, .. }) = chord else { continue };
            let middle = (frame_start(frame) + TICKS_PER_FRAME / 2) as f64;
            let shared = ours.map_or(0, |ours| ours.tones().intersection(chord.tones()).len());
            for place in [age.min(2), 3] {
                let counts = &mut self.0[place];
                counts.decided.add(shared >= SHARED);
                for (share, notes) in counts.sounding.iter_mut().zip(&notes) {
                    let sounds = notes.iter().filter(|note| note.start < end && note.position <= middle);
                    let sounds = sounds.filter(|note| note.end_position.is_some_and(|end| end > middle));
                    sounds.for_each(|note| share.add(chord.contains(note.key % 12)));
                }
            }
        }
    }
}

/// The counts as a table.
pub fn table(together: &Together) -> Table {
    let mut table = Table::new(&["frame of the left hand's chord", "frames", "decided", "Chords", "Bass"]);
    for (place, counts) in PLACES.iter().zip(&together.0) {
        let [chords, bass] = counts.sounding;
        let cells = [counts.decided, chords, bass].map(|share| number(share.value(), 3));
        table.row([(*place).to_owned(), counts.decided.all.to_string()].into_iter().chain(cells));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_no_share() {
        let text = table(&Together::default()).to_string();
        assert!(PLACES.iter().all(|place| text.contains(place)) && text.contains('–'), "{text}");
    }

    #[test]
    fn a_share_counts_what_is_true() {
        let mut share = Share::default();
        [true, true, false, true].into_iter().for_each(|is_so| share.add(is_so));
        assert_eq!((share.value(), Share::default().value()), (Some(0.75), None));
    }
}
