//! How the panel is handled, by pointer, keyboard and assistive technology.

use std::collections::BTreeSet;
use std::sync::Arc;

use continuo::editor::fulfil;
use continuo::editor::panel;
use continuo::editor::request::Request;
use continuo::editor::undo::Undo;
use continuo::editor::view::View;
use continuo::presets::library::library;
use continuo::seam::{Notice, Shared};
use continuo_models::music::{Mode, Style};
use continuo_models::{LeadMode, Player};
use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use nice_plug::params::Params;

use crate::host::{Host, Step};
use crate::pictures::playing;
use crate::{Bench, whole_panel};

/// Presses on the control called `name`, moves by `delta` in small steps, and lets go.
fn drag(harness: &mut Harness<Bench>, name: &str, delta: egui::Vec2, modifiers: Modifiers) {
    let from = harness.get_by_label(name).rect().center();
    harness.event_modifiers(Event::ModifiersChanged(modifiers), modifiers);
    harness.hover_at(from);
    harness.run();
    harness.drag_at(from);
    harness.run();
    for n in 1..=10 {
        harness.event_modifiers(Event::PointerMoved(from + delta * n as f32 / 10.0), modifiers);
        harness.step();
    }
    harness.drop_at(from + delta);
    harness.run();
}

fn wheel(harness: &mut Harness<Bench>, name: &str, notches: f32) {
    let at = harness.get_by_label(name).rect().center();
    harness.hover_at(at);
    harness.run();
    harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Line,
        delta: vec2(0.0, notches),
        modifiers: Modifiers::NONE,
        phase: TouchPhase::Move,
        source: MouseWheelSource::Unknown,
    });
    harness.run();
}

/// Every gesture that the host saw is whole: taken, moved, let go.
fn assert_whole(steps: &[Step], id: &str) {
    assert_eq!(steps.first(), Some(&Step::Begin(id.into())), "{steps:?}");
    assert_eq!(steps.last(), Some(&Step::End(id.into())), "{steps:?}");
    let moves = &steps[1..steps.len() - 1];
    assert!(!moves.is_empty() && moves.iter().all(|step| matches!(step, Step::Set(of, _) if of == id)), "{steps:?}");
}

fn fresh() -> (Arc<Host>, Harness<'static, Bench>) {
    whole_panel(View::default(), 1.0)
}

#[test]
fn a_players_switch_turns_the_player_off_and_on() {
    let (host, mut harness) = fresh();
    for on in [false, true] {
        harness.get_by_role_and_label(Role::Switch, "Bass on").click();
        harness.run();
        assert_eq!(host.params().controls().player(Player::Bass).on, on);
        assert_whole(&host.take_steps(), "bass_on");
    }
}

#[test]
fn dragging_a_knob_up_turns_it_up_in_one_gesture() {
    let (host, mut harness) = fresh();
    let before = host.params().controls().temperature;
    drag(&mut harness, "Temperature", vec2(0.0, -40.0), Modifiers::NONE);
    assert!(host.params().controls().temperature > before + 0.2);
    assert_whole(&host.take_steps(), "temperature");
}

#[test]
fn shift_makes_dragging_ten_times_finer() {
    let moved = |modifiers| {
        let (host, mut harness) = fresh();
        let before = host.params().controls().follow;
        drag(&mut harness, "Follow", vec2(0.0, 40.0), modifiers);
        before - host.params().controls().follow
    };
    let (coarse, fine) = (moved(Modifiers::NONE), moved(Modifiers::SHIFT));
    assert!((coarse / fine - 10.0).abs() < 0.5, "coarse {coarse}, fine {fine}");
}

#[test]
fn a_double_click_resets() {
    let (host, mut harness) = fresh();
    drag(&mut harness, "Swing", vec2(0.0, -60.0), Modifiers::NONE);
    assert!(host.params().controls().swing > 0.1);
    host.take_steps();
    let knob = harness.get_by_label("Swing").rect().center();
    for _ in 0..2 {
        harness.drag_at(knob);
        harness.drop_at(knob);
        harness.hover_at(knob);
    }
    harness.step();
    assert_eq!(host.params().controls().swing, 0.0);
    assert_whole(&host.take_steps(), "swing");
}

