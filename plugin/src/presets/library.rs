//! The musician's own presets: files in a folder, which other programs may change too.
//!
//! Everything that touches files runs on a thread of its own, one errand after the other, and ends in reading the
//! folder anew. What has come of it is on the [`Shelf`].

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::folder::{self, Folder};
use crate::folders;
use crate::loaders;
use crate::preferences::{self, Kept};

pub use super::folder::{Errand, Own};

/// What there is to choose from besides the factory's presets, as it was read last.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    /// The musician's own, by name.
    pub own: Vec<Own>,
    /// What is wrong with files, a line each.
    pub problems: Vec<String>,
    /// What came of the last errand, for the musician to read.
    pub said: String,
    /// How many presets were deleted that can be brought back.
    pub deleted: usize,
    /// The presets that the musician likes best, by their [`Shelf::mark_of_factory`] or [`Own::mark`].
    pub favourites: BTreeSet<String>,
    /// Counts what was read. Two of one number are the same.
    pub revision: u64,
}

impl PartialEq for Shelf {
    fn eq(&self, other: &Self) -> bool {
        self.revision == other.revision
    }
}

impl Shelf {
    /// By what preferences know the factory's preset at `index`, from 0.
    pub fn mark_of_factory(index: usize) -> String {
        format!("factory/{}", index + 1)
    }
}

/// The library. Main and panel; never audio. All instances share it.
pub struct Library {
    /// `None`: the system does not say where the user's data lie.
    folder: Option<Arc<Folder>>,
    preferences: &'static Kept,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    shelf: Arc<Shelf>,
    /// What is being done, in order.
    coming: VecDeque<Receiver<folder::Outcome>>,
}

/// The library of whoever uses this computer.
pub fn library() -> &'static Library {
    static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::at(folders::data(), preferences::kept()));
    &LIBRARY
}

impl Library {
    /// The library in the folder for what is the musician's, which need not be there.
    pub fn at(data: Option<PathBuf>, preferences: &'static Kept) -> Self {
        Self { folder: data.map(|data| Arc::new(Folder::new(data))), preferences, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is, as it was read last. Never waits for files.
    pub fn shelf(&self) -> Arc<Shelf> {
        let mut state = self.state();
        while let Some(coming) = state.coming.front() {
            match coming.try_recv() {
                Ok(outcome) => state.take_in(outcome),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => state.say("The presets could not be read. Open this page again."),
            }
            state.coming.pop_front();
        }
        Arc::clone(&state.shelf)
    }

    /// Begins what is asked for. Its outcome is on the [`Shelf`], soon.
    pub fn run(&self, errand: Errand) {
        if let Errand::Favour(mark) = errand {
            return self.favour(&mark);
        }
        let Some(folder) = self.folder.clone() else {
            return self.state().say(
                "There is no place for presets of your own: the system does not say where your data \
                                     lie. Set HOME.",
            );
        };
        let mut state = self.state();
        if errand == Errand::Read {
            let favourites = self.preferences.get().favourites.into_iter().collect();
            state.change(|shelf| shelf.favourites = favourites);
        }
        match loaders::spawn(move || folder.run(errand)) {
            Ok(coming) => state.coming.push_back(coming),
            Err(error) => state.say(&format!("Nothing was done: the system gives no thread ({error}). Try again.")),
        }
    }

    fn favour(&self, mark: &str) {
        let changed = self.preferences.change(|preferences| {
            let favourites = &mut preferences.favourites;
            match favourites.iter().position(|known| known == mark) {
                Some(place) => drop(favourites.remove(place)),
                None => favourites.push(mark.to_owned()),
            }
        });
        let favourites = self.preferences.get().favourites.into_iter().collect();
        self.state().change(|shelf| {
            shelf.favourites = favourites;
            shelf.said = changed.err().unwrap_or_default();
        });
    }
}

impl State {
    fn change(&mut self, change: impl FnOnce(&mut Shelf)) {
        let shelf = Arc::make_mut(&mut self.shelf);
        change(shelf);
        shelf.revision += 1;
    }

    fn say(&mut self, text: &str) {
        self.change(|shelf| text.clone_into(&mut shelf.said));
    }

    fn take_in(&mut self, outcome: folder::Outcome) {
        self.change(|shelf| {
            (shelf.own, shelf.problems, shelf.deleted) = (outcome.own, outcome.problems, outcome.deleted);
            if let Some(said) = outcome.said {
                shelf.said = said;
            }
        });
    }
}
