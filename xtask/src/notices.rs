//! What the licences of others ask us to pass on: `assets/notices.txt`, which the bundles carry and the panel shows.
//!
//! It is made of the licence files of every crate that is linked into the plug-in, those of the fonts, and the credits
//! on the cards of the networks and patterns. It is committed, so that to build needs nothing but cargo.

mod crates;
mod credits;
mod terms;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use spdx::{Expression, LicenseId, LicenseItem, Licensee, ParseMode};

use crate::cargo;

/// Where the notices lie.
pub fn path() -> PathBuf {
    cargo::root().join("assets").join("notices.txt")
}

/// Writes the notices.
pub fn write() -> Result<()> {
    fs::write(path(), compose()?).with_context(|| format!("{} could not be written", path().display()))
}

/// Whether the notices are those of the crates, fonts and networks of now.
pub fn are_current() -> Result<bool> {
    let wanted = compose()?;
    let committed = fs::read_to_string(path()).with_context(|| format!("{} could not be read", path().display()))?;
    if committed == wanted {
        return Ok(true);
    }
    let line = wanted.lines().zip(committed.lines()).take_while(|(wanted, committed)| wanted == committed).count() + 1;
    eprintln!("error: assets/notices.txt is not current, from line {line} on; `cargo xtask notices` writes it anew");
    Ok(false)
}

fn compose() -> Result<String> {
    let policy = Policy::read()?;
    let mut text = String::new();
    let own = "The code of Continuo is licensed under the Apache licence 2.0, which stands below, or under this one:";
    section(&mut text, "CONTINUO", &format!("{own}\n\n{}", read(Path::new("LICENSE-MIT"))?));
    section(&mut text, "NETWORKS AND PATTERNS", &credits::text()?);
    section(&mut text, "FONTS", &fonts()?);
    section(&mut text, "CODE OF OTHERS", &crates::text(&policy)?);
    Ok(text.lines().map(|line| wrapped(line) + "\n").collect())
}

/// The longest line: the panel shows line by line.
const WIDTH: usize = 100;

/// A line in pieces of the [`WIDTH`] or less, those that follow indented like the first, or like the text of an item.
fn wrapped(line: &str) -> String {
    let text = line.trim_start_matches([' ', '-']);
    let indent = if text.is_empty() { 0 } else { line.len() - text.len() };
    textwrap::fill(line, textwrap::Options::new(WIDTH).subsequent_indent(&" ".repeat(indent)))
}

fn section(text: &mut String, title: &str, body: &str) {
    let line = "=".repeat(80);
    write!(text, "{line}\n{title}\n{line}\n\n{}\n\n", body.trim()).expect("a string takes what is written");
}

/// The licence files of the fonts, each of which says whose it is.
fn fonts() -> Result<String> {
    let folder = Path::new("assets").join("fonts");
    let mut names: Vec<String> = fs::read_dir(cargo::root().join(&folder))?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    names.retain(|name| name.ends_with("-LICENSE.txt"));
    names.sort();
    let texts: Vec<String> = names.iter().map(|name| read(&folder.join(name))).collect::<Result<_>>()?;
    Ok(texts.join("\n\n"))
}

/// A text of the project, by its path from the root.
fn read(path: &Path) -> Result<String> {
    let text = fs::read_to_string(cargo::root().join(path));
    Ok(tidy(&text.with_context(|| format!("{} could not be read", path.display()))?))
}

/// The text with line ends of one kind and nothing at the ends of lines.
fn tidy(text: &str) -> String {
    text.trim_matches(|c: char| c.is_whitespace() && c != ' ')
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

/// What `deny.toml` says of licences and targets.
#[derive(Deserialize)]
struct Policy {
    graph: Graph,
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    allow: Vec<String>,
}

impl Policy {
    fn read() -> Result<Self> {
        toml::from_str(&read(Path::new("deny.toml"))?).context("deny.toml is not as expected")
    }

    /// The licences that are allowed, the preferred ones first.
    fn licences(&self) -> impl Iterator<Item = LicenseId> {
        let exceptions = self.licenses.exceptions.iter().flat_map(|exception| &exception.allow);
        self.licenses.allow.iter().chain(exceptions).filter_map(|name| spdx::license_id(name))
    }

    /// The licences that a crate is taken under: all that its `expression` asks for, by preference.
    fn chosen(&self, expression: &str) -> Result<Vec<LicenseId>> {
        let accepted: Vec<Licensee> =
            self.licences().map(|id| Licensee::new(LicenseItem::Spdx { id, or_later: false }, None)).collect();
        let parsed = Expression::parse_mode(expression, ParseMode::LAX)?;
        let Ok(chosen) = parsed.minimized_requirements(&accepted) else {
            bail!("{expression} asks for what deny.toml does not allow");
        };
        Ok(chosen.iter().filter_map(|requirement| requirement.license.id()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_licences_the_preferred_ones_are_taken() {
        let policy = Policy::read().unwrap();
        let taken = |expression| policy.chosen(expression).unwrap().iter().map(|id| id.name).collect::<Vec<_>>();
        assert_eq!(taken("MIT OR Apache-2.0"), ["MIT"]);
        assert_eq!(taken("Apache-2.0/MIT"), ["MIT"]);
        assert_eq!(taken("(MIT OR Apache-2.0) AND Unicode-3.0"), ["MIT", "Unicode-3.0"]);
        assert!(policy.chosen("GPL-3.0-only").is_err());
    }
}
