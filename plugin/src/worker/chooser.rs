//! Follows the musician's choice of networks, and never keeps a frame waiting for them.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};

use continuo_models::{Networks, PerRole, Role};

use super::networks::{Loaded, NetworksKept};
use crate::diagnostics::TOTALS;
use crate::loaders;
use crate::seam::{NetworkSet, Origin, Shared};

/// The choice of one instance, role by role. The built-in sets are at hand from the start; the musician's folder is
/// read when it is chosen, on a thread of its own, and until that is done the others play on.
pub struct Chooser {
    kept: Arc<NetworksKept>,
    shared: Arc<Shared>,
    chosen: PerRole<NetworkSet>,
    networks: Networks,
    origins: PerRole<Origin>,
    reading: Option<Receiver<Arc<Loaded>>>,
    textures: Textures,
    /// Whether nobody needs them any more.
    stop: Arc<AtomicBool>,
}

/// What is known of the network of textures, which many a song does not need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Textures {
    /// It plays, or there is none.
    #[default]
    Play,
    /// It was held back: it is not loaded yet.
    HeldBack,
    /// The same, and it is being loaded.
    Coming,
}

impl Chooser {
    /// Loads what may be needed, before the first frame, with the network of textures if somebody `reshapes` bars:
    /// takes its time, but `None` soon after `stop` is set. Also gives the networks to begin with.
    pub fn new(
        kept: Arc<NetworksKept>,
        shared: Arc<Shared>,
        (chosen, reshapes): (PerRole<NetworkSet>, bool),
        stop: Arc<AtomicBool>,
    ) -> Option<(Self, Arc<Networks>)> {
        let (loader_kept, loader_shared) = (Arc::clone(&kept), Arc::clone(&shared));
        let prepare = move || {
            loader_kept.prepare(chosen, &loader_shared);
            if reshapes {
                let set = chosen[Role::Texture as usize];
                loader_kept.get(set, &loader_shared).networks.fetch(Role::Texture);
            }
        };
        let prepared = match loaders::spawn(prepare.clone()) {
            Ok(prepared) => loaders::wait(&prepared, &stop),
            // Without a thread for it, this one loads.
            Err(_) => {
                prepare();
                Some(())
            }
        };
        if prepared.is_none() && !stop.load(Ordering::Acquire) {
            shared.notify("The networks could not be loaded, so the band cannot play. Please report this.");
        }
        prepared?;
        let (networks, origins, textures) = Default::default();
        let mut chooser = Self { kept, shared, chosen, networks, origins, reading: None, textures, stop };
        for (role, set) in Role::ALL.into_iter().zip(chosen) {
            chooser.take(role, &chooser.kept.get(set, &chooser.shared));
        }
        let networks = chooser.begin();
        Some((chooser, networks))
    }

    /// A frame is to be decided with `chosen`, and somebody `reshapes` bars or not: the networks to go on with, if they
    /// are others than before.
    pub fn follow(&mut self, chosen: PerRole<NetworkSet>, reshapes: bool) -> Option<Arc<Networks>> {
        let before = mem::replace(&mut self.chosen, chosen);
        let mut changes = reshapes && self.textures != Textures::Play && self.has_textures();
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
        if let Some(reading) = self.reading.take() {
            let read = match reading.try_recv() {
                Err(TryRecvError::Empty) if self.shared.is_awaited() => loaders::wait(&reading, &self.stop),
                Err(TryRecvError::Empty) => {
                    self.reading = Some(reading);
                    return changes.then(|| self.begin());
                }
                read => read.ok(),
            };
            let of_folder = |role: &Role| chosen[*role as usize] == NetworkSet::OwnFolder;
            let mut waiting = Role::ALL.into_iter().filter(of_folder).peekable();
            match read {
                _ if waiting.peek().is_none() => {}
                Some(loaded) => {
                    waiting.for_each(|role| self.take(role, &loaded));
                    changes = true;
                }
                None => self.shared.notify("The networks in your folder could not be loaded. The others play on."),
            }
        }
        changes.then(|| self.begin())
    }

    /// Whether the network of textures is at hand. If not, it is loaded: on a thread of its own, or here, where the
    /// callback waits.
    pub fn has_textures(&mut self) -> bool {
        if self.networks.is_at_hand(Role::Texture) {
            return true;
        }
        let networks = self.networks.clone();
        let load = move || networks.fetch(Role::Texture);
        let is_coming = mem::replace(&mut self.textures, Textures::Coming) == Textures::Coming;
        if self.shared.is_awaited() || !is_coming && loaders::spawn(load.clone()).is_err() {
            load();
        }
        self.networks.is_at_hand(Role::Texture)
    }

