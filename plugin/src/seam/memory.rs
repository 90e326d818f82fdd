//! What the band has learnt of the musician, between the worker that learns it and the main thread that saves it.

use continuo_models::Memory;

use super::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The newest memory of one instance, which outlives its workers. A mutex that the audio thread never touches.
#[derive(Debug, Default)]
pub struct SharedMemory(Mutex<Newest>);

#[derive(Debug, Default)]
struct Newest {
    memory: Arc<Memory>,
    /// With which saved state it was brought, if it was and the worker does not know it yet (see
    /// [`Loading`](super::Loading)); 0: with none.
    brought: Option<u32>,
}

impl SharedMemory {
    /// Main, worker: the band is to know `memory`, and nothing else, from its next frame on that is called after the
    /// saved state number `load` was loaded (see [`Loading`](super::Loading)); 0: from the next one.
    pub fn bring(&self, memory: Arc<Memory>, load: u32) {
        *self.lock() = Newest { memory, brought: Some(load) };
    }

    /// Worker: what was brought since the last time, where a frame was called after so many `loads`.
    pub fn take_brought(&self, loads: u32) -> Option<Arc<Memory>> {
        let mut newest = self.lock();
        newest.brought.take_if(|load| *load <= loads).map(|_| Arc::clone(&newest.memory))
    }

    /// Worker: what the band knows now. What was brought in the meantime counts for more.
    pub fn publish(&self, memory: &Arc<Memory>) {
        let mut newest = self.lock();
        if newest.brought.is_none() && !Arc::ptr_eq(&newest.memory, memory) {
            newest.memory = Arc::clone(memory);
        }
    }

    /// Main, worker: the newest memory.
    pub fn newest(&self) -> Arc<Memory> {
        Arc::clone(&self.lock().memory)
    }

    fn lock(&self) -> MutexGuard<'_, Newest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::music::Chord;

    use super::*;

    fn of(symbol: &str) -> Arc<Memory> {
        let mut memory = Memory::default();
        memory.hear_chord(symbol.parse::<Chord>().unwrap());
        Arc::new(memory)
    }

    #[test]
    fn what_is_brought_is_taken_once_and_not_overwritten_before() {
        let shared = SharedMemory::default();
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
        let shared = SharedMemory::default();
        shared.bring(of("D"), 2);
        assert_eq!(shared.take_brought(1), None);
        assert_eq!(shared.take_brought(2), Some(of("D")));
    }
}
