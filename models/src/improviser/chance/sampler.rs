//! Drawing from a network's logits so that other processors draw the same.
//!
//! They are rounded to the grid of this room before anything else happens.
//!
//! A draw is a race: each choice has an exponential variate of its own, divided by its weight, and the least wins
//! (the Gumbel-max trick, Gumbel 1954). The probabilities are those of the softmax, and a logit that moves a little can
//! change the winner only if it is in the lead or close to it. So a plan made with the same draws stands while its
//! grounds change little.

use super::grid::{ln, steps, weight};
use super::random::mix;

/// Below this temperature the likeliest choice is taken.
const COLDEST: f32 = 0.02;

/// How freely to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Freedom {
    /// Logits are divided by it: 0 takes the likeliest, 1 is as the network believes.
    pub temperature: f32,
    /// Top-p (Holtzman et al. 2020, "The curious case of neural text degeneration"): only the likeliest candidates that
    /// together have this probability, 0–1, stay in play.
    pub nucleus: f32,
}

/// Draws an index of `logits` among those that are `allowed`, with `draw` uniform in 0 to 1. `None` when nothing is
/// allowed. Values that are not numbers count as impossible, and are drawn only if nothing else is allowed.
pub fn sample(logits: &[f32], allowed: impl Fn(usize) -> bool, freedom: Freedom, draw: f32) -> Option<usize> {
    if freedom.temperature < COLDEST || freedom.temperature.is_nan() {
        return likeliest(logits, allowed);
    }
    let mut candidates: Vec<Candidate> = (logits.iter().enumerate())
        .filter(|&(index, _)| allowed(index))
        .map(|(index, &logit)| Candidate { steps: steps(logit), weight: 0, index })
        .collect();
    candidates.sort_unstable_by(|a, b| b.steps.cmp(&a.steps).then(a.index.cmp(&b.index)));
    let best = *candidates.first()?;
    let mut total = 0;
    for choice in &mut candidates {
        choice.weight = weight((best.steps - choice.steps) as f32 / freedom.temperature);
        total += choice.weight;
    }
    let kept = (total as f64 * f64::from(freedom.nucleus.clamp(0.0, 1.0))) as u64;
    let mut mass = 0;
    let nucleus = candidates.iter().position(|choice| {
        mass += choice.weight;
        mass >= kept
    });
    candidates.truncate(nucleus.map_or(candidates.len(), |last| last + 1));
    let finish = |choice: &Candidate| exponential(draw, choice.index) / choice.weight as f64;
    let winner = candidates.iter().filter(|choice| choice.weight > 0).min_by(|a, b| finish(a).total_cmp(&finish(b)));
    Some(winner.unwrap_or(&best).index)
}

/// Whether an event happens whose log-odds are `log_odds`.
pub fn happens(log_odds: f32, temperature: f32, draw: f32) -> bool {
    sample(&[0.0, log_odds], |_| true, Freedom { temperature, nucleus: 1.0 }, draw) == Some(1)
}

/// The index of the likeliest of `logits` among those that are `allowed`; the first of equals.
pub fn likeliest(logits: &[f32], allowed: impl Fn(usize) -> bool) -> Option<usize> {
    (0..logits.len()).filter(|&index| allowed(index)).min_by_key(|&index| std::cmp::Reverse(steps(logits[index])))
}

#[derive(Clone, Copy)]
struct Candidate {
    steps: i32,
    weight: u64,
    index: usize,
}

/// An exponential variate: a number of its own for every draw and index.
fn exponential(draw: f32, index: usize) -> f64 {
    let bits = mix(u64::from(draw.to_bits()) << 32 | index as u64);
    // Odd, so that it is never 0.
    -ln((bits >> 11 | 1) as f64 / (1u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::grid::GRID;
    use super::*;

    fn logits() -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-8.0f32..8.0, 1..40)
    }

    fn freedom() -> impl Strategy<Value = Freedom> {
        (0.0f32..2.0, 0.05f32..=1.0).prop_map(|(temperature, nucleus)| Freedom { temperature, nucleus })
    }

    proptest! {
        #[test]
        fn what_is_masked_is_never_drawn(
            logits in logits(),
            mask in any::<u64>(),
            freedom in freedom(),
            draw in 0.0f32..1.0,
        ) {
            let allowed = |index: usize| mask >> (index % 64) & 1 == 1;
            match sample(&logits, allowed, freedom, draw) {
                Some(index) => prop_assert!(allowed(index)),
                None => prop_assert!((0..logits.len()).all(|index| !allowed(index))),
            }
        }

        #[test]
        fn without_heat_the_likeliest_is_taken(logits in logits(), draw in 0.0f32..1.0) {
            let taken = sample(&logits, |_| true, Freedom { temperature: 0.0, nucleus: 1.0 }, draw).unwrap();
            prop_assert!(logits.iter().all(|logit| logits[taken] >= logit - 1.0 / GRID));
        }

        #[test]
        fn the_likeliest_is_in_every_nucleus(logits in logits(), temperature in 0.0f32..2.0) {
            let freedom = Freedom { temperature, nucleus: 1e-6 };
            prop_assert_eq!(sample(&logits, |_| true, freedom, 0.999), likeliest(&logits, |_| true));
        }

        #[test]
        fn values_that_are_not_numbers_are_survived(
            mut logits in logits(),
            freedom in freedom(),
            draw in any::<f32>(),
        ) {
            let last = logits.len() - 1;
            logits[last] = f32::NAN;
            logits.push(f32::NEG_INFINITY);
            logits.push(0.0);
            let taken = sample(&logits, |_| true, freedom, draw);
            prop_assert!(taken.is_some_and(|index| logits[index].is_finite()));
        }
    }

    #[test]
    fn choices_come_as_often_as_their_probability_says() {
        let logits = [0.0, 1.0, 2.0];
        let draws = 10_000;
        let mut counts = [0.0; 3];
        for draw in 0..draws {
            let freedom = Freedom { temperature: 1.0, nucleus: 1.0 };
            counts[sample(&logits, |_| true, freedom, draw as f32 / draws as f32).unwrap()] += 1.0 / draws as f32;
        }
        for (count, expected) in counts.iter().zip([0.0900, 0.2447, 0.6652]) {
            assert!((count - expected).abs() < 0.015, "{counts:?}");
        }
    }

    /// Of 10 000 draws, how many change when each logit moves by up to `size`.
    fn changed_draws(size: f32) -> usize {
        let freedom = Freedom { temperature: 0.8, nucleus: 0.95 };
        let noise = |case: u64, index: u64| (mix(case << 8 | index) >> 40) as f32 / (1 << 24) as f32;
        let changes = |case: &u64| {
            let logits: Vec<f32> = (0..30).map(|index| 8.0 * noise(*case, index) - 4.0).collect();
            let moved: Vec<f32> =
                (0..30).map(|index| logits[index as usize] + size * (2.0 * noise(*case, 99 + index) - 1.0)).collect();
            let draw = noise(*case, 255);
            sample(&logits, |_| true, freedom, draw) != sample(&moved, |_| true, freedom, draw)
        };
        (0..10_000).filter(changes).count()
    }

    #[test]
    fn the_last_bits_of_another_processor_hardly_ever_change_a_draw() {
        let (usual, coarse) = (changed_draws(1e-6), changed_draws(1e-4));
        assert!(usual <= 1 && coarse <= 10, "{usual} and {coarse} of 10000");
    }
}
