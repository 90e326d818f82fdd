//! A wish without words from one thread to another.

use super::sync::{AtomicBool, Ordering};

/// Raised by anybody, taken by one thread. What was raised several times before it is taken is taken once.
#[derive(Debug, Default)]
pub struct Signal(AtomicBool);

impl Signal {
    /// Anybody: raises it.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// The one thread, which may be audio: whether it was raised since the last time. What was written before is then
    /// seen.
    pub fn take(&self) -> bool {
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_taken_once() {
        let signal = Signal::default();
        assert!(!signal.take());
        signal.raise();
        signal.raise();
        assert!(signal.take());
        assert!(!signal.take());
    }
}
