//! One voice of the built-in sound: a `fundsp` graph for the tone, and the gain of a key that goes down and up.

use continuo_models::Timbre;
use fundsp::prelude32::*;

/// The tone of `timbre` at full gain, at the frequency `pitch` in hertz and without what is above `highest`: no input,
/// one output.
fn tone(timbre: Timbre, pitch: &Shared, highest: f32) -> Box<dyn AudioUnit> {
    let partial = |number: f32| (var(pitch) * number) >> sine();
    match timbre {
        // What is struck has no voices: the kit plays it.
        Timbre::Keys | Timbre::Kit => Box::new(partial(1.0) + 0.3 * partial(2.0) + 0.06 * partial(5.0)),
        Timbre::Reed => Box::new((var(pitch) >> soft_saw()) >> lowpass_hz(highest.min(1800.0), 0.6)),
        Timbre::Bass => {
            Box::new(((var(pitch) >> triangle()) >> lowpass_hz(highest.min(700.0), 0.6)) + 0.4 * partial(1.0))
        }
    }
}

/// Seconds to full gain, seconds in which the tone falls towards its held level by a factor of e, that level, and the
/// same seconds after the key has come up.
fn shape(timbre: Timbre) -> (f32, f32, f32, f32) {
    match timbre {
        Timbre::Keys | Timbre::Kit => (0.004, 0.9, 0.0, 0.09),
        Timbre::Reed => (0.015, 0.4, 0.7, 0.07),
        Timbre::Bass => (0.005, 0.5, 0.45, 0.05),
    }
}

/// The highest frequency, as a share of the sample rate. Filters above half of it do not hold.
pub const HIGHEST: f32 = 0.45;

/// Below this gain a released voice is free.
const SILENCE: f32 = 1e-4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Free,
    Rising,
    Held,
    Released,
}

/// A voice. Made off the audio thread; everything else may be called on it.
pub struct Voice {
    tone: Box<dyn AudioUnit>,
    pitch: Shared,
    timbre: Timbre,
    sample_rate: f32,
    stage: Stage,
    gain: f32,
    peak: f32,
    key: u8,
}

impl Voice {
    /// A free voice at `sample_rate` hertz, warmed up: the first tone allocates nothing any more.
    pub fn new(timbre: Timbre, sample_rate: f32) -> Self {
        let pitch = shared(440.0);
        let mut tone = tone(timbre, &pitch, HIGHEST * sample_rate);
        tone.set_sample_rate(f64::from(sample_rate));
        tone.allocate();
        let mut voice = Self { tone, pitch, timbre, sample_rate, stage: Stage::Free, gain: 0.0, peak: 0.0, key: 0 };
        voice.start(69, 1.0);
        voice.add_to(&mut [0.0; MAX_BUFFER_SIZE]);
        voice.silence();
        voice
    }

    /// The key goes down at `level` (0–1). A voice that still sounds glides from where it is: no click.
    pub fn start(&mut self, key: u8, level: f32) {
        self.key = key;
        self.peak = level;
        let pitch = 440.0 * 2f32.powf((f32::from(key) - 69.0) / 12.0);
        self.pitch.set_value(pitch.min(HIGHEST * self.sample_rate));
        self.stage = Stage::Rising;
    }

    /// The key comes up.
    pub fn release(&mut self) {
        if self.stage != Stage::Free {
            self.stage = Stage::Released;
        }
    }

    /// Ends at once.
    pub fn silence(&mut self) {
        self.stage = Stage::Free;
        self.gain = 0.0;
        self.tone.reset();
    }

    /// Whether it makes no sound at all.
    pub fn is_free(&self) -> bool {
        self.stage == Stage::Free
    }

    /// The key, while it is down.
    pub fn held_key(&self) -> Option<u8> {
        matches!(self.stage, Stage::Rising | Stage::Held).then_some(self.key)
    }

    /// How little it would be missed, to choose the voice that a new note takes: free, then released, then quiet.
    pub fn spare(&self) -> f32 {
        match self.stage {
            Stage::Free => 3.0,
            Stage::Released => 2.0 - self.gain,
            Stage::Rising | Stage::Held => 1.0 - self.gain,
        }
    }

    /// Adds the voice to at most [`MAX_BUFFER_SIZE`] samples.
    pub fn add_to(&mut self, output: &mut [f32]) {
        if self.stage == Stage::Free {
            return;
        }
        let mut tone = BufferArray::<U1>::new();
        self.tone.process(output.len(), &BufferRef::empty(), &mut tone.buffer_mut());
        let (attack, decay, held, release) = shape(self.timbre);
        let per_sample = |seconds: f32| 1.0 / (seconds * self.sample_rate).max(1.0);
        let (rise, decay, release) = (self.peak * per_sample(attack), per_sample(decay), per_sample(release));
        for (sample, tone) in output.iter_mut().zip(tone.channel_f32(0)) {
            match self.stage {
                Stage::Rising => {
                    self.gain += (self.peak - self.gain).clamp(-rise, rise);
                    if self.gain == self.peak {
                        self.stage = Stage::Held;
                    }
                }
                Stage::Held => self.gain += (self.peak * held - self.gain) * decay,
                Stage::Released | Stage::Free => self.gain -= self.gain * release,
            }
            *sample += self.gain * tone;
        }
        if self.stage == Stage::Released && self.gain < SILENCE {
            self.silence();
        }
    }
}
