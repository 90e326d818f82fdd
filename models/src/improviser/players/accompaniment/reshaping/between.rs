//! A bar that is reshaped: where it lies, how it is composed, and what the network is told of it.

use super::super::patterns::{Place as InPhrase, Stroke};
use super::super::textures::{OnGrid, Struck};
use crate::controls::Player;
use crate::improviser::listening::Listener;
use crate::improviser::players::context::FrameContext;
use crate::music::Tick;
use crate::music::texture::{Measure, Part};
use crate::network::texture::Place;

/// A bar that is reshaped.
pub struct Between<'a> {
    pub context: &'a FrameContext<'a>,
    pub listener: &'a Listener,
    pub player: Player,
    pub start: Tick,
    pub end: Tick,
}

impl Between<'_> {
    /// What the network is told of the bar.
    pub fn place(&self, part: Part, measure: Measure) -> Place {
        let (context, start) = (self.context, self.start);
        let before = self.listener.phrase().1.iter().map(|note| note.onset - (2 * start - self.end));
        Place {
            style: Some(context.style),
            changes: measure.slots_at(context.known_changes().map(|tick| tick - start)),
            onsets: measure.slots_at(before),
            number: Some(context.section().bar_of_phrase() as usize),
            is_end: InPhrase::of(context) == InPhrase::Close,
            ..Place::new(part, measure)
        }
    }

    /// The measures of which the bar is composed, by their first ticks: the last one may break off.
    pub fn measures(&self) -> (Measure, impl Iterator<Item = Tick> + use<>) {
        let measure = Measure::of(self.context.position.meter);
        (measure, (self.start..self.end).step_by(measure.ticks() as usize))
    }

    /// Those of `strokes` that lie in the `measure` that begins at `start`, on its grid.
    pub fn on_grid<T: Struck>(strokes: &[(Tick, Stroke<T>)], start: Tick, measure: Measure) -> OnGrid<T> {
        let inside = |at: Tick| (start..start + measure.ticks()).contains(&at);
        let own: Vec<_> = strokes.iter().filter(|(at, _)| inside(*at)).copied().collect();
        OnGrid::new(&own, start, measure)
    }
}
