//! The networks: loading a plan, validating its card, and one file per network.

pub mod card;
pub mod conditions;
pub mod features;
#[cfg(test)]
mod fuzz;
pub mod harmonist;
pub mod plan;
pub mod soloist;
pub mod style_mix;

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

pub use harmonist::HarmonistNetwork;
pub use soloist::SoloistNetwork;

use card::Card;

use crate::files;

/// The most bytes that are read of a network: many times the largest that a frame leaves time for.
pub const LARGEST_NETWORK: u64 = 64_000_000;
/// The most bytes that are read of a card.
const LARGEST_CARD: u64 = 1_000_000;

/// The families of networks that are built in: the same contract, trained on the same corpus, another architecture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Family {
    /// Gated recurrent units: the quicker.
    #[default]
    Gru,
    /// Attention over the last steps.
    Transformer,
}

impl Family {
    /// Every family; the default is the first.
    pub const ALL: [Family; 2] = [Family::Gru, Family::Transformer];

    /// The name under which the user knows the family.
    pub fn name(self) -> &'static str {
        ["GRU", "Transformer"][self as usize]
    }

    /// The built-in file called `file`.
    fn file(self, file: &str) -> Option<&'static [u8]> {
        Some(match (self, file) {
            (Family::Gru, "harmonist.onnx") => include_bytes!("../../gru/harmonist.onnx"),
            (Family::Gru, "harmonist.json") => include_bytes!("../../gru/harmonist.json"),
            (Family::Gru, "soloist.onnx") => include_bytes!("../../gru/soloist.onnx"),
            (Family::Gru, "soloist.json") => include_bytes!("../../gru/soloist.json"),
            (Family::Transformer, "harmonist.onnx") => include_bytes!("../../transformer/harmonist.onnx"),
            (Family::Transformer, "harmonist.json") => include_bytes!("../../transformer/harmonist.json"),
            (Family::Transformer, "soloist.onnx") => include_bytes!("../../transformer/soloist.onnx"),
            (Family::Transformer, "soloist.json") => include_bytes!("../../transformer/soloist.json"),
            _ => return None,
        })
    }
}

/// The networks that the improviser plays with. Immutable once loaded; share it between instances through `Arc`. What
/// has no network is played by rule.
#[derive(Clone, Debug, Default)]
pub struct Networks {
    /// Which chord, frame by frame.
    pub harmonist: Option<Arc<HarmonistNetwork>>,
    /// Melody, note by note.
    pub soloist: Option<Arc<SoloistNetwork>>,
}

impl Networks {
    /// Loads the networks of `family`, which are built into the crate. Takes up to a few hundred milliseconds: not for
    /// the audio thread, and once per process.
    pub fn built_in(family: Family) -> (Self, Vec<String>) {
        Self::default().load(
            |file| family.file(file).map(Cow::Borrowed).ok_or_else(|| "it is not built in".into()),
            |file| format!("built-in {} {file}", family.name()),
            "install Continuo again",
        )
    }

    /// Loads the networks from `folder`: `harmonist.onnx` and `soloist.onnx`, each with its card (`.json`). A network
    /// that is missing or does not fit is named, with what to do about it, in the second value; the band then plays
    /// that part by rule.
    pub fn from_folder(folder: &Path) -> (Self, Vec<String>) {
        Self::default().replaced_from(folder)
    }

    /// The networks in `folder`, as [`Networks::from_folder`], but in the place of one that is missing or does not fit
    /// these, the built-in ones, play on.
    pub fn replaced_from(&self, folder: &Path) -> (Self, Vec<String>) {
        self.load(
            |file| {
                let limit = if file.ends_with(".json") { LARGEST_CARD } else { LARGEST_NETWORK };
                files::read(&folder.join(file), limit).map(Cow::Owned).map_err(|refusal| refusal.to_string())
            },
            |file| folder.join(file).display().to_string(),
            "put a network exported for this version there, with its card",
        )
    }

    fn load<'a>(
        &self,
        read: impl Fn(&str) -> Result<Cow<'a, [u8]>, String>,
        name: impl Fn(&str) -> String,
        remedy: &str,
    ) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let mut load =
            |role: &str, by_rule: &str, has_other: bool, compile: &mut dyn FnMut(&[u8], Card) -> Result<(), String>| {
                let (onnx, card) = (format!("{role}.onnx"), format!("{role}.json"));
                let result = read(&onnx).map_err(|problem| (&onnx, problem)).and_then(|bytes| {
                    let json = read(&card).map_err(|problem| (&card, problem))?;
                    Card::read(&json, role, &bytes)
                        .and_then(|card| compile(&bytes, card))
                        .map_err(|problem| (&onnx, problem))
                });
                if let Err((file, problem)) = result {
                    let meanwhile =
                        if has_other { format!("The built-in {role} plays") } else { format!("{by_rule} by rule") };
                    problems.push(format!("{}: {problem}. {meanwhile} until you {remedy}.", name(file)));
                }
            };
        let mut networks = self.clone();
        load("harmonist", "Chords are chosen", self.harmonist.is_some(), &mut |bytes, card| {
            networks.harmonist = Some(Arc::new(HarmonistNetwork::load(bytes, card.conditions)?));
            Ok(())
        });
        load("soloist", "Melody is made", self.soloist.is_some(), &mut |bytes, card| {
            networks.soloist = Some(Arc::new(SoloistNetwork::load(bytes, card.conditions)?));
            Ok(())
        });
        (networks, problems)
    }
}

/// `(1 − share) · ours + share · theirs`, value by value, in place of `ours`.
fn mix(ours: &mut [f32], theirs: &[f32], share: f32) {
    for (value, other) in ours.iter_mut().zip(theirs) {
        *value += share * (other - *value);
    }
}
