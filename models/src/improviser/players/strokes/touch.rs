//! What an accompaniment strikes.

use serde::{Deserialize, Serialize};

/// What a stroke of the accompaniment strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Touch {
    /// The whole voicing.
    Block,
    /// All but its lowest note.
    Upper,
    /// Its lowest note.
    Low,
    /// One note, counted from the lowest; beyond the highest, the same again an octave higher.
    Step(u8),
    /// The whole voicing from the lowest string to the highest.
    Down,
    /// All but the lowest note, from the highest string down.
    Up,
    /// The whole voicing: of the next chord, if that is about to begin.
    Early,
    /// Root and fifth, low.
    Fifth,
    /// Root and sixth, low: the answer to [`Touch::Fifth`] in a shuffle.
    Sixth,
}
