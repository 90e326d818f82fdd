//! What a bass line is made of.

use serde::{Deserialize, Serialize};

/// What a stroke of the bass plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// The bass of the harmony, with which its chord begins: the root, or what lies under a slash chord.
    Bass,
    /// The root, near the last note.
    Root,
    /// The fifth, near the last note.
    Fifth,
    /// The third, near the last note.
    Third,
    /// The sixth of a shuffle; a seventh over minor.
    Sixth,
    /// The root an octave above its place in the line, or below.
    Octave,
    /// The next note of a line towards the next chord: chord tones on strong beats, steps between.
    Walk,
    /// A step or a semitone away from the next chord's bass, if the chord is about to change; else the fifth.
    Lead,
    /// The bass of the next chord, if that is about to begin; else the root.
    Ahead,
    /// The last note again.
    Again,
}
