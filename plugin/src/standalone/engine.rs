//! The plug-in and all that it needs to play a block of sound. Wherever sound goes, it is this that is asked for it.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Instant;

use continuo::processor::output::{Event, Message, Sent};
use continuo::seam::Part;
use continuo::song_clock::HostTime;
use continuo::{Around, Continuo};
use continuo_models::music::Meter;
use crossbeam::channel::Sender;
use crossbeam::queue::ArrayQueue;
use nice_plug::midi::MidiResult;
use nice_plug::prelude::{NoteEvent, ParamPtr, Plugin};

use super::midi::Bytes;
use super::recorder::tape::{Exchange, Tape};
use super::timing::Timing;
use super::transport::Transport;

/// The longest block, in samples; who is asked for more plays several.
pub const LONGEST: usize = 8192;
/// MIDI messages and changes of parameters that wait for a block.
const WAITING: usize = 4096;

/// A MIDI message that has come from outside.
#[derive(Clone, Copy, Debug)]
pub struct Arrived {
    /// When, in nanoseconds of [`Links::now`].
    pub at: u64,
    /// The message.
    pub bytes: Bytes,
}

/// A MIDI message on its way outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leaving {
    /// When its sound is heard, in nanoseconds of [`Links::now`].
    pub at: u64,
    /// Whose it is.
    pub part: Part,
    /// The message.
    pub bytes: Bytes,
}

/// What the engine shares with other threads: queues without locks, and atomics.
pub struct Links {
    /// MIDI → audio.
    pub arrived: ArrayQueue<Arrived>,
    /// Audio → MIDI.
    pub leaving: ArrayQueue<Leaving>,
    /// Whether anybody takes what leaves. MIDI writes, audio reads.
    pub is_listened_to: AtomicBool,
    /// Panel → audio: parameters and their new normalised values.
    pub changes: ArrayQueue<(ParamPtr, f32)>,
    /// Main, panel → audio.
    pub transport: Transport,
    /// Recorder ↔ audio.
    pub tapes: Exchange,
    /// Whether the program comes to its end, so that no note may begin any more. Main writes, audio reads.
    pub is_ending: AtomicBool,
    /// Blocks that were asked for. Audio writes.
    pub blocks: AtomicU64,
    /// Blocks that were not ready in time. Audio writes, and whoever hears of it.
    pub dropouts: AtomicU64,
    /// Blocks that were asked for so late that they could not be, though nobody has told of a dropout. Audio writes.
    pub late: AtomicU64,
    begun: Instant,
}

impl Links {
    /// Links of a program that begins now.
    pub fn new(transport: Transport) -> Arc<Self> {
        Arc::new(Self {
            arrived: ArrayQueue::new(WAITING),
            leaving: ArrayQueue::new(WAITING),
            is_listened_to: AtomicBool::new(false),
            changes: ArrayQueue::new(WAITING),
            transport,
            tapes: Exchange::default(),
            is_ending: AtomicBool::new(false),
            blocks: AtomicU64::new(0),
            dropouts: AtomicU64::new(0),
            late: AtomicU64::new(0),
            begun: Instant::now(),
        })
    }

    /// Any thread: nanoseconds since the program began.
    pub fn now(&self) -> u64 {
        self.begun.elapsed().as_nanos() as u64
    }
}

/// A message that sounds in the block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sounds {
    /// Samples into the block.
    pub offset: u32,
    /// Whose it is.
    pub part: Part,
    /// The message.
    pub bytes: Bytes,
}

/// The plug-in, as whoever plays sound has it. Belongs to the audio thread while sound runs, else to the main thread.
pub struct Engine {
    plugin: Continuo,
    links: Arc<Links>,
    timing: Timing,
    /// What was played for the present block, in order of time. Never longer than [`WAITING`].
    heard: Vec<(u32, Bytes)>,
    tape: Option<Box<Tape>>,
    turns: u32,
    /// The dropouts that were told of by the last block.
    dropouts: u64,
}

