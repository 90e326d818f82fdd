//! What the band lets see of its mind.

use super::harmony::Planned;
use super::sections::{Draw, Round};
use crate::music::time::frame_start;
use crate::music::{Chord, Frame, Key, PitchClass, SlashChord, Tick};

/// What the band believes and intends, for display. Plain old data.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outlook {
    /// The frame that was decided last.
    pub frame: Frame,
    /// The bar in which `frame` lies, counted from 0 as the band counts: by which variations stand still. In a later
    /// take it is that of the first.
    pub bar: Tick,
    /// The key that the band believes to be in.
    pub key: Option<Key>,
    /// The chord of `frame`.
    pub chord: Option<Chord>,
    /// Its bass.
    pub bass: Option<PitchClass>,
    /// Chord changes expected after it, soonest first.
    pub planned: Planned,
    /// The first tick at which what is planned may still change.
    pub certain: Tick,
    /// The bars of the chart in which `frame` lies and which come after it, by their places among the written ones, if
    /// a chart is followed.
    pub bars: Option<[usize; 2]>,
    /// Whether the musician plays the tune as it was learned.
    pub agrees: bool,
    /// The sections of the song, and where `frame` lies in them.
    pub round: Round,
    /// By what their bars are drawn, where they are not locked.
    pub draw: Draw,
}

impl Outlook {
    /// The same, `frames` later.
    pub fn later(mut self, frames: Frame) -> Self {
        self.frame += frames;
        for (tick, _) in self.planned.iter_mut().flatten() {
            *tick += frame_start(frames);
        }
        self.certain += frame_start(frames);
        self
    }

    /// The chord of `frame` over its bass.
    pub fn slash_chord(&self) -> Option<SlashChord> {
        self.chord.zip(self.bass).map(|(chord, bass)| SlashChord { chord, bass })
    }
}
