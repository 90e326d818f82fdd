//! The styles are the files of `models/styles`, and the kits those of `models/kits`: whoever puts a file there adds
//! one. `models/passages` has bars that people played, for the styles for which there are some.

mod numbered;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=numbered.rs");
    list("styles");
    list("kits");
    list_passages();
}

/// A folder beside this package.
fn beside(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)
}

fn out(name: &str) -> PathBuf {
    Path::new(&env::var_os("OUT_DIR").expect("cargo names the folder")).join(name)
}

/// Writes the list of the files of passages in the order of the styles.
fn list_passages() {
    let folder = beside("passages");
    println!("cargo::rerun-if-changed={}", folder.display());
    let styles: Vec<String> = numbered::files(&beside("styles")).into_iter().map(|(id, _)| id).collect();
    for file in fs::read_dir(&folder).expect("the folder of the passages").map(|entry| entry.expect("an entry").path())
    {
        let id = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let is_known =
            file.extension().is_none_or(|extension| extension != "json") || styles.iter().any(|own| own == id);
        assert!(is_known, "{} is not named after a style", file.display());
    }
    let included = |id: &String| {
        let file = fs::canonicalize(folder.join(format!("{id}.json"))).ok()?;
        Some(format!("Some(include_str!({:?}))", file.to_str().expect("a path that can be written as a string")))
    };
    let list: Vec<String> = styles.iter().map(|id| included(id).unwrap_or_else(|| "None".to_owned())).collect();
    fs::write(out("passages.rs"), format!("[{}]", list.join(",\n"))).expect("the list can be written");
}

/// Writes the list of the files in a `folder` beside this package.
fn list(folder: &str) {
    let mut list = String::new();
    for (id, file) in numbered::files(&beside(folder)) {
        assert!(is_id(&id), "{} needs an ID of letters from a to z only", file.display());
        let variant = id[..1].to_uppercase() + &id[1..];
        let path = file.to_str().expect("a path that can be written as a string");
        writeln!(list, "    {variant} {id:?} {path:?}").expect("a string takes any text");
    }
    let list = format!("{folder}! {{\n{list}}}\n");
    fs::write(out(&format!("{folder}.rs")), list).expect("the list can be written");
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|letter| letter.is_ascii_lowercase())
}
