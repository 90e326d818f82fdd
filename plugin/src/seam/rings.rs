//! The two rings between the audio thread and the worker.

use continuo_models::music::time::frame_start;
use continuo_models::music::{BarPosition, Frame, Meter, Moment, SlashChord, Tick};
use continuo_models::{AnswerRow, Controls, Cue, Fork, FrameStart, Heard, NoteCue, PerRole, Player, Turn, Way};
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use super::NetworkSet;

/// Room for what the musician plays: a minute of dense playing at 8 frames a second, should the worker stand still.
pub const PLAYED_CAPACITY: usize = 2048;

/// Room for calls of frames: half a minute at 8 frames a second.
const CALLS_CAPACITY: usize = 256;

/// Places that note-ons may not take, so that note-offs find room.
pub const NOTE_OFF_RESERVE: usize = 512;

/// Room for cues: more than the band can play in four bars.
pub const CUES_CAPACITY: usize = 2048;

/// Room for answers: those of all frames that are planned at a time on every way there is, and as many again.
const ANSWERS_CAPACITY: usize = 256;

/// A loop of the song.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The first tick.
    pub start: Tick,
    /// The tick after the last one.
    pub end: Tick,
}

/// A wish for another take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The same playing is to get the same answer.
    Same,
    /// It is to get another one.
    Other,
}

/// A frame begins, and the worker is to decide another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameCall {
    /// What the improviser needs.
    pub start: FrameStart,
    /// The sets of networks with which it is to decide, role by role.
    pub networks: PerRole<NetworkSet>,
    /// The epoch in which `start.next` will sound: stamp its cues with it.
    pub epoch: u32,
    /// The loop that the song is in.
    pub cycle: Option<Cycle>,
    /// How many saved states had been loaded when the controls were read.
    pub loads: u32,
    /// The take that is to begin with the next barline.
    pub again: Option<Again>,
    /// Whether the frame that is to be decided lies before the song, which is counted in: nobody plays there, and no
    /// take begins.
    pub counts_in: bool,
}

/// What the audio thread tells the worker, in the order in which it happened.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "it crosses the ring by value: audio allocates nothing")]
pub enum Played {
    /// The musician did something.
    Heard(Heard),
    /// The fork in a frame has turned.
    Turned {
        /// The frame.
        frame: Frame,
        /// How.
        turn: Turn,
    },
    /// The left hand has struck a chord that what was planned gives way to, from a frame on.
    Struck {
        /// The frame.
        frame: Frame,
        /// The chord.
        chord: SlashChord,
    },
    /// A frame begins.
    Frame(FrameCall),
    /// The song went elsewhere (start, stop, seek): forget what was heard, but not what is held. Cues of older epochs
    /// are void.
    Jump {
        /// The epoch that begins.
        epoch: u32,
        /// Where it begins.
        tick: Tick,
    },
}

/// What lies in the `played` ring. Calls of frames, which are large and few, lie in a ring beside it, so that what is
/// told note by note stays close together in memory.
#[derive(Clone, Copy)]
enum Told {
    Heard(Heard),
    Turned(Frame, Turn),
    Struck(Frame, SlashChord),
    /// The next call.
    Frame,
    Jump(u32, Tick),
}

/// A cue and the epoch in which it is to sound. An epoch is one uninterrupted pass of the song: a start, a stop, a seek
/// and each wrap of a loop begin a new one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StampedCue {
    /// The epoch.
    pub epoch: u32,
    /// The cue.
    pub cue: Cue,
}

/// What lies in the `cues` ring. Answers, which are large and few, lie in a ring beside it, as calls of frames do.
#[derive(Clone, Copy)]
enum Lying {
    Note(NoteCue),
    /// The next answers.
    Answers,
    Release(Player, Moment),
    Fork(Fork),
    On(Way),
    Done(Frame),
}

/// The audio thread's end of the `played` ring. No method waits, allocates or fails; what does not fit is counted.
///
/// Note-ons are refused when fewer than [`NOTE_OFF_RESERVE`] places are free. A note-off that finds no place even so is
/// remembered in a bitmap and sent before anything else, as soon as there is room; so are a jump, how a fork turned, a
/// chord that was struck, and where each pedal is. Nothing overtakes them.
pub struct PlayedSender {
    ring: HeapProd<Told>,
    calls: HeapProd<FrameCall>,
    /// Note-offs that wait for room: by channel, one bit for each key.
    waiting_offs: [u128; 16],
    /// Pedals that have moved and wait for room, and those of them that are down now: one bit for each channel.
    waiting_pedals: u16,
    pedals_down: u16,
    waiting_turn: Option<(Frame, Turn)>,
    waiting_chord: Option<(Frame, SlashChord)>,
    waiting_jump: Option<(u32, Tick)>,
    waiting: bool,
    overflowed: u64,
}

