//! Interpolated n-grams of orders 1 to 5, and mixtures of them.
//!
//! Jelinek & Mercer 1980, "Interpolated estimation of Markov source parameters from sparse data": the probability of a
//! token after a context is interpolated between what followed that context and what the shorter context predicts; the
//! weights depend on how often the context was seen and are found by expectation-maximisation on held-out sequences.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::tokens::Token;

/// The longest n-gram.
pub const ORDERS: usize = 5;
/// Classes of how often a context was seen: by powers of two.
const BUCKETS: usize = 16;
const ITERATIONS: usize = 20;
const TOKEN_BITS: u32 = 7;
/// Stands for every token when the occurrences of a context are counted.
const ANY: u64 = (1 << TOKEN_BITS) - 1;

/// The tokens before one, the newest last; before the first there is a token that is not in the vocabulary.
pub type Context = [Token; ORDERS - 1];

/// Calls `with` for each token of `sequence` and its context. The vocabulary has `size` tokens.
pub fn contexts(sequence: &[Token], size: usize, mut with: impl FnMut(&Context, Token)) {
    let mut context = [size as Token; ORDERS - 1];
    for &token in sequence {
        with(&context, token);
        context.rotate_left(1);
        context[ORDERS - 2] = token;
    }
}

/// How often each n-gram was seen.
#[derive(Clone, Debug, Default)]
pub struct Counts(HashMap<u64, u32, BuildHasherDefault<Scatter>>);

impl Counts {
    /// The counts of all `sequences` over a vocabulary of `size` tokens.
    pub fn of<'a>(sequences: impl IntoIterator<Item = &'a Vec<Token>>, size: usize) -> Self {
        let mut counts = Self::default();
        for sequence in sequences {
            contexts(sequence, size, |context, token| counts.add(context, token));
        }
        counts
    }

    /// Sees `token` after `context` once more.
    pub fn add(&mut self, context: &Context, token: Token) {
        for order in 1..=ORDERS {
            for token in [u64::from(token), ANY] {
                *self.0.entry(key(order, context, token)).or_default() += 1;
            }
        }
    }

    /// For each order: how often `token` followed the context of that order, and how often that context was seen.
    fn of_orders(&self, context: &Context, token: Token) -> [(u32, u32); ORDERS] {
        let get = |order, token| self.0.get(&key(order, context, token)).copied().unwrap_or(0);
        let mut counts = [(0, 0); ORDERS];
        for (order, counts) in (1..).zip(&mut counts) {
            counts.1 = get(order, ANY);
            if counts.1 == 0 {
                break;
            }
            counts.0 = get(order, u64::from(token));
        }
        counts
    }
}

fn key(order: usize, context: &Context, token: u64) -> u64 {
    let context = context[ORDERS - order..].iter().fold(0, |key, &token| key << TOKEN_BITS | u64::from(token));
    (context << TOKEN_BITS | token) << 3 | order as u64
}

/// The weight of each order by how often its context was seen; the rest goes to the order below, and below the first
/// every token is alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    size: usize,
    weights: [[f64; BUCKETS]; ORDERS],
}

fn bucket(seen: u32) -> usize {
    (seen.ilog2() as usize).min(BUCKETS - 1)
}

impl Weights {
    /// Even weights over a vocabulary of `size` tokens.
    pub fn even(size: usize) -> Self {
        Self { size, weights: [[0.5; BUCKETS]; ORDERS] }
    }

    /// The probability of `token` after `context`.
    pub fn probability(&self, counts: &Counts, context: &Context, token: Token) -> f64 {
        self.interpolated(&counts.of_orders(context, token))
    }

    fn interpolated(&self, counts: &[(u32, u32); ORDERS]) -> f64 {
        let mut probability = 1.0 / self.size as f64;
        for (weights, &(hits, seen)) in self.weights.iter().zip(counts) {
            if seen == 0 {
                break;
            }
            let weight = weights[bucket(seen)];
            probability = (1.0 - weight) * probability + weight * f64::from(hits) / f64::from(seen);
        }
        probability
    }

