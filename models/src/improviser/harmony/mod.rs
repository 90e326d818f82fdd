//! The harmony, frame by frame: what was played so far, who advises, and what is chosen within the constraints.

pub mod advisor;
pub mod choice;
pub mod constraints;
pub mod guided;
pub mod harmonist;
pub mod history;
pub mod lookahead;
pub mod rules;
pub mod weights;

use crate::music::{SlashChord, Tick};

/// The most planned chord changes that an [`crate::Outlook`] shows.
pub const OUTLOOK_CHORDS: usize = 8;

/// Chord changes to come, soonest first: first tick and chord.
pub type Planned = [Option<(Tick, SlashChord)>; OUTLOOK_CHORDS];

/// The chord that a note of each pitch class asks for in the frame, where it is not the planned one.
pub type Alternatives = [Option<SlashChord>; 12];
