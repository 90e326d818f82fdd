//! The networks, loaded once in a process and shared by its instances.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use continuo_models::Networks;

use crate::diagnostics::TOTALS;
use crate::seam::Shared;

/// A folder of networks to play with instead of the built-in ones.
const MODELS: &str = "CONTINUO_MODELS";

/// Networks, and what was wrong with those that are not there.
struct Loaded {
    networks: Arc<Networks>,
    problems: Vec<String>,
}

impl Loaded {
    /// Names the problems, in the panel and on the error stream, for hosts without a panel.
    fn tell(&self, shared: &Shared) {
        for problem in &self.problems {
            eprintln!("Continuo: {problem}");
            shared.notify(problem);
        }
    }
}

/// The networks of this process, for as long as an instance keeps them. Locked by workers and never by the audio thread;
/// whoever comes while they are being loaded waits for them.
static LOADED: Mutex<Weak<Loaded>> = Mutex::new(Weak::new());

/// An instance's hold on the networks: while it lives, activating again loads nothing.
#[derive(Default)]
pub struct NetworksKept(Mutex<Option<Arc<Loaded>>>);

impl NetworksKept {
    /// Worker: the networks, loaded if no instance has them. Problems go to `shared`'s notices, once for each instance.
    pub fn get(&self, shared: &Shared) -> Arc<Networks> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = kept.get_or_insert_with(|| {
            let mut everywhere = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
            let loaded = everywhere.upgrade().unwrap_or_else(load);
            *everywhere = Arc::downgrade(&loaded);
            loaded.tell(shared);
            loaded
        });
        Arc::clone(&loaded.networks)
    }

    /// Worker: the networks, loaded anew. Other instances keep theirs until they reload or are made again.
    pub fn reload(&self, shared: &Shared) -> Arc<Networks> {
        let loaded = load();
        loaded.tell(shared);
        *LOADED.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&loaded);
        let networks = Arc::clone(&loaded.networks);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(loaded);
        networks
    }
}

fn load() -> Arc<Loaded> {
    let (networks, problems) = match std::env::var_os(MODELS) {
        Some(folder) => Networks::from_folder(Path::new(&folder)),
        None => Networks::built_in(),
    };
    let bits = u32::from(networks.harmonist.is_some()) | u32::from(networks.soloist.is_some()) << 1;
    TOTALS.networks.store(bits, Ordering::Relaxed);
    Arc::new(Loaded { networks: Arc::new(networks), problems })
}
