//! What accompaniments are made of: patterns of strokes for each style and family of meters, and how a bar chooses
//! among them.
//!
//! The patterns are data (`models/styles`, with their provenance): mined from the corpus where it has parts, written
//! by hand where it has not.

mod bar;
mod fill;
mod idiom;
mod library;

use serde::Deserialize;

use crate::music::{Meter, Tick};

pub use crate::improviser::players::strokes::{Stroke, Tone, Touch, stroke};
pub use bar::{Bar, Place, is_played};
pub use fill::{Fill, Fills};
pub use idiom::Idioms;
pub use library::{Provenance, StylePatterns, of_style};

/// One bar of an accompaniment, or two: a clave is no shorter.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Pattern<T> {
    /// How common it is among its siblings; any positive number.
    pub weight: f32,
    /// Where it is from: a name in the file's provenance.
    pub source: String,
    /// The idiom to which it belongs; `None`: it fits all of its style.
    pub idiom: Option<String>,
    /// The strokes, in order.
    pub strokes: Vec<Stroke<T>>,
    /// The strokes of every second bar of the song, if they are others.
    pub second: Option<Vec<Stroke<T>>>,
    /// How many strokes it has among those of its idiom: the fewest (0) to the most (1).
    #[serde(skip)]
    fullness: f32,
}

impl<T> Pattern<T> {
    /// Whether it may be played in `idiom`.
    fn fits(&self, idiom: Option<&str>) -> bool {
        self.idiom.is_none() || self.idiom.as_deref() == idiom
    }

    /// The strokes of the song's bar with this number, counted from 0.
    fn strokes_in(&self, bar: Tick) -> &[Stroke<T>] {
        self.second.as_ref().filter(|_| bar.rem_euclid(2) == 1).unwrap_or(&self.strokes)
    }

    /// Strokes in a bar.
    fn count(&self) -> f32 {
        let [first, second] = [0, 1].map(|bar| self.strokes_in(bar).len());
        (first + second) as f32 / 2.0
    }
}

/// The patterns of one family of meters.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Siblings<T>", bound(deserialize = "T: Deserialize<'de>"))]
pub struct Family<T> {
    /// The chance to stay with a pattern for another bar.
    pub constancy: f32,
    /// The patterns, at least one.
    pub bars: Vec<Pattern<T>>,
}

/// A family as it stands in a file.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Siblings<T> {
    constancy: f32,
    bars: Vec<Pattern<T>>,
}

impl<T> From<Siblings<T>> for Family<T> {
    fn from(Siblings { constancy, mut bars }: Siblings<T>) -> Self {
        let fullness = |bar: &Pattern<T>| {
            let siblings = bars.iter().filter(|other| bar.idiom.is_none() || other.fits(bar.idiom.as_deref()));
            let counts = || siblings.clone().map(Pattern::count);
            let (least, most) = (counts().fold(f32::INFINITY, f32::min), counts().fold(0.0, f32::max));
            if most > least { (bar.count() - least) / (most - least) } else { 0.5 }
        };
        let fullness: Vec<f32> = bars.iter().map(fullness).collect();
        bars.iter_mut().zip(fullness).for_each(|(bar, fullness)| bar.fullness = fullness);
        Self { constancy, bars }
    }
}

/// What one player has for one style. The patterns for simple meters are a bar of 4/4 long, the others a bar of 3/4 or
/// 6/8; longer bars repeat them, shorter ones break off.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Patterns<T> {
    /// For 4/4 and every meter that is neither of the others.
    pub four: Family<T>,
    /// For 3/4.
    pub three: Family<T>,
    /// For compound meters.
    pub compound: Family<T>,
}

/// The families of meters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rhythm {
    Four,
    Three,
    Compound,
}

impl Rhythm {
    fn of(meter: Meter) -> Self {
        let bar = meter.bar_ticks();
        match () {
            () if meter.is_compound() => Self::Compound,
            () if bar % Self::Three.period() == 0 && bar % Self::Four.period() != 0 => Self::Three,
            () => Self::Four,
        }
    }

    /// Ticks after which a pattern repeats.
    fn period(self) -> Tick {
        match self {
            Self::Four => 96,
            Self::Three | Self::Compound => 72,
        }
    }
}

impl<T> Patterns<T> {
    fn of(&self, rhythm: Rhythm) -> &Family<T> {
        match rhythm {
            Rhythm::Four => &self.four,
            Rhythm::Three => &self.three,
            Rhythm::Compound => &self.compound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_every_meter() {
        let family = |numerator, denominator| Rhythm::of(Meter { numerator, denominator });
        assert_eq!([family(4, 4), family(5, 4), family(2, 4), family(7, 8)], [Rhythm::Four; 4]);
        assert_eq!([family(3, 4), family(6, 4)], [Rhythm::Three; 2]);
        assert_eq!([family(6, 8), family(9, 8), family(12, 8)], [Rhythm::Compound; 3]);
    }

    #[test]
    fn the_fullest_bar_has_the_most_strokes() {
        let bar = |strokes: &str| format!(r#"{{"weight": 1, "source": "mine", "strokes": [{strokes}]}}"#);
        let one = bar(r#"[0, "x", 0, 0, 0]"#);
        let two = bar(r#"[0, "x", 0, 0, 0], [48, "x", 0, 30, -4]"#);
        let text = format!(r#"{{"constancy": 0.5, "bars": [{one}, {two}, {one}]}}"#);
        let family: Family<char> = serde_json::from_str(&text).unwrap();
        assert_eq!(family.bars.iter().map(|bar| bar.fullness).collect::<Vec<_>>(), [0.0, 1.0, 0.0]);
        assert_eq!(family.bars[1].strokes[1], Stroke { at: 48, touch: 'x', length: 0, from: 30, accent: -4 });
    }

    #[test]
    fn a_pattern_of_two_bars_takes_turns() {
        let bars = r#"[{"weight": 1, "source": "mine", "strokes": [[0, "x", 0, 0, 0]],
            "second": [[24, "y", 0, 0, 0], [60, "y", 0, 0, 0]]}]"#;
        let family: Family<char> = serde_json::from_str(&format!(r#"{{"constancy": 0.5, "bars": {bars}}}"#)).unwrap();
        let touches = |bar| family.bars[0].strokes_in(bar).iter().map(|stroke| stroke.touch).collect::<String>();
        assert_eq!([-1, 0, 1, 2].map(touches), ["yy", "x", "yy", "x"]);
    }
}
