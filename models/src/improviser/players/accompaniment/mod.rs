//! Chords, Bass and Drums together.

pub mod bassist;
pub mod comper;
pub mod drummer;
mod groove;
mod manner;
pub mod patterns;
pub mod textures;
pub mod variation;
