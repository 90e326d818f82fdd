//! A frame's place in the song and in its bar.

use crate::time::{TICKS_PER_FRAME, frame_start};
use crate::{BarPosition, Frame, Tick};

/// A frame and the bar in which it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The frame.
    pub frame: Frame,
    /// Its bar.
    pub position: BarPosition,
}

impl Spot {
    /// The first tick of the frame.
    pub fn tick(self) -> Tick {
        frame_start(self.frame)
    }

    /// The frame `frames` later (earlier, if negative), if the meter goes on.
    pub fn plus(self, frames: Frame) -> Self {
        let frame = self.frame + frames;
        Self { frame, position: self.position.at(frame_start(frame)) }
    }

    /// The number in the song of its bar, from 0, if all are as long.
    pub fn bar_number(self) -> Tick {
        let BarPosition { bar_start, meter } = self.position.at(self.tick());
        bar_start.div_euclid(meter.bar_ticks())
    }

    /// Whether a bar begins in the frame. Unlike [`BarPosition::is_beat`] this also holds for a bar off the grid of
    /// frames, whose beats begin with the first frame after them.
    pub fn begins_bar(self) -> bool {
        self.position.ticks_into_bar(self.tick()) < TICKS_PER_FRAME
    }

    /// Whether a felt beat begins in the frame.
    pub fn begins_beat(self) -> bool {
        self.position.ticks_into_bar(self.tick()) % self.position.meter.beat_ticks() < TICKS_PER_FRAME
    }

    /// Whether an eighth note begins in the frame.
    pub fn begins_eighth(self) -> bool {
        self.position.ticks_into_bar(self.tick()) % 12 < TICKS_PER_FRAME
    }

    /// Whether the frame begins the first beat of a bar, or its middle when the bar has four beats.
    pub fn is_strong(self) -> bool {
        let meter = self.position.meter;
        let beat = self.position.ticks_into_bar(self.tick()) / meter.beat_ticks();
        let middle = (meter.bar_ticks() == 4 * meter.beat_ticks()).then_some(2);
        self.begins_beat() && (beat == 0 || Some(beat) == middle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Meter;

    fn spot(bar_start: Tick, numerator: u8, denominator: u8, frame: Frame) -> Spot {
        Spot { frame, position: BarPosition { bar_start, meter: Meter { numerator, denominator } } }
    }

    #[test]
    fn beats_are_quarters_or_dotted_quarters() {
        let beats = |numerator, denominator| -> Vec<Frame> {
            (0..16).filter(|&frame| spot(0, numerator, denominator, frame).begins_beat()).collect()
        };
        assert_eq!(beats(4, 4), [0, 4, 8, 12]);
        assert_eq!(beats(6, 8), [0, 6, 12]);
    }

    #[test]
    fn a_bar_off_the_grid_has_as_many_beats() {
        let beats = (-16..48).filter(|&frame| spot(3, 4, 4, frame).begins_beat()).count();
        assert_eq!(beats, 16);
    }

    #[test]
    fn a_later_spot_lies_in_the_later_bar() {
        let spot = spot(0, 3, 4, 11).plus(2);
        assert_eq!((spot.frame, spot.position.bar_start), (13, 72));
    }

    #[test]
    fn the_strong_beats_of_four_are_the_first_and_the_third() {
        let strong: Vec<Frame> = (0..16).filter(|&frame| spot(0, 4, 4, frame).is_strong()).collect();
        assert_eq!(strong, [0, 8]);
        let strong: Vec<Frame> = (0..12).filter(|&frame| spot(0, 3, 4, frame).is_strong()).collect();
        assert_eq!(strong, [0]);
    }
}
