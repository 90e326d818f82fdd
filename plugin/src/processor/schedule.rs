//! What the band has planned and not yet played.

use std::collections::VecDeque;

use continuo_models::music::{Frame, Moment, SlashChord};
use continuo_models::score::FARTHEST_AHEAD;
use continuo_models::{AnswerRow, Fork, Ground, NoteCue, Player, Turn, Way};

use super::giving_way::GivingWay;

/// The most notes that wait for their start.
const NOTES: usize = 1024;

/// The most ways that go on from a fork.
const WAYS: usize = 13;

/// The most frames that are planned at a time: the present one and those ahead.
const FRAMES: usize = 1 + FARTHEST_AHEAD as usize;

/// The answer rows that are kept: those of all planned frames on every way there is, and some to spare.
const ROWS: usize = FRAMES * WAYS + 4;

/// The most releases that wait for a fork to turn: three players in all planned frames on every way there is.
const RELEASES: usize = 3 * FRAMES * WAYS;

/// A note that waits for its start.
struct Waiting {
    epoch: u32,
    /// The way on which it lies, if the fork has not turned yet.
    way: Option<Way>,
    note: NoteCue,
    /// On which it was planned.
    ground: Ground,
}

impl Waiting {
    /// If it is a note of `player` in `epoch` that starts before `end`, it ends by then. What starts later is of
    /// another mind already, whichever came first.
    fn end_by(&mut self, epoch: u32, player: Player, end: Moment) {
        let note = &mut self.note;
        if (self.epoch, note.player) == (epoch, player) && note.start < end {
            note.length = Moment(note.length.0.min(end.0 - note.start.0));
        }
    }
}

/// The end of what a player has planned so far in an epoch, if a fork turns that way.
struct Release {
    epoch: u32,
    way: Way,
    player: Player,
    end: Moment,
}

/// The answers of a frame.
struct Row {
    epoch: u32,
    /// The way on which they hold, if the fork has not turned yet.
    way: Option<Way>,
    answers: AnswerRow,
}

/// The last fork that was planned, and how it turned.
struct LastFork {
    epoch: u32,
    fork: Fork,
    turn: Option<Turn>,
}

/// Notes that wait for their start, and answers that wait for a question. Belongs to the audio thread; never allocates
/// after it was made.
pub struct Schedule {
    /// In the order in which they arrived.
    notes: Vec<Waiting>,
    /// When the first of them starts in an epoch, if it starts at all; `None`: it is to be found out.
    first_start: Option<(u32, Option<Moment>)>,
    /// The newest last.
    rows: VecDeque<Row>,
    fork: Option<LastFork>,
    /// Whose notes are to end, if the fork turns that way.
    releases: Vec<Release>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            notes: Vec::with_capacity(NOTES),
            first_start: None,
            rows: VecDeque::with_capacity(ROWS),
            fork: None,
            releases: Vec::with_capacity(RELEASES),
        }
    }
}

