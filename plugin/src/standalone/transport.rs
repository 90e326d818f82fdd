//! The transport: whether the song runs, in which meter, and at which tempo it begins.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32};

use continuo::machine;
use continuo::song_clock::HostTime;
use continuo_models::music::Meter;

/// The transport. Main and panel set it, audio reads it.
#[derive(Debug)]
pub struct Transport {
    /// Quarter notes per minute until the knob, a tap or the musician give others; `None`: the knob's.
    tempo: Option<f32>,
    plays: AtomicBool,
    /// Counts up with every start and stop.
    turns: AtomicU32,
    meter: AtomicU16,
}

impl Transport {
    /// A song that runs.
    pub fn new(tempo: Option<f32>, meter: Meter) -> Self {
        let transport =
            Self { tempo, plays: AtomicBool::new(true), turns: AtomicU32::new(0), meter: AtomicU16::new(0) };
        transport.set_meter(meter);
        transport
    }

    /// Main, panel: lets the song begin at its first bar, or stand.
    pub fn play(&self, plays: bool) {
        self.plays.store(plays, Relaxed);
        self.turns.fetch_add(1, Release);
    }

    /// Main, panel: sets the meter.
    pub fn set_meter(&self, meter: Meter) {
        self.meter.store(u16::from_be_bytes([meter.numerator, meter.denominator]), Relaxed);
    }

    /// Any thread: how it stands.
    pub fn status(&self) -> machine::Transport {
        let [numerator, denominator] = self.meter.load(Relaxed).to_be_bytes();
        machine::Transport { plays: self.plays.load(Relaxed), meter: Meter { numerator, denominator } }
    }

    /// Audio: how often the song was started and stopped, to be asked before [`Transport::status`].
    pub fn turns(&self) -> u32 {
        self.turns.load(Acquire)
    }

    /// Audio: what is said of time in a block. The song counts by itself: no position leads it.
    pub fn time(&self) -> HostTime {
        let Meter { numerator, denominator } = self.status().meter;
        HostTime {
            playing: true,
            tempo: self.tempo.map(f64::from),
            signature: Some((numerator.into(), denominator.into())),
            ..HostTime::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_told_from_the_one_before() {
        let transport = Transport::new(None, Meter::default());
        let before = transport.turns();
        transport.play(true);
        assert_ne!(transport.turns(), before);
        assert!(transport.status().plays);
        transport.play(false);
        assert!(!transport.status().plays);
    }

    #[test]
    fn the_song_has_the_meter_that_is_set_and_no_position() {
        let transport = Transport::new(Some(90.0), Meter::default());
        transport.set_meter(Meter { numerator: 7, denominator: 8 });
        let time = transport.time();
        assert_eq!((time.signature, time.tempo, time.position), (Some((7, 8)), Some(90.0), None));
    }
}
