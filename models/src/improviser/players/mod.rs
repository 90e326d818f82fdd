//! The players, and what they play together on every way that the harmony may go.

pub mod accompaniment;
pub mod context;
pub mod ensemble;
pub mod performer;
#[cfg(test)]
mod rehearsal;
pub mod soloist;
pub mod tape;
pub mod voices;