impl Engine {
    /// An engine with this plug-in.
    pub fn new(plugin: Continuo, links: Arc<Links>) -> Self {
        let turns = links.transport.turns();
        let (timing, heard) = (Timing::new(48_000), Vec::with_capacity(WAITING));
        Self { plugin, links, timing, heard, tape: None, turns, dropouts: 0 }
    }

    /// Main thread: gets ready for blocks of up to `longest` samples at `rate` Hertz. Song and settings stay.
    pub fn prepare(&mut self, rate: u32, longest: u32) {
        self.plugin.prepare(rate, longest);
        self.timing = Timing::new(rate);
    }

    /// Main thread: nothing is asked for any more.
    pub fn rest(&mut self) {
        self.plugin.deactivate();
    }

    /// Audio: a block of `length` samples is asked for. Takes what was changed, and what has come from outside.
    pub fn begin(&mut self, length: u32) {
        let now = self.links.now();
        self.begin_at(now, length);
    }

    fn begin_at(&mut self, now: u64, length: u32) {
        self.links.blocks.fetch_add(1, Relaxed);
        let is_late = self.timing.begin(now, length);
        let dropouts = self.links.dropouts.load(Relaxed);
        if is_late && dropouts == self.dropouts {
            self.links.late.fetch_add(1, Relaxed);
        }
        self.dropouts = dropouts;
        self.heard.clear();
        // No more than are waiting now, so that the loop ends.
        for _ in 0..self.links.arrived.len() {
            if self.heard.len() == WAITING {
                break;
            }
            let Some(Arrived { at, bytes }) = self.links.arrived.pop() else { break };
            self.hear(self.timing.offset_of(at), bytes);
        }
        for _ in 0..self.links.changes.len() {
            let Some((param, value)) = self.links.changes.pop() else { break };
            // SAFETY: the panel's parameters are the plug-in's, which lives as long as this does.
            unsafe { param._internal_set_normalized_value(value) };
        }
        let turns = self.links.transport.turns();
        if turns != self.turns {
            self.turns = turns;
            self.plugin.shared().set_rests(!self.links.transport.status().plays);
            self.plugin.reset();
        }
        if self.tape.is_none() {
            self.tape = self.links.tapes.take();
        }
        if let Some(tape) = self.tape.take() {
            self.tape = if tape.has_ended() { self.links.tapes.give_back(tape) } else { Some(tape) };
        }
    }

    /// Audio, after [`Engine::begin`]: a message has come at `offset` samples into the block.
    pub fn hear(&mut self, offset: u32, bytes: Bytes) {
        if self.heard.len() < WAITING {
            let place = self.heard.partition_point(|(before, _)| *before <= offset);
            self.heard.insert(place, (offset, bytes));
        }
    }

    /// Audio, after [`Engine::begin`]: plays the samples of the block from `first` on into `left` and `right`. `host`
    /// leads the song, if there is one. What sounds goes to `to`, in order of time.
    pub fn play(
        &mut self,
        first: u32,
        host: Option<HostTime>,
        [left, right]: [&mut [f32]; 2],
        to: &mut impl FnMut(Sounds),
    ) {
        let end = first + left.len() as u32;
        let from = self.heard.partition_point(|(offset, _)| *offset < first);
        let until = self.heard.partition_point(|(offset, _)| *offset < end);
        let time = host.unwrap_or_else(|| self.links.transport.time());
        let mut around = Outside {
            heard: self.heard[from..until].iter(),
            first,
            tape: self.tape.as_deref_mut(),
            links: &self.links,
            timing: &self.timing,
            to,
        };
        self.plugin.play_block(&time, left, right, &mut around);
        if let Some(tape) = &mut self.tape {
            if let Some((quarters, tempo)) = self.plugin.song_time() {
                let meter = time.signature.map(|(numerator, denominator)| Meter {
                    numerator: numerator.clamp(1, 64) as u8,
                    denominator: denominator.clamp(1, 64) as u8,
                });
                tape.time(quarters, tempo, meter.unwrap_or_default());
            }
            tape.sound(left, right);
        }
    }
}

