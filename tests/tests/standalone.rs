//! The built standalone program says what it has and what it lacks, and ends with the exit code of its help.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, id};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use common::{Ended, Running, run};
use continuo_tests::host::screen::Server;

/// How long what fails may take, and what starts, on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// The yellow of the panel's warnings.
const WARNING: [u8; 3] = [0xf0, 0xd0, 0x5a];

/// The program on a machine without JACK, sound card and screen, whatever this one has.
fn live() -> Command {
    let folder = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
    let program = folder.join("continuo-live");
    assert!(program.is_file(), "{} is not there: run `cargo xtask bundle` first", program.display());
    let mut command = Command::new(program);
    command
        .env_remove("DISPLAY")
        .env("JACK_DEFAULT_SERVER", "continuo-nowhere")
        .env("PIPEWIRE_RUNTIME_DIR", "/nonexistent")
        .env("ALSA_CONFIG_PATH", "/dev/null");
    command
}

fn ended(arguments: &[&str]) -> Ended {
    run(live().args(arguments), SOON)
}

/// A file with a configuration of ALSA whose sound card takes everything and plays nothing.
struct SilentCard(PathBuf);

impl SilentCard {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("continuo-alsa-{name}-{}", id()));
        fs::write(&path, "pcm.!default { type null }\nctl.!default { type null }\n").unwrap();
        Self(path)
    }
}

impl Drop for SilentCard {
    fn drop(&mut self) {
        // What is left in the folder for temporary files does no harm.
        let _ = fs::remove_file(&self.0);
    }
}

/// A JACK server without a sound card. It ends when this is dropped.
struct Jack {
    server: Running,
    name: String,
    _alone: MutexGuard<'static, ()>,
}

/// Servers that start at the same time get in each other's way.
static ONE_SERVER: Mutex<()> = Mutex::new(());

impl Jack {
    fn start(name: &str) -> Self {
        let name = format!("continuo-{name}-{}", id());
        let mut command = Command::new("jackd");
        command.args(["--no-realtime", "--no-mlock", "--name", &name]);
        command.args(["-d", "dummy", "--rate", "44100", "--period", "256"]);
        let alone = ONE_SERVER.lock().unwrap_or_else(PoisonError::into_inner);
        let jack = Self { server: Running::start(&mut command), name, _alone: alone };
        let lists = || {
            let listed = run(jack.for_program(&mut live()).arg("--connect-jack-midi-input="), SOON);
            (listed.code == Some(0)).then_some(())
        };
        let listed = common::soon(SOON, lists);
        assert!(listed.is_some(), "the server takes no clients: {}", jack.server.said());
        jack
    }

    /// Tells `command` of the server.
    fn for_program<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("JACK_DEFAULT_SERVER", &self.name)
    }
}

#[test]
fn a_wrong_option_is_refused_with_its_name_before_anything_is_opened() {
    for (arguments, word) in [
        (&["--sample-rate", "0"][..], "--sample-rate"),
        (&["--sample-rate", "NaN"], "--sample-rate"),
        (&["--period-size", "0"], "--period-size"),
        (&["--tempo", "0"], "--tempo"),
        (&["--timesig-denom", "3"], "--timesig-denom"),
        (&["--backend", "organ"], "--backend"),
        (&["-l", "7"], "--audio-layout"),
        (&["--backend", "jack", "--midi-input", "keys"], "--connect-jack-midi-input"),
        (&["--backend", "dummy", "--output-device", "keys"], "--output-device"),
        (&["--dpi"], "--dpi"),
        (&["more"], "more"),
    ] {
        let Ended { code, answer, said } = ended(arguments);
        assert_eq!((code, &*answer), (Some(2), ""), "{arguments:?}: {said}");
        let first = said.lines().next().unwrap();
        assert!(first.starts_with("error: ") && first.contains(word), "{arguments:?}: {said}");
    }
}

#[test]
fn an_empty_value_lists_what_there_is() {
    let layouts = ended(&["-l", ""]);
    assert_eq!((layouts.code, &*layouts.answer, &*layouts.said), (Some(0), "1: Stereo (0 in, 2 out)\n", ""));
    for option in ["--midi-input", "--midi-output", "--output-device"] {
        let listed = ended(&[option, ""]);
        let lines = listed.answer.lines().count() + listed.said.lines().count();
        match listed.code {
            Some(0) => assert!(lines > 0 && (listed.answer.is_empty() || listed.said.is_empty()), "{listed:?}"),
            code => assert_eq!((code, listed.said.lines().count()), (Some(1), 1), "{listed:?}"),
        }
    }
    let jack = ended(&["--connect-jack-midi-input", ""]);
    assert_eq!((jack.code, &*jack.said), (Some(1), "error: no JACK server runs (start one, or PipeWire's)\n"));
}

