//! The built-in sound: so that the plug-in is audible on its own, without an instrument behind it.

mod click;
mod kit;
mod voice;

use continuo_models::Timbre;
use fundsp::MAX_BUFFER_SIZE;

use crate::seam::Part;
use kit::Kit;
use voice::Voice;

pub use click::{Click, Clicker};

/// Voices of each timbre: two hands and the chords share the keys, Voices and Lead the reeds.
const POOLS: [(Timbre, usize); 3] = [(Timbre::Keys, 16), (Timbre::Reed, 6), (Timbre::Bass, 3)];

/// One voice at full level, so that a full band stays below the limit.
const VOICE_LEVEL: f32 = 0.16;

/// The timbre of a part, and where it stands between left (0) and right (1).
fn place(part: Part) -> (Timbre, f32) {
    match part {
        Part::You => (Timbre::Keys, 0.5),
        Part::Player(player) => (player.kind().timbre, player.kind().pan),
    }
}

/// Which of the [`POOLS`] plays `part`.
fn pool_of(part: Part) -> usize {
    let timbre = place(part).0;
    POOLS.iter().position(|(pool, _)| *pool == timbre).unwrap_or(0)
}

struct PlacedVoice {
    voice: Voice,
    part: Part,
}

/// The built-in sound. Made off the audio thread; every method but [`Preview::new`] is free of allocation, locks and
/// system calls.
pub struct Preview {
    pools: [Vec<PlacedVoice>; POOLS.len()],
    kit: Kit,
}

impl Preview {
    /// All voices free, at `sample_rate` hertz.
    pub fn new(sample_rate: f32) -> Self {
        let pool = |(timbre, voices)| {
            (0..voices).map(|_| PlacedVoice { voice: Voice::new(timbre, sample_rate), part: Part::You }).collect()
        };
        Self { pools: POOLS.map(pool), kit: Kit::new(sample_rate) }
    }

    /// `part` plays `key` with `velocity` (1–127): a drum is struck, or the voice that is missed least is taken.
    pub fn note_on(&mut self, part: Part, key: u8, velocity: u8) {
        if place(part).0 == Timbre::Kit {
            return self.strike(key, velocity);
        }
        let pool = &mut self.pools[pool_of(part)];
        let spare = |placed: &&mut PlacedVoice| placed.voice.spare();
        if let Some(placed) = pool.iter_mut().max_by(|a, b| spare(a).total_cmp(&spare(b))) {
            placed.part = part;
            placed.voice.start(key, VOICE_LEVEL * loudness(velocity));
        }
    }

    /// The drum on `key`, of General MIDI's, is struck with `velocity` (1–127).
    pub fn strike(&mut self, key: u8, velocity: u8) {
        self.kit.strike(key, loudness(velocity));
    }

    /// `part` lets `key` go. What was struck rings on.
    pub fn note_off(&mut self, part: Part, key: u8) {
        let pool = &mut self.pools[pool_of(part)];
        for placed in pool.iter_mut().filter(|placed| placed.part == part && placed.voice.held_key() == Some(key)) {
            placed.voice.release();
        }
    }

    /// Every key comes up, and a hand lies on every drum.
    pub fn release_all(&mut self) {
        for placed in self.pools.iter_mut().flatten() {
            placed.voice.release();
        }
        self.kit.damp();
    }

    /// Ends every voice at once.
    pub fn silence(&mut self) {
        for placed in self.pools.iter_mut().flatten() {
            placed.voice.silence();
        }
        self.kit.silence();
    }

    /// Whether a voice or a drum makes any sound.
    pub fn sounds(&self) -> bool {
        self.pools.iter().flatten().any(|placed| !placed.voice.is_free()) || self.kit.sounds()
    }

