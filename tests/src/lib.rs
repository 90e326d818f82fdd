//! A headless host for the built plug-in, and what the tests, the demo and the bench drive it with.

pub mod host;
pub mod eval;
