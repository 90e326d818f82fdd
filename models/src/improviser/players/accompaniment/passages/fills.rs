//! With what a drummer fills who plays what people played.

use std::ptr;

use super::choice::{Chosen, Kind};
use super::{Passage, Shelf};
use crate::controls::{Player, in_range};
use crate::improviser::chance::random::{Purpose, weighed};
use crate::improviser::players::context::FrameContext;

/// How many times likelier the fill of a passage is there than another one.
const OWN: f32 = 3.0;
/// How strictly a fill is as complex as is asked for.
const STRICTNESS: f32 = 4.0;
/// The draw that finds one.
const DRAW: u32 = 16;

impl Shelf {
    /// A fill for the last bar of a phrase of the passage `own`: one that drummers of its `kind` played, by how complex
    /// it is to be and by the bar of the song. A section that comes again has another one, and none comes as the `last`
    /// one did, where there are others.
    pub(super) fn fill(
        &'static self,
        context: &FrameContext,
        kind: &Kind,
        own: &Passage,
        last: Option<Chosen>,
    ) -> Option<Chosen> {
        // A locked section has its fill each time.
        let last = last.filter(|_| context.section().lock.is_none());
        let fills = |passage: &'static Passage| {
            let bars = (0..passage.bars.len()).filter(|bar| passage.bars[*bar].is_fill);
            bars.map(move |bar| Chosen { passage, bar })
        };
        let mut fills: Vec<Chosen> = self.0.iter().filter(|passage| kind.has(passage)).flat_map(fills).collect();
        // The fewest strokes are the simplest fill.
        fills.sort_by_key(|fill| fill.passage.bars[fill.bar].drums);
        let complexity = in_range(context.controls.fill_complexity, 0.0..=1.0, 0.5);
        let most = fills.len().saturating_sub(1).max(1) as f32;
        let weight = |place: usize, fill: &Chosen| {
            let away = STRICTNESS * (place as f32 / most - complexity);
            let own = if ptr::eq(fill.passage, own) { OWN } else { 1.0 };
            own * kind.weight(fill.passage) / (1.0 + away * away * away * away)
        };
        let weights: Vec<(f32, Chosen)> = (fills.iter().enumerate())
            .filter(|(_, fill)| fills.len() == 1 || last.is_none_or(|last| !last.is(fill)))
            .map(|(place, fill)| (weight(place, fill), *fill))
            .collect();
        weighed(&weights, context.of_bar(Player::Drums).uniform(Purpose::Passage, DRAW))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Wanted, of_style};
    use super::*;
    use crate::controls::{BarSource, Controls};
    use crate::improviser::players::context::tests::context;
    use crate::music::{Drum, Style};

    /// With drums of their own.
    const STYLES: [Style; 4] = [Style::Pop, Style::Game, Style::Funk, Style::Latin];

    /// The fills with which the phrases of a song end.
    fn fills(style: Style, seed: u32, fill_complexity: f32) -> Vec<Chosen> {
        let controls = Controls { seed, fill_complexity, bar_source: BarSource::Played, ..Controls::default() };
        let mut wanted = Wanted { fill: true, ..Wanted::default() };
        let closes = (0..16).map(|phrase| 16 * (8 * phrase + 7));
        let fill = |frame| {
            let context = FrameContext { style, tempo: 100.0, ..context(&controls, frame) };
            let fill = of_style(style).bar::<Drum>(&context, wanted).filter(Chosen::is_fill);
            wanted.last_fill = fill.or(wanted.last_fill);
            fill
        };
        closes.filter_map(fill).collect()
    }

    #[test]
    fn a_section_that_comes_again_has_another_fill_and_none_comes_twice_in_a_row() {
        for (style, seed) in STYLES.into_iter().flat_map(|style| (0..16).map(move |seed| (style, seed))) {
            let fills = fills(style, seed, 0.5);
            let different: BTreeSet<(usize, usize)> =
                fills.iter().map(|fill| (ptr::from_ref(fill.passage).addr(), fill.bar)).collect();
            assert!(fills.windows(2).all(|pair| !pair[0].is(&pair[1])), "{style}, seed {seed}");
            assert!(fills.is_empty() || different.len() > 1, "{style}, seed {seed}");
        }
    }

    #[test]
    fn complex_fills_have_more_strokes() {
        for style in STYLES {
            let strokes = |complexity| -> usize {
                let fills = (0..32).flat_map(|seed| fills(style, seed, complexity));
                fills.map(|fill| usize::from(fill.passage.bars[fill.bar].drums)).sum()
            };
            assert!(strokes(0.0) < strokes(1.0), "{style}: {} and {}", strokes(0.0), strokes(1.0));
        }
    }
}
