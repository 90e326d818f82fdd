//! A newcomer opens the built standalone program on a computer without sound card, JACK and keyboard, and does with a
//! real pointer and real keys what newcomers do. Pictures of it lie in `target/tmp/newcomer`. Those of a panel that
//! stands still are compared with the ones in `pictures`, but for what moves; `UPDATE_SNAPSHOTS=1` writes these anew.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use common::Running;
use common::jack::Jack;
use continuo_tests::host::hands::{ESCAPE, Hands, LEFT, RIGHT};
use continuo_tests::host::screen::{Picture, Screen, Server};
use moving::{FOOT, HEADER, SCENES, SONG};
use serde_json::Value;

/// How long things may take on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// A beat of the song, for which a key is held.
const BEAT: Duration = Duration::from_millis(500);

/// X11's names for letters are those letters.
const LETTER_Z: u32 = b'z' as u32;
const LETTER_C: u32 = b'c' as u32;

/// Places on the panel, in points of its drawing: the middle of what is there.
mod at {
    pub const STOP: [f32; 2] = [147.0, 32.0];
    pub const NEXT_PRESET: [f32; 2] = [563.0, 32.0];
    pub const UNDO: [f32; 2] = [603.0, 32.0];
    /// White keys of the piano from middle C on, near their lower ends: they are struck hard there.
    pub const C: [f32; 2] = [700.0, 592.0];
    pub const E: [f32; 2] = [731.0, 592.0];
    pub const G: [f32; 2] = [762.0, 592.0];
    pub const HUMANISE: [f32; 2] = [616.0, 314.0];
    /// What is written below it.
    pub const HUMANISE_VALUE: [f32; 2] = [616.0, 354.0];
    /// In the menu of that knob.
    pub const LEARN: [f32; 2] = [658.0, 401.0];
    pub const PLAY_PAGE: [f32; 2] = [60.0, 198.0];
    pub const PRESETS_PAGE: [f32; 2] = [297.0, 198.0];
    /// On that page: a preset of a bass alone, and what has one listen to it.
    pub const BASS_DUO: [f32; 2] = [340.0, 424.0];
    pub const LISTEN: [f32; 2] = [876.0, 353.0];
    pub const SETUP_PAGE: [f32; 2] = [357.0, 198.0];
    pub const RECORD: [f32; 2] = [179.0, 32.0];
    /// Inside the record button, beside its sign: where its lamp is seen.
    pub const LAMP: [f32; 2] = [170.0, 24.0];
}

/// The record button's lamp.
const LIT: [u8; 3] = [0xef, 0x7b, 0x6c];

/// Where the panel moves with the song or with the load of the computer, in points of its drawing: left, top, right,
/// bottom.
mod moving {
    /// Tempo and transport.
    pub const HEADER: [f32; 4] = [112.0, 0.0, 322.0, 52.0];
    /// The chord, what is planned, the take, the tabs with what plays.
    pub const SONG: [f32; 4] = [0.0, 52.0, 1160.0, 170.0];
    pub const SCENES: [f32; 4] = [340.0, 176.0, 1160.0, 244.0];
    /// What sounds, and how plans arrive.
    pub const FOOT: [f32; 4] = [0.0, 520.0, 1160.0, 674.0];
}

/// The largest share of a picture's pixels that may be others.
const ALIKE: f64 = 0.004;

/// The panel's size in points.
const PANEL: [f32; 2] = [1160.0, 674.0];

/// Whoever sits before the program.
struct Newcomer<'a> {
    screen: &'a Screen,
    hands: Hands<'a>,
    window: u32,
    running: Running,
    pictures: PathBuf,
    number: usize,
}

impl<'a> Newcomer<'a> {
    /// Opens the program in `home`.
    fn opens(server: &Server, screen: &'a Screen, home: &Path) -> Self {
        Self::opens_as(&mut common::live(), server, screen, home)
    }

