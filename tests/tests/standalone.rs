//! The built standalone program says what it has and what it lacks, and ends with the exit code of its help.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, id};
use std::time::Duration;

use common::jack::Jack;
use common::{Ended, Running, run};
use continuo_tests::host::screen::Server;
use midly::Smf;
use serde_json::Value;

/// How long what fails may take, and what starts, on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// The yellow of the panel's warnings.
const WARNING: [u8; 3] = [0xf0, 0xd0, 0x5a];

/// A musician's home: whatever the program keeps, it keeps there.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let home = std::env::temp_dir().join(format!("continuo-home-{name}-{}", id()));
        fs::create_dir_all(&home).unwrap();
        Self(home)
    }

    /// The program at this home, on a machine without JACK, sound card and screen, whatever this one has.
    fn live(&self) -> Command {
        let mut command = common::live();
        command.env("HOME", &self.0);
        command
    }

    fn kept(&self, name: &str) -> PathBuf {
        self.0.join(".config/continuo").join(name)
    }

    fn data(&self) -> PathBuf {
        self.0.join(".local/share/continuo")
    }

    /// What was kept of the plug-in's state.
    fn session(&self) -> Value {
        serde_json::from_slice(&fs::read(self.kept("last-session.json")).unwrap()).unwrap()
    }

    /// Has the program prefer this of sound and MIDI.
    fn prefer(&self, machine: &Value) {
        fs::create_dir_all(self.kept("")).unwrap();
        let preferences = serde_json::json!({ "machine": machine });
        fs::write(self.kept("preferences.json"), preferences.to_string()).unwrap();
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What is left in the folder for temporary files does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The program as [`Home::live`], at a home where nothing was kept yet.
fn live() -> Command {
    let mut command = common::live();
    command.arg("--fresh");
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
    for (arguments, words) in [(&[][..], "There is no sound"), (&["--backend", "dummy"], "neither sound nor MIDI")] {
        let Ended { code, answer, said } = ended(arguments);
        assert_eq!((code, &*answer), (Some(1), ""), "{said}");
        let [sound, screen] = said.lines().collect::<Vec<_>>()[..] else { panic!("one sentence each: {said}") };
        assert!(sound.contains(words), "{said}");
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
    running.wait_for("There is no sound", SOON);
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
fn the_panel_is_as_large_as_is_ordered() {
    let server = Server::start().unwrap();
    let screen = server.screen().unwrap();
    for (scale, size) in [("1", [1160, 674]), ("1.5", [1740, 1011])] {
        let arguments = ["--backend", "dummy", "--dpi-scale", scale];
        let running = Running::start(live().env("DISPLAY", &server.display).args(arguments));
        let window = common::soon(SOON, || screen.window_called("Continuo").unwrap()).expect("the panel opens");
        let is_so = || (screen.size_of(window).unwrap() == size).then_some(());
        assert!(common::soon(SOON, is_so).is_some(), "{:?} at {scale}", screen.size_of(window).unwrap());
        let is_drawn = || (screen.picture(1900, 1000).unwrap().colours() > 50).then_some(());
        common::soon(SOON, is_drawn).expect("the panel is drawn");
        screen.ask_to_close(window).unwrap();
        assert_eq!(running.end(SOON).code, Some(0));
    }
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
    let heard: Value = serde_json::from_str(keyboard.end(SOON).answer.lines().last().unwrap()).unwrap();
    let of = |name: &str| heard[name].as_u64().unwrap();
    assert!(of("notes") > 10 && of("channels") & 0b1 != 0 && of("channels").count_ones() > 2, "{heard}");
    assert_eq!(of("sounding"), 0, "{heard}");
}

#[test]
fn when_the_jack_server_goes_it_says_so_and_goes_on_and_plays_there_again_when_it_is_back() {
    let mut jack = Jack::start("goes");
    let mut running = Running::start(jack.for_program(&mut live()));
    running.wait_for("plays without it", SOON);
    jack.server.interrupt();
    running.wait_for("Sound has broken off", SOON);
    running.wait_for("There is no sound", SOON);
    let jack = jack.restart();
    running.wait_for_after("There is no sound", "Sound goes to JACK", SOON);
    assert!(jack.connections().contains("continuo:output_1"));
    running.interrupt();
    assert_eq!(running.end(SOON).code, Some(0));
}

#[test]
fn at_a_jack_server_each_player_has_a_port_and_sound_goes_to_the_loudspeakers() {
    let jack = Jack::start("ports");
    let mut running = Running::start(jack.for_program(&mut live()));
    running.wait_for("plays without it", SOON);
    let connections = jack.connections();
    for port in ["midi_input", "midi_output", "midi_voices", "midi_chords", "midi_bass", "midi_lead", "midi_drums"] {
        assert!(connections.contains(&format!("continuo:{port}")), "{port}: {connections}");
    }
    for (own, speaker) in [("output_1", "playback_1"), ("output_2", "playback_2")] {
        assert!(connections.contains(&format!("continuo:{own}\n   system:{speaker}\n")), "{connections}");
    }
    running.interrupt();
    assert_eq!(running.end(SOON).code, Some(0));
}

#[test]
fn what_was_preferred_is_not_connected_by_itself() {
    let jack = Jack::start("loose");
    let home = Home::new("loose");
    home.prefer(&serde_json::json!({ "connect": false }));
    let mut running = Running::start(jack.for_program(&mut home.live()));
    running.wait_for("plays without it", SOON);
    assert!(running.said().contains("No loudspeakers are connected"), "{}", running.said());
    assert!(!jack.connections().contains("continuo:output_1\n   system"), "{}", jack.connections());
    running.interrupt();
    assert_eq!(running.end(SOON).code, Some(0));
}

#[test]
fn every_instrument_is_heard_at_once_also_one_that_comes_later_and_all_is_recorded() {
    let jack = Jack::start("hands");
    let home = Home::new("hands");
    let _first = jack.instrument(&["first", "5"]);
    let mut running = Running::start(jack.for_program(&mut home.live()).arg("--record"));
    running.wait_for("plays without it", SOON);
    assert!(running.said().contains("to play on is \"first:out\""), "{}", running.said());
    let _second = jack.instrument(&["second", "6"]);
    running.wait_for("The MIDI port \"second:out\" is connected", SOON);
    std::thread::sleep(Duration::from_secs(5));
    running.interrupt();
    let ended = running.end(SOON);
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    let wav = home.data().join("recordings/Continuo 001.wav");
    assert!(ended.said.contains(wav.to_str().unwrap()), "{}", ended.said);
    assert_is_heard(&wav, 5.0);
    let file = fs::read(wav.with_extension("mid")).unwrap();
    let channels =
        |name: &str| -> Vec<u8> { common::notes_of(&file, name).into_iter().map(|(channel, _)| channel).collect() };
    let you = channels("You");
    assert!(you.contains(&5) && you.contains(&6), "both hands are heard: {you:?}");
    for player in ["Voices", "Chords", "Bass"] {
        assert!(!channels(player).is_empty(), "{player} plays");
    }
}

#[test]
fn a_recording_is_whole_though_the_program_is_killed() {
    let jack = Jack::start("killed");
    let home = Home::new("killed");
    let _keyboard = jack.instrument(&["keyboard", "0"]);
    let running = Running::start(jack.for_program(&mut home.live()).arg("--record"));
    running.wait_for("plays without it", SOON);
    std::thread::sleep(Duration::from_secs(6));
    running.kill();
    let wav = home.data().join("recordings/Continuo 001.wav");
    assert_is_heard(&wav, 3.0);
    Smf::parse(&fs::read(wav.with_extension("mid")).unwrap()).unwrap();
}

#[test]
fn what_was_set_is_there_the_next_time_unless_it_is_to_begin_as_new() {
    let card = SilentCard::new("session");
    let home = Home::new("session");
    let play = |arguments: &[&str]| {
        let mut running = Running::start(home.live().env("ALSA_CONFIG_PATH", &card.0).args(arguments));
        running.wait_for("plays without it", SOON);
        running.interrupt();
        assert_eq!(running.end(SOON).code, Some(0));
        home.session()
    };
    let beats_and_seed = |session: &Value| {
        let [beats, seed] = ["/meter/numerator", "/state/params/seed/i32"].map(|place| session.pointer(place).cloned());
        (beats.unwrap(), seed.unwrap())
    };
    let mut session = play(&["--timesig-num", "3"]);
    assert_eq!(beats_and_seed(&session), (3.into(), 1.into()));
    session["state"]["params"]["seed"]["i32"] = 77.into();
    session["state"]["params"]["swing"]["f32"] = 9.5.into();
    fs::write(home.kept("last-session.json"), session.to_string()).unwrap();
    let session = play(&[]);
    assert_eq!(beats_and_seed(&session), (3.into(), 77.into()));
    assert_eq!(session["state"]["params"]["swing"]["f32"], 0.0, "what is out of range is repaired");
    let session = play(&["--fresh"]);
    assert_eq!(beats_and_seed(&session), (4.into(), 1.into()));
}

#[test]
fn what_libraries_say_is_in_the_log_and_not_on_the_terminal() {
    let home = Home::new("log");
    let ended = run(home.live().env("ALSA_CONFIG_PATH", "/dev/null"), SOON);
    assert!(ended.said.lines().all(|line| line.starts_with("Continuo: ")), "{}", ended.said);
    let log = fs::read_to_string(home.data().join("continuo-live.log")).unwrap();
    assert!(log.lines().any(|line| !line.starts_with("Continuo: ")), "libraries are heard: {log}");
    assert!(ended.said.lines().all(|line| log.contains(line)), "ours is there too: {log}");
    run(&mut home.live(), SOON);
    assert_eq!(fs::read_to_string(home.data().join("continuo-live.old.log")).unwrap(), log);
}

/// The WAV file is stereo, lasts so many seconds, and is not silent.
fn assert_is_heard(wav: &Path, seconds: f32) {
    let reader = hound::WavReader::open(wav).unwrap();
    assert_eq!(reader.spec().channels, 2);
    let lasts = reader.duration() as f32 / reader.spec().sample_rate as f32;
    assert!(lasts > seconds, "it lasts {lasts} s");
    assert!(common::loudness(wav) > 0.001, "it is silent");
}
