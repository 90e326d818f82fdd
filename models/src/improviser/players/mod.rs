//! The players, and what they play together on every way that the harmony may go.

pub mod accompaniment;
#[cfg(feature = "guest-player")]
mod clave;
pub(crate) mod context;
mod dynamics;
pub(crate) mod ensemble;
mod feel;
pub(crate) mod performer;
pub(crate) mod plays;
#[cfg(test)]
mod rehearsal;
pub(crate) mod seats;
pub(crate) mod soloist;
pub mod strokes;
pub mod takes;
pub(crate) mod tape;
pub mod voices;
