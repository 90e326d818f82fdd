//! Everything that two threads share, with the contract of each side.
//!
//! | what | from | to | how |
//! |---|---|---|---|
//! | [`Played`] | audio | worker | single-producer ring ([`PlayedSender`]) |
//! | [`StampedCue`] | worker | audio | single-producer ring ([`CueSender`]) |
//! | [`Command`] | main, GUI | worker | channel |
//! | what the band has learnt of the musician and of the tune, the chart, bars that are captured, the order of sections ([`Known`]) | worker, main, GUI | main, GUI, worker | a mutex that the audio thread never touches |
//! | [`Meters`], [`Position`], [`Keyboard`], [`Playing`], [`Places`], [`Stream`] | audio, worker | GUI | atomics |
//! | [`WorkerUrgency`] | worker | GUI | atomic |
//! | [`Scenes`](crate::scenes::Scenes), [`Bank`](crate::bank::Bank) | main, GUI | audio | [`Published`] |
//! | [`Listening`] | main, GUI | worker | a mutex that the audio thread never touches |
//! | [`Audition`] | worker | audio | [`Published`] |
//! | [`Unsaved`] | GUI, main | main | a [`Signal`] |
//! | [`Activity`] | audio | GUI | atomics |
//! | [`Surroundings`] | main | GUI | set once, and an atomic |
//! | [`Doubts`] | audio | worker | atomics |
//! | [`Loading`] | main | audio | atomics |
//! | [`Outlook`] | worker | GUI | triple buffer |
//! | [`Notice`]s | worker, main | GUI | a mutex that the audio thread never touches |
//! | what is played on the panel's piano | GUI | audio | single-producer ring ([`PanelKeys`]) |
//! | learnt [`Controllers`](crate::params::controllers::Controllers) | main, GUI | audio | triple buffer |
//! | [`LastMoved`], [`PickUps`] | audio | GUI | atomics |
//! | [`Told`] | audio | audio, the entry point | single-producer ring ([`ToHost`]) |
//! | panic request | GUI, audio | audio | a [`Signal`] |
//! | whether plans are waited for | audio | worker | an atomic flag |
//! | whether the band rests | main | audio | an atomic flag |
//! | [`Machine`] | main | GUI | set once |
//!
//! The audio thread never waits for any of them. A ring that is full loses nothing silently: see [`PlayedSender`] and
//! [`CueSender`].

mod activity;
mod display;
mod doubt;
mod known;
mod listening;
mod loading;
mod moves;
mod networks;
mod panel_keys;
mod published;
mod revision;
mod rings;
mod signal;
mod surroundings;
mod sync;
mod unsaved;
mod urgency;

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use continuo_models::music::Chart;
use continuo_models::{Arrangement, Captured, Memory, Outlook};
use crossbeam::channel::{Receiver, Sender, bounded};

use crate::machine::Machine;

pub use activity::Activity;
pub use display::{Base, Keyboard, Meters, Part, Place, Places, Position, SharedStream, Stream};
pub use doubt::{Doubt, Doubts};
pub use known::Known;
pub use listening::{Audition, AuditionEvent, Listening, Trial};
pub use loading::Loading;
pub use moves::{
    LastMoved, MOST as MOST_CONTROLLERS, Moved, PickUp, PickUps, ToHost, ToHostReceiver, ToHostSender, Told,
};
pub use networks::{NetworkSet, Origin, Playing};
pub use panel_keys::{PanelKeys, PanelKeysReader, Stroke};
pub use published::{Newest, Published};
pub use revision::Revision;
pub use rings::{
    Again, CUES_CAPACITY, CueReceiver, CueSender, Cycle, FrameCall, NOTE_OFF_RESERVE, PLAYED_CAPACITY, Played,
    PlayedReceiver, PlayedSender, StampedCue, cue_ring, played_ring,
};
pub use signal::Signal;
pub use surroundings::{STANDALONE, Surroundings};
pub use unsaved::Unsaved;
pub use urgency::{Urgency, WorkerUrgency};

/// The most notices that are kept; older ones make room.
const NOTICES: usize = 16;

/// What the main thread or the panel asks of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Forget what was learnt of the musician.
    ClearMemory,
    /// Forget what was learned of the tune.
    ForgetTune,
}

/// Something the musician should read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Counts up from 1 with every notice of the instance.
    pub number: u64,
    /// One or two plain sentences: what happened, and what to do about it.
    pub text: String,
}

