//! Building the workspace and running what was built.
//!
//! Every command builds through the one `release` profile and the same selection of packages, so that nothing is
//! built twice.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use continuo_input::environment;

/// What every command builds, but for the [`FAULTS`]. Cargo compiles a dependency anew for each set of features that a
/// selection asks of it, so there is one selection: the examples bring the tests' own dependencies into view, and with
/// them the features that `cargo test` asks for. What the demo built, the tests need not build again.
const EVERYTHING: &[&str] = &["--workspace", "--lib", "--bins", "--examples"];

/// The package of the plug-in with faults on purpose: built only where tests run it.
const FAULTS: &str = "continuo-faults";

/// A program of the workspace.
pub enum Target {
    /// A binary of the tests crate.
    Tests(&'static str),
    /// The standalone program.
    Live,
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_path_buf()
}

/// The folder of build results: what `CARGO_TARGET_DIR` names, from the workspace's root.
pub fn target_folder() -> PathBuf {
    root().join(environment::value("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// The cargo that runs us, in the workspace's root, building into the [`target_folder`] whatever its configuration
/// says.
pub fn cargo() -> Command {
    let mut command = Command::new(environment::value("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).env("CARGO_TARGET_DIR", target_folder());
    command
}

/// Builds [`EVERYTHING`] in the release profile, and the library of [`FAULTS`] if it is asked for.
pub fn build(with_faults: bool) -> Result<()> {
    eprintln!("Building; the first time takes a while");
    let status = cargo()
        .args(["build", "--locked", "--release"])
        .args(EVERYTHING)
        .args(if with_faults { &[][..] } else { &["--exclude", FAULTS] })
        .status()
        .context("cargo could not be started; is Rust installed (https://rustup.rs)?")?;
    if !status.success() {
        bail!("the build failed; its messages are above");
    }
    Ok(())
}

/// Runs a program that has been built, with `options`, and passes its exit code on.
pub fn run(target: Target, options: &[OsString]) -> Result<ExitCode> {
    let name = match target {
        Target::Tests(name) => name,
        Target::Live => "continuo-live",
    };
    let program = target_folder().join("release").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    // Paths among the options are relative to where the user stands, so the working folder stays as it is.
    let status = Command::new(&program)
        .args(options)
        .status()
        .with_context(|| format!("{} could not be started", program.display()))?;
    Ok(match status.code() {
        Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        None => {
            eprintln!("error: {name} was ended by a signal ({status})");
            ExitCode::FAILURE
        }
    })
}
