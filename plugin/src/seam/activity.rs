//! What comes in at the callback, for a musician who hears nothing and asks why.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What has come in since the instance was made. Audio writes, anybody reads, field by field.
#[derive(Debug, Default)]
pub struct Activity {
    blocks: AtomicU64,
    notes: AtomicU64,
    drums: AtomicU64,
    doubted: AtomicBool,
}

impl Activity {
    /// Audio: a block begins; `doubted`: the host plays and cannot be followed.
    pub fn block(&self, doubted: bool) {
        self.blocks.fetch_add(1, Ordering::Relaxed);
        self.doubted.store(doubted, Ordering::Relaxed);
    }

    /// Audio: the musician has struck a key, or with `drums` a pad.
    pub fn note(&self, drums: bool) {
        let count = if drums { &self.drums } else { &self.notes };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Blocks of audio.
    pub fn blocks(&self) -> u64 {
        self.blocks.load(Ordering::Relaxed)
    }

    /// Keys that the musician has struck.
    pub fn notes(&self) -> u64 {
        self.notes.load(Ordering::Relaxed)
    }

    /// Pads on the drum channel.
    pub fn drums(&self) -> u64 {
        self.drums.load(Ordering::Relaxed)
    }

    /// Whether the host plays and cannot be followed: see [`Doubt`](super::Doubt).
    pub fn doubted(&self) -> bool {
        self.doubted.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_and_keys_are_counted_apart() {
        let activity = Activity::default();
        for drums in [true, false, true] {
            activity.note(drums);
        }
        activity.block(true);
        assert_eq!((activity.notes(), activity.drums(), activity.blocks()), (1, 2, 1));
        assert!(activity.doubted());
    }
}
