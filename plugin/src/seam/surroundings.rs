//! Where an instance runs: in which host, and whether sound comes out there.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the standalone program is called among hosts.
pub const STANDALONE: &str = "Continuo, standalone";

/// Where an instance runs. Main writes, the panel reads.
#[derive(Debug, Default)]
pub struct Surroundings {
    host: OnceLock<String>,
    mute: AtomicBool,
}

impl Surroundings {
    /// Main: what the host calls itself. The first one that is said counts.
    pub fn set_host(&self, name: &str) {
        // An instance does not move.
        let _ = self.host.set(name.to_owned());
    }

    /// What the host calls itself; empty: it does not say.
    pub fn host(&self) -> &str {
        self.host.get().map_or("", String::as_str)
    }

    /// Main, the standalone program: whether there is a sound device that plays what the band plays.
    pub fn set_has_sound(&self, has_sound: bool) {
        self.mute.store(!has_sound, Ordering::Relaxed);
    }

    /// Whether there is a sound device, as far as Continuo is to know: a host has one of its own.
    pub fn has_sound(&self) -> bool {
        !self.mute.load(Ordering::Relaxed)
    }
}
