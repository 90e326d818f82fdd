//! The tempo of a song that no host leads.
//!
//! The host's tempo, the tempo knob, taps and the musician's own notes may all give it. Whoever spoke last counts, and
//! at the beginning the host, if it gives a tempo at all: so a band beside a standing transport plays at the project's
//! tempo until somebody turns the knob or taps, and takes the project's again when that changes or the transport
//! starts.
//!
//! Knob and host give a tempo only; from the next frame on the song goes on at it from where it is. A tap and a note
//! also say *where* the beat is. The song then does not jump there: it is stretched or squeezed, a quarter of the
//! distance and at most a quarter of a frame in each frame, until it lies on the beat. Nothing is skipped, no planned
//! note is lost.
//!
//! Notes count at their samples, knob and taps at the start of their block; hosts that send automation have blocks
//! split where it lies. All takes effect when a frame is called. So blocks of any size give the same song.

mod follower;
mod taps;

use std::ops::RangeInclusive;

use continuo_models::music::{Moment, Tick};

use crate::params::ListeningParams;
use crate::song_clock::{DEFAULT_TEMPO, MOMENTS_PER_FRAME, MOMENTS_PER_QUARTER, SongClock, TEMPI};
use crate::trigger::Trigger;
use follower::Follower;
use taps::Taps;

/// The tempi that taps and notes may give, in quarter notes per minute: those of the knob.
const GIVEN: RangeInclusive<f64> = 30.0..=300.0;

/// The share of its distance from the beat that the song makes up in a frame.
const MADE_UP: f64 = 0.25;

/// The most that it makes up in a frame, in moments.
const MOST_MADE_UP: f64 = MOMENTS_PER_FRAME / 4.0;

/// The song as it ought to go: straight on from a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    sample: i64,
    /// Where the song ought to be at that sample, in moments.
    position: f64,
    /// Quarter notes per minute.
    tempo: f64,
    sample_rate: f64,
}

impl Line {
    fn moments_per_sample(&self) -> f64 {
        self.tempo * MOMENTS_PER_QUARTER / 60.0 / self.sample_rate
    }

    fn position_of(&self, sample: i64) -> f64 {
        self.position + (sample - self.sample) as f64 * self.moments_per_sample()
    }
}

/// What [`ListeningParams`] say of the tempo at the start of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TempoSettings {
    /// The knob, in quarter notes per minute.
    pub tempo: f64,
    /// Whether the tap button is down.
    pub tap: bool,
    /// Whether the musician's notes lead.
    pub follow: bool,
}

impl From<&ListeningParams> for TempoSettings {
    fn from(params: &ListeningParams) -> Self {
        let tempo = f64::from(params.tempo.value()).clamp(*GIVEN.start(), *GIVEN.end());
        Self { tempo, tap: params.tap.value(), follow: params.follow_tempo.value() }
    }
}

/// Keeps the tempo while no host leads. Belongs to the audio thread; takes a constant time for a block, a note or a
/// frame.
#[derive(Clone, Debug)]
pub struct OwnTempo {
    /// Quarter notes per minute.
    tempo: f64,
    /// What the host and the knob said last.
    said: Option<(Option<f64>, f64)>,
    tap: Trigger,
    taps: Taps,
    /// Where the taps want the song to be.
    tapped: Option<Line>,
    follower: Option<Follower>,
}

impl Default for OwnTempo {
    fn default() -> Self {
        Self {
            tempo: DEFAULT_TEMPO,
            said: None,
            tap: Trigger::default(),
            taps: Taps::default(),
            tapped: None,
            follower: None,
        }
    }
}

impl OwnTempo {
    /// Hears at the start of a block what the host and the panel say. Call after [`SongClock::begin_block`], with what
    /// that returned.
    pub fn begin_block(&mut self, clock: &SongClock, host: Option<f64>, settings: TempoSettings, jumped: bool) {
        let tapped = self.tap.rises(settings.tap);
        let spoke = self.heed(host.filter(|tempo| TEMPI.contains(tempo)), settings.tempo);
        if jumped || spoke || clock.host_leads() {
            (self.tapped, self.follower) = (None, None);
        }
        if clock.host_leads() {
            self.tempo = f64::from(clock.tempo());
            self.taps = Taps::default();
            return;
        }
        if tapped {
            self.take_tap(clock);
        }
        if !settings.follow {
            if let Some(follower) = self.follower.take() {
                self.tapped = Some(follower.line());
            }
        } else if self.follower.is_none() {
            let line = self.tapped.unwrap_or_else(|| self.line(clock, clock.position_of(clock.now())));
            self.follower = Some(Follower::new(line));
        }
    }

    /// The musician strikes a key at `sample`, counted like [`SongClock::now`].
    pub fn hear(&mut self, clock: &SongClock, sample: i64) {
        if let Some(follower) = &mut self.follower {
            follower.hear(sample, clock.bar_of(clock.frame()));
            self.tempo = follower.line().tempo;
        }
    }

    /// A frame has been called: says how fast the song goes until the next one.
    pub fn steer(&self, clock: &mut SongClock) {
        if clock.host_leads() {
            return;
        }
        let line = self.follower.as_ref().map(Follower::line).or(self.tapped);
        let behind = line.map_or(0.0, |line| line.position_of(clock.called()) - clock.position_of(clock.called()));
        let made_up = (behind * MADE_UP).clamp(-MOST_MADE_UP, MOST_MADE_UP);
        clock.keep_pace(self.tempo, MOMENTS_PER_FRAME / (MOMENTS_PER_FRAME - made_up));
    }

    /// Takes the tempo of whoever has something new to say; `false`: nobody has.
    fn heed(&mut self, host: Option<f64>, knob: f64) -> bool {
        let before = self.said.replace((host, knob));
        let new = match before {
            None => Some(host.unwrap_or(knob)),
            Some((before, _)) if host.is_some() && host != before => host,
            Some((_, before)) => (knob != before).then_some(knob),
        };
        self.tempo = new.unwrap_or(self.tempo);
        new.is_some()
    }

    /// A tap is a felt beat: the song's nearest one is moved there.
    fn take_tap(&mut self, clock: &SongClock) {
        if !self.taps.tap(clock.now(), clock.sample_rate()) {
            return;
        }
        let bar = clock.bar_of(clock.frame());
        let [start, beat] = [bar.bar_start, bar.meter.beat_ticks()].map(in_moments);
        if let Some(samples) = self.taps.beat() {
            let tempo = beat / MOMENTS_PER_QUARTER * 60.0 * clock.sample_rate() / samples;
            self.tempo = tempo.clamp(*GIVEN.start(), *GIVEN.end());
        }
        let beats = ((clock.position_of(clock.now()) - start) / beat).round();
        self.tapped = Some(self.line(clock, start + beats * beat));
        self.follower = None;
    }

    /// The song at our tempo, with `position` at the start of the block.
    fn line(&self, clock: &SongClock, position: f64) -> Line {
        Line { sample: clock.now(), position, tempo: self.tempo, sample_rate: clock.sample_rate() }
    }
}

fn in_moments(ticks: Tick) -> f64 {
    Moment::from_tick(ticks).0 as f64
}

#[cfg(test)]
mod tests;
