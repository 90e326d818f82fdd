//! Song time: ticks, frames, moments and meters.

use serde::{Deserialize, Serialize};

/// A song position or a duration in ticks, [`TICKS_PER_QUARTER`] to the quarter note. May be negative (a count-in).
pub type Tick = i64;

/// The index of a frame: the one that begins at tick `frame * TICKS_PER_FRAME`.
pub type Frame = i64;

/// Ticks in a quarter note.
pub const TICKS_PER_QUARTER: Tick = 24;

/// Ticks in a frame (a sixteenth note), the unit in which the band decides.
pub const TICKS_PER_FRAME: Tick = 6;

/// Moments in a tick: the resolution of swing and humanised timing (960 to the quarter note).
pub const MOMENTS_PER_TICK: i64 = 40;

/// A hand is early as often as late: an onset this many ticks before a frame belongs to that frame.
pub const EARLY_TICKS: Tick = 2;

/// The frame that contains `tick`.
pub fn frame_at(tick: Tick) -> Frame {
    tick.div_euclid(TICKS_PER_FRAME)
}

/// The frame to which a note-on at `tick` belongs, up to [`EARLY_TICKS`] early.
pub fn frame_of_onset(tick: Tick) -> Frame {
    frame_at(tick + EARLY_TICKS)
}

/// The first tick of `frame`.
pub fn frame_start(frame: Frame) -> Tick {
    frame * TICKS_PER_FRAME
}

/// A song position or a duration, [`MOMENTS_PER_TICK`] to the tick: fine enough for a hand's timing, and still an
/// integer, so that it compares and hashes the same everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Moment(pub i64);

impl Moment {
    /// The moment at which `tick` begins.
    pub fn from_tick(tick: Tick) -> Self {
        Self(tick * MOMENTS_PER_TICK)
    }

    /// The position in ticks, with its fraction.
    pub fn ticks(self) -> f64 {
        self.0 as f64 / MOMENTS_PER_TICK as f64
    }
}

/// A time signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Meter {
    /// Beats in a bar as written, 1–64.
    pub numerator: u8,
    /// The note value of a beat as written: a power of two, 1–64.
    pub denominator: u8,
}

impl Default for Meter {
    fn default() -> Self {
        Self { numerator: 4, denominator: 4 }
    }
}

impl Meter {
    /// The length of a bar in ticks, at least one frame (hosts do send nonsense).
    pub fn bar_ticks(self) -> Tick {
        let whole = 4 * TICKS_PER_QUARTER;
        (whole * Tick::from(self.numerator.max(1)) / Tick::from(self.denominator.clamp(1, 64))).max(TICKS_PER_FRAME)
    }

    /// Whether the felt beat is a dotted note (6/8, 9/8, 12/8).
    pub fn is_compound(self) -> bool {
        self.denominator == 8 && self.numerator > 3 && self.numerator.is_multiple_of(3)
    }

    /// The length of the felt beat in ticks: 36 in compound meters, else a quarter note.
    pub fn beat_ticks(self) -> Tick {
        if self.is_compound() { 36 } else { TICKS_PER_QUARTER }
    }
}

/// Where a frame lies in its bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarPosition {
    /// The first tick of the bar.
    pub bar_start: Tick,
    /// The time signature of the bar.
    pub meter: Meter,
}

impl BarPosition {
    /// Ticks from the barline to `tick`, 0 to the bar's length exclusive; positions beyond the bar wrap into it.
    pub fn ticks_into_bar(self, tick: Tick) -> Tick {
        (tick - self.bar_start).rem_euclid(self.meter.bar_ticks())
    }

    /// Whether a felt beat begins at `tick`.
    pub fn is_beat(self, tick: Tick) -> bool {
        self.ticks_into_bar(tick).rem_euclid(self.meter.beat_ticks()) == 0
    }

    /// The position of the bar that contains `tick`, if the meter goes on.
    pub fn at(self, tick: Tick) -> Self {
        Self { bar_start: tick - self.ticks_into_bar(tick), ..self }
    }
}
