//! The last bars that the musician played, kept to be listened to in other settings.

use std::collections::VecDeque;

use continuo_models::music::time::{TICKS_PER_QUARTER, frame_start};
use continuo_models::music::{BarPosition, Frame, Meter, Spot, Tick};
use continuo_models::score::FARTHEST_AHEAD;
use continuo_models::{FrameStart, Heard};

use crate::seam::Played;

/// So many bars are listened to at most.
pub const BARS: usize = 4;

/// But no more than are so long together, unless one alone is.
pub const LONGEST: Tick = 64 * TICKS_PER_QUARTER;

/// The most that is kept of one bar; nobody plays so much.
const MOST_IN_BAR: usize = 1024;

/// What the musician did in a bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// The tick of the song at its barline.
    pub at: Tick,
    /// Its meter.
    pub meter: Meter,
    /// In order of time, within the bar; ticks count from the barline.
    pub heard: Vec<Heard>,
}

impl Bar {
    fn is_played(&self) -> bool {
        self.heard.iter().any(|heard| matches!(heard, Heard::NoteOn { .. }))
    }
}

/// The last bars, of whatever pass of the song. Rests among them are kept, up to [`BARS`] in a row: a long one does not
/// push out what was played before it.
#[derive(Debug, Default)]
pub struct Lately {
    bars: VecDeque<Bar>,
    /// Where the frames lie that were asked for and are yet to be called.
    asked: VecDeque<(Frame, BarPosition)>,
    /// The present frame, and where it lies; `None`: the song has jumped, or not begun.
    now: Option<(Frame, BarPosition)>,
    tempo: Option<f32>,
}

impl Lately {
    /// Takes down what happened.
    pub fn take(&mut self, played: Played) {
        match played {
            Played::Heard(heard) => self.hear(heard),
            Played::Frame(call) => self.enter(&call.start),
            Played::Jump { .. } => (self.now, self.asked) = Default::default(),
            Played::Turned { .. } | Played::Struck { .. } => {}
        }
    }

    /// The bars to listen to, from the first to the last in which something was played; the present one is not over,
    /// and counts only if there is no other.
    pub fn bars(&self) -> Vec<Bar> {
        let over = self.bars.len().saturating_sub(1);
        let is_played = |bar: &&Bar| bar.is_played();
        let some_were = self.bars.iter().take(over).any(|bar| bar.is_played());
        let bars = self.bars.iter().take(if some_were { over } else { over + 1 });
        let mut length = 0;
        let fits = |(index, bar): &(usize, &Bar)| {
            length += bar.meter.bar_ticks();
            *index == 0 || length <= LONGEST
        };
        let last = bars.rev().skip_while(|bar| !is_played(bar)).take(BARS).enumerate().take_while(fits);
        let mut bars: Vec<Bar> = last.map(|(_, bar)| bar.clone()).collect();
        bars.reverse();
        bars.drain(..bars.iter().position(Bar::is_played).unwrap_or_default());
        bars
    }

    /// The meter of the present bar.
    pub fn meter(&self) -> Meter {
        self.bars.back().map(|bar| bar.meter).unwrap_or_default()
    }

    /// Quarter notes per minute; `None`: nothing has been played yet.
    pub fn tempo(&self) -> Option<f32> {
        self.tempo
    }

    fn hear(&mut self, heard: Heard) {
        let (Some(bar), Some((_, BarPosition { bar_start, meter }))) = (self.bars.back_mut(), self.now) else { return };
        if bar.heard.len() < MOST_IN_BAR {
            bar.heard.push(heard.at((heard.tick() - bar_start).clamp(0, meter.bar_ticks() - 1)));
        }
    }

    fn enter(&mut self, start: &FrameStart) {
        let &FrameStart { frame, next, position, wraps_after, tempo, .. } = start;
        self.tempo = Some(tempo);
        let known = self.asked.iter().position(|(asked, _)| *asked == frame);
        let known = known.and_then(|index| self.asked.drain(..=index).next_back()).map(|(_, position)| position);
        let by_next = || Spot { frame: next, position }.plus(frame - next).position;
        let before = self.now.map(|(_, position)| position).filter(|_| wraps_after.is_some());
        let position = known.or(before).unwrap_or_else(by_next).at(frame_start(frame));
        let goes_on = self.now.is_some_and(|(before, bar)| before < frame && bar == position);
        self.now = Some((frame, position));
        if !goes_on {
            self.begin_bar(position);
        }
        if self.asked.len() > usize::from(FARTHEST_AHEAD) {
            self.asked.pop_front();
        }
        self.asked.push_back((next, start.position));
    }

