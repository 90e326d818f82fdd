//! The kit of the built-in sound, on the keys of General MIDI: what is struck rings out by itself, however soon its key
//! comes up, and a closed hi-hat ends the open one.

use fundsp::MAX_BUFFER_SIZE;
use fundsp::prelude32::*;

use super::voice::HIGHEST;

/// A drum at full level. Its parts add up to more than a voice of the others: it is over sooner.
const LEVEL: f32 = 0.32;

/// Rings fall by a factor of e so many times until there is silence.
const SILENCE: f32 = 9.0;

/// Seconds in which a skin comes down to its pitch by a factor of e.
const BEND: f32 = 0.028;

/// Seconds between the hands of a clap, how many they are before all are together, and how fast each falls.
const CLAP: (f32, f32, f32) = (0.011, 3.0, 0.004);

/// Seconds in which what is damped, or struck again, falls by a factor of e.
const DAMPED: f32 = 0.006;

/// A skin, a stick or a bell: a sine.
#[derive(Clone, Copy)]
struct Tone {
    /// In hertz.
    pitch: f32,
    /// How much higher it begins, as a share.
    bend: f32,
    /// Seconds in which it falls by a factor of e.
    ring: f32,
    level: f32,
}

/// Wires, cymbals, seeds: noise.
#[derive(Clone, Copy)]
struct Noise {
    /// The lowest and the highest frequency, in hertz.
    band: (f32, f32),
    /// Seconds to its full level.
    rise: f32,
    /// Seconds in which it falls by a factor of e.
    ring: f32,
    level: f32,
}

/// Something to strike.
struct Drum {
    /// Its keys in General MIDI's percussion map.
    keys: &'static [u8],
    tones: [Option<Tone>; 2],
    noise: Option<Noise>,
    /// Where it stands between left (0) and right (1).
    pan: f32,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Drum,
    /// Of those that are struck, one sounds at a time.
    Hat,
    /// Several hands.
    Clap,
}

const fn tone(pitch: f32, bend: f32, ring: f32, level: f32) -> Option<Tone> {
    Some(Tone { pitch, bend, ring, level })
}

const fn hiss(low: f32, high: f32, ring: f32, level: f32) -> Option<Noise> {
    Some(Noise { band: (low, high), rise: 0.0, ring, level })
}

const fn rustle(low: f32, high: f32, rise: f32, ring: f32, level: f32) -> Option<Noise> {
    Some(Noise { band: (low, high), rise, ring, level })
}

const fn drum(keys: &'static [u8], pan: f32, tones: [Option<Tone>; 2], noise: Option<Noise>) -> Drum {
    Drum { keys, tones, noise, pan, kind: Kind::Drum }
}

const fn hat(keys: &'static [u8], ring: f32, level: f32) -> Drum {
    Drum { kind: Kind::Hat, ..drum(keys, 0.36, [None; 2], hiss(7500.0, 15_000.0, ring, level)) }
}

