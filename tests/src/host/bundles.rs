//! Where the built plug-in is.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use continuo_input::environment::{self, NoFolder};

use super::Format;

/// The file that a host of `format` loads: in the folder named by the environment variable `CONTINUO_BUNDLES`, else in
/// `target/bundled`.
///
/// # Errors
/// If it is not there, or the variable holds a relative path, with what to do about it.
pub fn library(format: Format) -> Result<PathBuf> {
    let folder = match environment::folder("CONTINUO_BUNDLES") {
        Err(NoFolder::Unset(_)) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bundled"),
        named => named?,
    };
    let library = folder.join(match format {
        Format::Clap => "Continuo.clap",
        Format::Vst3 => "Continuo.vst3/Contents/x86_64-linux/Continuo.so",
    });
    if !library.is_file() {
        bail!("{} is not there: run `cargo xtask bundle` to build the plug-in first", library.display());
    }
    Ok(library)
}
