//! The log: what libraries write to the error stream goes to a file, so that the terminal shows only what is ours.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use continuo::folders;
use nice_plug::tracing::field::{Field, Visit};
use nice_plug::tracing::span::{Attributes, Id, Record};
use nice_plug::tracing::{Event, Level, Metadata, Subscriber, subscriber};

const FILE: &str = "continuo-live.log";
/// The log of the time before.
const OLD_FILE: &str = "continuo-live.old.log";

/// The error stream as it was when the program started, and the log.
struct Streams {
    terminal: Mutex<File>,
    log: PathBuf,
}

static STREAMS: OnceLock<Streams> = OnceLock::new();

/// Main thread, before any library is called: from now on what libraries write to the error stream goes to the log.
/// Where that cannot be, it stays as it is.
pub fn begin() {
    let Some(folder) = folders::data() else { return };
    let Ok(log) = open(&folder) else { return };
    if let Ok(terminal) = divert(&log) {
        // The program begins once.
        let _ = STREAMS.set(Streams { terminal: Mutex::new(terminal), log: folder.join(FILE) });
        let _ = subscriber::set_global_default(Framework);
        jack::set_logger(jack::LoggerType::Custom { info: jack_says, error: jack_says });
    }
}

/// Where the log is; `None`: there is none.
pub fn place() -> Option<PathBuf> {
    STREAMS.get().map(|streams| streams.log.clone())
}

/// Never on the audio thread: writes a line to the terminal, and to the log.
pub fn say(line: &str) {
    if let Some(streams) = STREAMS.get() {
        let mut terminal = streams.terminal.lock().unwrap_or_else(PoisonError::into_inner);
        // Without a terminal it is in the log and in the panel.
        let _ = writeln!(terminal, "{line}");
    }
    // A full disk is no reason to stop playing.
    let _ = writeln!(io::stderr(), "{line}");
}

/// A fresh log in `folder`; the one before is kept beside it.
fn open(folder: &Path) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let log = folder.join(FILE);
    if log.exists() {
        fs::rename(&log, folder.join(OLD_FILE))?;
    }
    OpenOptions::new().create(true).append(true).open(log)
}

/// Puts `log` in the place of the error stream, and returns what was there.
#[cfg(unix)]
fn divert(log: &File) -> io::Result<File> {
    use std::os::fd::{AsFd, AsRawFd};
    let terminal = io::stderr().as_fd().try_clone_to_owned()?;
    // SAFETY: both are open files of this process.
    match unsafe { libc::dup2(log.as_raw_fd(), libc::STDERR_FILENO) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(terminal.into()),
    }
}

/// The system's libraries are quiet there.
#[cfg(not(unix))]
fn divert(_: &File) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

unsafe extern "C" fn jack_says(text: *const std::ffi::c_char) {
    if !text.is_null() {
        // SAFETY: JACK gives a text that ends with zero.
        let text = unsafe { std::ffi::CStr::from_ptr(text) }.to_string_lossy();
        // As above.
        let _ = writeln!(io::stderr(), "{text}");
    }
}

/// Takes down what the framework says: the window's part of it, on the main thread.
struct Framework;

impl Subscriber for Framework {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line;

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            // As above.
            let _ = writeln!(io::stderr(), "{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_of_the_time_before_is_kept_and_no_older_one() {
        let folder = std::env::temp_dir().join(format!("continuo-log-{}", std::process::id()));
        for run in ["one", "two", "three"] {
            write!(open(&folder).unwrap(), "{run}").unwrap();
        }
        let read = |name| fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!((read(FILE), read(OLD_FILE)), ("three".to_owned(), "two".to_owned()));
        fs::remove_dir_all(folder).unwrap();
    }
}
