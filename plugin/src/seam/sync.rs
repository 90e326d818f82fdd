//! What the seam's own atomics and locks are made of. The models in `plugin/loom` put loom's in their place, which are
//! tried in every order.

pub use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering, fence};
pub use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
