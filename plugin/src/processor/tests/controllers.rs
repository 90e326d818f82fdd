//! Learnt controllers: what they move, when, and what the host is told.

use super::*;
use crate::params::controllers::Learnt;
use crate::processor::actions::neighbour;
use crate::seam::{PickUp, ToHostReceiver, Told};

fn learn(rig: &Rig, controller: u8, moves: &str) {
    let is_new = rig.params.controllers.learn(Learnt { channel: None, controller, moves: moves.to_owned() });
    assert!(is_new, "{moves}");
}

/// Where the parameter is, from 0 to 1.
fn value(rig: &Rig, id: &str) -> f32 {
    let map = rig.params.param_map();
    let (_, param, _) = map.into_iter().find(|(known, ..)| known == id).unwrap();
    // SAFETY: the parameters live as long as the rig.
    unsafe { param.unmodulated_normalized_value() }
}

/// Moves controller `number` to `to`, 100 samples into a block, and plays the block.
fn turn(rig: &mut Rig, number: u8, to: u8) {
    rig.block(&rig.host(true), 500, &[controller(100, 0, number, to)]);
}

fn told(receiver: &mut ToHostReceiver) -> Vec<(u32, f64, u32)> {
    receiver.map(|Told { parameter, value, sample }| (parameter, value, sample)).collect()
}

#[test]
fn a_learnt_controller_picks_its_parameter_up_and_then_moves_it() {
    let mut rig = Rig::new(nothing);
    let mut receiver = rig.shared.to_host.receiver();
    learn(&rig, 74, "temperature");
    let start = value(&rig, "temperature");
    assert!((0.3..0.7).contains(&start), "it lies in the middle: {start}");
    turn(&mut rig, 74, 10);
    assert_eq!((value(&rig, "temperature"), told(&mut receiver)), (start, vec![]), "nothing jumps");
    assert_eq!(rig.shared.pick_ups.get(0), Some(PickUp { value: 10, holds: false }));
    turn(&mut rig, 74, 120);
    let now = value(&rig, "temperature");
    assert!((now - 120.0 / 127.0).abs() < 0.01, "it has passed the place: {now}");
    let told = told(&mut receiver);
    assert_eq!((told.len(), told[0].0, told[0].2), (1, number("temperature"), 100));
    assert_eq!(rig.shared.pick_ups.get(0), Some(PickUp { value: 120, holds: true }));
    turn(&mut rig, 74, 20);
    assert!((value(&rig, "temperature") - 20.0 / 127.0).abs() < 0.01, "it has hold of it");
    assert_eq!(rig.log.len(), 0, "it goes no further");
}

#[test]
fn who_turns_swing_by_a_controller_has_it_by_the_knob_and_the_host_is_told() {
    let mut rig = Rig::new(nothing);
    let mut receiver = rig.shared.to_host.receiver();
    learn(&rig, 1, "swing");
    assert_eq!(value(&rig, "swing_by_style"), 1.0);
    turn(&mut rig, 1, 64);
    assert_eq!(value(&rig, "swing_by_style"), 1.0, "it has not picked it up");
    turn(&mut rig, 1, 0);
    turn(&mut rig, 1, 64);
    assert_eq!(value(&rig, "swing_by_style"), 0.0);
    let said: Vec<u32> = told(&mut receiver).into_iter().map(|(parameter, ..)| parameter).collect();
    assert!(said.contains(&number("swing_by_style")) && said.contains(&number("swing")), "{said:?}");
    rig.params.set(number("swing_by_style"), 1.0);
    rig.params.set(number("swing"), 0.9);
    rig.block(&rig.host(true), 500, &[]);
    assert_eq!(value(&rig, "swing_by_style"), 1.0, "what automation moves waits");
}

#[test]
fn who_moves_a_parameter_last_counts() {
    let mut rig = Rig::new(nothing);
    learn(&rig, 74, "temperature");
    learn(&rig, 75, "temperature");
    turn(&mut rig, 74, 0);
    turn(&mut rig, 74, 127);
    assert_eq!(value(&rig, "temperature"), 1.0);
    rig.params.set(number("temperature"), 0.25);
    turn(&mut rig, 74, 126);
    assert_eq!(value(&rig, "temperature"), 0.25, "the host has moved it");
    turn(&mut rig, 75, 32);
    assert!((value(&rig, "temperature") - 32.0 / 127.0).abs() < 0.01, "the other one is close");
    turn(&mut rig, 74, 100);
    assert!((value(&rig, "temperature") - 32.0 / 127.0).abs() < 0.01);
    turn(&mut rig, 74, 20);
    assert!((value(&rig, "temperature") - 20.0 / 127.0).abs() < 0.01, "it has come past it");
}

#[test]
fn a_pedal_turns_a_switch_over_with_every_press_and_is_no_sustain_pedal_any_more() {
    let mut rig = Rig::new(nothing);
    learn(&rig, 64, "freeze");
    let states: Vec<f32> = [127, 0, 127, 0, 100]
        .map(|to| {
            turn(&mut rig, 64, to);
            value(&rig, "freeze")
        })
        .to_vec();
    assert_eq!(states, [1.0, 1.0, 0.0, 0.0, 1.0]);
    assert_eq!(rig.hands().1, 0, "nobody hears of a pedal");
    turn(&mut rig, 66, 127);
    assert_eq!(rig.log.len(), 1, "another one passes");
}

