//! Which of the 24 keys the musician is in, believed note by note.

use crate::music::{Key, PitchClass};

/// A Bayesian filter over the 24 keys: each note multiplies the belief in a key by how usual the note is there (raised
/// to a power, because the notes of a melody are not independent), and a little belief leaks to other keys, near ones
/// above all, so that a modulation is found within two bars.
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

    /// The likeliest key and the belief in it, 0–1; `None` before anything was heard.
    pub fn key(&self) -> Option<(Key, f32)> {
        let likeliest = (0..24).fold(0, |best, key| if self.belief[key] > self.belief[best] { key } else { best });
        (self.onsets > 0).then(|| (Key::from_index(likeliest), self.belief[likeliest]))
    }

    fn weigh(&mut self, class: PitchClass, evidence: impl Fn(f32) -> f32) {
        for (index, belief) in self.belief.iter_mut().enumerate() {
            let degree = (usize::from(class % 12) + 12 - index % 12) % 12;
            *belief *= evidence(PROFILES[index / 12][degree]);
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
    use crate::music::PitchClassSet;

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

    /// The scale that is believed after `bars` bars of quarters, `up` semitones above a settled key.
    fn believed_after(up: u8, bars: usize) -> Option<PitchClassSet> {
        let mut belief = KeyBelief::default();
        (0..8).for_each(|_| play(&mut belief, TUNE));
        let modulated = [0, 4, 7, 5, 4, 2, 11, 0].into_iter().cycle().take(4 * bars);
        play(&mut belief, modulated.map(|note| (note + up) % 12));
        belief.key().map(|(key, _)| key.scale())
    }

    #[test]
    fn a_distant_modulation_is_found_within_two_bars_and_a_near_one_within_four() {
        for up in 1..12 {
            let bars = if up == 5 || up == 7 { 4 } else { 2 };
            assert_eq!(believed_after(up, bars), Some(Key::major(up).scale()), "up {up}");
        }
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
