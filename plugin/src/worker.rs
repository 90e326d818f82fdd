//! The worker: one thread for each instance, on which everything musical happens.
//!
//! It takes what the audio thread tells it in the order of the ring, and nothing else decides what it plays: not the
//! time at which it wakes, not how long it takes. It wakes by itself, by the song's clock, so that the audio thread
//! never makes a system call for it.

mod audition;
mod band;
mod chooser;
mod folder;
mod hands;
mod lately;
mod mind;
mod networks;
mod take;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use continuo_models::music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER, frame_start};
use continuo_models::{Cue, PerRole};

use crate::diagnostics::decisions::Teller;
use crate::diagnostics::{TOTALS, count};
use crate::faults::{self, Place};
use crate::guard::{Panic, caught};
use crate::priority;
use crate::seam::{
    CUES_CAPACITY, Command, CueReceiver, CueSender, NetworkSet, PLAYED_CAPACITY, Played, PlayedReceiver, PlayedSender,
    Shared, StampedCue, cue_ring, played_ring,
};
use crate::song_clock::DEFAULT_TEMPO;
use audition::Rendering;
use band::Band;
use chooser::Chooser;
use lately::Lately;
pub use networks::NetworksKept;

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

/// How a worker has started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It plays.
    Ready,
    /// It still loads.
    Late,
    /// It has failed, and said so.
    Failed,
}

