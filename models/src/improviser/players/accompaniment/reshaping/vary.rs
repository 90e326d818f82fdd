//! *Vary*: a bar in which some beats are another bar's.
//!
//! The other bar is what its player might play in the place of this one: of what people played, another passage in
//! which the same players play; of patterns, another one. Which passage it is, and which beats change first, is drawn
//! by seed and bar alike for all who roll alike. So those who vary together change together, to what was played
//! together, and who strikes with whom stays as it is with people; who varies more changes in more beats, the same ones
//! among them.

use super::super::groove::Groove;
use super::super::patterns::{Patterns, Stroke};
use super::super::textures::Strokes;
use super::corners::Shaped;
use crate::controls::{Player, PlayerControls};
use crate::improviser::chance::random::{Purpose, Random};
use crate::improviser::players::context::FrameContext;
use crate::music::Tick;
use crate::music::time::{TICKS_PER_QUARTER, frame_at};

/// What sets the numbers of other bars apart from those of a player's own.
const VARIANT: u32 = 1 << 8;
/// The draws that say which beats change, and where from one draw to the next the other one's come.
const BEATS: u32 = 0;
const TURNS: u32 = 1024;

/// What a player may play in the beats of a bar.
#[derive(Clone, Debug)]
pub struct Others<T> {
    start: Tick,
    /// Ticks of a beat, and beats in the bar.
    beat: Tick,
    beats: usize,
    /// The bars that two draws give, the one after the other.
    drawn: [Drawn<T>; 2],
    /// How far the player has gone from the one to the other.
    on: f32,
}

#[derive(Clone, Debug)]
struct Drawn<T> {
    random: Random,
    strokes: Strokes<T>,
}

/// Whose a beat is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Own,
    /// A draw's.
    Other(usize),
}

impl<T: Shaped> Others<T> {
    /// What `player`, who follows `groove`, may play in the frame's bar.
    pub fn new(
        context: &FrameContext,
        groove: &Groove,
        patterns: &Patterns<T>,
        (player, purpose): (Player, Purpose),
    ) -> Self {
        let PlayerControls { drift, roll, lock, .. } = *context.controls.player(player);
        let meter = context.position.meter;
        let (bar, ticks, beat) = (context.bar_of_song(), meter.bar_ticks(), meter.beat_ticks().max(TICKS_PER_QUARTER));
        let start = context.tick() - context.ticks_into_bar();
        let here = if lock == 0 { bar } else { Tick::from(lock) - 1 };
        let (draw, on) = drifted(here, drift);
        let drawn = |draw: Tick| {
            let frame = frame_at(start + (draw - bar) * ticks);
            let random = Random::new(context.controls.seed, frame).variant(VARIANT + u32::from(roll));
            Drawn { random, strokes: groove.another(context, patterns, purpose, random) }
        };
        let first = drawn(draw);
        let second = if on > 0.0 { drawn(draw + 1) } else { first.clone() };
        let drawn = [first, second];
        Self { start, beat, beats: (ticks as usize).div_ceil(beat as usize), drawn, on }
    }
}

impl<T: Copy> Others<T> {
    /// `own` bar, with an `amount` of its beats, 0 to 1, played otherwise.
    pub fn varied(&self, own: &[(Tick, Stroke<T>)], amount: f32) -> Strokes<T> {
        let turned = changed(self.drawn[1].random, TURNS, self.beats, self.on);
        let changed = self.drawn.each_ref().map(|drawn| changed(drawn.random, BEATS, self.beats, amount));
        let whose = |at: Tick| {
            let beat = (at - self.start).div_euclid(self.beat).clamp(0, self.beats as Tick - 1) as usize;
            let draw = usize::from(turned[beat]);
            if changed[draw][beat] { Whose::Other(draw) } else { Whose::Own }
        };
        let bars = [
            (Whose::Own, own),
            (Whose::Other(0), &self.drawn[0].strokes[..]),
            (Whose::Other(1), &self.drawn[1].strokes[..]),
        ];
        let mut all: Vec<(Whose, (Tick, Stroke<T>))> = (bars.into_iter())
            .flat_map(|(of, bar)| bar.iter().map(move |stroke| (of, *stroke)))
            .filter(|(of, (at, _))| whose(*at) == *of)
            .collect();
        // Nobody falls silent for the sake of a change.
        if all.is_empty() {
            return own.to_vec();
        }
        all.sort_by_key(|(_, (at, _))| *at);
        // What sounds on from one bar ends where the other one strikes.
        for index in 0..all.len() {
            let (of, (at, stroke)) = all[index];
            let next = all[index + 1..].iter().find(|(other, (next, _))| *other != of && *next > at);
            let room = next.map_or(Tick::MAX, |(_, (next, _))| next - at);
            all[index].1.1.length = Tick::from(stroke.length).min(room) as u8;
        }
        all.into_iter().map(|(_, stroke)| stroke).collect()
    }
}

