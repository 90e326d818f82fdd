//! Chords: a root and one of twelve qualities.

use serde::{Deserialize, Serialize};

use super::PitchClass;

/// Chord qualities, in the order of the networks' vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Quality {
    Major,
    Minor,
    Diminished,
    Augmented,
    Suspended,
    Sixth,
    Dominant,
    MajorSeventh,
    MinorSeventh,
    MinorSixth,
    HalfDiminished,
    DiminishedSeventh,
}

/// A chord over its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Chord {
    /// The root, 0–11.
    pub root: PitchClass,
    /// What stands on the root.
    pub quality: Quality,
}