/// What one instance's threads share besides the rings. Every method says who may call it.
#[derive(Debug)]
pub struct Shared {
    /// Counters and levels. Audio and worker write, anybody reads.
    pub meters: Meters,
    /// Where the song is. Audio writes, anybody reads.
    pub position: Position,
    /// How sound runs. Audio writes, anybody reads.
    pub stream: SharedStream,
    /// Which keys sound, and who plays them. Audio writes, anybody reads.
    pub keyboard: Keyboard,
    /// Which preset and which scene are in force. Audio writes, anybody reads.
    pub places: Places,
    /// What is listened to before it is chosen. GUI and main wish, the worker makes it, audio reads.
    pub listening: Listening,
    /// Whether the host is to hear that its project has changed. GUI and main write, main reads.
    pub unsaved: Unsaved,
    /// Which networks play. The worker writes, anybody reads.
    pub playing: Playing,
    /// How urgent the system takes the worker for. The worker writes, anybody reads.
    pub urgency: WorkerUrgency,
    /// What the band has learnt of the musician. Never audio.
    pub memory: Known<Memory>,
    /// The chart that the band follows. Never audio.
    pub chart: Known<Chart>,
    /// The bar that the musician has captured. Never audio.
    pub captured: Known<Captured>,
    /// What the musician has made of the sections of the song. Never audio.
    pub arrangement: Known<Arrangement>,
    /// What the band strikes in its bar, to be captured. Worker writes, GUI reads.
    pub struck: Known<Captured>,
    /// What the band has learnt of the tune: no bars, if nothing. Worker writes, GUI reads.
    pub learned: Known<Chart>,
    /// Why the host could not be followed. Audio writes, the worker reads.
    pub doubts: Doubts,
    /// What has come in. Audio writes, anybody reads.
    pub activity: Activity,
    /// Where the instance runs. Main writes, the panel reads.
    pub surroundings: Surroundings,
    /// Whether a saved state is being loaded. Main writes, audio reads.
    pub loading: Loading,
    /// What is played on the panel's piano. GUI writes; audio reads through a [`PanelKeysReader`].
    pub panel_keys: PanelKeys,
    /// The controller that was moved last. Audio writes, anybody reads.
    pub last_moved: LastMoved,
    /// Where the learnt controllers are. Audio writes, anybody reads.
    pub pick_ups: PickUps,
    /// What controllers have moved, for the host. Both ends are audio's.
    pub to_host: ToHost,
    panics: Signal,
    renders_block: AtomicBool,
    awaited: AtomicBool,
    rests: AtomicBool,
    machine: OnceLock<Arc<dyn Machine>>,
    commands: (Sender<Command>, Receiver<Command>),
    notices: Mutex<(u64, Vec<Notice>)>,
    /// Locked only by the worker, so never contended.
    outlook_in: Mutex<triple_buffer::Input<Outlook>>,
    /// Locked only by the panel, so never contended.
    outlook_out: Mutex<triple_buffer::Output<Outlook>>,
}

impl Default for Shared {
    fn default() -> Self {
        let (outlook_in, outlook_out) = triple_buffer::triple_buffer(&Outlook::default());
        Self {
            meters: Meters::default(),
            position: Position::default(),
            stream: SharedStream::default(),
            keyboard: Keyboard::default(),
            places: Places::default(),
            listening: Listening::default(),
            unsaved: Unsaved::default(),
            playing: Playing::default(),
            urgency: WorkerUrgency::default(),
            memory: Known::default(),
            chart: Known::default(),
            captured: Known::default(),
            arrangement: Known::default(),
            struck: Known::default(),
            learned: Known::default(),
            doubts: Doubts::default(),
            activity: Activity::default(),
            surroundings: Surroundings::default(),
            loading: Loading::default(),
            panel_keys: PanelKeys::default(),
            last_moved: LastMoved::default(),
            pick_ups: PickUps::default(),
            to_host: ToHost::default(),
            panics: Signal::default(),
            renders_block: AtomicBool::new(false),
            awaited: AtomicBool::new(false),
            rests: AtomicBool::new(false),
            machine: OnceLock::new(),
            commands: bounded(16),
            notices: Mutex::default(),
            outlook_in: Mutex::new(outlook_in),
            outlook_out: Mutex::new(outlook_out),
        }
    }
}

impl Shared {
    /// A fresh set for one instance.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// GUI, main, audio: asks the audio thread to end every note at the next block.
    pub fn request_panic(&self) {
        self.panics.raise();
    }

    /// Audio: whether [`Shared::request_panic`] was called since the last time.
    pub fn take_panic_request(&self) -> bool {
        self.panics.take()
    }

    /// Audio, a format's entry point: whether the host says that it renders the block to come, if the format has a way
    /// to say so.
    pub fn set_renders_block(&self, renders: bool) {
        self.renders_block.store(renders, Ordering::Relaxed);
    }

