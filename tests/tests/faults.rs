//! What fails on purpose is caught, told, and the music goes on: every note ends, the next block plays, the band begins
//! anew. Against the plug-in that is built with faults (`tests/faults`); that which is shipped knows nothing of them.

mod common;

use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use common::{CHORDS, ended, id, json_of, library, perform, run_probe, tune};
use continuo_tests::host::faults::{Faults, Place};
use continuo_tests::host::screen::Server;
use continuo_tests::host::{Decisions, Diagnostics, Format, Session, Take, bundles, load};
use serde::Deserialize;

/// Faults are the process's: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// An instance that can be made to fail.
struct Victim {
    session: Session,
    faults: Faults,
    place: Place,
    /// Panics before.
    before: u64,
    _alone: MutexGuard<'static, ()>,
}

impl Victim {
    /// An instance that will fail at `place`.
    fn open(format: Format, place: Place) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let faults = Faults::of(format).unwrap_or_else(|error| panic!("{error:#}"));
        let session = Session::new(load(format, faults.library()).unwrap());
        let session = session.unwrap().with(&[("preview", "Off"), ("humanise", "0 %")]).unwrap();
        let mut victim = Self { session, faults, place, before: 0, _alone: alone };
        victim.before = victim.panics();
        victim
    }

    fn panics(&self) -> u64 {
        Diagnostics::read(self.faults.library()).unwrap().panics - self.before
    }

    /// The place will fail `times` times after it has been passed `after` times.
    fn arm(&self, after: u32, times: u32) {
        self.faults.arm(self.place, after, times).unwrap();
    }

    /// It has failed as often as was wanted; each time was caught and counted.
    fn assert_struck(&self, times: u64) {
        let left = self.faults.arm(self.place, 0, 0).unwrap();
        assert_eq!((left, self.panics()), (0, times), "{:?}: left, and caught", self.place);
    }

    /// The panel says so.
    fn assert_told(&self, what: &str) {
        let notices = self.faults.notices().unwrap();
        assert_eq!(notices.matches(what).count(), 1, "{:?}: {notices}", self.place);
    }

    /// Plays a tune to it, to the last note's end; every note has its one end.
    fn play(&mut self) -> Take {
        let take = perform(&mut self.session, &ended(tune(4)));
        assert_eq!(take.mismatches(&[]), vec![], "{:?}", self.place);
        take
    }

    /// The instance plays as one that has never failed, with the same settings.
    fn assert_plays_as_ever(&mut self) {
        self.session.set(&[("memory", "0 %")]).unwrap();
        let state = self.session.instance().save().unwrap();
        let mut other = Session::new(load(self.session.instance().format(), self.faults.library()).unwrap()).unwrap();
        other.instance().load(&state).unwrap();
        other.deactivate();
        other.activate().unwrap();
        let [ours, theirs] = [&mut self.session, &mut other].map(|session| perform(session, &ended(tune(4))));
        assert!(chords(&ours) > 8, "{:?}: the band plays", self.place);
        assert_eq!(ours.score(), theirs.score(), "{:?}", self.place);
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // Nothing is left for the next test.
        let _ = self.faults.arm(self.place, 0, 0);
    }
}

fn chords(take: &Take) -> usize {
    take.notes(CHORDS).len()
}

/// Chords that begin after the middle of the tune.
fn late_chords(take: &Take) -> usize {
    take.notes(CHORDS).iter().filter(|note| note.position > 192.0).count()
}

#[test]
fn a_panic_in_the_callback_ends_the_notes_and_the_next_block_plays() {
    for format in Format::ALL {
        let mut victim = Victim::open(format, Place::Callback);
        victim.arm(300, 3);
        let take = victim.play();
        victim.assert_struck(3);
        victim.assert_told("Continuo has failed (a fault on purpose: Callback). All notes were ended");
        assert!(late_chords(&take) > 0, "{format:?}: the band plays on");
        victim.assert_plays_as_ever();
    }
}

#[test]
fn a_panic_in_the_improviser_or_on_the_worker_has_the_band_begin_anew() {
    for (format, place) in
        [(Format::Clap, Place::Improviser), (Format::Vst3, Place::Improviser), (Format::Clap, Place::Worker)]
    {
        let mut victim = Victim::open(format, place);
        victim.arm(20, 2);
        let take = victim.play();
        victim.assert_struck(2);
        victim.assert_told(&format!("The band lost its place (a fault on purpose: {place:?}). It has begun anew."));
        assert!(late_chords(&take) > 0, "{format:?}: the band plays on");
        victim.assert_plays_as_ever();
    }
}

