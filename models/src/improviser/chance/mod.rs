//! Chance that repeats: random numbers, and draws from what a network holds likely.

pub(crate) mod grid;
pub mod random;
pub mod sampler;
