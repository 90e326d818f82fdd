//! Every check in one command: formatting, lints, documentation, dependencies and the tests.

mod count;
mod suite;
mod width;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::python::{self, Environment};
use crate::{bundle, cargo, dependencies};
use count::Count;

/// How one check ended.
struct Outcome {
    name: &'static str,
    passed: bool,
    time: Duration,
}

/// The checks so far, and the tests that they ran.
#[derive(Default)]
struct Report {
    outcomes: Vec<Outcome>,
    count: Count,
}

/// Runs every check, goes on after a failure, and ends on the count of tests.
pub fn run_all() -> ExitCode {
    let mut report = Report::default();
    report.check("formatting", |_| Ok(passes(FORMAT)? && succeeds(&mut models(FORMAT))? && width::passes()?));
    report.check("models of threads", |count| count.run(&mut models(MODELS)));
    if report.check("build and bundle", |_| bundle::build_and_write_for_tests().map(|_| true)) {
        report.check("tests", suite::passes);
        report.check("a guest player", |count| count.run(cargo::cargo().args(GUEST)));
        report.check("lints", |_| Ok(passes(CLIPPY)? && succeeds(&mut models(CLIPPY_OF_MODELS))?));
        report.check("documentation", |_| documentation_passes());
    }
    report.check("dependencies", |_| dependencies::pass());
    report.check("Python lints", |_| python::lints_pass());
    report.check("Python tests", |count| count.run(&mut python::tests(Environment::Light)?));
    report.close()
}

/// Runs the checks of the training package, with those of its tests that need PyTorch.
pub fn run_training() -> ExitCode {
    let mut report = Report::default();
    report.check("Python lints", |_| python::lints_pass());
    report.check("Python tests", |count| count.run(&mut python::tests(Environment::Training)?));
    report.close()
}

impl Report {
    /// Makes a check. Returns whether it passed.
    fn check(&mut self, name: &'static str, run: impl FnOnce(&mut Count) -> Result<bool>) -> bool {
        eprintln!("\n=== {name}");
        let start = Instant::now();
        // A check that could not be made is one that failed: the others are made all the same.
        let passed = run(&mut self.count).unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            false
        });
        self.outcomes.push(Outcome { name, passed, time: start.elapsed() });
        passed
    }

    /// Shows the time of each part, what failed, and, as the last line, the count of tests.
    fn close(&self) -> ExitCode {
        eprintln!("\n=== time of each part");
        for outcome in &self.outcomes {
            let verdict = if outcome.passed { "passed" } else { "FAILED" };
            eprintln!("{:18} {verdict} {:>7.1} s", outcome.name, outcome.time.as_secs_f64());
        }
        let total: Duration = self.outcomes.iter().map(|outcome| outcome.time).sum();
        eprintln!("{:18} {:>14.1} s", "all", total.as_secs_f64());
        let failed: Vec<_> =
            self.outcomes.iter().filter(|outcome| !outcome.passed).map(|outcome| outcome.name).collect();
        if !failed.is_empty() {
            eprintln!("failed: {}", failed.join(", "));
        }
        println!("{} passed, {} failed, {} skipped", self.count.passed, self.count.failed, self.count.skipped);
        if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// The tests of what it takes to add a player.
const GUEST: &[&str] = &[
    "test",
    "--locked",
    "--release",
    "--workspace",
    "--features",
    "guest-player",
    "--lib",
    "--test",
    "guest_player",
    "--test",
    "editor",
    "--",
    "guest",
];
const CLIPPY: &[&str] =
    &["clippy", "--locked", "--release", "--workspace", "--all-targets", "--", "--deny", "warnings"];
const DOC: &[&str] = &["doc", "--locked", "--release", "--workspace", "--no-deps"];
const FORMAT: &[&str] = &["fmt", "--all", "--check"];

/// The same of the models of the seam.
const MODELS: &[&str] = &["test", "--locked", "--release"];
const CLIPPY_OF_MODELS: &[&str] = &["clippy", "--locked", "--release", "--lib", "--tests", "--", "--deny", "warnings"];

/// Cargo in the workspace: passes or not.
fn passes(arguments: &[&str]) -> Result<bool> {
    succeeds(cargo::cargo().args(arguments))
}

fn documentation_passes() -> Result<bool> {
    succeeds(cargo::cargo().args(DOC).env("RUSTDOCFLAGS", "--deny warnings"))
}

fn succeeds(cargo: &mut Command) -> Result<bool> {
    Ok(cargo.status().context("cargo could not be started")?.success())
}

/// Cargo where the models of the seam between the threads lie: a workspace of its own.
fn models(arguments: &[&str]) -> Command {
    let mut command = cargo::cargo();
    command.args(arguments).current_dir(cargo::root().join("plugin").join("loom"));
    command.env("CARGO_TARGET_DIR", cargo::target_folder().join("loom"));
    command
}
