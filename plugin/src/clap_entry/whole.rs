//! Whole values for stepped parameters.

/// The whole number next to `value`, if only the rounding of 32-bit numbers lies between them.
pub fn whole(value: f64) -> f64 {
    let nearest = value.round();
    if (value - nearest).abs() <= value.abs() * f64::from(f32::EPSILON) { nearest } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_every_parameter_is_whole() {
        for steps in [1, 4, 10, 15, 23, 9998] {
            for step in 0..=steps {
                let told = f64::from(step as f32 / steps as f32) * f64::from(steps);
                assert_eq!(whole(told), f64::from(step), "{step} of {steps}");
            }
        }
    }

    #[test]
    fn values_in_between_are_left_alone() {
        for value in [0.0, 1e-9, 0.25, 0.999_999, 1.000_001, -35.999] {
            assert_eq!(whole(value), value);
        }
    }
}
