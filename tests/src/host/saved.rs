//! The state that the plug-in saves: the length of a JSON text, and that text.

use anyhow::{Context, Result};
use serde_json::Value;

/// The bytes that hold the length.
const LENGTH: usize = 8;

/// What a saved state holds.
///
/// # Errors
/// If it is none.
pub fn json_of(state: &[u8]) -> Result<Value> {
    let text = state.get(LENGTH..).context("the state is cut off")?;
    serde_json::from_slice(text).context("the state is no JSON")
}

/// The saved state that holds `json`.
pub fn state_of(json: &Value) -> Vec<u8> {
    let text = json.to_string();
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}
