//! How much of something there is to be, in fifths of the corpus.

/// How much of an attribute there is to be, from 0, the lowest fifth of the corpus, to 4, the highest; `None` leaves it
/// free.
pub type Level = Option<u8>;

/// The highest level.
pub const MAX_LEVEL: u8 = 4;