    /// Opens the program by this `command`.
    fn opens_as(command: &mut Command, server: &Server, screen: &'a Screen, home: &Path) -> Self {
        let running = Running::start(command.env("HOME", home).env("DISPLAY", &server.display));
        let window = common::soon(SOON, || screen.window_called("Continuo").unwrap()).expect("the panel opens");
        let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("newcomer");
        fs::create_dir_all(&pictures).unwrap();
        let hands = Hands::at(screen);
        let newcomer = Self { screen, hands, window, running, pictures, number: 0 };
        let is_drawn = || (screen.picture(400, 400).unwrap().colours() > 50).then_some(());
        common::soon(SOON, is_drawn).expect("the panel is drawn");
        newcomer.hands.look_at(window).unwrap();
        newcomer
    }

    /// The pixel at a place of the panel.
    fn pixel(&self, [x, y]: [f32; 2]) -> [i16; 2] {
        let [width, height] = self.screen.size_of(self.window).unwrap().map(|length| length as f32);
        let scale = (width / PANEL[0]).min(height / PANEL[1]);
        let inset = |length: f32, points: f32| (length - points * scale) / 2.0;
        [inset(width, PANEL[0]) + x * scale, inset(height, PANEL[1]) + y * scale].map(|pixel| pixel.round() as i16)
    }

    fn clicks(&self, place: [f32; 2]) {
        self.hands.click(self.pixel(place)).unwrap();
    }

    /// Holds a key of the piano for a beat.
    fn plays(&self, key: [f32; 2]) {
        self.hands.press(LEFT, self.pixel(key), BEAT).unwrap();
    }

    fn strikes(&self, keys: &[u32]) {
        self.hands.strike(keys).unwrap();
    }

    /// Waits until the panel is `colour` at a place.
    fn sees(&self, colour: [u8; 3], place: [f32; 2]) -> bool {
        let at = self.pixel(place);
        let is_so = || (self.screen.picture(1900, 1180).unwrap().pixel(at) == Some(colour)).then_some(());
        common::soon(SOON, is_so).is_some()
    }

    /// Waits until the panel changes about a place.
    fn sees_change(&self, place: [f32; 2]) -> bool {
        let [x, y] = self.pixel(place);
        let look = || {
            let picture = self.screen.picture(1900, 1180).unwrap();
            let about = (-8..=8).flat_map(|dy| (-16..=16).map(move |dx| [x + dx, y + dy]));
            about.map(|pixel| picture.pixel(pixel)).collect::<Vec<_>>()
        };
        let before = look();
        common::soon(SOON, || (look() != before).then_some(())).is_some()
    }

    /// Waits a little for the panel not to be `colour` at a place. Whether it still is.
    fn still_sees(&self, colour: [u8; 3], place: [f32; 2]) -> bool {
        let at = self.pixel(place);
        let is_over = || (self.screen.picture(1900, 1180).unwrap().pixel(at) != Some(colour)).then_some(());
        common::soon(SOON, is_over).is_none()
    }

    fn takes_a_picture(&mut self, name: &str) {
        // The panel is drawn some dozen times in a second.
        thread::sleep(Duration::from_millis(300));
        self.number += 1;
        let [width, height] = self.screen.size_of(self.window).unwrap();
        let picture = self.screen.picture(width as u16, height as u16).unwrap();
        fs::write(self.pictures.join(format!("{:02}-{name}.png", self.number)), picture.png().unwrap()).unwrap();
    }

