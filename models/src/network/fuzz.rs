//! Whatever lies in the place of a network or of its card: it is named, or it plays.

use std::cell::RefCell;
use std::panic;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use continuo_fuzz::{Seeds, cases};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::card::Card;
use super::conditions::Conditions;
use super::{HarmonistNetwork, Networks, Role, Slot};
use crate::music::time::frame_start;
use crate::music::{BarPosition, Meter};
use crate::{Controls, Cue, FrameStart, Heard, Improviser};

/// How long it may take to load a small file and to play some bars with it, on a machine that does much else. What
/// takes longer hangs.
const LONGEST: Duration = Duration::from_secs(20);
const BARS: i64 = 2;

fn networks() -> Seeds {
    Seeds::of(&["tests/fuzz/seeds"], ".onnx")
}

fn cards() -> Seeds {
    Seeds::of(&["tests/fuzz/seeds"], ".json")
}

/// The conditions of the networks among the seeds.
fn conditions() -> Conditions {
    let cards = cards();
    let (_, card) = cards.iter().next().expect("there are seeds");
    serde_json::from_slice::<Card>(card).expect("a seed is whole").conditions
}

/// Runs `act`, and gives the source files in which this thread panicked meanwhile, though somebody caught it.
fn caught_in<R>(act: impl FnOnce() -> R) -> (R, Vec<String>) {
    thread_local! {
        static PANICS: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
    }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let file = info.location().map_or_else(String::new, |location| location.file().to_owned());
            let is_awaited = PANICS.with_borrow_mut(|panics| panics.as_mut().map(|panics| panics.push(file)).is_some());
            if !is_awaited {
                usual(info);
            }
        }));
    });
    PANICS.set(Some(Vec::new()));
    let result = act();
    (result, PANICS.take().unwrap_or_default())
}

/// The panics of ours: the runtime's are caught with reason, and must not hide these.
fn ours(panics: &[String]) -> Vec<&String> {
    panics.iter().filter(|file| file.starts_with("models/")).collect()
}

/// A network that loads plays some bars; another is named in a line, as damaged if the runtime trips over it.
fn plays_or_is_named(onnx: &[u8]) -> Result<bool, TestCaseError> {
    let start = Instant::now();
    let (loaded, panics) = caught_in(|| HarmonistNetwork::load(onnx, conditions()));
    prop_assert!(ours(&panics).is_empty(), "panics in {:?}", panics);
    let loads = loaded.is_ok();
    match loaded {
        Ok(harmonist) => {
            prop_assert!(panics.is_empty(), "it is taken in spite of {:?}", panics);
            let (played, panics) = caught_in(|| plays(harmonist));
            prop_assert!(ours(&panics).is_empty(), "panics in {:?}", panics);
            played?;
        }
        Err(problem) => {
            prop_assert_eq!(problem.lines().count(), 1, "{}", problem);
            let trips = problem.contains("it is damaged") || problem.contains("a step failed");
            prop_assert!(trips || panics.is_empty(), "{} {:?}", problem, panics);
        }
    }
    prop_assert!(start.elapsed() < LONGEST, "it took {:?}", start.elapsed());
    Ok(loads)
}

/// The band plays some bars with it: every frame is decided.
fn plays(harmonist: HarmonistNetwork) -> Result<(), TestCaseError> {
    let mut networks = Networks::default();
    networks.0[Role::Harmonist as usize] = Slot::Loaded(Arc::new(harmonist));
    let mut improviser = Improviser::new(Arc::new(networks));
    for frame in 0..BARS * 16 {
        let (tick, key) = (frame_start(frame), 60 + (frame % 12) as u8);
        improviser.hear(Heard::NoteOn { tick, channel: 0, key, velocity: 80 });
        improviser.hear(Heard::NoteOff { tick: tick + 4, channel: 0, key });
        let position = BarPosition { bar_start: 0, meter: Meter::default() }.at(frame_start(frame + 1));
        let mut cues = Vec::new();
        improviser.decide(&FrameStart::before(frame + 1, position, Controls::default()), &mut cues);
        prop_assert_eq!(cues.last(), Some(&Cue::Done(frame + 1)));
    }
    Ok(())
}

#[test]
fn seeds_are_loaded_with_their_cards_and_play() {
    for ((name, onnx), (_, card)) in networks().iter().zip(cards().iter()) {
        assert!(plays_or_is_named(onnx).unwrap_or_else(|failure| panic!("{name}: {failure}")), "{name}");
        Card::read(card, "harmonist", onnx).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn any_network_plays_or_is_named(onnx in networks().damaged()) {
        plays_or_is_named(&onnx)?;
    }

    #[test]
    fn a_card_is_taken_for_no_other_file_and_named_otherwise(card in cards().damaged()) {
        let networks = networks();
        let taken = networks.iter().filter(|(_, onnx)| match Card::read(&card, "harmonist", onnx) {
            Ok(_) => true,
            Err(problem) => {
                assert_eq!(problem.lines().count(), 1, "{problem}");
                false
            }
        });
        prop_assert!(taken.count() <= 1);
    }
}
