//! The beat of a finger on a button.

/// A pause of this many seconds ends a series of taps.
const PAUSE: f64 = 2.0;

/// Taps closer than this many seconds are one: a button that bounces.
const BOUNCE: f64 = 0.1;

/// The most intervals whose median is the beat.
const INTERVALS: usize = 6;

/// Between these shares of the beat an interval is the half of it: the tap is one too many.
const HALF: std::ops::Range<f64> = 0.4..0.62;

/// Between these it is the double: a tap is missing.
const DOUBLE: std::ops::Range<f64> = 1.6..2.5;

/// A series of taps. To tap the half or the double of a tempo, pause first: within a series they are slips of the
/// finger.
#[derive(Clone, Debug, Default)]
pub struct Taps {
    last: Option<i64>,
    /// The newest intervals in samples, the oldest first.
    intervals: [f64; INTERVALS],
    count: usize,
}

impl Taps {
    /// Takes a tap at `sample`; `false`: it is none to go by.
    pub fn tap(&mut self, sample: i64, sample_rate: f64) -> bool {
        let Some(last) = self.last else {
            self.last = Some(sample);
            return true;
        };
        let interval = (sample - last) as f64;
        if interval < BOUNCE * sample_rate {
            return false;
        }
        let share = self.beat().map_or(1.0, |beat| interval / beat);
        if HALF.contains(&share) {
            return false;
        }
        self.last = Some(sample);
        if interval > PAUSE * sample_rate {
            self.count = 0;
        } else if DOUBLE.contains(&share) {
            self.push(interval / 2.0);
        } else {
            self.push(interval);
        }
        true
    }

    /// The samples of a beat, once there have been two taps.
    pub fn beat(&self) -> Option<f64> {
        let mut sorted = self.intervals;
        let sorted = &mut sorted[..self.count];
        sorted.sort_unstable_by(f64::total_cmp);
        let (low, high) = (sorted.get(self.count.wrapping_sub(1) / 2)?, sorted.get(self.count / 2)?);
        Some((low + high) / 2.0)
    }

    fn push(&mut self, interval: f64) {
        if self.count == INTERVALS {
            self.intervals.rotate_left(1);
            self.count -= 1;
        }
        self.intervals[self.count] = interval;
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 1000.0;

    /// The beat in milliseconds after taps at these milliseconds.
    fn beat(taps: &[i64]) -> Option<f64> {
        let mut series = Taps::default();
        taps.iter().for_each(|&tap| {
            series.tap(tap, RATE);
        });
        series.beat()
    }

    #[test]
    fn the_beat_is_the_median_of_the_intervals() {
        assert_eq!(beat(&[0]), None);
        assert_eq!(beat(&[0, 500]), Some(500.0));
        assert_eq!(beat(&[0, 500, 1010]), Some(505.0));
        assert_eq!(beat(&[0, 500, 1010, 1500, 2190]), Some(505.0), "one tap is late");
    }

    #[test]
    fn old_intervals_are_forgotten() {
        let mut taps: Vec<i64> = (0..8).map(|tap| tap * 500).collect();
        taps.extend((1..=6).map(|tap| 3500 + tap * 400));
        assert_eq!(beat(&taps), Some(400.0));
    }

    #[test]
    fn a_missing_tap_and_one_too_many_are_forgiven() {
        assert_eq!(beat(&[0, 500, 1000, 2000, 2500]), Some(500.0));
        assert_eq!(beat(&[0, 500, 750, 1000, 1250, 1500]), Some(500.0));
    }

    #[test]
    fn a_pause_begins_a_new_series() {
        assert_eq!(beat(&[0, 500, 1000, 3100]), None);
        assert_eq!(beat(&[0, 500, 1000, 3100, 3350]), Some(250.0));
    }

    #[test]
    fn a_button_that_bounces_is_one_tap() {
        assert_eq!(beat(&[0, 20, 500, 530, 1000]), Some(500.0));
    }
}
