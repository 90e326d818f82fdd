//! A musician who is no machine: plays a lead sheet with a hand's timing, mistakes and leaves out notes, pauses, and
//! takes the song through another tempo, a loop, a seek and a stop.

use std::ops::Range;

use continuo_models::music::time::{TICKS_PER_QUARTER, frame_start};
use continuo_models::music::{Frame, Tick};

use crate::demo::hand::Noise;
use crate::eval::corpus::{Note, Piece};
use crate::host::performance::{Performance, PlayedNote, Segment};
use crate::host::take::MOMENTS_PER_TICK;

/// The typical and the farthest deviation of an onset, in milliseconds.
const TIMING_MS: [f64; 2] = [9.0, 25.0];

/// The chance of a wrong note, of a missed one, and of a pause in a bar.
const MISHAPS: [f64; 3] = [0.02, 0.02, 0.1];

/// Bars at the beginning and after a pause in which there is none.
const BARS_WITHOUT_PAUSE: usize = 3;

/// Bars of the loop, and how often it is played to its end.
const LOOP: (Tick, usize) = (4, 2);

/// The lowest key of a left hand, C3.
const LEFT_HAND: u8 = 48;

/// What the musician has in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hands {
    /// The melody.
    Right,
    /// The melody, and the chords that people wrote.
    Both,
}

/// A performance, and what it was meant to be.
#[derive(Clone, Debug)]
pub struct Sitting {
    /// What is played, and the way that the song takes.
    pub performance: Performance,
    /// The piece with those notes of the melody that were played, as they are written.
    pub meant: Piece,
    /// The frames of the piece that are played once through.
    pub frames: Frame,
    /// So many segments of the route are the once-through. What follows are loop, seek, stop and the last breath.
    pub once_through: usize,
}

/// Plays the first `frames` of `piece`, and with `strays` on through a loop, a seek and a stop. The same seed plays the
/// same. Everything lies on moments (1/960 of a quarter note), as in a sequencer, so that no sample rate's rounding
/// moves it into another tick.
pub fn play(piece: &Piece, frames: Frame, hands: Hands, strays: bool, seed: u64) -> Sitting {
    let mut noise = Noise(seed);
    let end = frame_start(frames);
    let tempo = (76.0 + 64.0 * noise.uniform()).round();
    let another = (tempo * (0.8 + 0.45 * noise.uniform())).round();
    let half = piece.position(end / 2).bar_start.clamp(1, end - 1);
    let mut route = way(piece, 0, half, tempo);
    route.extend(way(piece, half, end, another));
    let once_through = route.len();
    if strays {
        route.extend(stray(piece, half, another));
    }
    route.push(Segment::last_breath());

    let pauses = pauses(piece, end, &mut noise);
    let mut meant = piece.clone();
    meant.melody.retain(|note| {
        let rests = pauses.iter().any(|pause| pause.contains(&note.onset));
        note.onset < end && !rests && noise.uniform() >= MISHAPS[1]
    });
    let mut notes: Vec<PlayedNote> = meant
        .melody
        .iter()
        .map(|note| {
            let wrong = noise.uniform() < MISHAPS[0];
            let slip = if !wrong { 0 } else { [-2, -1, 1, 2][(noise.uniform() * 4.0) as usize % 4] };
            let key = note.key.saturating_add_signed(slip).min(127);
            struck(Note { key, ..*note }, 78.0, tempo, &mut noise)
        })
        .collect();
    if hands == Hands::Both {
        let chords = left_hand(piece).into_iter().filter(|note| note.onset < end);
        notes.extend(chords.map(|note| struck(note, 62.0, tempo, &mut noise)));
    }
    Sitting { performance: Performance { notes, changes: Vec::new(), route }, meant, frames, once_through }
}

/// The song from one tick to another, in the meters of the piece.
fn way(piece: &Piece, from: Tick, to: Tick, tempo: f64) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut start = from;
    while start < to {
        let here = piece.position(start);
        let mut stop = here.bar_start + here.meter.bar_ticks();
        while stop < to && piece.position(stop) == here.at(stop) {
            stop += here.meter.bar_ticks();
        }
        let meter = (here.meter.numerator.into(), here.meter.denominator.into());
        let segment = Segment::rolling(start as f64, (stop.min(to) - start) as f64).at_tempo(tempo).in_meter(meter);
        segments.push(Segment { bar_origin: here.bar_start as f64, ..segment });
        start = stop;
    }
    segments
}

/// A loop of some bars around `middle` that is left halfway through, a seek to a place off the beat, and a stop after
/// which the musician jams on.
fn stray(piece: &Piece, middle: Tick, tempo: f64) -> Vec<Segment> {
    let here = piece.position(middle);
    let length = (LOOP.0 * here.meter.bar_ticks()) as f64;
    let meter = (here.meter.numerator.into(), here.meter.denominator.into());
    // From a bar before on, so that neither end is where the song happens to be.
    let bar_origin = (here.bar_start - here.meter.bar_ticks()) as f64;
    let start = bar_origin;
    let usual = |segment: Segment| Segment { bar_origin, ..segment.at_tempo(tempo).in_meter(meter) };
    let pass = usual(Segment::rolling(start, length).with_loop(start, start + length));
    let sought = usual(Segment::rolling(start + 31.0, length / 2.0));
    let stopped = usual(Segment::stopped(start, start, length / 2.0));
    let left = Segment { ticks: length / 2.0, ..pass };
    [vec![pass; LOOP.1], vec![left, sought, stopped]].concat()
}