#[test]
fn what_is_asked_for_and_not_there_is_one_sentence_and_exit_code_1() {
    for (arguments, words) in [
        (&["--backend", "jack"][..], "no JACK server runs"),
        (&["--backend", "alsa"], "sound card"),
        (&["--sample-rate", "44100"], "sound card"),
        (&["--output-device", "organ"], "organ"),
        (&["--connect-jack-midi-input", "keys"], "no JACK server runs"),
    ] {
        let Ended { code, answer, said } = ended(arguments);
        assert_eq!((code, &*answer), (Some(1), ""), "{arguments:?}: {said}");
        assert!(said.starts_with("error: ") && said.contains(words), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
    }
}

#[test]
fn a_midi_port_that_is_not_there_is_named() {
    let card = SilentCard::new("port");
    for option in ["--midi-input", "--midi-output"] {
        let ended = run(live().env("ALSA_CONFIG_PATH", &card.0).args([option, "no such organ"]), SOON);
        assert_eq!((ended.code, ended.said.lines().count()), (Some(1), 1), "{}", ended.said);
        assert!(ended.said.contains("no such organ"), "{}", ended.said);
    }
}

#[test]
fn without_sound_and_screen_it_says_both_and_ends() {
    for arguments in [&[][..], &["--backend", "dummy"]] {
        let Ended { code, answer, said } = ended(arguments);
        assert_eq!((code, &*answer), (Some(1), ""), "{said}");
        let [sound, screen] = said.lines().collect::<Vec<_>>()[..] else { panic!("one sentence each: {said}") };
        assert!(sound.contains("neither sound nor MIDI"), "{said}");
        assert!(screen.contains("panel cannot be shown"), "{said}");
    }
}

#[test]
fn with_sound_but_no_screen_it_says_so_and_plays_until_it_is_interrupted() {
    let card = SilentCard::new("headless");
    let mut running = Running::start(live().env("ALSA_CONFIG_PATH", &card.0).args(["-r", "44100", "-p", "256"]));
    running.wait_for("plays without it", SOON);
    let said = running.said();
    assert!(said.contains("44100 Hz in blocks of 256") && said.contains("MIDI port to play on"), "{said}");
    running.interrupt();
    let ended = running.end(SOON);
    assert_eq!((ended.code, ended.said.lines().count()), (Some(0), 2), "{}", ended.said);
}

#[test]
fn with_a_screen_but_no_sound_the_panel_shows_a_notice_and_closing_it_ends_the_program() {
    let server = Server::start().unwrap();
    let screen = server.screen().unwrap();
    let running = Running::start(live().env("DISPLAY", &server.display));
    running.wait_for("neither sound nor MIDI", SOON);
    let window = common::soon(SOON, || screen.window_called("Continuo").unwrap()).expect("the panel opens");
    let shows_warning = || {
        let picture = screen.picture(1400, 1000).unwrap();
        (picture.pixels.iter().filter(|pixel| **pixel == WARNING).count() > 20).then_some(())
    };
    common::soon(SOON, shows_warning).expect("the panel shows that there is no sound");
    screen.ask_to_close(window).unwrap();
    let ended = running.end(SOON);
    assert_eq!((ended.code, ended.said.lines().count()), (Some(0), 1), "{}", ended.said);
}

#[test]
fn ctrl_c_ends_it_while_the_panel_is_open() {
    let server = Server::start().unwrap();
    let screen = server.screen().unwrap();
    let mut running = Running::start(live().env("DISPLAY", &server.display).args(["--backend", "dummy"]));
    common::soon(SOON, || screen.window_called("Continuo").unwrap()).expect("the panel opens");
    running.interrupt();
    assert_eq!(running.end(SOON).code, Some(0));
}

#[test]
fn at_a_jack_server_it_plays_with_the_ports_that_it_is_told_and_leaves_no_note_sounding() {
    let jack = Jack::start("plays");
    let keyboard = Running::start(jack.for_program(&mut Command::new(env!("CARGO_BIN_EXE_jack_keyboard"))));
    keyboard.wait_for("ready", SOON);
    let ports = ["--connect-jack-midi-input", "keys:out", "--connect-jack-midi-output", "keys:in"];
    let mut running = Running::start(jack.for_program(&mut live()).args(ports));
    running.wait_for("plays without it", SOON);
    let said = running.said();
    assert!(said.contains("JACK, 44100 Hz in blocks of 256"), "{said}");
    assert!(said.contains("to play on is \"keys:out\"") && said.contains("to play to is \"keys:in\""), "{said}");
    std::thread::sleep(Duration::from_secs(5));

    let second = run(jack.for_program(&mut live()).args(["--backend", "jack"]), SOON);
    assert_eq!((second.code, second.said.lines().count()), (Some(1), 1), "{}", second.said);
    assert!(second.said.contains("close the other Continuo"), "{}", second.said);
    let unknown = run(jack.for_program(&mut live()).args(["--connect-jack-midi-input", "organ"]), SOON);
    assert_eq!(unknown.code, Some(1), "{}", unknown.said);

    running.interrupt();
    assert_eq!(running.end(SOON).code, Some(0));
    let heard: serde_json::Value = serde_json::from_str(keyboard.end(SOON).answer.lines().last().unwrap()).unwrap();
    let of = |name: &str| heard[name].as_u64().unwrap();
    assert!(of("notes") > 10 && of("channels") & 0b1 != 0 && of("channels").count_ones() > 2, "{heard}");
    assert_eq!(of("sounding"), 0, "{heard}");
}

#[test]
fn when_the_jack_server_goes_it_says_so_and_ends() {
    let mut jack = Jack::start("goes");
    let running = Running::start(jack.for_program(&mut live()));
    running.wait_for("plays without it", SOON);
    jack.server.interrupt();
    let ended = running.end(SOON);
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(ended.said.lines().last().unwrap().contains("Sound has broken off"), "{}", ended.said);
}
