//! Drawing from a network's logits so that other processors draw the same.
//!
//! Logits are rounded to a grid of 1/64 before anything else happens. One step of the grid changes the odds by 1.6 %,
//! which nobody hears; the last bits in which the kernels of two processors differ (about 10⁻⁶) move one logit in
//! ten thousand across a line of the grid, and then by that one step. After the rounding all arithmetic is integer, or
//! IEEE multiplication and division, which every processor does alike; `exp` of the system library, which may differ,
//! is not used.

/// Steps of the grid per unit of log-probability.
const GRID: f32 = 64.0;

/// Weights are integers in units of 2⁻⁴⁰ of the likeliest choice's.
const WEIGHT_ONE: f64 = (1u64 << 40) as f64;

/// Below this temperature the likeliest choice is taken.
const COLDEST: f32 = 0.02;

/// How freely to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Freedom {
    /// Logits are divided by it: 0 takes the likeliest, 1 is as the network believes.
    pub temperature: f32,
    /// Top-p (Holtzman et al. 2020, "The curious case of neural text degeneration"): only the likeliest choices that
    /// together have this probability, 0–1, stay in play.
    pub nucleus: f32,
}

/// Draws an index of `logits` among those that are `allowed`, with `draw` uniform in 0 to 1. `None` when nothing is
/// allowed. Values that are not numbers count as impossible, and are drawn only if nothing else is allowed.
pub fn sample(logits: &[f32], allowed: impl Fn(usize) -> bool, freedom: Freedom, draw: f32) -> Option<usize> {
    let mut choices: Vec<Choice> = (logits.iter().enumerate())
        .filter(|&(index, _)| allowed(index))
        .map(|(index, &logit)| Choice { steps: on_grid(logit), weight: 0, index })
        .collect();
    choices.sort_unstable_by(|a, b| b.steps.cmp(&a.steps).then(a.index.cmp(&b.index)));
    let best = *choices.first()?;
    if freedom.temperature < COLDEST || freedom.temperature.is_nan() {
        return Some(best.index);
    }
    let mut total = 0;
    for choice in &mut choices {
        choice.weight = weight((best.steps - choice.steps) as f32 / freedom.temperature);
        total += choice.weight;
    }
    let kept = (total as f64 * f64::from(freedom.nucleus.clamp(0.0, 1.0))) as u64;
    let mut mass = 0;
    let nucleus = choices.iter().position(|choice| {
        mass += choice.weight;
        mass >= kept
    });
    let choices = &choices[..=nucleus.unwrap_or(choices.len() - 1)];
    let mut left = (mass as f64 * f64::from(draw.clamp(0.0, 1.0))) as u64;
    for choice in choices {
        if left < choice.weight {
            return Some(choice.index);
        }
        left -= choice.weight;
    }
    Some(best.index)
}

/// Whether an event happens whose log-odds are `log_odds`.
pub fn happens(log_odds: f32, temperature: f32, draw: f32) -> bool {
    sample(&[0.0, log_odds], |_| true, Freedom { temperature, nucleus: 1.0 }, draw) == Some(1)
}

/// The index of the likeliest of `logits` among those that are `allowed`; the first of equals.
pub fn likeliest(logits: &[f32], allowed: impl Fn(usize) -> bool) -> Option<usize> {
    sample(logits, allowed, Freedom { temperature: 0.0, nucleus: 1.0 }, 0.0)
}

#[derive(Clone, Copy)]
struct Choice {
    steps: i32,
    weight: u64,
    index: usize,
}

fn on_grid(logit: f32) -> i32 {
    const IMPOSSIBLE: f32 = -1e4;
    let logit = if logit.is_nan() { IMPOSSIBLE } else { logit.clamp(IMPOSSIBLE, -IMPOSSIBLE) };
    (logit * GRID).round() as i32
}

/// e^(−steps/64) in units of [`WEIGHT_ONE`], for steps rounded to a whole number.
fn weight(steps: f32) -> u64 {
    const WHOLE: [f64; 28] = powers(0.367_879_441_171_442_33);
    const FRACTION: [f64; 64] = powers(0.984_496_437_005_408_5);
    let steps = steps.round().clamp(0.0, 1e6) as usize;
    let (whole, fraction) = (steps / FRACTION.len(), steps % FRACTION.len());
    WHOLE.get(whole).map_or(0, |power| (power * FRACTION[fraction] * WEIGHT_ONE) as u64)
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

    fn logits() -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-8.0f32..8.0, 1..40)
    }

    fn freedom() -> impl Strategy<Value = Freedom> {
        (0.0f32..2.0, 0.05f32..=1.0).prop_map(|(temperature, nucleus)| Freedom { temperature, nucleus })
    }

    proptest! {
        #[test]
        fn what_is_masked_is_never_drawn(logits in logits(), mask in any::<u64>(), freedom in freedom(), draw in 0.0f32..1.0) {
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
        fn values_that_are_not_numbers_are_survived(mut logits in logits(), freedom in freedom(), draw in any::<f32>()) {
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
            assert!((count - expected).abs() < 2e-3, "{counts:?}");
        }
    }

    #[test]
    fn the_last_bits_of_another_processor_hardly_ever_change_a_draw() {
        let freedom = Freedom { temperature: 0.8, nucleus: 0.95 };
        let mut changed = 0;
        for case in 0..10_000u32 {
            let noise = |index: u32| {
                (case.wrapping_mul(2_654_435_761).wrapping_add(index.wrapping_mul(40_503)) >> 8) as f32 / 16_777_216.0
            };
            let logits: Vec<f32> = (0..30).map(|index| 8.0 * noise(index) - 4.0).collect();
            let other: Vec<f32> =
                (0..30).map(|index| logits[index as usize] + 2e-4 * (noise(index + 99) - 0.5)).collect();
            let draw = noise(7777);
            changed += u32::from(sample(&logits, |_| true, freedom, draw) != sample(&other, |_| true, freedom, draw));
        }
        assert!(
            changed <= 10,
            "{changed} of 10000 draws changed under a perturbation of 1e-4, a hundred times the usual"
        );
    }
}
