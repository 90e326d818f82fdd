//! Saved states that are loaded while audio plays: taken as one, or not yet.

use super::sync::{AtomicU32, Ordering, fence};

/// Counts the saved states that are loaded, so that audio can tell whether what it has read is of one state. A sequence
/// lock (Boehm 2012, "Can seqlocks get along with programming language memory models?") whose reader does not try
/// again: it goes on with what it had.
#[derive(Debug, Default)]
pub struct Loading {
    begun: AtomicU32,
    ended: AtomicU32,
}

impl Loading {
    /// Main: loads a state. Of what `load` writes into atomics, and publishes, audio takes nothing before it returns.
    pub fn during<R>(&self, load: impl FnOnce() -> R) -> R {
        struct End<'a>(&'a AtomicU32);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Release);
            }
        }
        self.begun.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::Release);
        let _end = End(&self.ended);
        load()
    }

    /// Main, audio: the number of the state that is being loaded, or was loaded last; 0 before the first.
    pub fn newest(&self) -> u32 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Audio: what `read`, which is told how many states have been loaded so far, reads; `None` if a state was being
    /// loaded meanwhile. Never waits.
    pub fn whole<R>(&self, read: impl FnOnce(u32) -> R) -> Option<R> {
        let loads = self.ended.load(Ordering::Acquire);
        let result = (self.begun.load(Ordering::Relaxed) == loads).then(|| read(loads))?;
        fence(Ordering::Acquire);
        (self.begun.load(Ordering::Relaxed) == loads).then_some(result)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::thread;

    use super::*;

    #[test]
    fn while_a_state_is_loaded_nothing_is_read() {
        let loading = Loading::default();
        assert_eq!(loading.whole(|loads| loads), Some(0));
        loading.during(|| assert_eq!((loading.newest(), loading.whole(|loads| loads)), (1, None)));
        assert_eq!(loading.whole(|loads| loads), Some(1));
        assert_eq!(loading.whole(|_| loading.during(|| 7)), None, "it was loaded while it was read");
    }

    #[test]
    fn what_is_read_is_of_one_state_at_full_speed() {
        let (loading, parts, done) = (Loading::default(), [const { AtomicU32::new(0) }; 8], AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                for state in 1..=50_000 {
                    loading.during(|| parts.iter().for_each(|part| part.store(state, Ordering::Relaxed)));
                }
                done.store(true, Ordering::Relaxed);
            });
            while !done.load(Ordering::Relaxed) {
                let read = |loads| (loads, parts.each_ref().map(|part| part.load(Ordering::Relaxed)));
                if let Some((loads, parts)) = loading.whole(read) {
                    assert_eq!(parts, [loads; 8]);
                }
            }
        });
    }
}
