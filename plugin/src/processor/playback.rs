//! What is listened to before it is chosen: the bars of an audition, over and over, in the place of what the band
//! sounds.
//!
//! It begins with a bar of the song and then has a time of its own, at the tempo of that bar: a song that stops, jumps
//! or loops does not touch it. It ends as soon as it is not wished for any more, and while a host renders there is
//! none: a bounce is what is chosen.

use std::sync::Arc;

use crate::seam::{Audition, AuditionEvent, Newest};

/// Plays auditions. Belongs to the audio thread; never allocates.
pub struct Playback {
    newest: Newest<Option<Arc<Audition>>>,
    /// What plays from the next bar on.
    next: Option<Arc<Audition>>,
    playing: Option<Playing>,
}

struct Playing {
    audition: Arc<Audition>,
    /// The sample at which it has begun this time, counted like
    /// [`SongClock::now`](crate::song_clock::SongClock::now).
    begin: f64,
    samples_per_quarter: f64,
    /// The event that comes next.
    index: usize,
}

impl Playback {
    /// Nothing plays yet.
    pub fn new(newest: Newest<Option<Arc<Audition>>>) -> Self {
        Self { newest, next: None, playing: None }
    }

    /// A block begins, in which something `may` be listened to. `true`: what was listened to is over.
    pub fn begin_block(&mut self, may: bool) -> bool {
        if let Some(newest) = self.newest.newest() {
            self.newest.take();
            self.next = newest;
            if self.next.is_none() {
                return self.playing.take().is_some();
            }
        }
        !may && self.playing.take().is_some()
    }

    /// A bar begins at `sample`: so does what is wished for, if it is another one. `true`: what sounds is to end.
    pub fn begin_bar(&mut self, sample: i64, samples_per_quarter: f64) -> bool {
        let Some(audition) = self.next.take() else { return false };
        self.playing = Some(Playing { audition, begin: sample as f64, samples_per_quarter, index: 0 });
        true
    }

    /// What plays stops; what was wished for begins anew with the next bar. For a clock that counts anew.
    pub fn rewind(&mut self) {
        self.next = self.next.take().or(self.playing.take().map(|playing| playing.audition));
    }

    /// Whether something plays, and the band is not to be heard.
    pub fn plays(&self) -> bool {
        self.playing.is_some()
    }

    /// The sample of what comes next.
    pub fn next(&self) -> Option<i64> {
        let Playing { audition, begin, samples_per_quarter, index } = self.playing.as_ref()?;
        let at = audition.events.get(*index).map_or(audition.quarters, |event| event.at);
        Some((begin + at * samples_per_quarter).round() as i64)
    }

    /// What comes next; `None`: it begins again from the start.
    pub fn take(&mut self) -> Option<AuditionEvent> {
        let Playing { audition, begin, samples_per_quarter, index } = self.playing.as_mut()?;
        let event = audition.events.get(*index).copied();
        match event {
            Some(_) => *index += 1,
            None => {
                // However short it is, the callback comes to its end.
                *begin += (audition.quarters * *samples_per_quarter).max(1.0);
                *index = 0;
            }
        }
        event
    }
}