    /// The weights under which `held_out` is likeliest, of tokens as [`Observed`].
    pub fn fitted(size: usize, held_out: &[Observed]) -> Self {
        let mut weights = Self::even(size);
        for _ in 0..ITERATIONS {
            weights = weights.improved(held_out);
        }
        weights
    }

    /// One step of expectation-maximisation: of the tokens that reached an order, the share that it explains.
    fn improved(&self, held_out: &[Observed]) -> Self {
        // One pseudo-observation on either side keeps every weight off 0 and 1.
        let (mut explained, mut reached) = ([[1.0; BUCKETS]; ORDERS], [[2.0; BUCKETS]; ORDERS]);
        for Observed(counts) in held_out {
            let probability = self.interpolated(counts);
            let orders = counts.iter().take_while(|(_, seen)| *seen > 0).count();
            // The share of the probability that this order and those below it make up.
            let mut left = 1.0;
            let mut remaining = 1.0;
            for order in (0..orders).rev() {
                let (hits, seen) = counts[order];
                let weight = self.weights[order][bucket(seen)];
                let here = remaining * weight * f64::from(hits) / f64::from(seen) / probability;
                explained[order][bucket(seen)] += here;
                reached[order][bucket(seen)] += left;
                left -= here;
                remaining *= 1.0 - weight;
            }
        }
        let mut weights = self.weights;
        for (order, weights) in weights.iter_mut().enumerate() {
            for (class, weight) in weights.iter_mut().enumerate() {
                *weight = explained[order][class] / reached[order][class];
            }
        }
        Self { weights, ..*self }
    }
}

/// What the counts said about a held-out token.
#[derive(Clone, Copy, Debug)]
pub struct Observed([(u32, u32); ORDERS]);

impl Observed {
    /// What `counts` say about `token` after `context`.
    pub fn new(counts: &Counts, context: &Context, token: Token) -> Self {
        Self(counts.of_orders(context, token))
    }
}

/// A mixture of predictors with weights that depend on how far into a piece one is.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture(Vec<Vec<f64>>);

impl Mixture {
    /// The mixture under which held-out tokens are likeliest, by expectation-maximisation. Of each token: how many came
    /// before it in its piece, and the probability that each of `predictors` gave it.
    pub fn fitted(predictors: usize, held_out: &[(usize, Vec<f64>)]) -> Self {
        let mut mixture = Self(vec![vec![1.0 / predictors as f64; predictors]; BUCKETS]);
        for _ in 0..ITERATIONS {
            let mut shares = vec![vec![1.0; predictors]; BUCKETS];
            for (before, probabilities) in held_out {
                let all = mixture.probability(*before, probabilities);
                let weights = &mixture.0[place(*before)];
                for (share, (weight, probability)) in
                    shares[place(*before)].iter_mut().zip(weights.iter().zip(probabilities))
                {
                    *share += weight * probability / all;
                }
            }
            for (weights, shares) in mixture.0.iter_mut().zip(shares) {
                let sum: f64 = shares.iter().sum();
                *weights = shares.into_iter().map(|share| share / sum).collect();
            }
        }
        mixture
    }

    /// The probability of a token with `before` others before it to which the predictors gave `probabilities`.
    pub fn probability(&self, before: usize, probabilities: &[f64]) -> f64 {
        self.0[place(before)].iter().zip(probabilities).map(|(weight, probability)| weight * probability).sum()
    }
}

fn place(before: usize) -> usize {
    bucket(before as u32 + 1)
}

/// A hash for keys that are well spread but for their order: multiplication by 2⁶⁴ over the golden ratio (Knuth, The
/// Art of Computer Programming, volume 3, section 6.4), with the high bits folded down.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scatter(u64);

