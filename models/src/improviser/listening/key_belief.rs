//! Which of the 24 keys the musician is in, believed note by note.

use crate::music::time::TICKS_PER_QUARTER;
use crate::music::{Chord, Key, Numeral, PitchClass, PitchClassSet, Quality, Tick};

/// A Bayesian filter over the 24 keys: each note multiplies the belief in a key by how usual the note is there (raised
/// to a power, because the notes of a melody are not independent), each new chord of the left hand does the same, and a
/// little belief leaks to other keys, near ones above all, so that a modulation is found within two bars.
///
/// Only additions, multiplications, divisions and square roots are used, so that every processor believes the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeyBelief {
    /// In the order of [`Key::ALL`]; sums to 1.
    belief: [f32; 24],
    onsets: u32,
}

/// How usual each degree is, in semitones above the tonic: Albrecht & Shanahan 2013, "The use of large corpora to
/// train a new type of key-finding algorithm".
const PROFILES: [[f32; 12]; 2] = [
    [0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081],
    [0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052],
];

/// How usual a chord is on each degree of its key: tonic, subdominant and dominant above all.
const CHORDS: [f32; 7] = [1.0, 0.6, 0.35, 0.8, 0.9, 0.6, 0.4];
/// How usual sevenths on the tonic and the fourth degree are, as in the blues; secondary dominants; other chords.
const BLUE: f32 = 0.3;
const SECONDARY: f32 = 0.15;
const FOREIGN: f32 = 0.06;

/// Share of the belief that leaks with each onset, half of it evenly and half to the neighbours.
const LEAK: f32 = 0.05;

impl Default for KeyBelief {
    fn default() -> Self {
        Self { belief: [1.0 / 24.0; 24], onsets: 0 }
    }
}

impl KeyBelief {
    /// No doubt about `key`.
    pub fn certain(key: Key) -> Self {
        let mut belief = [0.0; 24];
        belief[key.index()] = 1.0;
        Self { belief, onsets: u32::MAX }
    }

    /// The belief of one who was told that the music might be in `key`: it counts for the first few notes.
    pub fn hinted(mut self, key: Key) -> Self {
        let notes = self.onsets.min(1000) as f32;
        let hint = 1.0 / (1.0 + notes * notes / 8.0);
        self.belief.iter_mut().for_each(|belief| *belief *= 1.0 - hint);
        self.belief[key.index()] += hint;
        self
    }

    /// The belief in each key, in the order of [`Key::ALL`]; sums to 1.
    pub fn weights(&self) -> &[f32; 24] {
        &self.belief
    }

    /// How likely the key is one to which all of `tones` belong, in minor with the leading tone.
    pub fn chance_of(&self, tones: PitchClassSet) -> f32 {
        let keys = self.belief.iter().enumerate();
        keys.filter(|&(key, _)| tones.is_subset(Key::from_index(key).locked_scale())).map(|(_, belief)| belief).sum()
    }

    /// A note of `class` began.
    pub fn hear_onset(&mut self, class: PitchClass) {
        self.leak();
        self.weigh(class, |usual| usual.sqrt() * usual.sqrt().sqrt());
        self.onsets = self.onsets.saturating_add(1);
    }

    /// A note of `class` has sounded for one more frame.
    pub fn hear_held(&mut self, class: PitchClass) {
        self.weigh(class, |usual| usual.sqrt().sqrt().sqrt().sqrt());
    }

    /// A note of `class` began in the accompaniment.
    pub fn hear_accompaniment(&mut self, class: PitchClass) {
        self.weigh(class, |usual| usual.sqrt().sqrt());
    }

    /// The accompaniment moved on to `chord`.
    pub fn hear_chord(&mut self, chord: Chord) {
        self.leak();
        self.multiply(|key| usual_chord(chord, key));
        self.onsets = self.onsets.saturating_add(1);
    }

    /// The likeliest key and the belief in it, 0–1; `None` before anything was heard.
    pub fn key(&self) -> Option<(Key, f32)> {
        let likeliest = (0..24).fold(0, |best, key| if self.belief[key] > self.belief[best] { key } else { best });
        (self.onsets > 0).then(|| (Key::from_index(likeliest), self.belief[likeliest]))
    }