/// Between which draws a walk is in bar number `bar` that goes on by `drift` draws from bar to bar: the first of them,
/// and how far it has gone to the next.
pub fn drifted(bar: Tick, drift: f32) -> (Tick, f32) {
    let place = bar as f64 * f64::from(drift.clamp(0.0, 1.0));
    (place.floor() as Tick, (place - place.floor()) as f32)
}

/// Which of so many `beats` change: an `amount` of them, 0 to 1, on the mean, and the more of them the larger it is.
fn changed(random: Random, draw: u32, beats: usize, amount: f32) -> Vec<bool> {
    let uniform = |number: usize| random.uniform(Purpose::Vary, draw + number as u32);
    let mut order: Vec<usize> = (0..beats).collect();
    order.sort_by(|one, other| uniform(*one).total_cmp(&uniform(*other)));
    let many = f64::from(amount.clamp(0.0, 1.0)) * beats as f64;
    let mut changed = vec![false; beats];
    for (rank, beat) in order.into_iter().enumerate() {
        changed[beat] = rank as f64 + f64::from(uniform(beats)) < many;
    }
    changed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::patterns::{Touch, stroke};
    use super::*;

    fn any_bar() -> impl Strategy<Value = Strokes<Touch>> {
        let steps = prop::collection::btree_map(0u8..16, (0u8..8, 0u8..96), 1..16);
        steps.prop_map(|steps| {
            let struck = |(at, (step, length)): (u8, (u8, u8))| {
                (960 + 6 * Tick::from(at), stroke(6 * at, Touch::Step(step)).length(length))
            };
            steps.into_iter().map(struck).collect()
        })
    }

    fn others(seed: u32, bars: [Strokes<Touch>; 2], on: f32) -> Others<Touch> {
        let mut draw = 0;
        let drawn = bars.map(|strokes| {
            draw += 1;
            Drawn { random: Random::new(seed, draw), strokes }
        });
        Others { start: 960, beat: 24, beats: 4, drawn, on }
    }

    proptest! {
        #[test]
        fn a_bar_that_is_not_varied_is_itself_and_one_that_is_varied_wholly_the_other(
            own in any_bar(), one in any_bar(), other in any_bar(), on in 0f32..=1.0, seed: u32,
        ) {
            prop_assert_eq!(others(seed, [one.clone(), other.clone()], on).varied(&own, 0.0), own.clone());
            prop_assert_eq!(others(seed, [one.clone(), other.clone()], 0.0).varied(&own, 1.0), one.clone());
            prop_assert_eq!(others(seed, [one, other.clone()], 1.0).varied(&own, 1.0), other);
        }

        #[test]
        fn every_beat_is_one_bars_and_the_same_ones_for_all(
            own in any_bar(), one in any_bar(), third in any_bar(), amount in 0f32..=1.0, more in 0f32..=1.0, seed: u32,
        ) {
            // Somebody else, who strikes in every beat.
            let full = |step: u8| -> Strokes<Touch> {
                (0..16).map(|at| (960 + 6 * at, stroke(6 * at as u8, Touch::Step(step)))).collect()
            };
            let beats = |amount| -> Vec<bool> {
                let struck = others(seed, [full(1), full(1)], 0.0).varied(&full(0), amount);
                struck.iter().step_by(4).map(|(_, stroke)| stroke.touch == Touch::Step(1)).collect()
            };
            let changed = beats(amount);
            let struck = others(seed, [one.clone(), third], 0.0).varied(&own, amount);
            let at = |bar: &[(Tick, Stroke<Touch>)], beat: usize| -> Vec<(Tick, Touch)> {
                let in_beat = bar.iter().filter(|(at, _)| (at - 960) / 24 == beat as Tick);
                in_beat.map(|(at, stroke)| (*at, stroke.touch)).collect()
            };
            let is_as_said = (0..4).all(|beat| at(&struck, beat) == at(if changed[beat] { &one } else { &own }, beat));
            prop_assert!(is_as_said || struck == own, "{struck:?}");
            // Who varies more changes in these beats too.
            let wider = beats(more.max(amount));
            prop_assert!(changed.iter().zip(&wider).all(|(changed, wider)| !changed || *wider));
        }

        #[test]
        fn a_walk_goes_on_by_the_drift(bar in -1000i64..10_000, drift in 0f32..=1.0) {
            prop_assert_eq!((drifted(bar, 1.0), drifted(bar, 0.0)), ((bar, 0.0), (0, 0.0)));
            let place = |bar| { let (draw, on) = drifted(bar, drift); draw as f64 + f64::from(on) };
            prop_assert!((place(bar + 1) - place(bar) - f64::from(drift)).abs() < 1e-3);
        }
    }

    #[test]
    fn as_many_beats_change_as_the_knob_says() {
        for amount in [0.1, 0.25, 0.5, 0.8] {
            let count = |seed| changed(Random::new(seed, 0), BEATS, 4, amount).into_iter().filter(|it| *it).count();
            let share = (0..2000).map(count).sum::<usize>() as f32 / 8000.0;
            assert!((share - amount).abs() < 0.02, "{share} of {amount}");
        }
    }
}
