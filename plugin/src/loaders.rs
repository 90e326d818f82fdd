//! Threads that load: networks, and files of the musician's. They take up to seconds and cannot be hurried, so nobody
//! waits for one that is not needed any more: it ends by itself. Only before the library is unloaded, with their code,
//! all of them are waited for.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::priority;

/// The name of a thread that loads.
pub const THREAD: &str = "continuo loader";

/// How soon a worker that waits for networks ends when it is told.
const IMPATIENCE: Duration = Duration::from_millis(5);

/// Those that may still run.
static RUNNING: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// Loads something on a thread of its own; what is loaded comes through the channel, unless loading fails by a panic.
///
/// # Errors
/// When the system has no thread to give.
pub fn spawn<T: Send + 'static>(load: impl FnOnce() -> T + Send + 'static) -> io::Result<Receiver<T>> {
    let (loaded, receiver) = channel();
    let thread = thread::Builder::new().name(THREAD.into()).spawn(move || {
        // It may have been begun by a worker, whose priority it has then.
        priority::set(false);
        let result = load();
        give_back();
        // Who asked may be gone.
        let _ = loaded.send(result);
    })?;
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.retain(|thread| !thread.is_finished());
    running.push(thread);
    Ok(receiver)
}

/// What reading files and folding weights has left in the heap goes back to the system: a tenth of what an instance
/// takes.
fn give_back() {
    // SAFETY: the allocator is asked for nothing but its free pages.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Waits for what is being loaded; `None`: it has failed, or `stop` was set meanwhile.
pub fn wait<T>(loaded: &Receiver<T>, stop: &AtomicBool) -> Option<T> {
    loop {
        match loaded.recv_timeout(IMPATIENCE) {
            Ok(loaded) => return Some(loaded),
            Err(RecvTimeoutError::Timeout) if !stop.load(Ordering::Acquire) => {}
            Err(_) => return None,
        }
    }
}

/// Main, before the library is unloaded: waits for all threads that load.
pub fn join_all() {
    let running = std::mem::take(&mut *RUNNING.lock().unwrap_or_else(PoisonError::into_inner));
    for thread in running {
        // Whether it could load matters to nobody now.
        let _ = thread.join();
    }
}
