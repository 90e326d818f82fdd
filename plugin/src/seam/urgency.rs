//! How urgent the system takes a worker for.

use std::sync::atomic::{AtomicU8, Ordering};

/// How urgent the system takes the worker for; the more, the less other programs can hold it up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// As any program.
    #[default]
    Usual,
    /// Before other programs.
    Raised,
    /// Before all that is not real time, and after audio.
    RealTime,
}

impl Urgency {
    const ALL: [Urgency; 3] = [Urgency::Usual, Urgency::Raised, Urgency::RealTime];

    /// In words, for the musician.
    pub fn text(self) -> &'static str {
        match self {
            Urgency::Usual => "usual",
            Urgency::Raised => "raised",
            Urgency::RealTime => "real time",
        }
    }
}

/// The [`Urgency`] of a worker. The worker writes, anybody reads.
#[derive(Debug, Default)]
pub struct WorkerUrgency(AtomicU8);

impl WorkerUrgency {
    /// Worker: it is that.
    pub fn set(&self, urgency: Urgency) {
        self.0.store(urgency as u8, Ordering::Relaxed);
    }

    /// What it is.
    pub fn get(&self) -> Urgency {
        Urgency::ALL.get(usize::from(self.0.load(Ordering::Relaxed))).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_urgency_survives_the_passage() {
        let urgency = WorkerUrgency::default();
        assert_eq!(urgency.get(), Urgency::Usual);
        for one in Urgency::ALL {
            urgency.set(one);
            assert_eq!(urgency.get(), one);
        }
    }
}