static DRUMS: [Drum; 30] = [
    // Kick.
    drum(&[35, 36], 0.5, [tone(50.0, 2.4, 0.15, 1.0), None], hiss(1500.0, 5000.0, 0.004, 0.4)),
    // Side stick, and the sticks against each other.
    drum(
        &[31, 37],
        0.46,
        [tone(1720.0, 0.0, 0.012, 0.4), tone(480.0, 0.0, 0.02, 0.4)],
        hiss(2000.0, 9000.0, 0.006, 0.3),
    ),
    // Snare.
    drum(&[38, 40], 0.48, [tone(186.0, 0.5, 0.07, 0.5), tone(331.0, 0.2, 0.045, 0.3)], hiss(1400.0, 9000.0, 0.1, 0.6)),
    Drum { kind: Kind::Clap, ..drum(&[39], 0.55, [None; 2], hiss(900.0, 4200.0, 0.08, 0.8)) },
    // Toms.
    drum(&[41, 43], 0.66, [tone(82.0, 0.7, 0.2, 0.8), tone(131.0, 0.4, 0.07, 0.2)], hiss(300.0, 2500.0, 0.012, 0.3)),
    drum(&[45, 47], 0.58, [tone(116.0, 0.7, 0.17, 0.75), tone(185.0, 0.4, 0.06, 0.2)], hiss(300.0, 3000.0, 0.012, 0.3)),
    drum(&[48, 50], 0.42, [tone(165.0, 0.7, 0.14, 0.7), tone(262.0, 0.4, 0.05, 0.2)], hiss(300.0, 3500.0, 0.012, 0.3)),
    // Hi-hat: closed, by foot, open.
    hat(&[42], 0.022, 0.45),
    hat(&[44], 0.014, 0.35),
    hat(&[46], 0.2, 0.4),
    // Crash cymbals, a Chinese one and a splash.
    drum(
        &[49, 57],
        0.32,
        [tone(523.0, 0.0, 0.2, 0.05), tone(3130.0, 0.0, 0.5, 0.04)],
        hiss(3600.0, 13_000.0, 0.6, 0.5),
    ),
    drum(&[52], 0.7, [tone(410.0, 0.0, 0.15, 0.06), None], hiss(2200.0, 9000.0, 0.4, 0.5)),
    drum(&[55], 0.4, [None; 2], hiss(5000.0, 14_000.0, 0.16, 0.5)),
    // Ride cymbal, and its bell.
    drum(
        &[51, 59],
        0.64,
        [tone(3170.0, 0.0, 0.25, 0.1), tone(4790.0, 0.0, 0.2, 0.08)],
        hiss(5500.0, 12_000.0, 0.28, 0.22),
    ),
    drum(&[53], 0.64, [tone(1190.0, 0.0, 0.35, 0.22), tone(2670.0, 0.0, 0.3, 0.16)], hiss(5500.0, 12_000.0, 0.1, 0.12)),
    // Tambourine, cabasa, maracas or a brush that sweeps, shaker.
    drum(&[54], 0.38, [tone(8300.0, 0.0, 0.05, 0.05), None], rustle(6500.0, 14_000.0, 0.004, 0.08, 0.4)),
    drum(&[69], 0.6, [None; 2], rustle(5000.0, 12_000.0, 0.012, 0.03, 0.4)),
    drum(&[70], 0.44, [None; 2], rustle(3500.0, 11_000.0, 0.03, 0.05, 0.35)),
    drum(&[82], 0.6, [None; 2], rustle(5500.0, 13_000.0, 0.02, 0.03, 0.4)),
    // Cowbell, agogos.
    drum(&[56, 68], 0.4, [tone(562.0, 0.0, 0.09, 0.3), tone(845.0, 0.0, 0.07, 0.3)], None),
    drum(&[67], 0.4, [tone(780.0, 0.0, 0.1, 0.3), tone(1170.0, 0.0, 0.08, 0.3)], None),
    // Bongos, congas, timbales.
    drum(&[60], 0.36, [tone(408.0, 0.15, 0.05, 0.6), None], hiss(800.0, 5000.0, 0.005, 0.25)),
    drum(&[61], 0.36, [tone(306.0, 0.15, 0.06, 0.6), None], hiss(600.0, 4500.0, 0.005, 0.25)),
    drum(&[62], 0.62, [tone(320.0, 0.1, 0.02, 0.5), None], hiss(900.0, 5000.0, 0.012, 0.4)),
    drum(&[63], 0.62, [tone(296.0, 0.1, 0.11, 0.6), None], hiss(600.0, 4000.0, 0.005, 0.2)),
    drum(&[64], 0.62, [tone(208.0, 0.1, 0.13, 0.65), None], hiss(400.0, 3500.0, 0.005, 0.2)),
    drum(&[65, 66], 0.58, [tone(372.0, 0.1, 0.1, 0.45), tone(611.0, 0.0, 0.08, 0.2)], hiss(1500.0, 8000.0, 0.01, 0.25)),
    // Claves, wood blocks, a triangle.
    drum(&[75], 0.54, [tone(2490.0, 0.0, 0.022, 0.5), None], None),
    drum(&[76, 77], 0.54, [tone(940.0, 0.0, 0.02, 0.5), tone(1420.0, 0.0, 0.014, 0.2)], None),
    drum(&[80, 81], 0.3, [tone(5210.0, 0.0, 0.3, 0.14), tone(7890.0, 0.0, 0.2, 0.08)], None),
];

impl Tone {
    /// How it sounds, without what is above `highest` hertz: no input, one output.
    fn sound(self, highest: f32) -> An<impl AudioNode<Inputs = U0, Outputs = U1> + 'static> {
        let Self { pitch, bend, ring, level } = self;
        let pitch = move |time: f32| (pitch * (1.0 + bend * (-time / BEND).exp())).min(highest);
        (envelope(pitch) >> sine()).phase(0.0) * envelope(move |time: f32| level * (-time / ring).exp())
    }
}

