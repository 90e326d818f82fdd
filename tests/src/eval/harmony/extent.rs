//! How much of each piece is judged.

use std::fmt;

use continuo_models::music::Frame;
use continuo_models::music::time::TICKS_PER_FRAME;

use crate::eval::corpus::Piece;
use crate::eval::measures::FRAMES;

/// Bars of the longest chorus.
const BARS: usize = 64;

/// How much of each piece is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// The first [`FRAMES`].
    #[default]
    Opening,
    /// All of it, but no more than 64 bars.
    Whole,
}

impl Extent {
    /// The frames of `piece` that count.
    pub fn frames(self, piece: &Piece) -> Frame {
        piece.frames().min(self.most(piece))
    }

    /// No more frames than this count, however long the melody of `piece` is.
    pub fn most(self, piece: &Piece) -> Frame {
        let end = piece.bars.get(BARS).map(|bar| (bar + TICKS_PER_FRAME - 1).div_euclid(TICKS_PER_FRAME));
        match self {
            Self::Opening => FRAMES,
            Self::Whole => end.unwrap_or(Frame::MAX),
        }
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opening => write!(f, "first {FRAMES} frames each"),
            Self::Whole => write!(f, "first {BARS} bars each"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    #[test]
    fn a_whole_piece_ends_with_its_melody_or_after_64_bars() {
        let frames = |bars: i64| {
            let notes: Vec<_> = (0..bars).map(|bar| (96 * bar, 96, 60)).collect();
            [Extent::Opening, Extent::Whole].map(|extent| extent.frames(&made_up("tune", &notes, &[])))
        };
        assert_eq!([12, 20, 80].map(frames), [[192, 192], [256, 320], [256, 1024]]);
    }
}
