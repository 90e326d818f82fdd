//! Numbers among the options.

use anyhow::{Context, Result, ensure};

/// A number from `least` to `most`.
///
/// # Errors
/// If it is none, with the range.
pub fn within(text: &str, least: f32, most: f32) -> Result<f32> {
    let value: f32 = text.parse().ok().with_context(|| format!("\"{text}\" is no number from {least} to {most}"))?;
    ensure!((least..=most).contains(&value), "{text} is not from {least} to {most}");
    Ok(value)
}