#[test]
fn a_worker_that_dies_at_its_start_is_told_and_not_waited_for() {
    for (place, told) in [
        (Place::WorkerStart, "The band could not start (a fault on purpose: WorkerStart)."),
        (Place::Thread, "The band cannot play: the system gives it no thread (a fault on purpose)."),
    ] {
        for format in Format::ALL {
            let mut victim = Victim::open(format, place);
            victim.session.deactivate();
            victim.arm(0, 1);
            let begun = Instant::now();
            victim.session.activate().unwrap();
            assert!(begun.elapsed() < Duration::from_millis(1500), "{place:?}: activation took {:?}", begun.elapsed());
            victim.assert_struck(u64::from(place == Place::WorkerStart));
            victim.assert_told(told);
            assert!(!victim.faults.notices().unwrap().contains("take long"), "{place:?}");

            let begun = Instant::now();
            let take = victim.play();
            assert!(begun.elapsed() < Duration::from_secs(4), "no block waits for it: {:?}", begun.elapsed());
            assert_eq!(chords(&take), 0, "{place:?}");
            assert!(!take.notes(common::MUSICIAN).is_empty(), "{place:?}: your own notes pass");
            victim.assert_plays_as_ever();
        }
    }
}

#[test]
fn a_worker_that_loads_long_is_told_from_one_that_has_died_and_plays_when_it_is_ready() {
    let mut victim = Victim::open(Format::Clap, Place::SlowStart);
    victim.session.deactivate();
    victim.arm(2500, 0);
    victim.session.activate().unwrap();
    victim.arm(0, 0);
    victim.assert_told("The networks take long to load");
    assert!(!victim.faults.notices().unwrap().contains("could not start"));
    assert!(chords(&victim.play()) > 8);
}

/// A state in which nothing is as it was made.
fn state(victim: &mut Victim) -> Vec<u8> {
    victim.session.set(&[("temperature", "0.7"), ("style_a", "Folk"), ("keep_memory", "On")]).unwrap();
    victim.play();
    victim.session.instance().save().unwrap()
}

#[test]
fn a_panic_while_a_state_is_read_costs_no_more_than_it_must() {
    for format in Format::ALL {
        let mut victim = Victim::open(format, Place::Loading);
        let state = state(&mut victim);
        let fields = [
            "arrangement",
            "bank",
            "captured",
            "chart",
            "controllers",
            "memory",
            "presets",
            "scenes",
            "state",
            "unknown",
        ];
        let fields = fields.map(|field| format!("`{field}`"));
        let told = ["looked through", "up to date"].into_iter().chain(fields.iter().map(String::as_str));
        for (place, told) in (0..).zip(told) {
            victim.session.set(&[("temperature", "1.9")]).unwrap();
            victim.arm(place, 1);
            victim.session.instance().load(&state).unwrap();
            victim.assert_struck(u64::from(place) + 1);
            victim.assert_told(told);
            let temperature = victim.session.instance().value(id("temperature")).unwrap();
            assert!((temperature - 0.35).abs() < 1e-6, "{format:?}, {place}: {temperature}");
        }
        victim.session.instance().load(&state).unwrap();
        assert_eq!(json_of(&victim.session.instance().save().unwrap()), json_of(&state), "{format:?}");
        victim.assert_plays_as_ever();
    }
}

#[test]
fn a_panic_while_a_state_is_saved_loses_nothing_that_was_saved_before() {
    for format in Format::ALL {
        let mut victim = Victim::open(format, Place::Saving);
        let state = state(&mut victim);
        victim.arm(0, 1);
        let again = victim.session.instance().save().unwrap();
        victim.assert_struck(1);
        victim.assert_told("The state could not be written (a fault on purpose: Saving).");
        assert_eq!(json_of(&again), json_of(&state), "{format:?}");
        victim.assert_plays_as_ever();
    }
}

#[test]
fn a_panic_in_a_function_that_the_host_calls_while_it_plays_leaves_no_note_sounding() {
    for format in Format::ALL {
        let mut victim = Victim::open(format, Place::Entry);
        // In processing itself, and in the lists of events that go in and out.
        for (count, after) in (1..).zip([0, 1, 2, 3, 400, 401, 402, 403, 404, 1201, 2000]) {
            victim.arm(after, 1);
            let take = victim.play();
            victim.assert_struck(count);
            victim.assert_told("Continuo has failed at a block");
            assert!(late_chords(&take) > 0, "{format:?}, {after}: the band plays on");
        }
        victim.assert_plays_as_ever();
    }
}

