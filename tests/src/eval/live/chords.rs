//! The chords that a listener hears: read from the notes that came out, and judged as those of the other systems.

use continuo_models::music::time::frame_start;
use continuo_models::music::{Chord, Frame};

use super::musician::Sitting;
use crate::demo::harmony::{self, Label};
use crate::host::Take;
use crate::host::performance::PlayedNote;

/// The channels of Chords and Bass.
const CHORDS: u8 = 2;
const BASS: u8 = 3;

/// The chord in each frame of the once-through, read beat by beat from what Chords and Bass play.
pub fn read(take: &Take, sitting: &Sitting) -> Vec<Option<Chord>> {
    let bar = sitting.meant.position(sitting.meant.melody.first().map_or(0, |note| note.onset));
    let end = frame_start(sitting.frames) as f64;
    let [chords, bass] = [CHORDS, BASS].map(|channel| once_through(take, sitting, channel, end));
    by_frame(&harmony::read(&chords, &bass, bar, end), sitting.frames)
}

/// The notes of a channel that begin in the once-through.
fn once_through(take: &Take, sitting: &Sitting, channel: u8, end: f64) -> Vec<PlayedNote> {
    let until = take.segments.get(sitting.once_through).copied().unwrap_or(take.samples());
    let notes = take.notes(channel).into_iter().filter(|note| note.start < until);
    let length = |note: &crate::host::Note| match (note.end, note.end_position) {
        // Beyond, the song may be anywhere.
        (Some(sample), Some(position)) if sample < until => position - note.position,
        _ => end - note.position,
    };
    notes
        .map(|note| PlayedNote {
            start: note.position,
            length: length(&note),
            channel,
            key: note.key,
            velocity: note.velocity,
        })
        .collect()
}

fn by_frame(labels: &[Label], frames: Frame) -> Vec<Option<Chord>> {
    let at = |tick: f64| labels.iter().find(|label| (label.start..label.end).contains(&tick)).map(|label| label.chord);
    (0..frames).map(|frame| at(frame_start(frame) as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_the_chord_that_stands_when_it_begins() {
        let chord = |symbol: &str| symbol.parse().unwrap();
        let labels =
            [Label { start: 24.0, end: 48.0, chord: chord("C") }, Label { start: 48.0, end: 72.0, chord: chord("F") }];
        let chords = by_frame(&labels, 13);
        assert_eq!(
            [chords[3], chords[4], chords[7], chords[8]],
            [None, Some(chord("C")), Some(chord("C")), Some(chord("F"))]
        );
        assert_eq!(chords[12], None);
    }
}
