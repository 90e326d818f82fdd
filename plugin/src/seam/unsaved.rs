//! What is saved with the project, and is no parameter, has changed: the host is to be told.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Signal;

/// Asks the host to come back on its main thread. Any thread may call it.
type Ask = Box<dyn Fn() + Send + Sync>;

/// Is told on the main thread what the host was.
type Listener = Arc<dyn Fn() + Send + Sync>;

/// Whether what is saved beside the parameters has changed. Hosts hear of parameters by themselves; of scenes, presets
/// and their numbers, locks and learnt controllers they do not, and may be closed without saving them. Hosts are told
/// on their main thread only, so whoever changes something asks to be called there. Never audio.
#[derive(Default)]
pub struct Unsaved {
    changed: Signal,
    ask: Mutex<Option<Ask>>,
    listener: Mutex<Option<Listener>>,
}

impl fmt::Debug for Unsaved {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.debug_struct("Unsaved").field("changed", &self.changed).finish_non_exhaustive()
    }
}

impl Unsaved {
    fn ask(&self) -> MutexGuard<'_, Option<Ask>> {
        self.ask.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Main: how the host is asked; `None`: there is none any more.
    pub fn attach(&self, ask: Option<Ask>) {
        *self.ask() = ask;
    }

    /// Panel, main: something has changed.
    pub fn note(&self) {
        self.changed.raise();
        if let Some(ask) = &*self.ask() {
            ask();
        }
    }

    /// Main: whether something has changed since the last time. Then the format hears of it too.
    pub fn take(&self) -> bool {
        let changed = self.changed.take();
        if changed {
            self.tell();
        }
        changed
    }

    /// Main: a format has more to tell its host then; `None`: no more.
    pub fn listen(&self, listener: Option<Listener>) {
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = listener;
    }

    /// Main: a saved state was loaded: the format hears of it, and the project is as it was saved.
    pub fn tell(&self) {
        // The host may ask for more while it is told.
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            listener();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn the_host_is_asked_at_each_change_until_it_is_gone_and_told_once() {
        let (unsaved, asked) = (Unsaved::default(), Arc::new(AtomicU32::new(0)));
        unsaved.note();
        let count = Arc::clone(&asked);
        unsaved.attach(Some(Box::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        })));
        assert!(unsaved.take(), "what changed before it could be asked");
        unsaved.note();
        unsaved.note();
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        assert!(unsaved.take() && !unsaved.take());
        unsaved.attach(None);
        unsaved.note();
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
