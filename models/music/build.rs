//! The styles are the files of `models/styles`: whoever puts a file there adds a style.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../styles");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{} cannot be read: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry of the folder").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();

    let mut list = String::new();
    for (index, file) in files.iter().enumerate() {
        let place = format!("{:02}-", index + 1);
        let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let id = name.strip_prefix(&place).filter(|id| is_id(id)).unwrap_or_else(|| {
            panic!("{} must be called {place}ID.json, where ID has letters from a to z only", file.display())
        });
        let variant = id[..1].to_uppercase() + &id[1..];
        let path = file.to_str().expect("a path that can be written as a string");
        writeln!(list, "    {variant} {id:?} {path:?}").expect("a string takes any text");
    }
    let list = format!("styles! {{\n{list}}}\n");
    let out = env::var_os("OUT_DIR").expect("cargo names the folder");
    fs::write(Path::new(&out).join("styles.rs"), list).expect("the list of styles can be written");
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|letter| letter.is_ascii_lowercase())
}
