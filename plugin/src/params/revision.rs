//! Whether anything has changed, at the price of one number.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counts how often parameters have changed. Whoever sets one counts, after its value is there; audio reads the values
/// again only if the count is another one: they lie in as many places of memory as there are parameters.
#[derive(Clone, Debug, Default)]
pub struct Revision(Arc<AtomicU32>);

impl Revision {
    /// Audio: how many there were. What was set before is read after it.
    pub fn count(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    /// What the framework is to call when a parameter has changed. Any thread; never waits.
    pub fn callback<T>(&self) -> Arc<dyn Fn(T) + Send + Sync> {
        let count = Arc::clone(&self.0);
        Arc::new(move |_| {
            count.fetch_add(1, Ordering::Release);
        })
    }
}
