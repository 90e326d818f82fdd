//! What was asked of the worker: the plans of the frames to come, and the epochs in which they will sound.
//!
//! The worker is asked for the frame that lies as many frames ahead as the musician has set. So up to
//! [`FARTHEST_AHEAD`] frames are promised at a time; those behind the end of a loop lie in an epoch of their own.

use continuo_models::music::{Frame, SlashChord};
use continuo_models::score::FARTHEST_AHEAD;

use crate::song_clock::Upcoming;

/// A plan that was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Promise {
    /// The epoch in which the frame will sound.
    pub epoch: u32,
    /// The frame.
    pub frame: Frame,
    /// Whether the song wraps to the start of its loop just before it.
    pub wraps: bool,
    /// The sample at which it will be called.
    pub due: i64,
    /// Whether the plan has arrived.
    pub is_kept: bool,
    /// The chords that the left hand has struck since, to which it gives way one after the other.
    pub struck: Struck,
}

/// Chords in the order in which they were struck. Plain old data.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Struck([Option<SlashChord>; MOST_STRUCK]);

/// The most chords to which a plan gives way: the hand strikes a few at most before the worker knows.
const MOST_STRUCK: usize = 6;

impl Struck {
    fn has_room(&self) -> bool {
        self.0.iter().any(Option::is_none)
    }

    fn add(&mut self, chord: SlashChord) {
        if let Some(place) = self.0.iter_mut().find(|place| place.is_none()) {
            *place = Some(chord);
        }
    }

    /// The chords, the first one first.
    pub fn chords(self) -> impl Iterator<Item = SlashChord> {
        self.0.into_iter().flatten()
    }
}

impl Promise {
    fn is_of(&self, upcoming: &Upcoming) -> bool {
        (self.frame, self.wraps) == (upcoming.frame, upcoming.wraps)
    }
}

/// The promises. Belongs to the audio thread.
#[derive(Debug, Default)]
pub struct Promises {
    epoch: u32,
    /// The epoch that was begun last: the present one, or one that is promised.
    newest: u32,
    /// For the frame that was called last.
    present: Option<Promise>,
    /// For those after it, the next one first; `None`: it has no plan.
    coming: [Option<Promise>; FARTHEST_AHEAD as usize],
}

impl Promises {
    /// The epoch that the song is in.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Whether something may sound in `epoch`, now or later.
    pub fn has(&self, epoch: u32) -> bool {
        epoch == self.epoch || self.coming.iter().flatten().any(|promise| promise.epoch == epoch)
    }

    /// What was promised for the frame that was called last.
    pub fn present(&self) -> Option<Promise> {
        self.present
    }

    /// What is promised for the frame after it.
    pub fn next(&self) -> Option<Promise> {
        self.coming[0]
    }

    /// The song is elsewhere, in a new epoch: nothing is promised there.
    pub fn jump(&mut self) {
        *self = Self { newest: self.newest, ..Self::default() };
        self.epoch = self.begin_epoch();
    }

    /// The song enters `upcoming`. If that is not what was promised (a loop was switched in its last frames), nothing
    /// is promised any more, and a new epoch begins.
    pub fn enter(&mut self, upcoming: &Upcoming) {
        let due = self.coming[0].take();
        self.coming.rotate_left(1);
        self.present = due.filter(|promise| promise.is_of(upcoming));
        if due.is_some() && self.present.is_none() {
            self.coming = Default::default();
        }
        match self.present {
            Some(promise) => self.epoch = promise.epoch,
            None if due.is_some() || upcoming.wraps => self.epoch = self.epoch_behind_loop(),
            None => {}
        }
    }

    /// Forgets what was promised for frames to which the song will not come on its `path`.
    pub fn follow(&mut self, path: impl Iterator<Item = Upcoming>) {
        let mut is_on_path = true;
        for (promise, upcoming) in self.coming.iter_mut().zip(path) {
            is_on_path &= promise.is_none_or(|promise| promise.is_of(&upcoming));
            promise.take_if(|_| !is_on_path);
        }
    }

    /// The epoch of the frame that lies `ahead` frames ahead, behind the end of a loop if it `wraps`, where that frame
    /// is not promised yet.
    pub fn wanted(&mut self, ahead: u8, wraps: bool) -> Option<u32> {
        let is_free = self.coming[usize::from(ahead) - 1].is_none();
        is_free.then(|| if wraps { self.epoch_behind_loop() } else { self.epoch })
    }

    /// The frame that lies `ahead` frames ahead is promised.
    pub fn add(&mut self, ahead: u8, promise: Promise) {
        self.coming[usize::from(ahead) - 1] = Some(promise);
    }

