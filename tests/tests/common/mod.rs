//! What the tests of the built plug-in share: music to play to it, and ways to run it.
#![allow(dead_code)]

#[cfg(target_os = "linux")]
pub mod accessibility;
pub mod jack;
pub mod random;

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use continuo_models::Controls;
use continuo_tests::host::performance::{PlayedNote, Segment};
use continuo_tests::host::saved;
use continuo_tests::host::{Blocks, Format, Note, Performance, Session, Take, bundles, parameter_id};
use midly::{MetaMessage, MidiMessage, Smf, TrackEvent, TrackEventKind};
use serde::Deserialize;
use serde_json::Value;

/// The channel on which the musician plays.
pub const MUSICIAN: u8 = 0;
/// The channel of Voices unless it is changed.
pub const VOICES: u8 = 1;
/// The channel of Chords unless it is changed.
pub const CHORDS: u8 = 2;
/// The channel of Bass unless it is changed.
pub const BASS: u8 = 3;
/// The channel of Lead unless it is changed.
pub const LEAD: u8 = 4;
/// The channel of Drums unless it is changed.
pub const DRUMS: u8 = 9;

/// Ticks in a bar of 4/4.
pub const BAR: f64 = 96.0;

/// Ticks in a beat of 4/4.
pub const BEAT: f64 = 24.0;

/// Ticks in a millisecond at 120 to the minute.
const TICKS_PER_MILLISECOND: f64 = 0.048;

/// Inputs lie this many ticks behind the grid, so that no sample rate's rounding moves them into another tick.
pub const BEHIND: f64 = 0.25;

/// A note of the musician.
pub fn note(start: f64, length: f64, key: u8) -> PlayedNote {
    PlayedNote { start: start + BEHIND, length, channel: MUSICIAN, key, velocity: 96 }
}

/// A melody in C major in eighths and quarters, as many bars long as asked for, with a rest in every fourth bar.
pub fn melody(bars: usize) -> Vec<PlayedNote> {
    const PHRASE: [(f64, f64, u8); 21] = [
        (0.0, 24.0, 67),
        (24.0, 12.0, 64),
        (36.0, 12.0, 65),
        (48.0, 24.0, 67),
        (72.0, 24.0, 72),
        (96.0, 12.0, 69),
        (108.0, 12.0, 71),
        (120.0, 24.0, 72),
        (144.0, 24.0, 67),
        (168.0, 24.0, 64),
        (192.0, 24.0, 65),
        (216.0, 12.0, 67),
        (228.0, 12.0, 65),
        (240.0, 24.0, 64),
        (264.0, 12.0, 62),
        (276.0, 12.0, 64),
        (288.0, 24.0, 65),
        (312.0, 12.0, 62),
        (324.0, 12.0, 59),
        (336.0, 12.0, 60),
        (348.0, 6.0, 60),
    ];
    over_and_over(&PHRASE, bars)
}

/// A melody for a right hand alone, as many bars long as asked for: with the beats, between them and held over them,
/// and through chords that lie some way from home. Where a chord waits for a note, that comes or does not.
pub fn wandering_melody(bars: usize) -> Vec<PlayedNote> {
    const PHRASE: [(f64, f64, u8); 17] = [
        (0.0, 24.0, 67),
        (36.0, 12.0, 65),
        (48.0, 24.0, 64),
        (84.0, 36.0, 69),
        (120.0, 12.0, 70),
        (132.0, 12.0, 69),
        (144.0, 36.0, 65),
        (180.0, 12.0, 62),
        (192.0, 24.0, 66),
        (216.0, 24.0, 69),
        (252.0, 12.0, 72),
        (264.0, 24.0, 71),
        (288.0, 24.0, 68),
        (324.0, 12.0, 71),
        (336.0, 12.0, 64),
        (348.0, 12.0, 65),
        (360.0, 12.0, 68),
    ];
    over_and_over(&PHRASE, bars)
}

/// A phrase of four bars (start, length and key of each note) as often as `bars` ask for.
fn over_and_over(phrase: &[(f64, f64, u8)], bars: usize) -> Vec<PlayedNote> {
    let length = bars as f64 * BAR;
    let firsts = (0..bars.div_ceil(4)).map(|phrase| phrase as f64 * 4.0 * BAR);
    firsts
        .flat_map(|first| phrase.iter().map(move |&(start, length, key)| note(first + start, length - 1.0, key)))
        .filter(|note| note.start < length)
        .collect()
}

