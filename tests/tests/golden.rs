//! What the band plays is a promise to saved projects: a song that was bounced with one version of Continuo sounds the
//! same with the next, and on another processor.
//!
//! `golden.txt` has the hash of every take of these tests. If what the band plays is to change, and the users are told,
//! `CONTINUO_NEW_GOLDEN_TAKES=1 cargo test --release --workspace --test golden promised` writes them anew.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{env, fs};

use common::{
    BAR, Ended, LEAD, library, melody, melody_alone, open, open_as_before, perform, probe, run, tune,
    turned_by_note_and_clock,
};
use continuo_models::music::{Frame, Style};
use continuo_models::network::harmonist;
use continuo_models::network::plan::Plan;
use continuo_tests::host::performance::{Change, PlayedNote, Segment};
use continuo_tests::host::{Decisions, Format, Input, Performance, Take};

/// The variable that says that the takes of today are those of the future.
const RENEWAL: &str = "CONTINUO_NEW_GOLDEN_TAKES";

/// Decisions are told for the whole process, so one test at a time has its band play.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is played, and what the band is set to: on top of what projects had before there was a drummer, which they
/// keep, or of what an instance begins with today.
struct Piece {
    name: &'static str,
    is_new: bool,
    settings: &'static [(&'static str, &'static str)],
    performance: Performance,
}

impl Piece {
    fn take(&self) -> Take {
        let begin = if self.is_new { open } else { open_as_before };
        perform(&mut begin(Format::Clap).with(self.settings).unwrap(), &self.performance)
    }
}

fn once_through(notes: Vec<PlayedNote>, bars: usize) -> Performance {
    Performance { notes, route: vec![Segment::rolling(0.0, bars as f64 * BAR)], ..Performance::default() }
}

/// The wandering melody with no hand that trembles, so that it is seen how each fork turned.
fn forks() -> Piece {
    // Where a tune is known nothing waits.
    let settings = &[("humanise", "0 %"), ("learn_tune", "Off")];
    Piece { name: "forks that turn both ways", is_new: false, settings, performance: melody_alone(16) }
}

fn pieces() -> Vec<Piece> {
    let pass = Segment::rolling(0.0, 4.0 * BAR).with_loop(0.0, 4.0 * BAR);
    vec![
        Piece { name: "a melody alone", is_new: false, settings: &[], performance: once_through(melody(16), 16) },
        Piece { name: "two hands", is_new: false, settings: &[], performance: tune(16) },
        forks(),
        Piece {
            name: "the Transformer",
            is_new: false,
            settings: &[("network", "Transformer")],
            performance: melody_alone(8),
        },
        Piece {
            name: "a loop of five passes",
            is_new: false,
            settings: &[],
            performance: Performance { route: vec![pass; 5], ..melody_alone(4) },
        },
        Piece {
            name: "a memory that is heard",
            is_new: false,
            settings: &[("memory", "100 %"), ("lead_mode", "Continuous")],
            performance: once_through(melody(16), 16),
        },
        Piece {
            name: "eleven styles in turn",
            is_new: false,
            settings: &[("style_blend", "0 %")],
            performance: styles(&Style::ALL[..11]),
        },
        Piece {
            name: "a bossa",
            is_new: false,
            settings: &[("style_blend", "0 %"), ("style_a", "Bossa nova")],
            performance: melody_alone(8),
        },
        Piece {
            name: "two styles and every wish",
            is_new: false,
            settings: &[
                ("style_a", "Jazz"),
                ("style_b", "Baroque"),
                ("style_blend", "50 %"),
                ("tension", "High"),
                ("lead_chromaticism", "High"),
                ("syncopation", "High"),
                ("chord_rate", "Fast"),
                ("lead_mode", "Continuous"),
                ("temperature", "1.40"),
            ],
            performance: melody_alone(16),
        },
        Piece {
            name: "a drummer in every style that has one",
            is_new: true,
            settings: &[("style_blend", "0 %")],
            performance: styles(&Style::ALL),
        },
        Piece {
            name: "a jazz band with brushes",
            is_new: true,
            settings: &[("style_blend", "0 %"), ("style_a", "Jazz"), ("brushes", "Brushes"), ("fills", "100 %")],
            performance: melody_alone(16),
        },
    ]
}