#[test]
fn the_wheel_turns_what_the_pointer_rests_on() {
    let (host, mut harness) = fresh();
    let before = host.params().controls().humanise;
    wheel(&mut harness, "Humanise", 3.0);
    assert!((host.params().controls().humanise - before - 0.06).abs() < 1e-4);
    assert_whole(&host.take_steps(), "humanise");
    wheel(&mut harness, "Bass register", -1.0);
    assert_eq!(host.params().controls().player(Player::Bass).register, -1);
}

#[test]
fn the_wheel_at_the_end_of_the_range_tells_the_host_nothing() {
    let (host, mut harness) = fresh();
    wheel(&mut harness, "Swing", -1.0);
    assert_eq!(host.take_steps(), []);
}

#[test]
fn arrows_of_a_stepper_move_it_by_one() {
    let (host, mut harness) = fresh();
    let rect = harness.get_by_label("Lead channel").rect();
    let channel = || host.params().controls().player(Player::Lead).channel;
    let before = channel();
    for (x, expected) in [(rect.right() - 8.0, before + 1), (rect.left() + 8.0, before)] {
        let at = egui::pos2(x, rect.center().y);
        harness.drag_at(at);
        harness.drop_at(at);
        harness.run();
        assert_eq!(channel(), expected);
        assert_whole(&host.take_steps(), "lead_channel");
    }
}

#[test]
fn a_style_is_chosen_from_the_list() {
    let (host, mut harness) = fresh();
    harness.get_by_label("Style A").click();
    harness.run();
    harness.get_by_label("Blues").click();
    harness.run();
    assert_eq!(host.params().controls().style_a, Style::Blues);
    assert_whole(&host.take_steps(), "style_a");
}

#[test]
fn a_dozen_styles_can_be_seen_in_the_list() {
    let (host, mut harness) = fresh();
    harness.get_by_label("Style A").click();
    harness.run();
    let styles = &Style::ALL[..12];
    let rect = |style: &Style| harness.get_by_role_and_label(Role::Button, style.name()).rect();
    let rects: Vec<_> = styles.iter().map(rect).collect();
    assert!(rects.windows(2).all(|pair| pair[0].bottom() <= pair[1].top()) && rects[0].top() > 0.0);
    assert!(rects[11].bottom() < panel::SIZE.y);
    let last = styles[11];
    harness.get_by_label(last.name()).click();
    harness.run();
    assert_eq!(host.params().controls().style_a, last);
}

#[test]
fn another_family_of_networks_is_chosen_from_the_list() {
    let (host, mut harness) = fresh();
    harness.get_by_role_and_label(Role::Tab, "Band").click();
    harness.run();
    harness.get_by_label("Networks").click();
    harness.run();
    harness.get_by_label("Transformer").click();
    harness.run();
    assert_eq!(host.params().network.value().0.name(), "Transformer");
    assert_whole(&host.take_steps(), "network");
}

#[test]
fn a_dial_with_detents_goes_from_free_to_the_highest_level() {
    let (host, mut harness) = fresh();
    harness.get_by_label("Tension").focus();
    harness.run();
    for (key, expected) in [
        (Key::ArrowUp, Some(0)),
        (Key::PageUp, Some(1)),
        (Key::End, Some(4)),
        (Key::ArrowRight, Some(4)),
        (Key::Delete, None),
    ] {
        host.take_steps();
        harness.key_press(key);
        harness.run();
        assert_eq!(host.params().controls().chromaticism, expected, "{key:?}");
    }
    assert_whole(&host.take_steps(), "tension");
    wheel(&mut harness, "Mode", 2.0);
    assert_eq!(host.params().controls().mode, Some(Mode::Minor));
    assert_whole(&host.take_steps(), "mode");
    open_band_page(&mut harness);
    drag(&mut harness, "Lead syncopation", vec2(0.0, -44.0), Modifiers::NONE);
    assert_eq!(host.params().controls().syncopation, Some(1));
    assert_whole(&host.take_steps(), "syncopation");
}

