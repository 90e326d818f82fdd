//! The networks in tract compute what they compute in training, from the same features.

mod common;

use std::collections::BTreeMap;

use common::{built_in, file};
use continuo_models::Level;
use continuo_models::music::texture::{Cell, Cells, Measure, Part};
use continuo_models::music::{BarPosition, Chord, Meter, Mode, PitchClass, SlashChord, Style, Tick};
use continuo_models::network::features::{Note, PitchMemory};
use continuo_models::network::harmonist::{self, HarmonistAttributes, HarmonistInput, HarmonyLogits, Standing};
use continuo_models::network::harmonizer::{Beat, Given, Request, SLOTS};
use continuo_models::network::plan::{Plan, Shape};
use continuo_models::network::soloist::{self, LastNote, SoloistAttributes, SoloistInput};
use continuo_models::network::texture::{Asked, Place};
use continuo_models::network::{HarmonistNetwork, HarmonizerNetwork, SoloistNetwork, TextureNetwork};
use continuo_models::{Family, Role};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture<S> {
    sequences: Vec<Sequence<S>>,
}

#[derive(Deserialize)]
struct Sequence<S> {
    title: String,
    style: Option<usize>,
    attributes: Attributes,
    steps: Vec<S>,
}

/// The levels of the role's attributes; those of the other are not there.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    chord_rate: Level,
    density: Level,
    register: Level,
    syncopation: Level,
    chromaticism: Level,
    mode: Option<usize>,
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
    previous_bass: Option<PitchClass>,
    chord_age: u32,
    history: bool,
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
    bass: Vec<f32>,
    next_change: Vec<f32>,
    next_chord: Vec<f32>,
    next_bass: Vec<f32>,
    note: Vec<f32>,
}

#[derive(Deserialize)]
struct SoloistStep {
    last_pitch: Option<u8>,
    last_interval: Option<i32>,
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

#[derive(Deserialize)]
struct HarmonizerStep {
    notes: Vec<usize>,
    position: Tick,
    bar: Tick,
    compound: bool,
    number: usize,
    left: usize,
    given: Option<(usize, PitchClass)>,
    features: Sparse,
    logits: HarmonizerLogits,
}

#[derive(Deserialize)]
struct HarmonizerLogits {
    change: Vec<f32>,
    chord: Vec<f32>,
    bass: Vec<f32>,
}

fn fixture<S: for<'a> Deserialize<'a>>(family: Family, name: &str) -> Fixture<S> {
    let role_of = |role: &Role| role.name() == name;
    let folder = family.folder_of(Role::ALL.into_iter().find(role_of).expect("a role"));
    serde_json::from_slice(&file(&format!("fixtures/{folder}-{name}.json"))).unwrap()
}

fn mode(index: usize) -> Mode {
    [Mode::Major, Mode::Minor][index]
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
        assert!((ours - theirs).abs() < 1e-4, "{place}: logit {index} is {ours}, in training {theirs}");
    }
}

fn assert_harmony(ours: &HarmonyLogits, change: &[f32], chord: &[f32], bass: &[f32], place: &str) {
    assert_logits(&ours.change, change, place);
    assert_logits(&ours.chord, chord, place);
    assert_logits(&ours.bass, bass, place);
}

