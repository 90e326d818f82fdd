//! How controllers are learnt, shown and forgotten.

use continuo::editor::learn;
use continuo::editor::view::View;
use continuo::params::controllers::Learnt;
use continuo::seam::{Moved, PickUp};
use continuo_models::Controls;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::host::Host;
use crate::{Bench, whole_panel};

fn fresh() -> (std::sync::Arc<Host>, Harness<'static, Bench>) {
    whole_panel(View::default(), 1.0)
}

/// A controller is moved, and the panel sees it.
fn turn(harness: &mut Harness<Bench>, channel: u8, controller: u8) {
    let moved = &mut harness.state_mut().view.controllers.moved;
    let count = moved.map_or(0, |moved| moved.count) + 1;
    *moved = Some(Moved { count, channel, controller, value: 64 });
    harness.run();
}

fn learnt(channel: Option<u8>, controller: u8, moves: &str) -> Learnt {
    Learnt { channel, controller, moves: moves.to_owned() }
}

#[test]
fn right_click_learn_move_done() {
    let (host, mut harness) = fresh();
    turn(&mut harness, 0, 7);
    for (control, moves, controller) in [
        ("Temperature", "temperature", 74),
        ("Freeze", "freeze", 64),
        ("Bass channel", "bass_channel", 20),
        ("Style A", "style_a", 21),
        ("Voices on", "voices_on", 22),
        ("Again, the same", "again", 23),
        ("Scene 3", "recall_scene_3", 24),
        ("Panic", "panic", 25),
        ("Next preset", "next_preset", 26),
        ("Previous preset", "previous_preset", 27),
    ] {
        harness.get_by_label(control).click_secondary();
        harness.run();
        harness.get_by_label("Learn a controller").click();
        harness.run();
        assert!(harness.get_by_label("Learning").value().unwrap().starts_with("Move a controller for"));
        turn(&mut harness, 2, controller);
        assert_eq!(host.params().controllers.learnt().last(), Some(&learnt(Some(2), controller, moves)), "{control}");
        assert!(harness.query_by_label("Learning").is_none());
    }
    assert_eq!(host.take_steps(), [], "nothing has moved");
}

#[test]
fn a_controller_that_is_not_ones_own_is_waited_past_and_escape_learns_nothing() {
    let (host, mut harness) = fresh();
    harness.get_by_label("Swing").click_secondary();
    harness.run();
    harness.get_by_label("Learn a controller").click();
    harness.run();
    turn(&mut harness, 0, 123);
    assert!(harness.query_by_label("Learning").is_some());
    harness.key_press(Key::Escape);
    harness.run();
    turn(&mut harness, 0, 74);
    assert_eq!(host.params().controllers.learnt(), []);
}

#[test]
fn the_menu_opens_by_keys_and_forgets_defaults_and_takes_values() {
    let (host, mut harness) = fresh();
    let known = learnt(Some(0), 74, "temperature");
    host.params().controllers.learn(known.clone());
    harness.state_mut().view.controllers.learnt = vec![(known, None)];
    let open = |harness: &mut Harness<Bench>| {
        harness.get_by_label("Temperature").focus();
        harness.run();
        harness.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
        harness.run();
    };
    open(&mut harness);
    harness.get_by_role(Role::TextInput).focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.get_by_role(Role::TextInput).type_text("1.5");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(host.params().controls().temperature, 1.5);
    open(&mut harness);
    harness.get_by_label_contains("Default").click();
    harness.run();
    assert!((host.params().controls().temperature - Controls::default().temperature).abs() < 1e-6);
    open(&mut harness);
    harness.get_by_label("Forget CC 74 brightness, channel 1").click();
    harness.run();
    assert_eq!(host.params().controllers.learnt(), []);
}

#[test]
fn learning_a_control_by_click_leaves_what_it_does_alone() {
    let (host, mut harness) = fresh();
    harness.get_by_label("Setup").click();
    harness.run();
    harness.get_by_label("Learn a control").click();
    harness.run();
    harness.get_by_label("Play").click();
    harness.run();
    harness.get_by_label("Learn Freeze").click();
    harness.run();
    turn(&mut harness, 0, 64);
    assert_eq!(host.params().controllers.learnt(), [learnt(Some(0), 64, "freeze")]);
    assert_eq!(host.take_steps(), []);
}

#[test]
fn the_card_lists_learns_actions_and_forgets() {
    let (host, mut harness) = fresh();
    harness.get_by_label("Setup").click();
    harness.run();
    harness.get_by_label("Learn an action").click();
    harness.run();
    harness.get_by_label("Next scene").click();
    harness.run();
    turn(&mut harness, 0, 66);
    let (pedal, knob) = (learnt(Some(0), 66, "next_scene"), learnt(None, 1, "swing"));
    assert_eq!(host.params().controllers.learnt(), std::slice::from_ref(&pedal));
    host.params().controllers.learn(knob.clone());
    let pick_up = PickUp { value: 90, holds: false };
    let shown = vec![(pedal.clone(), None), (knob.clone(), Some(pick_up))];
    harness.state_mut().view.controllers = learn::Controllers { learnt: shown, moved: None };
    harness.run();
    let row = harness.get_by_label("CC 1 modulation moves Swing");
    assert_eq!(row.value().as_deref(), Some("90, not picked up yet"));
    harness.get_by_label("Channel of CC 66 sostenuto pedal for Next scene").click();
    harness.run();
    assert_eq!(host.params().controllers.learnt()[0].channel, None);
    harness.get_by_label("Forget CC 1 modulation for Swing").click();
    harness.run();
    assert_eq!(host.params().controllers.learnt().len(), 1);
    harness.get_by_label("Forget all controllers").click();
    harness.run();
    assert_eq!(host.params().controllers.learnt(), []);
}
