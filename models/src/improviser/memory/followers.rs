//! What has followed contexts like the present one.

use crate::improviser::chance::grid::{logit_of, probabilities};

/// How often each symbol has followed contexts that agree with the present one, on each of several levels: the higher,
/// the more of the context agrees.
pub struct Followers<const SYMBOLS: usize, const LEVELS: usize> {
    counts: [[u16; SYMBOLS]; LEVELS],
}

/// How often the contexts of a level were seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// In all.
    pub times: f32,
    /// Before how many different symbols.
    pub kinds: f32,
    /// The probability that what followed has by the network: the mean over what followed.
    pub fit: f32,
}

/// What followed the contexts of a level.
pub struct Followed<const SYMBOLS: usize> {
    /// The chance of each symbol by the counts. Of symbols that came equally often, more falls to what fits.
    pub chances: [f32; SYMBOLS],
    /// How often the contexts were seen.
    pub seen: Seen,
}

impl<const SYMBOLS: usize, const LEVELS: usize> Default for Followers<SYMBOLS, LEVELS> {
    /// None.
    fn default() -> Self {
        Self { counts: [[0; SYMBOLS]; LEVELS] }
    }
}

impl<const SYMBOLS: usize, const LEVELS: usize> Followers<SYMBOLS, LEVELS> {
    /// `symbol` has followed a context that agrees with the present one on `level`.
    pub fn count(&mut self, symbol: usize, level: usize) {
        if let Some(count) = self.counts.get_mut(level).and_then(|counts| counts.get_mut(symbol)) {
            *count = count.saturating_add(1);
        }
    }

    /// What followed on each level, the lowest first, where what fits has the probabilities `corpus`.
    pub fn followed(&self, corpus: &[f32; SYMBOLS]) -> [Option<Followed<SYMBOLS>>; LEVELS] {
        let fitting = corpus.map(|chance| chance.max(f32::MIN_POSITIVE).sqrt());
        self.counts.each_ref().map(|counts| {
            let weights: [f32; SYMBOLS] = std::array::from_fn(|symbol| f32::from(counts[symbol]) * fitting[symbol]);
            let times: f32 = counts.iter().map(|&count| f32::from(count)).sum();
            let kinds = counts.iter().filter(|&&count| count > 0).count() as f32;
            let weight: f32 = weights.iter().sum();
            (times > 0.0).then(|| {
                let chances = weights.map(|own| own / weight);
                let fit = chances.iter().zip(corpus).map(|(chance, corpus)| chance * corpus).sum();
                Followed { chances, seen: Seen { times, kinds, fit } }
            })
        })
    }

    /// Mixes what has followed into `logits`: by `share`, 0–1, the probabilities become those of what followed, as far
    /// as it is known. Where nothing is known, and at 0, the logits stay as they are.
    ///
    /// The levels are interpolated from the network's own probabilities up; `trust` says by how much each replaces what
    /// is below it, 0–1.
    pub fn mix_into(&self, logits: &mut [f32; SYMBOLS], share: f32, trust: impl Fn(usize, Seen) -> f32) {
        if share <= 0.0 || self.counts.as_flattened().iter().all(|&count| count == 0) {
            return;
        }
        let corpus = probabilities(logits);
        let mut own = corpus;
        for (level, followed) in self.followed(&corpus).into_iter().enumerate() {
            let Some(Followed { chances, seen }) = followed else { continue };
            let known = trust(level, seen);
            for (own, chance) in own.iter_mut().zip(chances) {
                *own += known * (chance - *own);
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

    const LEVELS: usize = 3;

    fn trust(level: usize, seen: Seen) -> f32 {
        [0.1, 0.5, 0.9][level] * seen.times / (seen.times + seen.kinds)
    }

    fn mixed(followers: &Followers<3, LEVELS>, share: f32) -> [f32; 3] {
        let mut logits = [0.0, 1.0, -1.0];
        followers.mix_into(&mut logits, share, trust);
        probabilities(&logits)
    }

    #[test]
    fn what_is_unknown_stays_as_it_was() {
        let mut logits = [0.3, f32::NEG_INFINITY, -1.0];
        Followers::<3, LEVELS>::default().mix_into(&mut logits, 1.0, trust);
        assert_eq!(logits, [0.3, f32::NEG_INFINITY, -1.0]);
    }

    #[test]
    fn the_higher_the_level_and_the_more_often_the_surer() {
        let follow = |level, times| {
            let mut followers = Followers::default();
            (0..times).for_each(|_| followers.count(2, level));
            mixed(&followers, 1.0)[2]
        };
        let corpus = mixed(&Followers::default(), 1.0)[2];
        assert!(corpus < 0.1 && follow(0, 1) > corpus);
        assert!(follow(2, 1) > follow(1, 1) && follow(2, 9) > follow(2, 1));
        assert!(follow(0, 999) < 0.2, "as far as the level is trusted");
    }

    #[test]
    fn of_equally_frequent_followers_the_network_prefers_what_fits() {
        let mut followers = Followers::default();
        (0..3).for_each(|symbol| followers.count(symbol, 2));
        let chances = mixed(&followers, 1.0);
        assert!(chances[1] > chances[0] && chances[0] > chances[2], "{chances:?}");
    }

    proptest! {
        #[test]
        fn between_corpus_and_own_the_chances_lie_between(
            counted in prop::collection::vec((0usize..3, 0..LEVELS), 0..20),
            share in 0f32..=1.0,
        ) {
            let mut followers = Followers::default();
            counted.iter().for_each(|&(symbol, level)| followers.count(symbol, level));
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
