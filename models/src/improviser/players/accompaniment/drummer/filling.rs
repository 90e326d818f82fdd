//! Where a drummer fills, and with what.

use std::ptr;

use super::super::patterns::{Fill, Fills, Place, Stroke};
use crate::controls::{LeadMode, in_range};
use crate::improviser::chance::random::{Purpose, weighed};
use crate::improviser::players::context::FrameContext;
use crate::music::{Drum, Tick};

/// How strictly a fill is as complex as is asked for.
const STRICTNESS: f32 = 5.0;
/// From this amount on a bar within a phrase may be filled too.
const RESTLESS: f32 = 0.65;
/// The first of the draws that are for fills.
const DRAW: u32 = 4096;

/// What strikes the time: it makes room for a crash.
pub const TIME: [Drum; 4] = [Drum::ClosedHat, Drum::OpenHat, Drum::Ride, Drum::RideBell];

/// A fill in the song.
#[derive(Clone, Copy, Debug)]
pub struct Filling {
    fill: &'static Fill,
    start: Tick,
}

impl Filling {
    /// The fill of the bar that begins with the frame, if it gets one: of `fills`, in `idiom`, and not the `last` one
    /// where there are others.
    pub fn of_bar(
        context: &FrameContext,
        fills: &'static Fills,
        idiom: Option<&str>,
        last: Option<&'static Fill>,
    ) -> Option<Self> {
        let bar = context.position.meter.bar_ticks();
        let start = context.tick() - context.ticks_into_bar();
        let longest = longest(context)?;
        let complexity = in_range(context.controls.fill_complexity, 0.0..=1.0, 0.5);
        let all = fills.of(context.position.meter).iter();
        let mut fitting: Vec<_> = all.filter(|fill| fill.fits(idiom) && Tick::from(fill.length) <= longest).collect();
        // A locked section has its fill each time.
        if fitting.len() > 1 && context.section().lock.is_none() {
            fitting.retain(|fill| last.is_none_or(|last| !ptr::eq(*fill, last)));
        }
        let weight = |fill: &Fill| {
            let away = STRICTNESS * (f32::from(fill.complexity) / 100.0 - complexity);
            1.0 / (1.0 + away * away * away * away)
        };
        let weights: Vec<(f32, &Fill)> = fitting.into_iter().map(|fill| (weight(fill), fill)).collect();
        let fill = weighed(&weights, context.random.uniform(Purpose::Drums, DRAW + 1))?;
        Some(Self { fill, start: start + bar - Tick::from(fill.length) })
    }

    /// The same, `delta` ticks later.
    pub fn later(self, delta: Tick) -> Self {
        Self { start: self.start + delta, ..self }
    }

    /// Which fill it is.
    pub fn fill(&self) -> &'static Fill {
        self.fill
    }

    /// The strokes of its bar, with the fill in the place of what its hands would have struck. The feet go on where it
    /// has nothing for them.
    pub fn filled(&self, strokes: &[(Tick, Stroke<Drum>)], density: f32) -> Vec<(Tick, Stroke<Drum>)> {
        let own = self.fill.strokes.iter().filter(|stroke| density * 100.0 >= f32::from(stroke.from));
        let own = own.map(|&stroke| (self.start + Tick::from(stroke.at), stroke));
        let uses = |drum: Drum| self.fill.strokes.iter().any(|stroke| stroke.touch == drum);
        let goes_on = |drum: Drum| [Drum::Kick, Drum::PedalHat].contains(&drum) && !uses(drum);
        let kept = strokes.iter().filter(|(at, stroke)| *at < self.start || goes_on(stroke.touch));
        let mut filled: Vec<_> = kept.copied().chain(own).collect();
        filled.sort_by_key(|(at, stroke)| (*at, stroke.touch));
        filled
    }
}

/// How many ticks a fill of the bar that begins with the frame has at the most; `None`: it gets none.
fn longest(context: &FrameContext) -> Option<Tick> {
    let bar = context.position.meter.bar_ticks();
    let start = context.tick() - context.ticks_into_bar();
    let amount = in_range(context.controls.fills, 0.0..=1.0, 0.5);
    let (chance, longest) = match Place::of(context) {
        _ if ends_after(context, start + bar) || is_handed_over(context, start + bar) => (2.0 * amount, bar),
        Place::Close => (2.0 * amount, bar),
        // He has left room, and comes back with the second half.
        Place::HalfClose if context.player_rests >= bar / 2 => (2.0 * amount, bar),
        Place::HalfClose => (amount, bar / 2),
        Place::Inside => (0.5 * (amount - RESTLESS), bar / 4),
        Place::Opening => return None,
    };
    (context.random.uniform(Purpose::Drums, DRAW) < chance).then_some(longest)
}

/// Whether the bar that begins with the frame gets a fill.
pub fn comes(context: &FrameContext) -> bool {
    longest(context).is_some()
}

/// Whether the band comes to its end with the bar that begins at `barline`.
fn ends_after(context: &FrameContext, barline: Tick) -> bool {
    context.ends == Some(barline)
}

/// Whether Lead and the musician change places at `barline`, where they trade bars.
fn is_handed_over(context: &FrameContext, barline: Tick) -> bool {
    let bars = match context.controls.lead_mode {
        LeadMode::TradeTwos => 2,
        LeadMode::TradeFours => 4,
        LeadMode::TradeEights => 8,
        LeadMode::Answer | LeadMode::Continuous | LeadMode::Fills => return false,
    };
    barline.div_euclid(context.position.meter.bar_ticks()) % bars == 0
}