impl Noise {
    /// How it sounds, in the same way.
    fn sound(self, highest: f32, claps: bool) -> An<impl AudioNode<Inputs = U0, Outputs = U1> + 'static> {
        let Self { band: (low, high), rise, ring, level } = self;
        let (apart, hands, fall) = CLAP;
        let loudness = move |time: f32| match time {
            _ if claps && time < apart * hands => (-(time % apart) / fall).exp(),
            _ if time < rise => time / rise,
            _ => (-(time - rise) / ring).exp(),
        };
        let band = highpass_hz(low.min(highest), 0.7) >> lowpass_hz(high.min(highest), 0.7);
        (noise() >> band) * envelope(move |time: f32| level * loudness(time))
    }
}

impl Drum {
    fn sound(&self, highest: f32) -> Box<dyn AudioUnit> {
        let claps = self.kind == Kind::Clap;
        let [one, other] = self.tones.map(|tone| tone.map(|tone| tone.sound(highest)));
        match (one, other, self.noise.map(|noise| noise.sound(highest, claps))) {
            (Some(one), Some(other), Some(noise)) => Box::new(one + other + noise),
            (Some(one), Some(other), None) => Box::new(one + other),
            (Some(one), None, Some(noise)) => Box::new(one + noise),
            (Some(one), None, None) => Box::new(one),
            (None, _, Some(noise)) => Box::new(noise),
            (None, _, None) => Box::new(zero()),
        }
    }

    /// Seconds until it is silent.
    fn length(&self) -> f32 {
        let tones = self.tones.iter().flatten().map(|tone| tone.ring);
        let noise = self.noise.iter().map(|noise| noise.rise + noise.ring);
        CLAP.0 * CLAP.1 + SILENCE * tones.chain(noise).fold(0.0, f32::max)
    }
}

/// A drum that sounds or not.
struct Struck {
    sound: Box<dyn AudioUnit>,
    /// Samples until it is silent.
    left: usize,
    level: f32,
    /// By which factor it falls from sample to sample; 1 unless it is damped.
    fall: f32,
    /// The last sample; and where it was struck again, what was cut off there, which fades.
    last: f32,
    rest: f32,
}

/// The kit. Made off the audio thread; every method but [`Kit::new`] is free of allocation, locks and system calls.
pub struct Kit {
    drums: Vec<Struck>,
    sample_rate: f32,
    damped: f32,
}

impl Kit {
    /// A silent kit at `sample_rate` hertz, warmed up: the first stroke allocates nothing any more.
    pub fn new(sample_rate: f32) -> Self {
        let struck = |drum: &Drum| {
            let mut sound = drum.sound(HIGHEST * sample_rate);
            sound.set_sample_rate(f64::from(sample_rate));
            sound.allocate();
            Struck { sound, left: 0, level: 0.0, fall: 1.0, last: 0.0, rest: 0.0 }
        };
        let damped = (-1.0 / (DAMPED * sample_rate)).exp();
        let mut kit = Self { drums: DRUMS.iter().map(struck).collect(), sample_rate, damped };
        (0..128).for_each(|key| kit.strike(key, 1.0));
        kit.add_to(&mut [[0.0; MAX_BUFFER_SIZE]; 2], MAX_BUFFER_SIZE);
        kit.silence();
        kit
    }

    /// What lies on `key` is struck with a loudness of 0 to 1; on some keys there is nothing.
    pub fn strike(&mut self, key: u8, loudness: f32) {
        let Some(index) = DRUMS.iter().position(|drum| drum.keys.contains(&key)) else { return };
        if DRUMS[index].kind == Kind::Hat {
            let hats = self.drums.iter_mut().zip(&DRUMS).filter(|(_, drum)| drum.kind == Kind::Hat);
            hats.for_each(|(struck, _)| struck.fall = self.damped);
        }
        let struck = &mut self.drums[index];
        struck.rest += if struck.left > 0 { struck.last } else { 0.0 };
        struck.sound.reset();
        struck.left = (DRUMS[index].length() * self.sample_rate) as usize;
        (struck.level, struck.fall) = (LEVEL * loudness, 1.0);
    }

    /// A hand on everything that rings.
    pub fn damp(&mut self) {
        self.drums.iter_mut().for_each(|struck| struck.fall = self.damped);
    }

    /// Ends everything at once.
    pub fn silence(&mut self) {
        for struck in &mut self.drums {
            (struck.left, struck.rest, struck.last) = (0, 0.0, 0.0);
        }
    }

    /// Whether anything makes any sound.
    pub fn sounds(&self) -> bool {
        self.drums.iter().any(|struck| struck.left > 0)
    }

