//! The players, and what they play together on every way that the harmony may go.

pub mod accompaniment;
pub(crate) mod context;
pub(crate) mod ensemble;
pub(crate) mod performer;
#[cfg(test)]
mod rehearsal;
pub(crate) mod soloist;
pub(crate) mod tape;
pub mod voices;
