//! What has followed contexts like the present one.

use crate::improviser::chance::grid::{logit_of, probabilities};

/// The longest context, in notes or chords.
pub const ORDER: usize = 6;

/// How far contexts of each length are trusted at most, shortest first. The short ones say how the musician moves in
/// general, about which the network knows more: it hears the harmony too.
const TRUST: [f32; ORDER] = [0.1, 0.35, 0.6, 0.8, 0.9, 0.95];

/// How often each symbol has followed contexts that agree with the present one.
pub struct Followers<const SYMBOLS: usize> {
    /// By how much of the context agrees at least: 1 note or chord, 2, …
    counts: [[u16; SYMBOLS]; ORDER],
}

impl<const SYMBOLS: usize> Followers<SYMBOLS> {
    /// None.
    pub fn new() -> Self {
        Self { counts: [[0; SYMBOLS]; ORDER] }
    }

    /// `symbol` has followed a context of which the last `agreeing` elements are those of the present one.
    pub fn count(&mut self, symbol: usize, agreeing: usize) {
        for counts in &mut self.counts[..agreeing.min(ORDER)] {
            if let Some(count) = counts.get_mut(symbol) {
                *count = count.saturating_add(1);
            }
        }
    }

    /// Mixes what has followed into `logits`: by `share`, 0–1, the probabilities become the musician's own, as far as
    /// they are known. Where nothing is known, and at 0, the logits stay as they are.
    ///
    /// Contexts of growing length are interpolated after Witten & Bell 1991, "The zero-frequency problem", from the
    /// network's own probabilities up. Of what the musician went on with, more weight falls to what the network finds
    /// fitting.
    pub fn mix_into(&self, logits: &mut [f32; SYMBOLS], share: f32) {
        if share <= 0.0 || self.counts[0].iter().all(|&count| count == 0) {
            return;
        }
        let corpus = probabilities(logits);
        let fitting = corpus.map(|chance| chance.max(f32::MIN_POSITIVE).sqrt());
        let mut own = corpus;
        for (counts, trust) in self.counts.iter().zip(TRUST) {
            let seen: f32 = counts.iter().map(|&count| f32::from(count)).sum();
            let kinds = counts.iter().filter(|&&count| count > 0).count() as f32;
            let weight: f32 = counts.iter().zip(&fitting).map(|(&count, fitting)| f32::from(count) * fitting).sum();
            if seen == 0.0 {
                break;
            }
            let known = trust * seen / (seen + kinds);
            for ((own, &count), fitting) in own.iter_mut().zip(counts).zip(&fitting) {
                *own += known * (f32::from(count) * fitting / weight - *own);
            }
        }
        for ((logit, corpus), own) in logits.iter_mut().zip(corpus).zip(own) {
            *logit = logit_of(corpus + share * (own - corpus));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mixed(followers: &Followers<3>, share: f32) -> [f32; 3] {
        let mut logits = [0.0, 1.0, -1.0];
        followers.mix_into(&mut logits, share);
        probabilities(&logits)
    }

    #[test]
    fn what_is_unknown_stays_as_it_was() {
        let mut logits = [0.3, f32::NEG_INFINITY, -1.0];
        Followers::new().mix_into(&mut logits, 1.0);
        assert_eq!(logits, [0.3, f32::NEG_INFINITY, -1.0]);
    }

    #[test]
    fn the_longer_and_the_more_often_the_surer() {
        let follow = |agreeing, times| {
            let mut followers = Followers::new();
            (0..times).for_each(|_| followers.count(2, agreeing));
            mixed(&followers, 1.0)[2]
        };
        let corpus = mixed(&Followers::new(), 1.0)[2];
        assert!(corpus < 0.1 && follow(1, 1) > corpus);
        assert!(follow(3, 1) > follow(2, 1) && follow(3, 9) > follow(3, 1));
        assert!(follow(1, 999) < 0.2, "the network knows better what the notes of late do not tell");
        assert!(follow(6, 9) > 0.95);
    }

    #[test]
    fn of_equally_frequent_followers_the_network_prefers_what_fits() {
        let mut followers = Followers::new();
        (0..3).for_each(|symbol| followers.count(symbol, 6));
        let chances = mixed(&followers, 1.0);
        assert!(chances[1] > chances[0] && chances[0] > chances[2], "{chances:?}");
    }

    proptest! {
        #[test]
        fn between_corpus_and_own_the_chances_lie_between(
            counted in prop::collection::vec((0usize..3, 1usize..=ORDER), 0..20),
            share in 0f32..=1.0,
        ) {
            let mut followers = Followers::new();
            counted.iter().for_each(|&(symbol, agreeing)| followers.count(symbol, agreeing));
            let (corpus, own) = (mixed(&followers, 0.0), mixed(&followers, 1.0));
            let chances = mixed(&followers, share);
            prop_assert!((chances.iter().sum::<f32>() - 1.0).abs() < 1e-3);
            for symbol in 0..3 {
                let expected = corpus[symbol] + share * (own[symbol] - corpus[symbol]);
                prop_assert!((chances[symbol] - expected).abs() < 0.02);
            }
        }
    }
}
