//! A classifier that has nothing to do with the networks: multinomial logistic regression on counts of features. Those
//! of melodies are n-grams of intervals, rhythms and degrees over the chord; [`super::progressions`] has others.

use std::collections::HashMap;

use continuo_models::improviser::chance::random::{Purpose, Random};
use continuo_models::music::pitch::ascent;
use continuo_models::network::features::time_class;

use super::corpus::{Changes, Note, Piece};

/// Features of fewer examples say nothing about others.
const FEWEST: usize = 4;
const EPOCHS: u32 = 10;
/// Step size of AdaGrad (Duchi et al. 2011).
const RATE: f32 = 0.1;

/// The features of a melody over the chords and bars of `piece`, as hashes, as often as they occur. The chords
/// themselves are none: they would give the style of the piece away whatever is played over them.
pub fn features(piece: &Piece, changes: &Changes, melody: &[Note]) -> Vec<u64> {
    let intervals: Vec<u64> = pairs(melody, |note, next| u64::from(next.key) + 128 - u64::from(note.key));
    let times: Vec<u64> = pairs(melody, |note, next| time_class(next.onset - note.onset) as u64);
    let lengths: Vec<u64> = melody.iter().map(|note| time_class(note.length) as u64).collect();
    let degree = |note: &Note| match changes.around(note.onset).0 {
        Some(chord) => u64::from(ascent(chord.root, note.key % 12)),
        None => 12,
    };
    let degrees: Vec<u64> = melody.iter().map(degree).collect();
    let places: Vec<u64> =
        melody.iter().map(|note| piece.position(note.onset).ticks_into_bar(note.onset) as u64).collect();
    let mut all = Vec::new();
    for (kind, sequence) in (0..).zip([&intervals, &times, &lengths, &degrees, &places]) {
        for size in 1..=3 {
            all.extend(sequence.windows(size).map(|gram| hash(kind, gram)));
        }
    }
    for (index, &time) in times.iter().enumerate() {
        all.push(hash(5, &[intervals[index], time]));
        all.push(hash(6, &[lengths[index], time]));
        all.push(hash(7, &[places[index], degrees[index]]));
    }
    all
}

fn pairs(melody: &[Note], of: impl Fn(&Note, &Note) -> u64) -> Vec<u64> {
    melody.windows(2).map(|pair| of(&pair[0], &pair[1])).collect()
}

/// FNV-1a, a word at a time.
pub(super) fn hash(kind: u64, gram: &[u64]) -> u64 {
    let parts = [kind, gram.len() as u64].into_iter().chain(gram.iter().copied());
    parts.fold(0xcbf2_9ce4_8422_2325, |hash, part| (hash ^ part).wrapping_mul(0x0100_0000_01b3))
}

/// The trained classifier.
#[derive(Debug)]
pub struct Classifier {
    classes: usize,
    index: HashMap<u64, usize>,
    /// A row of `classes` for each feature, and one more that always counts.
    weights: Vec<f32>,
}

impl Classifier {
    /// Learns from examples by their features and class, 0 to `classes` − 1. Every class counts the same in all.
    pub fn learn(examples: &[(Vec<u64>, usize)], classes: usize) -> Self {
        let mut owners: HashMap<u64, usize> = HashMap::new();
        for (features, _) in examples {
            let mut own = features.clone();
            own.sort_unstable();
            own.dedup();
            own.into_iter().for_each(|feature| *owners.entry(feature).or_default() += 1);
        }
        let mut known: Vec<u64> =
            owners.into_iter().filter(|&(_, count)| count >= FEWEST).map(|(feature, _)| feature).collect();
        known.sort_unstable();
        let index: HashMap<u64, usize> = known.into_iter().zip(0..).collect();
        let weights = vec![0.0; (index.len() + 1) * classes];
        let mut classifier = Self { classes, index, weights };
        classifier.descend(examples);
        classifier
    }