    /// Adds the sound, times `gain`, to both sides of a stretch of audio. The sum of the voices is bent below ±1.
    pub fn add_to(&mut self, left: &mut [f32], right: &mut [f32], gain: f32) {
        for (left, right) in left.chunks_mut(MAX_BUFFER_SIZE).zip(right.chunks_mut(MAX_BUFFER_SIZE)) {
            let mut sides = [[0.0; MAX_BUFFER_SIZE]; 2];
            for placed in self.pools.iter_mut().flatten().filter(|placed| !placed.voice.is_free()) {
                let mut tone = [0.0; MAX_BUFFER_SIZE];
                placed.voice.add_to(&mut tone[..left.len()]);
                let position = place(placed.part).1;
                for (side, share) in sides.iter_mut().zip([(1.0 - position).sqrt(), position.sqrt()]) {
                    side.iter_mut().zip(tone).for_each(|(sum, sample)| *sum += share * sample);
                }
            }
            self.kit.add_to(&mut sides, left.len());
            for (output, side) in [left, right].into_iter().zip(sides) {
                output.iter_mut().zip(side).for_each(|(output, sum)| *output += gain * bend(sum));
            }
        }
    }
}

/// How loud what is struck with `velocity` (1–127) is, 0 to 1.
fn loudness(velocity: u8) -> f32 {
    let loudness = f32::from(velocity) / 127.0;
    loudness * loudness
}

/// Bends a signal below ±1, smoothly, and leaves a quiet one nearly as it is.
fn bend(sample: f32) -> f32 {
    sample / (1.0 + sample * sample).sqrt()
}

#[cfg(test)]
mod tests {
    use continuo_models::Player;

    use super::*;

    const RATE: f32 = 48_000.0;

    fn render(preview: &mut Preview, samples: usize) -> Vec<f32> {
        let (mut left, mut right) = (vec![0.0; samples], vec![0.0; samples]);
        preview.add_to(&mut left, &mut right, 1.0);
        left.into_iter().zip(right).flat_map(|(left, right)| [left, right]).collect()
    }

    fn peak(samples: &[f32]) -> f32 {
        samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
    }

    #[test]
    fn the_sound_holds_at_every_sample_rate_and_on_every_key() {
        for rate in [1_000.0, 1_234.57, 4_000.0, 8_000.0, 22_050.0, 384_000.0, 768_000.0] {
            let mut preview = Preview::new(rate);
            for key in 0..128 {
                for part in Part::all() {
                    preview.note_on(part, key, 127);
                }
                let sound = render(&mut preview, 300);
                assert!(sound.iter().all(|sample| sample.abs() < 1.0), "{rate} Hz, key {key}");
            }
        }
    }

    #[test]
    fn every_part_is_heard_while_its_key_is_down_and_fades_when_it_comes_up() {
        for part in Part::all() {
            let mut preview = Preview::new(RATE);
            assert_eq!(peak(&render(&mut preview, 1000)), 0.0, "{part:?} before the note");
            preview.note_on(part, 52, 100);
            assert!(peak(&render(&mut preview, 9600)) > 0.02, "{part:?} in the note");
            preview.note_off(part, 52);
            // A cymbal takes its time.
            render(&mut preview, 5 * 48_000);
            assert_eq!(peak(&render(&mut preview, 1000)), 0.0, "{part:?} after the note");
        }
    }

    #[test]
    fn the_level_is_limited_however_many_keys_are_down() {
        let mut preview = Preview::new(RATE);
        for part in Part::all() {
            (20..110).for_each(|key| preview.note_on(part, key, 127));
        }
        assert!(peak(&render(&mut preview, 48_000)) < 1.0);
    }

    #[test]
    fn a_note_begins_and_ends_without_a_click() {
        let mut preview = Preview::new(RATE);
        preview.note_on(Part::You, 48, 127);
        let mut samples = render(&mut preview, 24_000);
        preview.note_off(Part::You, 48);
        samples.extend(render(&mut preview, 24_000));
        let left: Vec<f32> = samples.into_iter().step_by(2).collect();
        let step = left.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(step < 0.02, "a step of {step}");
    }

    #[test]
    fn a_part_lets_go_of_its_own_key_only() {
        let mut preview = Preview::new(RATE);
        preview.note_on(Part::You, 60, 100);
        preview.note_off(Player::Chords.into(), 60);
        render(&mut preview, 24_000);
        assert!(peak(&render(&mut preview, 2400)) > 0.01);
    }
}
