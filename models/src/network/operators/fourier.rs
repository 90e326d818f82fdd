//! The real Fourier transform on the circle of the 12 pitch classes.
//!
//! In it a map that commutes with transposition falls apart: between two channels, the 144 products of a circulant
//! matrix become 22, in blocks of one frequency each.

use multiversion::multiversion;

use super::width::{CLASSES, Width};

/// The blocks of a spectrum: frequency 0 and with it what has no pitch class, frequency 6, and cosines and sines of the
/// frequencies 1 to 5.
pub const BLOCKS: usize = 7;

/// Channels that are transformed side by side.
const LANES: usize = 8;
/// The sine of 60°.
const SINE: f32 = 0.866_025_4;

/// The spectrum of one vector: sums of its classes, times cosines and sines. `by_channel`: its classes lie together,
/// otherwise its channels.
#[multiversion(targets("x86_64+avx2"))]
pub fn analyse(x: &[f32], width: Width, by_channel: bool, spectrum: [&mut [f32]; BLOCKS]) {
    let channels = width.channels;
    let [zero, six, one, two, three, four, five] = spectrum;
    zero[channels..][..width.plain].copy_from_slice(&x[CLASSES * channels..]);
    let mut out = [zero, six, one, two, three, four, five].map(|block| block.split_at_mut(channels));
    for first in (0..channels).step_by(LANES) {
        let here = LANES.min(channels - first);
        let mut vector = [[0.0; LANES]; CLASSES];
        for (class, lanes) in vector.iter_mut().enumerate() {
            if by_channel {
                for (lane, value) in lanes.iter_mut().enumerate().take(here) {
                    *value = x[(first + lane) * CLASSES + class];
                }
            } else {
                copy(&x[class * channels + first..][..here], lanes);
            }
        }
        let sums = each_lane(&vector, sums);
        let (cosines, sines) = sums.split_at(BLOCKS);
        for ((cosine, _), lanes) in out.iter_mut().zip(cosines) {
            copy(lanes, &mut cosine[first..][..here]);
        }
        for ((_, sine), lanes) in out[2..].iter_mut().zip(sines) {
            copy(lanes, &mut sine[first..][..here]);
        }
    }
}

/// The vector, its channels together class by class, whose classes are the sums of a spectrum's cosines and sines.
#[multiversion(targets("x86_64+avx2"))]
pub fn synthesise(spectrum: [&[f32]; BLOCKS], width: Width, x: &mut [f32]) {
    let channels = width.channels;
    x[CLASSES * channels..].copy_from_slice(&spectrum[0][channels..][..width.plain]);
    for first in (0..channels).step_by(LANES) {
        let here = LANES.min(channels - first);
        let mut sums = [[0.0; LANES]; CLASSES];
        let (cosines, sines) = sums.split_at_mut(BLOCKS);
        for (block, lanes) in spectrum.iter().zip(cosines) {
            copy(&block[first..][..here], lanes);
        }
        for (block, lanes) in spectrum[2..].iter().zip(sines) {
            copy(&block[channels + first..][..here], lanes);
        }
        for (class, lanes) in each_lane(&sums, vector).iter().enumerate() {
            copy(lanes, &mut x[class * channels + first..][..here]);
        }
    }
}

/// `transform` of each lane.
#[inline(always)]
fn each_lane(
    lanes: &[[f32; LANES]; CLASSES],
    transform: impl Fn([f32; CLASSES]) -> [f32; CLASSES],
) -> [[f32; LANES]; CLASSES] {
    let mut out = [[0.0; LANES]; CLASSES];
    for lane in 0..LANES {
        let values = transform(std::array::from_fn(|index| lanes[index][lane]));
        for index in 0..CLASSES {
            out[index][lane] = values[index];
        }
    }
    out
}

/// As many values as the shorter slice has; whole lanes in one piece.
#[inline(always)]
fn copy(from: &[f32], to: &mut [f32]) {
    match (from.first_chunk::<LANES>(), to.first_chunk_mut::<LANES>()) {
        (Some(from), Some(to)) => *to = *from,
        _ => {
            for (to, from) in to.iter_mut().zip(from) {
                *to = *from;
            }
        }
    }
}

/// The sums of the classes `x` times cosines of the frequencies 0, 6 and 1 to 5, and times sines of 1 to 5.
#[inline(always)]
fn sums(x: [f32; CLASSES]) -> [f32; CLASSES] {
    // The circle folded at its first place, then at its fourth.
    let even = |class: usize| x[class] + x[CLASSES - class];
    let odd = |class: usize| x[class] - x[CLASSES - class];
    let (u0, u1, u2, u3) = (x[0] + x[6], even(1) + even(5), even(2) + even(4), even(3));
    let (v0, v1, v2) = (x[0] - x[6], even(1) - even(5), even(2) - even(4));
    let (p1, p2, p3) = (odd(1) + odd(5), odd(2) + odd(4), odd(3));
    let (q1, q2) = (odd(1) - odd(5), odd(2) - odd(4));
    let (cosine, sine) = (v0 + 0.5 * v2, 0.5 * p1 + p3);
    [
        (u0 + u1) + (u2 + u3),
        (u0 - u1) + (u2 - u3),
        cosine + SINE * v1,
        (u0 - u3) + 0.5 * (u1 - u2),
        v0 - v2,
        (u0 + u3) - 0.5 * (u1 + u2),
        cosine - SINE * v1,
        sine + SINE * p2,
        SINE * (q1 + q2),
        p1 - p3,
        SINE * (q1 - q2),
        sine - SINE * p2,
    ]
}

