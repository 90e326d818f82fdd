//! The musical language: time, pitch, keys, chords, voicings, drums and styles.

#![forbid(unsafe_code)]

pub mod changes;
pub mod chart;
pub mod chord;
pub mod drum;
pub mod form;
pub mod key;
pub mod kit;
pub mod leading;
pub mod numeral;
pub mod pitch;
mod recognition;
pub mod reharmony;
pub mod spot;
pub mod staff;
pub mod style;
mod suffix;
mod symbol;
pub mod texture;
pub mod time;
pub mod voicing;

pub use changes::Changes;
pub use chart::Chart;
pub use chord::{Chord, Quality, SlashChord};
pub use drum::Drum;
pub use form::{Letter, Section};
pub use key::{Key, Mode};
pub use kit::Kit;
pub use numeral::{Function, Numeral};
pub use pitch::{PitchClass, PitchClassSet};
pub use reharmony::Reharmony;
pub use spot::Spot;
pub use style::Style;
pub use time::{BarPosition, Frame, Meter, Moment, Tick};
