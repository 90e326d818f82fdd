//! A hand that plays what is written: with its timing, its loudness and its touch. The same tune always sounds the
//! same.

use continuo_models::music::Tick;
use continuo_models::music::time::TICKS_PER_QUARTER;

use super::abc::{Note, Tune, Voice};
use crate::host::performance::PlayedNote;

/// The farthest that an onset is from where it is written (swing aside), in milliseconds.
const WORST_TIMING_MS: f64 = 15.0;

/// The typical deviation of an onset, in milliseconds.
const TIMING_MS: f64 = 5.0;

/// Plays one voice of `tune`.
pub fn play(tune: &Tune, voice: &Voice, seed: u64) -> Vec<PlayedNote> {
    let swing = tune.setting("swing").and_then(|text| text.parse().ok()).unwrap_or(0.0);
    let ticks_per_ms = tune.tempo * TICKS_PER_QUARTER as f64 / 60_000.0;
    let mut noise = Noise(seed);
    let mean_key = voice.notes.iter().map(|note| f64::from(note.key)).sum::<f64>() / voice.notes.len().max(1) as f64;
    let mut chord_start = (Tick::MIN, 0.0);
    let mut played = Vec::with_capacity(voice.notes.len());
    for (index, note) in voice.notes.iter().enumerate() {
        // The keys of a chord go down within a few milliseconds of each other, from below.
        let deviation = if chord_start.0 == note.start {
            chord_start.1 + 2.0 + 2.0 * noise.uniform()
        } else {
            TIMING_MS * noise.bell()
        };
        let deviation = deviation.clamp(-WORST_TIMING_MS, WORST_TIMING_MS);
        chord_start = (note.start, deviation);
        let start = (swung(note.start, swing) + deviation * ticks_per_ms).max(0.0);
        let end = swung(note.start + note.length, swing);
        let written_length = end - swung(note.start, swing);

        let next = voice.notes[index + 1..].iter().find(|next| next.start > note.start);
        let length = written_length * touch(note, next) * (1.0 + 0.02 * noise.bell());
        let loudness = note.loudness
            + phrase_arc(voice, index)
            + accent(tune, note.start)
            + 0.35 * (f64::from(note.key) - mean_key)
            + 3.0 * noise.bell();
        played.push(PlayedNote {
            start,
            length: length.max(1.0),
            channel: 0,
            key: note.key,
            velocity: loudness.round().clamp(1.0, 127.0) as u8,
        });
    }
    played
}

/// Where a written position sounds: with full swing, an off-beat eighth comes a third of the way through the beat's
/// second half.
fn swung(tick: Tick, swing: f64) -> f64 {
    let (half, beat) = ((TICKS_PER_QUARTER / 2) as f64, TICKS_PER_QUARTER as f64);
    let late = half + swing * beat / 6.0;
    let inside = tick.rem_euclid(TICKS_PER_QUARTER) as f64;
    let moved = if inside < half { inside / half * late } else { late + (inside - half) / half * (beat - late) };
    (tick - tick.rem_euclid(TICKS_PER_QUARTER)) as f64 + moved
}

/// The share of its written length for which a note is held: nearly all when another note follows at once, less when
/// the same key has to come up first.
fn touch(note: &Note, next: Option<&Note>) -> f64 {
    match next {
        Some(next) if next.start == note.start + note.length && next.key == note.key => 0.8,
        Some(next) if next.start == note.start + note.length => 0.97,
        _ => 0.92,
    }
}

/// Louder towards the middle of a phrase, softer towards its end.
fn phrase_arc(voice: &Voice, index: usize) -> f64 {
    let breaks = |a: &Note, b: &Note| b.start - (a.start + a.length) >= TICKS_PER_QUARTER;
    let notes = &voice.notes;
    let first = (1..=index).rev().find(|&n| breaks(&notes[n - 1], &notes[n])).unwrap_or(0);
    let last = (index + 1..notes.len()).find(|&n| breaks(&notes[n - 1], &notes[n])).unwrap_or(notes.len()) - 1;
    let length = (notes[last].start - notes[first].start).max(1) as f64;
    let through = (notes[index].start - notes[first].start) as f64 / length;
    8.0 * (std::f64::consts::PI * through.powf(0.9)).sin() - 3.0 * through
}

/// The weight of a position in the bar.
fn accent(tune: &Tune, tick: Tick) -> f64 {
    let bar = tune.position(tick);
    match bar.ticks_into_bar(tick) {
        0 => 6.0,
        _ if bar.is_beat(tick) => 2.0,
        _ => -3.0,
    }
}

/// Repeatable random numbers (SplitMix64; Steele et al. 2014, "Fast splittable pseudorandom number generators").
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    /// Between 0 and 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Around 0, with a deviation of 1 and nothing beyond 3.5.
    pub(crate) fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>().clamp(2.5, 9.5) - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::abc;

    fn tune(settings: &str, music: &str) -> Tune {
        abc::parse(&format!("{settings}\nM:4/4\nL:1/8\nQ:1/4=120\nK:C\n{music}")).unwrap()
    }

    #[test]
    fn onsets_stay_within_fifteen_milliseconds_of_the_page() {
        let tune = tune("", &"CDEF GABc | [CEG]8 |".repeat(20));
        let ticks = WORST_TIMING_MS * 120.0 * 24.0 / 60_000.0 + 1e-9;
        let played = play(&tune, &tune.voices[0], 1);
        assert!(played.iter().zip(&tune.voices[0].notes).all(|(p, n)| (p.start - n.start as f64).abs() <= ticks));
        assert!(played.iter().any(|note| note.start.fract() != 0.0), "a hand is never exact");
    }

    #[test]
    fn the_same_seed_plays_the_same() {
        let tune = tune("", "CDEF GABc |");
        assert_eq!(play(&tune, &tune.voices[0], 3), play(&tune, &tune.voices[0], 3));
        assert_ne!(play(&tune, &tune.voices[0], 3), play(&tune, &tune.voices[0], 4));
    }

    #[test]
    fn full_swing_puts_the_off_beat_on_the_triplet() {
        assert_eq!([swung(0, 1.0), swung(12, 1.0), swung(24, 1.0), swung(36, 1.0)], [0.0, 16.0, 24.0, 40.0]);
        assert_eq!(swung(12, 0.0), 12.0);
    }

    #[test]
    fn a_key_is_up_before_it_goes_down_again() {
        let tune = tune("", &"CCCC CCCC |".repeat(50));
        let played = play(&tune, &tune.voices[0], 5);
        assert!(played.windows(2).all(|pair| pair[0].start + pair[0].length < pair[1].start));
    }

    #[test]
    fn the_end_of_a_phrase_is_softer_than_its_middle() {
        let tune = tune("", "CCCC CCCC | CCCC C4 |");
        let notes = tune.voices[0].notes.len();
        assert!(phrase_arc(&tune.voices[0], notes / 2) > phrase_arc(&tune.voices[0], notes - 1) + 5.0);
    }
}