#[test]
fn the_harmonizer_computes_what_it_computed_in_training() {
    let networks = built_in(Family::default());
    let network = networks.get::<HarmonizerNetwork>().unwrap();
    for sequence in fixture::<HarmonizerStep>(Family::default(), "harmonizer").sequences {
        let Attributes { chord_rate, chromaticism, mode: minor, .. } = sequence.attributes;
        let request = Request {
            style: sequence.style.map(|style| Style::ALL[style]),
            attributes: HarmonistAttributes { chord_rate, chromaticism, mode: minor.map(mode) },
        };
        let beat = |step: &HarmonizerStep| {
            let mut notes = [None; SLOTS];
            notes.iter_mut().zip(&step.notes).for_each(|(slot, &token)| *slot = Some(note(token)));
            let given = match step.given.map(|(class, bass)| (Chord::from_index(class), bass)) {
                None => Given::Open,
                Some((None, _)) => Given::NoChord,
                Some((Some(chord), bass)) => Given::Chord(SlashChord { chord, bass }),
            };
            let &HarmonizerStep { position, bar: ticks, compound, number, left, .. } = step;
            Beat { notes, position: bar(ticks, compound), tick: position, number, left, given }
        };
        let beats: Vec<Beat> = sequence.steps.iter().map(beat).collect();
        let features = network.features(&beats, request);
        let said = network.read(&beats, request).unwrap();
        for (index, step) in sequence.steps.iter().enumerate() {
            let place = format!("{}, beat {index}", sequence.title);
            assert_features(&features[index], &step.features, &place);
            let HarmonizerLogits { change, chord, bass } = &step.logits;
            assert_harmony(&said[index], change, chord, bass, &place);
        }
    }
}

#[test]
fn the_harmonists_compute_what_they_computed_in_training() {
    for family in Family::ALL {
        let networks = built_in(family);
        let network = networks.get::<HarmonistNetwork>().unwrap();
        for sequence in fixture::<HarmonistStep>(family, "harmonist").sequences {
            let mut state = network.initial_state();
            let mut memories = harmonist::DECAYS.map(PitchMemory::new);
            let Attributes { chord_rate, chromaticism, mode: minor, .. } = sequence.attributes;
            for (index, step) in sequence.steps.iter().enumerate() {
                let place = format!("{}, {}, frame {index}", family.name(), sequence.title);
                let standing = Standing {
                    chord: Chord::from_index(step.previous_chord),
                    bass: step.previous_bass,
                    age: step.chord_age,
                };
                let input = HarmonistInput {
                    note: note(step.note),
                    previous: note(step.previous_note),
                    memories: &memories,
                    history: step.history.then_some(standing),
                    position: bar(step.bar, step.compound),
                    tick: step.position,
                    style: sequence.style.map(|style| Style::ALL[style]),
                    attributes: HarmonistAttributes { chord_rate, chromaticism, mode: minor.map(mode) },
                };
                assert_features(&network.features(&input), &step.features, &place);
                let ours = network.step(&input, &mut state).unwrap();
                let theirs = &step.logits;
                assert_harmony(&ours.here, &theirs.change, &theirs.chord, &theirs.bass, &place);
                assert_harmony(&ours.next, &theirs.next_change, &theirs.next_chord, &theirs.next_bass, &place);
                assert_logits(&ours.note, &theirs.note, &place);
                if let Some(class) = note(step.note).pitch_class() {
                    memories.iter_mut().for_each(|memory| memory.hear(class));
                }
            }
        }
    }
}

#[test]
fn the_soloists_compute_what_they_computed_in_training() {
    for family in Family::ALL {
        let networks = built_in(family);
        let network = networks.get::<SoloistNetwork>().unwrap();
        for sequence in fixture::<SoloistStep>(family, "soloist").sequences {
            let mut state = network.initial_state();
            let mut memories = soloist::DECAYS.map(PitchMemory::new);
            let mut before = None;
            let Attributes { density, register, chromaticism, syncopation, mode: minor, .. } = sequence.attributes;
            for (index, step) in sequence.steps.iter().enumerate() {
                let place = format!("{}, {}, note {index}", family.name(), sequence.title);
                assert_eq!(step.last_interval.is_some(), step.last_pitch.and(before).is_some(), "{place}");
                let last = step.last_pitch.zip(step.last_length).zip(step.time);
                if let Some(pitch) = step.last_pitch {
                    memories.iter_mut().for_each(|memory| memory.hear(pitch % 12));
                }
                let next =
                    step.ticks_to_next_chord.map(|wait| (step.position + wait, Chord::from_index(step.next_chord)));
                let input = SoloistInput {
                    last: last.map(|((key, length), time)| LastNote { key, before, length, time }),
                    position: bar(step.bar, step.compound),
                    tick: step.position,
                    chord: Chord::from_index(step.chord),
                    next_chord: next,
                    memories: &memories,
                    phrase: step.phrase,
                    style: sequence.style.map(|style| Style::ALL[style]),
                    attributes: SoloistAttributes {
                        density,
                        register,
                        chromaticism,
                        syncopation,
                        mode: minor.map(mode),
                    },
                };
                before = step.last_pitch;
                assert_features(&network.features(&input), &step.features, &place);
                let logits = network.step(&input, &mut state).unwrap();
                assert_logits(&logits.pitch, &step.logits.pitch, &place);
                assert_logits(&logits.length, &step.logits.length, &place);
                assert_logits(&logits.time, &step.logits.time, &place);
            }
        }
    }
}

