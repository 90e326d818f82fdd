//! How far a mean over pieces is to be trusted: the percentile bootstrap (Efron & Tibshirani 1993, "An introduction to
//! the bootstrap", chapter 13), with the pieces drawn anew. The same values always give the same interval.

use continuo_models::improviser::chance::random::{Purpose, Random};
use serde::Serialize;

use super::report;

/// How often the pieces are drawn anew.
const RESAMPLES: u32 = 2000;
/// The share of the means that lies beyond each end of the interval.
const BEYOND: f64 = 0.025;

/// A mean, and between which bounds 95 % of the means of redrawn pieces lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Of the pieces as they are.
    pub mean: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// The mean of the values that are there; `None` if there are none.
pub fn mean(values: &[Option<f64>]) -> Option<Interval> {
    let values: Vec<f64> = values.iter().copied().flatten().collect();
    let mean = report::mean(values.iter().copied())?;
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|resample| {
            let drawn = (0..values.len()).map(|draw| {
                let uniform = Random::new(resample, draw as i64).uniform(Purpose::Style, 0);
                values[((uniform * values.len() as f32) as usize).min(values.len() - 1)]
            });
            drawn.sum::<f64>() / values.len() as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let beyond = (BEYOND * f64::from(RESAMPLES)) as usize;
    Some(Interval { mean, low: means[beyond], high: means[means.len() - 1 - beyond] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_all_alike_leave_no_doubt() {
        assert_eq!(mean(&[Some(0.5), None, Some(0.5)]), Some(Interval { mean: 0.5, low: 0.5, high: 0.5 }));
        assert_eq!(mean(&[None]), None);
    }

    #[test]
    fn the_interval_is_that_of_the_normal_distribution_where_there_are_many() {
        // Of 400 pieces half have 0 and half 1: the standard error is .5 / 20.
        let values: Vec<_> = (0..400).map(|piece| Some(f64::from(piece % 2))).collect();
        let Interval { mean, low, high } = mean(&values).unwrap();
        assert_eq!(mean, 0.5);
        assert!(
            (low - (0.5 - 1.96 * 0.025)).abs() < 0.005 && (high - (0.5 + 1.96 * 0.025)).abs() < 0.005,
            "{low} {high}"
        );
    }

    #[test]
    fn the_same_values_give_the_same_interval() {
        let values: Vec<_> = (0..30).map(|piece| Some(f64::from(piece * piece % 7))).collect();
        assert_eq!(mean(&values), mean(&values));
    }
}
