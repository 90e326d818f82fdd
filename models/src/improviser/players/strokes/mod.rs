//! What players strike: strokes, and bars of them that the musician has captured.

pub mod captured;
mod tone;
mod touch;

use serde::{Deserialize, Serialize};

pub use tone::Tone;
pub use touch::Touch;

/// The touch at which accents are as loud as they are written, as a MIDI velocity.
const USUAL_TOUCH: i32 = 80;
/// One stroke of a pattern; `T` is what the player does with it. In a file: `[at, touch, length, from, accent]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    from = "(u8, T, u8, u8, i8)",
    into = "(u8, T, u8, u8, i8)",
    bound(serialize = "T: Copy + Serialize", deserialize = "T: Deserialize<'de>")
)]
pub struct Stroke<T> {
    /// Ticks from the beginning of the pattern.
    pub at: u8,
    /// What is played.
    pub touch: T,
    /// Ticks that it sounds; 0: until the next stroke.
    pub length: u8,
    /// The density in percent from which on the stroke is played: 0 always, 50 in half of all bars at the usual
    /// density.
    pub from: u8,
    /// Difference in loudness from the musician's own, in MIDI velocity, when he plays at a usual loudness.
    pub accent: i8,
}

/// A stroke at tick `at` that is always played and sounds until the next.
pub const fn stroke<T: Copy>(at: u8, touch: T) -> Stroke<T> {
    Stroke { at, touch, length: 0, from: 0, accent: 0 }
}

impl<T: Copy> Stroke<T> {
    /// The stroke, sounding for `ticks`.
    pub const fn length(self, ticks: u8) -> Self {
        Self { length: ticks, ..self }
    }

    /// The loudness of the stroke beside a musician who plays at `touch`, as a MIDI velocity that may leave the range:
    /// whoever plays softly has soft accents.
    pub fn loudness(&self, touch: u8) -> i32 {
        let touch = i32::from(touch);
        touch + i32::from(self.accent) * touch / USUAL_TOUCH
    }
}

impl<T> From<(u8, T, u8, u8, i8)> for Stroke<T> {
    fn from((at, touch, length, from, accent): (u8, T, u8, u8, i8)) -> Self {
        Self { at, touch, length, from, accent }
    }
}

impl<T> From<Stroke<T>> for (u8, T, u8, u8, i8) {
    fn from(stroke: Stroke<T>) -> Self {
        let Stroke { at, touch, length, from, accent } = stroke;
        (at, touch, length, from, accent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_follow_the_touch() {
        let accented = Stroke { accent: 8, ..stroke(0, ()) };
        assert_eq!([40, 80, 120].map(|touch| accented.loudness(touch)), [44, 88, 132]);
    }
}
