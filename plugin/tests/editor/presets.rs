//! The page of presets, and what is loaded with it.

use std::sync::Arc;

use continuo::editor::request::Request;
use continuo::editor::view::{History, View};
use continuo::params::{ContinuoParams, number};
use continuo::presets::library::{Errand, Own, Shelf};
use continuo::presets::locks::Locks;
use continuo::presets::{self, Preset};
use continuo::seam::Shared;
use continuo_models::Player;
use continuo_models::music::Style;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::host::{Host, Step};
use crate::pictures::playing;
use crate::{Bench, whole_panel};

/// A preset of the musician's own, and one with a star.
pub fn shelf() -> Arc<Shelf> {
    let mut preset = Preset::default();
    (preset.name, preset.description) = ("My Evening".into(), "As I like it.".into());
    let own = vec![Own { file: "/presets/My Evening.continuo-preset".into(), preset }];
    let favourites = [Shelf::mark_of_factory(1)].into();
    Arc::new(Shelf { own, favourites, deleted: 1, revision: 1, ..Shelf::default() })
}

/// The panel with the page open, in a host that has heard nothing.
fn page() -> (Arc<Host>, Harness<'static, Bench>) {
    let (host, mut harness) = whole_panel(View { shelf: shelf(), ..View::default() }, 1.0);
    click(&mut harness, "Presets");
    harness.state_mut().requests.clear();
    (host, harness)
}

fn click(harness: &mut Harness<Bench>, name: &str) {
    harness.get_by_label(name).click_accesskit();
    harness.run();
}

/// Chooses `entry` from the list called `name`.
fn choose(harness: &mut Harness<Bench>, name: &str, entry: &str) {
    for name in [name, entry] {
        harness.get_by_label(name).click();
        harness.run();
    }
}

fn requests(harness: &mut Harness<Bench>) -> Vec<Request> {
    std::mem::take(&mut harness.state_mut().requests)
}

fn factory(name: &str) -> &'static Preset {
    presets::factory().iter().find(|preset| preset.name == name).expect("a preset of the factory")
}

fn names(harness: &Harness<Bench>) -> Vec<String> {
    let rows = harness.root().children_recursive().filter(|node| node.accesskit_node().role() == Role::ListBoxOption);
    rows.filter_map(|node| node.accesskit_node().label()).collect()
}

#[test]
fn the_folder_is_read_when_the_page_opens() {
    let (_, mut harness) = whole_panel(View::default(), 1.0);
    click(&mut harness, "Presets");
    assert_eq!(requests(&mut harness), [Request::Library(Errand::Read)]);
    harness.run_steps(5);
    assert_eq!(requests(&mut harness), []);
    click(&mut harness, "Play");
    click(&mut harness, "Presets");
    assert_eq!(requests(&mut harness), [Request::Library(Errand::Read)]);
}

#[test]
fn to_load_is_one_gesture_of_all_knobs() {
    let (host, mut harness) = page();
    click(&mut harness, "Campfire in D");
    assert_eq!(host.take_steps(), [], "to look is not to load");
    click(&mut harness, "Load preset");
    let steps = host.take_steps();
    let begun = steps.iter().take_while(|step| matches!(step, Step::Begin(_))).count();
    let ended = steps.iter().rev().take_while(|step| matches!(step, Step::End(_))).count();
    assert_eq!((begun, ended, steps.len()), (ended, begun, 3 * begun), "{steps:?}");
    let controls = host.params().controls();
    assert_eq!((controls.style_a, controls.key_lock, controls.key.tonic), (Style::Folk, true, 2));
    assert!(!controls.player(Player::Lead).on);
    assert!(host.params().are_at(factory("Campfire in D")));
    assert_eq!(host.params().presets.current().map(|preset| preset.name).as_deref(), Some("Campfire in D"));
}

#[test]
fn a_double_click_loads_too() {
    let (host, mut harness) = page();
    let at = harness.get_by_label("Sunday Hymn").rect().center();
    for _ in 0..2 {
        harness.drag_at(at);
        harness.drop_at(at);
        harness.hover_at(at);
    }
    harness.run();
    assert!(host.params().are_at(factory("Sunday Hymn")));
}

#[test]
fn arrows_choose_and_enter_loads() {
    let (host, mut harness) = page();
    harness.get_by_label("List of presets").focus();
    harness.run();
    for key in [Key::ArrowDown, Key::ArrowDown, Key::ArrowDown, Key::ArrowUp, Key::Enter] {
        harness.key_press(key);
        harness.run();
    }
    assert!(host.params().are_at(&presets::factory()[1]));
    harness.key_press(Key::End);
    harness.run();
    assert!(harness.get_by_label("List of presets").value().is_some_and(|text| text.starts_with("My Evening")));
}

