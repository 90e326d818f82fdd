//! What runs from the audio thread to the recorder: sound, events and the song's time, each in a ring of its own.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64};

use continuo::seam::Part;
use continuo_models::music::Meter;
use crossbeam::queue::ArrayQueue;
use ringbuf::traits::{Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use crate::standalone::midi::Bytes;

/// Seconds of sound that find room while the disk is busy.
const SECONDS: usize = 10;
/// Events that find room meanwhile.
const EVENTS: usize = 16_384;

/// Something that happens, so many samples after the recording began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Taped {
    /// When.
    pub sample: u64,
    /// What.
    pub what: What,
}

/// What is recorded besides sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    /// A message of a part.
    Message(Part, Bytes),
    /// Where the song is.
    Time {
        /// In quarter notes.
        quarters: f64,
        /// Quarter notes per minute.
        tempo: f32,
        /// The meter.
        meter: Meter,
    },
}

/// The audio thread's end. It is made and dropped elsewhere.
pub struct Tape {
    sound: HeapProd<f32>,
    events: HeapProd<Taped>,
    sample: u64,
    told: Option<(u64, f32, Meter)>,
    /// Samples between two words about time.
    pause: u64,
    shared: Arc<Running>,
}

/// What both ends know. The recorder ends it; audio counts.
#[derive(Debug, Default)]
pub struct Running {
    ends: AtomicBool,
    lost: AtomicU64,
}

impl Running {
    /// Recorder: the audio thread is to hand the tape back.
    pub fn end(&self) {
        self.ends.store(true, Release);
    }

    /// Whether the tape has come to its end.
    pub fn has_ended(&self) -> bool {
        self.ends.load(Acquire)
    }

    /// How many samples and events found no room.
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}

/// The recorder's end.
pub struct Reel {
    /// Left and right in turn.
    pub sound: HeapCons<f32>,
    /// In order of time.
    pub events: HeapCons<Taped>,
    /// What both ends know.
    pub running: Arc<Running>,
}

/// Two ends of a tape for sound at `rate` Hertz.
pub fn tape(rate: u32) -> (Tape, Reel) {
    let (sound, played) = HeapRb::new(SECONDS * 2 * rate as usize).split();
    let (events, happened) = HeapRb::new(EVENTS).split();
    let shared = Arc::new(Running::default());
    let reel = Reel { sound: played, events: happened, running: Arc::clone(&shared) };
    (Tape { sound, events, sample: 0, told: None, pause: u64::from(rate) / 8, shared }, reel)
}

impl Tape {
    /// Audio: whether it is to be handed back.
    pub fn has_ended(&self) -> bool {
        self.shared.has_ended()
    }

    /// Audio: `part` sent a message at `offset` samples into the block that comes next.
    pub fn message(&mut self, part: Part, offset: u32, bytes: Bytes) {
        self.push(self.sample + u64::from(offset), What::Message(part, bytes));
    }

    /// Audio: where the song is at the start of the block that comes next.
    pub fn time(&mut self, quarters: f64, tempo: f32, meter: Meter) {
        let is_known = self.told.is_some_and(|(at, known_tempo, known_meter)| {
            self.sample < at + self.pause && known_tempo == tempo && known_meter == meter
        });
        if !is_known {
            self.told = Some((self.sample, tempo, meter));
            self.push(self.sample, What::Time { quarters, tempo, meter });
        }
    }

    /// Audio: the sound of a block.
    pub fn sound(&mut self, left: &[f32], right: &[f32]) {
        let length = left.len().min(right.len());
        if self.sound.vacant_len() >= 2 * length {
            self.sound.push_iter(left.iter().zip(right).flat_map(|(left, right)| [*left, *right]));
        } else {
            self.shared.lost.fetch_add(length as u64, Relaxed);
        }
        self.sample += length as u64;
    }

    fn push(&mut self, sample: u64, what: What) {
        if self.events.try_push(Taped { sample, what }).is_err() {
            self.shared.lost.fetch_add(1, Relaxed);
        }
    }
}

/// The way of tapes to the audio thread and back.
pub struct Exchange {
    to_audio: ArrayQueue<Box<Tape>>,
    back: ArrayQueue<Box<Tape>>,
}

impl Default for Exchange {
    fn default() -> Self {
        Self { to_audio: ArrayQueue::new(2), back: ArrayQueue::new(4) }
    }
}

impl Exchange {
    /// Recorder: hands `tape` to the audio thread. `false`: others wait already.
    pub fn lend(&self, tape: Tape) -> bool {
        self.to_audio.push(Box::new(tape)).is_ok()
    }

    /// Audio: a tape that is to be recorded on.
    pub fn take(&self) -> Option<Box<Tape>> {
        self.to_audio.pop()
    }

    /// Audio: hands a tape back; that which finds no room is kept, and comes again.
    pub fn give_back(&self, tape: Box<Tape>) -> Option<Box<Tape>> {
        self.back.push(tape).err()
    }

    /// Recorder: drops what came back. `true`: something did.
    pub fn clear(&self) -> bool {
        let mut came = false;
        while self.back.pop().is_some() {
            came = true;
        }
        came
    }

    /// Recorder, when nobody plays: drops what waits.
    pub fn withdraw(&self) {
        while self.to_audio.pop().is_some() {}
    }
}
