//! The page *Groove*: the morph pad, what is captured for it, drift, locks and rolls.

use std::sync::Arc;

use continuo::editor::morph_card::Struck;
use continuo::editor::request::Request;
use continuo::editor::undo::Undo;
use continuo::editor::view::View;
use continuo::seam::Shared;
use continuo_models::music::Letter;
use continuo_models::{Captured, Draw, Player};
use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use nice_plug::params::internals::ParamPtr;

use crate::host::{Host, Step};
use crate::pictures::playing;
use crate::{Bench, whole_panel};

/// A bar that the players strike.
pub fn bar() -> Arc<Captured> {
    let json = r#"{"chords":[[0,"block",0,0,0],[36,"upper",0,0,-4]],"bass":[[0,"root",0,0,0]],"drums":[]}"#;
    Arc::new(serde_json::from_str(json).unwrap())
}

fn page(groove: Struck) -> (Arc<Host>, Harness<'static, Bench>) {
    let (host, mut harness) = whole_panel(View { groove, ..playing() }, 1.0);
    click(&mut harness, "Groove");
    (host, harness)
}

fn click(harness: &mut Harness<Bench>, name: &str) {
    harness.get_by_label(name).click_accesskit();
    harness.run();
}

fn place(host: &Host) -> (f32, f32) {
    let controls = host.params().controls();
    (controls.morph_x, controls.morph_y)
}

#[test]
fn the_pad_is_dragged_as_two_gestures_and_goes_home_by_a_double_click() {
    let (host, mut harness) = page(Struck::default());
    let rect = harness.get_by_label("Morph pad").rect();
    harness.drag_at(rect.left_bottom() + vec2(12.0, -12.0));
    harness.run();
    host.take_steps();
    for step in 1..=4 {
        harness.event(Event::PointerMoved(rect.left_bottom().lerp(rect.right_top(), step as f32 / 4.0)));
        harness.step();
    }
    harness.drop_at(rect.right_top());
    harness.run();
    assert_eq!(place(&host), (1.0, 1.0));
    let ends: Vec<Step> = host.take_steps().into_iter().filter(|step| matches!(step, Step::End(_))).collect();
    assert_eq!(ends, [Step::End("morph_x".into()), Step::End("morph_y".into())]);
    for pressed in [true, false, true, false] {
        let (pos, button, modifiers) = (rect.center(), PointerButton::Primary, Modifiers::NONE);
        harness.event(Event::PointerMoved(pos));
        harness.event(Event::PointerButton { pos, button, pressed, modifiers });
        harness.step();
    }
    harness.run();
    assert_eq!(place(&host), (0.0, 0.0));
}

#[test]
fn its_rails_are_moved_by_keys_and_by_assistive_technology() {
    let (host, mut harness) = page(Struck::default());
    harness.get_by_role_and_label(Role::Slider, "Morph X").focus();
    harness.run();
    harness.key_press(Key::End);
    harness.run();
    assert_eq!(place(&host), (1.0, 0.0));
    let y = harness.get_by_role_and_label(Role::Slider, "Morph Y");
    assert_eq!(y.value().as_deref(), Some("0 %"));
}

#[test]
fn the_bar_that_is_struck_is_captured_and_that_is_undone() {
    let (host, mut harness) = page(Struck { now: bar(), ..Struck::default() });
    let undo = Undo::new(host.shared_params(), Shared::new());
    undo.begin(0);
    click(&mut harness, "Capture the bar");
    undo.end();
    assert_eq!(host.params().captured.newest(), bar());
    let said = harness.get_by_role_and_label(Role::Status, "Captured").value();
    assert_eq!(said.as_deref(), Some("Chords, Bass"));
    undo.undo();
    assert!(host.params().captured.newest().is_empty());
    undo.redo();
    assert_eq!(host.params().captured.newest(), bar());
}

#[test]
fn where_nobody_strikes_there_is_nothing_to_capture_and_that_is_told() {
    let (host, mut harness) = page(Struck::default());
    click(&mut harness, "Capture the bar");
    assert!(matches!(harness.state().requests[..], [Request::Tell(text)] if text.contains("let the band play")));
    assert!(host.params().captured.newest().is_empty());
}

#[test]
fn a_lock_holds_the_bar_that_the_band_is_in_and_lets_go_again() {
    let (host, mut harness) = page(Struck { bar: 11, ..Struck::default() });
    let lock = |player| host.params().controls().player(player).lock;
    click(&mut harness, "Bass lock");
    assert_eq!((lock(Player::Bass), lock(Player::Chords)), (12, 0));
    click(&mut harness, "Bass lock");
    assert_eq!(lock(Player::Bass), 0);
}

