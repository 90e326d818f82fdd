//! How the piano is played, by pointer, fingers and the computer's keys.

use continuo::editor::keys_card::Keys;
use continuo::editor::request::Request;
use continuo::editor::view::View;
use egui::accesskit::Role;
use egui::{Event, Key, Pos2, Rect, TouchDeviceId, TouchId, TouchPhase, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::{Bench, whole_panel};

const IN_PROGRAM: Keys = Keys { play: true, in_host: false };

fn panel(keys_play: Keys) -> Harness<'static, Bench> {
    whole_panel(View { keys_play, ..View::default() }, 1.0).1
}

/// A place on the white key that many white ones above the lowest, and at that share of its depth.
fn white(harness: &Harness<Bench>, number: usize, depth: f32) -> Pos2 {
    let piano: Rect = harness.get_by_label("Keyboard").rect();
    // Where no black key lies.
    let depth = depth.max(0.56);
    pos2(piano.left() + (number as f32 + 0.5) * piano.width() / 52.0, piano.top() + depth * piano.height())
}

/// Middle C is the 24th white key, D and E follow.
const C4: usize = 23;

fn keys(strokes: &[(u8, f32)]) -> Vec<(u8, bool)> {
    strokes.iter().map(|&(key, velocity)| (key, velocity > 0.0)).collect()
}

#[test]
fn a_click_on_a_key_plays_it_and_the_lower_the_louder() {
    let mut harness = panel(Keys::default());
    let mut velocities = Vec::new();
    for depth in [0.6, 0.95] {
        let at = white(&harness, C4, depth);
        harness.drag_at(at);
        harness.run();
        harness.drop_at(at);
        harness.run();
        let strokes = std::mem::take(&mut harness.state_mut().strokes);
        assert_eq!(keys(&strokes), [(60, true), (60, false)]);
        velocities.push(strokes[0].1);
    }
    assert!(velocities[0] > 0.5 && velocities[0] < 0.8 && velocities[1] > 0.9, "{velocities:?}");
}

#[test]
fn dragging_over_the_keys_is_a_glissando_that_ends_where_the_pointer_leaves() {
    let mut harness = panel(Keys::default());
    harness.drag_at(white(&harness, C4, 0.9));
    harness.step();
    for number in [C4 + 1, C4 + 2] {
        harness.hover_at(white(&harness, number, 0.9));
        harness.step();
    }
    harness.hover_at(pos2(600.0, 300.0));
    harness.step();
    let expected = [(60, true), (60, false), (62, true), (62, false), (64, true), (64, false)];
    assert_eq!(keys(&harness.state().strokes), expected);
}

#[test]
fn fingers_play_a_chord() {
    let mut harness = panel(Keys::default());
    let touch = |harness: &mut Harness<Bench>, id: u64, number: usize, phase: TouchPhase| {
        let (device_id, pos) = (TouchDeviceId(1), white(harness, number, 0.9));
        harness.event(Event::Touch { device_id, id: TouchId(id), phase, pos, force: None });
        harness.step();
    };
    for phase in [TouchPhase::Start, TouchPhase::End] {
        touch(&mut harness, 1, C4, phase);
        touch(&mut harness, 2, C4 + 2, phase);
    }
    assert_eq!(keys(&harness.state().strokes), [(60, true), (64, true), (60, false), (64, false)]);
}

#[test]
fn the_computers_keys_play_where_they_are_the_panels() {
    for (view, played) in [(IN_PROGRAM, vec![(60, true), (60, false)]), (Keys::default(), vec![])] {
        let mut harness = panel(view);
        harness.key_down(Key::Q);
        harness.run();
        harness.key_up(Key::Q);
        harness.run();
        assert_eq!(keys(&harness.state().strokes), played, "{view:?}");
    }
}

#[test]
fn octave_and_loudness_are_seen_and_set_by_keys_and_pointer() {
    let mut harness = panel(IN_PROGRAM);
    let said = |harness: &Harness<Bench>, name: &str| harness.get_by_label(name).value().unwrap_or_default();
    assert_eq!(said(&harness, "Octave of the keys"), "K C3 L");
    assert_eq!(said(&harness, "Loudness of the keys"), "A mf F");
    for key in [Key::L, Key::F] {
        harness.key_press(key);
        harness.run();
    }
    assert_eq!(said(&harness, "Octave of the keys"), "K C4 L");
    assert_eq!(said(&harness, "Loudness of the keys"), "A f F");
    let arrow = harness.get_by_label("Octave of the keys").rect().left_center() + egui::vec2(8.0, 0.0);
    harness.drag_at(arrow);
    harness.drop_at(arrow);
    harness.run();
    assert_eq!(said(&harness, "Octave of the keys"), "K C3 L");
}

#[test]
fn keys_that_are_held_end_when_the_window_loses_the_focus_or_about_covers_the_piano() {
    for about in [false, true] {
        let mut harness = panel(IN_PROGRAM);
        harness.key_down(Key::Z);
        harness.run();
        if about {
            harness.get_by_label("About").click_accesskit();
        } else {
            harness.event(Event::WindowFocused(false));
        }
        harness.run();
        harness.run();
        assert_eq!(keys(&harness.state().strokes), [(48, true), (48, false)], "about: {about}");
    }
}

#[test]
fn the_switch_asks_for_the_keys_and_gives_them_back() {
    for play in [true, false] {
        let keys = Keys { play: !play, in_host: true };
        let mut harness = panel(keys);
        harness.get_by_role_and_label(Role::Switch, "Keys play").click();
        harness.run();
        assert_eq!(harness.state().requests, [Request::KeysPlay(Keys { play, ..keys })]);
    }
}

#[test]
fn in_a_host_the_piano_has_the_focus_that_nothing_else_has() {
    let mut harness = panel(Keys { play: true, in_host: true });
    harness.run();
    assert!(harness.get_by_label("Keyboard").is_focused());
    harness.get_by_label("Temperature").focus();
    harness.run();
    assert!(harness.get_by_label("Temperature").is_focused());
}

#[test]
fn the_metronome_is_a_switch() {
    let (host, mut harness) = whole_panel(View::default(), 1.0);
    harness.get_by_role_and_label(Role::Switch, "Metronome").click();
    harness.run();
    assert!(host.params().metronome.value());
}
