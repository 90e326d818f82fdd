//! The networks: loading a plan, validating its card, and one file per role.

pub mod card;
pub mod conditions;
mod family;
pub mod features;
#[cfg(test)]
mod fuzz;
pub mod harmonist;
pub mod harmonizer;
#[cfg(test)]
pub(crate) mod noise;
mod operators;
pub mod plan;
mod role;
pub mod soloist;
pub mod style_mix;
pub mod texture;

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, OnceLock};

pub use family::Family;
pub use harmonist::HarmonistNetwork;
pub use harmonizer::HarmonizerNetwork;
pub use role::{HasRole, PerRole, Role};
pub use soloist::SoloistNetwork;
pub use texture::TextureNetwork;

use card::Card;
use role::AnyNetwork;

use crate::files;

/// The most bytes that are read of a network: many times the largest that a frame leaves time for.
pub const LARGEST_NETWORK: u64 = 64_000_000;
/// The most bytes that are read of a card.
const LARGEST_CARD: u64 = 1_000_000;

/// The networks that the improviser plays with: at most one for each role. Immutable once loaded; share it between
/// instances through `Arc`. A role without a network is played by rule.
#[derive(Clone, Debug, Default)]
pub struct Networks(PerRole<Slot>);

/// Who plays a role.
#[derive(Clone, Debug, Default)]
enum Slot {
    /// Nobody.
    #[default]
    Empty,
    /// This network.
    Loaded(AnyNetwork),
    /// The built-in network that all families have alike. It is loaded when it is first asked for, for many a song
    /// never asks for it, and then kept for the whole process.
    Common,
}

impl Networks {
    /// The network for a role, which its type says. Not for the audio thread: it may be loaded only now.
    pub fn get<N: HasRole>(&self) -> Option<Arc<N>> {
        let network = match &self.0[N::ROLE as usize] {
            Slot::Empty => None,
            Slot::Loaded(network) => Some(Arc::clone(network)),
            Slot::Common => common(N::ROLE),
        };
        network.and_then(|network| network.downcast().ok())
    }

    /// Whether there is a network for `role`.
    pub fn has(&self, role: Role) -> bool {
        !matches!(self.0[role as usize], Slot::Empty)
    }

    /// Whether both have the same network for `role`, not only one that is alike.
    pub fn share(&self, other: &Self, role: Role) -> bool {
        match [self, other].map(|networks| &networks.0[role as usize]) {
            [Slot::Loaded(ours), Slot::Loaded(theirs)] => Arc::ptr_eq(ours, theirs),
            [ours, theirs] => matches!((ours, theirs), (Slot::Common, Slot::Common)),
        }
    }

    /// Whether the network for `role` can be had without waiting: it is loaded, or there is none to load.
    pub fn is_at_hand(&self, role: Role) -> bool {
        !matches!(self.0[role as usize], Slot::Common) || COMMON[role as usize].get().is_some()
    }

    /// Loads the network for `role`, if that is not done yet. Takes up to a tenth of a second: not for a thread for
    /// which a frame waits.
    pub fn fetch(&self, role: Role) {
        if !self.is_at_hand(role) {
            common(role);
        }
    }

    /// The same without a network for `role`.
    pub fn without(mut self, role: Role) -> Self {
        self.0[role as usize] = Slot::Empty;
        self
    }

    /// For `role`, what `other` has: a network, or none.
    pub fn take(&mut self, role: Role, other: &Self) {
        self.0[role as usize].clone_from(&other.0[role as usize]);
    }

    /// Loads the networks of `family`, which are built into the crate. Takes up to a few hundred milliseconds: not for
    /// the audio thread, and once per process.
    pub fn built_in(family: Family) -> (Self, Vec<String>) {
        let is_common = |role: &Role| family::common_file(&format!("{role}.onnx")).is_some();
        let common = Role::ALL.map(|role| if is_common(&role) { Slot::Common } else { Slot::Empty });
        let own = Role::ALL.into_iter().filter(|role| !is_common(role));
        Self(common).load(
            own,
            |file| family.file(file).map(Cow::Borrowed).ok_or_else(|| "it is not built in".into()),
            |file| format!("built-in {} {file}", family.name()),
            "install Continuo again",
        )
    }

    /// Loads the networks from `folder`: for each role `ROLE.onnx` with its card, `ROLE.json`. A network that is
    /// missing or does not fit is named, with what to do about it, in the second value, and costs no other role
    /// anything; the band then plays that part by rule.
    pub fn from_folder(folder: &Path) -> (Self, Vec<String>) {
        Self::default().replaced_from(folder)
    }

    /// The networks in `folder`, as [`Networks::from_folder`], but in the place of one that is missing or does not fit
    /// these, the built-in ones, play on.
    pub fn replaced_from(&self, folder: &Path) -> (Self, Vec<String>) {
        self.load(
            Role::ALL,
            |file| {
                let limit = if file.ends_with(".json") { LARGEST_CARD } else { LARGEST_NETWORK };
                files::read(&folder.join(file), limit).map(Cow::Owned).map_err(|refusal| refusal.to_string())
            },
            |file| folder.join(file).display().to_string(),
            "put a network exported for this version there, with its card",
        )
    }

    /// With another network for each of `roles` that can be read.
    fn load<'a>(
        &self,
        roles: impl IntoIterator<Item = Role>,
        read: impl Fn(&str) -> Result<Cow<'a, [u8]>, String>,
        name: impl Fn(&str) -> String,
        remedy: &str,
    ) -> (Self, Vec<String>) {
        let (mut networks, mut problems) = (self.clone(), Vec::new());
        for role in roles {
            let slot = &mut networks.0[role as usize];
            match loaded(role, &read) {
                Ok(network) => *slot = Slot::Loaded(network),
                Err((file, problem)) => {
                    let meanwhile = match slot {
                        Slot::Empty => role.by_rule().to_owned(),
                        Slot::Loaded(_) | Slot::Common => format!("The built-in {role} plays"),
                    };
                    problems.push(format!("{}: {problem}. {meanwhile} until you {remedy}.", name(&file)));
                }
            }
        }
        (networks, problems)
    }
}

/// The network for `role` from its files, or which of them is refused and why.
fn loaded<'a>(
    role: Role,
    read: impl Fn(&str) -> Result<Cow<'a, [u8]>, String>,
) -> Result<AnyNetwork, (String, String)> {
    let [onnx, card] = ["onnx", "json"].map(|kind| format!("{role}.{kind}"));
    let bytes = read(&onnx).map_err(|problem| (onnx.clone(), problem))?;
    let json = read(&card).map_err(|problem| (card, problem))?;
    let load = |card: Card| role.load(&bytes, card.conditions);
    Card::read(&json, role.name(), &bytes).and_then(load).map_err(|problem| (onnx, problem))
}

/// The networks that all families have alike, once they are loaded.
static COMMON: PerRole<OnceLock<Option<AnyNetwork>>> = [const { OnceLock::new() }; Role::ALL.len()];

/// The built-in network that all families have alike for `role`.
fn common(role: Role) -> Option<AnyNetwork> {
    let read = |file: &str| family::common_file(file).map(Cow::Borrowed).ok_or_else(String::new);
    COMMON[role as usize].get_or_init(|| loaded(role, read).ok()).clone()
}

/// `(1 − share) · ours + share · theirs`, value by value, in place of `ours`.
fn mix(ours: &mut [f32], theirs: &[f32], share: f32) {
    for (value, other) in ours.iter_mut().zip(theirs) {
        *value += share * (other - *value);
    }
}