    /// Adds the sound to the first `length` samples, [`MAX_BUFFER_SIZE`] at most, of both sides.
    pub fn add_to(&mut self, sides: &mut [[f32; MAX_BUFFER_SIZE]; 2], length: usize) {
        for (struck, drum) in self.drums.iter_mut().zip(&DRUMS).filter(|(struck, _)| struck.left > 0) {
            let mut sound = BufferArray::<U1>::new();
            struck.sound.process(length, &BufferRef::empty(), &mut sound.buffer_mut());
            let shares = [(1.0 - drum.pan).sqrt(), drum.pan.sqrt()];
            for (n, sample) in sound.channel_f32(0)[..length].iter().enumerate() {
                struck.last = struck.level * sample + struck.rest;
                struck.level *= struck.fall;
                struck.rest *= self.damped;
                sides.iter_mut().zip(shares).for_each(|(side, share)| side[n] += share * struck.last);
            }
            struck.left = struck.left.saturating_sub(length);
            if struck.level < 1e-4 {
                struck.left = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const RATE: f32 = 48_000.0;

    /// Left and right in turn, for so many seconds.
    fn render(kit: &mut Kit, seconds: f32) -> Vec<f32> {
        let mut sound = Vec::new();
        for _ in 0..(seconds * RATE) as usize / MAX_BUFFER_SIZE {
            let mut sides = [[0.0; MAX_BUFFER_SIZE]; 2];
            kit.add_to(&mut sides, MAX_BUFFER_SIZE);
            sound.extend((0..MAX_BUFFER_SIZE).flat_map(|n| sides.map(|side| side[n])));
        }
        sound
    }

    fn energy(sound: &[f32]) -> f32 {
        sound.iter().map(|sample| sample * sample).sum()
    }

    fn struck(key: u8) -> Kit {
        let mut kit = Kit::new(RATE);
        kit.strike(key, 1.0);
        kit
    }

    #[test]
    fn no_two_drums_lie_on_one_key_and_all_of_a_usual_kit_are_there() {
        let keys: Vec<u8> = DRUMS.iter().flat_map(|drum| drum.keys).copied().collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
        let missing: Vec<u8> = (35..=70).filter(|key| !keys.contains(key) && *key != 58).collect();
        assert_eq!(missing, [0; 0]);
    }

    #[test]
    fn whatever_is_struck_is_heard_at_once_and_rings_out_by_itself() {
        for drum in &DRUMS {
            let mut kit = struck(drum.keys[0]);
            let sound = render(&mut kit, 0.1);
            let most = sound.iter().fold(0.0, |most: f32, sample| most.max(sample.abs()));
            assert!((0.01..1.0).contains(&most), "{:?}: {most}", drum.keys);
            render(&mut kit, drum.length());
            assert_eq!(energy(&render(&mut kit, 0.1)), 0.0, "{:?}", drum.keys);
        }
    }

    #[test]
    fn a_cymbal_rings_longer_than_a_snare_and_a_snare_longer_than_a_stick() {
        let later = [49, 38, 37].map(|key| {
            let mut kit = struck(key);
            let before = energy(&render(&mut kit, 0.1));
            energy(&render(&mut kit, 0.4)) / before
        });
        assert!(later[0] > 10.0 * later[1] && later[1] > 2.0 * later[2], "{later:?}");
    }

    #[test]
    fn a_closed_hi_hat_ends_the_open_one() {
        let rest = |closes: bool| {
            let mut kit = struck(46);
            render(&mut kit, 0.05);
            if closes {
                kit.strike(44, 0.01);
            }
            render(&mut kit, 0.05);
            energy(&render(&mut kit, 0.3))
        };
        assert!(rest(true) < 1e-3 * rest(false), "{} and {}", rest(true), rest(false));
    }

    #[test]
    fn a_hand_on_the_kit_ends_it_soon() {
        let mut kit = struck(49);
        render(&mut kit, 0.05);
        kit.damp();
        render(&mut kit, 0.1);
        assert_eq!(energy(&render(&mut kit, 0.1)), 0.0);
    }

    #[test]
    fn a_drum_that_is_struck_again_does_not_jump() {
        let mut kit = struck(43);
        let mut sound = render(&mut kit, 0.05);
        kit.strike(43, 0.05);
        sound.extend(render(&mut kit, 0.05));
        let left: Vec<f32> = sound.into_iter().step_by(2).collect();
        let after = (0.05 * RATE) as usize / MAX_BUFFER_SIZE * MAX_BUFFER_SIZE;
        let steps = left[after - 50..after + 50].windows(2).map(|pair| (pair[1] - pair[0]).abs());
        assert!(steps.fold(0.0, f32::max) < 0.02);
    }
}
