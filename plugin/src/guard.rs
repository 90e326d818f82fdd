//! No panic crosses into a host: what a host or the framework calls is run in here.
//!
//! A panic that would leave an `extern "C"` function ends the process at once, so it must be caught inside of it. That
//! is so of our own such functions, and of the framework's, which call [`Plugin`](nice_plug::prelude::Plugin), the
//! parameters and the panel: each of these is guarded where the framework comes in. What the framework or `egui` do
//! by themselves in functions that the host calls is beyond our reach.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::faults::{self, Place};

/// Panics that were caught in this process. Any thread adds, any thread reads.
pub static PANICS: AtomicU64 = AtomicU64::new(0);

/// A panic that was caught. It shows as its reason.
pub struct Panic(Box<dyn Any + Send>);

impl fmt::Display for Panic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let literal = self.0.downcast_ref::<&str>().copied();
        let reason = literal.or_else(|| self.0.downcast_ref::<String>().map(String::as_str));
        formatter.write_str(reason.unwrap_or("for an unknown reason"))
    }
}

/// Runs `act`. If it panics, that is counted in [`PANICS`]; to put right what `act` has left half done,
/// and to tell the musician, is for whoever calls this.
///
/// # Errors
/// The panic.
pub fn caught<R>(act: impl FnOnce() -> R) -> Result<R, Panic> {
    catch_unwind(AssertUnwindSafe(act)).map_err(|payload| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        Panic(payload)
    })
}

thread_local! {
    /// How often a function that is called from outside has failed on this thread.
    static FAILURES: Cell<u64> = const { Cell::new(0) };
}

/// The body of a function that is called from outside; after a panic who calls is given `fallback`.
pub fn guarded<R>(act: impl FnOnce() -> R, fallback: R) -> R {
    let done = caught(|| {
        faults::strike(Place::Entry);
        act()
    });
    done.unwrap_or_else(|_| {
        FAILURES.set(FAILURES.get() + 1);
        fallback
    })
}

/// What `act` gives, and whether something [`guarded`] has failed in it on this thread.
pub fn watched<R>(act: impl FnOnce() -> R) -> (R, bool) {
    let before = FAILURES.get();
    let given = act();
    (given, FAILURES.get() != before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_counted_and_says_its_reason() {
        let before = PANICS.load(Ordering::Relaxed);
        let reason = |act: fn()| caught(act).err().map(|panic| panic.to_string());
        assert_eq!(reason(|| panic!("plain")).as_deref(), Some("plain"));
        assert_eq!(reason(|| panic!("in bar {}", 7)).as_deref(), Some("in bar 7"));
        assert_eq!(reason(|| std::panic::panic_any(7)).as_deref(), Some("for an unknown reason"));
        // Other tests may panic on purpose at the same time.
        assert!(PANICS.load(Ordering::Relaxed) >= before + 3);
    }

    #[test]
    fn a_guarded_function_gives_what_it_makes_or_its_fallback() {
        assert_eq!(guarded(|| 1, 2), 1);
        assert_eq!(guarded(|| panic!("on purpose"), 2), 2);
    }

    #[test]
    fn who_watches_sees_a_failure_that_is_deep_inside() {
        assert_eq!(watched(|| guarded(|| 1, 2)), (1, false));
        assert_eq!(watched(|| 1 + guarded(|| 2 + guarded(|| panic!("on purpose"), 3), 4)), (6, true));
    }
}
