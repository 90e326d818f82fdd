//! The crates that are linked into the plug-in, and the licences that they come with.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::Policy;
use super::terms::{Licences, Terms};
use crate::cargo;

/// The package that is shipped.
const PLUGIN: &str = "continuo";

/// Folders in crates with what is not linked: samples, documents, and formats that we do not build.
const NOT_LINKED: &[(&str, &str)] = &[
    ("clap-wrapper", "external/AudioUnitSDK"),
    ("clap-wrapper", "external/vst3sdk/cmake"),
    ("clap-wrapper", "external/vst3sdk/doc"),
    ("clap-wrapper", "external/vst3sdk/public.sdk/samples"),
    ("clap-wrapper", "external/vst3sdk/vstgui4"),
];

/// How the names of files with licences begin.
const LICENCE_FILES: &[&str] = &["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

/// What `cargo metadata` says.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    authors: Vec<String>,
    manifest_path: PathBuf,
    /// `None`: it is ours.
    source: Option<String>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// `None`: an ordinary one, neither for building nor for tests.
    kind: Option<String>,
}

/// The licences of every crate that is linked into the plug-in on one of the targets, each text once.
pub fn text(policy: &Policy) -> Result<String> {
    let metadata = metadata(&policy.graph.targets)?;
    let mut licences = Licences::default();
    let rust = spdx::license_id("MIT").context("SPDX knows it")?;
    let terms = Terms::standard(rust, "The Rust Project Contributors");
    licences.add(rust, "the standard library of Rust".into(), terms);
    let linked = linked(&metadata)?;
    for package in &linked {
        package.add_to(&mut licences, policy).with_context(|| format!("the licence of {}", package.name))?;
    }
    Ok(format!(
        "The plug-in is made with the standard library of Rust and {} crates, on one system or another. The \
         Rust registry has the source of each under its name. Where a crate offers several licences, one is named \
         here.\n{licences}",
        linked.len()
    ))
}

fn metadata(targets: &[String]) -> Result<Metadata> {
    let mut command = cargo::cargo();
    command.args(["metadata", "--locked", "--format-version", "1"]);
    for target in targets {
        command.args(["--filter-platform", target]);
    }
    let output = command.output().context("cargo could not be started")?;
    if !output.status.success() {
        bail!("`cargo metadata` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("what `cargo metadata` says is not as expected")
}

/// What others wrote of that which is linked into the plug-in, by name and version. Macros and what builds are not.
fn linked(metadata: &Metadata) -> Result<Vec<&Package>> {
    let packages: HashMap<&str, &Package> = metadata.packages.iter().map(|package| (&*package.id, package)).collect();
    let nodes: HashMap<&str, &Node> = metadata.resolve.nodes.iter().map(|node| (&*node.id, node)).collect();
    let plugin = metadata.packages.iter().find(|package| package.name == PLUGIN && package.source.is_none());
    let mut ahead = vec![plugin.context("the plug-in is not in the workspace")?.id.as_str()];
    let mut found = HashMap::new();
    while let Some(id) = ahead.pop() {
        let package = packages[id];
        if package.is_macro() || found.insert(id, package).is_some() {
            continue;
        }
        let ordinary = |dependency: &&Dependency| dependency.dep_kinds.iter().any(|kind| kind.kind.is_none());
        ahead.extend(nodes[id].deps.iter().filter(ordinary).map(|dependency| dependency.pkg.as_str()));
    }
    let mut linked: Vec<&Package> = found.into_values().filter(|package| package.source.is_some()).collect();
    linked.sort_by_key(|package| (&package.name, &package.version));
    Ok(linked)
}

impl Package {
    fn is_macro(&self) -> bool {
        self.targets.iter().any(|target| target.kind.iter().any(|kind| kind == "proc-macro"))
    }

    /// Adds the licences that it is taken under, and those of what lies in it.
    fn add_to(&self, licences: &mut Licences, policy: &Policy) -> Result<()> {
        let folder = self.manifest_path.parent().context("a manifest lies in a folder")?;
        let mut files = Vec::new();
        self.licence_files(folder, Path::new(""), &mut files)?;
        let (own, nested): (Vec<_>, Vec<_>) = files.iter().partition(|(within, _)| within.as_os_str().is_empty());

        let who = format!("{} {}", self.name, self.version);
        let expression = self.license.as_deref().context("none is named")?;
        for id in policy.chosen(expression)? {
            let terms = own.iter().find_map(|(_, text)| Terms::find(id, text));
            licences.add(id, who.clone(), terms.unwrap_or_else(|| Terms::standard(id, &self.holders())));
        }
        for (within, text) in nested {
            let found = policy.licences().find_map(|id| Some((id, Terms::find(id, text)?)));
            let (id, terms) = found.with_context(|| format!("the one in {} is not known", within.display()))?;
            licences.add(id, format!("{who} ({})", within.display()), terms);
        }
        Ok(())
    }

    /// The files with licences in `folder` and below, with the folder within the crate that they lie in, in order.
    fn licence_files(&self, folder: &Path, within: &Path, files: &mut Vec<(PathBuf, String)>) -> Result<()> {
        let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<std::io::Result<_>>()?;
        entries.sort_by_key(|entry| entry.file_name());
        for entry in entries {
            let (path, within_entry) = (entry.path(), within.join(entry.file_name()));
            let name = entry.file_name().to_string_lossy().to_uppercase();
            if path.is_dir() {
                if !NOT_LINKED.iter().any(|(of, folder)| *of == self.name && within_entry == Path::new(folder)) {
                    self.licence_files(&path, &within_entry, files)?;
                }
            } else if LICENCE_FILES.iter().any(|beginning| name.starts_with(beginning)) && !name.ends_with(".RS") {
                files.push((within.to_owned(), String::from_utf8_lossy(&fs::read(&path)?).into_owned()));
            }
        }
        Ok(())
    }

    /// Who wrote it, without addresses.
    fn holders(&self) -> String {
        let names: Vec<&str> =
            self.authors.iter().map(|author| author.split('<').next().unwrap_or(author).trim()).collect();
        if names.is_empty() { format!("the authors of {}", self.name) } else { names.join(", ") }
    }
}
