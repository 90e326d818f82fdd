//! The seam's own atomics and locks (`plugin/src/seam`), the very files, but made of loom's: in `tests`, loom runs what
//! two threads do with them in every order that the memory model allows.
//!
//! The rings and the triple buffers are those of well-kept crates, and what is told one value at a time needs no order.

// The files know where they are: beside `sync`.
#[path = "../../src/seam/doubt.rs"]
mod doubt;
#[path = "../../src/seam/known.rs"]
mod known;
#[path = "../../src/seam/loading.rs"]
mod loading;
#[path = "../../src/seam/signal.rs"]
mod signal;
mod sync;

pub use doubt::{Doubt, Doubts};
pub use known::Known;
pub use loading::Loading;
pub use signal::Signal;

/// What stands for what the band has learnt: a number.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Memory(pub u32);
