//! The chords that the band decided for a sitting, judged as those of the other systems.

use anyhow::Result;
use continuo_models::music::Chord;

use super::musician::Sitting;
use crate::host::Decisions;

/// The chord in each frame of the once-through.
///
/// # Errors
/// If the plug-in does not tell what it decided.
pub fn decided(decisions: &Decisions, sitting: &Sitting) -> Result<Vec<Option<Chord>>> {
    let chords = decisions.once_through(sitting.frames)?;
    Ok(chords.into_iter().map(|chord| chord.map(|chord| chord.chord)).collect())
}
