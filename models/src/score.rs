//! What goes into the improviser and what comes out of it: plain old data that can cross a ring between threads.

use crate::channels::{RightHand, Zones};
use crate::controls::{Controls, Player};
use crate::ground::{Ground, Yielding};
use crate::music::pitch::KeyRange;
use crate::music::time::{frame_of_onset, frame_start};
use crate::music::{BarPosition, Frame, Moment, PitchClass, Tick};

/// Something that the musician did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heard {
    /// A key went down.
    NoteOn {
        /// When, in ticks.
        tick: Tick,
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
        /// MIDI velocity, 1–127.
        velocity: u8,
    },
    /// A key came up.
    NoteOff {
        /// When, in ticks.
        tick: Tick,
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
    },
    /// The sustain pedal moved.
    Pedal {
        /// When, in ticks.
        tick: Tick,
        /// MIDI channel, 0–15.
        channel: u8,
        /// Whether it is down now.
        down: bool,
    },
}

impl Heard {
    /// When, in ticks.
    pub fn tick(&self) -> Tick {
        let (Self::NoteOn { tick, .. } | Self::NoteOff { tick, .. } | Self::Pedal { tick, .. }) = self;
        *tick
    }

    /// The same, `frames` later.
    pub fn later(self, frames: Frame) -> Self {
        self.at(self.tick() + frame_start(frames))
    }

    /// The same at `time`, in ticks.
    pub fn at(mut self, time: Tick) -> Self {
        let (Self::NoteOn { tick, .. } | Self::NoteOff { tick, .. } | Self::Pedal { tick, .. }) = &mut self;
        *tick = time;
        self
    }
}

/// The most frames by which the band plans ahead.
pub const FARTHEST_AHEAD: u8 = 4;

/// A frame begins: the improviser decides the frame `next`, from what it heard before this moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameStart {
    /// The frame that begins now.
    pub frame: Frame,
    /// By how many frames the band plans ahead: 1 to [`FARTHEST_AHEAD`].
    pub plan_ahead: u8,
    /// The last frame before the song jumps back to the start of its loop, if it does so on the way to `next`.
    pub wraps_after: Option<Frame>,
    /// The frame to decide: the `plan_ahead`th after `frame` in playing order.
    pub next: Frame,
    /// Where `next` lies in its bar.
    pub position: BarPosition,
    /// Quarter notes per minute.
    pub tempo: f32,
    /// The parameters as they stand now.
    pub controls: Controls,
    /// The MPE zones on which the musician plays now.
    pub zones: Zones,
}

impl FrameStart {
    /// The frame before `next`, which lies at `position`, in a song that goes straight on at 120 quarter notes per
    /// minute: planned one frame ahead.
    pub fn before(next: Frame, position: BarPosition, controls: Controls) -> Self {
        let (plan_ahead, wraps_after, tempo, zones) = (1, None, 120.0, Zones::default());
        Self { frame: next - 1, plan_ahead, wraps_after, next, position, tempo, controls, zones }
    }

    /// The frames from `frame` to `next`, both included, in playing order.
    pub fn path(&self) -> impl Iterator<Item = Frame> {
        let &Self { frame, plan_ahead, wraps_after, next, .. } = self;
        let ahead = Frame::from(plan_ahead);
        let before_jump = move |frame: &Frame| wraps_after.is_none_or(|last| *frame <= last);
        (0..ahead).map(move |n| Some(frame + n).filter(before_jump).unwrap_or(next - (ahead - n))).chain([next])
    }

    /// Whether the song jumps back to the start of its loop just before `next`.
    pub fn wraps(&self) -> bool {
        self.wraps_after == Some(self.frame + Frame::from(self.plan_ahead) - 1)
    }

    /// The same, `frames` later.
    pub fn later(mut self, frames: Frame) -> Self {
        self.frame += frames;
        self.wraps_after = self.wraps_after.map(|last| last + frames);
        self.next += frames;
        self.position.bar_start += frame_start(frames);
        self
    }
}

/// A note for a player to play.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoteCue {
    /// Who plays it.
    pub player: Player,
    /// MIDI channel, 0–15.
    pub channel: u8,
    /// MIDI key, 0–127.
    pub key: u8,
    /// MIDI velocity, 1–127.
    pub velocity: u8,
    /// When it starts; within the decided frame, or later if the performer delays it, never before its first tick.
    pub start: Moment,
    /// How long it sounds; positive.
    pub length: Moment,
}

/// The most notes with which Voices answers one note.
pub const ANSWER_VOICES: usize = 3;

/// The most ways to answer a note, of which one is chosen when it is played.
pub const ANSWER_WAYS: usize = 5;

