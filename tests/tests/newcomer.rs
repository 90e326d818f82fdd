//! A newcomer opens the built standalone program on a computer without sound card, JACK and keyboard, and does with a
//! real pointer and real keys what newcomers do. Pictures of it lie in `target/tmp/newcomer`.
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
use continuo_tests::host::screen::{Screen, Server};
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
    pub const C: [f32; 2] = [640.0, 592.0];
    pub const E: [f32; 2] = [675.0, 592.0];
    pub const G: [f32; 2] = [711.0, 592.0];
    pub const SWING: [f32; 2] = [548.0, 314.0];
    /// What is written below it.
    pub const SWING_VALUE: [f32; 2] = [548.0, 354.0];
    /// In the menu of that knob.
    pub const LEARN: [f32; 2] = [590.0, 401.0];
    pub const PLAY_PAGE: [f32; 2] = [60.0, 198.0];
    pub const SETUP_PAGE: [f32; 2] = [248.0, 198.0];
    pub const RECORD: [f32; 2] = [179.0, 32.0];
    /// Inside the record button, beside its sign: where its lamp is seen.
    pub const LAMP: [f32; 2] = [170.0, 24.0];
}

/// The record button's lamp.
const LIT: [u8; 3] = [0xef, 0x7b, 0x6c];

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
    newcomer.clicks(at::PLAY_PAGE);
    newcomer.clicks(at::STOP);
    newcomer.takes_a_picture("stops");
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
    newcomer.takes_a_picture("opens-again");
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
    let swing = |session: &Value| session["state"]["params"]["swing"]["f32"].as_f64().unwrap();

    let mut newcomer = opens();
    newcomer.pictures = newcomer.pictures.join("learns");
    fs::create_dir_all(&newcomer.pictures).unwrap();
    newcomer.strikes(&[ESCAPE]);
    newcomer.hands.press(RIGHT, newcomer.pixel(at::SWING), BEAT / 4).unwrap();
    newcomer.takes_a_picture("opens-the-menu");
    newcomer.clicks(at::LEARN);
    newcomer.takes_a_picture("waits-for-the-controller");
    let knobs = jack.instrument(&["knobs", "0", "21"]);
    newcomer.running.wait_for("The MIDI port \"knobs:out\" is connected", SOON);
    // It takes the knob along when it has come to where the knob is.
    assert!(newcomer.sees_change(at::SWING_VALUE), "the knob moves");
    newcomer.takes_a_picture("moves-it");
    drop(knobs);
    newcomer.closes();
    let mut kept = session(&home);
    assert!(swing(&kept) > 0.0);

    kept["state"]["params"]["swing"]["f32"] = 0.0.into();
    fs::write(home.join(".config/continuo/last-session.json"), kept.to_string()).unwrap();
    let newcomer = opens();
    let knobs = jack.instrument(&["knobs", "0", "21"]);
    newcomer.running.wait_for("The MIDI port \"knobs:out\" is connected", SOON);
    assert!(newcomer.sees_change(at::SWING_VALUE), "the knob moves again");
    drop(knobs);
    newcomer.closes();
    assert_eq!(session(&home)["state"]["fields"]["controllers"], kept["state"]["fields"]["controllers"]);
    fs::remove_dir_all(home).unwrap();
}