    /// The plan for `frame` in `epoch` has arrived. Gives the promise if the frame is still to come.
    pub fn keep(&mut self, epoch: u32, frame: Frame) -> Option<Promise> {
        let is_that = |promise: &&mut Promise| (promise.epoch, promise.frame) == (epoch, frame);
        if let Some(present) = self.present.as_mut().filter(is_that) {
            present.is_kept = true;
            return None;
        }
        let promise = self.coming.iter_mut().flatten().find(is_that)?;
        promise.is_kept = true;
        Some(*promise)
    }

    /// The left hand strikes a chord: all that is promised gives way to it. `false`: it has given way too often.
    pub fn strike(&mut self, chord: SlashChord) -> bool {
        let has_room = self.all().all(|promise| promise.struck.has_room());
        if has_room {
            let promises = self.present.iter_mut().chain(self.coming.iter_mut().flatten());
            promises.for_each(|promise| promise.struck.add(chord));
        }
        has_room
    }

    /// The chords to which the plan for `frame` in `epoch` gives way.
    pub fn struck(&self, epoch: u32, frame: Frame) -> Struck {
        let promise = self.all().find(|promise| (promise.epoch, promise.frame) == (epoch, frame));
        promise.map(|promise| promise.struck).unwrap_or_default()
    }

    fn all(&self) -> impl Iterator<Item = &Promise> {
        self.present.iter().chain(self.coming.iter().flatten())
    }

    /// Whether the plan for `frame` in `epoch` has arrived.
    pub fn is_kept(&self, epoch: u32, frame: Frame) -> bool {
        self.all().filter(|promise| promise.is_kept).any(|promise| (promise.epoch, promise.frame) == (epoch, frame))
    }

    /// The epoch that begins with the next wrap of a loop.
    fn epoch_behind_loop(&mut self) -> u32 {
        let promised = self.coming.iter().flatten().find(|promise| promise.epoch != self.epoch);
        promised.map(|promise| promise.epoch).unwrap_or_else(|| self.begin_epoch())
    }

    fn begin_epoch(&mut self) -> u32 {
        self.newest = self.newest.wrapping_add(1);
        self.newest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upcoming(frame: Frame, wraps: bool) -> Upcoming {
        Upcoming { frame, wraps, sample: 0, lead: 6 }
    }

    /// Promises, planning two frames ahead on a loop of eight frames that goes on.
    struct Loop(Promises);

    impl Loop {
        /// The song enters `frame`, and the worker is asked for the frame two ahead. Its epoch.
        fn enter(&mut self, frame: Frame) -> u32 {
            let (wraps, next) = (frame == 0, (frame + 2) % 8);
            self.0.enter(&upcoming(frame, wraps));
            let epoch = self.0.wanted(2, next < 2).unwrap();
            self.0.add(
                2,
                Promise { epoch, frame: next, wraps: next == 0, due: 0, is_kept: false, struck: Struck::default() },
            );
            epoch
        }
    }

    #[test]
    fn what_lies_behind_the_turn_of_a_loop_is_promised_in_the_epoch_to_come() {
        let mut song = Loop(Promises::default());
        song.0.jump();
        let epochs: Vec<u32> = (0..16).map(|frame| song.enter((frame + 1) % 8)).collect();
        let first = song_epochs(&epochs);
        assert_eq!(first, [5, 8, 3], "five frames, a pass, and the first frames of the next one");
        assert_eq!(Some(&song.0.epoch()), epochs.last());
    }

    /// How many times in a row each epoch comes.
    fn song_epochs(epochs: &[u32]) -> Vec<usize> {
        epochs.chunk_by(|one, other| one == other).map(<[u32]>::len).collect()
    }

    #[test]
    fn a_plan_that_came_early_is_still_there_when_later_ones_have_come_too() {
        let mut song = Loop(Promises::default());
        (1..8).for_each(|frame| {
            song.enter(frame);
        });
        let (present, next) = (song.0.present().unwrap(), song.0.next().unwrap());
        assert_eq!((present.frame, next.frame), (7, 0));
        for promise in [present, next] {
            assert!(!song.0.is_kept(promise.epoch, promise.frame));
            song.0.keep(promise.epoch, promise.frame);
        }
        assert!([present, next].iter().all(|promise| song.0.is_kept(promise.epoch, promise.frame)));
        song.enter(0);
        assert!(song.0.present().is_some_and(|promise| promise.is_kept));
    }

    #[test]
    fn what_the_song_does_not_come_to_is_not_promised_and_its_epoch_never_comes() {
        let mut song = Loop(Promises::default());
        (1..8).for_each(|frame| {
            song.enter(frame);
        });
        let void = song.0.next().unwrap().epoch;
        // The loop is switched off in its last frame.
        song.0.follow([upcoming(8, false), upcoming(9, false)].into_iter());
        assert_eq!((song.0.next(), song.0.has(void)), (None, false));
        song.0.enter(&upcoming(8, false));
        song.0.enter(&upcoming(0, true));
        assert!(song.0.epoch() != void && song.0.present().is_none());
    }
}
