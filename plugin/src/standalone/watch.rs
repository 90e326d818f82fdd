//! Watches that the program does not run on for nothing: sound that breaks off, a panel that does not open, Ctrl+C.

use std::process;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use continuo::seam::Shared;

use super::messages;

/// How often it is looked whether sound is asked for, and how often in a row it may not be.
const PAUSE: Duration = Duration::from_millis(500);
const PATIENCE: u32 = 8;
/// How long the ends of the notes are given to reach those who sound them.
const LAST_BLOCKS: Duration = Duration::from_millis(200);
/// How long the framework may take to come to its end.
const ENDING: Duration = Duration::from_secs(3);

/// The one run of the program in this process: the framework makes the plug-in, so there is no other way to it.
struct Run {
    shared: OnceLock<Arc<Shared>>,
    is_silent: AtomicBool,
    is_active: AtomicBool,
    has_panel: AtomicBool,
    is_broken: AtomicBool,
    is_ending: AtomicBool,
    blocks: AtomicU64,
}

static RUN: Run = Run {
    shared: OnceLock::new(),
    is_silent: AtomicBool::new(false),
    is_active: AtomicBool::new(false),
    has_panel: AtomicBool::new(true),
    is_broken: AtomicBool::new(false),
    is_ending: AtomicBool::new(false),
    blocks: AtomicU64::new(0),
};

/// Begins to watch. `is_silent`: there is no sound and no MIDI.
pub fn begin(is_silent: bool) {
    RUN.is_silent.store(is_silent, Relaxed);
    // The framework would only note the signal, and not look while its window is open.
    if let Err(error) = ctrlc::set_handler(|| end(0)) {
        messages::tell(&format!("Ctrl+C will not end the notes that sound ({error})."));
    }
    if thread::Builder::new().name("continuo watch".into()).spawn(watch).is_err() {
        messages::tell("Should sound break off, it will not be said: the system gives no thread for it.");
    }
}

/// Main thread: the plug-in is made and shares `shared`.
pub fn attach(shared: &Arc<Shared>) {
    messages::show_in(shared);
    // A second plug-in in one process is not made.
    let _ = RUN.shared.set(Arc::clone(shared));
}

/// Main thread: from now on sound should be asked for.
pub fn activated() {
    RUN.is_active.store(true, Relaxed);
}

/// Audio: a block was asked for.
pub fn block() {
    RUN.blocks.fetch_add(1, Relaxed);
}

/// Main thread: the panel does not open.
pub fn no_panel(error: &str) {
    RUN.has_panel.store(false, Relaxed);
    let why = format!("The panel cannot be shown ({error}): it needs a screen and OpenGL.");
    if RUN.is_silent.load(Relaxed) {
        messages::tell(&format!("{why} Without sound, MIDI and panel there is nothing to do."));
        end(1);
    }
    messages::tell(&format!("{why} Continuo plays without it until you press Ctrl+C."));
}

/// Main thread: the panel was closed. The framework ends next.
pub fn panel_closed() {
    if is_broken() {
        // Nobody would end the audio thread: it waits for the sound that broke off.
        end(1);
    }
    RUN.is_active.store(false, Relaxed);
    end_notes();
    let forced = thread::Builder::new().name("continuo end".into()).spawn(|| {
        thread::sleep(ENDING);
        process::exit(1);
    });
    // Without the thread, the framework has the last word.
    drop(forced);
}

/// Audio: whether the program comes to its end, so that no note may begin any more.
pub fn is_ending() -> bool {
    RUN.is_ending.load(Relaxed)
}

/// Whether sound broke off.
pub fn is_broken() -> bool {
    RUN.is_broken.load(Relaxed)
}

fn watch() {
    let (mut before, mut idle) = (0, 0);
    while !is_broken() {
        thread::sleep(PAUSE);
        let blocks = RUN.blocks.load(Relaxed);
        idle = if blocks == before && RUN.is_active.load(Relaxed) { idle + 1 } else { 0 };
        before = blocks;
        if idle >= PATIENCE {
            RUN.is_broken.store(true, Relaxed);
            messages::flush();
            messages::tell(
                "Sound has broken off: the sound card or the JACK server is gone. Start Continuo when it is back.",
            );
            if !RUN.has_panel.load(Relaxed) {
                end(1);
            }
        }
    }
}

/// Ends the notes that sound and then the process, with this exit code.
fn end(code: i32) -> ! {
    end_notes();
    messages::flush();
    process::exit(code)
}

/// Asks for the ends of all notes, and waits until they are out.
fn end_notes() {
    RUN.is_ending.store(true, Relaxed);
    if let Some(shared) = RUN.shared.get() {
        shared.request_panic();
        thread::sleep(LAST_BLOCKS);
    }
}
