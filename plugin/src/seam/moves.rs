//! What MIDI controllers do, on its way to the panel and to the host.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

/// The most controllers that are learnt; what a project has beyond is kept, and moves nothing.
pub const MOST: usize = 64;

/// Places in the ring: what one controller moves, many times over. The reader comes after every piece of a block.
const CAPACITY: usize = 1024;

/// A controller that was moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Counts up with every movement, and begins anew after 2047.
    pub count: u16,
    /// MIDI channel, 0–15.
    pub channel: u8,
    /// Number, 0–127.
    pub controller: u8,
    /// Where it is, 0–127.
    pub value: u8,
}

/// The controller that was moved last. Audio writes, anybody reads.
#[derive(Debug, Default)]
pub struct LastMoved(AtomicU32);

impl LastMoved {
    /// Audio: it is this one.
    pub fn set(&self, channel: u8, controller: u8, value: u8) {
        let count = self.0.load(Ordering::Relaxed) >> 18 & 0x7ff;
        let what = u32::from(channel & 15) << 14 | u32::from(controller & 127) << 7 | u32::from(value & 127);
        self.0.store(1 << 31 | ((count + 1) & 0x7ff) << 18 | what, Ordering::Relaxed);
    }

    /// Which one it is; `None`: none was moved yet.
    pub fn get(&self) -> Option<Moved> {
        let bits = self.0.load(Ordering::Relaxed);
        let moved = Moved {
            count: (bits >> 18 & 0x7ff) as u16,
            channel: (bits >> 14 & 15) as u8,
            controller: (bits >> 7 & 127) as u8,
            value: (bits & 127) as u8,
        };
        (bits >> 31 != 0).then_some(moved)
    }
}

/// Where a learnt controller is, and whether it moves what it is to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PickUp {
    /// Where it is, 0–127.
    pub value: u8,
    /// Whether it has hold of it; if not, it has to be moved to where that is.
    pub holds: bool,
}

/// The [`PickUp`] of each learnt controller, in the order in which they were learnt. Audio writes,
/// anybody reads, one by one.
#[derive(Debug)]
pub struct PickUps([AtomicU32; MOST]);

impl Default for PickUps {
    fn default() -> Self {
        Self([const { AtomicU32::new(0) }; MOST])
    }
}

impl PickUps {
    /// Audio: says it of the controller at `index`; `None`: it was not moved yet.
    pub fn set(&self, index: usize, pick_up: Option<PickUp>) {
        let bits = pick_up.map_or(0, |PickUp { value, holds }| 1 << 8 | u32::from(holds) << 7 | u32::from(value & 127));
        self.0[index.min(MOST - 1)].store(bits, Ordering::Relaxed);
    }

    /// What was said of it.
    pub fn get(&self, index: usize) -> Option<PickUp> {
        let bits = self.0.get(index)?.load(Ordering::Relaxed);
        (bits >> 8 != 0).then_some(PickUp { value: (bits & 127) as u8, holds: bits >> 7 & 1 != 0 })
    }
}

/// A parameter that a controller has moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// Its [`number`](crate::params::number).
    pub parameter: u32,
    /// Where it is now, as CLAP counts: steps, or from 0 to 1.
    pub value: f64,
    /// The sample of the processed block at which it came there.
    pub sample: u32,
}

/// The way of what controllers move to the format's entry point, which tells the host: a single-producer
/// single-consumer ring whose ends both belong to the audio thread, within a block. Main takes each end once, behind a
/// mutex that audio never touches. Without a reader (the standalone program has no host to tell) what finds no room is
/// dropped.
pub struct ToHost(Mutex<Ends>);

type Ends = (Option<HeapProd<Told>>, Option<HeapCons<Told>>);

impl std::fmt::Debug for ToHost {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("ToHost")
    }
}

impl Default for ToHost {
    fn default() -> Self {
        let (sender, receiver) = HeapRb::new(CAPACITY).split();
        Self(Mutex::new((Some(sender), Some(receiver))))
    }
}

impl ToHost {
    /// Main: the end for the callback. What a second one sends arrives nowhere.
    pub fn sender(&self) -> ToHostSender {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).0.take();
        ToHostSender(sender.unwrap_or_else(|| HeapRb::new(1).split().0))
    }

    /// Main: the end for the entry point. A second one gets nothing.
    pub fn receiver(&self) -> ToHostReceiver {
        let receiver = self.0.lock().unwrap_or_else(PoisonError::into_inner).1.take();
        ToHostReceiver(receiver.unwrap_or_else(|| HeapRb::new(1).split().1))
    }
}

/// The callback's end.
pub struct ToHostSender(HeapProd<Told>);

impl ToHostSender {
    /// Audio: a parameter has moved. Never waits.
    pub fn tell(&mut self, told: Told) {
        // A host that is not told keeps what it knew, until the next movement.
        let _ = self.0.try_push(told);
    }
}

/// The entry point's end.
pub struct ToHostReceiver(HeapCons<Told>);

impl ToHostReceiver {
    /// Whether nothing more has moved. Never waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What has moved next; `None`: nothing more. Never waits.
impl Iterator for ToHostReceiver {
    type Item = Told;

    fn next(&mut self) -> Option<Told> {
        self.0.try_pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_movement_is_seen_and_another_one_to_the_same_place_too() {
        let last = LastMoved::default();
        assert_eq!(last.get(), None);
        last.set(15, 127, 127);
        let one = Moved { count: 1, channel: 15, controller: 127, value: 127 };
        assert_eq!(last.get(), Some(one));
        last.set(15, 127, 127);
        assert_eq!(last.get(), Some(Moved { count: 2, ..one }));
        (0..3000).for_each(|_| last.set(0, 0, 0));
        assert_eq!(last.get().map(|moved| (moved.channel, moved.value)), Some((0, 0)));
    }

    #[test]
    fn pick_ups_survive_the_passage() {
        let pick_ups = PickUps::default();
        assert_eq!((pick_ups.get(0), pick_ups.get(MOST)), (None, None));
        for pick_up in [PickUp { value: 0, holds: false }, PickUp { value: 127, holds: true }] {
            pick_ups.set(MOST - 1, Some(pick_up));
            assert_eq!(pick_ups.get(MOST - 1), Some(pick_up));
        }
        pick_ups.set(MOST - 1, None);
        assert_eq!(pick_ups.get(MOST - 1), None);
    }

    #[test]
    fn what_was_moved_arrives_in_order_and_only_once() {
        let to_host = ToHost::default();
        let (mut sender, receiver) = (to_host.sender(), to_host.receiver());
        let told = |sample| Told { parameter: 7, value: 0.5, sample };
        sender.tell(told(1));
        sender.tell(told(2));
        to_host.sender().tell(told(3));
        assert_eq!(receiver.collect::<Vec<_>>(), [told(1), told(2)]);
        assert_eq!(to_host.receiver().count(), 0);
    }
}
