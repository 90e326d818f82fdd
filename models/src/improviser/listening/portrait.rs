//! The musician's way of playing of late: what the players of the band go by.

use crate::music::Tick;
use crate::music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER};

/// The longest rest that is told from longer ones.
pub const LONGEST_REST: Tick = 256 * TICKS_PER_QUARTER;

/// How the musician plays. Plain old data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Portrait {
    /// Notes of the lead line per quarter note of late, 0 or more; the last bar counts most.
    pub density: f32,
    /// The middle of the lead line of late, as a MIDI key.
    pub register: u8,
    /// The lowest key of the lead line that sounds, or did less than a quarter note ago.
    pub lowest: Option<u8>,
    /// The loudness of late, as a MIDI velocity, 1–127.
    pub touch: u8,
    /// Ticks since the lead line ended; 0 while it sounds. At most 256 quarter notes, as before the first note.
    pub rests_for: Tick,
    /// The number of the phrase that is played or was played last, from 1; 0 before the first note. Wraps.
    pub phrase: u32,
}

/// The part of each frame in the mean density.
const FRAME_SHARE: f32 = 1.0 / 16.0;

/// Means that glide towards what is played now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Habits {
    touch: Option<f32>,
    register: Option<f32>,
    density: f32,
}

impl Habits {
    /// A key was struck.
    pub fn hear_stroke(&mut self, velocity: u8) {
        self.touch = Some(glide(self.touch, velocity.min(127), 0.15));
    }

    /// A note of the lead line began.
    pub fn hear_lead(&mut self, key: u8) {
        self.register = Some(glide(self.register, key, 0.12));
    }

    /// A frame has passed, in which a note of the lead line began or not.
    pub fn pass_frame(&mut self, onset: bool) {
        let frames = (TICKS_PER_QUARTER / TICKS_PER_FRAME) as f32;
        self.density += FRAME_SHARE * (if onset { frames } else { 0.0 } - self.density);
    }

    /// The portrait of a musician of these habits; usual ones before the first note.
    pub fn portrait(&self, rests_for: Tick, phrase: u32, lowest: Option<u8>) -> Portrait {
        Portrait {
            lowest,
            density: self.density,
            register: self.register.unwrap_or(67.0).round().clamp(0.0, 127.0) as u8,
            touch: self.touch.unwrap_or(80.0).round().clamp(1.0, 127.0) as u8,
            rests_for,
            phrase,
        }
    }
}

fn glide(from: Option<f32>, to: u8, share: f32) -> f32 {
    let to = f32::from(to);
    from.map_or(to, |from| from + share * (to - from))
}
