//! Lints of the training package, with the linter that its `pyproject.toml` pins.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::cargo;

#[derive(Deserialize)]
struct Pyproject {
    project: Project,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Project {
    optional_dependencies: Dependencies,
}

#[derive(Deserialize)]
struct Dependencies {
    dev: Vec<String>,
}

/// Whether the training package is clean and formatted. PyTorch is not needed, and not installed.
pub fn lints_pass() -> Result<bool> {
    let package = cargo::root().join("models").join("training");
    let ruff = ruff(&requirement(&std::fs::read_to_string(package.join("pyproject.toml"))?)?)?;
    let passes = |arguments: &[&str]| -> Result<bool> {
        Ok(Command::new(&ruff)
            .args(arguments)
            .current_dir(&package)
            .status()
            .context("ruff could not be started")?
            .success())
    };
    Ok(passes(&["check", "."])? && passes(&["format", "--check", "."])?)
}

/// The linter with its version, as the package asks for it.
fn requirement(pyproject: &str) -> Result<String> {
    let pyproject: Pyproject = toml::from_str(pyproject).context("models/training/pyproject.toml cannot be read")?;
    let mut dev = pyproject.project.optional_dependencies.dev.into_iter();
    dev.find(|requirement| requirement.starts_with("ruff==")).context("models/training/pyproject.toml pins no ruff")
}

/// The linter, installed into a virtual environment of its own in the target folder.
fn ruff(requirement: &str) -> Result<PathBuf> {
    let environment = cargo::target_folder().join("ruff");
    let programs = environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let python = if cfg!(windows) { "python" } else { "python3" };
    let run = |command: &mut Command, what: &str| -> Result<()> {
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => bail!("{what} failed ({status}); its messages are above"),
            Err(error) => bail!("{what} failed: {error}; is Python 3.11 or newer installed?"),
        }
    };
    run(Command::new(python).args(["-m", "venv"]).arg(&environment), "making a virtual environment")?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement];
    run(Command::new(programs.join(python)).args(install), "installing ruff")?;
    Ok(programs.join("ruff"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linter_is_the_pinned_one() {
        let pyproject = "[project.optional-dependencies]\ndev = [\"pytest==1\", \"ruff==2.3\"]";
        assert_eq!(requirement(pyproject).ok().as_deref(), Some("ruff==2.3"));
        assert!(requirement("[project.optional-dependencies]\ndev = []").is_err());
    }
}
