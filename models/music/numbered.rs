//! Folders whose files are numbered, for build scripts: a file's number is its place, by which others count.

use std::fs;
use std::path::{Path, PathBuf};

/// The files `NN-ID.json` of `folder`, in order, each with its ID.
///
/// # Panics
/// If the folder cannot be read, or a file is not called so.
pub fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{} cannot be read: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry of the folder").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let with_id = |(index, file): (usize, PathBuf)| {
        let place = format!("{:02}-", index + 1);
        let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let id = name.strip_prefix(&place).map(str::to_owned);
        (id.unwrap_or_else(|| panic!("{} must be called {place}ID.json", file.display())), file)
    };
    files.into_iter().enumerate().map(with_id).collect()
}
