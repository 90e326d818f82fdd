//! Voicings: how a chord is spaced over the keys, and how one leads to the next.
//!
//! Voice leading is solved exactly: of every path through the candidates of the coming chords the cheapest is found by
//! dynamic programming (Viterbi 1967), where a path's price is the motion of its voices and what theory books forbid.
//! In a chorale one error costs more than everything else together, so that a path without errors is found if there is
//! one.

mod candidates;
mod price;

use serde::Deserialize;

use super::chord::Chord;
use super::key::Key;
use super::pitch::{KeyRange, PitchClassSet, class_of};
use candidates::{Candidate, candidates};
use price::motion;

/// How the notes of a chord are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Texture {
    /// Three or four notes within an octave.
    Close,
    /// Guide tones with colour and without the root, which is left to the bass; close, or with the second voice from
    /// the top dropped an octave.
    Rootless,
    /// Three notes: seventh chords without their fifth, or, where it is altered, without their root.
    Shell,
    /// Three or four notes over more than an octave, wide below and close above.
    Wide,
    /// Four parts, as a choir sings them: mostly root in the bass, mostly nothing missing, neighbours among the upper
    /// parts within an octave of each other. Where they can be avoided there are no parallel fifths and octaves, no
    /// overlapping parts, no doubled leading tones and sevenths, and none that are left unresolved.
    Chorale,
}

/// The highest key of the bass of a [`Texture::Chorale`]; the other parts lie above it.
pub const HIGHEST_CHORALE_BASS: u8 = 47;

/// The most notes in a voicing.
pub const MAX_NOTES: usize = 4;

/// One to four MIDI keys, from the lowest up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Voicing {
    keys: [u8; MAX_NOTES],
    len: u8,
}

impl Voicing {
    /// The voicing of `keys`, of which the first four count. Sorted, each once.
    ///
    /// # Panics
    /// If `keys` is empty.
    pub fn new(keys: &[u8]) -> Self {
        assert!(!keys.is_empty(), "a voicing has a note");
        let mut sorted = [u8::MAX; MAX_NOTES];
        let mut len = 0;
        for &key in keys.iter().take(MAX_NOTES) {
            if !sorted[..len].contains(&key) {
                sorted[len] = key;
                len += 1;
            }
        }
        sorted[..len].sort_unstable();
        Self { keys: sorted, len: len as u8 }
    }

    /// The keys, from the lowest up.
    pub fn keys(&self) -> &[u8] {
        &self.keys[..usize::from(self.len)]
    }

    /// The lowest key.
    pub fn lowest(&self) -> u8 {
        self.keys[0]
    }

    /// The highest key.
    pub fn highest(&self) -> u8 {
        self.keys[usize::from(self.len) - 1]
    }

    /// The voicing's three highest keys over `bass`, as the lowest of four parts.
    pub fn over(&self, bass: u8) -> Self {
        let keys = self.upper().keys;
        Self::new(&[&[bass], &keys[..usize::from(self.len.min(3))]].concat())
    }

    /// The voicing without what lies under its three highest keys.
    pub fn upper(&self) -> Self {
        let keys = self.keys();
        Self::new(&keys[keys.len().saturating_sub(3)..])
    }

    /// The pitch classes that sound.
    pub fn classes(&self) -> PitchClassSet {
        self.keys().iter().map(|&key| class_of(key)).collect()
    }
}

/// Where and how chords are to be voiced.
#[derive(Clone, Copy, Debug)]
pub struct Space {
    /// How the notes are spaced.
    pub texture: Texture,
    /// The keys to use; at least two octaves, or some chords are voiced with fewer notes.
    pub range: KeyRange,
    /// The highest key that does not get in the way of the melody; higher ones cost.
    pub ceiling: u8,
    /// The key: its leading tone is not doubled.
    pub key: Key,
    /// The notes from which colours (ninths, thirteenths) may be taken.
    pub colours: PitchClassSet,
    /// A voicing not to use for the first chord, for the sake of variety.
    pub avoid: Option<Voicing>,
    /// In a chorale: the key that another player sounds as the lowest part of the first chord. It need not lie in
    /// `range`, nor belong to the chord.
    pub bass: Option<u8>,
}

/// A voicing for each of a sequence of chords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The voicings, one for each chord.
    pub voicings: Vec<Voicing>,
    /// The price of the path: the least there is over the candidates.
    pub cost: i32,
}

/// The cheapest voicings for `chords` (the present one first, up to four are worth while) after `last`, a voicing of a
/// chord. Of several the same price, the one that was listed first. Empty if `chords` is empty.
pub fn lead(last: Option<(Voicing, Chord)>, chords: &[Chord], space: &Space) -> Path {
    let layers: Vec<Vec<Candidate>> =
        chords.iter().enumerate().map(|(step, &chord)| candidates(chord, space, step == 0)).collect();
    let Some(first) = layers.first() else { return Path { voicings: Vec::new(), cost: 0 } };

    // For each candidate of the layer that was reached: the cheapest price of a path that ends there.
    let mut prices: Vec<i32> =
        first.iter().map(|to| to.cost + last.map_or(0, |last| motion(last, (to.voicing, chords[0]), space))).collect();
    let mut came_from: Vec<Vec<usize>> = Vec::with_capacity(layers.len());
    for (pair, chords) in layers.windows(2).zip(chords.windows(2)) {
        let (from, to) = (&pair[0], &pair[1]);
        let (best, next): (Vec<usize>, Vec<i32>) = to
            .iter()
            .map(|to| {
                let step = |from: &Candidate| motion((from.voicing, chords[0]), (to.voicing, chords[1]), space);
                let (index, price) = cheapest(from.iter().zip(&prices).map(|(from, price)| price + step(from)));
                (index, price + to.cost)
            })
            .unzip();
        came_from.push(best);
        prices = next;
    }

    let (mut index, cost) = cheapest(prices.into_iter());
    let mut voicings = vec![layers[layers.len() - 1][index].voicing];
    for (layer, best) in layers.iter().zip(&came_from).rev() {
        index = best[index];
        voicings.push(layer[index].voicing);
    }
    voicings.reverse();
    Path { voicings, cost }
}

/// The index and the value of the least of `prices`; the first of equals.
fn cheapest(prices: impl Iterator<Item = i32>) -> (usize, i32) {
    prices.enumerate().fold((0, i32::MAX), |best, (index, price)| if price < best.1 { (index, price) } else { best })
}

#[cfg(test)]
mod tests;
