//! The harmony, frame by frame: what was played so far, who advises, and what is chosen within the constraints.

pub mod choice;
pub mod constraints;
pub mod harmonist;
pub mod history;
pub mod lookahead;
pub mod rules;

/// The most planned chord changes that an [`crate::Outlook`] shows.
pub const OUTLOOK_CHORDS: usize = 8;
