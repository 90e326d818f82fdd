//! Measures of chords against a melody and against the chords that people wrote (docs/models.md defines them).
//!
//! What is right cannot be hedged; idiom is to be as it is among people, neither less nor more; what fits the melody or
//! shares notes with people's chords is shown beside them, and nothing is decoded for it.

mod fit;
mod idiom;
mod right;

use continuo_models::music::time::{TICKS_PER_FRAME, frame_start};
use continuo_models::music::{BarPosition, Chord, Frame, PitchClass, SlashChord, Tick};
use serde::Serialize;

use super::corpus::Piece;
use super::report;
pub use fit::Fit;
pub use idiom::Idiom;
pub use right::Right;

/// The first frames of each piece count.
pub const FRAMES: Frame = 256;

/// Declares measures that belong together: of one piece, or means over many. `None`: not defined there.
macro_rules! measures {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])+ $field:ident: $title:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: Option<f64>,)+
        }

        impl $name {
            /// The titles of the measures.
            pub const TITLES: &[&str] = &[$($title),+];

            /// The values in the order of the titles.
            pub fn values(&self) -> impl Iterator<Item = Option<f64>> + use<> {
                [$(self.$field),+].into_iter()
            }

            /// The means over pieces, of each measure over those for which it is defined.
            pub fn mean<'a>(all: impl Iterator<Item = &'a Self> + Clone) -> Self {
                Self { $($field: crate::eval::report::mean(all.clone().filter_map(|one| one.$field)),)+ }
            }
        }
    };
}
use measures;

/// All measures of one piece, or means over many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Measures {
    /// What cannot be hedged.
    pub right: Right,
    /// How the harmony moves.
    pub idiom: Idiom,
    /// How the chords fit.
    pub fit: Fit,
}

impl Measures {
    /// Judges `chords`, one per frame.
    pub fn of(piece: &Piece, chords: &[Option<Chord>]) -> Self {
        let human = classes(&piece.chord_frames(chords.len() as Frame));
        Self {
            right: Right::of(piece, &human, chords),
            idiom: Idiom::of(piece, chords),
            fit: Fit::of(piece, &human, chords),
        }
    }

    /// The means over pieces, of each measure over those for which it is defined.
    pub fn mean<'a>(all: impl Iterator<Item = &'a Self> + Clone) -> Self {
        Self {
            right: Right::mean(all.clone().map(|one| &one.right)),
            idiom: Idiom::mean(all.clone().map(|one| &one.idiom)),
            fit: Fit::mean(all.map(|one| &one.fit)),
        }
    }
}

/// The chords without their basses.
pub fn classes(chords: &[Option<SlashChord>]) -> Vec<Option<Chord>> {
    chords.iter().map(|slash| slash.map(|slash| slash.chord)).collect()
}

/// The pitch class that sounds in each frame.
pub fn sounding(piece: &Piece, frames: Frame) -> Vec<Option<PitchClass>> {
    let mut classes = vec![None; frames as usize];
    for note in &piece.melody {
        let first = note.frame().clamp(0, frames);
        let end = ((note.onset + note.length - 3).div_euclid(6) + 1).clamp(first, frames).max((first + 1).min(frames));
        classes[first as usize..end as usize].fill(Some(note.key % 12));
    }
    classes
}

/// Whether a felt beat begins in the frame.
pub fn begins_beat(piece: &Piece, frame: Frame) -> bool {
    begins(piece, frame, |position| position.meter.beat_ticks())
}

/// Whether a bar begins in the frame.
pub fn begins_bar(piece: &Piece, frame: Frame) -> bool {
    begins(piece, frame, |position| position.meter.bar_ticks())
}

fn begins(piece: &Piece, frame: Frame, unit: fn(BarPosition) -> Tick) -> bool {
    let position = piece.position(frame_start(frame));
    position.ticks_into_bar(frame_start(frame)) % unit(position) < TICKS_PER_FRAME
}

fn share<T>(all: impl Iterator<Item = T>, holds: impl Fn(&T) -> bool) -> Option<f64> {
    report::mean(all.map(|item| f64::from(u8::from(holds(&item)))))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(super) fn chord(symbol: &str) -> Chord {
        symbol.parse().unwrap()
    }

    pub(super) fn near(value: Option<f64>, expected: f64) {
        assert!(value.is_some_and(|value| (value - expected).abs() < 1e-3), "{value:?} and not {expected}");
    }

    /// Chords that stand for so many frames; "–" is none.
    pub(crate) fn frames(spans: &[(&str, usize)]) -> Vec<Option<Chord>> {
        spans.iter().flat_map(|&(symbol, length)| vec![symbol.parse().ok(); length]).collect()
    }

    #[test]
    fn the_mean_leaves_out_what_is_not_defined() {
        let fit = Fit { pcs: Some(0.5), ..Fit::default() };
        let defined = Measures { fit, ..Measures::default() };
        assert_eq!(Measures::mean([defined, Measures::default()].iter()), defined);
    }
}
