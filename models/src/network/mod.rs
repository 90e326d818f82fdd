//! The networks: loading a plan, validating its card, and one file per network.

pub mod card;
pub mod features;
pub mod harmonist;
pub mod plan;
pub mod soloist;

use std::borrow::Cow;
use std::fs;
use std::path::Path;
use std::sync::Arc;

pub use harmonist::HarmonistNetwork;
pub use soloist::SoloistNetwork;

use card::Card;

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
    /// Loads the networks that are built into the crate. Takes up to a few hundred milliseconds: not for the audio
    /// thread, and once per process.
    pub fn built_in() -> (Self, Vec<String>) {
        Self::load(
            |file| {
                Ok(Cow::Borrowed(match file {
                    "harmonist.onnx" => include_bytes!("../../harmonist.onnx"),
                    "harmonist.json" => include_bytes!("../../harmonist.json"),
                    "soloist.onnx" => include_bytes!("../../soloist.onnx"),
                    _ => include_bytes!("../../soloist.json"),
                }))
            },
            |file| format!("built-in {file}"),
            "install Continuo again",
        )
    }

    /// Loads the networks from `folder`: `harmonist.onnx` and `soloist.onnx`, each with its card (`.json`). A network
    /// that is missing or does not fit is named, with what to do about it, in the second value; the band then plays
    /// that part by rule.
    pub fn from_folder(folder: &Path) -> (Self, Vec<String>) {
        Self::load(
            |file| match fs::read(folder.join(file)) {
                Ok(bytes) => Ok(Cow::Owned(bytes)),
                Err(error) => Err(format!("it cannot be opened ({error})")),
            },
            |file| folder.join(file).display().to_string(),
            "put a network exported for this version there, with its card",
        )
    }

    fn load<'a>(
        read: impl Fn(&str) -> Result<Cow<'a, [u8]>, String>,
        name: impl Fn(&str) -> String,
        remedy: &str,
    ) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let mut load = |role: &str, consequence: &str, compile: &mut dyn FnMut(&[u8]) -> Result<(), String>| {
            let (onnx, card) = (format!("{role}.onnx"), format!("{role}.json"));
            let result = read(&onnx).map_err(|problem| (&onnx, problem)).and_then(|bytes| {
                let json = read(&card).map_err(|problem| (&card, problem))?;
                Card::read(&json, role, &bytes).and_then(|_| compile(&bytes)).map_err(|problem| (&onnx, problem))
            });
            if let Err((file, problem)) = result {
                problems.push(format!("{}: {problem}. {consequence} by rule until you {remedy}.", name(file)));
            }
        };
        let mut networks = Self::default();
        load("harmonist", "Chords are chosen", &mut |bytes| {
            networks.harmonist = Some(Arc::new(HarmonistNetwork::load(bytes)?));
            Ok(())
        });
        load("soloist", "Melody is made", &mut |bytes| {
            networks.soloist = Some(Arc::new(SoloistNetwork::load(bytes)?));
            Ok(())
        });
        (networks, problems)
    }
}
