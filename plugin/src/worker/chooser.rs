//! Follows the musician's choice of networks, and never keeps a frame waiting for them.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use continuo_models::Networks;

use super::networks::{Loaded, NetworksKept, THREAD};
use crate::diagnostics::TOTALS;
use crate::seam::{NetworkSet, Shared};

/// The choice of one instance. The built-in sets are at hand from the start; the musician's folder is read when it is
/// chosen, on a thread of its own, and until that is done the others play on.
pub struct Chooser {
    kept: Arc<NetworksKept>,
    shared: Arc<Shared>,
    chosen: NetworkSet,
    reading: Option<JoinHandle<Arc<Loaded>>>,
}

impl Chooser {
    /// Loads what may be needed, before the first frame: takes its time. Also gives the networks to begin with.
    pub fn new(kept: Arc<NetworksKept>, shared: Arc<Shared>, chosen: NetworkSet) -> (Self, Arc<Networks>) {
        kept.prepare(chosen, &shared);
        let chooser = Self { kept, shared, chosen, reading: None };
        let networks = chooser.begin(&chooser.kept.get(chosen, &chooser.shared));
        (chooser, networks)
    }

    /// A frame is to be decided with `chosen`: the networks to go on with, if they are others than before.
    pub fn follow(&mut self, chosen: NetworkSet) -> Option<Arc<Networks>> {
        let changes = self.chosen != chosen;
        self.chosen = chosen;
        if changes {
            match chosen {
                NetworkSet::BuiltIn(_) => return Some(self.begin(&self.kept.get(chosen, &self.shared))),
                NetworkSet::OwnFolder => self.read_folder(),
            }
        }
        // A frame may wait for it after all where the callback waits: nobody listens to a rendering while it is made,
        // and it must come out the same each time.
        let read = self.reading.take_if(|reading| self.shared.is_awaited() || reading.is_finished())?.join();
        if chosen != NetworkSet::OwnFolder {
            return None;
        }
        if read.is_err() {
            self.shared.notify("The networks in your folder could not be loaded. The others play on.");
        }
        read.ok().map(|loaded| self.begin(&loaded))
    }

    /// Begins to read the musician's folder, unless that is being done.
    fn read_folder(&mut self) {
        if self.reading.is_none() {
            let (kept, shared) = (Arc::clone(&self.kept), Arc::clone(&self.shared));
            let read = move || kept.get_fresh(NetworkSet::OwnFolder, &shared);
            match thread::Builder::new().name(THREAD.into()).spawn(read) {
                Ok(reading) => self.reading = Some(reading),
                Err(error) => self.shared.notify(format!(
                    "Your networks cannot be loaded: the system gives no thread ({error}). The others play on."
                )),
            }
        }
    }

    /// From now on `loaded` plays: says so.
    fn begin(&self, loaded: &Loaded) -> Arc<Networks> {
        self.shared.playing.set(loaded.origins);
        TOTALS.playing.set(loaded.origins);
        Arc::clone(&loaded.networks)
    }
}

impl Drop for Chooser {
    fn drop(&mut self) {
        if let Some(reading) = self.reading.take() {
            // The library may be unloaded next. What was read, and whether it could be, matters to nobody now.
            let _ = reading.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::Family;

    use super::*;

    const GRU: NetworkSet = NetworkSet::BuiltIn(Family::Gru);
    const TRANSFORMER: NetworkSet = NetworkSet::BuiltIn(Family::Transformer);

    fn chooser(chosen: NetworkSet) -> (Chooser, Arc<Networks>) {
        Chooser::new(Arc::default(), Shared::new(), chosen)
    }

    #[test]
    fn another_built_in_set_is_at_hand_at_once_and_said_once() {
        let (mut chooser, first) = chooser(GRU);
        assert!(chooser.follow(GRU).is_none());
        let second = chooser.follow(TRANSFORMER).expect("it is another");
        assert!(!Arc::ptr_eq(&first, &second));
        assert_eq!(chooser.shared.playing.get(), [Some(TRANSFORMER); 2]);
        assert!(chooser.follow(TRANSFORMER).is_none());
        assert!(Arc::ptr_eq(&first, &chooser.follow(GRU).expect("back again")));
    }

    #[test]
    fn a_folder_is_read_while_the_others_play_on() {
        let (mut chooser, _) = chooser(TRANSFORMER);
        let mut read = chooser.follow(NetworkSet::OwnFolder);
        while read.is_none() && chooser.reading.is_some() {
            assert_eq!(chooser.shared.playing.get(), [Some(TRANSFORMER); 2]);
            thread::yield_now();
            read = chooser.follow(NetworkSet::OwnFolder);
        }
        let networks = read.expect("with or without files, something plays");
        assert!(networks.harmonist.is_some() && networks.soloist.is_some());
    }

    #[test]
    fn a_choice_that_is_taken_back_does_not_matter() {
        let (mut chooser, _) = chooser(GRU);
        chooser.follow(NetworkSet::OwnFolder);
        chooser.follow(GRU);
        while chooser.reading.is_some() {
            assert!(chooser.follow(GRU).is_none());
        }
        assert_eq!(chooser.shared.playing.get(), [Some(GRU); 2]);
    }

    #[test]
    fn offline_a_folder_is_there_with_the_frame_that_asks_for_it() {
        let (mut chooser, _) = chooser(GRU);
        chooser.shared.set_awaited(true);
        assert!(chooser.follow(NetworkSet::OwnFolder).is_some());
    }
}
