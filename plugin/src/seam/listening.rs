//! What the musician listens to before choosing it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use continuo_models::Controls;

use super::display::Part;
use super::networks::NetworkSet;
use super::published::{Newest, Published};

/// A setting of the band, to be listened to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// What the band is to do.
    pub controls: Controls,
    /// With which networks.
    pub network: NetworkSet,
}

/// A note of an [`Audition`] begins or ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AuditionEvent {
    /// When, in quarter notes from the beginning.
    pub at: f64,
    /// Whose note it is.
    pub part: Part,
    /// MIDI channel, 0–15.
    pub channel: u8,
    /// MIDI key, 0–127.
    pub key: u8,
    /// Its loudness, above 0 to 1; 0: it ends.
    pub velocity: f32,
}

/// Some bars as they would sound in another setting: what the musician has played of late, and the band with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Audition {
    /// How long it is, in quarter notes; above 0.
    pub quarters: f64,
    /// In order of time, all between 0 and `quarters`. What begins ends.
    pub events: Vec<AuditionEvent>,
}

/// What is listened to, from the wish for it to what is heard. Panel and main wish; the worker makes the audition of
/// it, at its leisure; audio plays it, from a barline on, over and over. All but audio share a mutex, which audio never
/// touches.
#[derive(Debug, Default)]
pub struct Listening {
    /// Counts the wishes.
    wishes: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    wish: Option<Trial>,
    heard: Published<Option<Arc<Audition>>>,
    /// What audio may still hold, so that it is never the last to let go of it.
    held: Vec<Arc<Audition>>,
}

impl State {
    fn publish(&mut self, audition: Option<Arc<Audition>>) {
        self.held.extend(audition.clone());
        self.heard.write(audition);
        // Whoever has one of them may hand it on to nobody but us.
        self.held.retain(|audition| Arc::strong_count(audition) > 1);
    }
}

impl Listening {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Panel, main: this is to be listened to; what is heard until it is made goes on. `None`: nothing any more.
    pub fn to(&self, wish: Option<Trial>) {
        let mut state = self.state();
        state.wish = wish;
        self.wishes.fetch_add(1, Ordering::Relaxed);
        if wish.is_none() {
            state.publish(None);
        }
    }

    /// Worker: how often something else was wished for.
    pub fn wishes(&self) -> u64 {
        self.wishes.load(Ordering::Relaxed)
    }

    /// Worker: what is wished for, and the how manyth wish it is.
    pub fn wish(&self) -> (u64, Option<Trial>) {
        let state = self.state();
        (self.wishes(), state.wish)
    }

    /// Worker: the wish with this number is fulfilled, unless there has been another since.
    pub fn fulfil(&self, number: u64, audition: Audition) {
        let mut state = self.state();
        if number == self.wishes() {
            state.publish(Some(Arc::new(audition)));
        }
    }

    /// Main: a reader for the audio thread. From now on only this one hears of it; allocates.
    pub fn reader(&self) -> Newest<Option<Arc<Audition>>> {
        self.state().heard.reader(&None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial() -> Option<Trial> {
        Some(Trial { controls: Controls::default(), network: NetworkSet::ALL[0] })
    }

    fn audition(quarters: f64) -> Audition {
        Audition { quarters, events: Vec::new() }
    }

    #[test]
    fn what_is_heard_is_what_was_wished_for_last() {
        let listening = Listening::default();
        let mut reader = listening.reader();
        assert_eq!(listening.wish(), (0, None));
        listening.to(trial());
        let (first, _) = listening.wish();
        listening.to(trial());
        let (second, _) = listening.wish();
        listening.fulfil(second, audition(2.0));
        listening.fulfil(first, audition(1.0));
        assert_eq!(reader.newest(), Some(Some(Arc::new(audition(2.0)))));
        listening.to(None);
        listening.fulfil(second, audition(2.0));
        assert_eq!(reader.newest(), Some(None));
    }

    #[test]
    fn audio_is_never_the_last_to_let_go() {
        let listening = Listening::default();
        let mut reader = listening.reader();
        let mut heard = Vec::new();
        for quarters in 1..6 {
            listening.to(trial());
            listening.fulfil(listening.wish().0, audition(quarters.into()));
            heard.extend(reader.newest().flatten());
        }
        let kept = heard.iter().map(Arc::downgrade).collect::<Vec<_>>();
        drop(heard);
        assert!(kept.iter().all(|audition| audition.strong_count() > 0));
        listening.to(None);
        reader.newest();
        listening.to(None);
        listening.to(None);
        assert!(listening.state().held.is_empty(), "and they are let go at last");
    }
}
