//! What goes into the improviser and what comes out of it: plain old data that can cross a ring between threads.

use crate::controls::{Controls, Player};
use crate::music::time::frame_start;
use crate::music::{BarPosition, Frame, Moment, Tick};

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
    pub fn later(mut self, frames: Frame) -> Self {
        let (Self::NoteOn { tick, .. } | Self::NoteOff { tick, .. } | Self::Pedal { tick, .. }) = &mut self;
        *tick += frame_start(frames);
        self
    }
}

/// A frame begins: the improviser decides the frame `next`, from what it heard before this moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameStart {
    /// The frame that begins now.
    pub frame: Frame,
    /// The frame to decide: `frame + 1`, or the first frame of the loop when the song is about to jump back.
    pub next: Frame,
    /// Where `next` lies in its bar.
    pub position: BarPosition,
    /// Quarter notes per minute.
    pub tempo: f32,
    /// The parameters as they stand now.
    pub controls: Controls,
}

impl FrameStart {
    /// The same, `frames` later.
    pub fn later(mut self, frames: Frame) -> Self {
        self.frame += frames;
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
pub const ANSWER_VOICES: usize = 4;

/// What Voices answers to a note of each pitch class that is played in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnswerRow {
    /// The frame for which the answers hold (see [`crate::music::time::frame_of_onset`]).
    pub frame: Frame,
    /// MIDI channel of the answers, 0–15.
    pub channel: u8,
    /// The lowest MIDI key of an answer; one that would lie lower is left out.
    pub lowest: u8,
    /// By the played note's pitch class: semitones from the played note to each answering note; 0 is no note.
    pub offsets: [[i8; ANSWER_VOICES]; 12],
}

impl AnswerRow {
    /// A row that answers nothing.
    pub fn silent(frame: Frame) -> Self {
        Self { frame, channel: 0, lowest: 0, offsets: [[0; ANSWER_VOICES]; 12] }
    }
}

/// What the improviser hands over for a decided frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cue {
    /// A note to play.
    Note(NoteCue),
    /// The answers for the frame.
    Answers(AnswerRow),
    /// What a player began before this cue ends at `at`, or earlier if it was to: the chord has changed under it.
    Release {
        /// Whose notes end.
        player: Player,
        /// When; within the decided frame.
        at: Moment,
    },
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
            Self::Done(frame) => Self::Done(frame + frames),
        }
    }
}
