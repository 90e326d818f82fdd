//! Which networks are asked for, and which ones play.

use std::sync::atomic::{AtomicU8, Ordering};

use continuo_models::{Family, PerRole, Role};

/// A set of networks to play with: one for each role, as far as it has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkSet {
    /// The built-in ones of a family.
    BuiltIn(Family),
    /// The musician's own, in a folder.
    OwnFolder,
}

impl NetworkSet {
    /// Every set; a fresh instance plays with the first.
    pub const ALL: [NetworkSet; 3] =
        [NetworkSet::BuiltIn(Family::Gru), NetworkSet::BuiltIn(Family::Transformer), NetworkSet::OwnFolder];

    /// The place of the set in [`NetworkSet::ALL`].
    pub fn index(self) -> usize {
        match self {
            NetworkSet::BuiltIn(family) => family as usize,
            NetworkSet::OwnFolder => Family::ALL.len(),
        }
    }

    /// The choice of this set for every role.
    pub fn for_all(self) -> PerRole<Self> {
        Role::ALL.map(|_| self)
    }

    /// By which saved states know the set. Final.
    pub fn id(self) -> &'static str {
        match self {
            NetworkSet::BuiltIn(family) => family.folder(),
            NetworkSet::OwnFolder => "folder",
        }
    }

    /// What the musician calls the set.
    pub fn name(self) -> &'static str {
        match self {
            NetworkSet::BuiltIn(family) => family.name(),
            NetworkSet::OwnFolder => "Own folder",
        }
    }
}

/// From which set a network comes; `None`: there is none, and its part is played by rule.
pub type Origin = Option<NetworkSet>;

/// The origins of the networks that play. The worker writes, anybody reads. They are not read as one, so a reader may
/// see one of the old set beside one of the new for an instant.
#[derive(Debug, Default)]
pub struct Playing {
    /// 0: by rule; else 1 more than the set's index.
    codes: PerRole<AtomicU8>,
}

impl Playing {
    /// By rule, all.
    pub const fn new() -> Self {
        Self { codes: [const { AtomicU8::new(0) }; Role::ALL.len()] }
    }

    /// Worker: the networks come from these sets.
    pub fn set(&self, origins: PerRole<Origin>) {
        for (code, origin) in self.codes.iter().zip(origins) {
            code.store(origin.map_or(0, |set| set.index() as u8 + 1), Ordering::Relaxed);
        }
    }

    /// From which sets the networks come.
    pub fn get(&self) -> PerRole<Origin> {
        self.codes.each_ref().map(|code| {
            let index = usize::from(code.load(Ordering::Relaxed)).checked_sub(1);
            index.and_then(|index| NetworkSet::ALL.get(index).copied())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_stands_at_its_index() {
        for (index, set) in NetworkSet::ALL.into_iter().enumerate() {
            assert_eq!(set.index(), index);
        }
    }

    #[test]
    fn the_origins_survive_the_passage() {
        let playing = Playing::default();
        assert_eq!(playing.get(), [None; 4]);
        for harmonist in NetworkSet::ALL {
            for soloist in [None, Some(NetworkSet::OwnFolder)] {
                let origins = [Some(harmonist), soloist, None, None];
                playing.set(origins);
                assert_eq!(playing.get(), origins);
            }
        }
    }
}