    /// The networks of `set`, to play with for a while. In the place of the musician's folder, which would have to be
    /// read, those that play.
    pub fn at_hand(&self, set: NetworkSet) -> Arc<Networks> {
        match set {
            NetworkSet::OwnFolder => Arc::new(self.networks.clone()),
            set => Arc::clone(&self.kept.get(set, &self.shared).networks),
        }
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
            match loaders::spawn(read) {
                Ok(reading) => self.reading = Some(reading),
                Err(error) => self.shared.notify(format!(
                    "Your networks cannot be loaded: the system gives no thread ({error}). The others play on."
                )),
            }
        }
    }

    /// What was taken plays from now on: says so.
    fn begin(&mut self) -> Arc<Networks> {
        self.shared.playing.set(self.origins);
        TOTALS.playing.set(self.origins);
        let networks = self.networks.clone();
        let is_at_hand = networks.is_at_hand(Role::Texture);
        self.textures = match self.textures {
            _ if is_at_hand => Textures::Play,
            Textures::Coming => Textures::Coming,
            Textures::Play | Textures::HeldBack => Textures::HeldBack,
        };
        Arc::new(if is_at_hand { networks } else { networks.without(Role::Texture) })
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::Family;

    use super::*;

    const GRU: NetworkSet = NetworkSet::BuiltIn(Family::Gru);
    const TRANSFORMER: NetworkSet = NetworkSet::BuiltIn(Family::Transformer);

    fn chooser(chosen: NetworkSet) -> (Chooser, Arc<Networks>) {
        Chooser::new(Arc::default(), Shared::new(), (chosen.for_all(), false), Arc::default())
            .expect("nothing stops it")
    }

    impl Chooser {
        /// Follows the choice of `set` for every role.
        fn follow_all(&mut self, set: NetworkSet) -> Option<Arc<Networks>> {
            self.follow(set.for_all(), false)
        }
    }

    /// Whether no role has another network, of those that need not be loaded first.
    fn are_same(one: &Networks, other: &Networks) -> bool {
        let begun = [Role::Harmonist, Role::Soloist, Role::Harmonizer];
        begun.into_iter().all(|role| one.share(other, role))
    }

    #[test]
    fn another_built_in_set_is_at_hand_at_once_and_said_once() {
        let (mut chooser, first) = chooser(GRU);
        assert!(chooser.follow_all(GRU).is_none());
        let second = chooser.follow_all(TRANSFORMER).expect("it is another");
        assert!([Role::Harmonist, Role::Soloist].into_iter().all(|role| !first.share(&second, role)));
        assert_eq!(chooser.shared.playing.get(), TRANSFORMER.for_all().map(Some));
        assert!(chooser.follow_all(TRANSFORMER).is_none());
        assert!(are_same(&first, &chooser.follow_all(GRU).expect("back again")));
    }

    #[test]
    fn each_role_has_a_choice_of_its_own() {
        let (mut chooser, first) = chooser(GRU);
        let mixed = chooser.follow([GRU, TRANSFORMER, GRU, GRU], false).expect("the soloist is another");
        assert!(mixed.share(&first, Role::Harmonist) && !mixed.share(&first, Role::Soloist));
        assert_eq!(chooser.shared.playing.get(), [Some(GRU), Some(TRANSFORMER), Some(GRU), Some(GRU)]);
        assert!(chooser.follow([GRU, TRANSFORMER, GRU, GRU], false).is_none());
    }

    #[test]
    fn a_folder_is_read_while_the_others_play_on() {
        let (mut chooser, _) = chooser(TRANSFORMER);
        let mut read = chooser.follow_all(NetworkSet::OwnFolder);
        while read.is_none() && chooser.reading.is_some() {
            assert_eq!(chooser.shared.playing.get(), TRANSFORMER.for_all().map(Some));
            std::thread::yield_now();
            read = chooser.follow_all(NetworkSet::OwnFolder);
        }
        let networks = read.expect("with or without files, something plays");
        assert!([Role::Harmonist, Role::Soloist, Role::Harmonizer].into_iter().all(|role| networks.has(role)));
    }

    #[test]
    fn who_begins_to_reshape_bars_has_the_network_as_soon_as_it_is_loaded() {
        let (mut chooser, mut networks) = chooser(GRU);
        assert_eq!(
            networks.has(Role::Texture),
            networks.is_at_hand(Role::Texture) && chooser.textures == Textures::Play
        );
        while chooser.textures != Textures::Play {
            networks = chooser.follow(GRU.for_all(), true).unwrap_or(networks);
            std::thread::yield_now();
        }
        assert!(networks.has(Role::Texture) && chooser.follow(GRU.for_all(), true).is_none());
        let begun = Chooser::new(Arc::default(), Shared::new(), (GRU.for_all(), true), Arc::default());
        assert!(
            begun.expect("nothing stops it").1.has(Role::Texture),
            "with the others, if it is needed from the start"
        );
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