#[test]
fn what_sets_something_off_is_on_while_the_pedal_is_down() {
    let mut rig = Rig::new(nothing);
    learn(&rig, 65, "again");
    turn(&mut rig, 65, 127);
    assert_eq!(value(&rig, "again"), 1.0);
    turn(&mut rig, 65, 0);
    assert_eq!(value(&rig, "again"), 0.0);
}

#[test]
fn one_controller_moves_several_things_on_its_channel() {
    let mut rig = Rig::new(nothing);
    for moves in ["swing", "density"] {
        rig.params.controllers.learn(Learnt { channel: Some(3), controller: 1, moves: moves.to_owned() });
    }
    turn(&mut rig, 1, 0);
    turn(&mut rig, 1, 127);
    assert_ne!(value(&rig, "swing"), 1.0, "on another channel it is free");
    assert_eq!(rig.log.len(), 2);
    for to in [0, 127] {
        rig.block(&rig.host(true), 500, &[controller(0, 3, 1, to)]);
    }
    assert_eq!(["swing", "density"].map(|id| value(&rig, id)), [1.0, 1.0]);
}

#[test]
fn a_pedal_goes_through_the_scenes_that_hold_something() {
    let mut rig = Rig::new(nothing);
    for scene in [1, 4] {
        rig.params.scenes.store(scene, Some(Controls::default()));
    }
    learn(&rig, 64, "next_scene");
    learn(&rig, 66, "previous_scene");
    learn(&rig, 67, "recall_panel");
    rig.play(FRAME);
    let mut press = |number: u8| {
        turn(&mut rig, number, 127);
        turn(&mut rig, number, 0);
        rig.play(2 * FRAME);
        (value(&rig, "scene") * 8.0).round()
    };
    assert_eq!([64, 64, 64, 66, 67, 66].map(&mut press), [2.0, 5.0, 2.0, 5.0, 0.0, 5.0]);
}

#[test]
fn presses_that_come_fast_are_all_counted() {
    let mut rig = Rig::new(nothing);
    (0..8).for_each(|scene| rig.params.scenes.store(scene, Some(Controls::default())));
    learn(&rig, 64, "next_scene");
    learn(&rig, 66, "next_preset");
    rig.play(FRAME);
    let press = |number| [controller(100, 0, number, 127), controller(110, 0, number, 0)];
    rig.block(&rig.host(true), 500, &[64, 64, 66, 66, 66].map(press).concat());
    assert_eq!(rig.params.take.scene.value(), 2.0);
    assert_eq!(rig.params.recall.preset.value(), 3);
}

#[test]
fn a_pedal_ends_every_note() {
    let mut rig = Rig::new(nothing);
    learn(&rig, 64, "panic");
    rig.block(&rig.host(true), 500, &[on(0, 60), controller(10, 0, 64, 127)]);
    rig.block(&rig.host(true), 500, &[]);
    assert_eq!(sounding(&rig.log), Ok(0));
}

#[test]
fn a_parameter_that_is_moved_before_a_frame_is_called_counts_in_it_in_blocks_of_any_length() {
    let asked = |lengths: &[u32]| {
        let mut rig = Rig::new(nothing);
        learn(&rig, 74, "swing");
        // Frames are called every 6000 samples.
        let moves = [(2900, 0), (3000, 100), (9100, 30), (15_500, 127), (15_501, 60)];
        for &length in lengths.iter().cycle() {
            let from = rig.sample as u32;
            if from >= 30_000 {
                break;
            }
            let length = length.min(30_000 - from);
            let here = moves.iter().filter(|(at, _)| (from..from + length).contains(at));
            let input: Vec<_> = here.map(|&(at, to)| controller(at - from, 0, 74, to)).collect();
            rig.block(&rig.host(true), length, &input);
        }
        rig.asked.iter().map(|controls| controls.swing).collect::<Vec<_>>()
    };
    let swings = asked(&[500]);
    let distinct: BTreeSet<u32> = swings.iter().map(|swing| swing.to_bits()).collect();
    assert_eq!(distinct.len(), 4, "{swings:?}");
    for lengths in [&[64][..], &[30_000], &[1, 777, 4000]] {
        assert_eq!(asked(lengths), swings, "{lengths:?}");
    }
}

#[test]
fn the_controller_that_was_moved_last_is_told_to_the_panel() {
    let mut rig = Rig::new(nothing);
    turn(&mut rig, 74, 99);
    let moved = rig.shared.last_moved.get().unwrap();
    assert_eq!((moved.channel, moved.controller, moved.value), (0, 74, 99));
    turn(&mut rig, 123, 0);
    assert_eq!(rig.shared.last_moved.get(), Some(moved), "what cannot be learnt is none");
}

#[test]
fn numbers_go_round_and_pass_what_is_empty() {
    let filled = |number: &u8| [2, 5, 8].contains(number);
    let next = |now| neighbour(now, 8, true, filled);
    let before = |now| neighbour(now, 8, false, filled);
    assert_eq!([0, 1, 2, 5, 8].map(next), [2, 2, 5, 8, 2].map(Some));
    assert_eq!([0, 1, 2, 5, 8].map(before), [8, 8, 8, 2, 5].map(Some));
    assert_eq!(neighbour(128, 128, true, |_| true), Some(1));
    assert_eq!(neighbour(0, 128, false, |_| true), Some(128));
    assert_eq!(neighbour(3, 8, true, |_| false), None);
}
