//! What all who strike have in common: they follow the bar, strike what is due in a frame, and know when the next
//! stroke comes.

use super::patterns::{Bar, Patterns, Stroke, of_style};
use crate::controls::Player;
use crate::improviser::chance::random::Purpose;
use crate::improviser::players::context::FrameContext;
use crate::music::Tick;
use crate::music::time::TICKS_PER_FRAME;

/// The longest that a stroke sounds, in ticks: the harmony may turn another way than was planned.
pub const LONGEST: Tick = 48;
/// A rest of so many ticks is more than the musician's breath.
const BREATH: Tick = 24;
/// After so many ticks of rest the musician waits for no answer.
const DIALOGUE: Tick = 384;
/// By how much the band is sparser while the musician plays many notes.
const BUSY: f32 = 0.1;
/// Notes per quarter note that are many.
const MANY_NOTES: f32 = 2.0;

/// The bar that a player is in, and how much is struck there. `Clone` is a snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct Groove {
    bar: Bar,
    density: f32,
    /// The frame that a bar began with, while that is decided.
    entered: Option<Tick>,
}

impl Groove {
    /// Keeps up with the song. Whether a bar begins in the frame; asked twice, it says so twice.
    pub fn follow<T>(
        &mut self,
        context: &FrameContext,
        patterns: &Patterns<T>,
        player: Player,
        purpose: Purpose,
    ) -> bool {
        self.density = density(context, player);
        let idiom = of_style(context.style).idioms.of(context);
        if self.bar.follow(context, patterns, idiom, purpose, self.density) {
            self.entered = Some(context.tick());
        }
        self.entered = self.entered.filter(|tick| *tick == context.tick());
        self.entered.is_some()
    }

    /// The strokes of the bar.
    pub fn strokes<T: Copy>(&self, context: &FrameContext, patterns: &Patterns<T>, purpose: Purpose) -> Strokes<T> {
        let bar_start = context.tick() - context.ticks_into_bar();
        Strokes {
            strokes: self.bar.strokes(context, patterns, purpose, self.density).collect(),
            tick: context.tick(),
            bar_start,
            barline: bar_start + context.position.meter.bar_ticks(),
        }
    }
}

/// The strokes of a bar, with their first ticks in order.
#[derive(Clone, Debug)]
pub struct Strokes<T> {
    strokes: Vec<(Tick, Stroke<T>)>,
    /// The first tick of the frame.
    tick: Tick,
    /// The first tick of the bar.
    pub bar_start: Tick,
    /// The first tick after it.
    pub barline: Tick,
}

impl<T: Copy> Strokes<T> {
    /// The same bar, struck as `change` has it.
    pub fn changed(mut self, change: impl FnOnce(&[(Tick, Stroke<T>)]) -> Vec<(Tick, Stroke<T>)>) -> Self {
        self.strokes = change(&self.strokes);
        self
    }

    /// Each with its first tick.
    pub fn timed(&self) -> &[(Tick, Stroke<T>)] {
        &self.strokes
    }

    /// A chord begins with the frame: what is struck there is what `beginning` makes of it, or `sudden` where the
    /// pattern is silent; nothing, if the chord `was_ahead` of its time.
    pub fn begin(&mut self, was_ahead: bool, beginning: impl FnOnce(T) -> T, sudden: impl FnOnce() -> Stroke<T>) {
        let here = self.strokes.partition_point(|&(at, _)| at < self.tick);
        match self.strokes.get_mut(here).filter(|(at, _)| *at == self.tick) {
            Some(_) if was_ahead => drop(self.strokes.remove(here)),
            Some((_, stroke)) => stroke.touch = beginning(stroke.touch),
            None if was_ahead => {}
            None => self.strokes.insert(here, (self.tick, sudden())),
        }
    }

    /// All of the bar.
    pub fn all(&self) -> impl Iterator<Item = Stroke<T>> {
        self.strokes.iter().map(|&(_, stroke)| stroke)
    }

    /// The strokes that are due in the frame, each with its place in the bar.
    pub fn due(&self) -> impl Iterator<Item = (usize, Tick, Stroke<T>)> {
        let frame = self.tick..self.tick + TICKS_PER_FRAME;
        let strokes = self.strokes.iter().enumerate().map(|(place, &(at, stroke))| (place, at, stroke));
        strokes.filter(move |(_, at, _)| frame.contains(at))
    }

    /// When the next stroke after the one at `place` comes that `is_meant`; else the barline.
    pub fn next(&self, place: usize, is_meant: impl Fn(&Stroke<T>) -> bool) -> Tick {
        self.strokes[place + 1..].iter().find(|(_, stroke)| is_meant(stroke)).map_or(self.barline, |next| next.0)
    }
}

/// How much `player` is to play in the frame, 0 to 1: what its knob says, a little less while the musician plays, and
/// more in his rests.
pub fn density(context: &FrameContext, player: Player) -> f32 {
    let density = context.controls.density(player);
    density + room(context) * (2.0 * density).min(1.0)
}

/// By how much the band is denser for the room that the musician leaves: the less, the more notes he plays.
fn room(context: &FrameContext) -> f32 {
    match context.player_rests {
        ..BREATH => -BUSY * (context.player_density / MANY_NOTES).min(1.0),
        BREATH..DIALOGUE => 0.15,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls::Controls;
    use crate::improviser::players::context::tests::context;

    #[test]
    fn the_band_is_busier_in_the_musicians_rests() {
        let controls = Controls::default();
        let room = |player_rests, player_density| {
            room(&FrameContext { player_rests, player_density, ..context(&controls, 0) })
        };
        assert!(room(0, 4.0) < room(0, 1.0) && room(0, 1.0) < room(1000, 0.0) && room(1000, 0.0) < room(48, 0.0));
    }
}
