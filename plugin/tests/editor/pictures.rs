//! What the panel and its widgets look like.

use std::cell::Cell;

use continuo::editor::chord_view::{self, ChordText, Now};
use continuo::editor::deadline_meter::{self, Reading, Source};
use continuo::editor::detents::{Detents, Positions};
use continuo::editor::header::Pulse;
use continuo::editor::hint::Hint;
use continuo::editor::keys_card::Keys;
use continuo::editor::knob::Knob;
use continuo::editor::learn::Controllers;
use continuo::editor::player_strip;
use continuo::editor::preset_bar::Current;
use continuo::editor::scenes_strip::{self, Scenes};
use continuo::editor::setting::Setting;
use continuo::editor::slider::{self, Track};
use continuo::editor::style_selector;
use continuo::editor::timeline::{self, Plan, Stretch};
use continuo::editor::undo::Steps;
use continuo::editor::view::View;
use continuo::editor::{button, choice, keyboard, notices, scale_card, stepper, switch, take_card, theme};
use continuo::params::controllers::Learnt;
use continuo::seam::{NetworkSet, Notice, Part, PickUp, Urgency};
use continuo_models::music::{BarPosition, Key, Meter, Mode};
use continuo_models::{Player, Role};
use egui::{Rect, Ui, Vec2, pos2, vec2};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotResults};

use crate::widget;

/// A setting without a host.
struct Plain {
    value: Cell<f32>,
    texts: &'static [&'static str],
}

fn amount(value: f32) -> Plain {
    Plain { value: Cell::new(value), texts: &[] }
}

fn step(value: f32, texts: &'static [&'static str]) -> Plain {
    Plain { value: Cell::new(value), texts }
}

impl Setting for Plain {
    fn value(&self) -> f32 {
        self.value.get()
    }

    fn modulated(&self) -> f32 {
        self.value.get()
    }

    fn default(&self) -> f32 {
        0.5
    }

    fn steps(&self) -> Option<usize> {
        self.texts.len().checked_sub(1)
    }

    fn text(&self, value: f32) -> String {
        match self.steps() {
            Some(_) => self.texts[self.step_at(value)].to_owned(),
            None => format!("{:.0} %", value * 100.0),
        }
    }

    fn begin(&self) {}

    fn set(&self, value: f32) {
        self.value.set(value);
    }

    fn end(&self) {}
}

/// A drawn scale without a host.
struct Drawn(u16);

impl Setting for Drawn {
    fn value(&self) -> f32 {
        f32::from(self.0) / 4095.0
    }

    fn modulated(&self) -> f32 {
        self.value()
    }

    fn default(&self) -> f32 {
        0.0
    }

    fn steps(&self) -> Option<usize> {
        Some(4095)
    }

    fn text(&self, _: f32) -> String {
        self.0.to_string()
    }

    fn begin(&self) {}

    fn set(&self, _: f32) {}

    fn end(&self) {}
}

/// Compares what `make` makes at 1x and 2x with its pictures.
fn at_both_scales<'a, State>(name: &str, make: impl FnMut(f32) -> Harness<'a, State>) {
    at_scales(name, &[1.0, 2.0], make);
}

/// Compares what `make` makes at each of `scales` with its pictures.
pub fn at_scales<'a, State>(name: &str, scales: &[f32], mut make: impl FnMut(f32) -> Harness<'a, State>) {
    let mut results = SnapshotResults::new();
    for &scale in scales {
        let mut harness = make(scale);
        harness.snapshot(format!("{name}@{scale}x"));
        results.extend_harness(&mut harness);
    }
}

/// `show` on the panel's ground, with a margin of 10 points, at 1x and 2x.
pub fn picture(name: &str, size: Vec2, show: impl Fn(&mut Ui, Rect)) {
    let rect = Rect::from_min_size(pos2(10.0, 10.0), size);
    let show = &show;
    at_both_scales(name, |scale| widget(size + vec2(20.0, 20.0), scale, move |ui| show(ui, rect)));
}

const STYLES: &[&str] = &["Jazz", "Pop", "Folk"];
const OCTAVES: &[&str] = &["-2 oct", "-1 oct", "0 oct", "+1 oct", "+2 oct"];
const CHANNELS: &[&str] = &["1", "2", "3", "4"];
const LEVELS: &[&str] = &["Free", "Very low", "Low", "Medium", "High", "Very high"];