/// What lies around the plug-in in a block, or in a part of one that begins at its sample `first`.
struct Outside<'a, F> {
    heard: std::slice::Iter<'a, (u32, Bytes)>,
    first: u32,
    tape: Option<&'a mut Tape>,
    links: &'a Links,
    timing: &'a Timing,
    to: &'a mut F,
}

impl<F: FnMut(Sounds)> Around for Outside<'_, F> {
    fn next_input(&mut self) -> Option<NoteEvent<()>> {
        loop {
            let (offset, bytes) = self.heard.next()?;
            if let Ok(event) = NoteEvent::from_midi(offset - self.first, bytes.as_slice()) {
                return Some(event);
            }
        }
    }

    fn hear(&mut self, offset: u32, event: &NoteEvent<()>) {
        if let (Some(tape), Some(bytes)) = (&mut self.tape, bytes_of(event)) {
            tape.message(Part::You, offset, bytes);
        }
    }

    fn send(&mut self, event: &Event) -> Sent {
        // What begins at the end would never be ended.
        if matches!(event.message, Message::NoteOn { .. }) && self.links.is_ending.load(Acquire) {
            return Sent::Done;
        }
        let Some(bytes) = bytes_of(&event.note_event()) else { return Sent::Done };
        let sounds = Sounds { offset: self.first + event.offset, part: event.part, bytes };
        if self.links.is_listened_to.load(Relaxed) {
            let leaving = Leaving { at: self.timing.heard_at(sounds.offset), part: event.part, bytes };
            if self.links.leaving.push(leaving).is_err() {
                return Sent::Full;
            }
        }
        // What the musician plays was recorded as it came.
        if let (Some(tape), true) = (&mut self.tape, event.part != Part::You) {
            tape.message(event.part, event.offset, bytes);
        }
        (self.to)(sounds);
        Sent::Done
    }
}

/// The event as a MIDI message, if it has one.
fn bytes_of(event: &NoteEvent<()>) -> Option<Bytes> {
    match event.as_midi() {
        Some(MidiResult::Basic(midi)) => Bytes::read(&midi),
        _ => None,
    }
}

/// The engine, lent to whoever plays sound. When that is dropped, wherever that is, the engine goes home.
pub struct Lent {
    engine: Option<Box<Engine>>,
    home: Sender<Box<Engine>>,
}

impl Lent {
    /// Lends `engine` until it goes to `home`.
    pub fn new(engine: Box<Engine>, home: Sender<Box<Engine>>) -> Self {
        Self { engine: Some(engine), home }
    }
}

