//! The tests of the workspace: those that mostly wait run beside those that compute.

use std::collections::BTreeSet;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;

use super::count::Count;
use super::succeeds;
use crate::cargo;

/// The test programs that mostly wait: for windows, for sound, for a hand that is no faster than a musician's. They run
/// one after another.
const WAITING: [&str; 5] = ["faults", "newcomer", "panel", "screen_reader", "standalone"];

/// Builds every test of the workspace and runs it, and counts them. Returns whether all passed.
pub fn passes(count: &mut Count) -> Result<bool> {
    // So that neither of the two waits for what the other one builds.
    if !succeeds(&mut test(&["--no-run"]))? {
        return Ok(false);
    }
    let names = names()?;
    let computing = names.iter().map(String::as_str).filter(|name| !WAITING.contains(name));
    let computing = [vec!["--lib", "--bins"], named(computing)].concat();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| Count::of(&mut test(&named(WAITING))));
        let mut passed = count.run(&mut test(&computing))?;
        passed &= count.run(&mut test(&["--doc"]))?;
        let (waited, waiting_passed) = waiting.join().map_err(|_| anyhow!("the tests that wait were not run"))??;
        *count += waited;
        Ok(passed && waiting_passed)
    })
}

/// Cargo's arguments for the test programs called `names`.
fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    names.into_iter().flat_map(|name| ["--test", name]).collect()
}

/// Cargo, about to test `which` of the whole workspace: with another selection of packages it would build everything
/// anew. The lock file says which dependencies there are.
fn test(which: &[&str]) -> Command {
    let mut command = cargo::cargo();
    command.args(["test", "--locked", "--release", "--workspace", "--no-fail-fast"]).args(which);
    command
}

/// The names of all test programs.
fn names() -> Result<BTreeSet<String>> {
    let told = cargo::cargo().args(["metadata", "--locked", "--no-deps", "--format-version", "1"]).output()?;
    ensure!(told.status.success(), "cargo does not say which tests there are");
    let told: Value = serde_json::from_slice(&told.stdout).context("what cargo says of the tests cannot be read")?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let targets = list(&told["packages"]).into_iter().flat_map(|package| list(&package["targets"]));
    let tests = targets.filter(|target| list(&target["kind"]).contains(&"test".into()));
    Ok(tests.filter_map(|target| target["name"].as_str().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_that_wait_are_among_those_that_there_are() {
        let names = names().unwrap();
        assert!(WAITING.iter().all(|name| names.contains(*name)), "{names:?}");
        assert!(names.len() > WAITING.len());
    }
}
