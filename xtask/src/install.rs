//! Copying the bundles to where hosts look for plug-ins of the user.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use continuo_input::environment;

use crate::bundle::{self, Bundles};

/// The folders of one user in which hosts look for plug-ins. They are there and can be written to.
pub struct Places {
    clap: PathBuf,
    vst3: PathBuf,
}

impl Places {
    /// The folders in which hosts look for plug-ins of the user, made if they are missing.
    ///
    /// # Errors
    /// If the system does not say where they are, or nothing can be written there: before anything is built.
    pub fn prepare() -> Result<Self> {
        let folders = user_folders()?;
        for folder in [&folders.clap, &folders.vst3] {
            make_writable(folder).with_context(|| {
                format!("nothing can be installed in {}; make it a folder of yours", folder.display())
            })?;
        }
        Ok(folders)
    }

    /// Copies `bundles` there and returns where they lie now.
    pub fn install(&self, bundles: &Bundles) -> Result<Bundles> {
        let place = |bundle: &Path, folder: &Path| -> Result<PathBuf> {
            let to = folder.join(bundle.file_name().context("a bundle has a name")?);
            copy(bundle, &to)?;
            Ok(to)
        };
        Ok(Bundles {
            clap: place(&bundles.clap, &self.clap)?,
            vst3: place(&bundles.vst3, &self.vst3)?,
            notices: bundles.notices.as_ref().map(|notices| place(notices, &self.clap)).transpose()?,
        })
    }
}

/// The folders in which hosts look for plug-ins of one user.
fn user_folders() -> Result<Places> {
    Ok(if cfg!(target_os = "windows") {
        let common = environment::folder("LOCALAPPDATA")?.join("Programs").join("Common");
        Places { clap: common.join("CLAP"), vst3: common.join("VST3") }
    } else if cfg!(target_os = "macos") {
        let plugins = environment::folder("HOME")?.join("Library/Audio/Plug-Ins");
        Places { clap: plugins.join("CLAP"), vst3: plugins.join("VST3") }
    } else {
        let home = environment::folder("HOME")?;
        Places { clap: home.join(".clap"), vst3: home.join(".vst3") }
    })
}

/// Makes `folder` if it is missing, and tries whether a file can be written there: permissions alone do not tell.
fn make_writable(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let trial = folder.join(format!(".continuo-{}", std::process::id()));
    fs::write(&trial, "")?;
    fs::remove_file(&trial)
}

/// Copies a bundle, which is a file or a folder of files.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        for entry in fs::read_dir(from).with_context(|| format!("{} could not be read", from.display()))? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if to.is_dir() {
        bail!("{} is a folder where a file should be; remove it, then try again", to.display());
    }
    bundle::put(from, to)
}