#[test]
fn a_knob() {
    let hint = Hint::turn("Temperature", "How daring the band is.");
    picture("knob", vec2(76.0, 96.0), |ui, rect| {
        Knob { label: "Temperature", hint, accent: theme::YOU }.show(ui, rect, &amount(0.4));
    });
}

#[test]
fn detents_free_in_the_middle_and_at_the_end() {
    picture("detents", vec2(4.0 * 76.0, 96.0), |ui, rect| {
        let dials = [
            ("Chord rate", Positions::Levels, step(0.0, LEVELS)),
            ("Tension", Positions::Levels, step(0.4, LEVELS)),
            ("Syncopated", Positions::Levels, step(1.0, LEVELS)),
            ("Mode", Positions::Choices, step(1.0, &["Free", "Major", "Minor"])),
        ];
        for (n, (label, positions, setting)) in dials.iter().enumerate() {
            let dial = Rect::from_min_size(rect.min + vec2(76.0 * n as f32, 0.0), vec2(76.0, 96.0));
            let (hint, positions) = (Hint::turn(label, ""), *positions);
            Detents { label, hint, positions, accent: theme::YOU }.show(ui, dial, setting);
        }
    });
}

#[test]
fn switches_on_and_off() {
    picture("switch", vec2(120.0, 60.0), |ui, rect| {
        let (upper, lower) = rect.split_top_bottom_at_fraction(0.5);
        switch::show(ui, upper, "On", Hint::click("a", ""), theme::YOU, &step(1.0, &["off", "on"]));
        switch::show(ui, lower, "Off", Hint::click("b", ""), theme::YOU, &step(0.0, &["off", "on"]));
    });
}

#[test]
fn sliders_for_fades_and_amounts() {
    picture("slider", vec2(160.0, 60.0), |ui, rect| {
        let (upper, lower) = rect.split_top_bottom_at_fraction(0.5);
        slider::show(ui, upper, Hint::turn("a", ""), Track::Fade, &amount(0.3));
        slider::show(ui, lower, Hint::turn("b", ""), Track::Amount, &amount(0.6));
    });
}

#[test]
fn steppers_in_the_middle_and_at_the_end() {
    picture("stepper", vec2(110.0, 64.0), |ui, rect| {
        let (upper, lower) = rect.split_top_bottom_at_fraction(0.5);
        stepper::show(ui, upper.shrink(2.0), Hint::turn("a", ""), &step(0.5, OCTAVES));
        stepper::show(ui, lower.shrink(2.0), Hint::turn("b", ""), &step(1.0, OCTAVES));
    });
}

#[test]
fn a_button() {
    picture("button", vec2(116.0, 28.0), |ui, rect| {
        button::show(ui, rect, "Panic", Hint::click("a", ""), theme::ALARM);
    });
}

#[test]
fn a_take_frozen() {
    picture("take_card", vec2(264.0, 104.0), |ui, rect| {
        let (off, on) = (step(0.0, &["off", "on"]), step(1.0, &["off", "on"]));
        take_card::show(ui, rect, &take_card::Settings { again: &off, again_new: &off, freeze: &on, cadence: &off });
    });
}

#[test]
fn scenes_at_the_panel_between_two_and_about_to_change() {
    let filled = [true, true, true, false, true, false, false, false];
    let places = [[0.0, 0.0], [1.75, 1.75], [2.0, 5.0]];
    picture("scenes_strip", vec2(940.0, 3.0 * 60.0), |ui, rect| {
        for (n, places) in places.into_iter().enumerate() {
            let top = pos2(rect.left(), rect.top() + 60.0 * n as f32);
            let strip = Rect::from_min_size(top, vec2(rect.width(), 46.0));
            let settings = scenes_strip::Settings {
                scene: &amount(places[1] / 8.0),
                change: &step(1.0, &["Now", "Next beat", "Next bar"]),
            };
            ui.push_id(n, |ui| {
                scenes_strip::show(ui, strip, &Scenes { filled, places, ..Scenes::default() }, &settings)
            });
        }
    });
}

