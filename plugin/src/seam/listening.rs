//! What the musician listens to before choosing it.

use std::sync::{Mutex, PoisonError};

use continuo_models::Controls;

use super::published::{Newest, Published};

/// What the band plays for a while in the place of panel, presets and scenes, to be listened to: from the next bar on,
/// and from the next bar after it has ended everything is as before. Panel and main write, behind a mutex that the
/// audio thread never touches; audio reads what was written last.
#[derive(Debug, Default)]
pub struct Listening(Mutex<Published<Option<Controls>>>);

impl Listening {
    /// Panel, main: the band is to play these `controls`; `None`: what it would play otherwise. What is called for at
    /// the moment, and where notes come from and go to, is the panel's in either case.
    pub fn to(&self, controls: Option<Controls>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(controls);
    }

    /// Main: a reader for the audio thread. From now on only this one hears of it; allocates.
    pub fn reader(&self) -> Newest<Option<Controls>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).reader(&None)
    }
}
