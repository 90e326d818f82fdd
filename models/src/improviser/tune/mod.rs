//! The tune: what is known of it beside what the musician plays now, and the harmony of a whole chorus.

pub mod chart;
mod decoding;
pub mod harmonizer;