/// The worker's thread. Dropping it ends and joins the thread, which takes no longer than a decision: networks that are
/// still being loaded then are not waited for.
pub struct Worker {
    stop: Arc<AtomicBool>,
    ready: mpsc::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread, and gives the audio thread's ends of its rings. The networks are loaded on the new thread, or
    /// shared with the instances that have them; `networks` play first, with the one of textures if somebody `reshapes`
    /// bars.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(
        shared: Arc<Shared>,
        kept: Arc<NetworksKept>,
        networks: PerRole<NetworkSet>,
        reshapes: bool,
    ) -> io::Result<(Self, PlayedSender, CueReceiver)> {
        let (played_sender, played) = played_ring(PLAYED_CAPACITY);
        let (cues, cue_receiver) = cue_ring(CUES_CAPACITY);
        let stop = Arc::new(AtomicBool::new(false));
        let (announce, ready) = mpsc::channel();
        let loop_stop = Arc::clone(&stop);
        faults::refuse(Place::Thread)?;
        let thread = thread::Builder::new().name("continuo worker".into()).spawn(move || {
            let told = Arc::clone(&shared);
            let chooser_stop = Arc::clone(&loop_stop);
            let begun = caught(|| {
                faults::delay(Place::SlowStart);
                let (chooser, networks) = Chooser::new(kept, Arc::clone(&shared), (networks, reshapes), chooser_stop)?;
                let mut band = Band::new(networks, shared.memory.newest(), shared.chart.newest());
                band.capture(&shared.captured.newest());
                band.arrange(&shared.arrangement.newest());
                faults::strike(Place::WorkerStart);
                Some((chooser, band))
            });
            let then = "The band is silent until you switch Continuo off and on.";
            let (chooser, band) = match begun {
                Ok(Some(begun)) => begun,
                Ok(None) => return,
                // Who waits hears that nobody will announce anything any more.
                Err(panic) => return told.tell_panic(&panic, "The band could not start", then),
            };
            // The main thread may have stopped waiting.
            let _ = announce.send(());
            let (pause, teller) = (LONGEST_PAUSE, Teller::default());
            let (lately, audition) = (Lately::default(), Auditions::default());
            let work =
                WorkerLoop { played, cues, shared, chooser, stop: loop_stop, band, lately, audition, pause, teller };
            if let Err(panic) = caught(|| work.run()) {
                told.tell_panic(&panic, "The band has stopped", then);
            }
        })?;
        Ok((Self { stop, ready, thread: Some(thread) }, played_sender, cue_receiver))
    }

    /// Main thread: waits until the networks are loaded, so that the first frames do not miss; at most for `patience`,
    /// and not for a worker that has failed.
    pub fn wait_until_ready(&self, patience: Duration) -> Start {
        match self.ready.recv_timeout(patience) {
            Ok(()) => Start::Ready,
            Err(RecvTimeoutError::Timeout) => Start::Late,
            Err(RecvTimeoutError::Disconnected) => Start::Failed,
        }
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

/// What the thread goes round with.
struct WorkerLoop {
    played: PlayedReceiver,
    cues: CueSender,
    shared: Arc<Shared>,
    chooser: Chooser,
    stop: Arc<AtomicBool>,
    band: Band,
    lately: Lately,
    audition: Auditions,
    /// How long the worker pauses when nobody waits for it.
    pause: Duration,
    teller: Teller,
}

/// What is to be listened to.
#[derive(Default)]
struct Auditions {
    /// How many wishes have been seen.
    seen: u64,
    /// What is being made.
    rendering: Option<Rendering>,
}

impl WorkerLoop {
    fn run(mut self) {
        let mut idle = 0;
        let mut is_urgent = None;
        while !self.stop.load(Ordering::Acquire) {
            let is_awaited = self.shared.is_awaited();
            // A worker that is waited for takes all the time that it can get, so it lets others have theirs.
            if is_urgent.replace(!is_awaited) != Some(!is_awaited) {
                self.shared.urgency.set(priority::set(!is_awaited));
            }
            if self.take_turn() {
                idle = 0;
            } else if is_awaited {
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
                Command::ForgetTune => {
                    self.band.forget_tune();
                    self.shared.learned.publish(self.band.learned());
                }
            }
        }
        let Some(played) = self.played.next() else { return self.render() };
        self.lately.take(played);
        if let Err(panic) = caught(|| self.attend(played)) {
            self.recover(&panic, played);
        }
        true
    }

    /// Goes on with what is to be listened to, by a frame: what is played comes first. `false`: there is nothing to do.
    fn render(&mut self) -> bool {
        let Auditions { seen, rendering } = &mut self.audition;
        if *seen != self.shared.listening.wishes() {
            let (number, wish) = self.shared.listening.wish();
            // What an audition needs is loaded, but the live band does not wait for it.
            if wish.as_ref().is_some_and(|trial| trial.controls.reshapes()) && !self.chooser.has_textures() {
                return false;
            }
            *seen = number;
            *rendering = wish.map(|trial| {
                let (networks, learnt) = (self.chooser.at_hand(trial.network), Arc::clone(self.band.learnt()));
                let (bars, tempo) = (self.lately.bars(), self.lately.tempo().unwrap_or(DEFAULT_TEMPO as f32));
                let chart = self.shared.chart.newest();
                Rendering::new(bars, self.lately.meter(), tempo, &trial, networks, learnt, &chart)
                    .with(&self.shared.captured.newest(), &self.shared.arrangement.newest())
            });
        }
        let Some(audition) = rendering else { return false };
        match caught(|| audition.play_on()) {
            Ok(None) => return true,
            Ok(Some(audition)) => self.shared.listening.fulfil(*seen, audition),
            Err(panic) => self.shared.tell_panic(&panic, "This preset cannot be listened to", "Load it to hear it."),
        }
        *rendering = None;
        true
    }

    /// Has the band take what was played, and hands over what it decides.
    fn attend(&mut self, played: Played) {
        faults::strike(Place::Worker);
        if let Played::Frame(call) = played {
            let quarter = 60.0 / f64::from(call.start.tempo).max(1.0);
            let frame = quarter * TICKS_PER_FRAME as f64 / TICKS_PER_QUARTER as f64;
            self.pause = Duration::from_secs_f64(frame / LOOKS_IN_FRAME).clamp(SHORTEST_SLEEP, LONGEST_PAUSE);
            faults::delay(Place::SlowWorker);
            if let Some(networks) = self.chooser.follow(call.networks, call.start.controls.reshapes()) {
                self.band.exchange(networks);
            }
            if let Some(memory) = self.shared.memory.take_brought(call.loads) {
                self.band.remember(memory);
            }
            if let Some(chart) = self.shared.chart.take_brought(call.loads) {
                self.band.follow_chart(&chart);
            }
            if let Some(captured) = self.shared.captured.take_brought(call.loads) {
                self.band.capture(&captured);
            }
            if let Some(arrangement) = self.shared.arrangement.take_brought(call.loads) {
                self.band.arrange(&arrangement);
            }
            if let Some(doubt) = self.shared.doubts.take_new() {
                self.shared.notify(doubt.text());
            }
        }
        let Some(outlook) = self.band.take(played) else { return };
        // Before the cues, for which an offline host waits: then it knows all decisions that it has heard.
        match played {
            Played::Frame(call) if outlook.frame == call.start.next => self.teller.decided(call.epoch, &outlook),
            Played::Turned { frame, .. } | Played::Struck { frame, .. } => self.teller.turned(frame, &outlook),
            _ => {}
        }
        let plans = u64::from(matches!(played, Played::Frame(_)));
        count(&self.shared.meters.plans, &TOTALS.plans, plans);
        hand_over(self.band.cues(), &mut self.cues, &self.shared, &self.stop);
        self.shared.publish_outlook(outlook);
        self.shared.memory.publish(self.band.learnt());
        self.shared.learned.publish(self.band.learned());
        self.shared.struck.publish(self.band.struck());
    }

    /// The band has failed on something: say so, and begin anew rather than fall silent.
    fn recover(&mut self, panic: &Panic, played: Played) {
        self.shared.tell_panic(panic, "The band lost its place", "It has begun anew.");
        let tick = match played {
            Played::Heard(heard) => heard.tick(),
            Played::Turned { frame, .. } | Played::Struck { frame, .. } => frame_start(frame),
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
