//! The chords that the band decided, as the plug-in's library tells them: no listener has to guess them from its notes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use continuo_models::music::{Chord, Frame, SlashChord};
use libloading::{Library, Symbol};

/// Decisions that are fetched at a time.
const ROOM: usize = 4096;

/// A decision, laid out as the library fills it in.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The frame for which it holds.
    pub frame: Frame,
    /// The uninterrupted pass of the song in which the frame sounds.
    pub epoch: u32,
    /// Which worker decided.
    pub worker: u32,
    /// The chord's place in the vocabulary, 144 for none.
    chord: u32,
    /// The pitch class in the bass, 0–11.
    bass: u32,
}

impl Decision {
    /// The chord over its bass, if the band decided for one.
    pub fn chord(&self) -> Option<SlashChord> {
        Chord::from_index(self.chord as usize).map(|chord| SlashChord { chord, bass: self.bass as u8 })
    }
}

/// Follows what the library of a plug-in decides from now on. One at a time in a process.
pub struct Decisions {
    library: PathBuf,
}

impl Decisions {
    /// Begins to follow the library at `path`, which is loaded if nobody has.
    ///
    /// # Errors
    /// If the library does not tell its decisions.
    pub fn follow(path: &Path) -> Result<Self> {
        let decisions = Self { library: path.to_owned() };
        // What was decided before is nobody's any more.
        decisions.fetch()?;
        Ok(decisions)
    }

    /// What was decided since the last call, in order.
    ///
    /// # Errors
    /// If the library does not tell its decisions, or told so many that some are lost.
    pub fn fetch(&self) -> Result<Vec<Decision>> {
        let path = self.library.display();
        let mut decisions = Vec::new();
        let mut page = vec![Decision::default(); ROOM];
        // SAFETY: the library is ours, and the function has this type and fills in no more than the room that there is.
        unsafe {
            let library = Library::new(&self.library).with_context(|| format!("{path} does not load"))?;
            let fetch: Symbol<unsafe extern "C" fn(*mut Decision, u32, u32) -> i64> =
                library.get(b"continuo_decisions")?;
            loop {
                let count = fetch(page.as_mut_ptr(), ROOM as u32, size_of::<Decision>() as u32);
                ensure!(count != -1, "{path} tells its decisions in another form");
                ensure!(count != -3, "{path} failed to tell its decisions");
                ensure!(count >= 0, "{path} decided more than it can keep");
                decisions.extend_from_slice(&page[..count as usize]);
                if (count as usize) < ROOM {
                    return Ok(decisions);
                }
            }
        }
    }

    /// The chords of the first `frames` frames of the song, from the pass of the song that goes through most of them.
    ///
    /// # Errors
    /// As [`Decisions::fetch`], and if several instances decided: nobody could tell their chords apart.
    pub fn once_through(&self, frames: Frame) -> Result<Vec<Option<SlashChord>>> {
        let decisions = self.fetch()?;
        let workers: BTreeSet<u32> = decisions.iter().map(|decision| decision.worker).collect();
        ensure!(workers.len() < 2, "{} instances play at once, and their chords cannot be told apart", workers.len());
        Ok(once_through(&decisions, frames))
    }
}

fn once_through(decisions: &[Decision], frames: Frame) -> Vec<Option<SlashChord>> {
    let mut passes: BTreeMap<u32, BTreeMap<Frame, Option<SlashChord>>> = BTreeMap::new();
    for decision in decisions.iter().filter(|decision| (0..frames).contains(&decision.frame)) {
        // A later decision for a frame corrects the one before: the musician's note turned a fork.
        passes.entry(decision.epoch).or_default().insert(decision.frame, decision.chord());
    }
    // Of equally long passes, the first.
    let longest = passes.into_values().rev().max_by_key(BTreeMap::len).unwrap_or_default();
    (0..frames).map(|frame| longest.get(&frame).copied().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(epoch: u32, frame: Frame, symbol: &str) -> Decision {
        let chord: Chord = symbol.parse().unwrap();
        Decision { frame, epoch, worker: 1, chord: chord.index() as u32, bass: chord.root.into() }
    }

    fn symbols(decisions: &[Decision], frames: Frame) -> Vec<String> {
        let chords = once_through(decisions, frames);
        chords.iter().map(|chord| chord.map_or("–".to_owned(), |chord| chord.to_string())).collect()
    }

    #[test]
    fn a_frame_has_the_chord_that_was_decided_last_for_it() {
        let decisions = [decision(1, 1, "C"), decision(1, 2, "C"), decision(1, 2, "F"), decision(1, 9, "G")];
        assert_eq!(symbols(&decisions, 4), ["–", "C", "F", "–"]);
    }

    #[test]
    fn the_longest_pass_is_the_one_through_the_song() {
        let pass = |epoch, frames: std::ops::Range<Frame>, symbol| {
            frames.map(|frame| decision(epoch, frame, symbol)).collect::<Vec<_>>()
        };
        let decisions = [pass(3, 0..1, "D"), pass(4, 1..4, "C"), pass(5, 2..4, "F"), pass(6, 1..4, "G")].concat();
        assert_eq!(symbols(&decisions, 4), ["–", "C", "C", "C"]);
    }

    #[test]
    fn a_frame_for_which_the_band_decided_for_no_chord_has_none() {
        let none = Decision { chord: Chord::NONE_INDEX as u32, ..decision(1, 1, "C") };
        assert_eq!(symbols(&[decision(1, 0, "C"), none], 2), ["C", "–"]);
    }
}
