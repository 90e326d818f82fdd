//! Which chords sound: read from what the band plays, beat by beat, as a listener would.

use continuo_models::improviser::key_belief::KeyBelief;
use continuo_models::music::{BarPosition, Chord, Key, PitchClass, PitchClassSet, Quality, Tick};

use crate::host::performance::PlayedNote;

/// A chord and how long it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    /// First tick.
    pub start: f64,
    /// The tick after its last.
    pub end: f64,
    /// The chord.
    pub chord: Chord,
}

/// A hand is early now and then: a note that starts this many ticks before a beat belongs to it.
const EARLY: f64 = 3.0;

/// A struck chord stays in the ear for this many ticks at least.
const RINGING: f64 = 12.0;

/// What a tone outside the chord costs, against what a chord tone gains.
const FOREIGN: f64 = 1.5;

/// What a missing third, sixth, seventh or altered fifth costs, as a share of what is heard.
const MISSING: f64 = 0.35;

/// What a ninth, or another colour that leaves the chord what it is, costs.
const COLOUR: f64 = 0.3;

/// What a root in the bass, a chord tone there and a tone outside the chord there gain, as a share of what is heard.
const BASS: [f64; 3] = [0.4, 0.1, -0.3];

/// What the chord before gains.
const STANDING: f64 = 0.25;

/// Reads the chords from the parts of Chords and Bass, from tick 0 to `end`. The best of all chords is taken in each
/// felt beat: chord tones count for it and others against it, by how long they sound (template matching, as in
/// Fujishima 1999, "Realtime chord recognition of musical sound"). Where nothing is played, the last chord stands.
pub fn read(chords: &[PlayedNote], bass: &[PlayedNote], bar: BarPosition, end: f64) -> Vec<Label> {
    let beat = bar.meter.beat_ticks() as f64;
    let mut labels: Vec<Label> = Vec::new();
    let mut before = PitchClassSet::default();
    let mut start = 0.0;
    while start < end {
        let stop = (start + beat).min(end);
        let standing = labels.last().map(|label| label.chord);
        let heard = weights(chords, start, stop);
        let classes: PitchClassSet = (0u8..12).filter(|class| heard[usize::from(*class)] > 0.0).collect();
        let low = bass.iter().rev().find(|note| note.start < start + EARLY && note.start + note.length > start);
        // Under a chord that is struck again as it was, a bass that moves on walks, and says nothing of the chord.
        let anew = classes != before || bar.ticks_into_bar(start as Tick) == 0;
        let chord = if anew { best(&heard, low.map(|note| note.key % 12), standing) } else { standing };
        match (chord, labels.last_mut()) {
            (Some(chord), _) if Some(chord) != standing => labels.push(Label { start, end: stop, chord }),
            (_, Some(label)) => label.end = stop,
            (_, None) => {}
        }
        if !classes.is_empty() {
            before = classes;
        }
        start = stop;
    }
    labels
}

/// How long each pitch class sounds between `start` and `stop`: from the last chord on that is struck in the first half,
/// since the band corrects itself when it hears what was played on the beat.
fn weights(notes: &[PlayedNote], start: f64, stop: f64) -> [f64; 12] {
    let early = start + EARLY..=(start + stop) / 2.0;
    let struck = |at: f64| notes.iter().filter(|note| (at..at + EARLY).contains(&note.start)).count() > 1;
    let strikes = notes.iter().map(|note| note.start).filter(|at| early.contains(at) && struck(*at));
    let start = strikes.fold(start, f64::max);
    let mut weights = [0.0; 12];
    for note in notes {
        let from = if (note.start + EARLY - start).abs() <= EARLY { start } else { note.start };
        let to = note.start + note.length.max(RINGING);
        // What is let go as the beat begins belongs to the beat before.
        let sounds = (to - EARLY).min(stop) - from.max(start);
        if sounds > 0.0 {
            weights[usize::from(note.key % 12)] += sounds;
        }
    }
    weights
}

fn best(heard: &[f64; 12], bass: Option<PitchClass>, standing: Option<Chord>) -> Option<Chord> {
    let total: f64 = heard.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let score = |chord: Chord| {
        let mut score = 0.0;
        for (class, weight) in (0u8..).zip(heard) {
            score += match class {
                tone if chord.contains(tone) => *weight,
                tone if is_colour(chord, tone) => -COLOUR * weight,
                _ => -FOREIGN * weight,
            };
        }
        let sounds = |class: PitchClass| heard[usize::from(class)] > 0.0 || bass == Some(class);
        let missing = chord.guide_tones().iter().filter(|class| !sounds(*class)).count();
        score -= MISSING * total * missing as f64;
        if !sounds(chord.root) {
            score -= MISSING * total / 2.0;
        }
        if let Some(class) = bass {
            let [root, tone, foreign] = BASS;
            score += total
                * match class {
                    class if class == chord.root => root,
                    class if chord.contains(class) => tone,
                    _ => foreign,
                };
        }
        if standing == Some(chord) { score + STANDING * total } else { score }
    };
    (0..Chord::NONE_INDEX).filter_map(Chord::from_index).max_by(|a, b| score(*a).total_cmp(&score(*b)))
}

