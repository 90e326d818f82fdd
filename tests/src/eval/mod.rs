//! How good the band is on lead sheets that it has not seen: the real improviser, in logical time.
//!
//! Definitions of the measures: docs/models.md.

pub mod corpus;
pub mod harmony;
pub mod measures;
pub mod melody;
pub mod rules;
