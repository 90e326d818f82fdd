//! What a drummer strikes as a section ends.

use serde::Deserialize;

use super::{Rhythm, Stroke};
use crate::music::{Drum, Meter};

/// The end of a bar as a fill, and what it leads to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// Where it is from: a name in the file's provenance.
    pub source: String,
    /// The idiom to which it belongs; `None`: it fits all of its style.
    pub idiom: Option<String>,
    /// How many ticks before the barline it begins.
    pub length: u8,
    /// How much it asks of a drummer, 0–100.
    pub complexity: u8,
    /// The strokes, in order, from its beginning on.
    pub strokes: Vec<Stroke<Drum>>,
    /// What is struck on the barline after it, in the place of the cymbal of the pattern.
    pub landing: Vec<Stroke<Drum>>,
}

impl Fill {
    /// Whether it may be played in `idiom`.
    pub fn fits(&self, idiom: Option<&str>) -> bool {
        self.idiom.is_none() || self.idiom.as_deref() == idiom
    }
}

/// The fills of a style, by family of meters.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fills {
    four: Vec<Fill>,
    three: Vec<Fill>,
    compound: Vec<Fill>,
}

impl Fills {
    /// Those for bars of `meter`.
    pub fn of(&self, meter: Meter) -> &[Fill] {
        match Rhythm::of(meter) {
            Rhythm::Four => &self.four,
            Rhythm::Three => &self.three,
            Rhythm::Compound => &self.compound,
        }
    }
}
