//! The piece so far: what the musician and Lead have played since the song began, and where in the bar.

use std::sync::Arc;

use super::line::{Junction, LineNote};
use super::recall::Recall;
use super::{Intake, push};
use crate::improviser::listening::{LeadNote, Listener};
use crate::music::{BarPosition, Tick};

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
    fn put_down(&mut self, note: LeadNote, position: BarPosition) {
        let position = position.at(note.onset);
        let (into_bar, bar) = (position.ticks_into_bar(note.onset), position.meter.bar_ticks());
        let placed = LineNote::placed(self.last.replace(note), note, into_bar, bar);
        push(Arc::make_mut(&mut self.notes), placed, MOST_NOTES_OF_PIECE);
    }

    fn shift(&mut self, delta: Tick) {
        if let Some(last) = &mut self.last {
            last.onset += delta;
        }
    }
}

impl PieceSoFar {
    /// Takes in which notes of the musician have ended. Call once a frame; `position` is any place in the bar.
    pub fn listen(&mut self, listener: &Listener, position: BarPosition) {
        for (_, note) in self.intake.new_notes(listener) {
            self.hear(note, position);
        }
    }

    /// The musician has played `note`.
    pub fn hear(&mut self, note: LeadNote, position: BarPosition) {
        self.heard.put_down(note, position);
    }

    /// Lead plays `note`.
    pub fn play(&mut self, note: LeadNote, position: BarPosition) {
        self.own.put_down(note, position);
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
