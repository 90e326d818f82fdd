//! The bars at the corners of the pad.

use std::sync::Arc;

use super::super::passages::InPassage;
use super::super::patterns::{Patterns, Stroke, StylePatterns, Tone, Touch};
use super::super::textures::Strokes;
use super::pad::{CORNERS, SOURCE};
use super::with_you::WithYou;
use crate::improviser::players::strokes::captured::Kept;
use crate::music::{Drum, Tick};

/// Who strikes bars that can be reshaped.
pub trait Shaped: InPassage + Kept + WithYou {
    /// What the player has for a style; `None`: nothing.
    fn patterns(style: &StylePatterns) -> Option<&Patterns<Self>>;
}

impl Shaped for Touch {
    fn patterns(style: &StylePatterns) -> Option<&Patterns<Self>> {
        Some(&style.chords)
    }
}

impl Shaped for Tone {
    fn patterns(style: &StylePatterns) -> Option<&Patterns<Self>> {
        Some(&style.bass)
    }
}

impl Shaped for Drum {
    fn patterns(style: &StylePatterns) -> Option<&Patterns<Self>> {
        style.drums.as_ref()
    }
}

/// A bar of strokes with their first ticks.
pub type Bar<T> = Arc<[(Tick, Stroke<T>)]>;

/// What is struck in one bar at each corner.
#[derive(Clone, Debug)]
pub struct Corners<T>([Bar<T>; CORNERS]);

impl<T: Copy> Corners<T> {
    /// The bar that the `source` gives, and the others as they come after it on the pad; for a corner without one the
    /// source's stands.
    pub fn new(source: Bar<T>, others: [Option<Strokes<T>>; CORNERS - 1]) -> Self {
        let mut bars: [_; CORNERS] = std::array::from_fn(|_| Arc::clone(&source));
        for (bar, other) in bars[SOURCE + 1..].iter_mut().zip(others) {
            if let Some(other) = other {
                *bar = other.into();
            }
        }
        Self(bars)
    }

    /// The bar at a corner.
    pub fn at(&self, corner: usize) -> &[(Tick, Stroke<T>)] {
        &self.0[corner]
    }
}
