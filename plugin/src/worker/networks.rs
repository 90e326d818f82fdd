//! The networks: each source loaded once in a process and shared by its instances.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use continuo_models::{Family, Networks, PerRole, Role};

use super::folder;
use crate::loaders;
use crate::seam::{NetworkSet, Origin, Shared};

/// From where networks are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The plug-in.
    BuiltIn(Family),
    /// The folder for the musician's own; the built-in ones stand in for what is missing there.
    OwnFolder,
    /// The folder that the environment names in the place of the default set; what is missing there is played by rule.
    /// If it is no absolute path, the built-in ones play.
    NamedFolder,
}

impl Source {
    const COUNT: usize = Family::ALL.len() + 2;

    /// From where `set` is loaded.
    fn of(set: NetworkSet) -> Self {
        match set {
            set if set == NetworkSet::ALL[0] && folder::named().is_some() => Source::NamedFolder,
            NetworkSet::BuiltIn(family) => Source::BuiltIn(family),
            NetworkSet::OwnFolder => Source::OwnFolder,
        }
    }

    fn index(self) -> usize {
        match self {
            Source::BuiltIn(family) => family as usize,
            Source::OwnFolder => Family::ALL.len(),
            Source::NamedFolder => Family::ALL.len() + 1,
        }
    }
}

/// Networks, and what was wrong with those that are not there.
#[derive(Debug)]
pub struct Loaded {
    /// The networks.
    pub networks: Arc<Networks>,
    /// From which sets they come.
    pub origins: PerRole<Origin>,
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

/// The networks of this process, by source, for as long as an instance keeps them. Locked by workers and loaders and
/// never by the audio thread; whoever comes while a source is being loaded waits for it.
static LOADED: [Mutex<Weak<Loaded>>; Source::COUNT] = [const { Mutex::new(Weak::new()) }; Source::COUNT];

/// An instance's hold on the networks: while it lives, no source is loaded twice for it unless it asks for that.
#[derive(Debug, Default)]
pub struct NetworksKept([Mutex<Option<Arc<Loaded>>>; Source::COUNT]);

impl NetworksKept {
    /// A thread that loads, before the first frame: sees to it that the `chosen` sets and every built-in one are at
    /// hand.
    pub fn prepare(&self, chosen: PerRole<NetworkSet>, shared: &Shared) {
        // Side by side, because loading takes most of the time until an instance can play.
        thread::scope(|scope| {
            for set in Family::ALL.map(NetworkSet::BuiltIn) {
                let load = move || self.get(set, shared);
                if thread::Builder::new().name(loaders::THREAD.into()).spawn_scoped(scope, load).is_err() {
                    self.get(set, shared);
                }
            }
        });
        chosen.into_iter().for_each(|set| drop(self.get(set, shared)));
    }

    /// Worker: the networks of `set`, loaded if no instance has them. Problems go to `shared`'s notices, once for each
    /// instance.
    pub fn get(&self, set: NetworkSet, shared: &Shared) -> Arc<Loaded> {
        self.obtain(Source::of(set), shared, Weak::upgrade)
    }

    /// Not on the worker while it plays: the networks of `set`, loaded anew if they lie in a folder, because its files
    /// may be others now. Other instances keep theirs until they ask themselves.
    pub fn get_fresh(&self, set: NetworkSet, shared: &Shared) -> Arc<Loaded> {
        match Source::of(set) {
            Source::BuiltIn(_) => self.get(set, shared),
            source => {
                *lock(&self.0[source.index()]) = None;
                self.obtain(source, shared, |_| None)
            }
        }
    }

    /// What the instance keeps, or what `known` makes of what the process has, or else what is loaded.
    fn obtain(
        &self,
        source: Source,
        shared: &Shared,
        known: impl FnOnce(&Weak<Loaded>) -> Option<Arc<Loaded>>,
    ) -> Arc<Loaded> {
        let mut kept = lock(&self.0[source.index()]);
        let loaded = kept.get_or_insert_with(|| {
            let mut everywhere = lock(&LOADED[source.index()]);
            let loaded = known(&everywhere).unwrap_or_else(|| Arc::new(self.load(source, shared)));
            *everywhere = Arc::downgrade(&loaded);
            loaded.tell(shared);
            loaded
        });
        Arc::clone(loaded)
    }

    fn load(&self, source: Source, shared: &Shared) -> Loaded {
        let mut stand_in = Networks::default();
        let built_in =
            || Networks::clone(&self.obtain(Source::BuiltIn(Family::default()), shared, Weak::upgrade).networks);
        let (networks, problems) = match source {
            Source::BuiltIn(family) => Networks::built_in(family),
            Source::OwnFolder => {
                stand_in = built_in();
                match folder::own() {
                    Ok(folder) => stand_in.replaced_from(&folder),
                    Err(problem) => (stand_in.clone(), vec![problem]),
                }
            }
            Source::NamedFolder => match folder::named() {
                Some(Ok(folder)) => Networks::from_folder(&folder),
                problem => {
                    stand_in = built_in();
                    (stand_in.clone(), problem.and_then(Result::err).into_iter().collect())
                }
            },
        };
        let origins = Role::ALL.map(|role| match source {
            _ if !networks.has(role) => None,
            _ if networks.share(&stand_in, role) => Some(NetworkSet::BuiltIn(Family::default())),
            Source::BuiltIn(family) => Some(NetworkSet::BuiltIn(family)),
            Source::OwnFolder | Source::NamedFolder => Some(NetworkSet::OwnFolder),
        });
        Loaded { networks: Arc::new(networks), origins, problems }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::worker::{Start, Worker};

    #[test]
    fn a_worker_that_is_not_needed_any_more_does_not_wait_for_networks() {
        let (kept, shared) = (Arc::new(NetworksKept::default()), Shared::new());
        // The first set takes for ever to load.
        let loading = lock(&kept.0[0]);
        let (worker, ..) = Worker::start(shared, Arc::clone(&kept), NetworkSet::ALL[0].for_all(), false).unwrap();
        assert_eq!(worker.wait_until_ready(Duration::from_millis(50)), Start::Late);
        let begun = Instant::now();
        drop(worker);
        assert!(begun.elapsed() < Duration::from_secs(1));
        drop(loading);
        loaders::join_all();
        assert!(lock(&kept.0[0]).is_some(), "before the library goes, it is loaded to the end");
    }

    #[test]
    fn instances_share_the_networks() {
        let (one, other, shared) = (NetworksKept::default(), NetworksKept::default(), Shared::new());
        for family in Family::ALL {
            let set = NetworkSet::BuiltIn(family);
            assert!(Arc::ptr_eq(&one.get(set, &shared), &other.get(set, &shared)));
        }
    }

    #[test]
    fn the_families_are_different_networks_but_for_those_that_they_have_alike() {
        let (kept, shared) = (NetworksKept::default(), Shared::new());
        let [gru, transformer] = Family::ALL.map(|family| kept.get(NetworkSet::BuiltIn(family), &shared));
        for role in Role::ALL {
            let is_common = [Role::Harmonizer, Role::Texture].contains(&role);
            assert_eq!(gru.networks.share(&transformer.networks, role), is_common, "{role}");
        }
        assert_eq!(gru.origins, NetworkSet::BuiltIn(Family::Gru).for_all().map(Some));
        assert_eq!(transformer.origins, NetworkSet::BuiltIn(Family::Transformer).for_all().map(Some));
        assert_eq!(shared.notices(), []);
    }
}
