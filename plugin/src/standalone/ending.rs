//! How the program ends: the notes first, then the recorder, sound and MIDI, and what is set is kept.

use std::process;
use std::sync::Arc;
use std::sync::atomic::Ordering::Release;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use continuo::machine::{Machine, Wish};
use continuo::seam::Shared;

use super::engine::Links;
use super::messages;
use super::session::{self, Session};
use super::studio::Front;

/// How long the ends of the notes are given to reach those who sound them.
const LAST_BLOCKS: Duration = Duration::from_millis(200);
/// How often it is looked whether the program is to end, where no window waits for it.
const PAUSE: Duration = Duration::from_millis(100);

/// All that is to be ended.
#[derive(Clone)]
pub struct Ending {
    /// What the plug-in's threads share.
    pub shared: Arc<Shared>,
    /// What the engine shares.
    pub links: Arc<Links>,
    /// Sound and MIDI.
    pub front: Front,
    /// What is kept.
    pub session: Session,
    /// Remembers how large the panel is.
    pub keep_size: Arc<dyn Fn() + Send + Sync>,
    /// Held by the one who ends it.
    pub once: Arc<Mutex<()>>,
}

impl Ending {
    /// Ends the program at Ctrl+C.
    pub fn at_interrupt(&self) {
        let ending = self.clone();
        if let Err(error) = ctrlc::set_handler(move || ending.end(0)) {
            messages::tell(&format!("Ctrl+C will not end the notes that sound ({error})."));
        }
    }

    /// Ends everything and then the process, with this exit code. Whoever comes second waits for the end.
    pub fn end(&self, code: i32) -> ! {
        let _alone = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        self.links.is_ending.store(true, Release);
        self.shared.request_panic();
        thread::sleep(LAST_BLOCKS);
        self.front.ask(Wish::Record(false));
        let meter = self.links.transport.status().meter;
        let kept = session::file().map_or(Ok(()), |file| self.session.save(&file, meter));
        if let Err(problem) = kept {
            messages::tell(&problem);
        }
        (self.keep_size)();
        // What does not end is ended with the process.
        self.front.close();
        process::exit(code)
    }

    /// Waits for Ctrl+C.
    pub fn wait(&self) -> ! {
        loop {
            thread::sleep(PAUSE);
        }
    }
}