/// The classes that are the sums of cosines and sines, in the order of [`sums`].
#[inline(always)]
fn vector([c0, c6, c1, c2, c3, c4, c5, s1, s2, s3, s4, s5]: [f32; CLASSES]) -> [f32; CLASSES] {
    let even = [(c0 + c6) + (c2 + c4), (c0 - c6) + 0.5 * (c2 - c4), (c0 + c6) - 0.5 * (c2 + c4), (c0 - c6) - (c2 - c4)];
    let odd = [(c1 + c5) + c3, SINE * (c1 - c5), 0.5 * (c1 + c5) - c3];
    let cosines = [even[1] + odd[1], even[2] + odd[2], even[3], even[2] - odd[2], even[1] - odd[1]];
    let (rising, high) = (0.5 * (s1 + s5) + s3, SINE * (s1 - s5));
    let (turning, back) = (SINE * (s2 + s4), SINE * (s2 - s4));
    let sines = [rising + turning, high + back, (s1 + s5) - s3, high - back, rising - turning];
    [
        even[0] + odd[0],
        cosines[0] + sines[0],
        cosines[1] + sines[1],
        cosines[2] + sines[2],
        cosines[3] + sines[3],
        cosines[4] + sines[4],
        even[0] - odd[0],
        cosines[4] - sines[4],
        cosines[3] - sines[3],
        cosines[2] - sines[2],
        cosines[1] - sines[1],
        cosines[0] - sines[0],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: Width = Width { channels: 11, plain: 3 };

    fn spectrum(x: &[f32], by_channel: bool) -> Vec<Vec<f32>> {
        let Width { channels, plain } = WIDTH;
        let mut blocks =
            [channels + plain, channels, 2 * channels, 2 * channels, 2 * channels, 2 * channels, 2 * channels]
                .map(|size| vec![0.0; size]);
        analyse(x, WIDTH, by_channel, blocks.each_mut().map(Vec::as_mut_slice));
        blocks.into()
    }

    fn vector() -> Vec<f32> {
        (0..WIDTH.size()).map(|index| ((index * index * 7) % 31) as f32 / 31.0 - 0.4).collect()
    }

    #[test]
    fn a_spectrum_is_made_of_cosines_and_sines() {
        let x = vector();
        let blocks = spectrum(&x, false);
        for channel in 0..WIDTH.channels {
            let sum = |curve: &dyn Fn(f64) -> f64| -> f64 {
                (0..CLASSES)
                    .map(|class| {
                        let angle = std::f64::consts::TAU * class as f64 / CLASSES as f64;
                        f64::from(x[class * WIDTH.channels + channel]) * curve(angle)
                    })
                    .sum()
            };
            let close = |ours: f32, theirs: f64| assert!((f64::from(ours) - theirs).abs() < 1e-5, "{ours} {theirs}");
            close(blocks[0][channel], sum(&|_| 1.0));
            close(blocks[1][channel], sum(&|angle| (6.0 * angle).cos()));
            for frequency in 1..6 {
                close(blocks[frequency + 1][channel], sum(&|angle| (frequency as f64 * angle).cos()));
                let sine = blocks[frequency + 1][WIDTH.channels + channel];
                close(sine, sum(&|angle| (frequency as f64 * angle).sin()));
            }
        }
        assert_eq!(blocks[0][WIDTH.channels..], x[CLASSES * WIDTH.channels..]);
    }

    #[test]
    fn a_vector_comes_back_from_its_spectrum() {
        let x = vector();
        let mut blocks = spectrum(&x, false);
        for (index, block) in blocks.iter_mut().enumerate() {
            let scale = if index < 2 { 1.0 / 12.0 } else { 1.0 / 6.0 };
            block[..].iter_mut().take(2 * WIDTH.channels).for_each(|value| *value *= scale);
        }
        blocks[0][WIDTH.channels..].copy_from_slice(&x[CLASSES * WIDTH.channels..]);
        let mut again = vec![0.0; WIDTH.size()];
        synthesise(std::array::from_fn(|index| blocks[index].as_slice()), WIDTH, &mut again);
        assert!(x.iter().zip(&again).all(|(ours, theirs)| (ours - theirs).abs() < 1e-6), "{x:?}\n{again:?}");
    }

    #[test]
    fn classes_may_lie_together_or_channels() {
        let x = vector();
        let mut turned = x.clone();
        for class in 0..CLASSES {
            for channel in 0..WIDTH.channels {
                turned[channel * CLASSES + class] = x[class * WIDTH.channels + channel];
            }
        }
        assert_eq!(spectrum(&turned, true), spectrum(&x, false));
    }
}