    fn weigh(&mut self, class: PitchClass, evidence: impl Fn(f32) -> f32) {
        self.multiply(|key| evidence(usual_note(class, key)));
    }

    fn multiply(&mut self, evidence: impl Fn(Key) -> f32) {
        for (index, belief) in self.belief.iter_mut().enumerate() {
            *belief *= evidence(Key::from_index(index));
        }
        let sum: f32 = self.belief.iter().sum();
        for belief in &mut self.belief {
            *belief /= sum;
        }
    }

    fn leak(&mut self) {
        let before = self.belief;
        for (index, belief) in self.belief.iter_mut().enumerate() {
            let near = neighbours(index).iter().map(|&other| before[other]).sum::<f32>() / 4.0;
            *belief = (1.0 - LEAK) * before[index] + LEAK * (0.5 / 24.0 + 0.5 * near);
        }
    }
}

/// How usual the note is in a melody in the key, 0–1.
pub fn usual_note(class: PitchClass, key: Key) -> f32 {
    let degree = (usize::from(class % 12) + 12 - usize::from(key.tonic)) % 12;
    PROFILES[usize::from(key.is_minor())][degree]
}

/// How usual the chord is in the key.
fn usual_chord(chord: Chord, key: Key) -> f32 {
    match key.degree(chord.root) {
        Some(degree) if chord.tones().is_subset(key.locked_scale()) => CHORDS[usize::from(degree)],
        Some(0 | 3) if chord.quality == Quality::Dominant && !key.is_minor() => BLUE,
        None if chord.tones().is_subset(key.locked_scale()) => CHORDS[6],
        _ if Numeral::of(chord, key).target.is_some() => SECONDARY,
        _ => FOREIGN,
    }
}

/// Beats (quarter notes) from the `modulation` until the belief, told tick by tick in order, is in the scale of `to`
/// and stays there to the end; `None` if it never does.
pub fn recovery(believed: impl IntoIterator<Item = (Tick, Option<Key>)>, modulation: Tick, to: Key) -> Option<f32> {
    let mut since = None;
    for (tick, key) in believed.into_iter().filter(|(tick, _)| *tick >= modulation) {
        let is_there = key.is_some_and(|key| key.scale() == to.scale());
        since = if is_there { since.or(Some(tick)) } else { None };
    }
    since.map(|tick| (tick - modulation) as f32 / TICKS_PER_QUARTER as f32)
}

