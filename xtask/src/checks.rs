//! Every check in one command: formatting, lints, documentation and the tests.

use std::io::{BufRead, BufReader};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::{bundle, cargo, python};

/// How one check ended.
struct Outcome {
    name: &'static str,
    passed: bool,
    time: Duration,
}

/// Tests that ran, over all test binaries.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// Runs every check, goes on after a failure, and ends on the count of tests.
pub fn run_all() -> ExitCode {
    let mut outcomes = Vec::new();
    let mut check = |name, run: &mut dyn FnMut() -> Result<bool>| {
        eprintln!("\n=== {name}");
        let start = Instant::now();
        // A check that could not be made is one that failed: the others are made all the same.
        let passed = run().unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            false
        });
        outcomes.push(Outcome { name, passed, time: start.elapsed() });
        passed
    };

    check("formatting", &mut || cargo_passes(&["fmt", "--all", "--check"]));
    let built = check("build and bundle", &mut || bundle::build_and_write().map(|_| true));
    let mut count = Count::default();
    if built {
        check("tests", &mut || {
            let (passed, counted) = run_tests()?;
            count = counted;
            Ok(passed)
        });
        let clippy = ["clippy", "--release", "--workspace", "--all-targets", "--", "--deny", "warnings"];
        check("lints", &mut || cargo_passes(&clippy));
        check("documentation", &mut || documentation_passes());
    }
    check("Python lints", &mut || python::lints_pass());

    eprintln!("\n=== time of each part");
    for outcome in &outcomes {
        let verdict = if outcome.passed { "passed" } else { "FAILED" };
        eprintln!("{:18} {verdict} {:>7.1} s", outcome.name, outcome.time.as_secs_f64());
    }
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.passed).map(|outcome| outcome.name).collect();
    let total: Duration = outcomes.iter().map(|outcome| outcome.time).sum();
    eprintln!("{:18} {:>14.1} s", "all", total.as_secs_f64());
    if !failed.is_empty() {
        eprintln!("failed: {}", failed.join(", "));
    }
    println!("{} passed, {} failed, {} skipped", count.passed, count.failed, count.ignored);
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn cargo_passes(arguments: &[&str]) -> Result<bool> {
    Ok(cargo::cargo().args(arguments).status().context("cargo could not be started")?.success())
}

fn documentation_passes() -> Result<bool> {
    let status = cargo::cargo()
        .args(["doc", "--release", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "--deny warnings")
        .status()
        .context("cargo could not be started")?;
    Ok(status.success())
}

/// Runs all tests, shows what they print, and adds up what the test binaries counted.
fn run_tests() -> Result<(bool, Count)> {
    let mut child = cargo::cargo()
        .args(["test", "--release", "--workspace", "--no-fail-fast"])
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo could not be started")?;
    let mut count = Count::default();
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let line = line?;
        println!("{line}");
        count.add(&line);
    }
    Ok((child.wait()?.success(), count))
}

impl Count {
    /// Adds the numbers of a line such as `test result: ok. 7 passed; 0 failed; 1 ignored; …`; other lines add nothing.
    fn add(&mut self, line: &str) {
        let Some((_, numbers)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for part in numbers.split("; ") {
            let Some((number, what)) = part.split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_test_binaries_add_up() {
        let mut count = Count::default();
        count.add("test result: ok. 7 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        count.add("test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        assert_eq!(count, Count { passed: 9, failed: 3, ignored: 1 });
    }

    #[test]
    fn other_lines_count_nothing() {
        let mut count = Count::default();
        count.add("test rings::a_full_ring_counts ... ok");
        count.add("7 passed; 3 failed");
        assert_eq!(count, Count::default());
    }
}
