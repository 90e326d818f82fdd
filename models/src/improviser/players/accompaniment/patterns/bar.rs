//! Which pattern a bar plays, and which of its strokes.

use super::{Family, Patterns, Rhythm, Stroke};
use crate::improviser::chance::random::{Purpose, Random};
use crate::improviser::players::context::FrameContext;
use crate::music::{Style, Tick};

/// The most bars in a row with the same pattern.
const MOST_BARS: u8 = 3;
/// How much denser the last bar of a phrase is than the others, at the usual density or above.
const FILL: f32 = 0.25;
/// The same for the last bar of half a phrase.
const HALF_FILL: f32 = 0.12;
/// How strictly a pattern's fullness is to be that of the density knob.
const STRICTNESS: f32 = 6.0;
/// The first of the draws of other patterns.
const OTHER: u32 = 4096;

/// The bar that a player is in, and what it plays there: a pattern for a phrase of eight bars, variations of it, and
/// fills as the phrase and its half end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bar {
    start: Option<Tick>,
    /// To what the choices below belong.
    of: Option<(Style, Rhythm)>,
    /// The idiom of the phrase.
    idiom: Option<&'static str>,
    /// The pattern of the phrase.
    phrase_pattern: usize,
    /// The pattern of the bar.
    pattern: usize,
    /// Bars in a row with `pattern`.
    bars: u8,
    /// How much denser the bar is for being a fill.
    fill: f32,
}

/// What a bar is in its phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Place {
    Opening,
    Inside,
    HalfClose,
    Close,
}

impl Place {
    /// The place of the frame's bar in its phrase of eight bars, counted from the beginning of the section.
    pub fn of(context: &FrameContext) -> Self {
        let section = context.section();
        match section.bar_of_phrase() {
            _ if section.is_last() => Self::Close,
            0 => Self::Opening,
            7 => Self::Close,
            3 => Self::HalfClose,
            _ => Self::Inside,
        }
    }
}

impl Bar {
    /// Whether the bar that begins at `start` is the one that it is in.
    pub fn is_at(&self, start: Tick) -> bool {
        self.start == Some(start)
    }

    /// Keeps up with the song. Whether a bar begins: then a pattern is drawn, by how common each is and how near its
    /// fullness comes to `density` (0–1), and the same one at most three times in a row. It is one of
    /// the `idiom`.
    pub fn follow<T>(
        &mut self,
        context: &FrameContext,
        patterns: &Patterns<T>,
        idiom: Option<&'static str>,
        purpose: Purpose,
        density: f32,
    ) -> bool {
        let start = context.tick() - context.ticks_into_bar();
        if self.is_at(start) {
            return false;
        }
        self.start = Some(start);
        let rhythm = Rhythm::of(context.position.meter);
        let family = patterns.of(rhythm);
        let is_new = self.of != Some((context.style, rhythm));
        self.of = Some((context.style, rhythm));
        let turns = self.idiom != idiom;
        self.idiom = idiom;

        let place = Place::of(context);
        let chance = context.random.uniform(purpose, 0);
        let restless = 1.0 - family.constancy;
        let was_varied = self.pattern != self.phrase_pattern;
        let last = (!is_new).then_some(self.pattern);
        let varies = match place {
            _ if is_new => false,
            _ if turns || self.bars >= MOST_BARS => true,
            Place::Opening => chance < restless,
            Place::Close => true,
            Place::HalfClose => chance < 1.0 - family.constancy * family.constancy,
            // Calm after a change.
            Place::Inside if was_varied || self.bars == 1 => chance < restless * restless,
            Place::Inside => chance < restless,
        };
        let fill = match place {
            Place::Close => FILL,
            Place::HalfClose => HALF_FILL,
            Place::Opening | Place::Inside => 0.0,
        };
        self.fill = if varies { fill * (2.0 * density).min(1.0) } else { 0.0 };
        let draw = |not: [Option<usize>; 2]| {
            let chance = context.random.uniform(purpose, 1);
            drawn(family, idiom, density + self.fill, not, chance).unwrap_or(self.phrase_pattern)
        };
        let pattern = match place {
            _ if is_new => draw([None; 2]),
            _ if varies && (turns || place == Place::Opening) => draw([last, None]),
            _ if varies => draw([last, Some(self.phrase_pattern)]),
            _ => self.phrase_pattern,
        };
        if is_new || varies && (turns || place == Place::Opening) {
            self.phrase_pattern = pattern;
        }
        self.bars = if last == Some(pattern) { self.bars + 1 } else { 1 };
        self.pattern = pattern;
        true
    }

    /// The same bar with another pattern of its idiom, which `random` draws.
    pub fn other<T>(
        &self,
        context: &FrameContext,
        patterns: &Patterns<T>,
        purpose: Purpose,
        density: f32,
        random: Random,
    ) -> Self {
        let family = patterns.of(Rhythm::of(context.position.meter));
        let chance = random.uniform(Purpose::Vary, OTHER + purpose as u32);
        let other = drawn(family, self.idiom, density + self.fill, [Some(self.pattern), None], chance);
        Self { pattern: other.unwrap_or(self.pattern), ..*self }
    }