/// Where the musician rests for a bar or two.
fn pauses(piece: &Piece, end: Tick, noise: &mut Noise) -> Vec<Range<Tick>> {
    let mut pauses = Vec::new();
    let mut played = 0;
    let mut bar = piece.position(0).bar_start;
    while bar < end {
        let length = piece.position(bar).meter.bar_ticks();
        played += 1;
        if played > BARS_WITHOUT_PAUSE && noise.uniform() < MISHAPS[2] {
            let bars = if noise.uniform() < 0.5 { 1 } else { 2 };
            pauses.push(bar..bar + bars * length);
            bar += (bars - 1) * length;
            played = 0;
        }
        bar += length;
    }
    pauses
}

/// The chords as a left hand plays them: their tones within an octave, as long as they are written.
fn left_hand(piece: &Piece) -> Vec<Note> {
    let mut notes = Vec::new();
    for span in piece.chords.iter().filter(|span| span.length > 0 && span.onset >= 0) {
        let tones = span.chord.into_iter().flat_map(|slash| slash.chord.tones().iter());
        notes.extend(tones.map(|class| Note { onset: span.onset, length: span.length, key: LEFT_HAND + class }));
    }
    notes
}

/// A note as the hand strikes it.
fn struck(note: Note, loudness: f64, tempo: f64, noise: &mut Noise) -> PlayedNote {
    let ticks_per_ms = tempo * TICKS_PER_QUARTER as f64 / 60_000.0;
    let [typical, farthest] = TIMING_MS;
    let deviation = (typical * noise.bell()).clamp(-farthest, farthest) * ticks_per_ms;
    let moment = |tick: f64| (tick * MOMENTS_PER_TICK).round() / MOMENTS_PER_TICK;
    PlayedNote {
        start: moment((note.onset as f64 + deviation).max(0.0)),
        length: moment((note.length as f64 * (0.9 + 0.03 * noise.bell())).max(1.0)),
        channel: 0,
        key: note.key,
        velocity: (loudness + 8.0 * noise.bell()).round().clamp(1.0, 127.0) as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;
    use crate::host::performance::Motion;

    fn tune() -> Piece {
        let notes: Vec<_> = (0..128).map(|beat| (24 * beat, 24, 60 + (beat % 8) as u8)).collect();
        made_up("tune", &notes, &[(0, 1536, "C"), (1536, 1536, "Am7")])
    }

    #[test]
    fn the_same_seed_plays_the_same_and_another_does_not() {
        let play = |seed| play(&tune(), 256, Hands::Both, true, seed).performance;
        assert_eq!(play(3), play(3));
        assert_ne!(play(3), play(4));
    }

    #[test]
    fn a_hand_deviates_errs_and_pauses_and_not_much() {
        let (mut wrong, mut played, mut rests) = (0, 0, 0);
        for seed in 0..40 {
            let sitting = play(&tune(), 256, Hands::Right, false, seed);
            for (note, meant) in sitting.performance.notes.iter().zip(&sitting.meant.melody) {
                assert!((note.start - meant.onset as f64).abs() < 2.0);
                wrong += usize::from(note.key != meant.key);
            }
            played += sitting.performance.notes.len();
            rests += 64 - sitting.meant.melody.len();
        }
        assert!((0.01..0.03).contains(&(wrong as f64 / played as f64)), "{wrong} of {played}");
        assert!((0.05..0.3).contains(&(rests as f64 / (played + rests) as f64)), "{rests} beside {played}");
    }

    #[test]
    fn everything_lies_on_moments() {
        let whole = |tick: f64| {
            (tick * MOMENTS_PER_TICK).fract().abs() < 1e-9 || (tick * MOMENTS_PER_TICK).fract() > 1.0 - 1e-9
        };
        let sitting = play(&tune(), 256, Hands::Both, true, 9);
        assert!(sitting.performance.notes.iter().all(|note| whole(note.start) && whole(note.length)));
    }

    #[test]
    fn the_song_goes_through_two_tempos_a_loop_a_seek_and_a_stop() {
        let Sitting { performance, once_through, .. } = play(&tune(), 256, Hands::Right, true, 1);
        let [first, second] = [performance.route[0], performance.route[1]];
        assert_eq!(once_through, 2);
        assert_ne!(first.tempo, second.tempo);
        assert_eq!((first.first_tick() + first.ticks, second.first_tick() + second.ticks), (768.0, 1536.0));
        assert_eq!(performance.route.iter().filter(|segment| segment.looping.is_some()).count(), 3);
        assert!(performance.route.iter().any(|segment| matches!(segment.motion, Motion::Stopped { .. })));
    }

    #[test]
    fn the_left_hand_plays_the_chords_as_they_are_written() {
        let keys: Vec<u8> = left_hand(&tune()).iter().map(|note| note.key).collect();
        assert_eq!(keys, [48, 52, 55, 48, 52, 55, 57]);
    }
}
