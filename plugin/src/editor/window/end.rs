//! The end of a window's thread, which its owner must wait for.
//!
//! On Linux a window has a thread of its own. The window layer asks it to end when the window is dropped, but does not
//! wait: a process that ended meanwhile would take the libraries away with which it still cleans up, and fail.

use std::cell::RefCell;
use std::error::Error;
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded};
use nice_plug::editor::dpi::Size;
use nice_plug::editor::{HostCallbacks, HostMethods};

/// How long is waited at most.
const PATIENCE: Duration = Duration::from_secs(2);

thread_local! {
    /// Dropped when the thread ends, after everything that it owned.
    static ALIVE: RefCell<Option<Alive>> = const { RefCell::new(None) };
}

/// The thread of a window lives while this does. Nothing is ever sent.
pub struct Alive(#[expect(dead_code, reason = "it counts when it is dropped")] Sender<()>);

impl Alive {
    /// Window thread: from now on this lives as long as the thread.
    pub fn hold(self) {
        ALIVE.set(Some(self));
    }
}

/// The host's callbacks. The window drops them when it has asked its thread to end.
struct Waiting {
    callbacks: Box<dyn HostCallbacks>,
    ended: Receiver<()>,
}

impl HostCallbacks for Waiting {
    fn request_resize(&mut self, size: Size, scale_factor: f64) -> Result<(), Box<dyn Error>> {
        self.callbacks.request_resize(size, scale_factor)
    }

    fn destroyed(&mut self) {
        self.callbacks.destroyed();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // It ends with an error when the thread has ended, or when it takes too long.
        let _ = self.ended.recv_timeout(PATIENCE);
    }
}

/// `host`, which waits for the thread of its window; and what that thread is to hold.
pub fn waiting(host: Option<HostMethods>) -> (Option<HostMethods>, Option<Alive>) {
    // Elsewhere windows have no thread of their own.
    let Some(HostMethods { callbacks, main_thread_caller }) = host else { return (None, None) };
    if !cfg!(target_os = "linux") {
        return (Some(HostMethods { callbacks, main_thread_caller }), None);
    }
    let (alive, ended) = bounded(0);
    let callbacks = Box::new(Waiting { callbacks, ended });
    (Some(HostMethods { callbacks, main_thread_caller }), Some(Alive(alive)))
}
