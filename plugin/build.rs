//! Linker arguments of the plug-in's library, and of the one that tests load (`tests/faults`); the list of the presets
//! that come with it, which are the files of `assets/presets`.

#[path = "../models/music/numbered.rs"]
mod numbered;

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    // Of both packages; a change of this file counts anyway.
    println!("cargo::rerun-if-changed=Cargo.toml");
    // Hosts unload a plug-in's library when its last instance goes. Threads of the host that have processed it still
    // hold its thread-local state, and would clean it up, at their end, with code that is no longer there. So it stays.
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
        // The VST3 wrapper tells the error stream of each instance's audio ports; this is what it tells it with, under
        // both of its names (`vst3_entry.rs`).
        println!("cargo::rustc-cdylib-link-arg=-Wl,--wrap=fprintf");
        println!("cargo::rustc-cdylib-link-arg=-Wl,--wrap=__fprintf_chk");
    }
    list_presets();
}

/// Writes the list of the presets. The number in a file's name is its place: automation counts by it.
fn list_presets() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = package.ancestors().map(|folder| folder.join("assets/presets")).find(|folder| folder.is_dir());
    let mut list = String::new();
    for (_, file) in numbered::files(&folder.expect("the workspace has a folder of presets")) {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        writeln!(list, "    ({name:?}, include_str!({:?})),", file.display().to_string()).expect("a string takes text");
    }
    let list = format!("const FILES: &[(&str, &str)] = &[\n{list}];\n");
    let out = env::var_os("OUT_DIR").expect("cargo names the folder");
    fs::write(Path::new(&out).join("presets.rs"), list).expect("the list of presets can be written");
}
