//! The chords that the band decides, frame by frame, for headless hosts: they look up `continuo_decisions` in the
//! library.
//!
//! Workers tell them, never the audio thread; and nothing is kept before somebody has asked for the first time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use continuo_models::Outlook;
use continuo_models::music::{Chord, Frame};
use continuo_models::score::FARTHEST_AHEAD;

use crate::guard::guarded;

/// Decisions that are kept for who asks: an hour at 1000 quarter notes a minute, in six megabytes.
const CAPACITY: usize = 1 << 18;

/// A chord that a band has decided for a frame. A later decision for the same frame corrects it: the musician's note
/// has turned a fork.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The frame.
    pub frame: Frame,
    /// The epoch in which it sounds.
    pub epoch: u32,
    /// Which worker of the process decided: counts up from 1, a new one with each activation of an instance.
    pub worker: u32,
    /// The chord's place in the networks' vocabulary, 144 for none.
    pub chord: u32,
    /// The pitch class in the bass, 0–11; 0 without a chord.
    pub bass: u32,
}

/// The decisions of the process that nobody has fetched yet.
struct Kept {
    wanted: AtomicBool,
    /// The oldest first, and whether some found no room. Locked by workers and by who asks, never by the audio thread.
    decisions: Mutex<(VecDeque<Decision>, bool)>,
}

static KEPT: Kept = Kept { wanted: AtomicBool::new(false), decisions: Mutex::new((VecDeque::new(), false)) };

/// What one worker tells of its band.
pub struct Teller {
    worker: u32,
    /// Epochs and frames of the last decisions, which a fork may correct.
    last: [(u32, Frame); 1 + FARTHEST_AHEAD as usize],
}

impl Default for Teller {
    /// A worker that no other is.
    fn default() -> Self {
        static WORKERS: AtomicU32 = AtomicU32::new(0);
        let last = [(0, Frame::MIN); 1 + FARTHEST_AHEAD as usize];
        Self { worker: WORKERS.fetch_add(1, Ordering::Relaxed) + 1, last }
    }
}

impl Teller {
    /// Worker: the frame of `outlook` is decided, and sounds in `epoch`.
    pub fn decided(&mut self, epoch: u32, outlook: &Outlook) {
        self.last.rotate_left(1);
        self.last[FARTHEST_AHEAD as usize] = (epoch, outlook.frame);
        self.tell(epoch, outlook.frame, outlook);
    }

    /// Worker: the fork in `frame` has turned from what was planned, or the left hand has struck a chord there, so the
    /// chord of `outlook` holds from there on.
    pub fn turned(&mut self, frame: Frame, outlook: &Outlook) {
        let fork = self.last.iter().rposition(|&(_, last)| last == frame).unwrap_or(self.last.len());
        self.last[fork..].iter().for_each(|&(epoch, frame)| self.tell(epoch, frame, outlook));
    }

    fn tell(&self, epoch: u32, frame: Frame, outlook: &Outlook) {
        if !KEPT.wanted.load(Ordering::Relaxed) {
            return;
        }
        let slash = outlook.slash_chord();
        let chord = Chord::index_of(slash.map(|slash| slash.chord)) as u32;
        let bass = slash.map_or(0, |slash| slash.bass.into());
        let mut kept = KEPT.decisions.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = kept.0.len() < CAPACITY;
        kept.1 |= !has_room;
        kept.0.extend(has_room.then_some(Decision { frame, epoch, worker: self.worker, chord, bass }));
    }
}

/// Moves the oldest decisions that nobody has fetched yet to `out`, which has room for `room` of them, and gives how
/// many these are. From the first call on they are kept. −1: `size` is not that of this library's [`Decision`], or
/// `out` is null; −2: some found no room since the last call, and all that were kept are dropped; −3: something
/// failed.
///
/// # Safety
/// `out` is null or points to room for `room` decisions, aligned like [`Decision`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn continuo_decisions(out: *mut Decision, room: u32, size: u32) -> i64 {
    let fetch = || {
        if out.is_null() || size as usize != size_of::<Decision>() {
            return -1;
        }
        KEPT.wanted.store(true, Ordering::Relaxed);
        let mut kept = KEPT.decisions.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut kept.1) {
            kept.0.clear();
            return -2;
        }
        let count = kept.0.len().min(room as usize);
        for (place, decision) in kept.0.drain(..count).enumerate() {
            // SAFETY: the caller vouches for `room` places, and `place` is one of the first `count`.
            unsafe { out.add(place).write(decision) };
        }
        count as i64
    };
    guarded(fetch, -3)
}

#[cfg(test)]
mod tests {
    use continuo_models::music::Quality;

    use super::*;

    fn fetch(room: usize) -> Vec<Decision> {
        let mut out = vec![Decision::default(); room];
        // SAFETY: the room is there.
        let count = unsafe { continuo_decisions(out.as_mut_ptr(), room as u32, size_of::<Decision>() as u32) };
        out.truncate(usize::try_from(count).unwrap());
        out
    }

    #[test]
    fn what_is_decided_is_told_once_and_a_fork_corrects_it() {
        // Other tests have workers of their own, whose decisions are kept as well.
        let mut teller = Teller::default();
        let outlook = |frame, root| {
            let chord = Some(Chord::new(root, Quality::Major));
            Outlook { frame, chord, bass: Some(root), ..Outlook::default() }
        };
        teller.decided(3, &outlook(7, 0));
        fetch(1);
        teller.decided(3, &outlook(8, 0));
        teller.decided(3, &outlook(9, 0));
        teller.turned(8, &outlook(9, 5));
        let own = fetch(10_000).into_iter().filter(|decision| decision.worker == teller.worker);
        let told: Vec<_> =
            own.map(|decision| (decision.frame, decision.epoch, decision.chord, decision.bass)).collect();
        assert_eq!(told[told.len() - 4..], [(8, 3, 0, 0), (9, 3, 0, 0), (8, 3, 60, 5), (9, 3, 60, 5)]);
        assert!(told.len() < 6, "before somebody asked, nothing is kept, and what was fetched is gone: {told:?}");
    }

    #[test]
    fn a_host_of_another_form_is_refused() {
        let mut out = [Decision::default(); 2];
        // SAFETY: nothing is written.
        unsafe {
            assert_eq!(continuo_decisions(out.as_mut_ptr(), 2, 8), -1);
            assert_eq!(continuo_decisions(std::ptr::null_mut(), 2, size_of::<Decision>() as u32), -1);
        }
    }
}