    /// Audio: what was said by [`Shared::set_renders_block`].
    pub fn renders_block(&self) -> bool {
        self.renders_block.load(Ordering::Relaxed)
    }

    /// Audio, main while nothing is processed: whether the callback waits for plans.
    pub fn set_awaited(&self, awaited: bool) {
        self.awaited.store(awaited, Ordering::Relaxed);
    }

    /// Worker: whether the callback waits for plans, so that every moment counts, and none is heard.
    pub fn is_awaited(&self) -> bool {
        self.awaited.load(Ordering::Relaxed)
    }

    /// Main: whether all players rest, whatever is set, because the standalone program's transport stands.
    pub fn set_rests(&self, rests: bool) {
        self.rests.store(rests, Ordering::Relaxed);
    }

    /// Audio: what was said by [`Shared::set_rests`].
    pub fn rests(&self) -> bool {
        self.rests.load(Ordering::Relaxed)
    }

    /// Main: the instance is the standalone program's, which runs it on `machine`.
    pub fn run_on(&self, machine: Arc<dyn Machine>) {
        // An instance stays where it is.
        let _ = self.machine.set(machine);
    }

    /// GUI: what the standalone program runs on; `None` in a host.
    pub fn machine(&self) -> Option<&Arc<dyn Machine>> {
        self.machine.get()
    }

    /// GUI, main: asks something of the worker. `false` when too much is asked already.
    pub fn send(&self, command: Command) -> bool {
        self.commands.0.try_send(command).is_ok()
    }

    /// Worker: the next command, if there is one.
    pub fn next_command(&self) -> Option<Command> {
        self.commands.1.try_recv().ok()
    }

    /// Worker, main; never audio: tells the musician something.
    pub fn notify(&self, text: impl Into<String>) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.0 += 1;
        let number = notices.0;
        if notices.1.len() == NOTICES {
            notices.1.remove(0);
        }
        notices.1.push(Notice { number, text: text.into() });
    }

    /// Any thread, after a panic: counts it and tells the musician `what` has failed, for which `reason`, and `then`
    /// what became of it, unless that is told already. It locks and allocates; but so has the panic, to be written to
    /// the log.
    pub fn tell_panic(&self, reason: &dyn Display, what: &str, then: &str) {
        self.meters.panics.fetch_add(1, Ordering::Relaxed);
        let text = format!("{what} ({reason}). {then} Please report this.");
        if self.notices().iter().all(|notice| notice.text != text) {
            self.notify(text);
        }
    }

    /// GUI: the newest notices, oldest first.
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// GUI: drops the notices up to and including `number`, because the musician has read them.
    pub fn dismiss_notices(&self, number: u64) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.1.retain(|notice| notice.number > number);
    }

    /// Worker: publishes what the band believes and intends.
    pub fn publish_outlook(&self, outlook: Outlook) {
        self.outlook_in.lock().unwrap_or_else(PoisonError::into_inner).write(outlook);
    }

    /// GUI: what the band last said that it believes and intends.
    pub fn outlook(&self) -> Outlook {
        *self.outlook_out.lock().unwrap_or_else(PoisonError::into_inner).read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_request_is_taken_once() {
        let shared = Shared::new();
        assert!(!shared.take_panic_request());
        shared.request_panic();
        assert!(shared.take_panic_request());
        assert!(!shared.take_panic_request());
    }

    #[test]
    fn old_notices_make_room_and_keep_their_numbers() {
        let shared = Shared::new();
        for n in 1..=NOTICES as u64 + 3 {
            shared.notify(format!("notice {n}"));
        }
        let numbers: Vec<u64> = shared.notices().iter().map(|notice| notice.number).collect();
        assert_eq!(numbers, (4..=NOTICES as u64 + 3).collect::<Vec<_>>());
        shared.dismiss_notices(10);
        assert_eq!(shared.notices()[0].number, 11);
    }

    #[test]
    fn a_panic_that_comes_again_is_counted_again_and_told_once() {
        let shared = Shared::new();
        for bar in [1, 1, 2] {
            shared.tell_panic(&format!("in bar {bar}"), "It has failed", "It plays on.");
        }
        let texts: Vec<String> = shared.notices().into_iter().map(|notice| notice.text).collect();
        let told = |bar| format!("It has failed (in bar {bar}). It plays on. Please report this.");
        assert_eq!(texts, [told(1), told(2)]);
        assert_eq!(shared.meters.panics.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn the_panel_sees_the_newest_outlook() {
        let shared = Shared::new();
        for frame in 0..5 {
            shared.publish_outlook(Outlook { frame, ..Outlook::default() });
        }
        assert_eq!(shared.outlook().frame, 4);
    }
}