#[test]
fn again_goes_on_for_as_long_as_the_band_needs_to_see_it() {
    for (name, id) in [("Again, the same", "again"), ("Again, different", "again_new")] {
        let (host, mut harness) = fresh();
        let at = harness.get_by_label(name).rect().center();
        harness.drag_at(at);
        harness.step();
        let on = [Step::Begin(id.into()), Step::Set(id.into(), 1.0), Step::End(id.into())];
        assert_eq!(host.take_steps(), on, "as soon as the button goes down");
        harness.drop_at(at);
        harness.run_steps(12);
        assert_eq!(host.take_steps(), [], "still held");
        harness.run_steps(12);
        let off = [Step::Begin(id.into()), Step::Set(id.into(), 0.0), Step::End(id.into())];
        assert_eq!(host.take_steps(), off);
        harness.get_by_label(name).click_accesskit();
        harness.run_steps(30);
        assert_eq!(host.take_steps(), [on, off].concat(), "assistive technology has no pointer");
    }
}

#[test]
fn taps_follow_each_other_quickly() {
    let (host, mut harness) = fresh();
    open_band_page(&mut harness);
    let at = harness.get_by_label("Tap").rect().center();
    for _ in 0..4 {
        harness.drag_at(at);
        harness.step();
        harness.drop_at(at);
        harness.run_steps(5);
    }
    let on = host.take_steps().iter().filter(|step| **step == Step::Set("tap".into(), 1.0)).count();
    assert_eq!(on, 4);
}

#[test]
fn freeze_and_end_stay_in() {
    let (host, mut harness) = fresh();
    for expected in [true, false] {
        for (name, id) in [("Freeze", "freeze"), ("End", "cadence")] {
            harness.get_by_role_and_label(Role::Switch, name).click();
            harness.run();
            assert_whole(&host.take_steps(), id);
        }
        let controls = host.params().controls();
        assert_eq!((controls.freeze, controls.cadence), (expected, expected));
    }
}

#[test]
fn a_click_recalls_a_scene_and_the_slider_morphs() {
    let (host, mut harness) = fresh();
    harness.get_by_label("Scene 3").click();
    harness.run();
    assert_eq!(host.params().take.scene.value(), 3.0);
    assert_whole(&host.take_steps(), "scene");
    drag(&mut harness, "Morph", vec2(-73.5, 0.0), Modifiers::NONE);
    assert!((host.params().take.scene.value() - 1.5).abs() < 0.05, "{}", host.params().take.scene.value());
    harness.get_by_label("Panel").click();
    harness.run();
    assert_eq!(host.params().take.scene.value(), 0.0);
}

#[test]
fn a_scene_is_stored_brought_back_to_the_knobs_and_cleared() {
    let (host, mut harness) = fresh();
    let click = |harness: &mut Harness<Bench>, names: &[&str]| {
        for name in names {
            harness.get_by_label(name).click();
            harness.run();
        }
    };
    let scene = || host.params().scenes.snapshots()[1];
    drag(&mut harness, "Temperature", vec2(0.0, -40.0), Modifiers::NONE);
    let stored = host.params().controls();
    click(&mut harness, &["Store scene", "Scene 2"]);
    assert_eq!(scene(), Some(stored));
    assert_eq!(host.params().take.scene.value(), 0.0, "to store is not to recall");

    click(&mut harness, &["Bass on", "Scene 2"]);
    drag(&mut harness, "Temperature", vec2(0.0, 80.0), Modifiers::NONE);
    assert_ne!(host.params().controls(), stored);
    click(&mut harness, &["Edit scene", "Scene 2"]);
    assert_eq!(host.params().controls(), stored);
    assert_eq!(host.params().take.scene.value(), 0.0, "what one edits is what one hears");

    click(&mut harness, &["Clear scene", "Scene 2"]);
    assert_eq!(scene(), None);
    click(&mut harness, &["Store scene", "Store scene", "Scene 2"]);
    assert_eq!((scene(), host.params().take.scene.value()), (None, 2.0), "a second click takes it back");
}

