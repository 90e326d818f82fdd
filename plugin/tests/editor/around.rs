//! What stands around the band: the tour, the size of the panel, help, routing, and lists that fit.

use std::sync::Arc;

use continuo::editor::panel;
use continuo::editor::panel_size::SIZES;
use continuo::editor::request::Request;
use continuo::editor::silence::Facts;
use continuo::editor::view::View;
use egui::accesskit::{Role, Toggled};
use egui::{Key, Order, Rect, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::host::Host;
use crate::pictures::playing;
use crate::{Bench, whole_panel, whole_panel_in};

fn new() -> (Arc<Host>, Harness<'static, Bench>) {
    whole_panel(View { is_new: true, ..View::default() }, 1.0)
}

fn tour(harness: &Harness<Bench>) -> Option<String> {
    harness.query_by_role_and_label(Role::Status, "Tour").map(|said| said.value().unwrap_or_default())
}

fn click(harness: &mut Harness<Bench>, name: &str) {
    harness.get_by_label(name).click();
    harness.run();
}

#[test]
fn somebody_new_is_shown_around_once() {
    let (_, mut harness) = new();
    harness.run();
    let mut said = Vec::new();
    while let Some(text) = tour(&harness) {
        said.push(text);
        click(&mut harness, "Next step of the tour");
    }
    assert_eq!(said.len(), 5, "{said:?}");
    for (text, word) in said.iter().zip(["keyboard", "style", "players", "preset", "instruments"]) {
        assert!(text.contains(word), "{text}");
    }
    assert_eq!(harness.state().requests, [Request::EndTour]);
}

#[test]
fn the_tour_is_skipped_by_a_click_or_escape() {
    for by_key in [false, true] {
        let (_, mut harness) = new();
        harness.run();
        if by_key {
            harness.key_press(Key::Escape);
            harness.run();
        } else {
            click(&mut harness, "Skip the tour");
        }
        assert_eq!((tour(&harness), harness.state().requests.as_slice()), (None, [Request::EndTour].as_slice()));
    }
}

#[test]
fn the_panel_works_during_the_tour() {
    let (host, mut harness) = new();
    harness.run();
    harness.get_by_role_and_label(Role::Switch, "Voices on").click();
    harness.run();
    assert!(!host.params().controls().player(continuo_models::Player::Voices).on);
    assert!(tour(&harness).is_some());
}

#[test]
fn who_has_been_shown_around_is_not_but_may_ask_for_it() {
    let (_, mut harness) = whole_panel(View::default(), 1.0);
    harness.run();
    assert_eq!(tour(&harness), None);
    harness.get_by_role_and_label(Role::Tab, "Setup").click();
    harness.run();
    click(&mut harness, "About");
    click(&mut harness, "Show me around");
    harness.run();
    assert!(tour(&harness).is_some() && harness.query_by_label("Temperature").is_some(), "it begins on the page Play");
}

#[test]
fn the_size_of_the_panel_is_chosen_in_about() {
    let (host, mut harness) = whole_panel(View { scale: 1.5, ..View::default() }, 1.0);
    click(&mut harness, "About");
    for size in SIZES {
        let name = format!("Panel at {:.0} %", size * 100.0);
        let button = harness.get_by_label(&name);
        assert_eq!(button.accesskit_node().toggled(), Some(Toggled::from(size == 1.5)));
        button.click();
        harness.run();
    }
    assert_eq!(harness.state().requests, SIZES.map(Request::Resize));
    assert_eq!(host.take_steps(), []);
}

#[test]
fn a_window_of_another_shape_has_the_panel_in_its_middle() {
    let size = panel::SIZE + vec2(100.0, 40.0);
    let (_, harness) = whole_panel_in(size, View::default(), 1.0);
    let (meter, keys) = (harness.get_by_label("Deadline meter").rect(), harness.get_by_label("Keyboard").rect());
    assert_eq!((meter.left(), size.x - keys.right()), (66.0, 66.0));
    let (_, harness) = whole_panel_in(panel::SIZE - vec2(40.0, 40.0), View::default(), 1.0);
    assert_eq!(
        harness.get_by_label("Deadline meter").rect().left(),
        16.0,
        "where it does not fit, it begins at the left"
    );
}

#[test]
fn what_may_be_amiss_is_said_with_what_to_do() {
    let facts = Facts { notes: 0, players: 0, ..Facts::default() };
    let (_, mut harness) = whole_panel(View { facts, ..View::default() }, 1.0);
    click(&mut harness, "Nothing sounds?");
    harness.get_by_label_contains("No note has arrived yet. Arm the track");
    harness.get_by_label_contains("All players are off. Switch one on");
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.query_by_label("Temperature").is_some());
}

#[test]
fn the_routing_is_that_of_the_host_with_the_channels_as_they_are_set() {
    let (host, mut harness) = whole_panel(View { host: "REAPER".into(), ..View::default() }, 1.0);
    host.params().set(continuo::params::number("bass_channel"), 1.0);
    harness.get_by_role_and_label(Role::Tab, "Setup").click();
    harness.run();
    harness.get_by_label("Bass: channel 16");
    assert!(harness.query_by_label_contains("Add a send").is_some());
}

#[test]
fn every_list_opens_inside_the_window() {
    let window = Rect::from_min_size(pos2(0.0, 0.0), panel::SIZE);
    for (page, list) in [
        ("Play", "Style A"),
        ("Play", "Key"),
        ("Play", "Scene change"),
        ("Band", "Key"),
        ("Band", "Networks"),
        ("Band", "Form"),
        ("Band", "Lead mode"),
        ("Groove", "Cymbal"),
        ("Groove", "Kit"),
        ("Groove", "Count-in"),
    ] {
        let (_, mut harness) = whole_panel(playing(), 1.0);
        harness.get_by_role_and_label(Role::Tab, page).click();
        harness.run();
        let button = harness.get_by_role_and_label(Role::ComboBox, list).rect();
        harness.get_by_role_and_label(Role::ComboBox, list).click_accesskit();
        harness.run();
        let lists = harness.ctx.memory(|memory| {
            let layers = memory.areas().visible_layer_ids().into_iter();
            let above = layers.filter(|layer| layer.order == Order::Foreground);
            above.filter_map(|layer| memory.area_rect(layer.id)).collect::<Vec<_>>()
        });
        let [open] = lists.as_slice() else { panic!("{list}: {lists:?}") };
        assert!(window.contains_rect(*open) && !open.intersects(button.shrink(1.0)), "{list} at {button}: {open}");
    }
}