#[test]
fn what_is_locked_stays() {
    let (host, mut harness) = page();
    for lock in ["Lock style", "Lock players"] {
        click(&mut harness, lock);
    }
    assert_eq!(host.params().presets.locks(), Locks { style: true, key: false, players: true });
    click(&mut harness, "Campfire in D");
    click(&mut harness, "Load preset");
    let controls = host.params().controls();
    assert_eq!((controls.style_a, controls.key.tonic), (Style::Pop, 2));
    assert!(controls.player(Player::Lead).on);
    assert!(host.params().are_at(factory("Campfire in D")), "what is locked is no change");
}

#[test]
fn scenes_come_with_a_preset_on_the_channels_of_the_panel() {
    let (host, mut harness) = page();
    host.params().set(number("bass_channel"), 9.0 / 15.0);
    choose(&mut harness, "Presets: Good for", "scenes");
    click(&mut harness, "Opening Set");
    click(&mut harness, "Load preset");
    let scenes = host.params().scenes.snapshots();
    assert_eq!(scenes.map(|scene| scene.is_some()), [true, true, true, true, true, false, false, false]);
    assert!(scenes.iter().flatten().all(|scene| scene.player(Player::Bass).channel == 9));
    assert_eq!(host.params().controls().player(Player::Bass).channel, 9);
}

#[test]
fn tags_and_stars_are_clicked_and_words_are_written() {
    let (_, mut harness) = page();
    let all = names(&harness).len();
    choose(&mut harness, "Presets: whose", "Favourites");
    assert_eq!(names(&harness), ["Campfire in D"]);
    choose(&mut harness, "Presets: whose", "My own");
    assert_eq!(names(&harness), ["My Evening"]);
    choose(&mut harness, "Presets: whose", "All");
    choose(&mut harness, "Presets: Style", "hymn");
    let hymns = names(&harness);
    assert!(hymns.contains(&"Sunday Hymn".to_owned()) && hymns.len() < all);
    harness.get_by_label("Search presets").focus();
    harness.run();
    harness.get_by_label("Search presets").type_text("choir");
    harness.run();
    assert_eq!(names(&harness), ["Choir of One"]);
}

#[test]
fn a_star_is_asked_for_by_its_mark() {
    let (_, mut harness) = page();
    click(&mut harness, "Favourite: Late Set");
    assert_eq!(requests(&mut harness), [Request::Library(Errand::Favour(Shelf::mark_of_factory(0)))]);
}

#[test]
fn to_listen_loads_nothing_and_ends_with_the_page() {
    let (host, mut harness) = page();
    click(&mut harness, "Bossa on the Beach");
    click(&mut harness, "Listen");
    let heard = |harness: &mut Harness<Bench>| match requests(harness).pop() {
        Some(Request::Listen(to)) => to.map(|trial| trial.controls.style_a),
        other => panic!("{other:?}"),
    };
    assert_eq!(heard(&mut harness), Some(Style::Bossa));
    click(&mut harness, "Sunday Hymn");
    assert_eq!(heard(&mut harness), Some(Style::Hymn), "who looks at another listens to it");
    assert_eq!(host.take_steps(), []);
    click(&mut harness, "Play");
    assert_eq!(heard(&mut harness), None);
    click(&mut harness, "Presets");
    requests(&mut harness);
    click(&mut harness, "Listen");
    click(&mut harness, "Load preset");
    assert_eq!(heard(&mut harness), None, "what is loaded need not be listened to");
}

#[test]
fn what_is_saved_is_what_the_knobs_say_under_the_name_that_is_written() {
    let (host, mut harness) = page();
    click(&mut harness, "Bossa on the Beach");
    click(&mut harness, "Load preset");
    click(&mut harness, "Campfire in D");
    requests(&mut harness);
    for again in [false, true] {
        click(&mut harness, "Save preset");
        let [Request::Library(Errand::Save { preset, replace })] = &requests(&mut harness)[..] else {
            panic!("a preset")
        };
        assert_eq!((preset.name.as_str(), *replace), ("Campfire in D", again), "only to save once more replaces");
        assert!(host.params().are_at(preset));
        assert_eq!(preset.tags.style, ["bossa"]);
        assert_eq!(preset.tags.mood, factory("Campfire in D").tags.mood, "as it is written");
    }
}