/// The keys a fifth up and down, the relative and the parallel key.
fn neighbours(index: usize) -> [usize; 4] {
    let (mode, tonic) = (index / 12 * 12, index % 12);
    let other = 12 - mode;
    let relative = if mode == 0 { tonic + 9 } else { tonic + 3 };
    [mode + (tonic + 7) % 12, mode + (tonic + 5) % 12, other + relative % 12, other + tonic]
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAJOR: [u8; 7] = [0, 2, 4, 5, 7, 9, 11];
    /// Ode to Joy, eight bars, as semitones above the tonic.
    const TUNE: [u8; 30] = [4, 4, 5, 7, 7, 5, 4, 2, 0, 0, 2, 4, 4, 2, 2, 4, 4, 5, 7, 7, 5, 4, 2, 0, 0, 2, 4, 2, 0, 0];

    fn play(belief: &mut KeyBelief, notes: impl IntoIterator<Item = u8>) {
        for note in notes {
            belief.hear_onset(note);
            (0..3).for_each(|_| belief.hear_held(note));
        }
    }

    #[test]
    fn nothing_heard_is_no_key() {
        assert_eq!(KeyBelief::default().key(), None);
    }

    #[test]
    fn a_tune_is_found_in_every_key() {
        for tonic in 0..12 {
            let mut belief = KeyBelief::default();
            play(&mut belief, TUNE.map(|note| (note + tonic) % 12));
            assert_eq!(belief.key().map(|(key, _)| key), Some(Key::major(tonic)));
        }
    }

    #[test]
    fn a_minor_tune_is_found() {
        let mut belief = KeyBelief::default();
        play(&mut belief, [9, 0, 4, 3, 4, 3, 4, 11, 2, 0, 9, 0, 4, 9, 11, 4, 8, 11, 0]);
        assert_eq!(belief.key().map(|(key, _)| key), Some(Key::minor(9)));
    }

    /// A tune of eight bars in C and of eight in the key `up` semitones above, in quarters, with or without a chord of
    /// the left hand in each bar; the belief after each beat.
    fn modulates(up: u8, minor: bool, chords: bool) -> Vec<(Tick, Option<Key>)> {
        const MAJOR_TUNE: [u8; 8] = [0, 4, 7, 5, 4, 2, 11, 0];
        const MINOR_TUNE: [u8; 8] = [0, 3, 7, 5, 3, 2, 11, 0];
        let tune = if minor { MINOR_TUNE } else { MAJOR_TUNE };
        let harmony = if minor { ["Cm", "G7"] } else { ["C", "G7"] };
        let mut belief = KeyBelief::default();
        let mut heard = Vec::new();
        for beat in 0..64 {
            let up = if beat < 32 { 0 } else { up };
            if chords && beat % 4 == 0 {
                let chord: Chord = harmony[beat / 4 % 2].parse().unwrap();
                let chord = chord.transposed(i32::from(up));
                chord.tones().iter().for_each(|class| belief.hear_accompaniment(class));
                belief.hear_chord(chord);
            }
            play(&mut belief, [(tune[beat % 8] + up) % 12]);
            heard.push((24 * beat as Tick, belief.key().map(|(key, _)| key)));
        }
        heard
    }

    #[test]
    fn a_change_of_key_is_found_within_two_bars_or_a_near_one_within_four() {
        let mut table = "semitones up: beats until the new scale is believed, by melody and with chords\n".to_owned();
        for (mode, minor) in [("major", false), ("minor", true)] {
            for up in 1..12 {
                let to = if minor { Key::minor(up) } else { Key::major(up) };
                let beats = [false, true].map(|chords| recovery(modulates(up, minor, chords), 24 * 32, to));
                let [melody, with_chords] = beats.map(|beats| beats.unwrap_or(f32::INFINITY));
                let most = if up == 5 || up == 7 { 16.0 } else { 8.0 };
                assert!(melody <= most && with_chords <= 5.0, "{mode}, up {up}: {melody}, {with_chords}");
                table += &format!("{mode} {up:>2}: {melody:>4} {with_chords:>4}\n");
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn chords_alone_name_the_key() {
        for (chords, key) in [
            (&["Dm7", "G7", "Cmaj7"][..], "C major"),
            (&["Bm7b5", "E7", "Am"], "A minor"),
            (&["Eb", "Cm", "Ab", "Bb7"], "Eb major"),
        ] {
            let mut belief = KeyBelief::default();
            for chord in chords {
                let chord: Chord = chord.parse().unwrap();
                chord.tones().iter().for_each(|class| belief.hear_accompaniment(class));
                belief.hear_chord(chord);
            }
            assert_eq!(belief.key().map(|(key, _)| key), key.parse().ok(), "{chords:?}");
        }
    }

    #[test]
    fn a_secondary_dominant_and_a_few_chromatic_notes_do_not_move_a_settled_key() {
        let mut belief = KeyBelief::default();
        play(&mut belief, TUNE);
        for chord in ["C", "A7", "Dm", "G7"] {
            belief.hear_chord(chord.parse().unwrap());
            assert_eq!(belief.key().map(|(key, _)| key), Some(Key::major(0)), "at {chord}");
        }
        play(&mut belief, [4, 3, 4, 6, 7, 8, 9]);
        assert_eq!(belief.key().map(|(key, _)| key.scale()), Some(Key::major(0).scale()));
    }

    #[test]
    fn one_chromatic_note_does_not_move_a_settled_key() {
        let mut belief = KeyBelief::default();
        play(&mut belief, TUNE);
        for chromatic in (0..12).filter(|note| !MAJOR.contains(note)) {
            let mut belief = belief;
            play(&mut belief, [chromatic]);
            assert_eq!(belief.key().map(|(key, _)| key.tonic), Some(0), "after {chromatic}");
        }
    }
}