    /// The same, and the panel is as it was kept, but for what is `moving`.
    fn takes_a_snapshot(&mut self, name: &str, moving: &[[f32; 4]]) {
        self.takes_a_picture(name);
        let taken = fs::read(self.pictures.join(format!("{:02}-{name}.png", self.number))).unwrap();
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/pictures/{name}.png"));
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::create_dir_all(kept.parent().unwrap()).unwrap();
            fs::write(kept, taken).unwrap();
            return;
        }
        let before = fs::read(&kept).unwrap_or_else(|error| panic!("{}: {error}", kept.display()));
        let [taken, before] = [taken, before].map(|png| Picture::from_png(&png).unwrap());
        let masks: Vec<[[i16; 2]; 2]> = moving
            .iter()
            .map(|&[left, top, right, bottom]| [self.pixel([left, top]), self.pixel([right, bottom])])
            .collect();
        let stands_still = |[x, y]: [u16; 2]| {
            let (x, y) = (x as i16, y as i16);
            !masks.iter().any(|[from, to]| (from[0]..to[0]).contains(&x) && (from[1]..to[1]).contains(&y))
        };
        let difference = taken.difference(&before, stands_still);
        assert!(difference < ALIKE, "{name}: {difference} of it is drawn otherwise than in {}", kept.display());
    }

    /// Presses Ctrl+C where the program was started.
    fn interrupts(mut self) {
        self.running.interrupt();
        let ended = self.running.end(SOON);
        assert_eq!(ended.code, Some(0), "{}", ended.said);
    }

    fn closes(self) {
        self.screen.ask_to_close(self.window).unwrap();
        let ended = self.running.end(SOON);
        assert_eq!(ended.code, Some(0), "{}", ended.said);
    }
}

fn session(home: &Path) -> Value {
    serde_json::from_slice(&fs::read(home.join(".config/continuo/last-session.json")).unwrap()).unwrap()
}

#[test]
fn a_newcomer_plays_hears_chooses_resizes_undoes_and_finds_all_as_it_was() {
    let home = std::env::temp_dir().join(format!("continuo-newcomer-{}", std::process::id()));
    fs::create_dir_all(&home).unwrap();
    let server = Server::start().unwrap();
    let screen = server.screen().unwrap();
    let mut newcomer = Newcomer::opens(&server, &screen, &home);
    thread::sleep(Duration::from_secs(1));
    newcomer.takes_a_picture("opens");
    newcomer.strikes(&[ESCAPE]);

    newcomer.clicks(at::RECORD);
    assert!(newcomer.sees(LIT, at::LAMP), "the lamp is lit");
    newcomer.takes_a_picture("records");

    for key in [at::C, at::E, at::G, at::C] {
        newcomer.plays(key);
    }
    newcomer.takes_a_picture("plays");
    // The lower row of the computer's keys: Z plays C, and C plays E.
    for key in [LETTER_Z, LETTER_C] {
        newcomer.strikes(&[key]);
    }

    newcomer.clicks(at::NEXT_PRESET);
    newcomer.takes_a_picture("chooses-a-preset");
    newcomer.clicks(at::NEXT_PRESET);
    newcomer.takes_a_picture("chooses-another");
    newcomer.clicks(at::UNDO);
    newcomer.takes_a_picture("undoes");

    newcomer.clicks(at::RECORD);
    assert!(!newcomer.still_sees(LIT, at::LAMP), "the lamp is out");
    newcomer.clicks(at::SETUP_PAGE);
    newcomer.takes_a_picture("looks-at-the-setup");
    newcomer.clicks(at::STOP);
    newcomer.clicks(at::PRESETS_PAGE);
    newcomer.takes_a_snapshot("looks-at-presets", &[HEADER, SONG, SCENES, FOOT]);
    newcomer.clicks(at::PLAY_PAGE);
    newcomer.takes_a_snapshot("stops", &[HEADER, SONG, SCENES, FOOT]);
    newcomer.hands.resize(newcomer.window, [1740, 1011]).unwrap();
    thread::sleep(Duration::from_secs(1));
    newcomer.takes_a_picture("resizes");
    let size = screen.size_of(newcomer.window).unwrap();
    newcomer.closes();

    let recorded = home.join(".local/share/continuo/recordings/Continuo 001.wav");
    assert!(common::loudness(&recorded) > 0.001, "what was played is heard");
    let score = fs::read(recorded.with_extension("mid")).unwrap();
    let keys: Vec<u8> = common::notes_of(&score, "You").into_iter().map(|(_, key)| key).collect();
    assert_eq!(keys, [60, 64, 67, 60, 48, 52], "the piano and the computer's keys");
    assert!(!common::notes_of(&score, "Chords").is_empty(), "the band plays");

    let kept = session(&home);
    let mut newcomer = Newcomer::opens(&server, &screen, &home);
    assert_eq!(screen.size_of(newcomer.window).unwrap(), size);
    newcomer.takes_a_snapshot("opens-again", &[HEADER, SONG, SCENES, FOOT]);
    newcomer.closes();
    assert_eq!(session(&home), kept);
    fs::remove_dir_all(home).unwrap();
}

