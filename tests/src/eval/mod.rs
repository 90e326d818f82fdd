//! How good the band is on lead sheets that it has not seen: the chords of the real improviser in logical time, the
//! likelihood of melodies, whether styles and knobs do what they say, and how the built plug-in stands up to a
//! musician.
//!
//! Definitions of the measures: docs/models.md.

pub mod bootstrap;
pub mod classifier;
pub mod control;
pub mod copies;
pub mod corpus;
pub mod hand;
pub mod harmonizer;
pub mod harmony;
pub mod knobs;
pub mod lead;
pub mod line;
pub mod live;
pub mod measures;
pub mod melody;
pub mod ngram;
pub mod phrasing;
pub mod progressions;
pub mod recovery;
pub mod report;
pub mod retrieval;
pub mod rules;
pub mod texture;
pub mod tokens;
pub mod trust;
pub mod voicing;
