//! When the musician struck of late.

use std::collections::VecDeque;
use std::ops::Range;

use crate::music::Tick;

/// The most onsets that are remembered: more than the slots of the longest bars.
const MOST: usize = 64;

/// When keys went down, a tick for all that went down with it.
#[derive(Clone, Debug, Default)]
pub struct Onsets(VecDeque<Tick>);

impl Onsets {
    /// A key goes down at `tick`, and none did later.
    pub fn push(&mut self, tick: Tick) {
        if self.last() == Some(tick) {
            return;
        }
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(tick);
    }

    /// The newest.
    pub fn last(&self) -> Option<Tick> {
        self.0.back().copied()
    }

    /// Those in `span`, in order.
    pub fn within(&self, span: Range<Tick>) -> impl Iterator<Item = Tick> {
        self.0.iter().copied().filter(move |tick| span.contains(tick))
    }

    /// What was heard keeps its distance from a song that goes on `delta` ticks later.
    pub fn shift(&mut self, delta: Tick) {
        self.0.iter_mut().for_each(|tick| *tick += delta);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_remembered_and_move_with_the_song() {
        let mut onsets = Onsets::default();
        (0..100).for_each(|tick| onsets.push(tick / 2 * 12));
        assert_eq!(onsets.within(0..Tick::MAX).count(), 50, "keys that go down together are one onset");
        (50..200).for_each(|tick| onsets.push(tick * 12));
        onsets.shift(-1200);
        assert_eq!((onsets.last(), onsets.within(0..Tick::MAX).count()), (Some(1188), MOST));
        assert_eq!(onsets.within(1140..1170).collect::<Vec<_>>(), [1140, 1152, 1164]);
    }
}