impl Hasher for Scatter {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(u64::from(byte)));
    }

    fn write_u64(&mut self, value: u64) {
        let product = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ product >> 32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 5;

    fn observed(counts: &Counts, sequence: &[Token]) -> Vec<Observed> {
        let mut all = Vec::new();
        contexts(sequence, SIZE, |context, token| all.push(Observed::new(counts, context, token)));
        all
    }

    fn bits(weights: &Weights, counts: &Counts, sequence: &[Token]) -> f64 {
        let mut sum = 0.0;
        contexts(sequence, SIZE, |context, token| sum -= weights.probability(counts, context, token).log2());
        sum / sequence.len() as f64
    }

    /// 0 1 2 3 0 1 2 3 …, with a 4 now and then.
    fn round(length: usize) -> Vec<Token> {
        (0..length).map(|index| if index % 13 == 12 { 4 } else { (index % 4) as Token }).collect()
    }

    #[test]
    fn probabilities_sum_to_one_after_every_context() {
        let counts = Counts::of(&[round(60)], SIZE);
        let weights = Weights::fitted(SIZE, &observed(&counts, &round(40)));
        for context in [[5, 5, 5, 5], [5, 5, 5, 0], [0, 1, 2, 3], [4, 4, 4, 4], [3, 2, 1, 0]] {
            let sum: f64 = (0..SIZE as Token).map(|token| weights.probability(&counts, &context, token)).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{sum} after {context:?}");
        }
    }

    #[test]
    fn nothing_is_impossible() {
        let counts = Counts::of(&[vec![0, 0, 0, 0]], SIZE);
        let weights = Weights::fitted(SIZE, &observed(&counts, &[0; 50]));
        assert!(weights.probability(&counts, &[0, 0, 0, 0], 3) > 0.0);
    }

    #[test]
    fn an_unseen_context_backs_off_to_the_longest_that_was_seen() {
        let counts = Counts::of(&[round(60)], SIZE);
        let weights = Weights::even(SIZE);
        let unseen = [[2, 2, 2, 1], [3, 3, 3, 1]].map(|context| weights.probability(&counts, &context, 2));
        assert_eq!(unseen[0], unseen[1], "both are known from their last token on");
        assert!(unseen[0] > 0.5, "2 follows 1");
    }

    #[test]
    fn fitted_weights_need_fewer_bits_than_even_ones() {
        let (train, valid) = (Counts::of(&[round(500)], SIZE), round(200));
        let fitted = Weights::fitted(SIZE, &observed(&train, &valid));
        let (even, fitted) = (bits(&Weights::even(SIZE), &train, &valid), bits(&fitted, &train, &valid));
        assert!(fitted < 0.9 * even, "{fitted} against {even}");
    }

    #[test]
    fn expectation_maximisation_finds_the_weight_that_was_hidden() {
        // 0 and 1 alike in training; held out, one token in ten is of the three that were never seen.
        let counts = Counts::of(&[vec![0], vec![1]], SIZE);
        let mut held_out = Vec::new();
        for _ in 0..1000 {
            for token in [0, 1, 0, 1, 0, 1, 0, 1, 0, 3] {
                contexts(&[token], SIZE, |context, token| held_out.push(Observed::new(&counts, context, token)));
            }
        }
        let unseen: f64 =
            [2, 3, 4].map(|token| Weights::fitted(SIZE, &held_out).probability(&counts, &[5; 4], token)).iter().sum();
        assert!((unseen - 0.1).abs() < 0.005, "{unseen}");
    }

    #[test]
    fn a_mixture_trusts_who_was_right_there() {
        let held_out: Vec<_> =
            (0..200).map(|n| if n < 100 { (0, vec![0.9, 0.1]) } else { (40, vec![0.1, 0.9]) }).collect();
        let mixture = Mixture::fitted(2, &held_out);
        assert!(mixture.probability(0, &[0.9, 0.1]) > 0.85);
        assert!(mixture.probability(40, &[0.1, 0.9]) > 0.85);
    }
}