    fn begin_bar(&mut self, BarPosition { bar_start, meter }: BarPosition) {
        while self.bars.iter().rev().take_while(|bar| !bar.is_played()).count() >= BARS {
            self.bars.pop_back();
        }
        if self.bars.len() == 2 * BARS {
            self.bars.pop_front();
        }
        self.bars.push_back(Bar { at: bar_start, meter, heard: Vec::new() });
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::Controls;

    use super::*;
    use crate::seam::{FrameCall, NetworkSet};

    const FOUR: Meter = Meter { numerator: 4, denominator: 4 };

    /// Plays frames of which each asks for the next one, and in some of them a key.
    struct Song {
        lately: Lately,
        meter: Meter,
    }

    impl Song {
        fn new() -> Self {
            Self { lately: Lately::default(), meter: FOUR }
        }

        fn jump(&mut self) {
            self.lately.take(Played::Jump { epoch: 0, tick: 0 });
        }

        fn frame(&mut self, frame: Frame, next: Frame, key: Option<u8>) {
            let position = BarPosition { bar_start: 0, meter: self.meter };
            let start = FrameStart::before(next, position.at(frame_start(next)), Controls::default());
            let wraps_after = (next <= frame).then_some(frame);
            let start = FrameStart { frame, wraps_after, ..start };
            let networks = NetworkSet::ALL[0].for_all();
            self.lately.take(Played::Frame(FrameCall {
                start,
                networks,
                epoch: 0,
                cycle: None,
                loads: 0,
                again: None,
                counts_in: false,
            }));
            if let Some(key) = key {
                let tick = frame_start(frame) + 1;
                self.lately.take(Played::Heard(Heard::NoteOn { tick, channel: 0, key, velocity: 90 }));
                self.lately.take(Played::Heard(Heard::NoteOff { tick: tick + 2, channel: 0, key }));
            }
        }

        /// A bar of the song, with a key in its second frame.
        fn bar(&mut self, bar: Frame, key: Option<u8>) {
            for frame in 0..16 {
                let frame = bar * 16 + frame;
                self.frame(frame, frame + 1, key.filter(|_| frame % 16 == 1));
            }
        }

        /// The keys of each bar, with their ticks.
        fn keys(&self) -> Vec<Vec<(Tick, u8)>> {
            let keys = |bar: &Bar| {
                let on = bar.heard.iter().filter_map(|heard| match *heard {
                    Heard::NoteOn { tick, key, .. } => Some((tick, key)),
                    _ => None,
                });
                on.collect()
            };
            self.lately.bars().iter().map(keys).collect()
        }
    }

    #[test]
    fn the_last_bars_that_are_over_are_kept_from_the_first_to_the_last_that_was_played() {
        let mut song = Song::new();
        assert_eq!(song.keys(), Vec::<Vec<(Tick, u8)>>::new());
        song.jump();
        song.bar(0, Some(60));
        assert_eq!(song.keys(), [[(7, 60)]], "there is no other");
        for bar in 1..6 {
            song.bar(bar, Some(60 + bar as u8));
        }
        song.frame(96, 97, Some(99));
        assert_eq!(song.keys(), [62, 63, 64, 65].map(|key| vec![(7, key)]));
    }

    #[test]
    fn a_rest_is_kept_among_bars_and_a_long_one_pushes_nothing_out() {
        let mut song = Song::new();
        song.jump();
        song.bar(0, None);
        song.bar(1, Some(60));
        song.bar(2, None);
        song.bar(3, Some(61));
        (4..40).for_each(|bar| song.bar(bar, None));
        assert_eq!(song.keys(), [vec![(7, 60)], vec![], vec![(7, 61)]]);
    }

    #[test]
    fn a_loop_of_one_bar_is_a_bar_at_each_pass_and_a_jump_begins_another() {
        let mut song = Song::new();
        for pass in 0..3 {
            for frame in 0..16 {
                song.frame(frame, (frame + 1) % 16, Some(60 + pass).filter(|_| frame == 15));
            }
        }
        song.jump();
        song.frame(5, 6, None);
        assert_eq!(song.keys(), [60, 61, 62].map(|key| vec![(91, key)]));
        assert_eq!(song.lately.tempo(), Some(120.0));
    }

    #[test]
    fn of_long_bars_there_are_fewer() {
        let mut song = Song::new();
        song.meter = Meter { numerator: 24, denominator: 4 };
        (0..5 * 96).for_each(|frame| song.frame(frame, frame + 1, Some(60).filter(|_| frame % 96 == 3)));
        assert_eq!(song.keys().len(), 2);
        song.meter = Meter { numerator: 64, denominator: 2 };
        (0..513).for_each(|frame| song.frame(512 + frame, 513 + frame, Some(60).filter(|_| frame == 3)));
        assert_eq!(song.keys().len(), 1, "one is heard whatever its length");
    }

    #[test]
    fn bars_have_their_meters() {
        let mut song = Song::new();
        song.meter = Meter { numerator: 3, denominator: 4 };
        for frame in 0..13 {
            song.frame(frame, frame + 1, Some(60));
        }
        assert_eq!(song.keys().iter().map(Vec::len).collect::<Vec<_>>(), [12]);
        assert_eq!(song.lately.meter(), song.meter);
    }
}
