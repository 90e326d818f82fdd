//! Model cards: what a network is, and the promise that its file is the one that was meant.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::music::Style;

/// The contract between training and playing that this version reads (docs/models.md).
pub const CONTRACT: &str = "continuo-1";

/// What the loader reads of a model card. The other fields (corpus, licences, metrics) are for people.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Card {
    /// The contract that the network was exported for.
    pub contract: String,
    /// What the network is for: `harmonist` or `soloist`.
    pub role: String,
    /// The styles, in the order of the style block.
    pub styles: Vec<String>,
    /// SHA-256 of the ONNX file, in hexadecimal.
    pub sha256: String,
}

impl Card {
    /// Reads a card and checks that it fits `role`, this version's vocabulary and the bytes of the ONNX file. The
    /// error says what is wrong, in words that follow on a file's name.
    pub fn read(json: &[u8], role: &str, onnx: &[u8]) -> Result<Self, String> {
        let card: Card =
            serde_json::from_slice(json).map_err(|error| format!("the model card cannot be read ({error})"))?;
        if card.contract != CONTRACT {
            return Err(format!("it follows the contract `{}`, and this version needs `{CONTRACT}`", card.contract));
        }
        if card.role != role {
            return Err(format!("its card says that it is a `{}`, not a `{role}`", card.role));
        }
        if !card.styles.iter().map(String::as_str).eq(Style::ALL.iter().map(|style| style.name())) {
            let ours: Vec<_> = Style::ALL.iter().map(|style| style.name()).collect();
            return Err(format!("its styles are `{}`, and must be `{}`", card.styles.join(" "), ours.join(" ")));
        }
        let sum: String = Sha256::digest(onnx).iter().map(|byte| format!("{byte:02x}")).collect();
        if !card.sha256.eq_ignore_ascii_case(&sum) {
            return Err(format!(
                "the file is not the one that its card describes (SHA-256 {sum}, expected {}): it is damaged or belongs to another card",
                card.sha256
            ));
        }
        Ok(card)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(contract: &str, role: &str, styles: &[&str], sha256: &str) -> Vec<u8> {
        serde_json::json!({ "contract": contract, "role": role, "styles": styles, "sha256": sha256, "licence": "x" })
            .to_string()
            .into_bytes()
    }

    /// SHA-256 of no bytes (FIPS 180-4 example).
    const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_card_that_fits_is_read() {
        let styles = Style::ALL.map(Style::name);
        assert!(Card::read(&card(CONTRACT, "soloist", &styles, OF_NOTHING), "soloist", b"").is_ok());
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let styles = Style::ALL.map(Style::name);
        let mut shuffled = styles;
        shuffled.swap(0, 1);
        for (json, says) in [
            (b"{".to_vec(), "cannot be read"),
            (card("continuo-9", "soloist", &styles, OF_NOTHING), "continuo-9"),
            (card(CONTRACT, "harmonist", &styles, OF_NOTHING), "not a `soloist`"),
            (card(CONTRACT, "soloist", &shuffled, OF_NOTHING), "pop jazz"),
            (card(CONTRACT, "soloist", &styles, "00"), "damaged"),
        ] {
            let problem = Card::read(&json, "soloist", b"").unwrap_err();
            assert!(problem.contains(says), "{problem}");
        }
    }
}
