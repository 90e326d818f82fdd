//! A clock in place of sound: blocks are played when a sound card would ask for them, so that panel, MIDI and recorder
//! live without one.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::standalone::engine::{LONGEST, Lent};

/// A clock that is late by more than this begins anew: the computer has slept.
const LATEST: Duration = Duration::from_millis(500);

/// A clock that runs. It stops when this is dropped.
pub struct Clock {
    /// Samples per second.
    pub rate: u32,
    /// Samples in a block.
    pub block: u32,
    has_ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    /// Starts to play blocks of `block` samples at `rate` Hertz.
    ///
    /// # Errors
    /// If the system gives no thread for it.
    pub fn start(rate: u32, block: u32, lend: &dyn Fn() -> Lent) -> Result<Self, String> {
        let block = block.clamp(16, LONGEST as u32);
        let mut engine = lend();
        engine.prepare(rate, block);
        let has_ended = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&has_ended);
        let thread = thread::Builder::new()
            .name("continuo clock".into())
            .spawn(move || run(engine, rate, block, &ended))
            .map_err(|error| format!("the system gives no thread to play on ({error})"))?;
        Ok(Self { rate, block, has_ended, thread: Some(thread) })
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.has_ended.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // The engine catches panics; whatever else happened, the thread has ended.
            let _ = thread.join();
        }
    }
}

fn run(mut engine: Lent, rate: u32, block: u32, has_ended: &AtomicBool) {
    let (mut left, mut right) = (vec![0.0; block as usize], vec![0.0; block as usize]);
    let mut due = Due::new(Instant::now(), rate, block);
    while !has_ended.load(Relaxed) {
        thread::sleep(due.next(Instant::now()));
        engine.begin(block);
        engine.play(0, None, [&mut left, &mut right], &mut |_| {});
    }
}

/// When blocks are due.
struct Due {
    begun: Instant,
    blocks: u64,
    seconds_in_block: f64,
}

impl Due {
    fn new(begun: Instant, rate: u32, block: u32) -> Self {
        Self { begun, blocks: 0, seconds_in_block: f64::from(block) / f64::from(rate.max(1)) }
    }

    /// How long it is until the next block, `now`.
    fn next(&mut self, now: Instant) -> Duration {
        self.blocks += 1;
        let due = self.begun + Duration::from_secs_f64(self.blocks as f64 * self.seconds_in_block);
        if now.saturating_duration_since(due) > LATEST {
            (self.begun, self.blocks) = (now, 0);
        }
        due.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_due_in_time_and_after_a_sleep_of_the_computer_from_then_on() {
        let begun = Instant::now();
        let mut due = Due::new(begun, 48_000, 480);
        let ms = |ms: u64| begun + Duration::from_millis(ms);
        assert_eq!(due.next(begun), Duration::from_millis(10));
        assert_eq!(due.next(ms(13)), Duration::from_millis(7));
        assert_eq!(due.next(ms(35)), Duration::ZERO, "what is late is made up");
        assert_eq!(due.next(ms(36)), Duration::from_millis(4));
        assert_eq!(due.next(ms(9_000)), Duration::ZERO);
        assert_eq!(due.next(ms(9_000)), Duration::from_millis(10));
    }
}