/// What Voices answers to a note of each pitch class that is played in one frame, and on what the frame stands. How the
/// answers are read: [`crate::improviser::players::voices::answering`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnswerRow {
    /// The frame for which the answers hold (see [`crate::music::time::frame_of_onset`]).
    pub frame: Frame,
    /// MIDI channel of the answers, 0–15.
    pub channel: u8,
    /// The MIDI keys of the answers; one that would lie outside is left out.
    pub range: KeyRange,
    /// Whose notes are answered.
    pub right_hand: RightHand,
    /// The harmony on which the frame was planned, and all its notes.
    pub ground: Ground,
    /// Whether parallel fifths and octaves are forbidden.
    pub strict: bool,
    /// Whether the voices go along with the played note; else each stays near where it was.
    pub goes_along: bool,
    /// By the played note's pitch class, the best way first: semitones from the played note to each voice, the nearest
    /// first, all on one side; 0 is no note.
    pub ways: [[[i8; ANSWER_VOICES]; ANSWER_WAYS]; 12],
}

impl AnswerRow {
    /// A row that answers nothing.
    pub fn silent(frame: Frame) -> Self {
        Self {
            frame,
            channel: 0,
            range: KeyRange::new(0, 127),
            right_hand: RightHand::default(),
            ground: Ground::default(),
            strict: false,
            goes_along: false,
            ways: [[[0; ANSWER_VOICES]; ANSWER_WAYS]; 12],
        }
    }
}

impl AnswerRow {
    /// The same on a ground that has given way.
    pub fn yielding(&self, by: &Yielding) -> Self {
        let mut row = Self { ground: by.ground(), ..*self };
        for (class, ways) in (0..).zip(&mut row.ways) {
            ways.iter_mut().for_each(|way| *way = by.way(class, way));
        }
        row
    }
}

/// A frame in which the band waits for the musician: what it plays from there on depends on the first note that counts,
/// or on the chord that the left hand strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The frame.
    pub frame: Frame,
    /// A note counts up to this moment; without one, the band goes on as planned.
    pub until: Moment,
    /// Whose notes count.
    pub right_hand: RightHand,
    /// Whether it is a chord of the left hand for which the band waits: then no note turns it.
    pub is_for_left_hand: bool,
}

impl Fork {
    /// Whether a note that belongs to `frame` turns the fork, if it is the first and comes in time: up to
    /// [`Fork::until`], as whoever plays it counts.
    pub fn awaits(&self, frame: Frame, channel: u8, key: u8) -> bool {
        !self.is_for_left_hand && frame == self.frame && self.right_hand.plays(channel, key)
    }

    /// Whether a note-on at `tick` turns the fork, if it is the first that does, in a song that is counted in ticks.
    pub fn is_turned_by(&self, tick: Tick, channel: u8, key: u8) -> bool {
        Moment::from_tick(tick) <= self.until && self.awaits(frame_of_onset(tick), channel, key)
    }
}

/// Which way a fork turned: the pitch class of the note that came, or none.
pub type Turn = Option<PitchClass>;

/// One of the ways that go on from a fork: the turns that lead there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The frame of the fork.
    pub fork: Frame,
    /// Bit *p* is set if a note of pitch class *p* leads there, bit 12 if no note does.
    pub turns: u16,
}

impl Way {
    /// Every turn.
    pub const ALL: u16 = (1 << 13) - 1;

    /// Whether `turn` leads there.
    pub fn is_taken(self, turn: Turn) -> bool {
        self.turns >> turn.unwrap_or(12) & 1 == 1
    }
}

/// What the improviser hands over for a decided frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cue {
    /// A note to play.
    Note(NoteCue),
    /// The answers for the frame. Comes first, and again on the ways on which they are others.
    Answers(AnswerRow),
    /// What a player began before this cue ends at `at`, or earlier if it was to: the chord has changed under it.
    Release {
        /// Whose notes end.
        player: Player,
        /// When; within the decided frame.
        at: Moment,
    },
    /// The band waits in this frame. Comes before everything that depends on it.
    Fork(Fork),
    /// What follows, up to the next cue of this kind or to [`Cue::Done`], holds only if the fork turns this way;
    /// answers then hold instead of those that came first.
    On(Way),
    /// The plan for the frame is complete. Always the last cue of a frame.
    Done(Frame),
}

impl Cue {
    /// The same, `frames` later.
    pub fn later(self, frames: Frame) -> Self {
        let later = |moment: Moment| Moment(moment.0 + Moment::from_tick(frame_start(frames)).0);
        match self {
            Self::Note(note) => Self::Note(NoteCue { start: later(note.start), ..note }),
            Self::Answers(row) => Self::Answers(AnswerRow { frame: row.frame + frames, ..row }),
            Self::Release { player, at } => Self::Release { player, at: later(at) },
            Self::Fork(fork) => Self::Fork(Fork { frame: fork.frame + frames, until: later(fork.until), ..fork }),
            Self::On(way) => Self::On(Way { fork: way.fork + frames, ..way }),
            Self::Done(frame) => Self::Done(frame + frames),
        }
    }
}
