//! Random numbers as a function of where they are used, so that loops and bounces repeat.

use crate::music::Frame;

/// Random numbers of one frame: the same (seed, frame, purpose, draw) always gives the same number, whatever was drawn
/// before. Counter-based generation after Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; the mixing
/// function is the finaliser of SplitMix64 (Steele et al. 2014).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Random {
    key: u64,
}

/// What a random number is for. Each purpose has numbers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Purpose {
    HarmonicRhythm,
    Chord,
    Comping,
    Voicing,
    Bass,
    Pitch,
    Length,
    Time,
    Timing,
    Loudness,
    Style,
    Answer,
    Listening,
    Phrase,
    Contour,
    Motif,
    Idiom,
    Drums,
    Dynamics,
    Vary,
    Passage,
    Changes,
}

impl Random {
    /// The numbers of `frame` under `seed`.
    pub fn new(seed: u32, frame: Frame) -> Self {
        Self { key: mix(mix(u64::from(seed)) ^ frame as u64) }
    }

    /// Other numbers of the same frame; variant 0 is this one.
    pub fn variant(self, number: u32) -> Self {
        if number == 0 { self } else { Self { key: mix(self.key.rotate_left(32) ^ u64::from(number)) } }
    }

    /// About a normal deviate, of mean 0 and deviation 1, within ±3: the sum of three draws from number `draw` on.
    pub fn deviate(self, purpose: Purpose, draw: u32) -> f32 {
        let sum = self.uniform(purpose, draw) + self.uniform(purpose, draw + 1) + self.uniform(purpose, draw + 2);
        2.0 * sum - 3.0
    }

    /// Draw number `draw` for `purpose`: uniform in 0 (inclusive) to 1 (exclusive).
    pub fn uniform(self, purpose: Purpose, draw: u32) -> f32 {
        let bits = mix(self.key ^ (u64::from(purpose as u8) << 32 | u64::from(draw)));
        (bits >> 40) as f32 / (1u64 << 24) as f32
    }
}

/// One of several by their weights, where `uniform` was drawn from 0 (inclusive) to 1 (exclusive). `None`: there are
/// none.
pub fn weighed<T: Copy>(weights: &[(f32, T)], uniform: f32) -> Option<T> {
    let mut left = uniform * weights.iter().map(|(weight, _)| weight).sum::<f32>();
    let drawn = weights.iter().find(|(weight, _)| {
        left -= weight;
        left < 0.0
    });
    drawn.or(weights.last()).map(|(_, drawn)| *drawn)
}

/// The seed of take number `take` under the musician's `seed`: of the first one, number 0, the seed itself.
pub fn seed_of_take(seed: u32, take: u32) -> u32 {
    if take == 0 { seed } else { (mix(u64::from(take) << 32 | u64::from(seed)) >> 32) as u32 }
}

/// A bijection of 64 bits under which close inputs have unrelated outputs.
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_depends_on_where_it_is_used_and_on_nothing_else() {
        let here = Random::new(1, 7);
        assert_eq!(here.uniform(Purpose::Pitch, 0), Random::new(1, 7).uniform(Purpose::Pitch, 0));
        for elsewhere in [
            Random::new(2, 7).uniform(Purpose::Pitch, 0),
            Random::new(1, 8).uniform(Purpose::Pitch, 0),
            here.uniform(Purpose::Length, 0),
            here.uniform(Purpose::Pitch, 1),
        ] {
            assert_ne!(here.uniform(Purpose::Pitch, 0), elsewhere);
        }
    }

    #[test]
    fn every_take_has_a_seed_of_its_own_and_the_first_one_the_musicians() {
        assert_eq!(seed_of_take(7, 0), 7);
        let mut seeds: Vec<u32> = (0..3).flat_map(|seed| (0..50).map(move |take| seed_of_take(seed, take))).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 150);
    }

    #[test]
    fn deviates_have_mean_0_and_deviation_1() {
        let drawn: Vec<f32> = (0..10_000).map(|frame| Random::new(3, frame).deviate(Purpose::Chord, 0)).collect();
        let mean = drawn.iter().sum::<f32>() / drawn.len() as f32;
        let variance = drawn.iter().map(|value| value * value).sum::<f32>() / drawn.len() as f32;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.03, "{mean}, {variance}");
    }

    #[test]
    fn numbers_fill_the_unit_interval_evenly() {
        let mean = (0..10_000).map(|frame| Random::new(3, frame).uniform(Purpose::Chord, 0)).sum::<f32>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "mean {mean}");
    }
}
