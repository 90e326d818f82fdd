//! The piece so far: what the musician and Lead have played since the song began, where in the bar, and over
//! which chords.

use std::sync::Arc;

use super::line::{Ground, Junction, LineNote};
use super::recall::Recall;
use super::{Intake, push};
use crate::improviser::listening::{LeadNote, Listener};
use crate::music::Tick;

/// The most notes that are known of either; older ones are forgotten.
pub const MOST_NOTES_OF_PIECE: usize = 512;

/// The lines of the musician and of Lead in the piece so far. Bounded. `Clone` is a snapshot that shares what is known.
#[derive(Clone, Debug, Default)]
pub struct PieceSoFar {
    heard: Line,
    own: Line,
    intake: Intake,
}

/// Notes that were played one after another.
#[derive(Clone, Debug, Default)]
struct Line {
    notes: Arc<Vec<LineNote>>,
    last: Option<LeadNote>,
}

impl Line {
    fn put_down(&mut self, note: LeadNote, ground: Ground) {
        let placed = LineNote::placed(self.last.replace(note), note, ground);
        push(Arc::make_mut(&mut self.notes), placed, MOST_NOTES_OF_PIECE);
    }

    fn shift(&mut self, delta: Tick) {
        if let Some(last) = &mut self.last {
            last.onset += delta;
        }
    }
}

impl PieceSoFar {
    /// Takes in which notes of the musician have ended. Call once a frame; `ground` knows what a note at a tick of late
    /// stands on.
    pub fn listen(&mut self, listener: &Listener, ground: impl Fn(Tick) -> Ground) {
        for (_, note) in self.intake.new_notes(listener) {
            self.hear(note, ground(note.onset));
        }
    }

    /// The musician has played `note`.
    pub fn hear(&mut self, note: LeadNote, ground: Ground) {
        self.heard.put_down(note, ground);
    }

    /// Lead plays `note`.
    pub fn play(&mut self, note: LeadNote, ground: Ground) {
        self.own.put_down(note, ground);
    }

    /// What either has gone on with in places like this, where Lead goes on.
    pub fn recall(&self, junction: Junction) -> Recall {
        Recall::of(&self.heard.notes, &self.own.notes, junction)
    }

    /// What the musician plays goes on `delta` ticks later than it would have.
    pub fn arrive(&mut self, delta: Tick) {
        self.heard.shift(delta);
    }

    /// What Lead plays goes on `delta` ticks later than it would have.
    pub fn jump(&mut self, delta: Tick) {
        self.own.shift(delta);
    }
}
