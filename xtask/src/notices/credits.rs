//! The credits that the networks, the patterns and the feel owe to the music that they were made from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::cargo;

/// A piece on a network's card.
#[derive(Deserialize)]
struct Piece {
    composer: String,
    title: String,
    licence: String,
    source: String,
}

/// What a card says of the pieces that ask to be named.
#[derive(Deserialize)]
struct Card {
    credits: Vec<Piece>,
}

/// What a file of patterns, passages or feel says of where it comes from.
#[derive(Deserialize)]
struct Patterns {
    provenance: BTreeMap<String, Origin>,
}

#[derive(Deserialize)]
struct Origin {
    #[serde(default)]
    credits: Vec<String>,
}

/// Who is to be named for what was learnt and mined.
pub fn text() -> Result<String> {
    let mut credits = BTreeSet::new();
    let models = cargo::root().join("models");
    let networks = files(&models, "onnx")?;
    if networks.is_empty() {
        bail!("there is no network in {}", models.display());
    }
    for network in networks {
        let card: Card = read(&network.with_extension("json"))?;
        for Piece { composer, title, licence, source } in card.credits {
            credits.insert(format!("{composer}, {title}, {licence}, {source}"));
        }
    }
    let has_bars = |path: &PathBuf| path.parent().is_some_and(|at| at.ends_with("styles") || at.ends_with("passages"));
    let bars = files(&models, "json")?.into_iter().filter(has_bars);
    for path in bars.chain([models.join("feel.json")]) {
        let patterns: Patterns = read(&path)?;
        credits.extend(patterns.provenance.into_values().flat_map(|origin| origin.credits));
    }
    let mut text = String::from(
        "\"Continuo networks, by the Continuo authors\": the networks' weights, the patterns that were mined and the \
         passages are licensed under the Creative Commons Attribution 4.0 International licence, \
         https://creativecommons.org/licenses/by/4.0/\n\n\
         They were made from music that is in the public domain or free, among it these pieces, whose licences ask \
         that they be named (composer, title, licence, where it is from). What was made of them: the networks learnt \
         from their melodies and chords in every key; the patterns are bars of accompaniment that several pieces \
         share; the passages are when, how long and how loud a few bars of a piece are struck, without their \
         pitches.\n\n",
    );
    for credit in credits {
        text += &format!("- {}\n", credit.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    Ok(text)
}

/// The files with this extension in the folders below `models`, in order.
fn files(models: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in fs::read_dir(models)? {
        let folder = folder?.path();
        if folder.is_dir() {
            for entry in fs::read_dir(folder)? {
                found.push(entry?.path());
            }
        }
    }
    found.retain(|path| path.extension().is_some_and(|found| found == extension));
    found.sort();
    Ok(found)
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not as expected", path.display()))
}
