//! The lead line, cut into phrases.

use crate::music::Tick;
use crate::music::time::TICKS_PER_QUARTER;

/// A note of the lead line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeadNote {
    /// MIDI key.
    pub key: u8,
    /// When it began.
    pub onset: Tick,
    /// How long a finger held it; positive. Of a note that is still held: until now.
    pub length: Tick,
}

/// The most notes that are remembered of a phrase.
const PHRASE_NOTES: usize = 64;
/// The fewest notes that make a phrase.
const SHORTEST_PHRASE: usize = 4;
/// Silence that ends a phrase.
pub const PHRASE_REST: Tick = TICKS_PER_QUARTER;

/// The phrase that is played, or was played last. Remembers a bounded number of notes.
#[derive(Clone, Debug, Default)]
pub struct Phrases {
    notes: Vec<LeadNote>,
    number: u32,
    /// How many notes have begun.
    count: u32,
}

impl Phrases {
    /// The lead line goes on with `note`; after a rest, with a new phrase.
    pub fn push(&mut self, note: LeadNote) {
        let rest = self.notes.last().map_or(Tick::MAX, |last| note.onset - (last.onset + last.length));
        if rest >= PHRASE_REST {
            self.notes.clear();
            self.number = self.number.wrapping_add(1);
        } else if self.notes.len() == PHRASE_NOTES {
            self.notes.remove(0);
        }
        self.notes.push(note);
        self.count = self.count.wrapping_add(1);
    }

    /// The last note, if it is `key`, has ended `length` ticks after its onset.
    pub fn end_note(&mut self, key: u8, length: Tick) {
        if let Some(note) = self.notes.last_mut().filter(|note| note.key == key) {
            note.length = length.max(1);
        }
    }

    /// The notes that began at `since` or later were none of the line.
    pub fn take_back(&mut self, since: Tick) {
        while self.notes.last().is_some_and(|note| note.onset >= since) {
            self.notes.pop();
            self.count = self.count.wrapping_sub(1);
        }
    }

    /// The notes of the phrase.
    pub fn notes(&self) -> &[LeadNote] {
        &self.notes
    }

    /// How many notes the line has had. Wraps.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The notes of the phrase, if they are enough for one.
    pub fn whole(&self) -> Option<&[LeadNote]> {
        (self.notes.len() >= SHORTEST_PHRASE).then_some(&self.notes[..])
    }

    /// The number of the phrase, from 1; 0 before the first note. Wraps.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Moves the past by `delta` ticks.
    pub fn shift(&mut self, delta: Tick) {
        for note in &mut self.notes {
            note.onset += delta;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_without_a_rest_forgets_its_oldest_notes() {
        let mut phrases = Phrases::default();
        for onset in 0..100 {
            phrases.push(LeadNote { key: 60, onset: 6 * onset, length: 5 });
        }
        let notes = phrases.whole().unwrap();
        assert_eq!((notes.len(), notes[0].onset, phrases.number()), (PHRASE_NOTES, 36 * 6, 1));
    }

    #[test]
    fn what_is_taken_back_leaves_what_was_before() {
        let mut phrases = Phrases::default();
        for onset in 0..6 {
            phrases.push(LeadNote { key: 60, onset: 6 * onset, length: 5 });
        }
        phrases.take_back(24);
        assert_eq!(phrases.whole().map(<[_]>::len), Some(4));
        phrases.take_back(12);
        assert_eq!(phrases.whole(), None);
    }
}
