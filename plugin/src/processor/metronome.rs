//! The clicks of the metronome, and of the sticks that count a song in: where the felt beats of the song lie, in
//! samples.

use continuo_models::music::Moment;
use continuo_models::music::time::{TICKS_PER_FRAME, frame_start};

use crate::preview::Clicker;
use crate::song_clock::SongClock;

/// The most clicks in a block; only nonsense has more.
const MOST: usize = 256;

/// A beat that the song has passed by so little when it comes to a frame is struck all the same: positions that hosts
/// report tremble. A quarter of a tick.
const TREMBLE: Moment = Moment(10);

/// A click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Click {
    /// Samples into the block.
    pub offset: u32,
    /// Whether a bar begins.
    pub accent: bool,
    /// What clicks.
    pub by: Clicker,
}

/// Finds the beats. Belongs to the audio thread; never allocates after it was made.
#[derive(Debug)]
pub struct Metronome {
    /// The beat of the present frame that is still to come, and whether a bar begins with it.
    next: Option<(Moment, bool)>,
    clicks: Vec<Click>,
}

impl Default for Metronome {
    fn default() -> Self {
        Self { next: None, clicks: Vec::with_capacity(MOST) }
    }
}

impl Metronome {
    /// A block begins.
    pub fn begin_block(&mut self) {
        self.clicks.clear();
    }

    /// The present frame of `clock` has been called, `at` samples into the block.
    pub fn enter(&mut self, clock: &SongClock, at: u32) {
        let (bar, first) = (clock.bar_of(clock.frame()), frame_start(clock.frame()));
        let now = clock.now() + i64::from(at) - clock.samples(TREMBLE) as i64;
        let beat = (first..first + TICKS_PER_FRAME).find(|&tick| bar.is_beat(tick));
        let beat = beat.map(|tick| (Moment::from_tick(tick), bar.ticks_into_bar(tick) == 0));
        self.next = beat.filter(|&(moment, _)| clock.sample_at(moment) >= now);
    }

    /// When the next beat lies, if it is of the present frame.
    pub fn next(&self) -> Option<Moment> {
        self.next.map(|(moment, _)| moment)
    }

    /// The beat has come, `at` samples into the block: it is struck, if anything clicks.
    pub fn strike(&mut self, at: u32, by: Option<Clicker>) {
        let next = self.next.take().filter(|_| self.clicks.len() < MOST);
        if let Some(((_, accent), by)) = next.zip(by) {
            self.clicks.push(Click { offset: at, accent, by });
        }
    }

    /// The clicks of the block, in order.
    pub fn clicks(&self) -> &[Click] {
        &self.clicks
    }
}
