//! Whether anything has changed, at the price of one number.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counts how often what a frame is decided by has changed: parameters, locks, scenes, the bank. Whoever sets one of
/// them counts, after it is there; audio reads them again only if the count is another one: they lie in as many places
/// of memory as there are parameters.
#[derive(Clone, Debug, Default)]
pub struct Revision(Arc<AtomicU32>);

impl Revision {
    /// Audio: how many there were. What was set before is read after it.
    pub fn count(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    /// Something has changed, and is there. Any thread; never waits.
    pub fn advance(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }

    /// What the framework is to call when a parameter has changed.
    pub fn callback<T>(&self) -> Arc<dyn Fn(T) + Send + Sync> {
        let revision = self.clone();
        Arc::new(move |_| revision.advance())
    }
}