#[test]
fn what_is_saved_is_found_by_the_words_that_are_written_and_by_the_styles_that_it_has() {
    let (host, mut harness) = page();
    click(&mut harness, "Bossa on the Beach");
    click(&mut harness, "Load preset");
    for (name, words) in [("Preset style", ", café, polka"), ("Preset mood", ", Late"), ("Preset use", ", late")] {
        harness.get_by_label(name).focus();
        harness.run();
        harness.key_press(Key::End);
        harness.get_by_label(name).type_text(words);
        harness.run();
    }
    host.params().set(number("style_a"), 0.0);
    click(&mut harness, "Save preset");
    let saved = requests(&mut harness).pop();
    let Some(Request::Library(Errand::Save { preset, .. })) = saved else { panic!("{saved:?}") };
    let bossa = &factory("Bossa on the Beach").tags;
    let and = |words: &[String], more: &str| [words, &[more.to_owned()]].concat();
    assert_eq!(preset.tags.style, ["jazz", "café", "polka"]);
    assert_eq!((preset.tags.mood, preset.tags.use_for), (and(&bossa.mood, "late"), and(&bossa.use_for, "late")));
}

#[test]
fn ones_own_are_renamed_deleted_and_brought_back_and_the_factorys_are_not() {
    let (_, mut harness) = page();
    click(&mut harness, "Bossa on the Beach");
    for name in ["Rename preset", "Delete preset"] {
        click(&mut harness, name);
    }
    assert_eq!(requests(&mut harness), []);
    choose(&mut harness, "Presets: whose", "My own");
    click(&mut harness, "My Evening");
    harness.get_by_label("Preset name").focus();
    harness.run();
    harness.get_by_label("Preset name").type_text("!");
    harness.run();
    for name in ["Rename preset", "Delete preset", "Undelete preset"] {
        click(&mut harness, name);
    }
    let file = shelf().own[0].file.clone();
    let Preset { description, tags, .. } = shelf().own[0].preset.clone();
    let described = Errand::Describe { file: file.clone(), name: "My Evening!".into(), description, tags };
    let expected = [described, Errand::Delete(file), Errand::Restore];
    assert_eq!(requests(&mut harness), expected.map(Request::Library));
}

#[test]
fn presets_go_out_and_come_in_as_files() {
    let (_, mut harness) = page();
    click(&mut harness, "Bossa on the Beach");
    click(&mut harness, "Export preset");
    harness.get_by_label("Import from").focus();
    harness.run();
    harness.get_by_label("Import from").type_text("presets/a.json");
    harness.run();
    click(&mut harness, "Import presets");
    let [Request::Library(Errand::Export(preset)), Request::Library(Errand::Import(path))] =
        &requests(&mut harness)[..]
    else {
        panic!("one out, one in");
    };
    assert_eq!((preset.name.as_str(), path.as_str()), ("Bossa on the Beach", "presets/a.json"));
}

#[test]
fn the_bar_names_the_preset_says_that_it_was_changed_and_goes_on() {
    let read = |params: &ContinuoParams| {
        let view = View::read(&Shared::new(), params, &mut History::default());
        (view.preset.name, view.preset.changed)
    };
    let (host, gui) = Host::new();
    assert_eq!(read(host.params()), (String::new(), false));
    host.params().load(&presets::factory()[3], &gui.param_setter());
    assert_eq!(read(host.params()), (presets::factory()[3].name.clone(), false));
    host.params().set(number("temperature"), 1.0);
    assert_eq!(read(host.params()), (presets::factory()[3].name.clone(), true));

    let (host, mut harness) = whole_panel(playing(), 1.0);
    assert_eq!(harness.get_by_label("Preset").value().as_deref(), Some("Late Set, changed"));
    click(&mut harness, "Next preset");
    assert!(host.params().are_at(&presets::factory()[1]));
    click(&mut harness, "Previous preset");
    assert!(host.params().are_at(presets::factory().last().unwrap()), "around the end");
}

#[test]
fn control_z_is_left_to_a_field_in_which_one_writes() {
    let (_, mut harness) = page();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    assert_eq!(requests(&mut harness), [Request::Undo]);
    harness.get_by_label("Search presets").focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    assert_eq!(requests(&mut harness), []);
}

#[test]
fn a_preset_is_given_the_first_free_number_of_the_project() {
    let (host, mut harness) = page();
    click(&mut harness, "Campfire in D");
    assert_eq!(host.params().bank.number_at(factory("Campfire in D")), Some(2), "the factory's have theirs");
    let mut own = factory("Campfire in D").clone();
    own.name = "Mine".into();
    let free = presets::factory().len() + 1;
    assert_eq!(host.params().bank.give_number(&own), Some(free));
    assert_eq!(host.params().bank.give_number(&own), Some(free), "it has one");
    assert_eq!(host.params().bank.text(free as i32), format!("{free} Mine"));
}