#[test]
fn shift_and_a_click_stores_a_scene() {
    let (host, mut harness) = fresh();
    harness.get_by_label("Scene 8").click_modifiers(Modifiers::SHIFT);
    harness.run();
    assert_eq!(host.params().scenes.snapshots()[7], Some(host.params().controls()));
    assert_eq!(host.params().take.scene.value(), 0.0);
}

#[test]
fn swing_stands_at_the_style_until_its_knob_is_turned() {
    let (host, mut harness) = fresh();
    let text = |harness: &Harness<Bench>| harness.get_by_role_and_label(Role::Slider, "Swing").value();
    assert_eq!(text(&harness).as_deref(), Some("Style"));
    drag(&mut harness, "Swing", vec2(0.0, -60.0), Modifiers::NONE);
    let controls = host.params().controls();
    assert!(!controls.swing_by_style && controls.swing > 0.1);
    assert!(text(&harness).is_some_and(|text| text.ends_with('%')), "{:?}", text(&harness));
    harness.get_by_role_and_label(Role::Tab, "Groove").click();
    harness.run();
    harness.get_by_role_and_label(Role::Switch, "Swing as the style").click();
    harness.run();
    assert!(host.params().controls().swing_by_style);
    assert!(text(&harness).is_some_and(|text| text.starts_with("Style (")), "its own value waits");
}

fn open_band_page(harness: &mut Harness<Bench>) {
    harness.get_by_role_and_label(Role::Tab, "Band").click();
    harness.run();
}

#[test]
fn a_scale_is_drawn_from_the_keys_own_and_moves_with_it() {
    let (host, mut harness) = fresh();
    open_band_page(&mut harness);
    let scale = || host.params().controls().scale;
    for (name, expected) in
        [("Scale F", 0b1010_1001_0101), ("Scale F♯", 0b1010_1101_0101), ("Scale F", 0b1010_1111_0101)]
    {
        harness.get_by_role_and_label(Role::CheckBox, name).click();
        harness.run();
        assert_eq!(scale(), expected, "{name}");
        assert_whole(&host.take_steps(), "scale");
    }
    wheel(&mut harness, "Key", -1.0);
    assert_eq!(host.params().controls().scale, 0b1010_1111_0101);
    harness.get_by_label("As the key").click();
    harness.run();
    assert_eq!(scale(), 0);
}

#[test]
fn when_lead_plays_is_chosen_from_the_list() {
    let (host, mut harness) = fresh();
    open_band_page(&mut harness);
    harness.get_by_label("Lead mode").click();
    harness.run();
    harness.get_by_label("Trade 4").click();
    harness.run();
    assert_eq!(host.params().controls().lead_mode, LeadMode::TradeFours);
    assert_whole(&host.take_steps(), "lead_mode");
}

#[test]
fn every_parameter_is_moved_by_a_control_of_its_name() {
    let (host, mut harness) = fresh();
    let mut moved = BTreeSet::new();
    for page in ["Play", "Band", "Groove", "Chart", "Presets", "Setup"] {
        harness.get_by_role_and_label(Role::Tab, page).click();
        harness.run();
        let count = harness.root().children_recursive().filter(|node| is_control(node)).count();
        for n in 0..count {
            let control = harness.root().children_recursive().filter(|node| is_control(node)).nth(n);
            let Some(name) = control.as_ref().and_then(|node| node.accesskit_node().label()) else { continue };
            let is_tab = control.is_some_and(|node| node.accesskit_node().role() == Role::Tab);
            // What covers the panel moves nothing.
            if is_tab || matches!(name.as_str(), "About" | "Nothing sounds?" | "Why nothing sounds" | "Keys of the kit")
            {
                continue;
            }
            let control = harness.get_all_by_label(&name).next().expect("just found");
            let clicks = !matches!(control.accesskit_node().role(), Role::Slider | Role::SpinButton | Role::ComboBox);
            if clicks {
                control.click_accesskit();
            } else {
                control.focus();
                harness.run_steps(2);
                harness.key_press(Key::End);
                harness.run_steps(2);
                harness.key_press(Key::Home);
            }
            harness.run_steps(2);
            moved.extend(host.take_steps().into_iter().filter_map(|step| match step {
                Step::Set(id, _) => Some(id),
                _ => None,
            }));
        }
    }
    let all: BTreeSet<String> = host.params().param_map().into_iter().map(|(id, ..)| id).collect();
    assert_eq!(moved, all);
}