    /// The strokes of the frame's bar, whose numbers are `random`, that are played at `density` (0–1), with their first
    /// ticks, in order.
    pub fn strokes<'a, T: Copy>(
        &self,
        context: &FrameContext,
        patterns: &'a Patterns<T>,
        (random, purpose): (Random, Purpose),
        density: f32,
    ) -> impl Iterator<Item = (Tick, Stroke<T>)> + use<'a, T> {
        let rhythm = Rhythm::of(context.position.meter);
        let (bars, period) = (&patterns.of(rhythm).bars, rhythm.period());
        let start = context.tick() - context.ticks_into_bar();
        let bar = context.position.meter.bar_ticks();
        let pattern = bars.get(self.pattern).or(bars.first());
        let strokes = pattern.map_or(&[][..], |pattern| pattern.strokes_in(start.div_euclid(bar)));
        let density = density + self.fill;
        (0..=bar / period)
            .flat_map(move |turn| strokes.iter().map(move |&stroke| (turn * period + Tick::from(stroke.at), stroke)))
            .take_while(move |&(at, _)| at < bar)
            .map(move |(at, stroke)| (start + at, stroke))
            .filter(move |(_, stroke)| is_played(stroke.from, random, purpose, density))
    }
}

/// A pattern of the family and `idiom` for `density`; none of `not`, as far as there are others.
fn drawn<T>(
    family: &Family<T>,
    idiom: Option<&str>,
    density: f32,
    not: [Option<usize>; 2],
    uniform: f32,
) -> Option<usize> {
    let density = density.clamp(0.0, 1.0);
    let fitting = || (0..family.bars.len()).filter(|&index| family.bars[index].fits(idiom));
    let barred = match fitting().count() {
        0 | 1 => [None; 2],
        2 => [not[0], None],
        _ => not,
    };
    let weight = |index: &usize| {
        let pattern = &family.bars[*index];
        let distance = STRICTNESS * (pattern.fullness - density);
        pattern.weight / (1.0 + distance * distance)
    };
    let candidates = || fitting().filter(|index| !barred.contains(&Some(*index)));
    let mut left = uniform * candidates().map(|index| weight(&index)).sum::<f32>();
    let chosen = candidates().find(|index| {
        left -= weight(index);
        left < 0.0
    });
    chosen.or(candidates().next_back())
}

/// Whether strokes that belong to a density of `from` percent are played at `density` in a bar whose numbers are
/// `random`. The boundary is soft, so that bars differ, but strokes of the same importance come or stay away together.
pub fn is_played(from: u8, random: Random, purpose: Purpose, density: f32) -> bool {
    const SOFTNESS: f32 = 24.0;
    let draw = random.uniform(purpose, 16 + u32::from(from));
    from == 0 || density * 100.0 + (draw - 0.5) * SOFTNESS >= f32::from(from)
}

#[cfg(test)]
mod tests {
    use super::super::{StylePatterns, of_style};
    use super::*;
    use crate::improviser::players::rehearsal::any_chart;
    use proptest::prelude::*;

    fn share_played(from: u8, density: f32) -> f32 {
        let played = |bar: &Tick| is_played(from, Random::new(1, *bar), Purpose::Comping, density);
        (0..1000).filter(played).count() as f32 / 1000.0
    }

    #[test]
    fn density_decides_which_strokes_are_played() {
        assert_eq!(share_played(0, 0.0), 1.0);
        assert!((share_played(50, 0.5) - 0.5).abs() < 0.06);
        assert_eq!(share_played(70, 0.5), 0.0);
        assert_eq!(share_played(30, 0.5), 1.0);
    }

    #[test]
    fn density_decides_which_patterns_are_likely() {
        for style in Style::ALL {
            let StylePatterns { idioms, chords, .. } = of_style(style);
            let family = &chords.four;
            for idiom in idioms.choices() {
                let mut fitting = family.bars.iter().filter(|bar| bar.fits(idiom));
                if fitting.all(|bar| bar.fullness == family.bars[0].fullness) {
                    continue;
                }
                let mean = |density| {
                    let fullness = |draw| {
                        let index = drawn(family, idiom, density, [None; 2], draw as f32 / 100.0).unwrap();
                        family.bars[index].fullness
                    };
                    (0..100).map(fullness).sum::<f32>() / 100.0
                };
                assert!(mean(0.0) + 0.15 < mean(1.0), "{style}, {idiom:?}: {} and {}", mean(0.0), mean(1.0));
            }
        }
    }

    proptest! {
        #[test]
        fn no_pattern_is_played_more_than_three_bars_running(mut chart in any_chart()) {
            chart.bars = 64;
            let (mut bar, mut running) = (Bar::default(), Vec::new());
            for frame in 0..chart.bars * chart.meter.bar_ticks() / 6 {
                let context = chart.context(frame);
                let density = context.controls.density;
                let StylePatterns { idioms, chords, .. } = of_style(chart.style);
                if bar.follow(&context, chords, idioms.of(&context), Purpose::Comping, density) {
                    running.push(bar.pattern);
                }
            }
            prop_assert_eq!(running.len(), 64);
            prop_assert!(running.windows(4).all(|bars| bars.iter().any(|bar| *bar != bars[0])), "{:?}", running);
        }
    }
}