    fn descend(&mut self, examples: &[(Vec<u64>, usize)]) {
        let classes = self.classes;
        let mut sizes = vec![0.0f32; classes];
        examples.iter().for_each(|&(_, class)| sizes[class] += 1.0);
        let vectors: Vec<_> = examples.iter().map(|(features, _)| self.vector(features)).collect();
        let mut squares = vec![1e-6f32; self.weights.len()];
        for epoch in 0..EPOCHS {
            let mut order: Vec<usize> = (0..examples.len()).collect();
            let random = |example: usize| Random::new(epoch, example as i64).uniform(Purpose::Style, 0);
            order.sort_by(|&a, &b| random(a).total_cmp(&random(b)));
            for example in order {
                let class = examples[example].1;
                let importance = examples.len() as f32 / (classes as f32 * sizes[class]);
                let chances = self.chances(&vectors[example]);
                for &(feature, value) in &vectors[example] {
                    for (other, chance) in chances.iter().enumerate() {
                        let error = chance - f32::from(u8::from(other == class));
                        let gradient = importance * error * value;
                        let place = feature * classes + other;
                        squares[place] += gradient * gradient;
                        self.weights[place] -= RATE * gradient / squares[place].sqrt();
                    }
                }
            }
        }
    }

    /// How probable each class is.
    pub fn posterior(&self, features: &[u64]) -> Vec<f64> {
        self.chances(&self.vector(features)).into_iter().map(f64::from).collect()
    }

    /// Known features with the logarithms of their counts, of length 1 together, and the one that always counts.
    fn vector(&self, features: &[u64]) -> Vec<(usize, f32)> {
        let mut known: Vec<usize> = features.iter().filter_map(|feature| self.index.get(feature).copied()).collect();
        known.sort_unstable();
        let mut vector: Vec<(usize, f32)> =
            known.chunk_by(|a, b| a == b).map(|same| (same[0], 1.0 + (same.len() as f32).ln())).collect();
        let length = vector.iter().map(|(_, value)| value * value).sum::<f32>().sqrt().max(1e-6);
        vector.iter_mut().for_each(|(_, value)| *value /= length);
        vector.push((self.index.len(), 1.0));
        vector
    }

    fn chances(&self, vector: &[(usize, f32)]) -> Vec<f32> {
        let mut scores = vec![0.0; self.classes];
        for &(feature, value) in vector {
            let row = &self.weights[feature * self.classes..(feature + 1) * self.classes];
            scores.iter_mut().zip(row).for_each(|(score, weight)| *score += value * weight);
        }
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for score in &mut scores {
            *score = (*score - most).exp();
            sum += *score;
        }
        scores.iter_mut().for_each(|score| *score /= sum);
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    /// A melody of steps in eighths, or of leaps in dotted rhythm, different for each number.
    fn example(class: usize, number: i64) -> Vec<u64> {
        let (steps, times) = if class == 0 { ([2, -1, 1, -2], [12, 12]) } else { ([7, -5, 4, -6], [18, 6]) };
        let (mut onset, mut key, mut notes) = (0, 60i64, Vec::new());
        for note in 0..40 {
            let time = times[note as usize % 2];
            notes.push((onset, time, key as u8));
            onset += time;
            key += steps[((note * 7 + number * (note + 1)) % 4) as usize];
            key = if (48..=84).contains(&key) { key } else { 60 };
        }
        let piece = made_up("a", &notes, &[(0, 2000, "C")]);
        features(&piece, &piece.changes(), &piece.melody)
    }

    fn learned() -> Classifier {
        // Many more of one class than of the other.
        let examples: Vec<_> = (0..40).map(|n| (example(0, n), 0)).chain((0..8).map(|n| (example(1, n), 1))).collect();
        Classifier::learn(&examples, 2)
    }

    #[test]
    fn two_made_up_styles_are_told_apart() {
        let classifier = learned();
        for number in 100..120 {
            for class in 0..2 {
                let posterior = classifier.posterior(&example(class, number));
                assert!(posterior[class] > 0.8, "{posterior:?} of {class}");
            }
        }
    }

    #[test]
    fn half_of_each_lies_between() {
        let classifier = learned();
        let half = |class| example(class, 200)[..].chunks(2).map(|pair| pair[0]).collect::<Vec<_>>();
        let posterior = classifier.posterior(&[half(0), half(1)].concat());
        let [pure, other] = [0, 1].map(|class| classifier.posterior(&example(class, 200))[0]);
        assert!(other < posterior[0] && posterior[0] < pure, "{posterior:?}");
    }

    #[test]
    fn a_posterior_sums_to_one_even_of_nothing() {
        for features in [vec![], example(0, 7)] {
            assert!((learned().posterior(&features).iter().sum::<f64>() - 1.0).abs() < 1e-5);
        }
    }
}
