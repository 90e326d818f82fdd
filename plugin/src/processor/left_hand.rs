//! A chord that the left hand strikes sounds in the band at once.
//!
//! What the worker has planned is a frame old at least when the hand lands. So here it gives way: what Chords, Bass and
//! Voices sound and are about to play goes to the new chord, by the table that the worker goes by as well when it is
//! told ([`Ground`]). The hand has landed when it holds a chord by itself, or a little after its first key. Where the
//! band expects a chord on a beat it waits for it, as it does for a note of melody.

use continuo_models::improviser::listening::Grasp;
use continuo_models::music::time::frame_of_onset;
use continuo_models::music::{Frame, Moment, Tick};
use continuo_models::{AnswerRow, Fork, Ground, NoteCue, Way};

use super::{Processor, stage};

/// So long after the tick of its first key, a stroke of the left hand is taken for whole: fingers that strike a chord
/// are not farther apart.
const SPREAD: Moment = Moment(60);

/// What would end so soon is not struck again.
const SHORTEST: Tick = 2;

/// The left hand, as far as it can be told while it strikes. Belongs to the audio thread; never allocates.
#[derive(Default)]
pub struct LeftHand {
    grasp: Grasp,
    /// The epoch and frame of what is struck together.
    place: Option<(u32, Frame)>,
    /// The sample at which the stroke is taken for whole, counted like
    /// [`SongClock::now`](crate::song_clock::SongClock::now).
    settles: Option<i64>,
}

impl LeftHand {
    /// The song is elsewhere: what is held stays, but nothing is being struck.
    pub fn jump(&mut self) {
        (self.place, self.settles) = (None, None);
    }

    /// A key comes up.
    pub fn release(&mut self, channel: u8, key: u8) {
        self.grasp.release(channel, key);
    }

    /// The pedals of `channels`, one bit each, move.
    pub fn pedal(&mut self, channels: u16, down: bool) {
        self.grasp.pedal(channels, down);
    }

    /// The sample at which a stroke is taken for whole.
    pub fn settles(&self) -> Option<i64> {
        self.settles
    }
}

/// On what the cues that arrive were planned: those of a frame begin with its answers.
#[derive(Default)]
pub struct Arriving {
    /// The way on which they lie.
    pub way: Option<Way>,
    frame: Frame,
    /// Where no other answers are given.
    planned: Ground,
    here: Ground,
}

impl Arriving {
    /// The answers have come.
    fn answers(&mut self, row: &AnswerRow) {
        (self.frame, self.here) = (row.frame, row.ground);
        if self.way.is_none() {
            self.planned = row.ground;
        }
    }

    /// What follows lies on `way`.
    pub fn turn_to(&mut self, way: Way) {
        (self.way, self.here) = (Some(way), self.planned);
    }
}

impl Processor {
    /// The musician strikes a key at `tick`, which belongs to the frame at `place`.
    pub(super) fn grasp(&mut self, at: u32, tick: Tick, channel: u8, key: u8, place: Option<(u32, Frame)>) {
        if self.channels().is_drums(channel) {
            return;
        }
        let row = place.and_then(|(epoch, frame)| self.schedule.answers(epoch, frame));
        let yields = row.is_some_and(|row| row.ground.yields && row.ground.harmony.is_some());
        let right_hand = row.map_or_else(|| self.channels().right_hand(), |row| row.right_hand);
        let here = place.unwrap_or((self.promises.epoch(), frame_of_onset(tick)));
        let hand = &mut self.left_hand;
        let begins = hand.place.replace(here) != Some(here);
        hand.grasp.press(right_hand, channel, key, begins);
        if yields && hand.grasp.has_landed(key) {
            let settled = self.clock.sample_at(Moment(Moment::from_tick(tick).0 + SPREAD.0));
            hand.settles.get_or_insert(settled);
            if hand.grasp.is_whole() {
                self.settle_stroke(at);
            }
        }
    }

    /// A stroke of the left hand is whole: if it is another chord, the band goes there.
    pub(super) fn settle_stroke(&mut self, at: u32) {
        self.left_hand.settles = None;
        let (Some((epoch, frame)), Some(chord)) = (self.left_hand.place, self.left_hand.grasp.chord()) else { return };
        let Some(row) = self.schedule.answers(epoch, frame) else { return };
        if row.ground.giving_way(chord).is_none() {
            // It has come as planned.
            if self.open_fork().is_some_and(|fork| fork.is_for_left_hand && fork.frame == frame) {
                self.turn(None);
            }
        } else if self.promises.strike(chord) {
            // The left hand is stronger than what a chord waits for.
            self.turn_fork(None);
            self.schedule.give_way(chord);
            let until = Moment::from_tick(self.clock.tick_at(at) + SHORTEST);
            self.sounding.give_way(&mut stage(&mut self.output, &self.shared, at), chord, until);
            self.played.struck(frame, chord);
        }
    }

    /// The fork that is open now.
    pub(super) fn open_fork(&self) -> Option<&Fork> {
        let epochs = [Some(self.promises.epoch()), self.promises.next().map(|promise| promise.epoch)];
        epochs.into_iter().flatten().find_map(|epoch| self.schedule.open_fork(epoch))
    }

    /// The answers of a frame have arrived, which the left hand may have overtaken.
    pub(super) fn add_answers(&mut self, epoch: u32, mut row: AnswerRow) {
        self.arriving.answers(&row);
        for chord in self.promises.struck(epoch, row.frame).chords() {
            if let Some(by) = row.ground.giving_way(chord) {
                row = row.yielding(&by);
            }
        }
        self.schedule.add_answers(epoch, self.arriving.way, row);
    }

    /// So has a fork.
    pub(super) fn add_fork(&mut self, epoch: u32, fork: Fork) {
        self.schedule.add_fork(epoch, fork);
        if self.promises.struck(epoch, fork.frame).chords().next().is_some() {
            self.turn_fork(None);
        }
    }

    /// So has a note: as it is to be played, and on what it stands.
    pub(super) fn overtaken(&self, epoch: u32, mut note: NoteCue) -> (NoteCue, Ground) {
        let mut ground = self.arriving.here;
        for chord in self.promises.struck(epoch, self.arriving.frame).chords() {
            if let Some(by) = ground.giving_way(chord) {
                (note.key, ground) = (by.key(note.player, note.key), by.ground());
            }
        }
        (note, ground)
    }
}
