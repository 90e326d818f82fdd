//! What is played on the panel's piano, on its way to the audio thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

/// Places in the ring: more than ten fingers do in seconds, and an end for each of 128 keys beside it.
const CAPACITY: usize = 512;

/// A panel that was not drawn for so long is gone, or stands still: it holds no key any more.
const ABSENCE: Duration = Duration::from_millis(500);

/// A key of the panel's piano goes down or comes up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// MIDI key, 0–127.
    pub key: u8,
    /// How hard, above 0 to 1; 0: it comes up.
    pub velocity: f32,
    /// When.
    pub at: Instant,
}

/// The panel's end of a single-producer single-consumer ring; audio has a [`PanelKeysReader`]. The mutex is the GUI
/// thread's alone, and main's while it makes a reader: never contended, and never touched by audio.
///
/// An end always finds room: a stroke is refused where the places that are left are fewer than the keys that are down.
#[derive(Debug)]
pub struct PanelKeys {
    way: Mutex<Way>,
    /// When the panel was drawn last, in nanoseconds after `begin`. GUI writes, audio reads.
    drawn: AtomicU64,
    begin: Instant,
}

struct Way {
    ring: HeapProd<Stroke>,
    /// The keys whose end is still to be sent, one bit for each.
    down: u128,
}

impl std::fmt::Debug for Way {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.debug_struct("Way").field("down", &self.down).finish_non_exhaustive()
    }
}

impl Default for PanelKeys {
    fn default() -> Self {
        let (ring, _) = HeapRb::new(CAPACITY).split();
        Self { way: Mutex::new(Way { ring, down: 0 }), drawn: AtomicU64::new(0), begin: Instant::now() }
    }
}

impl PanelKeys {
    fn way(&self) -> MutexGuard<'_, Way> {
        self.way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// GUI: `key` goes down as hard as `velocity` says, or, at 0, comes up. What comes up without having gone down is
    /// left alone. `false`: nobody has taken what was played for long, and the key counts as not struck.
    pub fn send(&self, key: u8, velocity: f32) -> bool {
        let (way, bit) = (&mut *self.way(), 1 << (key & 127));
        let stroke = Stroke { key: key & 127, velocity: velocity.clamp(0.0, 1.0), at: Instant::now() };
        if stroke.velocity > 0.0 {
            let owed = (way.down | bit).count_ones() as usize;
            let fits = way.ring.vacant_len() > owed && way.ring.try_push(stroke).is_ok();
            way.down |= if fits { bit } else { 0 };
            return fits;
        }
        // It fits: the place was kept for it.
        way.down & bit == 0 || {
            way.down &= !bit;
            way.ring.try_push(stroke).is_ok()
        }
    }

    /// GUI: the panel is drawn. To be said at least four times a second while a key is down.
    pub fn note_drawn(&self) {
        self.drawn.store(self.begin.elapsed().as_nanos() as u64, Ordering::Relaxed);
    }

    /// Audio: whether the panel is there at `now`, and can hold keys.
    pub fn is_there(&self, now: Instant) -> bool {
        let drawn = self.begin + Duration::from_nanos(self.drawn.load(Ordering::Relaxed));
        now.saturating_duration_since(drawn) < ABSENCE
    }

    /// Main: an end for the audio thread. From now on only this one gets what is played; allocates.
    pub fn reader(&self) -> PanelKeysReader {
        let (ring, reader) = HeapRb::new(CAPACITY).split();
        *self.way() = Way { ring, down: 0 };
        PanelKeysReader(reader)
    }
}

/// The audio thread's end.
pub struct PanelKeysReader(HeapCons<Stroke>);

/// The next stroke; `None`: nothing was played since. Never waits.
impl Iterator for PanelKeysReader {
    type Item = Stroke;

    fn next(&mut self) -> Option<Stroke> {
        self.0.try_pop()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn strokes_arrive_in_order() {
        let keys = PanelKeys::default();
        let reader = keys.reader();
        for (key, velocity) in [(60, 0.5), (64, 1.0), (60, 0.0), (64, 0.0)] {
            assert!(keys.send(key, velocity));
        }
        let heard: Vec<_> = reader.map(|stroke| (stroke.key, stroke.velocity)).collect();
        assert_eq!(heard, [(60, 0.5), (64, 1.0), (60, 0.0), (64, 0.0)]);
    }

    #[test]
    fn a_panel_that_is_not_drawn_is_not_there() {
        let keys = PanelKeys::default();
        keys.note_drawn();
        let now = Instant::now();
        assert!(keys.is_there(now) && !keys.is_there(now + ABSENCE));
    }

    proptest! {
        #[test]
        fn every_key_that_was_struck_comes_up_however_little_is_read(
            acts in prop::collection::vec((0u8..128, any::<bool>(), 0usize..3), 0..3000)
        ) {
            let keys = PanelKeys::default();
            let mut reader = keys.reader();
            let mut held = 0u128;
            let take = |held: &mut u128, stroke: Stroke| {
                let bit = 1 << stroke.key;
                *held = if stroke.velocity > 0.0 { *held | bit } else { *held & !bit };
            };
            for (key, down, reads) in acts {
                let sent = keys.send(key, if down { 0.7 } else { 0.0 });
                prop_assert!(sent || down, "an end finds room");
                reader.by_ref().take(reads / 2).for_each(|stroke| take(&mut held, stroke));
            }
            (0..128).for_each(|key| assert!(keys.send(key, 0.0)));
            reader.for_each(|stroke| take(&mut held, stroke));
            prop_assert_eq!(held, 0);
        }
    }
}
