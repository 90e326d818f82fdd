//! Faults on purpose: tests have the plug-in fail at a [`Place`], and see what becomes of it.
//!
//! All of it lies behind the feature `faults`, which only the library that tests load is built with (`tests/faults`).
//! In what is shipped, these functions do nothing, and nothing of the rest is there.

use std::io;

/// Where something can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Place {
    /// In a function that hosts call.
    Entry,
    /// In the audio callback, in the midst of a block.
    Callback,
    /// In the improviser, after it has decided a frame.
    Improviser,
    /// On the worker, beside the improviser.
    Worker,
    /// Where the worker has a band to begin with, and has not said so.
    WorkerStart,
    /// Where the system is asked for the worker's thread: it has none.
    Thread,
    /// In the panel, half drawn.
    Panel,
    /// In a saved state that is read.
    Loading,
    /// In the fields of a state that is saved.
    Saving,
    /// The worker's start takes its time.
    SlowStart,
    /// Each decision of the worker takes its time.
    SlowWorker,
}

/// Panics if a test wants it here and now.
#[inline(always)]
pub fn strike(place: Place) {
    #[cfg(feature = "faults")]
    if armed::FAULTS[place as usize].is_due() {
        panic!("a fault on purpose: {place:?}");
    }
    let _ = place;
}

/// Takes as long as a test wants.
#[inline(always)]
pub fn delay(place: Place) {
    #[cfg(feature = "faults")]
    armed::FAULTS[place as usize].delay();
    let _ = place;
}

/// What the system says if a test wants it to refuse.
///
/// # Errors
/// Then.
#[inline(always)]
pub fn refuse(place: Place) -> io::Result<()> {
    #[cfg(feature = "faults")]
    if armed::FAULTS[place as usize].is_due() {
        return Err(io::Error::other("a fault on purpose"));
    }
    let _ = place;
    Ok(())
}

#[cfg(feature = "faults")]
mod armed {
    use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
    use std::time::Duration;

    use super::Place;

    /// What is wanted at a place. Any thread arms it, any thread is struck.
    pub struct Fault {
        /// How often it is passed before; the milliseconds of a delay, at least.
        after: AtomicU32,
        /// How often it fails then; the milliseconds of a delay above the least, at most.
        times: AtomicU32,
    }

    pub static FAULTS: [Fault; Place::SlowWorker as usize + 1] =
        [const { Fault { after: AtomicU32::new(0), times: AtomicU32::new(0) } }; _];

    impl Fault {
        pub fn is_due(&self) -> bool {
            let counts_down = |count: &AtomicU32| count.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
            self.times.load(Relaxed) > 0 && counts_down(&self.after).is_err() && counts_down(&self.times).is_ok()
        }

        /// A pseudo-random time between the two.
        pub fn delay(&self) {
            static DELAYS: AtomicU64 = AtomicU64::new(0);
            let (least, more) = (self.after.load(Relaxed), self.times.load(Relaxed));
            if least > 0 || more > 0 {
                let hash = (DELAYS.fetch_add(1, Relaxed) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
                let more = hash % (u64::from(more) + 1);
                std::thread::sleep(Duration::from_millis(u64::from(least) + more));
            }
        }
    }

    /// Arms the [`Place`] of this number: it is passed `after` times and then fails `times` times, or takes `after` and
    /// up to `times` milliseconds. Gives how many failures had not come yet.
    #[unsafe(no_mangle)]
    pub extern "C" fn continuo_fault(place: u32, after: u32, times: u32) -> u32 {
        FAULTS.get(place as usize).map_or(0, |fault| {
            let left = fault.times.swap(0, Relaxed);
            fault.after.store(after, Relaxed);
            fault.times.store(times, Relaxed);
            left
        })
    }
}
