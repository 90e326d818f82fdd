//! The tune: what is known of it beside what the musician plays now.

pub mod chart;
