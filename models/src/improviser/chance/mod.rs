//! Chance that repeats: random numbers, and draws from what a network holds likely.

pub mod random;
pub mod sampler;
