//! The musical language: time, pitch, keys, chords, voicings and styles.

pub mod chord;
pub mod key;
pub mod style;
pub mod time;

pub use chord::{Chord, Quality};
pub use key::{Key, Mode};
pub use style::Style;
pub use time::{BarPosition, Frame, Meter, Moment, Tick};

/// A pitch class: 0 is C, 11 is B.
pub type PitchClass = u8;
