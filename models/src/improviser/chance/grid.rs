//! The grid on which the band decides, so that every processor decides alike.
//!
//! The kernels of two processors differ in the last bits of what a network says (about 10⁻⁶), and so do the `exp` and
//! `ln` of two system libraries. So there is a rule:
//!
//! 1. **What a network says is [`rounded`] to a grid of 1/64 where it enters**: before guidance makes three times as
//!    much of a difference, before anything is added, before anything is compared. One step of the grid changes the
//!    odds by 1.6 %, which nobody hears; the last bits move one logit in ten thousand across a line of it, and then by
//!    one step.
//! 2. **From there on nothing is used of which IEEE 754 does not say the last bit**: integers, and +, −, ×, ÷ and
//!    square roots of floats, in an order that is written down. [`exp`] and [`ln`] are made of these; the system
//!    library's are not used.
//! 3. **Where log-odds are compared or drawn from, it is by [`steps`]** of the same grid: a last bit that hangs on
//!    what has no part in the decision does not tip a tie.
//!
//! So every decision is a function of the rounded values alone.

/// Steps of the grid per unit of log-probability.
pub const GRID: f32 = 64.0;

/// Counts as impossible. What is not a number does too.
const IMPOSSIBLE: f32 = -1e4;

/// Weights are integers in units of 2⁻⁴⁰ of the likeliest choice's.
const WEIGHT_ONE: f64 = (1u64 << 40) as f64;

/// A logit in steps of the grid.
pub fn steps(logit: f32) -> i32 {
    let logit = if logit.is_nan() { IMPOSSIBLE } else { logit.clamp(IMPOSSIBLE, -IMPOSSIBLE) };
    nearest(logit * GRID)
}

/// The place on the grid next to `logit`.
pub fn rounded(logit: f32) -> f32 {
    steps(logit) as f32 / GRID
}

/// The nearest whole number. Cheaper than the call that `f32::round` is where the processor is not known beforehand.
fn nearest(value: f32) -> i32 {
    (value + 0.5f32.copysign(value)) as i32
}

/// e^(−steps/64) in units of 2⁻⁴⁰, for steps rounded to a whole number.
pub fn weight(steps: f32) -> u64 {
    const WHOLE: [f64; 28] = powers(0.367_879_441_171_442_33);
    const FRACTION: [f64; 64] = powers(0.984_496_437_005_408_5);
    let steps = nearest(steps.clamp(0.0, 1e6)) as usize;
    let (whole, fraction) = (steps / FRACTION.len(), steps % FRACTION.len());
    WHOLE.get(whole).map_or(0, |power| (power * FRACTION[fraction] * WEIGHT_ONE) as u64)
}

/// The probabilities that `logits` stand for, to the step of the grid.
pub fn probabilities<const N: usize>(logits: &[f32; N]) -> [f32; N] {
    let steps = logits.map(steps);
    let most = steps.iter().copied().max().unwrap_or(0);
    let weights = steps.map(|steps| weight((most - steps) as f32));
    let total: u64 = weights.iter().sum();
    weights.map(|weight| (weight as f64 / total as f64) as f32)
}

/// The log-probability of what has `probability`, at least −30.
pub fn logit_of(probability: f32) -> f32 {
    ln(f64::from(probability).max(1e-13)) as f32
}

/// e^`value`, for −87 to 88: as often doubled as it takes, and the rest by its series.
pub fn exp(value: f32) -> f32 {
    let value = f64::from(value).clamp(-87.0, 88.0);
    let doublings = (value * std::f64::consts::LOG2_E).round();
    let rest = value - doublings * std::f64::consts::LN_2;
    let series = (1..=12).rev().fold(1.0, |sum, term| 1.0 + rest / f64::from(term) * sum);
    (series * f64::from_bits(((1023 + doublings as i64) as u64) << 52)) as f32
}

/// The natural logarithm of a positive number to 10⁻⁷, by the series of the inverse hyperbolic tangent.
pub fn ln(value: f64) -> f64 {
    let bits = value.to_bits();
    let exponent = (bits >> 52) as i64 - 1023;
    let mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let series = (0..7).rev().fold(0.0, |sum, term| sum * square + 1.0 / f64::from(2 * term + 1));
    exponent as f64 * std::f64::consts::LN_2 + 2.0 * s * series
}

const fn powers<const N: usize>(base: f64) -> [f64; N] {
    let mut powers = [1.0; N];
    let mut exponent = 1;
    while exponent < N {
        powers[exponent] = powers[exponent - 1] * base;
        exponent += 1;
    }
    powers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_rounded_lies_on_the_grid_and_stays_there(logit in -1e4f32..1e4) {
            prop_assert!((rounded(logit) - logit).abs() <= 0.5 / GRID + logit.abs() * f32::EPSILON);
            prop_assert_eq!(rounded(rounded(logit)).to_bits(), rounded(logit).to_bits());
            prop_assert_eq!((rounded(logit) * GRID).fract(), 0.0);
        }

        #[test]
        fn powers_and_logarithms_are_right(value in -86.0f32..86.0) {
            let expected = f64::from(value).exp();
            prop_assert!((f64::from(exp(value)) / expected - 1.0).abs() < 1e-7, "{}", exp(value));
            prop_assert!((ln(expected) - f64::from(value)).abs() < 1e-6);
        }

        #[test]
        fn probabilities_and_logits_are_each_others_inverse(logits in prop::array::uniform5(-8.0f32..8.0)) {
            let chances = probabilities(&logits);
            prop_assert!((chances.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            let again = chances.map(logit_of);
            for index in 1..5 {
                let (before, after) = (logits[index] - logits[0], again[index] - again[0]);
                prop_assert!((before - after).abs() < 2.0 / GRID, "{before} {after}");
            }
        }
    }

    #[test]
    fn what_is_no_number_is_impossible() {
        assert_eq!([f32::NAN, f32::NEG_INFINITY, f32::INFINITY].map(rounded), [IMPOSSIBLE, IMPOSSIBLE, -IMPOSSIBLE]);
        assert_eq!([-1000.0, 0.0].map(exp), [exp(-87.0), 1.0]);
    }
}
