//! What accompaniments are made of: tables of strokes per style and meter, and how a bar chooses among them.

use crate::improviser::random::{Purpose, Random};
use crate::improviser::scene::Scene;
use crate::music::time::frame_at;
use crate::music::{Meter, Tick};

/// One stroke of a pattern; `T` is what the player does with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke<T> {
    /// Ticks from the beginning of the pattern.
    pub at: u8,
    /// What is played.
    pub touch: T,
    /// The density in percent from which on the stroke is played: 0 always, 50 in half of all bars at the usual density.
    pub from: u8,
    /// Ticks that it sounds; 0: until the next stroke.
    pub length: u8,
    /// Difference in loudness from the musician's own, in MIDI velocity.
    pub accent: i8,
}

/// A stroke at tick `at` that is always played and sounds until the next.
pub const fn stroke<T: Copy>(at: u8, touch: T) -> Stroke<T> {
    Stroke { at, touch, from: 0, length: 0, accent: 0 }
}

impl<T: Copy> Stroke<T> {
    /// The stroke, played from a density of `percent` on.
    pub const fn from(self, percent: u8) -> Self {
        Self { from: percent, ..self }
    }

    /// The stroke, sounding for `ticks`.
    pub const fn length(self, ticks: u8) -> Self {
        Self { length: ticks, ..self }
    }

    /// The stroke, louder by `velocity` (softer, if negative).
    pub const fn accent(self, velocity: i8) -> Self {
        Self { accent: velocity, ..self }
    }
}

/// The patterns of a style: for each family of meters, variants of equal standing. Those for simple meters are a bar of
/// 4/4 long, the others a bar of 3/4 or 6/8; longer bars repeat them, shorter ones break off.
#[derive(Clone, Copy, Debug)]
pub struct Patterns<T: 'static> {
    /// For 4/4 and every meter that is neither of the others.
    pub four: &'static [&'static [Stroke<T>]],
    /// For 3/4.
    pub three: &'static [&'static [Stroke<T>]],
    /// For compound meters.
    pub compound: &'static [&'static [Stroke<T>]],
    /// The chance to stay with a variant for another bar.
    pub constancy: f32,
}

/// Ticks after which a pattern for 4/4 repeats.
const FOUR: Tick = 96;
/// Ticks after which a pattern for 3/4 or 6/8 repeats.
const THREE: Tick = 72;
/// The most bars in a row with the same variant.
const MOST_BARS: u8 = 4;

impl<T: Copy> Patterns<T> {
    fn of(&self, meter: Meter) -> (&'static [&'static [Stroke<T>]], Tick) {
        let bar = meter.bar_ticks();
        if meter.is_compound() {
            (self.compound, THREE)
        } else if bar % THREE == 0 && bar % FOUR != 0 {
            (self.three, THREE)
        } else {
            (self.four, FOUR)
        }
    }
}

/// The bar that a player is in, and the variant that it plays there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bar {
    start: Option<Tick>,
    variant: usize,
    bars: u8,
}

impl Bar {
    /// Keeps up with the scene. Whether a bar begins: then a variant is drawn, the same as before at most
    /// four times in a row.
    pub fn follow<T: Copy>(&mut self, scene: &Scene, patterns: &Patterns<T>, purpose: Purpose) -> bool {
        let start = scene.tick() - scene.ticks_into_bar();
        let begins = self.start != Some(start);
        if begins {
            let first = self.start.is_none();
            self.start = Some(start);
            self.bars += 1;
            let variants = patterns.of(scene.position.meter).0.len();
            let weary = self.bars >= MOST_BARS || scene.random.uniform(purpose, 0) >= patterns.constancy;
            if first || weary && variants > 1 {
                let others = if first { variants } else { variants - 1 };
                let draw = (scene.random.uniform(purpose, 1) * others as f32) as usize;
                // Any of the others: counted on from the one that was played.
                self.variant = if first { draw } else { self.variant + 1 + draw.min(others - 1) };
                self.bars = 0;
            }
            self.variant %= variants;
        }
        begins
    }

    /// The strokes of the scene's bar that are played at `density` (0–1), with their first ticks, in order.
    pub fn strokes<'a, T: Copy>(
        &self,
        scene: &'a Scene,
        patterns: &Patterns<T>,
        purpose: Purpose,
        density: f32,
    ) -> impl Iterator<Item = (Tick, Stroke<T>)> + use<'a, T> {
        let (variants, period) = patterns.of(scene.position.meter);
        let strokes = variants[self.variant % variants.len()];
        let start = scene.tick() - scene.ticks_into_bar();
        let bar = scene.position.meter.bar_ticks();
        let seed = scene.controls.seed;
        (0..=bar / period)
            .flat_map(move |turn| strokes.iter().map(move |&stroke| (turn * period + Tick::from(stroke.at), stroke)))
            .take_while(move |&(at, _)| at < bar)
            .map(move |(at, stroke)| (start + at, stroke))
            .filter(move |(_, stroke)| is_played(stroke.from, start, seed, purpose, density))
    }
}

/// Whether strokes that belong to a density of `from` percent are played at `density` in the bar that begins at `bar`.
/// The boundary is soft, so that bars differ, but strokes of the same importance come or stay away together.
fn is_played(from: u8, bar: Tick, seed: u32, purpose: Purpose, density: f32) -> bool {
    const SOFTNESS: f32 = 24.0;
    let draw = Random::new(seed, frame_at(bar)).uniform(purpose, 16 + u32::from(from));
    from == 0 || density * 100.0 + (draw - 0.5) * SOFTNESS >= f32::from(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share_played(from: u8, density: f32) -> f32 {
        let played = |tick: &Tick| is_played(from, *tick * 6, 1, Purpose::Comping, density);
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
    fn patterns_fit_every_meter() {
        const PATTERNS: Patterns<u8> = Patterns {
            four: &[&[stroke(0, 4), stroke(48, 4)]],
            three: &[&[stroke(0, 3)]],
            compound: &[&[stroke(0, 6), stroke(36, 6)]],
            constancy: 1.0,
        };
        let family = |numerator, denominator| PATTERNS.of(Meter { numerator, denominator }).0[0][0].touch;
        assert_eq!([family(4, 4), family(5, 4), family(2, 4), family(7, 8)], [4; 4]);
        assert_eq!([family(3, 4), family(6, 4)], [3; 2]);
        assert_eq!([family(6, 8), family(9, 8), family(12, 8)], [6; 3]);
    }
}
