//! What the band has planned and not yet played.

use continuo_models::music::{Frame, Moment};
use continuo_models::{AnswerRow, NoteCue, Player};

/// The most notes that wait for their start.
const NOTES: usize = 1024;

/// The answer rows that are kept: those of the present frame and of the next, and one to spare on either side.
const ROWS: usize = 4;

/// Notes that wait for their start, and answers that wait for a question. Belongs to the audio thread; never allocates
/// after it was made.
pub struct Schedule {
    /// In the order in which they arrived, each with its epoch.
    notes: Vec<(u32, NoteCue)>,
    rows: [Option<(u32, AnswerRow)>; ROWS],
}

impl Default for Schedule {
    fn default() -> Self {
        Self { notes: Vec::with_capacity(NOTES), rows: [None; ROWS] }
    }
}

impl Schedule {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.notes.clear();
        self.rows = [None; ROWS];
    }

    /// Forgets the notes of all epochs but `epoch`.
    pub fn keep_epoch(&mut self, epoch: u32) {
        self.notes.retain(|(stamp, _)| *stamp == epoch);
    }

    /// Plans a note; `false` when there is no room.
    pub fn add_note(&mut self, epoch: u32, note: NoteCue) -> bool {
        let fits = self.notes.len() < NOTES;
        if fits {
            self.notes.push((epoch, note));
        }
        fits
    }

    /// Lets the notes that `player` has planned so far in `epoch` end at `end` at the latest.
    pub fn end_by(&mut self, epoch: u32, player: Player, end: Moment) {
        for (_, note) in self.notes.iter_mut().filter(|(stamp, note)| *stamp == epoch && note.player == player) {
            note.length = Moment(note.length.0.min((end.0 - note.start.0).max(1)));
        }
    }

    /// The note of `epoch` that starts first; of several, the one that arrived first.
    pub fn next_note(&self, epoch: u32) -> Option<&NoteCue> {
        self.notes.iter().filter(|(stamp, _)| *stamp == epoch).map(|(_, note)| note).min_by_key(|note| note.start)
    }

    /// Takes the note that [`Schedule::next_note`] shows.
    pub fn take_next_note(&mut self, epoch: u32) -> Option<NoteCue> {
        let waiting = self.notes.iter().enumerate().filter(|(_, (stamp, _))| *stamp == epoch);
        let (index, _) = waiting.min_by_key(|(_, (_, note))| note.start)?;
        Some(self.notes.remove(index).1)
    }

    /// Keeps the answers of a frame.
    pub fn add_answers(&mut self, epoch: u32, row: AnswerRow) {
        self.rows[row.frame.rem_euclid(ROWS as Frame) as usize] = Some((epoch, row));
    }

    /// The answers of `frame` in `epoch`, if they have arrived.
    pub fn answers(&self, epoch: u32, frame: Frame) -> Option<&AnswerRow> {
        let (stamp, row) = self.rows[frame.rem_euclid(ROWS as Frame) as usize].as_ref()?;
        (*stamp == epoch && row.frame == frame).then_some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(key: u8, start: i64) -> NoteCue {
        NoteCue { player: Player::Chords, channel: 0, key, velocity: 64, start: Moment(start), length: Moment(240) }
    }

    #[test]
    fn notes_come_by_their_start_and_then_in_order_of_arrival() {
        let mut schedule = Schedule::default();
        for (key, start) in [(1, 20), (2, 10), (3, 10), (4, 15)] {
            schedule.add_note(0, note(key, start));
        }
        schedule.add_note(1, note(9, 0));
        let keys: Vec<u8> = std::iter::from_fn(|| schedule.take_next_note(0).map(|note| note.key)).collect();
        assert_eq!(keys, [2, 3, 4, 1]);
        assert_eq!(schedule.next_note(1).map(|note| note.key), Some(9), "another epoch's notes stay");
    }

    #[test]
    fn a_release_shortens_what_waits_and_nothing_that_comes_after_it() {
        let mut schedule = Schedule::default();
        schedule.add_note(0, note(60, 0));
        schedule.end_by(0, Player::Bass, Moment(100));
        schedule.end_by(0, Player::Chords, Moment(100));
        schedule.add_note(0, note(64, 100));
        let lengths: Vec<i64> = std::iter::from_fn(|| schedule.take_next_note(0).map(|note| note.length.0)).collect();
        assert_eq!(lengths, [100, 240]);
    }

    #[test]
    fn a_full_schedule_says_so() {
        let mut schedule = Schedule::default();
        let planned = (0..2 * NOTES).filter(|_| schedule.add_note(0, note(60, 0))).count();
        assert_eq!(planned, NOTES);
    }

    #[test]
    fn answers_are_found_by_frame_and_epoch() {
        let mut schedule = Schedule::default();
        schedule.add_answers(2, AnswerRow::silent(-1));
        assert!(schedule.answers(2, -1).is_some());
        assert!(schedule.answers(3, -1).is_none());
        assert!(schedule.answers(2, 3).is_none(), "the same place, another frame");
    }
}