fn is_control(node: &egui_kittest::Node<'_>) -> bool {
    matches!(
        node.accesskit_node().role(),
        Role::Slider | Role::SpinButton | Role::ComboBox | Role::Switch | Role::CheckBox | Role::Button | Role::Tab
    )
}

#[test]
fn panic_asks_the_audio_thread_to_end_every_note() {
    let (_, mut harness) = fresh();
    let shared = Shared::new();
    harness.get_by_role_and_label(Role::Button, "Panic").click();
    harness.run();
    assert_eq!(harness.state().requests, [Request::Panic]);
    fulfil(Request::Panic, &shared, &Undo::new(Arc::default(), Arc::clone(&shared)), library());
    assert!(shared.take_panic_request());
}

#[test]
fn a_notice_can_be_dismissed() {
    let notices = vec![Notice { number: 7, text: "Read me.".into() }];
    let (_, mut harness) = whole_panel(View { notices, ..View::default() }, 1.0);
    assert_eq!(harness.get_by_label("Notice").value().as_deref(), Some("Read me."));
    harness.get_by_label("Dismiss notice").click();
    harness.run();
    assert_eq!(harness.state().requests, [Request::DismissNotices(7)]);
}

#[test]
fn the_focused_knob_obeys_the_keyboard() {
    let (host, mut harness) = fresh();
    harness.get_by_label("Follow").focus();
    harness.run();
    for (key, expected) in [
        (Key::Home, 0.0),
        (Key::ArrowUp, 0.02),
        (Key::ArrowRight, 0.04),
        (Key::ArrowDown, 0.02),
        (Key::PageUp, 0.12),
        (Key::End, 1.0),
        (Key::Delete, 0.7),
    ] {
        harness.key_press(key);
        harness.run();
        assert!(
            (host.params().controls().follow - expected).abs() < 1e-4,
            "{key:?}: {}",
            host.params().controls().follow
        );
        assert_whole(&host.take_steps(), "follow");
    }
}

#[test]
fn the_space_bar_is_left_to_the_host() {
    let (host, mut harness) = fresh();
    harness.get_by_label("Bass on").focus();
    harness.run();
    harness.key_press(Key::Space);
    harness.run();
    assert!(host.take_steps().is_empty());
    harness.key_press(Key::Enter);
    harness.run();
    assert!(!host.params().controls().player(Player::Bass).on);
}

#[test]
fn tab_goes_through_the_controls_from_top_left_to_bottom_right() {
    let (_, mut harness) = fresh();
    let mut names = Vec::new();
    for _ in 0..80 {
        harness.key_press(Key::Tab);
        harness.run();
        let name = harness
            .root()
            .children_recursive()
            .find(|node| node.is_focused())
            .and_then(|node| node.accesskit_node().label());
        names.extend(name);
    }
    let place =
        |name: &str| names.iter().position(|known| known == name).unwrap_or_else(|| panic!("{name}: {names:?}"));
    let order = [
        "About",
        "Preview sound",
        "Preview level",
        "Nothing sounds?",
        "Panic",
        "Again, the same",
        "End",
        "Play",
        "Band",
        "Panel",
        "Scene 8",
        "Morph",
        "Store scene",
        "Scene change",
        "Style A",
        "Style blend",
        "Temperature",
        "Chord rate",
        "Mode",
        "Seed",
        "Voices on",
        "Voices density",
        "Lead channel",
        "Drums on",
        "Drums channel",
        "Deadline meter",
    ];
    assert!(order.is_sorted_by_key(|name| place(name)), "{names:?}");
}