/// I–vi–IV–V in C major as three-part chords with the left hand, two beats each, as many bars long as asked for.
pub fn left_hand_chords(bars: usize) -> Vec<PlayedNote> {
    const CHORDS: [[u8; 3]; 4] = [[48, 52, 55], [45, 48, 52], [41, 45, 48], [43, 47, 50]];
    (0..2 * bars).flat_map(|half| CHORDS[half % 4].map(|key| note(half as f64 * 48.0, 46.0, key))).collect()
}

/// Melody and chords together, once through.
pub fn tune(bars: usize) -> Performance {
    let notes = [melody(bars), left_hand_chords(bars)].concat();
    Performance { notes, route: vec![Segment::rolling(0.0, bars as f64 * BAR)], ..Performance::default() }
}

/// The wandering melody alone, once through: with no left hand to give the harmony, chords wait for the musician's
/// notes where they may begin.
pub fn melody_alone(bars: usize) -> Performance {
    let route = vec![Segment::rolling(0.0, bars as f64 * BAR)];
    Performance { notes: wandering_melody(bars), route, ..Performance::default() }
}

/// Of the strikes of Chords and Bass in a take at 120 to the minute, without a trembling hand and with the usual wait:
/// how many came with the note of the musician for which they waited, and how many when they had waited long enough.
pub fn turned_by_note_and_clock(take: &Take) -> [usize; 2] {
    let until = f64::from(Controls::default().wait) * TICKS_PER_MILLISECOND;
    let strikes = [CHORDS, BASS].map(|channel| take.notes(channel)).concat();
    let at = |moment: f64| {
        let is_there = |strike: &&Note| (strike.position.rem_euclid(BEAT) - moment).abs() < 0.05;
        strikes.iter().filter(is_there).count()
    };
    [at(BEHIND), at(until)]
}

/// `performance` with a last breath at its end.
pub fn ended(mut performance: Performance) -> Performance {
    performance.route.push(Segment::last_breath());
    performance
}

