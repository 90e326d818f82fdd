//! What the band has learnt of the musician, between the worker that learns it and the main thread that saves it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use continuo_models::Memory;

/// The newest memory of one instance, which outlives its workers. A mutex that the audio thread never touches.
#[derive(Debug, Default)]
pub struct SharedMemory(Mutex<Newest>);

#[derive(Debug, Default)]
struct Newest {
    memory: Arc<Memory>,
    /// Whether it was brought, and the worker does not know it yet.
    brought: bool,
}

impl SharedMemory {
    /// Main, worker: the band is to know `memory` from its next frame on, and nothing else.
    pub fn bring(&self, memory: Arc<Memory>) {
        *self.lock() = Newest { memory, brought: true };
    }

    /// Worker: what was brought since the last time.
    pub fn take_brought(&self) -> Option<Arc<Memory>> {
        let mut newest = self.lock();
        std::mem::take(&mut newest.brought).then(|| Arc::clone(&newest.memory))
    }

    /// Worker: what the band knows now. What was brought in the meantime counts for more.
    pub fn publish(&self, memory: &Arc<Memory>) {
        let mut newest = self.lock();
        if !newest.brought && !Arc::ptr_eq(&newest.memory, memory) {
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
        assert_eq!(shared.take_brought(), None);
        shared.publish(&of("C"));
        assert_eq!((shared.newest(), shared.take_brought()), (of("C"), None));
        shared.bring(of("D"));
        shared.publish(&of("C"));
        assert_eq!(shared.take_brought(), Some(of("D")));
        assert_eq!(shared.take_brought(), None);
        shared.publish(&of("E"));
        assert_eq!(shared.newest(), of("E"));
    }
}
