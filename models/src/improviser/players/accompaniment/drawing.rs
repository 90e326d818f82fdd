//! The bars of a player alone, one after another, for those who judge them.

use super::groove::Groove;
use super::patterns::{self, Patterns};
use super::reshaping::Shaped;
use super::reshaping::vary::Others;
use super::textures::OnGrid;
use crate::controls::{BarSource, Controls, Player};
use crate::improviser::chance::random::Purpose;
use crate::improviser::players::context::FrameContext;
use crate::improviser::players::feel::PHRASE;
use crate::music::texture::{Grid, Measure, Part};
use crate::music::time::frame_at;
use crate::music::{BarPosition, Chord, Meter, Quality, Style, Tick};

/// What there is to know of a bar before it is struck. Slots are a bit each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// How much each part is to play, 0 to 1.
    pub densities: [f32; Part::ALL.len()],
    /// Where chords begin.
    pub changes: u32,
    /// Where the musician struck in the bar before.
    pub onsets: u32,
    /// Its number in the song.
    pub number: usize,
    /// Whether a section ends with it.
    pub is_end: bool,
}

/// From where bars are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Drawing {
    /// Patterns, or what people played.
    pub source: BarSource,
    /// The style.
    pub style: Style,
    /// What kind of bars.
    pub measure: Measure,
    /// Quarter notes per minute.
    pub tempo: f32,
    /// Chooses among takes.
    pub seed: u32,
    /// How far the players stray from their bars, 0 to 1.
    pub vary: f32,
    /// How fast that moves on, 0 to 1.
    pub drift: f32,
    /// The bar, counted from 1, at which that stands still; 0: at none.
    pub lock: u16,
}

impl Drawing {
    /// What the player of `part` strikes in `bars`, one after another. Empty, if the style has no such player.
    pub fn drawn(&self, part: Part, bars: &[Asked]) -> Vec<Grid> {
        let patterns = patterns::of_style(self.style);
        match part {
            Part::Chords => self.drawn_from(&patterns.chords, Player::Chords, Purpose::Comping, bars),
            Part::Bass => self.drawn_from(&patterns.bass, Player::Bass, Purpose::Bass, bars),
            Part::Drums => patterns
                .drums
                .as_ref()
                .map_or_else(Vec::new, |patterns| self.drawn_from(patterns, Player::Drums, Purpose::Drums, bars)),
        }
    }

    fn drawn_from<T: Shaped>(
        &self,
        patterns: &Patterns<T>,
        player: Player,
        purpose: Purpose,
        bars: &[Asked],
    ) -> Vec<Grid> {
        let meter = match self.measure {
            Measure::Four => Meter::default(),
            Measure::Three => Meter { numerator: 3, denominator: 4 },
            Measure::Compound => Meter { numerator: 6, denominator: 8 },
        };
        let ticks = self.measure.ticks();
        let mut groove = Groove::default();
        let bar = |(turn, asked): (usize, &Asked)| {
            // A section ends where a phrase does.
            let number = match self.source {
                BarSource::Library => turn,
                BarSource::Played if asked.is_end => asked.number - asked.number % PHRASE + PHRASE - 1,
                BarSource::Played => asked.number,
            };
            if self.source == BarSource::Played {
                groove = Groove::default();
            }
            let start = number as Tick * ticks;
            let mut controls = Controls { seed: self.seed, bar_source: self.source, ..Controls::default() };
            for (player, density) in [Player::Drums, Player::Chords, Player::Bass].into_iter().zip(asked.densities) {
                let own = &mut controls.players[player];
                (own.density, own.vary, own.drift, own.lock) = (density, self.vary, self.drift, self.lock);
            }
            let later = (1..self.measure.slots()).find(|slot| asked.changes >> slot & 1 == 1);
            let next_chord = later.map(|slot| (start + self.measure.tick(slot), Chord::new(0, Quality::Minor)));
            let context = FrameContext {
                position: BarPosition { bar_start: start, meter }.at(start),
                style: self.style,
                tempo: self.tempo,
                chord_changes: asked.changes & 1 == 1,
                next_chord,
                ..FrameContext::alone(&controls, frame_at(start))
            };
            groove.hear(asked.onsets);
            groove.may_fill(true);
            groove.follow(&context, patterns, player, purpose);
            let own = groove.strokes(&context, patterns, purpose);
            let others = Others::new(&context, &groove, patterns, (player, purpose));
            let strokes = others.varied(own.timed(), self.vary);
            OnGrid::new(&strokes, start, self.measure).grid
        };
        bars.iter().enumerate().map(bar).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(source: BarSource) -> Drawing {
        Drawing {
            source,
            style: Style::Pop,
            measure: Measure::Four,
            tempo: 110.0,
            seed: 1,
            vary: 0.0,
            drift: 1.0,
            lock: 0,
        }
    }

    fn hits(source: BarSource, style: Style, part: Part, density: f32) -> usize {
        let of_seed = |seed| {
            let drawing = Drawing { style, seed, ..drawing(source) };
            let bars = drawing.drawn(part, &[Asked { densities: [density; 3], changes: 1, ..Asked::default() }; 32]);
            bars.iter().map(|bar| bar.hits().len()).sum::<usize>()
        };
        (1..17).map(of_seed).sum()
    }

    #[test]
    fn a_style_draws_a_bar_for_each_that_is_asked_for_and_fuller_ones_for_higher_densities() {
        for source in [BarSource::Library, BarSource::Played] {
            for (style, part) in [(Style::Pop, Part::Chords), (Style::Pop, Part::Drums), (Style::Game, Part::Bass)] {
                let [sparse, usual, full] = [0.1, 0.5, 0.9].map(|density| hits(source, style, part, density));
                assert!(sparse < usual && usual < full, "{source:?}, {style}: {sparse}, {usual}, {full}");
            }
        }
    }

    #[test]
    fn who_varies_strays_from_the_bar_the_more_the_further() {
        for source in [BarSource::Library, BarSource::Played] {
            let bars = |part, vary| {
                let asked: Vec<Asked> =
                    (0..64).map(|number| Asked { densities: [0.5; 3], number, ..Asked::default() }).collect();
                Drawing { vary, ..drawing(source) }.drawn(part, &asked)
            };
            for part in Part::ALL {
                let own = bars(part, 0.0);
                let [kept, half, none] = [0.0, 0.5, 1.0].map(|vary| {
                    let varied = bars(part, vary);
                    own.iter().zip(&varied).map(|(own, varied)| own.cells().shared(&varied.cells())).sum::<usize>()
                });
                assert!(kept > half && half > none, "{source:?}, {part:?}: {kept}, {half}, {none}");
            }
        }
    }

    #[test]
    fn a_style_without_a_drummer_draws_nothing_for_him() {
        assert_eq!(hits(BarSource::Played, Style::Hymn, Part::Drums, 0.5), 0);
    }
}
