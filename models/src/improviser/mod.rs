//! The improviser: listens, decides frame by frame, and hands out cues.

pub mod bassist;
pub mod comper;
pub mod performer;
pub mod voices;
pub mod key_belief;
pub mod random;
pub mod sampler;
pub mod scene;

use std::sync::Arc;

use crate::music::{Chord, Frame, Key, Tick};
use crate::network::Networks;
use crate::score::{AnswerRow, Cue, FrameStart, Heard};

/// The most planned chord changes that an [`Outlook`] shows.
pub const OUTLOOK_CHORDS: usize = 8;

/// What the band believes and intends, for display. Plain old data.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outlook {
    /// The frame that was decided last.
    pub frame: Frame,
    /// The key that the band believes to be in.
    pub key: Option<Key>,
    /// The chord of `frame`.
    pub chord: Option<Chord>,
    /// Chord changes expected after it, soonest first: first tick and chord.
    pub planned: [Option<(Tick, Chord)>; OUTLOOK_CHORDS],
}

/// The band as a pure state machine. Its output depends only on the calls made since [`Improviser::new`] or
/// [`Improviser::restart`], never on when they are made. `Clone` is a snapshot (microseconds).
#[derive(Clone, Debug)]
pub struct Improviser {
    _networks: Arc<Networks>,
}

impl Improviser {
    /// A band that has heard nothing.
    pub fn new(networks: Arc<Networks>) -> Self {
        Self { _networks: networks }
    }

    /// Forgets everything, as after [`Improviser::new`].
    pub fn restart(&mut self) {}

    /// Takes in what the musician did. Call in order of `tick`.
    pub fn hear(&mut self, _heard: Heard) {}

    /// Decides the frame `start.next` and appends its cues to `cues`, [`Cue::Done`] last. What was heard at or after
    /// the first tick of `start.frame` must not have been passed to [`Improviser::hear`] yet.
    pub fn decide(&mut self, start: &FrameStart, cues: &mut Vec<Cue>) {
        cues.push(Cue::Done(start.next));
    }

    /// What the band believes and intends.
    pub fn outlook(&self) -> Outlook {
        Outlook::default()
    }

    /// The answers when no plan has arrived: a third below in the scale of `key`, or of C major. Takes no memory and
    /// no time to speak of, so that the audio thread may call it.
    pub fn fallback_answers(frame: Frame, _key: Option<Key>) -> AnswerRow {
        AnswerRow::silent(frame)
    }
}
