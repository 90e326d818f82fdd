//! One step of each network, and one frame of the whole band.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, anyhow, ensure};
use continuo_models::music::texture::{Cell, Measure, Part, ROWS, SLOTS};
use continuo_models::music::time::{frame_at, frame_start};
use continuo_models::music::{BarPosition, Chord, Meter, Quality, Style};
use continuo_models::network::features::{Note, PitchMemory};
use continuo_models::network::harmonist::{self, HarmonistAttributes, HarmonistInput, Standing};
use continuo_models::network::plan::State;
use continuo_models::network::soloist::{self, LastNote, SoloistAttributes, SoloistInput};
use continuo_models::network::texture::{Asked, CODE, Place};
use continuo_models::network::{HarmonistNetwork, SoloistNetwork, TextureNetwork};
use continuo_models::{Controls, Family, FrameStart, Heard, Improviser, Networks};

use super::median;
use super::table::Measurement;
use crate::demo::midi::Score;

/// Steps whose median is taken.
const STEPS: i64 = 500;

const FOUR: BarPosition = BarPosition { bar_start: 0, meter: Meter { numerator: 4, denominator: 4 } };

/// Measures the networks of each family that is built in, and the band with `score` in its ears.
///
/// # Errors
/// If a network does not load or step.
pub fn measure(score: &Score) -> Result<Vec<Measurement>> {
    let mut measurements = Vec::new();
    for family in Family::ALL {
        measurements.extend(measure_family(family, score)?);
    }
    Ok(measurements)
}

fn measure_family(family: Family, score: &Score) -> Result<Vec<Measurement>> {
    let start = Instant::now();
    let (networks, problems) = Networks::built_in(family);
    let loading = start.elapsed().as_secs_f64() * 1e3;
    ensure!(problems.is_empty(), "{}", problems.join("; "));
    let named = |what: &str, unit, value| Measurement::new(format!("{}: {what}", family.name()), unit, value);
    let mut measurements = vec![named("networks load", "ms", loading)];

    if let Some(network) = networks.get::<HarmonistNetwork>() {
        let mut memories = harmonist::DECAYS.map(PitchMemory::new);
        let mut previous = Note::Rest;
        let mut step = |frame: i64, states: &mut [State]| {
            let class = (frame / 4 % 7 * 7 % 12) as u8;
            let note = if frame % 4 == 0 { Note::Onset(class) } else { Note::Held(class) };
            let input = HarmonistInput {
                note,
                previous,
                memories: &memories,
                history: Some(Standing {
                    chord: Some(Chord::new(0, Quality::Major)),
                    bass: Some(0),
                    age: (frame % 16) as u32,
                }),
                position: FOUR,
                tick: frame_start(frame),
                style: Some(Style::Jazz),
                attributes: HarmonistAttributes::default(),
            };
            let result = network.step_all(states.iter_mut().map(|state| (input, state)).collect()).map(black_box);
            previous = note;
            memories.iter_mut().for_each(|memory| memory.hear(class));
            result.map(drop)
        };
        for (count, what) in [(1, "harmonist step"), (12, "12 harmonist steps at once")] {
            let mut states = vec![network.initial_state(); count];
            measurements.push(named(what, "µs", timed(&mut |frame| step(frame, &mut states))?));
        }
    }
    if let Some(network) = networks.get::<SoloistNetwork>() {
        let mut memories = soloist::DECAYS.map(PitchMemory::new);
        let mut state = network.initial_state();
        let mut step = |note: i64| {
            let key = 60 + (note * 7 % 12) as u8;
            let input = SoloistInput {
                last: Some(LastNote { key, before: Some(key - 7), length: 12, time: 12 }),
                position: FOUR,
                tick: note * 12,
                chord: Some(Chord::new(0, Quality::MajorSeventh)),
                next_chord: Some((note * 12 + 48, Some(Chord::new(7, Quality::Dominant)))),
                memories: &memories,
                phrase: (note % 12) as usize,
                style: Some(Style::Jazz),
                attributes: SoloistAttributes::default(),
            };
            let result = network.step(&input, &mut state).map(black_box);
            memories.iter_mut().for_each(|memory| memory.hear(key % 12));
            result.map(drop)
        };
        measurements.push(named("soloist step", "µs", timed(&mut step)?));
    }
    if let Some(network) = networks.get::<TextureNetwork>() {
        let place = Place { style: Some(Style::Jazz), number: Some(3), ..Place::new(Part::Drums, Measure::Four) };
        let mut bar = |number: i64| {
            let struck = (0..SLOTS).step_by(3).map(|slot| Cell { slot, row: (slot + number as usize) % ROWS });
            let asked = Asked { bar: struck.collect(), shift: [0.0; CODE], place };
            // What it hears, then what it makes of it.
            let code = network.read(&[asked])?.pop().map_or([0.0; CODE], |said| said.code);
            network.read(&[Asked { shift: code, ..asked }]).map(black_box).map(drop)
        };
        measurements.push(named("a bar varied", "µs", timed(&mut bar)?));
    }
    let [median, worst] = frames(networks, score);
    measurements.push(named("band frame median", "ms", median));
    measurements.push(named("band frame worst", "ms", worst));
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

/// What the band takes to decide one frame, all four players and both networks: median and worst, in milliseconds.
fn frames(networks: Networks, score: &Score) -> [f64; 2] {
    let mut band = Improviser::new(Arc::new(networks));
    let mut heard: Vec<Heard> = Vec::new();
    for note in &score.notes {
        let (start, end) = (note.start as i64, (note.start + note.length) as i64);
        let (channel, key, velocity) = (note.channel, note.key, note.velocity);
        heard.push(Heard::NoteOn { tick: start, channel, key, velocity });
        heard.push(Heard::NoteOff { tick: end.max(start + 1), channel, key });
    }
    heard.sort_by_key(Heard::tick);
    let last = heard.last().map_or(0, Heard::tick);
    let mut heard = heard.into_iter().peekable();
    let (mut times, mut cues) = (Vec::new(), Vec::new());
    for frame in 0..=frame_at(last) {
        while let Some(event) = heard.next_if(|event| event.tick() < frame_start(frame)) {
            band.hear(event);
        }
        let position = FOUR.at(frame_start(frame + 1));
        let start = FrameStart::before(frame + 1, position, Controls::default());
        cues.clear();
        let clock = Instant::now();
        band.decide(&start, &mut cues);
        times.push(clock.elapsed().as_secs_f64() * 1e3);
        black_box(&cues);
    }
    let worst = times.iter().copied().fold(0.0, f64::max);
    [median(times), worst]
}