#[test]
fn a_panic_in_any_other_function_that_the_host_calls_is_an_answer_and_no_end() {
    type Call = fn(&mut Session, &Faults) -> bool;
    /// Each says whether the call was answered as ever.
    const CALLS: [(&str, Call); 10] = [
        ("text to value", |session, _| session.instance().value_of_text(id("temperature"), "1").is_some()),
        ("value to text", |session, _| session.instance().text_of_value(id("temperature"), 0.5).is_some()),
        ("value", |session, _| session.instance().value(id("temperature")).is_some()),
        ("parameters", |session, _| session.instance().parameters().len() > 50),
        ("save and load", |session, _| {
            let state = session.instance().save();
            state.is_ok_and(|state| session.instance().load(&state).is_ok())
        }),
        ("set", |session, _| {
            session.instance().set_values(&[(id("temperature"), 0.25)]);
            session.instance().value(id("temperature")) == Some(0.25)
        }),
        ("activate and deactivate", |session, _| {
            let active = session.activate().is_ok();
            session.deactivate();
            active
        }),
        ("create", |session, faults| load(session.instance().format(), faults.library()).is_ok()),
        ("diagnostics", |_, faults| Diagnostics::read(faults.library()).is_ok()),
        ("decisions", |_, faults| Decisions::follow(faults.library()).is_ok()),
    ];
    for format in Format::ALL {
        let mut victim = Victim::open(format, Place::Entry);
        victim.session.deactivate();
        for (what, call) in CALLS {
            assert!(call(&mut victim.session, &victim.faults), "{format:?}, {what}: as ever");
            let mut struck = 0;
            for after in 0..40 {
                let before = victim.panics();
                victim.arm(after, 1);
                call(&mut victim.session, &victim.faults);
                if victim.faults.arm(Place::Entry, 0, 0).unwrap() > 0 {
                    break;
                }
                struck += 1;
                assert_eq!(victim.panics(), before + 1, "{format:?}, {what}: caught");
                assert!(call(&mut victim.session, &victim.faults), "{format:?}, {what}: as ever after {after}");
            }
            assert!(struck > 0, "{format:?}, {what}: there is a function to fail in it");
        }
        victim.assert_plays_as_ever();
    }
}

/// What the probe says of the panel.
#[derive(Debug, Deserialize)]
struct Panel {
    colours: usize,
    share_of_commonest: f64,
    notes: usize,
    mismatches: usize,
    panics: u64,
}

/// Opens the panel on a screen of its own, while the plug-in plays.
fn panel(format: &str, after: u32, times: u32) -> Panel {
    let server = Server::start().unwrap_or_else(|error| panic!("{error:#}"));
    let folder = bundles::faulty_folder().unwrap();
    let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("panel-failed-{format}-{times}.png"));
    let fault = format!("panel:{after}:{times}");
    let arguments = [
        "panel",
        "--format",
        format,
        "--still",
        "--open-ms",
        "3000",
        "--fault",
        &fault,
        "--picture",
        picture.to_str().unwrap(),
    ];
    let environment = [("DISPLAY", server.display.as_str()), (bundles::FOLDER, folder.to_str().unwrap())];
    let (answer, said) = run_probe(&arguments, &environment);
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer} {said}"))
}

#[test]
fn a_panel_that_cannot_be_drawn_says_so_and_is_drawn_again_when_it_can() {
    for format in ["clap", "vst3"] {
        let again = panel(format, 2, 5);
        assert_eq!(again.panics, 5, "{again:?}");
        assert!(again.colours > 50 && again.share_of_commonest < 0.9, "{again:?}");
        let never = panel(format, 2, 1_000_000);
        assert!(never.panics > 5, "{never:?}");
        // A line of text on an empty ground.
        assert!(never.colours > 5 && never.share_of_commonest > 0.95, "{never:?}");
        for panel in [again, never] {
            assert!(panel.notes > 0 && panel.mismatches == 0, "{panel:?}");
        }
    }
}

#[test]
fn what_is_shipped_knows_nothing_of_faults() {
    let holds = |library: &Path, text: &str| {
        let bytes = fs::read(library).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    for format in Format::ALL {
        let (shipped, faulty) = (library(format), bundles::faulty(format).unwrap());
        for text in ["continuo_fault", "continuo_notices", "a fault on purpose"] {
            assert!(holds(&faulty, text) && !holds(&shipped, text), "{format:?}: {text}");
        }
        assert!(holds(&shipped, "continuo_diagnostics"), "{format:?}: names are in there as they are");
        assert!(!holds(&shipped, "CONTINUO_SLOW"), "{format:?}: no variable slows it down");
    }
}
