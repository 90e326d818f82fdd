//! The worker: one thread for each instance, on which everything musical happens.
//!
//! It takes what the audio thread tells it in the order of the ring, and nothing else decides what it plays: not the
//! time at which it wakes, not how long it takes. It wakes by itself, by the song's clock, so that the audio thread
//! never makes a system call for it.

mod band;
mod chooser;
mod folder;
mod hands;
mod mind;
mod networks;
mod take;

use std::any::Any;
use std::ffi::OsString;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use continuo_input::environment;
use continuo_models::Cue;
use continuo_models::music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER, frame_start};

use crate::diagnostics::decisions::Teller;
use crate::diagnostics::{TOTALS, count};
use crate::seam::{
    CUES_CAPACITY, Command, CueReceiver, CueSender, NetworkSet, PLAYED_CAPACITY, Played, PlayedReceiver, PlayedSender,
    Shared, StampedCue, cue_ring, played_ring,
};
use band::Band;
use chooser::Chooser;
pub use networks::NetworksKept;

/// A developer's tool: the worker sleeps a pseudo-random time of up to this many milliseconds before each decision.
const SLOW_WORKER: &str = "CONTINUO_SLOW_WORKER_MS";
/// The most that it takes: a minute, in which every plan is late.
const SLOWEST_MS: u64 = 60_000;

/// Where somebody waits for the worker: rounds of looking for work that cost nothing, then such that give way, then
/// such that sleep.
const SPINS: u32 = 16;
const YIELDS: u32 = 32;
const SHORTEST_SLEEP: Duration = Duration::from_micros(50);
const LONGEST_SLEEP: Duration = Duration::from_millis(3);
/// Where nobody does, it looks for work so many times in a frame: seldom enough that fifty instances cost little, and
/// soon enough that next to nothing is lost of the frame that there is for a plan.
const LOOKS_IN_FRAME: f64 = 8.0;
const LONGEST_PAUSE: Duration = Duration::from_millis(16);

/// The worker's thread. Dropping it ends and joins the thread.
pub struct Worker {
    stop: Arc<AtomicBool>,
    ready: mpsc::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread, and gives the audio thread's ends of its rings. The networks are loaded on the new thread, or
    /// shared with the instances that have them; `networks` play first.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(
        shared: Arc<Shared>,
        kept: Arc<NetworksKept>,
        networks: NetworkSet,
    ) -> io::Result<(Self, PlayedSender, CueReceiver)> {
        let (played_sender, played) = played_ring(PLAYED_CAPACITY);
        let (cues, cue_receiver) = cue_ring(CUES_CAPACITY);
        let stop = Arc::new(AtomicBool::new(false));
        let (announce, ready) = mpsc::channel();
        let loop_stop = Arc::clone(&stop);
        let thread = thread::Builder::new().name("continuo worker".into()).spawn(move || {
            let (chooser, networks) = Chooser::new(kept, Arc::clone(&shared), networks);
            let band = Band::new(networks, shared.memory.newest());
            // The main thread may have stopped waiting.
            let _ = announce.send(());
            let slowness = slowness(environment::value(SLOW_WORKER)).unwrap_or_else(|problem| {
                shared.notify(problem);
                0
            });
            let pause = LONGEST_PAUSE;
            let teller = Teller::default();
            Labour { played, cues, shared, chooser, stop: loop_stop, band, pause, slowness, decisions: 0, teller }
                .run();
        })?;
        Ok((Self { stop, ready, thread: Some(thread) }, played_sender, cue_receiver))
    }

    /// Main thread: waits until the networks are loaded, so that the first frames do not miss. `false` after
    /// `patience`.
    pub fn wait_until_ready(&self, patience: Duration) -> bool {
        self.ready.recv_timeout(patience).is_ok()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic there was caught and told already.
            let _ = thread.join();
        }
    }
}

/// By how many milliseconds the worker is slowed at most, if the variable [`SLOW_WORKER`] holds `value`.
fn slowness(value: Option<OsString>) -> Result<u64, String> {
    let Some(value) = value else { return Ok(0) };
    let number = value.to_str().and_then(|text| text.parse().ok()).filter(|ms| *ms <= SLOWEST_MS);
    number.ok_or_else(|| {
        format!("{SLOW_WORKER} is {value:?}, no whole number from 0 to {SLOWEST_MS}; the worker is not slowed.")
    })
}

/// The thread's state.
struct Labour {
    played: PlayedReceiver,
    cues: CueSender,
    shared: Arc<Shared>,
    chooser: Chooser,
    stop: Arc<AtomicBool>,
    band: Band,
    /// How long the worker pauses when nobody waits for it.
    pause: Duration,
    /// Milliseconds to sleep before a decision, at most.
    slowness: u64,
    decisions: u64,
    teller: Teller,
}

