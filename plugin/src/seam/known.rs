//! What the band knows, between the worker that plays by it and the main thread that saves it: what it has learnt of
//! the musician, and what he has set up for it.

use super::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The newest of what one instance's band knows of something, which outlives its workers. A mutex that the audio thread
/// never touches.
#[derive(Debug, Default)]
pub struct Known<T>(Mutex<Newest<T>>);

#[derive(Debug, Default)]
struct Newest<T> {
    known: Arc<T>,
    /// With which saved state it was brought, if it was and the worker does not know it yet (see
    /// [`Loading`](super::Loading)); 0: with none.
    brought: Option<u32>,
}

impl<T> Known<T> {
    /// Main, GUI, worker: the band is to know `known`, and nothing else, from its next frame on that is called after
    /// the saved state number `load` was loaded (see [`Loading`](super::Loading)); 0: from the next one.
    pub fn bring(&self, known: Arc<T>, load: u32) {
        *self.lock() = Newest { known, brought: Some(load) };
    }

    /// Worker: what was brought since the last time, where a frame was called after so many `loads`.
    pub fn take_brought(&self, loads: u32) -> Option<Arc<T>> {
        let mut newest = self.lock();
        newest.brought.take_if(|load| *load <= loads).map(|_| Arc::clone(&newest.known))
    }

    /// Worker: what the band knows now. What was brought in the meantime counts for more.
    pub fn publish(&self, known: &Arc<T>) {
        let mut newest = self.lock();
        if newest.brought.is_none() && !Arc::ptr_eq(&newest.known, known) {
            newest.known = Arc::clone(known);
        }
    }

    /// Main, GUI, worker: what is known now.
    pub fn newest(&self) -> Arc<T> {
        Arc::clone(&self.lock().known)
    }

    fn lock(&self) -> MutexGuard<'_, Newest<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::Memory;
    use continuo_models::music::Chord;

    use super::*;

    fn of(symbol: &str) -> Arc<Memory> {
        let mut memory = Memory::default();
        memory.hear_chord(symbol.parse::<Chord>().unwrap());
        Arc::new(memory)
    }

    #[test]
    fn what_is_brought_is_taken_once_and_not_overwritten_before() {
        let shared = Known::default();
        assert_eq!(shared.take_brought(0), None);
        shared.publish(&of("C"));
        assert_eq!((shared.newest(), shared.take_brought(0)), (of("C"), None));
        shared.bring(of("D"), 0);
        shared.publish(&of("C"));
        assert_eq!(shared.take_brought(0), Some(of("D")));
        assert_eq!(shared.take_brought(0), None);
        shared.publish(&of("E"));
        assert_eq!(shared.newest(), of("E"));
    }

    #[test]
    fn what_is_brought_with_a_state_is_taken_with_its_controls() {
        let shared = Known::default();
        shared.bring(of("D"), 2);
        assert_eq!(shared.take_brought(1), None);
        assert_eq!(shared.take_brought(2), Some(of("D")));
    }
}
