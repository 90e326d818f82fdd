//! How far what followed before is to be trusted: the weights of the cache of melody that fit other pieces best.

use continuo_models::improviser::memory::{Followers, Trust, trusted};

use super::report::Table;

const ITERATIONS: usize = 40;
/// How many values a [`Trust`] has.
const KINDS: usize = size_of::<Trust>() / size_of::<f32>();

/// What was foretold of one token: by the network, and by each level that had been seen.
#[derive(Clone, Debug)]
pub struct Foretold<const LEVELS: usize> {
    network: f64,
    /// The chance of the token, and which value of a [`Trust`] counts.
    levels: [Option<(f64, usize)>; LEVELS],
}

impl<const LEVELS: usize> Foretold<LEVELS> {
    /// What `logits` and `followers` say of `token`.
    pub fn new<const SYMBOLS: usize>(
        logits: &[f32; SYMBOLS],
        followers: &Followers<SYMBOLS, LEVELS>,
        token: usize,
    ) -> Self {
        let weights = logits.map(f32::exp);
        let total: f32 = weights.iter().sum();
        let corpus = weights.map(|weight| weight / total);
        let levels = followers
            .followed(&corpus)
            .map(|followed| followed.map(|followed| (f64::from(followed.chances[token]), trusted(followed.seen))));
        Self { network: f64::from(corpus[token]).max(1e-12), levels }
    }

    fn probability(&self, trust: &[[f64; KINDS]; LEVELS]) -> f64 {
        let levels = self.levels.iter().zip(trust);
        let seen = levels.filter_map(|(level, trust)| level.map(|(chance, which)| (chance, trust[which])));
        seen.fold(self.network, |below, (chance, trust)| below + trust * (chance - below))
    }
}

/// The trust under which `held_out` is likeliest, by expectation-maximisation: of the tokens that reached a level from
/// above, the share that it explains.
pub fn fitted<const LEVELS: usize>(held_out: &[Foretold<LEVELS>]) -> [Trust; LEVELS] {
    let mut trust = [[0.3f64; KINDS]; LEVELS];
    for _ in 0..ITERATIONS {
        // One pseudo-observation on either side keeps every weight off 0 and 1.
        let (mut explained, mut reached) = ([[1.0; KINDS]; LEVELS], [[2.0; KINDS]; LEVELS]);
        for foretold in held_out {
            let probability = foretold.probability(&trust);
            let (mut left, mut remaining) = (1.0, 1.0);
            for (level, seen) in foretold.levels.iter().enumerate().rev() {
                let &Some((chance, which)) = seen else { continue };
                let here = remaining * trust[level][which] * chance / probability;
                explained[level][which] += here;
                reached[level][which] += left;
                left -= here;
                remaining *= 1.0 - trust[level][which];
            }
        }
        trust =
            std::array::from_fn(|level| std::array::from_fn(|which| explained[level][which] / reached[level][which]));
    }
    trust.map(|trust| trust.map(|value| value as f32))
}

/// What was fitted beside what is built in.
pub fn table(heads: &[(&str, &[Trust], &[Trust])]) -> Table {
    let mut table = Table::new(&["trust in what followed", "level", "fitted", "built in"]);
    for (head, fitted, built_in) in heads {
        for (level, (fitted, built_in)) in fitted.iter().zip(*built_in).enumerate() {
            let values = [fitted, built_in].map(|trust| trust.map(|value| format!("{value:.2}")).join(" "));
            table.row([(*head).to_owned(), level.to_string()].into_iter().chain(values));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectation_maximisation_finds_the_trust_that_was_hidden() {
        // Where the level was seen once it is right three times in four, where more often always; the network never is.
        let foretold = |right: bool, which| Foretold::<1> {
            network: 0.01,
            levels: [Some((if right { 1.0 } else { 0.0 }, which))],
        };
        let held_out: Vec<_> = (0..400).flat_map(|n| [foretold(n % 4 > 0, 0), foretold(true, 1)]).collect();
        let [[once, often, ..]] = fitted(&held_out);
        assert!((once - 0.75).abs() < 0.02 && often > 0.98, "{once} and {often}");
    }
}
