//! Notes out of note-ons and note-offs.

use std::collections::BTreeMap;

use continuo_models::music::time::TICKS_PER_QUARTER;

use crate::host::performance::PlayedNote;

/// The shortest that a note is, in ticks: one that ends as it begins is there all the same.
const SHORTEST: f64 = 0.5;

/// Pairs the note-ons and note-offs of one track. A key that is struck again ends first, as on an instrument, so that a
/// missing note-off costs no other note.
#[derive(Default)]
pub struct NoteReader {
    notes: Vec<PlayedNote>,
    sounding: BTreeMap<(u8, u8), Sounding>,
}

struct Sounding {
    index: usize,
    /// Whether its strike ended another note: then a note-off in the same moment is that one's.
    struck_over: bool,
}

impl NoteReader {
    /// A key goes down.
    pub fn on(&mut self, tick: f64, channel: u8, key: u8, velocity: u8) {
        let before = self.sounding.remove(&(channel, key));
        let struck_over = before.is_some();
        if let Some(Sounding { index, .. }) = before {
            self.end(index, tick);
        }
        self.sounding.insert((channel, key), Sounding { index: self.notes.len(), struck_over });
        // If its end never comes, a note is as long as a beat.
        let length = TICKS_PER_QUARTER as f64;
        self.notes.push(PlayedNote { start: tick, length, channel, key, velocity });
    }

    /// A key comes up. One that is not down stays so.
    pub fn off(&mut self, tick: f64, channel: u8, key: u8) {
        let Some(sounding) = self.sounding.get_mut(&(channel, key)) else { return };
        let index = sounding.index;
        if std::mem::take(&mut sounding.struck_over) && self.notes[index].start == tick {
            return;
        }
        self.sounding.remove(&(channel, key));
        self.end(index, tick);
    }

    fn end(&mut self, index: usize, tick: f64) {
        self.notes[index].length = (tick - self.notes[index].start).max(SHORTEST);
    }

    /// The notes in order of their note-ons, and how many of them never ended.
    pub fn finish(self) -> (Vec<PlayedNote>, usize) {
        (self.notes, self.sounding.len())
    }
}

/// The notes of all tracks in order of start, as one pair of hands can play them: where a key is struck that sounds,
/// the first note ends. Also gives how many notes fell away because another track strikes the same key in the same
/// moment.
pub fn in_one_hand(mut notes: Vec<PlayedNote>) -> (Vec<PlayedNote>, usize) {
    notes.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.key.cmp(&b.key)).then(a.channel.cmp(&b.channel)));
    let mut played: Vec<PlayedNote> = Vec::with_capacity(notes.len());
    let mut last: BTreeMap<(u8, u8), usize> = BTreeMap::new();
    let mut doubled = 0;
    for note in notes {
        if let Some(before) = last.get(&(note.channel, note.key)).map(|index| &mut played[*index])
            && note.start < before.start + before.length
        {
            if note.start - before.start < SHORTEST {
                before.length = before.length.max(note.start + note.length - before.start);
                before.velocity = before.velocity.max(note.velocity);
                doubled += 1;
                continue;
            }
            before.length = note.start - before.start;
        }
        last.insert((note.channel, note.key), played.len());
        played.push(note);
    }
    (played, doubled)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The notes of these keys at their ticks; without a velocity it is an end.
    fn read(events: &[(f64, u8, Option<u8>)]) -> (Vec<(f64, f64)>, usize) {
        let mut reader = NoteReader::default();
        for &(tick, key, velocity) in events {
            match velocity {
                Some(velocity) => reader.on(tick, 0, key, velocity),
                None => reader.off(tick, 0, key),
            }
        }
        let (notes, endless) = reader.finish();
        (notes.iter().map(|note| (note.start, note.length)).collect(), endless)
    }

    #[test]
    fn a_missing_end_costs_one_note() {
        let missing = [(0.0, 60, Some(90)), (96.0, 60, Some(90)), (108.0, 60, None), (120.0, 60, Some(9))];
        assert_eq!(read(&missing), (vec![(0.0, 96.0), (96.0, 12.0), (120.0, 24.0)], 1));
    }

    #[test]
    fn an_end_that_comes_with_the_next_strike_is_that_of_the_note_before() {
        let late = [(0.0, 60, Some(90)), (24.0, 60, Some(90)), (24.0, 60, None), (36.0, 60, None)];
        assert_eq!(read(&late), (vec![(0.0, 24.0), (24.0, 12.0)], 0));
    }

    #[test]
    fn an_end_without_a_note_is_nothing_and_a_note_without_length_is_short() {
        assert_eq!(read(&[(0.0, 60, None), (5.0, 60, Some(90)), (5.0, 60, None)]), (vec![(5.0, SHORTEST)], 0));
    }

    #[test]
    fn a_key_that_two_tracks_strike_is_struck_once() {
        let note = |start, length, channel| PlayedNote { start, length, channel, key: 60, velocity: 80 };
        let (notes, doubled) = in_one_hand(vec![note(0.0, 12.0, 0), note(0.0, 24.0, 0), note(12.0, 12.0, 0)]);
        assert_eq!((notes, doubled), (vec![note(0.0, 12.0, 0), note(12.0, 12.0, 0)], 1));
        let (notes, doubled) = in_one_hand(vec![note(0.0, 12.0, 1), note(0.0, 12.0, 2)]);
        assert_eq!((notes.len(), doubled), (2, 0), "channels of their own are keys of their own");
    }
}
