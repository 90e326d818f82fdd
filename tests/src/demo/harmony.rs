//! The chords that the band decided, as one reads them off a page; and what the notes have to do with them.

use continuo_models::improviser::listening::key_belief::KeyBelief;
use continuo_models::music::time::frame_start;
use continuo_models::music::{Frame, Key, SlashChord};

use crate::host::performance::PlayedNote;

/// A chord and how long it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    /// First tick.
    pub start: f64,
    /// The tick after its last.
    pub end: f64,
    /// The chord over its bass.
    pub chord: SlashChord,
}

/// The chords that stand in each frame, as labels up to tick `end`.
pub fn labels(chords: &[Option<SlashChord>], end: f64) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    for (frame, chord) in (0..).zip(chords) {
        let [start, stop] = [frame, frame + 1].map(|frame: Frame| (frame_start(frame) as f64).min(end));
        match (chord, labels.last_mut()) {
            (Some(chord), Some(label)) if label.chord == *chord && label.end == start => label.end = stop,
            (Some(chord), _) => labels.push(Label { start, end: stop, chord: *chord }),
            (None, _) => {}
        }
    }
    labels
}

/// How many of the labels bring another chord, and not only another bass.
pub fn changes(labels: &[Label]) -> usize {
    labels.len() - labels.windows(2).filter(|pair| pair[0].chord.chord == pair[1].chord.chord).count()
}

/// The key that the notes suggest; C major without notes.
pub fn key_of(notes: &[PlayedNote]) -> Key {
    let mut belief = KeyBelief::default();
    for note in notes {
        belief.hear_onset(note.key % 12);
    }
    belief.key().map_or(Key::major(0), |(key, _)| key)
}

/// The share of the time of `notes` in which their pitch class is in the chord, 0–1; `None` without notes.
pub fn chord_tone_share(notes: &[PlayedNote], labels: &[Label]) -> Option<f64> {
    let (mut inside, mut all) = (0.0, 0.0);
    for note in notes {
        for label in labels {
            let overlap = (note.start + note.length).min(label.end) - note.start.max(label.start);
            if overlap > 0.0 {
                all += overlap;
                inside += if label.chord.chord.contains(note.key % 12) { overlap } else { 0.0 };
            }
        }
    }
    (all > 0.0).then(|| inside / all)
}

#[cfg(test)]
mod tests {
    use continuo_models::music::Chord;

    use super::*;

    fn chord(symbol: &str) -> SlashChord {
        symbol.parse::<Chord>().unwrap().into()
    }

    #[test]
    fn a_label_reaches_as_far_as_its_chord_stands() {
        let (c, over_e) = (chord("C"), SlashChord { bass: 4, ..chord("C") });
        let frames = [None, Some(c), Some(c), Some(over_e), None, Some(c)];
        let labels = labels(&frames, 34.0);
        let told: Vec<_> = labels.iter().map(|label| (label.start, label.end, label.chord)).collect();
        assert_eq!(told, [(6.0, 18.0, c), (18.0, 24.0, over_e), (30.0, 34.0, c)]);
        assert_eq!(changes(&labels), 1);
    }

    #[test]
    fn the_share_of_chord_tones_goes_by_time() {
        let labels = [Label { start: 0.0, end: 96.0, chord: chord("C") }];
        let note = |start, length, key| PlayedNote { start, length, channel: 2, key, velocity: 80 };
        let played = [note(0.0, 30.0, 60), note(30.0, 10.0, 62)];
        assert_eq!(chord_tone_share(&played, &labels), Some(0.75));
        assert_eq!(chord_tone_share(&[], &labels), None);
    }
}