#[derive(Deserialize)]
struct Bars {
    bars: Vec<Bar>,
}

#[derive(Deserialize)]
struct Bar {
    part: String,
    meter: String,
    style: Option<usize>,
    levels: TextureLevels,
    changes: Vec<usize>,
    onsets: Vec<usize>,
    place: Option<usize>,
    section_end: bool,
    /// Slot and row of each.
    strokes: Vec<(usize, usize)>,
    /// Which of the conditions are 1.
    conditions: Vec<usize>,
    shift: Vec<f32>,
    outputs: BTreeMap<String, Vec<f32>>,
}

#[derive(Deserialize)]
struct TextureLevels {
    density: Level,
    syncopation: Level,
    loudness: Level,
}

#[test]
fn the_texture_network_computes_what_it_computed_in_training() {
    let network = built_in(Family::default()).get::<TextureNetwork>().unwrap();
    let Bars { bars } = serde_json::from_slice(&file("fixtures/vae-texture.json")).unwrap();
    let slots = |slots: &[usize]| slots.iter().fold(0, |set, slot| set | 1 << slot);
    let asked = |bar: &Bar| {
        let part = Part::ALL[["drums", "chords", "bass"].iter().position(|part| *part == bar.part).unwrap()];
        let measure = Measure::ALL[["four", "three", "compound"].iter().position(|meter| *meter == bar.meter).unwrap()];
        let TextureLevels { density, syncopation, loudness } = bar.levels;
        Asked {
            bar: bar.strokes.iter().map(|&(slot, row)| Cell { slot, row }).collect::<Cells>(),
            shift: bar.shift[..].try_into().unwrap(),
            place: Place {
                style: bar.style.map(|style| Style::ALL[style]),
                density,
                syncopation,
                loudness,
                changes: slots(&bar.changes),
                onsets: slots(&bar.onsets),
                number: bar.place,
                is_end: bar.section_end,
                ..Place::new(part, measure)
            },
        }
    };
    let all: Vec<Asked> = bars.iter().map(asked).collect();
    let together = network.read(&all).unwrap();
    for (index, (bar, (asked, said))) in bars.iter().zip(all.iter().zip(&together)).enumerate() {
        let place = format!("bar {index}");
        let told: Vec<f32> = network.features(asked).split_off(240);
        let ones: Vec<usize> = (0..told.len()).filter(|&index| told[index] == 1.0).collect();
        assert_eq!(ones, bar.conditions, "{place}");
        assert_logits(&said.code, &bar.outputs["code"], &place);
        for (ours, name) in
            [(&said.hits, "hits"), (&said.velocity, "velocity"), (&said.offset, "offset"), (&said.length, "length")]
        {
            assert_logits(&ours[..], &bar.outputs[name], &format!("{place}, {name}"));
        }
    }
}

/// The plan of a file of the crate.
fn plan(folder: &str, shape: &'static Shape) -> Plan {
    Plan::load(&file(&format!("{folder}/{}.onnx", shape.role)), shape).unwrap()
}

