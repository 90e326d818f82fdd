//! Where the built plug-in is.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use continuo_input::environment::{self, NoFolder};

use super::Format;

/// The variable that names the folder of the bundles, in the place of `target/bundled`.
pub const FOLDER: &str = "CONTINUO_BUNDLES";

/// The folder of the plug-in that fails on purpose, in that one.
const FAULTS: &str = "faults";

fn folder() -> Result<PathBuf> {
    Ok(match environment::folder(FOLDER) {
        Err(NoFolder::Unset(_)) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bundled"),
        named => named?,
    })
}

/// The file that a host of `format` loads: in the folder named by the environment variable `CONTINUO_BUNDLES`, else in
/// `target/bundled`.
///
/// # Errors
/// If it is not there, or the variable holds a relative path, with what to do about it.
pub fn library(format: Format) -> Result<PathBuf> {
    library_in(&folder()?, format, "cargo xtask bundle")
}

/// As [`library`], but of the plug-in that fails on purpose.
///
/// # Errors
/// As there.
pub fn faulty(format: Format) -> Result<PathBuf> {
    library_in(&faulty_folder()?, format, "cargo xtask bundle --faults")
}

/// The folder of these, for [`FOLDER`] of a process that is to load them.
///
/// # Errors
/// If the variable holds a relative path.
pub fn faulty_folder() -> Result<PathBuf> {
    let folder = folder()?;
    // A process that is to load them is told their folder itself.
    Ok(if folder.ends_with(FAULTS) { folder } else { folder.join(FAULTS) })
}

fn library_in(folder: &Path, format: Format, command: &str) -> Result<PathBuf> {
    let library = folder.join(match format {
        Format::Clap => "Continuo.clap",
        Format::Vst3 => "Continuo.vst3/Contents/x86_64-linux/Continuo.so",
    });
    if !library.is_file() {
        bail!("{} is not there: run `{command}` to build the plug-in first", library.display());
    }
    Ok(library)
}
