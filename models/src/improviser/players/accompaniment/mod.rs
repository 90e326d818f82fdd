//! Chords, Bass and Drums together.

pub mod bassist;
pub mod comper;
pub mod drawing;
pub mod drummer;
mod groove;
#[cfg(test)]
mod idioms;
mod manner;
pub mod passages;
pub mod patterns;
pub mod reshaping;
pub mod textures;
