//! What the band learns of the musician, and how much of it is heard.

mod common;

use std::sync::Arc;

use common::{melody, networks, notes, play};
use continuo_models::music::{Meter, Tick};
use continuo_models::{Controls, Cue, Heard, Improviser, LeadMode, Memory, Player};

/// Notes, by key and length in sixteenths, that nobody else would play: fourths, tritones and sevenths, and a limping
/// rhythm.
const LICK: [(u8, Tick); 8] = [(60, 1), (66, 3), (64, 1), (71, 2), (62, 2), (69, 1), (67, 3), (60, 3)];
const RESTS: [(u8, Tick); 1] = [(0, 32)];

/// The lick again and again, each time followed by two bars of rest.
fn licks(times: usize) -> Vec<Heard> {
    melody(&[LICK.as_slice(), &RESTS].concat().repeat(times))
}

fn controls(memory: f32, seed: u32) -> Controls {
    let free = Controls {
        motif: 0.0,
        humanise: 0.0,
        strong_tones: false,
        max_leap: 24,
        learn_tune: false,
        ..Controls::default()
    };
    Controls { memory, seed, lead_mode: LeadMode::Answer, ..free }
}

/// Each note of Lead: key and onset.
fn lead(cues: &[Cue]) -> Vec<(i32, Tick)> {
    let notes = notes(cues).filter(|note| note.player == Player::Lead);
    notes.map(|note| (note.key.into(), note.start.ticks() as Tick)).collect()
}

/// Two intervals in a row and the steps between the onsets, of every three notes.
fn figures(line: &[(i32, Tick)]) -> Vec<[(i32, Tick); 2]> {
    let step = |pair: &[(i32, Tick)]| (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
    line.windows(3).map(|three| [step(&three[..2]), step(&three[1..])]).collect()
}

/// The share of Lead's figures that are the lick's own, over some takes, in percent.
fn share_of_own_turns(memory: f32) -> f32 {
    let mut onset = 0;
    let lick: Vec<(i32, Tick)> = (LICK.iter())
        .map(|&(key, sixteenths)| {
            onset += 6 * sixteenths;
            (i32::from(key), onset - 6 * sixteenths)
        })
        .collect();
    let known = figures(&lick);
    let (mut own, mut all) = (0, 0);
    for seed in 1..=5 {
        let mut improviser = Improviser::new(networks());
        let cues = play(&mut improviser, &licks(6), 0..288, Meter::default(), |_| controls(memory, seed));
        let played = figures(&lead(&cues));
        own += played.iter().filter(|figure| known.contains(figure)).count();
        all += played.len();
    }
    assert!(all > 50, "Lead plays");
    100.0 * own as f32 / all as f32
}

#[test]
fn the_more_memory_the_more_of_the_musicians_own_turns() {
    let shares = [0.0, 0.5, 1.0].map(share_of_own_turns);
    println!("of Lead's figures are the musician's own at memory 0, 0.5 and 1: {shares:.1?} %");
    assert!(shares[0] < 3.0 && shares[1] > shares[0] + 1.0 && shares[2] > 8.0 + 2.0 * shares[0], "{shares:?}");
}

#[test]
fn without_the_knob_the_memory_is_not_heard() {
    let run = |memory: Arc<Memory>| {
        let mut improviser = Improviser::new(networks());
        improviser.remember(memory);
        play(&mut improviser, &licks(3), 0..160, Meter::default(), |_| controls(0.0, 1))
    };
    let mut taught = Improviser::new(networks());
    play(&mut taught, &licks(3), 0..160, Meter::default(), |_| controls(0.0, 1));
    assert_eq!(run(Arc::clone(taught.memory())), run(Arc::default()));
}

#[test]
fn a_memory_that_was_saved_plays_as_the_one_that_was_learnt() {
    let mut taught = Improviser::new(networks());
    play(&mut taught, &licks(4), 0..200, Meter::default(), |_| controls(1.0, 1));
    let saved = serde_json::to_string(&**taught.memory()).unwrap();
    let mut loaded = Improviser::new(networks());
    loaded.remember(Arc::new(serde_json::from_str(&saved).unwrap()));
    taught.restart();
    let again =
        |improviser: &mut Improviser| play(improviser, &licks(2), 0..100, Meter::default(), |_| controls(1.0, 1));
    let cues = again(&mut taught);
    assert_eq!(again(&mut loaded), cues);
    let mut fresh = Improviser::new(networks());
    assert_ne!(lead(&again(&mut fresh)), lead(&cues), "and otherwise than without");
}