impl Deref for Lent {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        self.engine.as_deref().expect("it is lent until this is dropped")
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Engine {
        self.engine.as_deref_mut().expect("it is lent until this is dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.take() {
            // If nobody is at home any more, the program has ended.
            let _ = self.home.send(engine);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten milliseconds in nanoseconds, and in samples.
    const BLOCK: (u64, u32) = (10_000_000, 480);

    fn engine() -> (Engine, Arc<Links>) {
        let links = Links::new(Transport::new(None, Meter::default()));
        (Engine::new(Continuo::default(), Arc::clone(&links)), links)
    }

    fn note(key: u8) -> Bytes {
        Bytes::read(&[0x90, key, 100]).unwrap()
    }

    #[test]
    fn what_comes_during_a_block_is_played_in_the_next_at_the_same_place_and_in_order() {
        let (mut engine, links) = engine();
        engine.begin_at(BLOCK.0, BLOCK.1);
        for (at, key) in [(BLOCK.0 + BLOCK.0 / 2, 62), (BLOCK.0, 60), (2 * BLOCK.0 - 1, 64)] {
            links.arrived.push(Arrived { at, bytes: note(key) }).unwrap();
        }
        engine.begin_at(2 * BLOCK.0, BLOCK.1);
        assert_eq!(engine.heard, [(0, note(60)), (240, note(62)), (479, note(64))]);
        engine.hear(240, note(65));
        assert_eq!(engine.heard[2], (240, note(65)), "what comes at the same time stays in order");
        engine.begin_at(3 * BLOCK.0, BLOCK.1);
        assert!(engine.heard.is_empty());
    }

    #[test]
    fn as_much_as_can_wait_finds_room_in_a_block() {
        let (mut engine, links) = engine();
        engine.begin_at(BLOCK.0, BLOCK.1);
        while links.arrived.push(Arrived { at: BLOCK.0, bytes: note(60) }).is_ok() {}
        engine.begin_at(2 * BLOCK.0, BLOCK.1);
        assert_eq!((engine.heard.len(), links.arrived.len()), (WAITING, 0));
    }

    #[test]
    fn what_the_panel_changes_counts_from_the_next_block_on() {
        let (mut engine, links) = engine();
        let session = crate::standalone::session::Session::of(&engine.plugin);
        let pointer = engine.plugin.parameters().param_map().into_iter().find(|(id, ..)| id == "preview").unwrap().1;
        links.changes.push((pointer, 0.0)).unwrap();
        let preview = || session.state().params.remove("preview");
        assert!(matches!(preview(), Some(nice_plug::plugin::ParamValue::Bool(true))));
        engine.begin_at(BLOCK.0, BLOCK.1);
        assert!(matches!(preview(), Some(nice_plug::plugin::ParamValue::Bool(false))));
    }

    #[test]
    fn a_block_is_played_and_recorded_without_asking_the_system_for_memory() {
        let (mut engine, links) = engine();
        engine.prepare(48_000, BLOCK.1);
        let (mut left, mut right) = ([0.0; 480], [0.0; 480]);
        let (tape, _reel) = crate::standalone::recorder::tape::tape(48_000);
        assert!(links.tapes.lend(tape));
        links.is_listened_to.store(true, Relaxed);
        let (mut sounded, mut asked) = (0, 0);
        for block in 1..400 {
            for key in [60, 64, 67] {
                let status = if block % 40 < 20 { 0x90 } else { 0x80 };
                let bytes = Bytes::read(&[status, key + (block % 5) as u8, 90]).unwrap();
                links.arrived.push(Arrived { at: block * BLOCK.0, bytes }).unwrap();
            }
            if block == 200 {
                links.transport.play(true);
            }
            asked += allocations::during(|| {
                engine.begin_at(block * BLOCK.0, BLOCK.1);
                engine.hear(3, note(50));
                engine.play(0, None, [&mut left[..240], &mut right[..240]], &mut |_| sounded += 1);
                engine.play(240, None, [&mut left[240..], &mut right[240..]], &mut |_| sounded += 1);
            });
            while links.leaving.pop().is_some() {}
            // The band thinks meanwhile.
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert!(sounded > 100 && left.iter().any(|sample| *sample != 0.0));
        assert_eq!(asked, 0);
        assert_eq!(allocations::during(|| drop(vec![1; 10])), 2, "asking and giving back are counted");
    }

    /// Counts how often a thread asks for memory or gives some back.
    mod allocations {
        use std::alloc::{GlobalAlloc, Layout, System};
        use std::cell::Cell;

        thread_local! {
            static COUNT: Cell<Option<u32>> = const { Cell::new(None) };
        }

        pub fn during(act: impl FnOnce()) -> u32 {
            COUNT.set(Some(0));
            act();
            COUNT.take().unwrap_or(0)
        }

        struct Counting;

        fn count() {
            // A thread that ends has nothing to count with any more.
            let _ = COUNT.try_with(|count| count.set(count.get().map(|count| count + 1)));
        }

        // SAFETY: all is left to the system.
        unsafe impl GlobalAlloc for Counting {
            unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
                count();
                // SAFETY: as the caller says.
                unsafe { System.alloc(layout) }
            }

            unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
                count();
                // SAFETY: as the caller says.
                unsafe { System.dealloc(place, layout) }
            }
        }

        #[global_allocator]
        static COUNTING: Counting = Counting;
    }

    #[test]
    fn an_engine_that_is_dropped_by_whom_it_was_lent_comes_home() {
        let (engine, _) = engine();
        let (home, is_home) = crossbeam::channel::unbounded();
        let lent = Lent::new(Box::new(engine), home);
        assert!(is_home.try_recv().is_err());
        std::thread::spawn(move || drop(lent)).join().unwrap();
        assert!(is_home.try_recv().is_ok());
    }
}
