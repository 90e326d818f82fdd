//! A headless host for the built plug-in, and what the tests, the demo and the bench drive it with.

pub mod bench;
pub mod demo;
pub mod eval;
pub mod host;
pub mod lead_sheet;