/// The wandering melody, two bars in each of `styles`.
fn styles(styles: &[Style]) -> Performance {
    let mut performance = melody_alone(2 * styles.len());
    let mut session = open(Format::Clap);
    for (index, style) in styles.iter().enumerate() {
        let id = common::id("style_a");
        let value = session.instance().value_of_text(id, style.name()).expect("every style can be asked for");
        performance.changes.push(Change { at: index as f64 * 2.0 * BAR, input: Input::Parameter { id, value } });
    }
    performance
}

/// A file of these tests.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The hashes of [`pieces`] as they were promised, by name.
fn promised() -> BTreeMap<String, String> {
    let text = fs::read_to_string(file("golden.txt")).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once("  "));
    lines.map(|(hash, name)| (name.to_owned(), hash.to_owned())).collect()
}

/// The notes of a take, a line each.
fn written(take: &Take) -> String {
    take.score().iter().fold(String::new(), |mut text, line| {
        let edge = if line.on { "on" } else { "off" };
        let tick = line.moment as f64 / 40.0;
        let _ = writeln!(
            text,
            "segment {} tick {tick} channel {} key {} {edge} {}",
            line.segment, line.channel, line.key, line.velocity
        );
        text
    })
}

/// Where `take` parts from the notes that were stored when `piece` last was as promised, if they were.
fn parting(stored: &Path, take: &Take) -> String {
    let Ok(stored) = fs::read_to_string(stored) else { return "no earlier notes are stored here".into() };
    let now = written(take);
    let parts = stored.lines().zip(now.lines()).find(|(before, now)| before != now);
    let same = if stored == now { "the notes are those that are stored here" } else { "one ends before the other" };
    parts.map_or(same.into(), |(before, now)| format!("\"{now}\" instead of \"{before}\""))
}

/// The name of the test that follows: it is also run as on other processors.
const PROMISE: &str = "the_band_plays_what_saved_projects_were_promised";
/// What stands before the bits that it tells.
const BITS: &str = "the harmonists compute ";

#[test]
fn the_band_plays_what_saved_projects_were_promised() {
    println!("{BITS}{:?}", last_bits());
    let _alone = alone();
    let (renews, promised) = (env::var_os(RENEWAL).is_some_and(|value| !value.is_empty()), promised());
    let (mut hashes, mut broken) = (BTreeMap::new(), String::new());
    for piece in pieces() {
        let take = piece.take();
        assert!(take.notes(common::CHORDS).len() > 50, "{}: the band plays", piece.name);
        let stored = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("golden {}.txt", piece.name));
        if renews || promised.get(piece.name) == Some(&take.hash()) {
            fs::write(&stored, written(&take)).unwrap();
        } else {
            let _ = writeln!(broken, "{}: {}", piece.name, parting(&stored, &take));
        }
        hashes.insert(piece.name.to_owned(), take.hash());
    }
    // By rule, if there are no networks: that is settled when the plug-in is loaded.
    let by_rule = probe(&["--bars", "32"], &[("CONTINUO_MODELS", "/no/such/folder")]);
    assert_eq!(by_rule.networks, 0);
    if !renews && promised.get("by rule") != Some(&by_rule.hash) {
        let _ = writeln!(broken, "by rule");
    }
    hashes.insert("by rule".into(), by_rule.hash);
    if renews {
        let lines: String = hashes.iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect();
        fs::write(file("golden.txt"), lines).unwrap();
    }
    assert!(broken.is_empty(), "these are no longer as they were promised:\n{broken}");
    assert!(renews || promised.keys().eq(hashes.keys()), "every promise is of a take that is played");
}