/// The worker's end of the `played` ring.
pub struct PlayedReceiver {
    ring: HeapCons<Told>,
    calls: HeapCons<FrameCall>,
}

/// A `played` ring with `capacity` places.
pub fn played_ring(capacity: usize) -> (PlayedSender, PlayedReceiver) {
    let start = FrameStart::before(0, BarPosition { bar_start: 0, meter: Meter::default() }, Controls::default());
    let networks = NetworkSet::ALL[0].for_all();
    let nobodys = FrameCall { start, networks, epoch: 0, cycle: None, loads: 0, again: None, counts_in: false };
    let (ring, told) = touched(capacity, Told::Frame);
    let (calls, called) = touched(capacity.min(CALLS_CAPACITY), nobodys);
    let sender = PlayedSender {
        ring,
        calls,
        waiting_offs: [0; 16],
        waiting_pedals: 0,
        pedals_down: 0,
        waiting_turn: None,
        waiting_chord: None,
        waiting_jump: None,
        waiting: false,
        overflowed: 0,
    };
    (sender, PlayedReceiver { ring: told, calls: called })
}

/// An empty ring with `capacity` places. Its memory is touched here: the system gives it page by page, and would take
/// the audio thread's time for it.
fn touched<T: Copy>(capacity: usize, with: T) -> (HeapProd<T>, HeapCons<T>) {
    let mut ring = HeapRb::new(capacity);
    ring.push_iter(std::iter::repeat(with));
    ring.clear();
    ring.split()
}

impl PlayedSender {
    /// The musician did something.
    pub fn heard(&mut self, heard: Heard) {
        let (tick, is_end) = match heard {
            Heard::NoteOn { tick, .. } => (tick, false),
            Heard::NoteOff { tick, .. } => (tick, true),
            Heard::Pedal { tick, .. } => (tick, false),
        };
        let reserve = NOTE_OFF_RESERVE.min(self.ring.capacity().get() / 2);
        let may_go = self.flush(tick) && (is_end || self.ring.vacant_len() > reserve);
        if may_go && self.ring.try_push(Told::Heard(heard)).is_ok() {
            return;
        }
        match heard {
            Heard::NoteOff { channel, key, .. } => {
                self.waiting_offs[usize::from(channel & 15)] |= 1 << (key & 127);
                self.waiting = true;
            }
            Heard::Pedal { channel, down, .. } => {
                let pedal = 1 << (channel & 15);
                self.waiting_pedals |= pedal;
                self.pedals_down = if down { self.pedals_down | pedal } else { self.pedals_down & !pedal };
                self.waiting = true;
            }
            Heard::NoteOn { .. } => self.overflowed += 1,
        }
    }

    /// The fork in `frame` has turned.
    pub fn turned(&mut self, frame: Frame, turn: Turn) {
        // Of two that wait, the older comes too late.
        self.overflowed += u64::from(self.waiting_turn.replace((frame, turn)).is_some());
        self.waiting = true;
        self.flush(frame_start(frame));
    }

    /// The left hand has struck `chord`, to which what was planned gives way from `frame` on.
    pub fn struck(&mut self, frame: Frame, chord: SlashChord) {
        self.overflowed += u64::from(self.waiting_chord.replace((frame, chord)).is_some());
        self.waiting = true;
        self.flush(frame_start(frame));
    }

    /// A frame begins. `false`: there was no room, and the plan will not be made.
    pub fn frame(&mut self, call: FrameCall) -> bool {
        let may_go = self.flush(frame_start(call.start.frame)) && !self.ring.is_full();
        let sent = may_go && self.calls.try_push(call).is_ok() && self.ring.try_push(Told::Frame).is_ok();
        self.overflowed += u64::from(!sent);
        sent
    }

    /// The song went elsewhere, to `tick`.
    pub fn jump(&mut self, epoch: u32, tick: Tick) {
        // Forks of the past that is left stay as they are.
        (self.waiting_turn, self.waiting_chord) = (None, None);
        self.waiting_jump = Some((epoch, tick));
        self.waiting = true;
        self.flush(tick);
    }

    /// How many events did not fit since the last call.
    pub fn take_overflowed(&mut self) -> u64 {
        std::mem::take(&mut self.overflowed)
    }