#[test]
fn assistive_technology_reads_and_sets_every_knob() {
    let (host, mut harness) = fresh();
    let knob = harness.get_by_role_and_label(Role::Slider, "Bass density");
    assert_eq!(knob.value().as_deref(), Some("50 %"));
    knob.click_accesskit();
    harness.run();
    for name in [
        "Temperature",
        "Follow",
        "Density",
        "Swing",
        "Humanise",
        "Chord rate",
        "Tension",
        "Mode",
        "Style blend",
        "Preview level",
    ] {
        harness.get_by_role_and_label(Role::Slider, name);
    }
    for name in ["Bass register", "Bass channel", "Seed"] {
        harness.get_by_role_and_label(Role::SpinButton, name);
    }
    assert!(host.take_steps().is_empty());
}

#[test]
fn where_plans_were_missed_a_click_has_the_band_plan_further_ahead() {
    let mut view = playing();
    let (_, harness) = whole_panel(view.clone(), 1.0);
    assert!(harness.query_by_label("Plan further ahead").is_none());
    (view.reading.misses, view.reading.misses_lately) = (1, 1);
    let (host, mut harness) = whole_panel(view, 1.0);
    for ahead in 2..=4 {
        harness.get_by_label("Plan further ahead").click();
        harness.run();
        assert_eq!(host.params().plan_ahead.value(), ahead);
        assert_whole(&host.take_steps(), "plan_ahead");
    }
    assert!(harness.query_by_label("Plan further ahead").is_none(), "further it cannot");
    harness.get_by_role_and_label(Role::SpinButton, "Plan ahead");
}

#[test]
fn assistive_technology_hears_what_the_panel_shows() {
    let (_, harness) = whole_panel(playing(), 1.0);
    let said = |name: &str| harness.get_by_label(name).value().unwrap_or_default();
    assert_eq!(said("Chord now"), "Am7 vi7, in C major");
    assert_eq!(said("Planned chords"), "Dm7 in 1.3 beats, G7 in 3.3 beats, D♭7/F in 4.3 beats, Cmaj7 in 5.3 beats");
    assert!(said("Keyboard").starts_with("you E4 E5, Voices C4 C5, Chords"));
    let reading = "plans 117 ms early, 0 missed, 0 late, 0 dropped, playing by GRU, priority real time";
    assert_eq!(said("Deadline meter"), reading);
}

/// Whether a line of *About* that contains `text` can be seen.
fn reads(harness: &Harness<Bench>, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
}

#[test]
fn the_name_opens_about_and_escape_or_the_button_closes_it() {
    let (host, mut harness) = fresh();
    for closes_by_key in [false, true] {
        assert!(!reads(&harness, "Permission is hereby granted"));
        harness.get_by_label("About").click();
        harness.run();
        assert!(reads(&harness, "Permission is hereby granted") && harness.query_by_label("Temperature").is_none());
        if closes_by_key {
            harness.key_press(Key::Escape);
        } else {
            harness.get_by_label("Close").click();
        }
        harness.run();
        assert!(harness.query_by_label("Temperature").is_some());
    }
    assert_eq!(host.take_steps(), []);
}

#[test]
fn about_leads_to_every_part_and_keys_scroll_it() {
    let (_, mut harness) = fresh();
    harness.get_by_label("About").click();
    harness.run();
    for (part, line) in [
        ("Networks and patterns", "Creative Commons Attribution 4.0 International"),
        ("Fonts", "DejaVu Sans"),
        ("Code of others", "the standard library of Rust"),
        ("Continuo", "The Continuo authors"),
    ] {
        harness.get_by_label(part).click();
        harness.run();
        assert!(reads(&harness, line), "{part}");
    }
    for (key, seen) in [(Key::PageDown, false), (Key::PageUp, true), (Key::End, false), (Key::Home, true)] {
        harness.key_press(key);
        harness.run();
        assert_eq!(reads(&harness, "The Continuo authors"), seen, "{key:?}");
    }
}