#[test]
fn a_scale_of_the_key_and_one_that_was_drawn() {
    let key = Key { tonic: 2, mode: Mode::Major };
    let own = Plain { value: Cell::new(0.0), texts: &[] };
    let drawn = Drawn(0b0100_1010_1001);
    picture("scale_card", vec2(544.0, 2.0 * 138.0), |ui, rect| {
        let scales: [(f32, &dyn Setting); 2] = [(0.0, &own), (1.0, &drawn)];
        for (n, (lock, scale)) in scales.into_iter().enumerate() {
            let top = pos2(rect.left(), rect.top() + 138.0 * n as f32);
            let card = Rect::from_min_size(top, vec2(rect.width(), 126.0));
            let settings =
                scale_card::Settings { key_lock: &step(lock, &["off", "on"]), key: &step(0.0, &["D major"]), scale };
            ui.push_id(n, |ui| scale_card::show(ui, card, key, &settings));
        }
    });
}

#[test]
fn a_choice_open() {
    let style = &step(0.5, STYLES);
    at_both_scales("choice", |scale| {
        let mut harness = widget(vec2(140.0, 150.0), scale, move |ui| {
            let rect = Rect::from_min_size(pos2(10.0, 10.0), vec2(120.0, 28.0));
            choice::show(ui, rect, Hint::click("Style A", ""), style);
        });
        harness.get_by_label("Style A").click_accesskit();
        harness.run();
        harness
    });
}

#[test]
fn two_styles_blended() {
    picture("style_selector", vec2(272.0, 124.0), |ui, rect| {
        let settings =
            style_selector::Settings { style_a: &step(0.5, STYLES), style_b: &step(0.0, STYLES), blend: &amount(0.3) };
        style_selector::show(ui, rect, &settings);
    });
}

#[test]
fn players_sounding_silent_and_off() {
    picture("player_strip", vec2(player_strip::WIDTH, Player::COUNT as f32 * 138.0), |ui, rect| {
        for (n, player) in Player::ALL.into_iter().enumerate() {
            let is_lead = player == Player::Lead;
            let octave = step(0.25 * n.min(4) as f32, OCTAVES);
            let settings = player_strip::Settings {
                on: &step(if is_lead { 0.0 } else { 1.0 }, &["off", "on"]),
                density: &amount(0.2 + 0.2 * n as f32),
                register: player.kind().has_pitches.then_some(&octave as &dyn Setting),
                channel: &step(n as f32 / 4.0, CHANNELS),
            };
            let place = pos2(rect.left(), rect.top() + 138.0 * n as f32);
            let strip = Rect::from_min_size(place, vec2(player_strip::WIDTH, 126.0));
            player_strip::show(ui, strip, player, player == Player::Bass, &settings);
        }
    });
}

#[test]
fn a_keyboard_on_which_everybody_plays() {
    picture("keyboard", vec2(1128.0, 92.0), |ui, rect| {
        keyboard::show(ui, rect, &everybody(), Keys::default());
    });
}

#[test]
fn the_chord_now() {
    picture("chord_view", vec2(232.0, 3.0 * 116.0), |ui, rect| {
        let text = |symbol: &str, numeral: &str| Some(ChordText { symbol: symbol.into(), numeral: numeral.into() });
        for (n, now) in [
            Now { chord: text("G7", "V7"), key: Some("C major".into()), locked: false },
            Now { chord: text("D♯m7♭5", "iiø7"), key: Some("C♯ minor".into()), locked: true },
            Now::default(),
        ]
        .iter()
        .enumerate()
        {
            let place = pos2(rect.left(), rect.top() + 116.0 * n as f32);
            chord_view::show(ui, Rect::from_min_size(place, vec2(rect.width(), 104.0)), now);
        }
    });
}

#[test]
fn the_chords_planned() {
    picture("timeline", vec2(884.0, 2.0 * 116.0), |ui, rect| {
        let (upper, lower) = rect.split_top_bottom_at_fraction(0.5);
        timeline::show(ui, upper.with_max_y(upper.bottom() - 12.0), &plan());
        let bar = BarPosition { bar_start: 0, meter: Meter { numerator: 6, denominator: 8 } };
        let plan = Plan { now: 30, bar, ..plan() };
        timeline::show(ui, lower.with_max_y(lower.bottom() - 12.0), &plan);
    });
}