#[test]
fn forks_of_the_golden_takes_turn_by_a_note_and_by_the_clock() {
    let _alone = alone();
    let decisions = Decisions::follow(&library(Format::Clap)).unwrap();
    let [by_note, by_clock] = turned_by_note_and_clock(&forks().take());
    assert!(by_note > 20 && by_clock > 20, "{by_note} strikes by a note, {by_clock} by the clock");
    // A frame that is told twice has been decided otherwise.
    let mut told: BTreeMap<Frame, BTreeSet<String>> = BTreeMap::new();
    for decision in decisions.fetch().unwrap() {
        told.entry(decision.frame).or_default().insert(format!("{:?}", decision.chord()));
    }
    let turned = told.values().filter(|chords| chords.len() > 1).count();
    assert!(turned > 20, "in {turned} frames a note has turned the chord");

    let mut at_once = forks();
    at_once.settings = &[("humanise", "0 %"), ("learn_tune", "Off"), ("wait", "0 ms")];
    assert_eq!(turned_by_note_and_clock(&at_once.take()), [0, 0], "without a wait nothing waits");
}

#[test]
fn the_golden_memory_is_heard() {
    let _alone = alone();
    let pieces = pieces();
    let mut piece = pieces.into_iter().find(|piece| piece.name == "a memory that is heard").unwrap();
    let remembered = piece.take();
    assert!(remembered.notes(LEAD).len() > 10);
    piece.settings = &[("memory", "0 %"), ("lead_mode", "Continuous")];
    assert_ne!(piece.take().hash(), remembered.hash());
}

/// Other processors, as tract is told of them: such as have less than this one, and another maker's, for which it takes
/// other kernels. What the least one lacks, the system's library is told too, for its `exp` and `ln`.
fn other_processors() -> Vec<Vec<(&'static str, &'static str)>> {
    if cfg!(target_arch = "x86_64") {
        let fma = "-amx-bf16,-amx-int8,-avx512fp16,-avx512vnni,-avx512f";
        let generic = "-amx-bf16,-amx-int8,-avx512fp16,-avx512vnni,-avx512f,-avxvnni,-f16c,-fma,-avx2,-avx";
        vec![
            vec![("TRACT_X86_KIND", "intel")],
            vec![("TRACT_X86_KIND", "amd"), ("TRACT_CPU_ISA", fma)],
            vec![("TRACT_CPU_ISA", generic), ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-AVX,-FMA4")],
        ]
    } else if cfg!(target_arch = "aarch64") {
        let without_matrices = "-apple-amx,-sme2,-sme,-sve2";
        let plain = "-apple-amx,-sme2,-sme,-sve2,-dotprod,-fp16";
        vec![vec![("TRACT_CPU_ISA", without_matrices)], vec![("TRACT_CPU_ISA", plain)]]
    } else {
        Vec::new()
    }
}

/// What two harmonists compute, to the bit, under the instructions of this process: the one that is built in, and one
/// of the contract before, whose layers are tract's own.
fn last_bits() -> [u64; 2] {
    ["gru", "tests/contract-2"].map(|folder| {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
        let onnx = fs::read(models.join(folder).join("harmonist.onnx")).unwrap();
        let plan = Plan::load(&onnx, &harmonist::SHAPE).unwrap();
        let mut state = plan.initial_state();
        let outputs = (0..4).map(|_| plan.step(&vec![1.0; plan.features()], &mut state).unwrap()).last().unwrap();
        outputs.get(1).unwrap().iter().fold(0u64, |bits, value| bits.rotate_left(5) ^ u64::from(value.to_bits()))
    })
}

#[test]
fn the_band_plays_the_same_whatever_instructions_the_processor_has() {
    let _alone = alone();
    let [mut ours, mut theirs] = last_bits().map(|bits| BTreeSet::from([bits]));
    for processor in other_processors() {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", PROMISE, "--nocapture"]).env_remove(RENEWAL).envs(processor.iter().copied());
        let Ended { code, answer, said } = run(&mut command, Duration::from_secs(240));
        assert!(code == Some(0) && answer.contains("1 passed"), "on {processor:?}: {answer}{said}");
        let bits = answer.lines().find_map(|line| line.split_once(BITS)).expect("the bits are told").1;
        let [own, before]: [u64; 2] = serde_json::from_str(bits).unwrap();
        ours.insert(own);
        theirs.insert(before);
    }
    assert_eq!(ours.len(), 1, "what is built in computes the very same, to the bit");
    // What the test is for: tract's own kernels of these processors do not.
    assert!(theirs.len() > 1 || !cfg!(target_arch = "x86_64"), "tract's kernels compute the very same: {theirs:?}");
}
