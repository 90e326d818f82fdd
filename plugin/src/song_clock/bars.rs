//! The bars of the song, as the host tells them.
//!
//! A host tells its meter and the last barline once in a block. So the longer the blocks, the later we hear of a
//! change; but wherever it is heard, the barline says where it lies. A change counts from the first frame on that
//! begins [`LONGEST_BLOCK`] after it: by then a host with blocks of any length has told of it, and the band decides the
//! same.

use std::collections::VecDeque;

use continuo_models::music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER, frame_at};
use continuo_models::music::{BarPosition, Frame, Tick};

/// The longest block that makes no difference, in seconds: 16384 samples at 44.1 kHz.
const LONGEST_BLOCK: f64 = 16_384.0 / 44_100.0;

/// The most changes that wait to count; only nonsense has more within [`LONGEST_BLOCK`].
const MOST_COMING: usize = 8;

/// The bars that count, and those to come. Never allocates after it was made.
#[derive(Clone, Debug)]
pub struct Bars {
    now: BarPosition,
    /// Changes that have been heard of, in that order, and the frame from which on each counts.
    coming: VecDeque<(Frame, BarPosition)>,
    /// Where the song began, or its loop was turned last: no change lies before it.
    since: Tick,
}

impl Default for Bars {
    fn default() -> Self {
        let now = BarPosition { bar_start: 0, meter: Default::default() };
        Self { now, coming: VecDeque::with_capacity(MOST_COMING), since: 0 }
    }
}

impl Bars {
    /// The bar that counts: any one of the present meter.
    pub fn now(&self) -> BarPosition {
        self.now
    }

    /// The song begins at `tick`, in the bar `said`.
    pub fn begin(&mut self, tick: Tick, said: BarPosition) {
        (self.now, self.since) = (said, tick);
        self.coming.clear();
    }

    /// The loop turns, back to `tick`.
    pub fn wrap(&mut self, tick: Tick) {
        self.since = tick;
        self.coming.clear();
    }

    /// The host says that the song, at `tempo` quarter notes per minute, is in the bar `said`.
    pub fn hear(&mut self, said: BarPosition, tempo: f64) {
        let last = self.coming.back().map_or(self.now, |&(_, bar)| bar);
        if said.meter == last.meter && last.ticks_into_bar(said.bar_start) == 0 {
            return;
        }
        let frames = LONGEST_BLOCK * tempo / 60.0 * (TICKS_PER_QUARTER / TICKS_PER_FRAME) as f64;
        // A frame is called a little before its first tick.
        let from = frame_at(said.bar_start.max(self.since)) + frames.ceil() as Frame + 1;
        if self.coming.len() == MOST_COMING {
            self.coming.pop_back();
        }
        self.coming.push_back((from, said));
    }

    /// `frame` is called.
    pub fn enter(&mut self, frame: Frame) {
        if let Some(due) = self.coming.iter().rposition(|&(from, _)| from <= frame) {
            self.now = self.coming[due].1;
            self.coming.drain(..=due);
        }
    }
}