/// Whether `class` colours a seventh chord without changing it: the ninth, the thirteenth of a dominant, the eleventh of
/// a minor chord.
fn is_colour(chord: Chord, class: PitchClass) -> bool {
    match (class + 12 - chord.root % 12) % 12 {
        2 => chord.seventh().is_some(),
        9 => chord.quality == Quality::Dominant,
        5 => chord.quality == Quality::MinorSeventh,
        _ => false,
    }
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
                inside += if label.chord.contains(note.key % 12) { overlap } else { 0.0 };
            }
        }
    }
    (all > 0.0).then(|| inside / all)
}

#[cfg(test)]
mod tests {
    use continuo_models::music::Meter;

    use super::*;

    const FOUR: BarPosition = BarPosition { bar_start: 0, meter: Meter { numerator: 4, denominator: 4 } };

    fn notes(start: f64, length: f64, keys: &[u8]) -> Vec<PlayedNote> {
        keys.iter().map(|&key| PlayedNote { start, length, channel: 2, key, velocity: 80 }).collect()
    }

    fn symbols(labels: &[Label]) -> Vec<(f64, String)> {
        labels.iter().map(|label| (label.start, label.chord.to_string())).collect()
    }

    #[test]
    fn struck_chords_are_read_where_they_begin() {
        let played = [notes(0.0, 90.0, &[52, 55, 60]), notes(94.0, 90.0, &[53, 57, 60])].concat();
        let bass = [notes(0.0, 90.0, &[36]), notes(96.0, 90.0, &[41])].concat();
        let labels = read(&played, &bass, FOUR, 192.0);
        assert_eq!(symbols(&labels), [(0.0, "C".into()), (96.0, "F".into())]);
        assert_eq!(labels[1].end, 192.0);
    }

    #[test]
    fn a_rootless_voicing_is_read_over_its_bass() {
        let labels = read(&notes(0.0, 90.0, &[53, 57, 60, 64]), &notes(0.0, 90.0, &[38]), FOUR, 96.0);
        assert_eq!(symbols(&labels), [(0.0, "Dm7".into())]);
    }

    #[test]
    fn a_rootless_ninth_chord_is_a_dominant_over_its_root_and_minor_over_its_fifth() {
        let voicing = notes(0.0, 90.0, &[52, 55, 58, 62]);
        let over = |key| symbols(&read(&voicing, &notes(0.0, 90.0, &[key]), FOUR, 96.0));
        assert_eq!(over(36), [(0.0, "C7".into())]);
        assert_eq!(over(43), [(0.0, "Gm6".into())]);
    }

    #[test]
    fn a_walking_bass_does_not_change_the_chord() {
        let bass: Vec<_> =
            [36, 38, 40, 43].iter().zip(0..).flat_map(|(key, n)| notes(24.0 * f64::from(n), 22.0, &[*key])).collect();
        let labels = read(&notes(0.0, 94.0, &[52, 55, 60]), &bass, FOUR, 96.0);
        assert_eq!(symbols(&labels), [(0.0, "C".into())]);
    }

    #[test]
    fn a_chord_that_is_corrected_at_once_counts_as_what_it_becomes() {
        let played = [notes(0.0, 12.0, &[52, 56, 59]), notes(12.0, 84.0, &[52, 57, 60])].concat();
        let labels = read(&played, &notes(0.0, 90.0, &[45]), FOUR, 96.0);
        assert_eq!(symbols(&labels), [(0.0, "Am".into())]);
    }

    #[test]
    fn the_last_chord_stands_through_silence() {
        let labels = read(&notes(0.0, 20.0, &[52, 55, 60]), &notes(0.0, 20.0, &[36]), FOUR, 192.0);
        assert_eq!(labels.len(), 1);
        assert_eq!(labels[0].end, 192.0);
    }

    #[test]
    fn the_share_of_chord_tones_goes_by_time() {
        let labels = [Label { start: 0.0, end: 96.0, chord: "C".parse().unwrap() }];
        let played = [notes(0.0, 30.0, &[60]), notes(30.0, 10.0, &[62])].concat();
        assert_eq!(chord_tone_share(&played, &labels), Some(0.75));
        assert_eq!(chord_tone_share(&[], &labels), None);
    }
}
