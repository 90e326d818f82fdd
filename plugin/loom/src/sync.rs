//! Loom's, in the place of the standard library's in `plugin/src/seam/sync.rs`.

pub use std::sync::PoisonError;

pub use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering, fence};
pub use loom::sync::{Arc, Mutex, MutexGuard};
