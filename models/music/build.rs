//! The styles are the files of `models/styles`, and the kits those of `models/kits`: whoever puts a file there adds one.

mod numbered;

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=numbered.rs");
    list("styles");
    list("kits");
}

/// Writes the list of the files in a `folder` beside this package.
fn list(folder: &str) {
    let mut list = String::new();
    for (id, file) in numbered::files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)) {
        assert!(is_id(&id), "{} needs an ID of letters from a to z only", file.display());
        let variant = id[..1].to_uppercase() + &id[1..];
        let path = file.to_str().expect("a path that can be written as a string");
        writeln!(list, "    {variant} {id:?} {path:?}").expect("a string takes any text");
    }
    let list = format!("{folder}! {{\n{list}}}\n");
    let out = env::var_os("OUT_DIR").expect("cargo names the folder");
    fs::write(Path::new(&out).join(format!("{folder}.rs")), list).expect("the list can be written");
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|letter| letter.is_ascii_lowercase())
}
