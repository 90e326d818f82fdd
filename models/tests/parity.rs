//! The networks in tract compute what they compute in training, from the same features.

mod common;

use common::{network_file, networks};
use continuo_models::music::{BarPosition, Chord, Meter, Style, Tick};
use continuo_models::network::features::{Note, PitchMemory};
use continuo_models::network::harmonist::HarmonistInput;
use continuo_models::network::soloist::{LastNote, SoloistInput};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture<S> {
    sequences: Vec<Sequence<S>>,
}

#[derive(Deserialize)]
struct Sequence<S> {
    title: String,
    style: Option<usize>,
    steps: Vec<S>,
}

#[derive(Deserialize)]
struct Sparse {
    index: Vec<usize>,
    value: Vec<f32>,
}

#[derive(Deserialize)]
struct HarmonistStep {
    note: usize,
    previous_note: usize,
    previous_chord: usize,
    chord_age: u32,
    position: Tick,
    bar: Tick,
    compound: bool,
    features: Sparse,
    logits: HarmonistLogits,
}

#[derive(Deserialize)]
struct HarmonistLogits {
    change: Vec<f32>,
    chord: Vec<f32>,
    note: Vec<f32>,
}

#[derive(Deserialize)]
struct SoloistStep {
    last_pitch: Option<u8>,
    last_length: Option<Tick>,
    time: Option<Tick>,
    position: Tick,
    bar: Tick,
    compound: bool,
    chord: usize,
    next_chord: usize,
    ticks_to_next_chord: Option<Tick>,
    phrase: usize,
    features: Sparse,
    logits: SoloistLogits,
}

#[derive(Deserialize)]
struct SoloistLogits {
    pitch: Vec<f32>,
    length: Vec<f32>,
    time: Vec<f32>,
}

fn fixture<S: for<'a> Deserialize<'a>>(name: &str) -> Fixture<S> {
    serde_json::from_slice(&network_file(&format!("fixtures/{name}.json"))).unwrap()
}

fn note(token: usize) -> Note {
    match token {
        0 => Note::Rest,
        1..=12 => Note::Onset(token as u8 - 1),
        13..=24 => Note::Held(token as u8 - 13),
        _ => Note::Hidden,
    }
}

fn bar(ticks: Tick, compound: bool) -> BarPosition {
    let meter = if compound {
        Meter { numerator: (ticks / 12) as u8, denominator: 8 }
    } else {
        Meter { numerator: (ticks / 24) as u8, denominator: 4 }
    };
    assert_eq!(meter.bar_ticks(), ticks);
    BarPosition { bar_start: 0, meter }
}

fn assert_features(ours: &[f32], theirs: &Sparse, place: &str) {
    let mut expected = vec![0.0; ours.len()];
    for (&index, &value) in theirs.index.iter().zip(&theirs.value) {
        expected[index] = value;
    }
    for (index, (ours, theirs)) in ours.iter().zip(&expected).enumerate() {
        assert!((ours - theirs).abs() < 1e-5, "{place}: feature {index} is {ours}, in training {theirs}");
    }
}

fn assert_logits(ours: &[f32], theirs: &[f32], place: &str) {
    assert_eq!(ours.len(), theirs.len(), "{place}");
    for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert!((ours - theirs).abs() < 1e-3, "{place}: logit {index} is {ours}, in training {theirs}");
    }
}

#[test]
fn the_harmonist_computes_what_it_computed_in_training() {
    let networks = networks();
    let network = networks.harmonist.as_ref().unwrap();
    for sequence in fixture::<HarmonistStep>("harmonist").sequences {
        let mut state = network.initial_state();
        let (mut fast, mut slow) = (PitchMemory::new(0.94), PitchMemory::new(0.99));
        for (index, step) in sequence.steps.iter().enumerate() {
            let place = format!("{}, frame {index}", sequence.title);
            let input = HarmonistInput {
                note: note(step.note),
                fast: &fast,
                slow: &slow,
                chord: Chord::from_index(step.previous_chord),
                age: step.chord_age,
                previous: note(step.previous_note),
                position: bar(step.bar, step.compound),
                tick: step.position,
                style: sequence.style.map(|style| Style::ALL[style]),
            };
            assert_features(&input.features(), &step.features, &place);
            let logits = network.step(&input, &mut state).unwrap();
            assert_logits(&logits.change, &step.logits.change, &place);
            assert_logits(&logits.chord, &step.logits.chord, &place);
            assert_logits(&logits.note, &step.logits.note, &place);
            if let Some(class) = note(step.note).pitch_class() {
                fast.hear(class);
                slow.hear(class);
            }
        }
    }
}

#[test]
fn the_soloist_computes_what_it_computed_in_training() {
    let networks = networks();
    let network = networks.soloist.as_ref().unwrap();
    for sequence in fixture::<SoloistStep>("soloist").sequences {
        let mut state = network.initial_state();
        let mut memory = PitchMemory::new(0.95);
        for (index, step) in sequence.steps.iter().enumerate() {
            let place = format!("{}, note {index}", sequence.title);
            let last = step.last_pitch.zip(step.last_length).zip(step.time);
            if let Some(pitch) = step.last_pitch {
                memory.hear(pitch % 12);
            }
            let next = step.ticks_to_next_chord.map(|wait| (step.position + wait, Chord::from_index(step.next_chord)));
            let input = SoloistInput {
                last: last.map(|((key, length), time)| LastNote { key, length, time }),
                position: bar(step.bar, step.compound),
                tick: step.position,
                chord: Chord::from_index(step.chord),
                next_chord: next,
                memory: &memory,
                phrase: step.phrase,
                style: sequence.style.map(|style| Style::ALL[style]),
            };
            assert_features(&input.features(), &step.features, &place);
            let logits = network.step(&input, &mut state).unwrap();
            assert_logits(&logits.pitch, &step.logits.pitch, &place);
            assert_logits(&logits.length, &step.logits.length, &place);
            assert_logits(&logits.time, &step.logits.time, &place);
        }
    }
}

#[test]
fn nonsense_never_reaches_the_network() {
    use continuo_models::network::harmonist::SHAPE;
    use continuo_models::network::plan::Plan;
    let plan = Plan::load(&network_file("harmonist.onnx"), &SHAPE).unwrap();
    let mut state = plan.initial_state();
    for features in [vec![], vec![0.0; 156], vec![0.0; 158], vec![f32::NAN; 157], vec![f32::INFINITY; 157]] {
        assert!(plan.step(&features, &mut state).is_err());
    }
    assert!(plan.step(&[0.0; 157], &mut state).is_ok(), "and it goes on afterwards");
}
