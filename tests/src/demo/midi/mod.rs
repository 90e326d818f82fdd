//! Standard MIDI files: reading what the musician plays and writing takes.

mod chunks;
mod events;
mod notes;
mod read;
mod text;
mod write;

use continuo_models::music::{Key, Meter};

use super::bars::{Bar, bar_at, bars};
use crate::host::performance::{Change, PlayedNote};

pub use read::read;
pub use text::in_one_line;
pub use write::{Head, Track, write};

/// What a MIDI file says, in ticks of 24 to the quarter note.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The first track's name, which is the piece's by convention.
    pub title: Option<String>,
    /// First tick and quarter notes per minute, in order, the first at 0: 120 until the file says something.
    pub tempos: Vec<(f64, f64)>,
    /// First tick and time signature, in order, the first at 0: 4/4 until the file says something.
    pub meters: Vec<(f64, Meter)>,
    /// First tick and key, in order, as the file names them.
    pub keys: Vec<(f64, Key)>,
    /// The notes in order of start: on the channels of an MPE zone, if the file configures one, else all on channel 0.
    pub notes: Vec<PlayedNote>,
    /// The sustain pedal, and the configuration of MPE zones.
    pub changes: Vec<Change>,
    /// What the file has that is not played, and what is wrong with it: a sentence each.
    pub remarks: Vec<String>,
}

impl Score {
    /// Quarter notes per minute at the beginning.
    pub fn tempo(&self) -> f64 {
        self.tempos[0].1
    }

    /// Whether the tempo changes later on.
    pub fn tempo_changes(&self) -> bool {
        self.tempos.len() > 1
    }

    /// The tick at which the last note ends.
    pub fn end(&self) -> f64 {
        self.notes.iter().map(|note| note.start + note.length).fold(0.0, f64::max)
    }

    /// The score twice in a row, once through being so many ticks long.
    pub fn twice(mut self, length: f64) -> Self {
        fn go_on<T: Copy + PartialEq>(values: &mut Vec<(f64, T)>, length: f64) {
            let again = values.clone();
            for (tick, value) in again {
                if values.last().is_none_or(|(_, last)| *last != value) {
                    values.push((tick + length, value));
                }
            }
        }
        go_on(&mut self.tempos, length);
        go_on(&mut self.meters, length);
        go_on(&mut self.keys, length);
        let notes = self.notes.iter().map(|note| PlayedNote { start: note.start + length, ..*note });
        self.notes.extend(notes.collect::<Vec<_>>());
        let changes = self.changes.iter().map(|change| Change { at: change.at + length, ..*change });
        self.changes.extend(changes.collect::<Vec<_>>());
        self
    }

    /// The bars of the piece: up to the end of its last note.
    pub fn bars(&self) -> Vec<Bar> {
        bars(&self.meters, self.end())
    }

    /// The number of the bar in which `tick` lies, from 1.
    pub fn bar_at(&self, tick: f64) -> usize {
        bar_at(&self.meters, tick)
    }

    /// Seconds from the beginning to `tick`.
    pub fn seconds(&self, tick: f64) -> f64 {
        let ends = self.tempos[1..].iter().map(|(at, _)| *at).chain([f64::INFINITY]);
        let stretches = self.tempos.iter().zip(ends);
        stretches.map(|(&(start, tempo), end)| (tick.min(end) - start).max(0.0) / 24.0 * 60.0 / tempo).sum()
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