#[test]
fn the_deadline_meter_in_good_and_in_bad_times() {
    picture("deadline_meter", vec2(652.0, 168.0), |ui, rect| {
        let source = Source::Networks([None, Some(NetworkSet::OwnFolder), None, None]);
        let late = Reading { lead_ms: -12.0, worst_ms: -12.0, misses: 3, misses_lately: 3, late: 7, ..reading() };
        let bad = Reading { source, urgency: Urgency::Usual, ..late };
        let ahead = step(0.0, &["1/16", "2/16", "3/16", "4/16"]);
        for (n, reading) in [reading(), bad, Reading::default()].iter().enumerate() {
            let place = pos2(rect.left(), rect.top() + 56.0 * n as f32);
            deadline_meter::show(ui, Rect::from_min_size(place, vec2(rect.width(), 44.0)), reading, &ahead);
        }
    });
}

#[test]
fn notices_none_one_and_more() {
    picture("notices", vec2(464.0, 168.0), |ui, rect| {
        let notice = |number, text: &str| Notice { number, text: text.into() };
        let short = notice(1, "The saved state is older than this version; it was brought up to date.");
        let long = notice(
            2,
            "/home/ada/.local/share/continuo/models/soloist.onnx: it follows the contract `continuo-1`, and this \
             version needs `continuo-2`. The built-in soloist plays until you put a network exported for this version \
             there, with its card.",
        );
        for (n, notices) in [vec![], vec![short.clone()], vec![long, short]].iter().enumerate() {
            let place = pos2(rect.left(), rect.top() + 56.0 * n as f32);
            let rect = Rect::from_min_size(place, vec2(rect.width(), 44.0));
            ui.push_id(n, |ui| notices::show(ui, rect, notices));
        }
    });
}

/// A moment of a performance.
pub fn playing() -> View {
    let text = |symbol: &str, numeral: &str| Some(ChordText { symbol: symbol.into(), numeral: numeral.into() });
    View {
        pulse: Pulse { tempo: 120.0, meter: Meter::default(), host_plays: true },
        now: Now { chord: text("Am7", "vi7"), key: Some("C major".into()), locked: false },
        plan: plan(),
        scenes: Scenes {
            filled: [true, true, false, true, false, false, false, false],
            places: [2.0, 4.0],
            ..Scenes::default()
        },
        keys: everybody(),
        keys_play: Keys { play: true, in_host: false },
        controllers: controllers(),
        reading: reading(),
        preset: Current { name: "Late Set".into(), changed: true },
        steps: Steps { back: 3, ..Steps::default() },
        ..View::default()
    }
}

/// A knob that has hold of what it moves, one that is yet to pick it up, and a pedal.
fn controllers() -> Controllers {
    let learnt = |channel, controller, moves: &str| Learnt { channel, controller, moves: moves.to_owned() };
    Controllers {
        learnt: vec![
            (learnt(Some(0), 74, "temperature"), Some(PickUp { value: 51, holds: true })),
            (learnt(Some(0), 1, "swing"), Some(PickUp { value: 90, holds: false })),
            (learnt(None, 64, "freeze"), None),
        ],
        moved: None,
    }
}

fn plan() -> Plan {
    let text = |symbol: &str, numeral: &str| Some(ChordText { symbol: symbol.into(), numeral: numeral.into() });
    let stretch = |start, symbol, numeral| Stretch { start: Some(start), chord: text(symbol, numeral) };
    Plan {
        now: 114,
        bar: BarPosition { bar_start: 96, meter: Meter::default() },
        stretches: vec![
            stretch(48, "Em7", "iii7"),
            stretch(96, "Am7", "vi7"),
            stretch(144, "Dm7", "ii7"),
            stretch(192, "G7", "V7"),
            stretch(216, "D♭7/F", "♭II7"),
            stretch(240, "Cmaj7", "Imaj7"),
        ],
        certain: 168,
    }
}

fn reading() -> Reading {
    Reading {
        plans: 64,
        lead_ms: 117.0,
        worst_ms: 88.0,
        frame_ms: 125.0,
        source: Source::Networks([Some(NetworkSet::ALL[0]); Role::ALL.len()]),
        urgency: Urgency::RealTime,
        ..Reading::default()
    }
}

fn everybody() -> keyboard::Masks {
    let mut masks = [0; 128];
    for (part, keys) in [
        (Part::You, [64, 76].as_slice()),
        (Player::Voices.into(), &[60, 72]),
        (Player::Chords.into(), &[52, 57, 60, 66]),
        (Player::Bass.into(), &[33, 60]),
        (Player::Lead.into(), &[60, 79, 87]),
        (Player::Drums.into(), &[36, 42]),
    ] {
        for &key in keys {
            masks[key as usize] |= part.bit();
        }
    }
    masks
}