#[test]
fn what_was_chosen_and_how_large_the_panel_was_is_there_again_after_control_c() {
    let home = std::env::temp_dir().join(format!("continuo-interrupts-{}", std::process::id()));
    fs::create_dir_all(&home).unwrap();
    let server = Server::start().unwrap();
    let screen = server.screen().unwrap();
    let newcomer = Newcomer::opens(&server, &screen, &home);
    newcomer.strikes(&[ESCAPE]);
    newcomer.clicks(at::NEXT_PRESET);
    newcomer.hands.resize(newcomer.window, [1740, 1011]).unwrap();
    thread::sleep(Duration::from_secs(1));
    newcomer.interrupts();
    let kept = session(&home);
    assert!(!kept["state"]["fields"]["presets"].is_null());
    let newcomer = Newcomer::opens(&server, &screen, &home);
    assert_eq!(screen.size_of(newcomer.window).unwrap(), [1740, 1011]);
    newcomer.closes();
    assert_eq!(session(&home), kept);
    fs::remove_dir_all(home).unwrap();
}

#[test]
fn a_newcomer_has_a_knob_learn_a_controller_and_finds_it_learnt_the_next_time() {
    let home = std::env::temp_dir().join(format!("continuo-learner-{}", std::process::id()));
    fs::create_dir_all(&home).unwrap();
    let jack = Jack::start("learner");
    let server = Server::start().unwrap();
    let screen = server.screen().unwrap();
    let opens = || Newcomer::opens_as(jack.for_program(&mut common::live()), &server, &screen, &home);
    let humanise = |session: &Value| session["state"]["params"]["humanise"]["f32"].as_f64().unwrap();

    let mut newcomer = opens();
    newcomer.pictures = newcomer.pictures.join("learns");
    fs::create_dir_all(&newcomer.pictures).unwrap();
    newcomer.strikes(&[ESCAPE]);
    newcomer.hands.press(RIGHT, newcomer.pixel(at::HUMANISE), BEAT / 4).unwrap();
    newcomer.takes_a_picture("opens-the-menu");
    newcomer.clicks(at::LEARN);
    newcomer.takes_a_picture("waits-for-the-controller");
    let knobs = jack.instrument(&["knobs", "0", "21"]);
    newcomer.running.wait_for("The MIDI port \"knobs:out\" is connected", SOON);
    // It takes the knob along when it has come to where the knob is.
    assert!(newcomer.sees_change(at::HUMANISE_VALUE), "the knob moves");
    newcomer.takes_a_picture("moves-it");
    drop(knobs);
    newcomer.closes();
    let mut kept = session(&home);
    assert!((humanise(&kept) - 0.3).abs() > 0.01);

    kept["state"]["params"]["humanise"]["f32"] = 0.0.into();
    fs::write(home.join(".config/continuo/last-session.json"), kept.to_string()).unwrap();
    let newcomer = opens();
    let knobs = jack.instrument(&["knobs", "0", "21"]);
    newcomer.running.wait_for("The MIDI port \"knobs:out\" is connected", SOON);
    assert!(newcomer.sees_change(at::HUMANISE_VALUE), "the knob moves again");
    drop(knobs);
    newcomer.closes();
    assert_eq!(session(&home)["state"]["fields"]["controllers"], kept["state"]["fields"]["controllers"]);
    fs::remove_dir_all(home).unwrap();
}