impl Labour {
    fn run(mut self) {
        let mut idle = 0;
        while !self.stop.load(Ordering::Acquire) {
            if self.take_turn() {
                idle = 0;
            } else if self.shared.is_awaited() {
                rest(idle);
                idle = idle.saturating_add(1);
            } else {
                thread::park_timeout(self.pause);
            }
        }
    }

    /// Does the next thing there is to do; `false` when there is nothing.
    fn take_turn(&mut self) -> bool {
        while let Some(command) = self.shared.next_command() {
            match command {
                Command::ClearMemory => self.shared.memory.bring(Arc::default(), 0),
            }
        }
        let Some(played) = self.played.next() else { return false };
        if let Played::Frame(call) = played {
            let quarter = 60.0 / f64::from(call.start.tempo).max(1.0);
            let frame = quarter * TICKS_PER_FRAME as f64 / TICKS_PER_QUARTER as f64;
            self.pause = Duration::from_secs_f64(frame / LOOKS_IN_FRAME).clamp(SHORTEST_SLEEP, LONGEST_PAUSE);
            self.dawdle();
            if let Some(networks) = self.chooser.follow(call.networks) {
                self.band.exchange(networks);
            }
            if let Some(memory) = self.shared.memory.take_brought(call.loads) {
                self.band.remember(memory);
            }
            if let Some(doubt) = self.shared.doubts.take_new() {
                self.shared.notify(doubt.text());
            }
        }
        match catch_unwind(AssertUnwindSafe(|| self.band.take(played))) {
            Ok(Some(outlook)) => {
                // Before the cues, for which an offline host waits: then it knows all decisions that it has heard.
                match played {
                    Played::Frame(call) if outlook.frame == call.start.next => {
                        self.teller.decided(call.epoch, &outlook);
                    }
                    Played::Turned { frame, .. } => self.teller.turned(frame, &outlook),
                    _ => {}
                }
                let plans = u64::from(matches!(played, Played::Frame(_)));
                count(&self.shared.meters.plans, &TOTALS.plans, plans);
                hand_over(self.band.cues(), &mut self.cues, &self.shared, &self.stop);
                self.shared.publish_outlook(outlook);
                self.shared.memory.publish(self.band.learnt());
            }
            Ok(None) => {}
            Err(panic) => self.recover(&*panic, played),
        }
        true
    }

    /// The improviser has failed on something: say so, and begin anew rather than fall silent.
    fn recover(&mut self, panic: &(dyn Any + Send), played: Played) {
        count(&self.shared.meters.panics, &TOTALS.panics, 1);
        let reason = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
        let reason = reason.unwrap_or("for an unknown reason");
        self.shared.notify(format!("The band lost its place and has begun anew ({reason}). Please report this."));
        let tick = match played {
            Played::Heard(heard) => heard.tick(),
            Played::Turned { frame, .. } => frame_start(frame),
            Played::Frame(call) => frame_start(call.start.frame),
            Played::Jump { tick, .. } => tick,
        };
        self.band = Band::after_failure(&self.band, self.shared.memory.newest(), tick);
        if let Played::Frame(call) = played {
            // An empty plan, so that nobody waits for it.
            let done = StampedCue { epoch: call.epoch, cue: Cue::Done(call.start.next) };
            hand_over(&[done], &mut self.cues, &self.shared, &self.stop);
        }
    }

    /// Sleeps as long as [`SLOW_WORKER`] says.
    fn dawdle(&mut self) {
        if self.slowness > 0 {
            self.decisions += 1;
            let hash = self.decisions.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
            thread::sleep(Duration::from_millis(hash % (self.slowness + 1)));
        }
    }
}

/// Hands over cues, and waits while there is no room for them: none is ever dropped, unless the worker is to stop.
fn hand_over(handed: &[StampedCue], cues: &mut CueSender, shared: &Shared, stop: &AtomicBool) {
    for &cue in handed {
        let mut pending = cues.try_send(cue);
        if pending.is_err() {
            count(&shared.meters.overflowed, &TOTALS.overflowed, 1);
        }
        let mut round = 0;
        while let Err(cue) = pending {
            if stop.load(Ordering::Acquire) {
                return;
            }
            rest(round);
            round += 1;
            pending = cues.try_send(cue);
        }
    }
}

/// The `round`th rest in a row of a worker that is waited for.
fn rest(round: u32) {
    if round < SPINS {
        std::hint::spin_loop();
    } else if round < SPINS + YIELDS {
        thread::yield_now();
    } else {
        let doublings = ((round - SPINS - YIELDS) / 8).min(8);
        thread::sleep((SHORTEST_SLEEP * (1 << doublings)).min(LONGEST_SLEEP));
    }
}

#[cfg(test)]
mod tests;