#[test]
fn all_roll_again_and_go_back_and_each_rolls_alone() {
    let (host, mut harness) = page(Struck::default());
    let rolls =
        || [Player::Chords, Player::Bass, Player::Drums].map(|player| host.params().controls().player(player).roll);
    click(&mut harness, "Roll again");
    click(&mut harness, "Roll again");
    assert_eq!(rolls(), [2; 3]);
    click(&mut harness, "Back to the last roll");
    harness.get_by_label("Bass roll").focus();
    harness.run();
    harness.key_press(Key::ArrowUp);
    harness.run();
    assert_eq!(rolls(), [1, 2, 1]);
    for _ in 0..3 {
        click(&mut harness, "Back to the last roll");
    }
    assert_eq!(rolls(), [0; 3], "before the first there is none");
}

fn order(host: &Host) -> String {
    host.params().arrangement.newest().order.iter().map(ToString::to_string).collect()
}

#[test]
fn a_click_locks_a_section_as_it_is_drawn_and_unlocks_it_and_that_is_undone() {
    let draw = Draw { seed: 9, chords: 1, bass: 0, drums: 4 };
    let (host, mut harness) = page(Struck { draw, ..Struck::default() });
    let undo = Undo::new(host.shared_params(), Shared::new());
    let lock = || host.params().arrangement.newest().lock(Letter::of(1));
    undo.begin(0);
    harness.get_by_label("Section 3: B").click();
    harness.run();
    undo.end();
    assert_eq!(lock(), Some(draw));
    let said = harness.get_by_label("Section 3: B").value();
    assert_eq!(said.as_deref(), Some("8 bars, locked"));
    undo.undo();
    assert_eq!(lock(), None);
    undo.redo();
    click(&mut harness, "Section 3: B");
    assert_eq!(lock(), None);
}

#[test]
fn a_section_is_dragged_to_another_place_and_moved_by_keys_and_back() {
    let (host, mut harness) = page(Struck::default());
    let middle = |harness: &Harness<Bench>, name: &str| harness.get_by_label(name).rect().center();
    let (from, to) = (middle(&harness, "Section 3: B"), middle(&harness, "Section 1: A"));
    harness.drag_at(from);
    harness.run();
    for step in 1..=4 {
        harness.event(Event::PointerMoved(from.lerp(to, step as f32 / 4.0)));
        harness.step();
    }
    harness.drop_at(to);
    harness.run();
    assert_eq!(order(&host), "BAAA");
    assert!(host.params().arrangement.newest().locks.is_empty(), "a drag is no click");
}

#[test]
fn the_arrow_keys_and_assistive_technology_move_a_section() {
    let (host, mut harness) = page(Struck::default());
    harness.get_by_label("Section 3: B").focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert_eq!(order(&host), "AAAB");
    harness.get_by_label("Section 2: A").focus();
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert_eq!(order(&host), "", "two of the same change nothing: it is as the form has it");
}

#[test]
fn who_holds_the_section_that_plays_has_it_played_again_until_he_lets_go() {
    let (host, mut harness) = page(Struck::default());
    let vamps = || host.params().controls().vamp;
    let hold = |harness: &mut Harness<Bench>, name: &str| {
        let pos = harness.get_by_label(name).rect().center();
        harness.drag_at(pos);
        for _ in 0..20 {
            harness.step();
        }
        let held = vamps();
        harness.drop_at(pos);
        harness.run();
        held
    };
    host.take_steps();
    assert!(hold(&mut harness, "Section 1: A") && !vamps());
    let id = || "vamp".to_owned();
    assert_eq!(host.take_steps(), [Step::Begin(id()), Step::Set(id(), 1.0), Step::Set(id(), 0.0), Step::End(id())]);
    assert!(!hold(&mut harness, "Section 3: B"), "one that does not play is not held");
    assert!(host.params().arrangement.newest().locks.is_empty(), "to hold is no click");
    click(&mut harness, "Vamp");
    assert!(vamps());
    hold(&mut harness, "Section 1: A");
    assert!(vamps(), "the button holds it");
}

#[test]
fn the_keys_of_the_kit_take_the_place_of_vary_and_morph_and_give_it_back() {
    let (_, mut harness) = page(Struck::default());
    assert!(harness.query_by_label("Kick: key 36").is_none());
    click(&mut harness, "Keys of the kit");
    assert!(harness.query_by_label("Kick: key 36").is_some() && harness.query_by_label("Morph pad").is_none());
    click(&mut harness, "Keys of the kit");
    assert!(harness.query_by_label("Morph pad").is_some());
}

#[test]
fn swing_that_automation_moves_while_the_style_has_it_is_said_to_wait() {
    let (host, mut harness) = page(Struck::default());
    let text = |harness: &Harness<Bench>| harness.get_by_role_and_label(Role::Slider, "Swing").value();
    assert_eq!(text(&harness).as_deref(), Some("Style"));
    let continuo::params::HostParam::Number(swing) = host.params().control("swing") else { panic!("a number") };
    // SAFETY: the parameter lives as long as the host.
    unsafe { ParamPtr::FloatParam(swing)._internal_set_normalized_value(0.4) };
    harness.run();
    assert_eq!(text(&harness).as_deref(), Some("Style (40 %)"));
}
