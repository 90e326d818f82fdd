//! Why a host that plays cannot be followed, from the audio thread to the worker, who may tell.

use super::sync::{AtomicU8, Ordering};

/// Why a host that plays is not followed: meanwhile the song goes on by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Its position does not move.
    Standing,
    /// Its position is not a number, or none that a song could have.
    Nowhere,
    /// Its tempo is beyond [`TEMPI`](crate::song_clock::TEMPI).
    Tempo,
}

impl Doubt {
    const ALL: [Self; 3] = [Self::Standing, Self::Nowhere, Self::Tempo];

    /// For the musician: what is wrong, and what to do about it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Standing => {
                "The host plays, but its position stands still, so the band keeps time by itself. To lead it, let the \
                 host be the timebase (in Carla: timebase master)."
            }
            Self::Nowhere => {
                "The host plays at a position that cannot be, so the band keeps time by itself. To lead it, move the \
                 host to where there is music."
            }
            Self::Tempo => {
                "The host's tempo cannot be followed, so the band keeps the last one that could. To lead it, set the \
                 host to 5 to 1000 beats per minute."
            }
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The doubts so far, each told once for as long as the instance lives. Audio writes, the worker reads.
#[derive(Debug, Default)]
pub struct Doubts {
    raised: AtomicU8,
    told: AtomicU8,
}

impl Doubts {
    /// Audio: there is a doubt.
    pub fn raise(&self, doubt: Doubt) {
        self.raised.fetch_or(doubt.bit(), Ordering::Relaxed);
    }

    /// Worker: a doubt that has not been told yet; now it counts as told.
    pub fn take_new(&self) -> Option<Doubt> {
        let new = self.raised.load(Ordering::Relaxed) & !self.told.load(Ordering::Relaxed);
        let doubt = Doubt::ALL.into_iter().find(|doubt| new & doubt.bit() != 0)?;
        self.told.fetch_or(doubt.bit(), Ordering::Relaxed);
        Some(doubt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_doubt_is_told_once() {
        let doubts = Doubts::default();
        doubts.raise(Doubt::Tempo);
        doubts.raise(Doubt::Tempo);
        assert_eq!((doubts.take_new(), doubts.take_new()), (Some(Doubt::Tempo), None));
        doubts.raise(Doubt::Tempo);
        doubts.raise(Doubt::Standing);
        assert_eq!((doubts.take_new(), doubts.take_new()), (Some(Doubt::Standing), None));
    }
}
