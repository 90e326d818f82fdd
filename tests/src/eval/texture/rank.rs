//! Rank correlation.

/// The rank correlation of two rows of numbers of the same length (Spearman), −1 to 1; 0 where one of them never
/// changes.
pub fn spearman(one: &[f64], other: &[f64]) -> f64 {
    let (one, other) = (ranks(one), ranks(other));
    let centre = one.len() as f64 / 2.0;
    let product = |one: &[f64], other: &[f64]| {
        one.iter().zip(other).map(|(one, other)| (one - centre) * (other - centre)).sum::<f64>()
    };
    let norm = (product(&one, &one) * product(&other, &other)).sqrt();
    if norm == 0.0 { 0.0 } else { product(&one, &other) / norm }
}

/// How many of the values are below each, equal ones by half.
fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: f64| {
        let below = values.iter().filter(|other| **other < value).count() as f64;
        below + values.iter().filter(|other| **other == value).count() as f64 / 2.0
    };
    values.iter().map(|value| rank(*value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_that_rise_together_are_1_and_such_that_fall_are_the_opposite() {
        assert!((spearman(&[0.0, 1.0, 2.0, 3.0], &[0.0, 1.0, 4.0, 9.0]) - 1.0).abs() < 1e-9);
        assert!((spearman(&[0.0, 1.0, 2.0], &[3.0, 2.0, 1.0]) + 1.0).abs() < 1e-9);
        assert_eq!(spearman(&[0.0, 1.0, 2.0], &[2.0, 2.0, 2.0]), 0.0);
    }
}