    /// Sends what waits for room; `true` when nothing waits any more.
    fn flush(&mut self, tick: Tick) -> bool {
        if !self.waiting {
            return true;
        }
        for channel in 0..16u8 {
            let offs = &mut self.waiting_offs[usize::from(channel)];
            while *offs != 0 {
                let key = offs.trailing_zeros() as u8;
                if self.ring.try_push(Told::Heard(Heard::NoteOff { tick, channel, key })).is_err() {
                    return false;
                }
                *offs &= *offs - 1;
            }
            if self.waiting_pedals & 1 << channel != 0 {
                let down = self.pedals_down & 1 << channel != 0;
                if self.ring.try_push(Told::Heard(Heard::Pedal { tick, channel, down })).is_err() {
                    return false;
                }
                self.waiting_pedals &= !(1 << channel);
            }
        }
        // The worker takes over what is held, so it must know that first.
        if let Some((epoch, tick)) = self.waiting_jump {
            if self.ring.try_push(Told::Jump(epoch, tick)).is_err() {
                return false;
            }
            self.waiting_jump = None;
        }
        // It turned after the jump, which leaves no other waiting.
        if let Some((frame, turn)) = self.waiting_turn {
            if self.ring.try_push(Told::Turned(frame, turn)).is_err() {
                return false;
            }
            self.waiting_turn = None;
        }
        if let Some((frame, chord)) = self.waiting_chord {
            if self.ring.try_push(Told::Struck(frame, chord)).is_err() {
                return false;
            }
            self.waiting_chord = None;
        }
        self.waiting = false;
        true
    }
}

/// What happened next; `None`: nothing yet. Never waits.
impl Iterator for PlayedReceiver {
    type Item = Played;

    fn next(&mut self) -> Option<Played> {
        Some(match self.ring.try_pop()? {
            Told::Heard(heard) => Played::Heard(heard),
            Told::Turned(frame, turn) => Played::Turned { frame, turn },
            Told::Struck(frame, chord) => Played::Struck { frame, chord },
            // It was sent before what stands for it.
            Told::Frame => Played::Frame(self.calls.try_pop()?),
            Told::Jump(epoch, tick) => Played::Jump { epoch, tick },
        })
    }
}

/// The worker's end of the `cues` ring.
pub struct CueSender {
    ring: HeapProd<(u32, Lying)>,
    answers: HeapProd<AnswerRow>,
}

/// The audio thread's end of the `cues` ring.
pub struct CueReceiver {
    ring: HeapCons<(u32, Lying)>,
    answers: HeapCons<AnswerRow>,
}

/// A `cues` ring with `capacity` places.
pub fn cue_ring(capacity: usize) -> (CueSender, CueReceiver) {
    let (ring, cues) = HeapRb::new(capacity).split();
    let (answers, rows) = HeapRb::new(capacity.min(ANSWERS_CAPACITY)).split();
    (CueSender { ring, answers }, CueReceiver { ring: cues, answers: rows })
}

impl CueSender {
    /// Hands over a cue; gives it back when the ring is full. The worker then waits: it drops nothing.
    #[expect(clippy::result_large_err, reason = "a cue that does not fit comes back whole, and takes no memory")]
    pub fn try_send(&mut self, stamped: StampedCue) -> Result<(), StampedCue> {
        let lying = match stamped.cue {
            Cue::Note(note) => Lying::Note(note),
            Cue::Answers(_) => Lying::Answers,
            Cue::Release { player, at } => Lying::Release(player, at),
            Cue::Fork(fork) => Lying::Fork(fork),
            Cue::On(way) => Lying::On(way),
            Cue::Done(frame) => Lying::Done(frame),
        };
        // Places only become free meanwhile.
        if self.ring.is_full() {
            return Err(stamped);
        }
        if let Cue::Answers(row) = stamped.cue {
            self.answers.try_push(row).map_err(|_| stamped)?;
        }
        self.ring.try_push((stamped.epoch, lying)).map_err(|_| stamped)
    }
}

impl CueReceiver {
    /// Whether there is somebody who may send a cue.
    pub fn has_sender(&self) -> bool {
        self.ring.write_is_held()
    }
}

/// The next cue; `None`: none has arrived yet. Never waits.
impl Iterator for CueReceiver {
    type Item = StampedCue;

    fn next(&mut self) -> Option<StampedCue> {
        let (epoch, lying) = self.ring.try_pop()?;
        let cue = match lying {
            Lying::Note(note) => Cue::Note(note),
            // They were sent before what stands for them.
            Lying::Answers => Cue::Answers(self.answers.try_pop()?),
            Lying::Release(player, at) => Cue::Release { player, at },
            Lying::Fork(fork) => Cue::Fork(fork),
            Lying::On(way) => Cue::On(way),
            Lying::Done(frame) => Cue::Done(frame),
        };
        Some(StampedCue { epoch, cue })
    }
}

#[cfg(test)]
mod tests;