#[test]
fn a_newcomer_automates_a_preset_and_the_take_is_another_from_there() {
    let home = std::env::temp_dir().join(format!("continuo-automates-{}", std::process::id()));
    fs::create_dir_all(&home).unwrap();
    let jack = Jack::start("automates");
    let server = Server::start().unwrap();
    let screen = server.screen().unwrap();
    let mut newcomer = Newcomer::opens_as(jack.for_program(&mut common::live()), &server, &screen, &home);
    newcomer.pictures = newcomer.pictures.join("automates");
    fs::create_dir_all(&newcomer.pictures).unwrap();
    newcomer.strikes(&[ESCAPE]);
    newcomer.clicks(at::RECORD);
    assert!(newcomer.sees(LIT, at::LAMP), "the lamp is lit");
    for key in [at::C, at::E, at::G, at::C] {
        newcomer.plays(key);
    }
    // A bass, and nobody else.
    let program = jack.instrument(&["programs", "0", "preset:7"]);
    newcomer.running.wait_for("The MIDI port \"programs:out\" is connected", SOON);
    // It plays from the next bar on: two bars at 120 and a late block or two.
    thread::sleep(10 * BEAT);
    newcomer.takes_a_picture("hears-the-bass");
    for key in [at::C, at::E, at::G, at::C, at::E, at::G, at::C, at::E] {
        newcomer.plays(key);
    }
    newcomer.clicks(at::RECORD);
    assert!(!newcomer.still_sees(LIT, at::LAMP), "the lamp is out");
    drop(program);
    newcomer.closes();

    let recorded = home.join(".local/share/continuo/recordings/Continuo 001.mid");
    let score = fs::read(recorded).unwrap();
    let you = common::timed_notes_of(&score, "You");
    assert_eq!(you.len(), 12);
    let after = you[4].0;
    let (later, before): (Vec<_>, Vec<_>) =
        common::timed_notes_of(&score, "Chords").into_iter().partition(|note| note.0 >= after);
    let (before, later) = (before.len(), later.len());
    assert!(before > 0 && later == 0, "{before} before, {later} after");
    let bass = common::timed_notes_of(&score, "Bass");
    assert!(bass.iter().filter(|note| note.0 >= after).count() > 3, "the bass plays on");
    fs::remove_dir_all(home).unwrap();
}

#[test]
fn a_newcomer_listens_to_a_preset_over_what_was_played_and_the_band_is_there_again_after_it() {
    let home = std::env::temp_dir().join(format!("continuo-listens-{}", std::process::id()));
    fs::create_dir_all(&home).unwrap();
    let server = Server::start().unwrap();
    let screen = server.screen().unwrap();
    let mut newcomer = Newcomer::opens(&server, &screen, &home);
    newcomer.pictures = newcomer.pictures.join("listens");
    fs::create_dir_all(&newcomer.pictures).unwrap();
    newcomer.strikes(&[ESCAPE]);
    newcomer.clicks(at::RECORD);
    assert!(newcomer.sees(LIT, at::LAMP), "the lamp is lit");
    for key in [at::C, at::E, at::G, at::C, at::E, at::G, at::E, at::C] {
        newcomer.plays(key);
    }
    newcomer.clicks(at::PRESETS_PAGE);
    newcomer.clicks(at::BASS_DUO);
    newcomer.clicks(at::LISTEN);
    // It is made, the next bar comes, and some more.
    thread::sleep(16 * BEAT);
    newcomer.takes_a_picture("listens");
    newcomer.clicks(at::LISTEN);
    thread::sleep(6 * BEAT);
    newcomer.clicks(at::RECORD);
    assert!(!newcomer.still_sees(LIT, at::LAMP), "the lamp is out");
    newcomer.closes();

    let score = fs::read(home.join(".local/share/continuo/recordings/Continuo 001.mid")).unwrap();
    assert_eq!(common::timed_notes_of(&score, "You").len(), 8, "what is heard again is not played again");
    let onsets = |name: &str| common::timed_notes_of(&score, name).into_iter().map(|note| note.0).collect::<Vec<_>>();
    let (chords, bass) = (onsets("Chords"), onsets("Bass"));
    let silence = chords.windows(2).max_by_key(|pair| pair[1] - pair[0]).expect("chords before and after");
    let meanwhile = bass.iter().filter(|at| (silence[0] + 1..silence[1]).contains(*at)).count();
    assert!(meanwhile >= 6, "the bass alone, for bars: {meanwhile}");
    assert_eq!(session(&home)["state"]["params"]["chords_on"]["bool"], true, "nothing was loaded");
    fs::remove_dir_all(home).unwrap();
}
