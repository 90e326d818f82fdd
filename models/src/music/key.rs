//! Keys: a tonic and a mode.

use serde::{Deserialize, Serialize};

use super::PitchClass;

/// Major or minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Mode {
    Major,
    Minor,
}

/// One of the 24 keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The tonic, 0–11.
    pub tonic: PitchClass,
    /// Major or minor.
    pub mode: Mode,
}
