//! One step of each network, and one frame of the whole band.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, anyhow, ensure};
use continuo_models::music::time::{frame_at, frame_start};
use continuo_models::music::{BarPosition, Chord, Meter, Quality, Style};
use continuo_models::network::features::{Note, PitchMemory};
use continuo_models::network::harmonist::HarmonistInput;
use continuo_models::network::soloist::{LastNote, SoloistInput};
use continuo_models::{Controls, FrameStart, Heard, Improviser, Networks};

use super::median;
use super::table::Measurement;
use crate::demo::midi::Score;

/// Steps whose median is taken.
const STEPS: i64 = 500;

const FOUR: BarPosition = BarPosition { bar_start: 0, meter: Meter { numerator: 4, denominator: 4 } };

/// Measures the networks that are built in, and the band with `score` in its ears.
///
/// # Errors
/// If a network does not load or step.
pub fn measure(score: &Score) -> Result<Vec<Measurement>> {
    let start = Instant::now();
    let (networks, problems) = Networks::built_in();
    let loading = start.elapsed().as_secs_f64() * 1e3;
    ensure!(problems.is_empty(), "{}", problems.join("; "));
    let mut measurements = vec![Measurement::new("networks load", "ms", loading)];

    if let Some(harmonist) = &networks.harmonist {
        let (mut fast, mut slow) = (PitchMemory::new(0.94), PitchMemory::new(0.99));
        let mut state = harmonist.initial_state();
        let mut previous = Note::Rest;
        let mut step = |frame: i64| {
            let class = (frame / 4 % 7 * 7 % 12) as u8;
            let note = if frame % 4 == 0 { Note::Onset(class) } else { Note::Held(class) };
            let input = HarmonistInput {
                note,
                fast: &fast,
                slow: &slow,
                chord: Some(Chord::new(0, Quality::Major)),
                age: (frame % 16) as u32,
                previous,
                position: FOUR,
                tick: frame_start(frame),
                style: Some(Style::Jazz),
            };
            let result = harmonist.step(&input, &mut state).map(black_box);
            (previous, _) = (note, (fast.hear(class), slow.hear(class)));
            result.map(drop)
        };
        measurements.push(Measurement::new("harmonist step", "µs", timed(&mut step)?));
    }
    if let Some(soloist) = &networks.soloist {
        let mut memory = PitchMemory::new(0.95);
        let mut state = soloist.initial_state();
        let mut step = |note: i64| {
            let key = 60 + (note * 7 % 12) as u8;
            let input = SoloistInput {
                last: Some(LastNote { key, length: 12, time: 12 }),
                position: FOUR,
                tick: note * 12,
                chord: Some(Chord::new(0, Quality::MajorSeventh)),
                next_chord: Some((note * 12 + 48, Some(Chord::new(7, Quality::Dominant)))),
                memory: &memory,
                phrase: (note % 12) as usize,
                style: Some(Style::Jazz),
            };
            let result = soloist.step(&input, &mut state).map(black_box);
            memory.hear(key % 12);
            result.map(drop)
        };
        measurements.push(Measurement::new("soloist step", "µs", timed(&mut step)?));
    }
    measurements.extend(frames(networks, score));
    Ok(measurements)
}

/// The median time of a step in microseconds.
fn timed(step: &mut dyn FnMut(i64) -> Result<(), String>) -> Result<f64> {
    let mut times = Vec::new();
    for index in 0..STEPS {
        let start = Instant::now();
        step(index).map_err(|error| anyhow!("a network failed: {error}"))?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(times))
}

/// What the band takes to decide one frame, all four players and both networks.
fn frames(networks: Networks, score: &Score) -> [Measurement; 2] {
    let mut band = Improviser::new(Arc::new(networks));
    let mut heard: Vec<Heard> = Vec::new();
    for note in &score.notes {
        let (start, end) = (note.start as i64, (note.start + note.length) as i64);
        let (channel, key, velocity) = (note.channel, note.key, note.velocity);
        heard.push(Heard::NoteOn { tick: start, channel, key, velocity });
        heard.push(Heard::NoteOff { tick: end.max(start + 1), channel, key });
    }
    let tick_of = |heard: &Heard| match *heard {
        Heard::NoteOn { tick, .. } | Heard::NoteOff { tick, .. } | Heard::Pedal { tick, .. } => tick,
    };
    heard.sort_by_key(tick_of);
    let last = heard.last().map_or(0, tick_of);
    let mut heard = heard.into_iter().peekable();
    let (mut times, mut cues) = (Vec::new(), Vec::new());
    for frame in 0..=frame_at(last) {
        while let Some(event) = heard.next_if(|event| tick_of(event) < frame_start(frame)) {
            band.hear(event);
        }
        let position = FOUR.at(frame_start(frame + 1));
        let start = FrameStart { frame, next: frame + 1, position, tempo: 120.0, controls: Controls::default() };
        cues.clear();
        let clock = Instant::now();
        band.decide(&start, &mut cues);
        times.push(clock.elapsed().as_secs_f64() * 1e3);
        black_box(&cues);
    }
    let worst = times.iter().copied().fold(0.0, f64::max);
    [Measurement::new("band frame median", "ms", median(times)), Measurement::new("band frame worst", "ms", worst)]
}
