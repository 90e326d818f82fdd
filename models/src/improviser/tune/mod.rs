//! The tune: what is known of it beside what the musician plays now, the harmony of a whole chorus, and how it is
//! learned.

mod agreement;
pub mod changes;
pub mod chart;
mod decoding;
mod form;
pub mod harmonizer;
mod heard;
mod learner;
mod repeats;
