//! Chords and Bass together.

pub mod bassist;
pub mod comper;
mod groove;
mod manner;
pub mod patterns;