#[test]
fn sequences_that_are_read_at_once_are_read_as_if_each_was_alone_to_the_bit() {
    for family in Family::ALL {
        for shape in [&harmonist::SHAPE, &soloist::SHAPE] {
            let plan = plan(family.folder(), shape);
            let row = |sequence: usize, step: usize| -> Vec<f32> {
                (0..plan.features())
                    .map(|index| f32::from((index * 7 + sequence * 5 + step * 3).is_multiple_of(11)))
                    .collect()
            };
            let mut together = vec![plan.initial_state(); 5];
            let mut alone = together.clone();
            for step in 0..4 {
                let mut steps: Vec<_> =
                    together.iter_mut().enumerate().map(|(sequence, state)| (row(sequence, step), state)).collect();
                let outputs = plan.step_all(&mut steps).unwrap();
                for (sequence, state) in alone.iter_mut().enumerate() {
                    let expected = plan.step(&row(sequence, step), state).unwrap();
                    for output in 0..shape.outputs.len() {
                        let place = format!("{}, {}, sequence {sequence}, step {step}", family.name(), shape.role);
                        assert_eq!(outputs[sequence].get(output), expected.get(output), "{place}");
                    }
                }
            }
            assert!(plan.step_all::<Vec<f32>>(&mut []).unwrap().is_empty());
        }
    }
}

#[test]
fn a_snapshot_of_a_state_is_not_changed_by_the_steps_that_follow() {
    for family in Family::ALL {
        for shape in [&harmonist::SHAPE, &soloist::SHAPE] {
            let plan = plan(family.folder(), shape);
            let row = |step: usize| -> Vec<f32> {
                (0..plan.features()).map(|index| f32::from((index + 3 * step).is_multiple_of(13))).collect()
            };
            let mut state = plan.initial_state();
            // Longer than the context of the Transformer.
            for step in 0..140 {
                plan.step(&row(step), &mut state).unwrap();
            }
            let mut snapshot = state.clone();
            let expected = plan.step(&row(1), &mut state).unwrap();
            (0..5).for_each(|step| drop(plan.step(&row(step), &mut state).unwrap()));
            let again = plan.step(&row(1), &mut snapshot).unwrap();
            for output in 0..shape.outputs.len() {
                assert_eq!(again.get(output), expected.get(output), "{}, {}", family.name(), shape.role);
            }
        }
    }
}

/// What networks of random weights said at the last of some steps, in ONNX Runtime.
#[derive(Deserialize)]
struct Said {
    /// The features that were 1, step by step; the others were 0.
    ones: Vec<Vec<usize>>,
    logits: BTreeMap<String, Vec<f32>>,
}

#[test]
fn networks_of_the_contract_before_say_what_they_said() {
    const FOLDER: &str = "tests/contract-2";
    let said: BTreeMap<String, Said> = serde_json::from_slice(&file(&format!("{FOLDER}/said.json"))).unwrap();
    for shape in [&harmonist::SHAPE, &soloist::SHAPE] {
        let (plan, Said { ones, logits }) = (plan(FOLDER, shape), &said[shape.role]);
        let mut state = plan.initial_state();
        let mut last = None;
        for ones in ones {
            let mut features = vec![0.0; plan.features()];
            ones.iter().for_each(|&index| features[index] = 1.0);
            last = Some(plan.step(&features, &mut state).unwrap());
        }
        for (index, (name, _)) in shape.outputs.iter().enumerate() {
            let ours = last.as_ref().unwrap().get(index).unwrap();
            assert_logits(ours, &logits[name.trim_start_matches("logits_")], &format!("{}, {name}", shape.role));
        }
    }
}

#[test]
fn nonsense_never_reaches_the_network() {
    for family in Family::ALL {
        let onnx = file(&format!("{}/harmonist.onnx", family.folder()));
        let plan = Plan::load(&onnx, &harmonist::SHAPE).unwrap();
        let (mut state, size) = (plan.initial_state(), plan.features());
        for features in
            [vec![], vec![0.0; size - 1], vec![0.0; size + 1], vec![f32::NAN; size], vec![f32::INFINITY; size]]
        {
            assert!(plan.step(&features, &mut state).is_err());
        }
        assert!(plan.step(&vec![0.0; size], &mut state).is_ok(), "and it goes on afterwards");
    }
}
