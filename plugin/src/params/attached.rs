//! What the musician has set up beside the parameters, as a field of the saved state.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use nice_plug::params::persist::PersistentField;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::seam::{Known, Shared};

/// How something is saved.
pub trait Saved: Serialize + DeserializeOwned + Clone + Default + PartialEq + Send + Sync + 'static {
    /// What is saved.
    type Of: Default + Send + Sync + 'static;

    /// Where an instance knows it.
    fn known(shared: &Shared) -> &Known<Self::Of>;

    /// What is saved here.
    fn read(&self) -> Self::Of;

    /// `now` as it is to be saved: what is not known of what was saved before stays.
    fn with(&self, now: &Self::Of) -> Self;

    /// Whether there is nothing to save.
    fn is_nothing(&self) -> bool;
}

/// Something of the project that the band goes by: where the panel changes it, and where it passes into the saved state
/// and out of it. Main and GUI; never audio.
pub struct Attached<S: Saved> {
    attached: OnceLock<Arc<Shared>>,
    /// That of parameters that belong to no instance.
    own: Known<S::Of>,
    /// What was loaded last, and how it was saved: so it is saved again for as long as it is the same, for a newer
    /// Continuo may read more of it.
    loaded: Mutex<(Arc<S::Of>, S)>,
}

impl<S: Saved> Default for Attached<S> {
    fn default() -> Self {
        Self { attached: OnceLock::new(), own: Known::default(), loaded: Mutex::default() }
    }
}

impl<S: Saved> Attached<S> {
    /// Main: says whose it is.
    pub fn attach(&self, shared: Arc<Shared>) {
        // Attaching twice would be to the same instance.
        let _ = self.attached.set(shared);
    }

    fn known(&self) -> &Known<S::Of> {
        self.attached.get().map_or(&self.own, |shared| S::known(shared))
    }

    /// As it is now.
    pub fn newest(&self) -> Arc<S::Of> {
        self.known().newest()
    }

    /// The band goes by `now` from its next frame on.
    pub fn set(&self, now: Arc<S::Of>) {
        self.known().bring(now, 0);
    }
}

impl<'a, S: Saved> PersistentField<'a, Option<S>> for Attached<S> {
    fn set(&self, saved: Option<S>) {
        let saved = saved.unwrap_or_default();
        let load = self.attached.get().map_or(0, |shared| shared.loading.newest());
        let read = Arc::new(saved.read());
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = (Arc::clone(&read), saved);
        self.known().bring(read, load);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Option<S>) -> R,
    {
        let (loaded, saved) = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let now = self.newest();
        let saved = if Arc::ptr_eq(&now, &loaded) { saved } else { saved.with(&now) };
        f(&Some(saved).filter(|saved| !saved.is_nothing()))
    }
}
