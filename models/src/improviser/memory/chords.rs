//! The left hand: which chord the musician has gone on to from chords like the last ones, whatever the key.

use super::Memory;
use super::followers::{Followers, Seen};
use crate::music::Chord;
use crate::music::pitch::ascent;

/// The longest context, in chords.
const ORDER: usize = 6;

/// How far contexts of each length are trusted at most, shortest first. The short ones say how the musician moves in
/// general, about which the network knows more: it hears the melody too.
const TRUST: [f32; ORDER] = [0.1, 0.35, 0.6, 0.8, 0.9, 0.95];

/// Contexts of growing length are interpolated after Witten & Bell 1991, "The zero-frequency problem".
fn trust(level: usize, Seen { times, kinds, .. }: Seen) -> f32 {
    TRUST[level] * times / (times + kinds)
}

impl Memory {
    /// Mixes into the logits of each chord to begin, in the networks' vocabulary, what the musician has gone on to, by
    /// `share`, 0–1. `recent` are the last chords, newest first: the standing one, the one before it, … Where the
    /// musician has not been, the logits stay as they are.
    pub fn recall_chord(
        &self,
        logits: &mut [f32; Chord::VOCABULARY],
        recent: impl Iterator<Item = Chord> + Clone,
        share: f32,
    ) {
        let Some(standing) = recent.clone().next().filter(|_| share > 0.0) else { return };
        let mut chords = Followers::<{ Chord::VOCABULARY }, ORDER>::default();
        for (index, pair) in self.chords.windows(2).enumerate() {
            let up = i32::from(ascent(pair[0].root, standing.root));
            let before = self.chords[..=index].iter().rev().map(|chord| chord.transposed(up));
            let agreeing = before.zip(recent.clone()).take_while(|(ours, theirs)| ours == theirs).count();
            let after = pair[1].transposed(up).index();
            (0..agreeing.min(ORDER)).for_each(|level| chords.count(after, level));
        }
        chords.mix_into(logits, share, trust);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::improviser::chance::sampler::likeliest;

    const EVEN: [f32; Chord::VOCABULARY] = [0.0; Chord::VOCABULARY];

    fn chords(symbols: &str) -> impl DoubleEndedIterator<Item = Chord> + Clone {
        symbols.split_whitespace().map(|symbol| symbol.parse().unwrap())
    }

    fn recalled(known: &str, recent: &str, share: f32) -> [f32; Chord::VOCABULARY] {
        let mut memory = Memory::default();
        chords(known).for_each(|chord| memory.hear_chord(chord));
        let mut logits = EVEN;
        memory.recall_chord(&mut logits, chords(recent).rev(), share);
        logits
    }

    fn likeliest_after(known: &str, recent: &str) -> String {
        let best = likeliest(&recalled(known, recent, 1.0), |_| true).and_then(Chord::from_index);
        best.map_or_else(String::new, |chord| chord.to_string())
    }

    const TURN: &str = "Cm7 Abmaj7 Bm7 E7 Cm7 Abmaj7 Bm7 E7";

    #[test]
    fn a_turn_of_the_musicians_is_known_in_every_key() {
        assert_eq!(likeliest_after(TURN, "Cm7 Abmaj7"), "Bm7");
        assert_eq!(likeliest_after(TURN, "Ebm7 Bmaj7"), "Dm7");
        assert_eq!(likeliest_after(TURN, "Bm7 E7"), "Cm7");
    }

    #[test]
    fn the_longer_context_decides() {
        assert_eq!(likeliest_after("C F G C F Bb C F Bb C F Bb", "Bb C F"), "Bb");
        assert_eq!(likeliest_after("C F Bb C F Bb G C F G", "G C F"), "G");
    }

    #[test]
    fn what_the_musician_never_played_stays_as_it_was() {
        assert_eq!(recalled(TURN, "Cdim7", 1.0), EVEN);
        assert_eq!(recalled(TURN, "", 1.0), EVEN);
        assert_eq!(recalled("", "C", 1.0), EVEN);
        assert_eq!(recalled(TURN, "Cm7", 0.0), EVEN);
    }
}
