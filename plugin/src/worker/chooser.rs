//! Follows the musician's choice of networks, and never keeps a frame waiting for them.

use std::mem;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use continuo_models::{Networks, PerRole, Role};

use super::networks::{Loaded, NetworksKept, THREAD};
use crate::diagnostics::TOTALS;
use crate::seam::{NetworkSet, Origin, Shared};

/// The choice of one instance, role by role. The built-in sets are at hand from the start; the musician's folder is
/// read when it is chosen, on a thread of its own, and until that is done the others play on.
pub struct Chooser {
    kept: Arc<NetworksKept>,
    shared: Arc<Shared>,
    chosen: PerRole<NetworkSet>,
    networks: Networks,
    origins: PerRole<Origin>,
    reading: Option<JoinHandle<Arc<Loaded>>>,
}

impl Chooser {
    /// Loads what may be needed, before the first frame: takes its time. Also gives the networks to begin with.
    pub fn new(kept: Arc<NetworksKept>, shared: Arc<Shared>, chosen: PerRole<NetworkSet>) -> (Self, Arc<Networks>) {
        kept.prepare(chosen, &shared);
        let (networks, origins) = Default::default();
        let mut chooser = Self { kept, shared, chosen, networks, origins, reading: None };
        for (role, set) in Role::ALL.into_iter().zip(chosen) {
            chooser.take(role, &chooser.kept.get(set, &chooser.shared));
        }
        let networks = chooser.begin();
        (chooser, networks)
    }

    /// A frame is to be decided with `chosen`: the networks to go on with, if they are others than before.
    pub fn follow(&mut self, chosen: PerRole<NetworkSet>) -> Option<Arc<Networks>> {
        let before = mem::replace(&mut self.chosen, chosen);
        let mut changes = false;
        for role in Role::ALL.into_iter().filter(|&role| chosen[role as usize] != before[role as usize]) {
            match chosen[role as usize] {
                NetworkSet::OwnFolder => self.read_folder(),
                set => {
                    self.take(role, &self.kept.get(set, &self.shared));
                    changes = true;
                }
            }
        }
        // A frame may wait for it after all where the callback waits: nobody listens to a rendering while it is made,
        // and it must come out the same each time.
        let is_due = |reading: &mut JoinHandle<_>| self.shared.is_awaited() || reading.is_finished();
        match self.reading.take_if(is_due).map(JoinHandle::join) {
            Some(read) if chosen.contains(&NetworkSet::OwnFolder) => match read {
                Ok(loaded) => {
                    let of_folder = |role: &Role| chosen[*role as usize] == NetworkSet::OwnFolder;
                    Role::ALL.into_iter().filter(of_folder).for_each(|role| self.take(role, &loaded));
                    changes = true;
                }
                Err(_) => self.shared.notify("The networks in your folder could not be loaded. The others play on."),
            },
            _ => {}
        }
        changes.then(|| self.begin())
    }

    /// From now on the network of `role` is that of `loaded`.
    fn take(&mut self, role: Role, loaded: &Loaded) {
        self.networks.take(role, &loaded.networks);
        self.origins[role as usize] = loaded.origins[role as usize];
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

    /// What was taken plays from now on: says so.
    fn begin(&self) -> Arc<Networks> {
        self.shared.playing.set(self.origins);
        TOTALS.playing.set(self.origins);
        Arc::new(self.networks.clone())
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
        Chooser::new(Arc::default(), Shared::new(), chosen.for_all())
    }

    impl Chooser {
        /// Follows the choice of `set` for every role.
        fn follow_all(&mut self, set: NetworkSet) -> Option<Arc<Networks>> {
            self.follow(set.for_all())
        }
    }

    /// Whether no role has another network.
    fn are_same(one: &Networks, other: &Networks) -> bool {
        Role::ALL.into_iter().all(|role| one.share(other, role))
    }

    #[test]
    fn another_built_in_set_is_at_hand_at_once_and_said_once() {
        let (mut chooser, first) = chooser(GRU);
        assert!(chooser.follow_all(GRU).is_none());
        let second = chooser.follow_all(TRANSFORMER).expect("it is another");
        assert!(Role::ALL.into_iter().all(|role| !first.share(&second, role)));
        assert_eq!(chooser.shared.playing.get(), TRANSFORMER.for_all().map(Some));
        assert!(chooser.follow_all(TRANSFORMER).is_none());
        assert!(are_same(&first, &chooser.follow_all(GRU).expect("back again")));
    }

    #[test]
    fn each_role_has_a_choice_of_its_own() {
        let (mut chooser, first) = chooser(GRU);
        let mixed = chooser.follow([GRU, TRANSFORMER]).expect("the soloist is another");
        assert!(mixed.share(&first, Role::Harmonist) && !mixed.share(&first, Role::Soloist));
        assert_eq!(chooser.shared.playing.get(), [Some(GRU), Some(TRANSFORMER)]);
        assert!(chooser.follow([GRU, TRANSFORMER]).is_none());
    }

    #[test]
    fn a_folder_is_read_while_the_others_play_on() {
        let (mut chooser, _) = chooser(TRANSFORMER);
        let mut read = chooser.follow_all(NetworkSet::OwnFolder);
        while read.is_none() && chooser.reading.is_some() {
            assert_eq!(chooser.shared.playing.get(), TRANSFORMER.for_all().map(Some));
            thread::yield_now();
            read = chooser.follow_all(NetworkSet::OwnFolder);
        }
        let networks = read.expect("with or without files, something plays");
        assert!(Role::ALL.into_iter().all(|role| networks.has(role)));
    }

    #[test]
    fn a_choice_that_is_taken_back_does_not_matter() {
        let (mut chooser, _) = chooser(GRU);
        chooser.follow_all(NetworkSet::OwnFolder);
        chooser.follow_all(GRU);
        while chooser.reading.is_some() {
            assert!(chooser.follow_all(GRU).is_none());
        }
        assert_eq!(chooser.shared.playing.get(), GRU.for_all().map(Some));
    }

    #[test]
    fn offline_a_folder_is_there_with_the_frame_that_asks_for_it() {
        let (mut chooser, _) = chooser(GRU);
        chooser.shared.set_awaited(true);
        assert!(chooser.follow_all(NetworkSet::OwnFolder).is_some());
    }
}
