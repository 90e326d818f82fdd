//! Model cards: what a network is, and the promise that its file is the one that was meant.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::conditions::Conditions;
use super::features::TIME_CLASSES;
use crate::music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER};
use crate::music::{Quality, Tick};

/// The contract between training and playing (docs/models.md).
pub const CONTRACT: &str = "continuo-3";
/// The contracts that are read: in an older one, layers are ordinary ONNX alone.
const CONTRACTS: [&str; 2] = [CONTRACT, "continuo-2"];

/// What the loader reads of a model card. The other fields (corpus, licences, metrics) are for people.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Card {
    /// The contract that the network was exported for.
    pub contract: String,
    /// What the network is for: `harmonist` or `soloist`.
    pub role: String,
    /// The styles that it was told of in training, in the order of the style block.
    #[serde(rename = "styles")]
    pub conditions: Conditions,
    /// The units and classes that it was trained on.
    #[serde(default)]
    pub vocabulary: Vocabulary,
    /// SHA-256 of the ONNX file, in hexadecimal.
    pub sha256: String,
}

/// The units and classes that a network was trained on; what a card leaves out is taken to be as this version has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Vocabulary {
    /// Ticks in a quarter note.
    pub ticks_per_quarter: Option<Tick>,
    /// Ticks in a frame.
    pub frame: Option<Tick>,
    /// The chord qualities, in order.
    pub qualities: Option<Vec<String>>,
    /// The time classes, in ticks.
    pub time_classes: Option<Vec<Tick>>,
}

impl Vocabulary {
    /// Names the first entry that is not as this version has it.
    fn check(&self) -> Result<(), String> {
        let number = |what: &str, theirs: Option<Tick>, ours: Tick| match theirs {
            Some(theirs) if theirs != ours => Err(format!("its `{what}` is {theirs}, and must be {ours}")),
            _ => Ok(()),
        };
        number("ticks_per_quarter", self.ticks_per_quarter, TICKS_PER_QUARTER)?;
        number("frame", self.frame, TICKS_PER_FRAME)?;
        if let Some(theirs) = &self.qualities {
            same_words("qualities", theirs, &Quality::ALL.map(Quality::name))?;
        }
        match &self.time_classes {
            Some(theirs) if *theirs != TIME_CLASSES => {
                Err(format!("its `time_classes` are {theirs:?}, and must be {TIME_CLASSES:?}"))
            }
            _ => Ok(()),
        }
    }
}

fn same_words(what: &str, theirs: &[String], ours: &[&str]) -> Result<(), String> {
    if theirs.iter().map(String::as_str).eq(ours.iter().copied()) {
        Ok(())
    } else {
        Err(format!("its {what} are `{}`, and must be `{}`", theirs.join(" "), ours.join(" ")))
    }
}

impl Card {
    /// Reads a card and checks that it fits `role`, this version's vocabulary and the bytes of the ONNX file. The
    /// error says what is wrong, in words that follow on a file's name.
    pub fn read(json: &[u8], role: &str, onnx: &[u8]) -> Result<Self, String> {
        let card: Card =
            serde_json::from_slice(json).map_err(|error| format!("the model card cannot be read ({error})"))?;
        if !CONTRACTS.contains(&&*card.contract) {
            return Err(format!("it follows the contract `{}`, and this version needs `{CONTRACT}`", card.contract));
        }
        if card.role != role {
            return Err(format!("its card says that it is a `{}`, not a `{role}`", card.role));
        }
        card.vocabulary.check()?;
        let sum: String = Sha256::digest(onnx).iter().map(|byte| format!("{byte:02x}")).collect();
        if !card.sha256.eq_ignore_ascii_case(&sum) {
            return Err(format!(
                "the file is not the one that its card describes (SHA-256 {sum}, expected {}): it is damaged or \
                 belongs to another card",
                card.sha256
            ));
        }
        Ok(card)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::conditions::tests::conditions;

    fn card(contract: &str, role: &str, sha256: &str) -> Vec<u8> {
        serde_json::json!({ "contract": contract, "role": role, "styles": ["pop"], "sha256": sha256, "licence": "x" })
            .to_string()
            .into_bytes()
    }

    /// SHA-256 of no bytes (FIPS 180-4 example).
    const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_card_that_fits_is_read() {
        for contract in CONTRACTS {
            assert!(Card::read(&card(contract, "soloist", OF_NOTHING), "soloist", b"").is_ok(), "{contract}");
        }
    }

    fn with_vocabulary(vocabulary: serde_json::Value) -> Vec<u8> {
        serde_json::json!({
            "contract": CONTRACT, "role": "soloist", "styles": ["pop"], "sha256": OF_NOTHING, "vocabulary": vocabulary,
        })
        .to_string()
        .into_bytes()
    }

    #[test]
    fn a_vocabulary_that_is_this_versions_own_is_accepted() {
        let whole = serde_json::json!({
            "ticks_per_quarter": 24, "frame": 6, "qualities": Quality::ALL.map(Quality::name),
            "time_classes": TIME_CLASSES.to_vec(), "and": "more",
        });
        assert!(Card::read(&with_vocabulary(whole), "soloist", b"").is_ok());
    }

    #[test]
    fn the_conditions_are_the_networks_own() {
        let styles = ["polka", "jazz"];
        let json = serde_json::json!({
            "contract": CONTRACT, "role": "soloist", "styles": styles, "sha256": OF_NOTHING,
        });
        let card = Card::read(json.to_string().as_bytes(), "soloist", b"").unwrap();
        assert_eq!(card.conditions, conditions(&styles));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (json, says) in [
            (b"{".to_vec(), "cannot be read"),
            (card("continuo-1", "soloist", OF_NOTHING), "contract `continuo-1`"),
            (card(CONTRACT, "harmonist", OF_NOTHING), "not a `soloist`"),
            (card(CONTRACT, "soloist", "00"), "damaged"),
            (with_vocabulary(serde_json::json!({ "ticks_per_quarter": 480 })), "`ticks_per_quarter` is 480"),
            (with_vocabulary(serde_json::json!({ "frame": 12 })), "`frame` is 12"),
            (with_vocabulary(serde_json::json!({ "qualities": ["maj", "min"] })), "qualities are `maj min`"),
            (with_vocabulary(serde_json::json!({ "time_classes": [1, 2] })), "`time_classes` are [1, 2]"),
            (with_vocabulary(serde_json::json!({ "qualities": 12 })), "cannot be read"),
        ] {
            let problem = Card::read(&json, "soloist", b"").unwrap_err();
            assert!(problem.contains(says), "{problem}");
        }
    }
}
