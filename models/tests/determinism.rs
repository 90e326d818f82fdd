//! The same calls give the same cues, whatever happened in between.

mod common;

use std::sync::Arc;

use common::{bands, networks, notes, ode_to_joy, play};
use continuo_models::music::Meter;
use continuo_models::{Controls, Cue, Improviser};

const FRAMES: i64 = 320;

fn controls() -> Controls {
    Controls { temperature: 1.2, style_blend: 0.4, ..Controls::default() }
}

#[test]
fn the_same_calls_give_the_same_cues() {
    for networks in bands() {
        let run =
            || play(&mut Improviser::new(networks.clone()), &ode_to_joy(), 0..FRAMES, Meter::default(), |_| controls());
        let cues = run();
        assert_eq!(cues, run());
        assert!(notes(&cues).count() > 100, "the band plays");
    }
}

#[test]
fn another_seed_gives_another_take() {
    let run = |seed| {
        let controls = Controls { seed, ..controls() };
        play(&mut Improviser::new(networks()), &ode_to_joy(), 0..FRAMES, Meter::default(), |_| controls)
    };
    assert_ne!(run(1), run(2));
}

#[test]
fn a_snapshot_goes_on_as_the_original_does() {
    let meter = Meter::default();
    for networks in bands() {
        let mut original = Improviser::new(networks);
        play(&mut original, &ode_to_joy(), 0..100, meter, |_| controls());
        let mut snapshot = original.clone();
        let rest = play(&mut original, &ode_to_joy(), 100..FRAMES, meter, |_| controls());
        assert_eq!(play(&mut snapshot, &ode_to_joy(), 100..FRAMES, meter, |_| controls()), rest);
    }
}

#[test]
fn after_a_restart_nothing_is_left_of_what_was_heard_but_the_memory() {
    let meter = Meter::default();
    let mut improviser = Improviser::new(networks());
    let first = play(&mut improviser, &ode_to_joy(), 0..200, meter, |_| controls());
    assert!(!improviser.memory().is_empty());
    improviser.restart();
    assert!(!improviser.memory().is_empty());
    improviser.remember(Arc::default());
    assert_eq!(play(&mut improviser, &ode_to_joy(), 0..200, meter, |_| controls()), first);
}

#[test]
fn every_frame_ends_with_done_and_begins_with_the_answers() {
    for networks in bands() {
        let cues = play(&mut Improviser::new(networks), &ode_to_joy(), 0..64, Meter::default(), |_| controls());
        for (frame, cues) in cues.split_inclusive(|cue| matches!(cue, Cue::Done(_))).enumerate() {
            assert!(matches!(cues[0], Cue::Answers(answers) if answers.frame == frame as i64 + 1));
            assert_eq!(cues.last(), Some(&Cue::Done(frame as i64 + 1)));
            assert!(!cues[..cues.len() - 1].iter().any(|cue| matches!(cue, Cue::Done(_))));
            let again = cues[1..].iter().position(|cue| matches!(cue, Cue::Answers(_)));
            let way = cues.iter().position(|cue| matches!(cue, Cue::On(_)));
            assert!(again.is_none_or(|again| way.is_some_and(|way| way <= again)), "other answers lie on a way");
        }
    }
}
