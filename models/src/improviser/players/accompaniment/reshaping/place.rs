//! What the network is told of a bar.

use super::Between;
use crate::improviser::players::feel;
use crate::music::Tick;
use crate::music::texture::{Measure, Part};
use crate::network::texture::Place;

/// Bars of a phrase.
const PHRASE: Tick = feel::PHRASE as Tick;

impl Between<'_> {
    /// What the network is told of the bar.
    pub(super) fn place(&self, part: Part, measure: Measure) -> Place {
        let (context, start) = (self.context, self.start);
        let slots = |ticks: &mut dyn Iterator<Item = Tick>, start: Tick| {
            let inside = ticks.map(|tick| tick - start).filter(|tick| (0..measure.ticks()).contains(tick));
            inside.fold(0, |slots, tick| slots | 1 << measure.nearest(tick))
        };
        let begins = context.chord_changes.then_some(context.tick());
        let changes = begins.into_iter().chain(context.next_chord.map(|(tick, _)| tick));
        let before = self.listener.phrase().1.iter().map(|note| note.onset);
        let number = context.bar_number().rem_euclid(PHRASE);
        Place {
            style: Some(context.style),
            changes: slots(&mut { changes }, start),
            onsets: slots(&mut { before }, 2 * start - self.end),
            number: Some(number as usize),
            is_end: number == PHRASE - 1,
            ..Place::new(part, measure)
        }
    }
}
