//! Follows the musician's beat by ear.
//!
//! A linear tracker of phase and tempo (a Kalman filter as in Cemgil et al. 2000, "On tempo tracking: tempogram
//! representation and Kalman filtering") that attends to the moments where a note is expected, like the adaptive
//! oscillators of Large and Jones 1999, "The dynamics of attending". Each onset is compared with the nearest eighth of
//! the song as the musician is believed to play it:
//!
//! - The farther it lies from there the less it counts, and a sixteenth in between not at all.
//! - Off the beat it counts half: off-beat eighths swing.
//! - Of notes that follow each other within less than an eighth only the one nearest to the grid counts: so runs,
//!   rolled chords and ornaments do not pull.
//!
//! Between onsets the song goes straight on, through a rest of any length; the longer the rest, the more the next onset
//! is believed. A tempo that is off by more than about an eighth of itself is not found by ear: tap it.
//!
//! Only the four basic operations are used, so that every processor computes the same.

use continuo_models::music::BarPosition;
use continuo_models::music::time::TICKS_PER_QUARTER;

use super::{GIVEN, Line, in_moments};
use crate::song_clock::MOMENTS_PER_QUARTER;

/// How far a hand's onsets lie from where they are meant, in seconds (standard deviation).
const UNSTEADINESS: f64 = 0.03;

/// How much the tempo wanders in a quarter note, as a share of itself (standard deviation).
const WANDER: f64 = 0.012;

/// How much the beat itself shifts in a quarter note, in quarter notes (standard deviation).
const SHIFT: f64 = 0.004;

/// What is not known at the beginning: where the beat is, in quarter notes, and the tempo, as a share of itself.
const DOUBT: (f64, f64) = (0.03, 0.03);

/// The most that the tempo changes in a quarter note, as a share of itself.
const MOST_CHANGE: f64 = 0.05;

/// Rests do not make the beat more doubtful than after this many quarter notes.
const LONGEST_DOUBT: f64 = 8.0;

/// The grid, in quarter notes.
const GRID: f64 = 0.5;

/// An onset that follows another by less than this many quarter notes must lie nearer to the grid to count.
const CLOSE: f64 = 0.375;

/// The weight of an onset off the beat.
const OFF_BEAT: f64 = 0.5;

/// Follows the musician's beat. Takes a constant time for an onset, and no memory.
#[derive(Clone, Debug)]
pub struct Follower {
    line: Line,
    /// Of the line's position in quarter notes and the tempo's relative error: variance, covariance, variance.
    doubt: [f64; 3],
    /// The last onset, and how far from the grid it lay in quarter notes.
    last: Option<(i64, f64)>,
}

impl Follower {
    /// Begins with the song as it goes.
    pub fn new(line: Line) -> Self {
        Self { line, doubt: [DOUBT.0 * DOUBT.0, 0.0, DOUBT.1 * DOUBT.1], last: None }
    }

    /// The song as the musician is believed to play it.
    pub fn line(&self) -> Line {
        self.line
    }

    /// Takes an onset at `sample`, not before the last one. `bar` is a bar of the song.
    pub fn hear(&mut self, sample: i64, bar: BarPosition) {
        let quarters_per_sample = self.line.moments_per_sample() / MOMENTS_PER_QUARTER;
        let passed = (sample - self.line.sample).max(0) as f64 * quarters_per_sample;
        (self.line.position, self.line.sample) = (self.line.position_of(sample), sample);
        self.doubt_more(passed.min(LONGEST_DOUBT));

        let place = (self.line.position - in_moments(bar.bar_start)) / MOMENTS_PER_QUARTER;
        let nearest = (place / GRID).round();
        let error = nearest * GRID - place;
        let close = self.last.is_some_and(|(last, off)| {
            (sample - last) as f64 * quarters_per_sample < CLOSE && error.abs() >= off.abs()
        });
        self.last = Some((sample, error));
        if !close {
            let beats = nearest * GRID * TICKS_PER_QUARTER as f64 / bar.meter.beat_ticks() as f64;
            let share = if beats.fract() == 0.0 { 1.0 } else { OFF_BEAT };
            let far = error / (GRID / 2.0);
            let attention = (1.0 - far * far).max(0.0);
            let unsteadiness = UNSTEADINESS * self.line.sample_rate * quarters_per_sample;
            self.correct(error, share * attention * attention, unsteadiness * unsteadiness, passed);
        }
    }

    /// `quarters` have passed in which the musician may have changed the tempo.
    fn doubt_more(&mut self, quarters: f64) {
        let [place, both, tempo] = self.doubt;
        self.doubt = [
            place + 2.0 * quarters * both + quarters * quarters * tempo + SHIFT * SHIFT * quarters,
            both + quarters * tempo,
            tempo + WANDER * WANDER * quarters,
        ];
    }

    /// Moves place and tempo towards an onset that lies `error` quarter notes farther on than expected, with its
    /// `weight` (0–1) and `variance`.
    fn correct(&mut self, error: f64, weight: f64, variance: f64, passed: f64) {
        if weight < 0.01 {
            return;
        }
        let [place, both, tempo] = self.doubt;
        let total = place + variance / weight;
        let (place_gain, tempo_gain) = (place / total, both / total);
        let most = MOST_CHANGE * passed.clamp(0.25, LONGEST_DOUBT);
        self.line.position += place_gain * error * MOMENTS_PER_QUARTER;
        self.line.tempo *= 1.0 + (tempo_gain * error).clamp(-most, most);
        self.line.tempo = self.line.tempo.clamp(*GIVEN.start(), *GIVEN.end());
        self.doubt = [place * (1.0 - place_gain), both * (1.0 - place_gain), tempo - tempo_gain * both];
    }
}