impl Schedule {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.notes.clear();
        self.first_start = None;
        self.rows.clear();
        self.fork = None;
        self.releases.clear();
    }

    /// The song enters `frame` of `epoch`: forgets the notes of all epochs that do not count any more, and the answers
    /// of frames that are over, which came first.
    pub fn enter(&mut self, epoch: u32, frame: Frame, counts: impl Fn(u32) -> bool) {
        self.notes.retain(|waiting| counts(waiting.epoch));
        self.first_start = None;
        let is_over = |row: &Row| !counts(row.epoch) || row.epoch == epoch && row.answers.frame < frame;
        while self.rows.front().is_some_and(is_over) {
            self.rows.pop_front();
        }
    }

    /// The band is going to wait.
    pub fn add_fork(&mut self, epoch: u32, fork: Fork) {
        self.fork = Some(LastFork { epoch, fork, turn: None });
        self.releases.clear();
    }

    /// The fork in `epoch` that has not turned yet.
    pub fn open_fork(&self, epoch: u32) -> Option<&Fork> {
        self.fork.as_ref().filter(|last| last.epoch == epoch && last.turn.is_none()).map(|last| &last.fork)
    }

    /// Whether what lies on `way` is played; `None`: it is not known yet. Of forks of long ago only what was planned
    /// is.
    fn is_taken(&self, epoch: u32, way: Way) -> Option<bool> {
        match &self.fork {
            // The frames after the fork may lie behind the end of a loop already.
            Some(last) if last.fork.frame == way.fork && epoch.wrapping_sub(last.epoch) <= 1 => {
                last.turn.map(|turn| way.is_taken(turn))
            }
            _ => Some(way.is_taken(None)),
        }
    }

    /// The open fork turns: what lies on other ways is forgotten. Gives the releases in the fork's epoch on the way
    /// that it takes.
    pub fn turn(&mut self, turn: Turn) -> impl Iterator<Item = (Player, Moment)> + '_ {
        let turned = self.fork.as_mut().map(|last| {
            last.turn = Some(turn);
            last.epoch
        });
        self.first_start = None;
        self.notes.retain_mut(|waiting| waiting.way.take().is_none_or(|way| way.is_taken(turn)));
        self.rows.retain_mut(|row| row.way.take().is_none_or(|way| way.is_taken(turn)));
        self.releases.retain(|release| release.way.is_taken(turn));
        for &Release { epoch, player, end, .. } in &self.releases {
            self.notes.iter_mut().for_each(|waiting| waiting.end_by(epoch, player, end));
        }
        let now = move |release: &Release| Some(release.epoch) == turned;
        self.releases.drain(..).filter(now).map(|release| (release.player, release.end))
    }

    /// The way on which something must wait for the fork to turn; `Err` if it lies on one that is not taken.
    fn waits_on(&self, epoch: u32, way: Option<Way>) -> Result<Option<Way>, ()> {
        match way.map(|way| (way, self.is_taken(epoch, way))) {
            Some((_, Some(false))) => Err(()),
            Some((way, None)) => Ok(Some(way)),
            Some((_, Some(true))) | None => Ok(None),
        }
    }

    /// The left hand strikes `chord`: everything that was planned gives way to it.
    pub fn give_way(&mut self, chord: SlashChord) {
        let mut giving = GivingWay::to(chord);
        for Waiting { note, ground, .. } in &mut self.notes {
            if let Some(by) = giving.way(ground) {
                (note.key, *ground) = (by.key(note.player, note.key), by.ground());
            }
        }
        for Row { answers, .. } in &mut self.rows {
            if let Some(by) = giving.way(&answers.ground) {
                *answers = answers.yielding(&by);
            }
        }
    }

    /// Plans a note that stands on `ground`, on a way or on all; `false` when there is no room.
    pub fn add_note(&mut self, epoch: u32, way: Option<Way>, note: NoteCue, ground: Ground) -> bool {
        let Ok(way) = self.waits_on(epoch, way) else { return true };
        let fits = self.notes.len() < NOTES;
        if fits {
            self.notes.push(Waiting { epoch, way, note, ground });
            self.first_start = None;
        }
        fits
    }

    /// Lets the notes that `player` has planned so far in `epoch` end at `end` at the latest; on a way only if that is
    /// taken. Whether it is known to be.
    pub fn end_by(&mut self, epoch: u32, way: Option<Way>, player: Player, end: Moment) -> bool {
        match way.map_or(Some(true), |way| self.is_taken(epoch, way)) {
            Some(false) => return false,
            None => {
                if let Some(way) = way.filter(|_| self.releases.len() < RELEASES) {
                    self.releases.push(Release { epoch, way, player, end });
                }
                return false;
            }
            Some(true) => {}
        }
        self.notes.iter_mut().for_each(|waiting| waiting.end_by(epoch, player, end));
        true
    }

    /// When the note of `epoch` starts that starts first. The callback asks at every block, and the notes lie far apart
    /// in memory: they are looked through only after they have changed.
    pub fn next_start(&mut self, epoch: u32) -> Option<Moment> {
        let known = self.first_start.filter(|(of, _)| *of == epoch);
        let (_, start) =
            *self.first_start.insert(known.unwrap_or_else(|| (epoch, self.next_note(epoch).map(|n| n.start))));
        start
    }

    /// The note of `epoch` that starts first; of several, the one that arrived first. Notes that wait for a fork to
    /// turn do not count.
    fn next_note(&self, epoch: u32) -> Option<&NoteCue> {
        let ready = self.notes.iter().filter(|waiting| waiting.epoch == epoch && waiting.way.is_none());
        ready.map(|waiting| &waiting.note).min_by_key(|note| note.start)
    }

    /// Takes the note of which [`Schedule::next_start`] tells.
    pub fn take_next_note(&mut self, epoch: u32) -> Option<(NoteCue, Ground)> {
        let ready = |waiting: &Waiting| waiting.epoch == epoch && waiting.way.is_none();
        let waiting = self.notes.iter().enumerate().filter(|(_, waiting)| ready(waiting));
        let (index, _) = waiting.min_by_key(|(_, waiting)| waiting.note.start)?;
        self.first_start = None;
        let Waiting { note, ground, .. } = self.notes.remove(index);
        Some((note, ground))
    }

    /// Keeps the answers of a frame, on a way or on all to which no others are given later.
    pub fn add_answers(&mut self, epoch: u32, way: Option<Way>, answers: AnswerRow) {
        let Ok(way) = self.waits_on(epoch, way) else { return };
        if self.rows.len() == ROWS {
            self.rows.pop_front();
        }
        self.rows.push_back(Row { epoch, way, answers });
    }

    /// The answers of `frame` in `epoch`, if they have arrived.
    pub fn answers(&self, epoch: u32, frame: Frame) -> Option<&AnswerRow> {
        let fits = |row: &&Row| (row.epoch, row.answers.frame, row.way) == (epoch, frame, None);
        self.rows.iter().rev().find(fits).map(|row| &row.answers)
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::RightHand;

    use super::*;

    fn note(key: u8, start: i64) -> NoteCue {
        NoteCue { player: Player::Chords, channel: 0, key, velocity: 64, start: Moment(start), length: Moment(240) }
    }

    #[test]
    fn notes_come_by_their_start_and_then_in_order_of_arrival() {
        let mut schedule = Schedule::default();
        let mut starts = Vec::new();
        for (key, start) in [(1, 20), (2, 10), (3, 10), (4, 15)] {
            schedule.add_note(0, None, note(key, start), Ground::default());
            starts.extend(schedule.next_start(0).map(|start| start.0));
        }
        schedule.add_note(1, None, note(9, 0), Ground::default());
        assert_eq!((starts, schedule.next_start(1)), (vec![20, 10, 10, 10], Some(Moment(0))));
        let mut next = || schedule.next_start(0).zip(schedule.take_next_note(0));
        let keys: Vec<u8> =
            std::iter::from_fn(|| next().map(|(start, (note, _))| if note.start == start { note.key } else { 0 }))
                .collect();
        assert_eq!(keys, [2, 3, 4, 1]);
        assert_eq!(schedule.next_note(1).map(|note| note.key), Some(9), "another epoch's notes stay");
    }

    #[test]
    fn a_release_shortens_what_waits_and_nothing_that_comes_after_it() {
        let mut schedule = Schedule::default();
        schedule.add_note(0, None, note(60, 0), Ground::default());
        schedule.end_by(0, None, Player::Bass, Moment(100));
        schedule.end_by(0, None, Player::Chords, Moment(100));
        schedule.add_note(0, None, note(64, 100), Ground::default());
        let lengths: Vec<i64> =
            std::iter::from_fn(|| schedule.take_next_note(0).map(|(note, _)| note.length.0)).collect();
        assert_eq!(lengths, [100, 240]);
    }

    const RIGHT_HAND: RightHand =
        RightHand { lowest: 60, chords_below: 0, joined_from: 0, by_channel: false, not_on: 0 };
    const FORK: Fork = Fork { frame: 4, until: Moment(1000), right_hand: RIGHT_HAND, is_for_left_hand: false };
    const PLANNED: Way = Way { fork: 4, turns: 1 << 12 | 1 << 7 };
    const OTHER: Way = Way { fork: 4, turns: 1 << 2 };

    #[test]
    fn what_lies_behind_a_fork_waits_until_it_turns() {
        for (turn, expected) in [(None, 1), (Some(7), 1), (Some(2), 2)] {
            let mut schedule = Schedule::default();
            schedule.add_fork(0, FORK);
            schedule.add_note(0, Some(PLANNED), note(1, 960), Ground::default());
            schedule.add_note(0, Some(OTHER), note(2, 960), Ground::default());
            assert_eq!(schedule.next_note(0), None);
            assert_eq!(schedule.turn(turn).count(), 0);
            assert_eq!(schedule.take_next_note(0).map(|(note, _)| note.key), Some(expected));
            assert_eq!(schedule.take_next_note(0), None);
            schedule.add_note(0, Some(OTHER), note(3, 1200), Ground::default());
            assert_eq!(schedule.take_next_note(0).is_some(), expected == 2, "the way is known by now");
        }
    }

    #[test]
    fn a_release_on_a_way_ends_what_came_before_it_and_nothing_on_the_way() {
        let mut schedule = Schedule::default();
        schedule.add_note(0, None, note(1, 900), Ground::default());
        schedule.add_fork(0, FORK);
        assert!(!schedule.end_by(0, Some(OTHER), Player::Chords, Moment(960)));
        schedule.add_note(0, Some(OTHER), note(2, 960), Ground::default());
        assert_eq!(schedule.turn(Some(2)).collect::<Vec<_>>(), [(Player::Chords, Moment(960))]);
        let lengths: Vec<i64> =
            std::iter::from_fn(|| schedule.take_next_note(0).map(|(note, _)| note.length.0)).collect();
        assert_eq!(lengths, [60, 240]);
    }

    #[test]
    fn a_release_does_the_same_before_and_after_the_turn() {
        let lengths = |turns_first: bool| -> Vec<i64> {
            let mut schedule = Schedule::default();
            schedule.add_fork(0, FORK);
            schedule.add_note(0, Some(OTHER), note(1, 1000), Ground::default());
            if turns_first {
                schedule.turn(Some(2)).for_each(drop);
            }
            schedule.end_by(0, Some(OTHER), Player::Chords, Moment(1100));
            if !turns_first {
                schedule.turn(Some(2)).for_each(drop);
            }
            std::iter::from_fn(|| schedule.take_next_note(0).map(|(note, _)| note.length.0)).collect()
        };
        assert_eq!((lengths(true), lengths(false)), (vec![100], vec![100]));
    }

    #[test]
    fn what_lies_behind_the_turn_of_a_loop_waits_for_the_fork_before_it_too() {
        let mut schedule = Schedule::default();
        schedule.add_fork(7, FORK);
        schedule.add_note(8, Some(PLANNED), note(1, 0), Ground::default());
        schedule.add_note(8, Some(OTHER), note(2, 0), Ground::default());
        assert!(!schedule.end_by(8, Some(OTHER), Player::Chords, Moment(100)));
        assert_eq!(schedule.turn(Some(2)).collect::<Vec<_>>(), [], "of what sounds before the turn nothing ends");
        let taken = schedule.take_next_note(8).map(|(note, _)| (note.key, note.length.0));
        assert_eq!((taken, schedule.take_next_note(8)), (Some((2, 100)), None));
    }

    #[test]
    fn of_a_fork_that_was_never_announced_only_what_was_planned_is_played() {
        let mut schedule = Schedule::default();
        schedule.add_note(0, Some(PLANNED), note(1, 960), Ground::default());
        schedule.add_note(0, Some(OTHER), note(2, 960), Ground::default());
        assert_eq!(schedule.take_next_note(0).map(|(note, _)| note.key), Some(1));
        assert_eq!(schedule.take_next_note(0), None);
    }

    #[test]
    fn a_full_schedule_says_so() {
        let mut schedule = Schedule::default();
        let planned = (0..2 * NOTES).filter(|_| schedule.add_note(0, None, note(60, 0), Ground::default())).count();
        assert_eq!(planned, NOTES);
    }

    #[test]
    fn answers_are_found_by_frame_and_epoch() {
        let mut schedule = Schedule::default();
        schedule.add_answers(2, None, AnswerRow::silent(-1));
        assert!(schedule.answers(2, -1).is_some());
        assert!(schedule.answers(3, -1).is_none());
        assert!(schedule.answers(2, 3).is_none());
        (0..ROWS as Frame).for_each(|frame| schedule.add_answers(2, None, AnswerRow::silent(frame)));
        assert!(schedule.answers(2, -1).is_none(), "the oldest make room");
    }

    #[test]
    fn the_answers_of_frames_that_are_over_are_forgotten() {
        let mut schedule = Schedule::default();
        (3..6).for_each(|frame| schedule.add_answers(2, None, AnswerRow::silent(frame)));
        schedule.add_answers(3, None, AnswerRow::silent(0));
        schedule.enter(2, 4, |epoch| epoch >= 2);
        let there = [(2, 3), (2, 4), (2, 5), (3, 0)].map(|(epoch, frame)| schedule.answers(epoch, frame).is_some());
        assert_eq!(there, [false, true, true, true]);
        schedule.enter(3, 0, |epoch| epoch == 3);
        assert_eq!(schedule.rows.len(), 1);
    }

    #[test]
    fn the_answers_are_those_of_the_way_that_is_taken() {
        let on_channel = |channel| AnswerRow { channel, ..AnswerRow::silent(4) };
        for (turn, expected) in [(None, 0), (Some(7), 0), (Some(2), 1)] {
            let mut schedule = Schedule::default();
            schedule.add_answers(0, None, on_channel(0));
            schedule.add_fork(0, FORK);
            schedule.add_answers(0, Some(OTHER), on_channel(1));
            schedule.turn(turn).for_each(drop);
            assert_eq!(schedule.answers(0, 4).map(|row| row.channel), Some(expected));
            schedule.add_answers(0, Some(OTHER), AnswerRow { frame: 5, ..on_channel(1) });
            assert_eq!(schedule.answers(0, 5).is_some(), expected == 1, "the way is known by now");
        }
    }
}
