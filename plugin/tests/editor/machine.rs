//! What the panel shows and asks of the standalone program: sound, MIDI, transport, recorder.

use std::path::PathBuf;

use continuo::editor::request::Request;
use continuo::editor::view::View;
use continuo::editor::{sound_card, transport_bar};
use continuo::machine::{Place, Port, Recorder, Sound, Status, Transport, Way, Wish};
use continuo::seam::Stream;
use continuo_models::music::{BarPosition, Meter};
use egui::accesskit::Role;
use egui::{Rect, pos2, vec2};
use egui_kittest::kittest::Queryable;

use crate::pictures::{picture, playing};
use crate::whole_panel;

fn place(way: Way, card: &str) -> Place {
    Place { way, card: card.to_owned() }
}

fn status() -> Status {
    let port = |name: &str, is_on| Port { name: name.to_owned(), is_on };
    Status {
        sound: Sound {
            places: vec![
                place(Way::Auto, ""),
                place(Way::Jack, ""),
                place(Way::Card, "HDA Intel"),
                place(Way::Nowhere, ""),
            ],
            place: place(Way::Card, "HDA Intel"),
            open: Some("HDA Intel".to_owned()),
            rates: vec![44_100, 48_000],
            chosen_rate: None,
            rate: 48_000,
            blocks: vec![128, 256, 512],
            chosen_block: Some(256),
            block: 256,
            latency_ms: Some(16.0),
            round_trip_ms: None,
            dropouts: 2,
            late: 0,
            connects: None,
        },
        inputs: vec![port("Keystation 20:0", true), port("Pads 24:0", false)],
        outputs: vec![port("Synth 28:0", false)],
        own_ports: "Other programs can connect with \"Continuo all\" and a port for each player.".to_owned(),
        transport: Transport { plays: true, meter: Meter::default() },
        recorder: Recorder { seconds: None, folder: Some(PathBuf::from("/home/ada/Music/Continuo")) },
        log: Some(PathBuf::from("/home/ada/.local/share/continuo/continuo-live.log")),
    }
}

#[test]
fn the_card_for_sound_at_a_sound_card_at_jack_without_sound_and_in_a_host() {
    picture("sound_card", vec2(2.0 * 380.0, 2.0 * 274.0), |ui, rect| {
        let at_jack = Sound {
            place: place(Way::Auto, ""),
            open: Some("JACK".to_owned()),
            rates: vec![],
            blocks: vec![],
            chosen_block: None,
            round_trip_ms: Some(27.0),
            dropouts: 0,
            connects: Some(true),
            ..status().sound
        };
        let silent = Sound { open: None, rates: vec![], blocks: vec![], chosen_block: None, ..status().sound };
        let jack = Status { sound: at_jack, ..status() };
        let silent = Status { sound: silent, inputs: vec![], outputs: vec![], ..status() };
        let statuses = [Some(status()), Some(jack), Some(silent), None];
        for (n, status) in statuses.iter().enumerate() {
            let corner = rect.min + vec2(380.0 * (n % 2) as f32, 274.0 * (n / 2) as f32);
            let card = Rect::from_min_size(corner, vec2(368.0, 262.0));
            let stream = Stream { rate: 44_100, block: 64 };
            ui.push_id(n, |ui| sound_card::show(ui, card, status.as_ref(), stream));
        }
    });
}

#[test]
fn the_transport_while_the_song_runs_while_it_rests_and_while_it_is_recorded() {
    picture("transport_bar", vec2(188.0, 3.0 * 40.0), |ui, rect| {
        let bar = BarPosition { bar_start: 10 * 96, meter: Meter::default() };
        let plays = Transport { plays: true, meter: Meter::default() };
        let rests = Transport { plays: false, meter: Meter { numerator: 13, denominator: 16 } };
        for (n, (transport, seconds)) in [(plays, None), (rests, None), (plays, Some(83))].into_iter().enumerate() {
            let place = Rect::from_min_size(pos2(rect.left(), rect.top() + 40.0 * n as f32), vec2(188.0, 32.0));
            let recorder = Recorder { seconds, folder: None };
            ui.push_id(n, |ui| transport_bar::show(ui, place, transport, &recorder, (10 * 96 + 50, bar)));
        }
    });
}

/// What was asked of the machine when `name`, and then `choice`, were clicked on the panel of the standalone program.
fn asked(page: &str, name: &str, choice: Option<&str>) -> Vec<Request> {
    let (_, mut harness) = whole_panel(View { machine: Some(status()), ..playing() }, 1.0);
    harness.get_by_role_and_label(Role::Tab, page).click_accesskit();
    harness.run();
    harness.get_by_label(name).click_accesskit();
    harness.run();
    if let Some(choice) = choice {
        harness.get_by_label(choice).click_accesskit();
        harness.run();
    }
    let mut requests = std::mem::take(&mut harness.state_mut().requests);
    requests.retain(|request| matches!(request, Request::Machine(_)));
    requests
}

#[test]
fn sound_and_midi_are_chosen_on_the_setup_page() {
    for (name, choice, wish) in [
        ("Sound device", "JACK", Wish::Place(place(Way::Jack, ""))),
        ("Sample rate", "44100 Hz", Wish::Rate(Some(44_100))),
        ("Buffer", "256 samples, automatic", Wish::Block(None)),
        ("MIDI inputs", "Pads 24:0", Wish::Input("Pads 24:0".to_owned(), true)),
        ("MIDI inputs", "Keystation 20:0", Wish::Input("Keystation 20:0".to_owned(), false)),
        ("MIDI outputs", "Synth 28:0", Wish::Output("Synth 28:0".to_owned(), true)),
    ] {
        assert_eq!(asked("Setup", name, Some(choice)), [Request::Machine(wish)], "{name}");
    }
}

#[test]
fn transport_and_recorder_are_at_hand_on_every_page() {
    for page in ["Play", "Band", "Presets", "Setup"] {
        assert_eq!(asked(page, "Stop", None), [Request::Machine(Wish::Play(false))]);
        assert_eq!(asked(page, "Record", None), [Request::Machine(Wish::Record(true))]);
        let waltz = Meter { numerator: 3, denominator: 4 };
        assert_eq!(asked(page, "Meter", Some("3/4")), [Request::Machine(Wish::Meter(waltz))]);
    }
}

#[test]
fn in_a_host_there_is_nothing_of_it() {
    let (_, harness) = whole_panel(playing(), 1.0);
    for name in ["Stop", "Record", "Meter", "Sound device", "MIDI inputs"] {
        assert!(harness.query_by_label(name).is_none(), "{name}");
    }
}
