//! A screen reader reads the panel and works it, over an accessibility bus without a desktop.
#![cfg(target_os = "linux")]

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, thread};

use common::accessibility::{FRAME, Reader, SLIDER, SWITCH, Session, TAB, Told};
use common::{Ended, Running, soon};
use continuo_tests::host::screen::Server;

/// How long the panel may take to open, to answer and to close, on a busy machine.
const SOON: Duration = Duration::from_secs(60);

/// A knob of the first page.
const KNOB: &str = "Density";

/// A folder for preferences, where the tour was seen.
fn preferences(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("reader-{name}"));
    fs::create_dir_all(folder.join("continuo")).unwrap();
    fs::write(folder.join("continuo/preferences.json"), r#"{ "tour_seen": true }"#).unwrap();
    folder
}

/// What the reader finds of this role and name, when it is there.
fn find(reader: &Reader, role: u32, name: &str) -> Told {
    let found = soon(SOON, || reader.read()?.into_iter().find(|told| told.role == role && told.is_called(name)));
    found.unwrap_or_else(|| panic!("nothing of role {role} is called {name}: {:#?}", reader.read()))
}

/// Waits until so many windows are there.
fn wait_for_windows(reader: &Reader, count: usize) {
    let found = soon(SOON, || (reader.count() == count).then_some(()));
    assert!(found.is_some(), "{} windows, not {count}", reader.count());
}

#[test]
fn the_standalone_programs_panel_is_read_and_worked() {
    let Some(bus) = Session::start("standalone") else { return };
    let (server, liked) = (Server::start().unwrap(), preferences("standalone"));
    let screen = server.screen().unwrap();
    let mut command = common::live();
    command.args(["--fresh", "--backend", "dummy"]).env("DISPLAY", &server.display);
    command.env("XDG_CONFIG_HOME", liked).env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    let running = Running::start(&mut command);
    let window = soon(SOON, || screen.window_called("Continuo").unwrap()).expect("the panel opens");
    // Somebody who comes when the panel is there already.
    let reader = bus.reader();
    wait_for_windows(&reader, 1);
    find(&reader, FRAME, "Continuo");

    let is_open = |page: &str| find(&reader, TAB, page).chosen;
    assert!(is_open("Play") && !is_open("Setup"));
    assert!(reader.press(&find(&reader, TAB, "Setup").node));
    assert!(soon(SOON, || is_open("Setup").then_some(())).is_some(), "the page is opened");
    assert!(!is_open("Play"));
    assert!(reader.press(&find(&reader, TAB, "Play").node));

    let knob = find(&reader, SLIDER, KNOB).node;
    let stands_at = |percent: f64| soon(SOON, || ((reader.value(&knob)? - percent).abs() < 0.5).then_some(()));
    for percent in [25.0, 75.0] {
        reader.set_value(&knob, percent);
        assert!(stands_at(percent).is_some(), "{:?} percent, not {percent}", reader.value(&knob));
        let name = find(&reader, SLIDER, KNOB).name;
        assert!(name.starts_with(&format!("{KNOB}: {percent}")), "{name}");
    }

    let is_on = || find(&reader, SWITCH, "Key lock").chosen;
    let was_on = is_on();
    assert!(reader.press(&find(&reader, SWITCH, "Key lock").node));
    assert!(soon(SOON, || (is_on() != was_on).then_some(())).is_some(), "the switch is turned");

    screen.ask_to_close(window).unwrap();
    let Ended { code, answer, said } = running.end(SOON);
    assert_eq!((code, said.lines().count()), (Some(0), 1), "{answer}{said}");
    wait_for_windows(&reader, 0);
}

#[test]
fn panels_in_a_clap_host_are_read_while_they_are_open_and_as_many_as_there_are() {
    read_in_a_host("clap");
}

#[test]
fn panels_in_a_vst3_host_are_read_while_they_are_open_and_as_many_as_there_are() {
    read_in_a_host("vst3");
}

/// Two instances in one process, their panels opened twice.
fn read_in_a_host(format: &str) {
    let Some(bus) = Session::start(format) else { return };
    let (server, liked) = (Server::start().unwrap(), preferences(format));
    // Somebody who was there before.
    let reader = bus.reader();
    let environment = [
        ("DISPLAY", server.display.as_str()),
        ("XDG_CONFIG_HOME", liked.to_str().unwrap()),
        ("DBUS_SESSION_BUS_ADDRESS", bus.address.as_str()),
    ];
    let arguments = ["panel", "--format", format, "--still", "--instances", "2", "--rounds", "2", "--open-ms", "10000"];
    thread::scope(|scope| {
        let host = scope.spawn(|| common::run_probe(&arguments, &environment));
        for _round in 0..2 {
            wait_for_windows(&reader, 2);
            let knobs = || {
                let told = reader.read()?;
                let knobs = told.into_iter().filter(|told| told.role == SLIDER && told.is_called(KNOB));
                <[Told; 2]>::try_from(knobs.collect::<Vec<_>>()).ok()
            };
            let knobs = soon(SOON, knobs).expect("each panel has the knob");
            let [here, there] = knobs.map(|told| told.node);
            let before = reader.value(&there).unwrap();
            let other = if reader.value(&here).unwrap() < 50.0 { 90.0 } else { 10.0 };
            reader.set_value(&here, other);
            let answers = || ((reader.value(&here)? - other).abs() < 0.5).then_some(());
            assert!(soon(SOON, answers).is_some(), "the knob is turned");
            assert_eq!(reader.value(&there), Some(before), "the other panel's stays");
            wait_for_windows(&reader, 0);
        }
        host.join().expect("the host ends well");
    });
}
