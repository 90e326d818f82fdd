//! When the blocks of sound begin, and to which of their samples a moment belongs.

/// How much of its deviation the clock makes up in a block: callbacks come late by chance, sound runs evenly.
const MADE_UP: f64 = 0.1;
/// Beyond so many blocks of deviation sound has been interrupted, and the clock begins anew.
const LOST: f64 = 4.0;

/// A clock of blocks. What happens during one block is put into the next, at the same distance from its start: so
/// everything is late by the length of a block, and by nothing else. Belongs to the audio thread.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    samples_per_ns: f64,
    /// When the present block began, and the one before it, in nanoseconds.
    now: f64,
    before: f64,
    /// When it was asked for.
    asked: f64,
    length: u32,
    runs: bool,
}

impl Timing {
    /// A clock of sound at `rate` Hertz.
    pub fn new(rate: u32) -> Self {
        Self { samples_per_ns: f64::from(rate.max(1)) / 1e9, now: 0.0, before: 0.0, asked: 0.0, length: 0, runs: false }
    }

    /// A block of `length` samples is asked for at `at`, in nanoseconds of any clock. Whether it comes so late
    /// that what was ready had been played: a block later than it should.
    pub fn begin(&mut self, at: u64, length: u32) -> bool {
        let at = at as f64;
        let expected = self.now + f64::from(self.length) / self.samples_per_ns;
        let deviation = at - expected;
        let most = LOST * f64::from(length.max(self.length)) / self.samples_per_ns;
        let is_late = self.runs && at - self.asked > 2.0 * f64::from(self.length) / self.samples_per_ns;
        self.asked = at;
        self.before = self.now;
        if self.runs && deviation.abs() <= most {
            self.now = expected + deviation * MADE_UP;
        } else {
            self.now = at;
            self.before = at - f64::from(length) / self.samples_per_ns;
        }
        (self.length, self.runs) = (length, true);
        is_late
    }

    /// The sample of the present block to which what happened at `at` belongs.
    pub fn offset_of(&self, at: u64) -> u32 {
        let samples = (at as f64 - self.before) * self.samples_per_ns;
        (samples.max(0.0) as u32).min(self.length.saturating_sub(1))
    }

    /// When the sample at `offset` of the present block is heard, a block after it was asked for, in nanoseconds.
    pub fn heard_at(&self, offset: u32) -> u64 {
        (self.now + f64::from(offset) / self.samples_per_ns) as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: u32 = 48_000;
    const LENGTH: u32 = 480;
    /// Ten milliseconds in nanoseconds: the length of a block.
    const BLOCK: u64 = 10_000_000;

    #[test]
    fn what_happens_in_a_block_is_at_the_same_place_of_the_next() {
        let mut timing = Timing::new(RATE);
        for block in 1..50 {
            timing.begin(block * BLOCK, LENGTH);
        }
        for (at, offset) in [(0, 0), (BLOCK / 2, 240), (BLOCK - 1, 479)] {
            assert_eq!(timing.offset_of(48 * BLOCK + at), offset);
        }
        assert_eq!(timing.offset_of(0), 0, "what is late comes at once");
        assert_eq!(timing.offset_of(90 * BLOCK), 479, "what is early comes last");
    }

    #[test]
    fn after_an_interruption_the_clock_begins_anew() {
        let mut timing = Timing::new(RATE);
        timing.begin(BLOCK, LENGTH);
        timing.begin(100 * BLOCK, LENGTH);
        assert_eq!(timing.offset_of(100 * BLOCK - BLOCK / 2), 240);
        assert_eq!(timing.heard_at(240), 100 * BLOCK + BLOCK / 2);
    }

    #[test]
    fn a_block_is_late_when_what_was_ready_had_been_played() {
        let mut timing = Timing::new(RATE);
        let late = [9, 10, 11, 13, 14, 17, 18].map(|block: u64| timing.begin(block * BLOCK, LENGTH));
        assert_eq!(late, [false, false, false, false, false, true, false], "cards have one block in store");
    }

    proptest! {
        /// A hand that plays evenly is heard evenly, though callbacks tremble by a fifth of a block.
        #[test]
        fn callbacks_that_tremble_move_notes_by_less(trembles in prop::collection::vec(0..BLOCK / 5, 100)) {
            let mut timing = Timing::new(RATE);
            let (mut worst, mut block) = (0.0f64, 0);
            for tremble in trembles {
                block += 1;
                timing.begin(block * BLOCK + tremble, LENGTH);
                let middle = (block - 1) * BLOCK + BLOCK / 2;
                if block > 40 {
                    worst = worst.max((f64::from(timing.offset_of(middle)) - 240.0).abs());
                }
            }
            // A fifth of a block are 96 samples, and the clock runs behind by some half of it.
            prop_assert!(worst < 96.0, "{worst}");
        }

        #[test]
        fn every_moment_lies_in_the_block(at in any::<u64>(), begins in prop::collection::vec(any::<u64>(), 1..9)) {
            let mut timing = Timing::new(RATE);
            for begin in begins {
                timing.begin(begin, LENGTH);
                prop_assert!(timing.offset_of(at) < LENGTH);
            }
        }
    }
}
