//! Whether the callback may wait for plans: while the host renders it does, while somebody listens it never does.
//!
//! A host says that it renders when it activates the instance; or, some VST3 hosts, in each block only; or not at all,
//! and renders all the same. So the **pace** counts too: blocks that come at more than twice the speed at which they
//! would be heard, for a while. Until that is so, a burst may pass: a host that renders ahead, or catches up after a
//! hiccup, is live. And once it is so, the host is taken at its pace for as long as it keeps it, without the time that
//! it has waited for us.

use std::time::{Duration, Instant};

/// How many times as fast as they are heard blocks have to come.
const FASTER: f64 = 2.0;

/// How much music has to come at once, in seconds, until nobody can be listening. Hosts render ahead by a fifth of a
/// second or so.
const BURST: f64 = 0.5;

/// How long the callback waits for one plan before it goes on without.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The same, when the last plan did not come either.
const LONGEST_WAIT_AGAIN: Duration = Duration::from_millis(50);

/// What is known of the host, block by block. Belongs to the audio thread.
#[derive(Default)]
pub struct Patience {
    /// What the host said when it activated the instance.
    announced: bool,
    /// What it says in the present block, if it has a way to.
    said: bool,
    pace: Pace,
    /// Whether the last wait was in vain.
    in_vain: bool,
}

impl Patience {
    /// The instance is activated; `offline`: for rendering.
    pub fn new(offline: bool) -> Self {
        Self { announced: offline, ..Self::default() }
    }

    /// A block of so many `seconds` begins at `now`; `offline`: the host says that it renders this block.
    pub fn begin_block(&mut self, now: Instant, seconds: f64, offline: bool) {
        self.said = offline;
        self.pace.begin_block(now, seconds);
    }

    /// Whether plans are waited for in the present block.
    pub fn waits(&self) -> bool {
        self.announced || self.said || self.pace.is_fast
    }

    /// A wait begins for a plan that has not come.
    pub fn begin_wait(&self) -> Wait {
        Wait { begun: Instant::now(), longest: if self.in_vain { LONGEST_WAIT_AGAIN } else { LONGEST_WAIT } }
    }

    /// It is over; `came`: so is the plan.
    pub fn end_wait(&mut self, wait: &Wait, came: bool) {
        self.in_vain = !came;
        self.pace.waited += wait.begun.elapsed();
    }
}

/// A wait for a plan.
pub struct Wait {
    begun: Instant,
    longest: Duration,
}

impl Wait {
    /// Rests for a moment; `false`, at once, when it has been long enough.
    pub fn rest(&self) -> bool {
        let goes_on = self.begun.elapsed() < self.longest;
        if goes_on {
            std::thread::sleep(Duration::from_micros(20));
        }
        goes_on
    }
}

/// The speed at which blocks come.
#[derive(Default)]
struct Pace {
    /// The start of the block before.
    last: Option<Instant>,
    /// How long we have kept the host waiting since.
    waited: Duration,
    /// Seconds of music by which the host is ahead of the fastest pace that counts as live; 0 at least, and [`BURST`]
    /// and a block at most.
    ahead: f64,
    is_fast: bool,
}

impl Pace {
    fn begin_block(&mut self, now: Instant, seconds: f64) {
        let waited = std::mem::take(&mut self.waited);
        if let Some(last) = self.last.replace(now) {
            let took = now.saturating_duration_since(last).saturating_sub(waited).as_secs_f64();
            self.ahead = (self.ahead - FASTER * took).max(0.0);
        }
        // A slack host was live before this block, whatever comes at once with it.
        self.is_fast = if self.is_fast { self.ahead > 0.0 } else { self.ahead >= BURST };
        self.ahead = (self.ahead + seconds).min(BURST + seconds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: f64 = 0.01;

    /// A host that processes blocks at times of its own; whether each may wait.
    struct Host {
        patience: Patience,
        start: Instant,
        time: f64,
    }

    impl Host {
        fn new() -> Self {
            Self { patience: Patience::new(false), start: Instant::now(), time: 0.0 }
        }

        /// So many blocks, `pace` times as fast as they are heard. How many of them may wait.
        fn process(&mut self, blocks: usize, pace: f64) -> usize {
            let waits = (0..blocks).filter(|_| {
                self.time += BLOCK / pace;
                self.patience.begin_block(self.start + Duration::from_secs_f64(self.time), BLOCK, false);
                self.patience.waits()
            });
            waits.count()
        }
    }

    #[test]
    fn a_host_that_says_so_waits_from_its_first_block() {
        let mut announced = Patience::new(true);
        announced.begin_block(Instant::now(), BLOCK, false);
        assert!(announced.waits());
        let mut said = Patience::new(false);
        said.begin_block(Instant::now(), BLOCK, true);
        assert!(said.waits());
        said.begin_block(Instant::now(), BLOCK, false);
        assert!(!said.waits(), "the next block is live again");
    }

    #[test]
    fn a_host_that_only_renders_waits_after_half_a_second_and_for_as_long_as_it_goes_on() {
        let mut host = Host::new();
        assert!((940..960).contains(&host.process(1000, 50.0)));
        assert!((40..60).contains(&host.process(100, 1.0)), "and half a second of listening later no more");
        assert_eq!(host.process(100, 1.0), 0);
    }

    #[test]
    fn long_blocks_are_known_as_rendered_when_the_second_one_comes() {
        let mut patience = Patience::new(false);
        let waits = [0.0, 0.01, 0.02].map(|time| {
            patience.begin_block(Instant::now() + Duration::from_secs_f64(time), 1.0, false);
            patience.waits()
        });
        assert_eq!(waits, [false, true, true]);
    }

    #[test]
    fn slow_rendering_leaves_the_worker_its_time() {
        assert_eq!(Host::new().process(10_000, 1.9), 0);
    }

    #[test]
    fn live_bursts_do_not_wait() {
        let mut host = Host::new();
        for _ in 0..50 {
            // Four tenths of a second ahead, then as long nothing.
            assert_eq!(host.process(40, 1000.0), 0);
            host.time += 0.4;
        }
        // A hiccup of three seconds, and what was missed of it at once.
        host.time += 3.0;
        assert_eq!(host.process(45, 1000.0), 0);
        assert_eq!(host.process(100, 1.0), 0);
    }

    #[test]
    fn the_time_that_the_host_waits_for_us_does_not_count() {
        let mut host = Host::new();
        host.process(100, 50.0);
        for _ in 0..100 {
            host.time += 1.0;
            host.patience.pace.waited = Duration::from_secs(1);
            assert_eq!(host.process(1, 50.0), 1);
        }
    }

    #[test]
    fn the_second_wait_in_vain_is_short() {
        let mut patience = Patience::new(true);
        let wait = patience.begin_wait();
        assert_eq!(wait.longest, LONGEST_WAIT);
        patience.end_wait(&wait, false);
        let wait = patience.begin_wait();
        assert_eq!(wait.longest, LONGEST_WAIT_AGAIN);
        while wait.rest() {}
        patience.end_wait(&wait, true);
        assert_eq!(patience.begin_wait().longest, LONGEST_WAIT);
    }
}
