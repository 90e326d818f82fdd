//! Copying the bundles to where hosts look for plug-ins of the user.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::bundle::{self, Bundles};

/// Copies `bundles` into the user's plug-in folders and returns where they lie now.
pub fn install(bundles: &Bundles) -> Result<Bundles> {
    let folders = user_folders()?;
    let place = |bundle: &Path, folder: &Path| -> Result<PathBuf> {
        let to = folder.join(bundle.file_name().context("a bundle has a name")?);
        copy(bundle, &to)?;
        Ok(to)
    };
    Ok(Bundles { clap: place(&bundles.clap, &folders.clap)?, vst3: place(&bundles.vst3, &folders.vst3)? })
}

/// The folders in which hosts look for plug-ins of one user.
fn user_folders() -> Result<Bundles> {
    let variable = |name: &str| {
        env::var_os(name).map(PathBuf::from).with_context(|| format!("the environment variable {name} is not set"))
    };
    Ok(if cfg!(target_os = "windows") {
        let common = variable("LOCALAPPDATA")?.join("Programs").join("Common");
        Bundles { clap: common.join("CLAP"), vst3: common.join("VST3") }
    } else if cfg!(target_os = "macos") {
        let plugins = variable("HOME")?.join("Library/Audio/Plug-Ins");
        Bundles { clap: plugins.join("CLAP"), vst3: plugins.join("VST3") }
    } else {
        let home = variable("HOME")?;
        Bundles { clap: home.join(".clap"), vst3: home.join(".vst3") }
    })
}

/// Copies a bundle, which is a file or a folder of files.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    bundle::put(from, to)
}