/// What a project from before there was a drummer has otherwise than a fresh instance: the parameter, its value as a
/// text, and as it is saved.
pub const BEFORE: [(&str, &str, &str); 5] = [
    ("drums_on", "Off", r#"{"bool":false}"#),
    ("swing_by_style", "Off", r#"{"bool":false}"#),
    ("dynamics", "0 %", r#"{"f32":0.0}"#),
    ("bar_source", "Patterns", r#"{"string":"library"}"#),
    ("hand_at_once", "Off", r#"{"bool":false}"#),
];

/// The built plug-in as [`open`], as projects had it before there was a drummer.
pub fn open_as_before(format: Format) -> Session {
    let settings = BEFORE.map(|(id, text, _)| (id, text));
    open(format).with(&settings).unwrap_or_else(|error| panic!("{error:#}"))
}

/// The built plug-in, offline, without its built-in sound.
pub fn open(format: Format) -> Session {
    Session::open(format)
        .and_then(|session| session.with(&[("preview", "Off")]))
        .unwrap_or_else(|error| panic!("{error:#}"))
}

/// The built plug-in as [`open`], in blocks of other sizes and at another rate.
pub fn open_at(format: Format, blocks: Blocks, rate: f64) -> Session {
    let session = open(format).in_blocks(blocks).and_then(|session| session.at_rate(rate));
    session.unwrap_or_else(|error| panic!("{error:#}"))
}

/// Plays `performance`, and checks what holds for every take: events in order and within their block, and every
/// note-on with its one note-off but for those that still sound at the end.
pub fn perform(session: &mut Session, performance: &Performance) -> Take {
    let take = session.perform(performance).unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!(take.unsorted_blocks, 0, "every block's events are in order");
    assert_eq!(take.stray_events, 0, "every event lies within its block");
    take
}

/// The number of the parameter with the plug-in's own name.
pub fn id(name: &str) -> u32 {
    parameter_id(name)
}

/// The JSON inside a saved state.
pub fn json_of(state: &[u8]) -> Value {
    saved::json_of(state).unwrap()
}

/// The saved state that holds `json`.
pub fn state_of(json: &Value) -> Vec<u8> {
    saved::state_of(json)
}

/// What the probe (a process of its own) says of its take.
#[derive(Debug, Deserialize)]
pub struct Probed {
    /// Hash of what was played, by position.
    pub hash: String,
    /// Notes of each player, in the order of their channels.
    pub notes: [usize; 4],
    /// Notes without an end, and ends without a note.
    pub mismatches: usize,
    /// Plans that came late.
    pub misses: u64,
    /// Which networks played at the end: bit 0 harmonist, bit 1 soloist.
    pub networks: u32,
    /// From where harmonist and soloist came at the end: 0 by rule, 1 built-in GRU, 2 built-in Transformer, 3 own
    /// folder.
    pub origins: [u32; 2],
    /// What the plug-in wrote to the error stream.
    #[serde(skip)]
    pub said: String,
}

/// Plays a scale in a process of its own with these environment variables.
pub fn probe(arguments: &[&str], environment: &[(&str, &str)]) -> Probed {
    let (answer, said) = run_probe(&[&["perform"], arguments].concat(), environment);
    let probed: Probed = serde_json::from_str(&answer).expect("the probe answers in JSON");
    Probed { said, ..probed }
}

/// Plays a scale as [`probe`], with the plug-in that fails on purpose, whose worker takes up to so many milliseconds
/// more for each decision.
pub fn probe_slowed(arguments: &[&str], most_ms: u16) -> Probed {
    let folder = bundles::faulty_folder().unwrap_or_else(|error| panic!("{error:#}"));
    let slowed = format!("slow-worker:0:{most_ms}");
    let environment = [(bundles::FOLDER, folder.to_str().expect("paths are UTF-8 here"))];
    probe(&[arguments, &["--fault", &slowed]].concat(), &environment)
}

/// Runs the probe: what it answers in the last line of its output, and what it and the plug-in wrote to the error
/// stream.
pub fn run_probe(arguments: &[&str], environment: &[(&str, &str)]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command.env("DBUS_SESSION_BUS_ADDRESS", NO_BUS);
    let ended = run(command.args(arguments).envs(environment.iter().copied()), PATIENCE);
    assert_eq!(ended.code, Some(0), "the probe failed: {}", ended.said);
    (ended.answer.lines().last().unwrap_or_default().to_owned(), ended.said)
}

/// A session bus that is not there: nobody listens to the panel, whatever this machine has.
const NO_BUS: &str = "unix:path=/nonexistent";

/// How long a process is given that plays to the plug-in, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// How long a process is given to end when nobody waits for what it says any more.
const LAST_CHANCE: Duration = Duration::from_secs(20);

/// How a process ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to its standard output.
    pub answer: String,
    /// What it wrote to its error stream.
    pub said: String,
}

/// Runs `command` to its end, with nothing to read.
///
/// # Panics
/// If it does not start, or has not ended after `patience`.
pub fn run(command: &mut Command, patience: Duration) -> Ended {
    Running::start(command).end(patience)
}

/// A process that runs, and what it has written. It is ended when this is dropped.
pub struct Running {
    process: Child,
    name: String,
    /// The standard output and the error stream.
    streams: [Arc<Mutex<Vec<u8>>>; 2],
    readers: Vec<JoinHandle<()>>,
}

impl Running {
    /// Starts `command`, with nothing to read.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(command: &mut Command) -> Self {
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut process = started.unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let pipes: [Box<dyn Read + Send>; 2] =
            [Box::new(process.stdout.take().expect("piped")), Box::new(process.stderr.take().expect("piped"))];
        let streams: [Arc<Mutex<Vec<u8>>>; 2] = Default::default();
        let readers = pipes.into_iter().zip(&streams).map(|(mut pipe, stream)| {
            let stream = Arc::clone(stream);
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(length @ 1..) = pipe.read(&mut bytes) {
                    stream.lock().expect("no thread panics with it").extend(&bytes[..length]);
                }
            })
        });
        Self { process, name: format!("{command:?}"), readers: readers.collect(), streams }
    }

    fn stream(&self, index: usize) -> String {
        String::from_utf8_lossy(&self.streams[index].lock().expect("no thread panics with it")).into_owned()
    }

    /// What it has written to its error stream.
    pub fn said(&self) -> String {
        self.stream(1)
    }

    /// Waits until `text` is in what it has written.
    ///
    /// # Panics
    /// If it is not after `patience`.
    pub fn wait_for(&self, text: &str, patience: Duration) {
        let written = || [0, 1].map(|index| self.stream(index)).concat();
        let found = soon(patience, || written().contains(text).then_some(()));
        assert!(found.is_some(), "{} does not say \"{text}\". It said: {}", self.name, written());
    }

    /// Waits until `text` is in what it has written after it wrote `before` last.
    ///
    /// # Panics
    /// If it is not after `patience`.
    pub fn wait_for_after(&self, before: &str, text: &str, patience: Duration) {
        let is_there = || {
            let said = self.said();
            said.rfind(before).is_some_and(|place| said[place..].contains(text)).then_some(())
        };
        let found = soon(patience, is_there);
        assert!(found.is_some(), "{} does not say \"{text}\". It said: {}", self.name, self.said());
    }

    /// Ends it without asking.
    ///
    /// # Panics
    /// If it has ended before.
    pub fn kill(mut self) {
        assert!(self.process.try_wait().expect("a process can be waited for").is_none(), "{} has ended", self.name);
        self.process.kill().expect("a process that runs can be ended");
        self.process.wait().expect("a process can be waited for");
    }

    /// Ends it as Ctrl+C does.
    pub fn interrupt(&mut self) {
        // SAFETY: a process that was not waited for keeps its number.
        assert_eq!(unsafe { libc::kill(self.process.id() as libc::pid_t, libc::SIGINT) }, 0, "{}", self.name);
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If that has not come after `patience`.
    pub fn end(mut self, patience: Duration) -> Ended {
        let status = soon(patience, || self.process.try_wait().expect("a process can be waited for"));
        if status.is_none() {
            self.process.kill().expect("a process that runs can be ended");
        }
        self.readers.drain(..).for_each(|reader| reader.join().expect("reading does not panic"));
        let [answer, said] = [0, 1].map(|index| self.stream(index));
        let Some(status) = status else { panic!("{} does not end. It said: {answer}{said}", self.name) };
        Ended { code: status.code(), answer, said }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A server leaves nothing behind if it may end by itself. What has ended already is waited for at once.
        if let Ok(None) = self.process.try_wait() {
            self.interrupt();
            soon(LAST_CHANCE, || self.process.try_wait().ok().flatten());
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What `look` finds, looking again and again for as long as `patience` lasts.
pub fn soon<T>(patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        let found = look();
        if found.is_some() || began.elapsed() > patience {
            return found;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// The built standalone program on a machine without JACK, sound card and screen, whatever this one has. What it keeps
/// lies with the results of the build.
///
/// # Panics
/// If it is not built.
pub fn live() -> Command {
    let folder = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
    let program = folder.join("continuo-live");
    assert!(program.is_file(), "{} is not there: run `cargo xtask bundle` first", program.display());
    let mut command = Command::new(program);
    command
        .env_remove("DISPLAY")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_DATA_HOME")
        .env("HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/home"))
        .env("JACK_DEFAULT_SERVER", "continuo-nowhere")
        .env("PIPEWIRE_RUNTIME_DIR", "/nonexistent")
        .env("DBUS_SESSION_BUS_ADDRESS", NO_BUS)
        .env("ALSA_CONFIG_PATH", "/dev/null");
    command
}

/// The library of the built plug-in.
pub fn library(format: Format) -> std::path::PathBuf {
    bundles::library(format).unwrap_or_else(|error| panic!("{error:#}"))
}

/// The loudness of a stereo WAV file of floats: 1 is as loud as can be.
pub fn loudness(wav: &Path) -> f32 {
    let mut reader = hound::WavReader::open(wav).unwrap_or_else(|error| panic!("{}: {error}", wav.display()));
    let samples: Vec<f32> = reader.samples::<f32>().map(|sample| sample.expect("the file is whole")).collect();
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

/// Channel and key of each note on the track called `name` of a MIDI file.
///
/// # Panics
/// If it is no MIDI file, or has no such track.
pub fn notes_of(file: &[u8], name: &str) -> Vec<(u8, u8)> {
    timed_notes_of(file, name).into_iter().map(|(_, channel, key)| (channel, key)).collect()
}

/// The notes of the track that is called so, in order: when each begins, in the file's ticks, its channel, and its key.
///
/// # Panics
/// If it is no MIDI file, or has no such track.
pub fn timed_notes_of(file: &[u8], name: &str) -> Vec<(u64, u8, u8)> {
    let smf = Smf::parse(file).expect("a MIDI file");
    let is_called = |track: &&Vec<TrackEvent>| {
        track.iter().any(|event| event.kind == TrackEventKind::Meta(MetaMessage::TrackName(name.as_bytes())))
    };
    let track = smf.tracks.iter().find(is_called).unwrap_or_else(|| panic!("no track is called {name}"));
    let mut now = 0;
    let notes = track.iter().filter_map(|event| {
        now += u64::from(event.delta.as_int());
        match event.kind {
            TrackEventKind::Midi { channel, message: MidiMessage::NoteOn { key, .. } } => {
                Some((now, channel.as_int(), key.as_int()))
            }
            _ => None,
        }
    });
    notes.collect()
}
