//! The click of the metronome and of sticks: a sine that fades at once.

use std::f32::consts::TAU;

/// What clicks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clicker {
    /// The metronome.
    Metronome,
    /// A drummer's sticks, before the song.
    Sticks,
}

/// The pitch of a beat of the metronome, and of the first one in a bar, in hertz.
const PITCHES: [f32; 2] = [1320.0, 1980.0];
/// The pitch of sticks, in hertz, whatever the beat.
const STICKS: f32 = 2600.0;
/// How loud they begin.
const LEVELS: [f32; 2] = [0.4, 0.6];
/// Seconds in which the sound falls by a factor of e, of the metronome and of sticks.
const FADES: [f32; 2] = [0.012, 0.005];
/// The highest pitch, as a share of the sample rate.
const HIGHEST: f32 = 0.2;
/// Below this level there is silence.
const SILENCE: f32 = 1e-4;

/// A click that sounds or not. Never allocates.
#[derive(Clone, Copy, Debug)]
pub struct Click {
    sample_rate: f32,
    /// The last two samples, and how the next one follows from them: a damped oscillation.
    last: [f32; 2],
    follow: [f32; 2],
}

impl Click {
    /// A silent one, at `sample_rate` hertz.
    pub fn new(sample_rate: f32) -> Self {
        Self { sample_rate, last: [0.0; 2], follow: [0.0; 2] }
    }

    /// Begins the click of a beat, with an `accent` if a bar begins.
    pub fn start(&mut self, accent: bool, by: Clicker) {
        let kind = usize::from(accent);
        let (pitch, fade) = match by {
            Clicker::Metronome => (PITCHES[kind], FADES[0]),
            Clicker::Sticks => (STICKS, FADES[1]),
        };
        let angle = TAU * (pitch / self.sample_rate).min(HIGHEST);
        let fall = (-1.0 / (fade * self.sample_rate)).exp();
        self.follow = [2.0 * fall * angle.cos(), -fall * fall];
        // What came before the first sample, so that it is sin(angle).
        self.last = [0.0, -LEVELS[kind] * angle.sin() / (fall * fall)];
    }

    /// Whether it makes any sound.
    pub fn sounds(&self) -> bool {
        self.last != [0.0; 2]
    }

    /// Adds the sound, times `gain`, to both sides of a stretch of audio.
    pub fn add_to(&mut self, left: &mut [f32], right: &mut [f32], gain: f32) {
        for (left, right) in left.iter_mut().zip(right) {
            let [one, two] = self.last;
            if one.abs() + two.abs() < SILENCE {
                self.last = [0.0; 2];
                return;
            }
            let sample = self.follow[0] * one + self.follow[1] * two;
            self.last = [sample, one];
            *left += gain * sample;
            *right += gain * sample;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(click: &mut Click, samples: usize) -> Vec<f32> {
        let (mut left, mut right) = (vec![0.0; samples], vec![0.0; samples]);
        click.add_to(&mut left, &mut right, 1.0);
        assert_eq!(left, right);
        left
    }

    #[test]
    fn a_click_sounds_from_its_first_sample_on_and_is_over_soon() {
        for rate in [1_000.0, 8_000.0, 48_000.0, 768_000.0] {
            for (accent, level) in [(false, LEVELS[0]), (true, LEVELS[1])] {
                for by in [Clicker::Metronome, Clicker::Sticks] {
                    let mut click = Click::new(rate);
                    click.start(accent, by);
                    let sound = render(&mut click, (rate * 0.2) as usize);
                    assert!(sound[0] > 0.0, "{rate} Hz");
                    assert!(sound.iter().all(|sample| sample.abs() <= level), "{rate} Hz");
                    assert!(render(&mut click, 100).iter().all(|sample| *sample == 0.0), "{rate} Hz");
                }
            }
        }
    }

    #[test]
    fn the_first_beat_of_a_bar_is_louder() {
        let loudest = |accent| {
            let mut click = Click::new(48_000.0);
            click.start(accent, Clicker::Metronome);
            render(&mut click, 4800).into_iter().fold(0.0, |most: f32, sample| most.max(sample.abs()))
        };
        assert!(loudest(true) > 1.3 * loudest(false));
    }
}
