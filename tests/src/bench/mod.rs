//! The bench: whole runs of the built plug-in in the headless host, beside a plug-in of the same framework that only
//! passes notes through. Both are measured in one run on one machine, so that their ratio says something anywhere.
//! Plain clocks and medians over many repetitions: what is measured lasts from microseconds to seconds and is real work
//! of the whole plug-in, for which a microbenchmark's statistics gain nothing.

pub mod callback;
pub mod crowd;
pub mod load;
pub mod networks;
pub mod probe;
pub mod sizes;
pub mod table;
pub mod timed;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::host::{Format, bundles};

/// The two plug-ins that are measured.
#[derive(Clone, Debug)]
pub struct Plugins {
    /// The built CLAP.
    pub continuo: PathBuf,
    /// The plug-in that only passes notes through.
    pub passthrough: PathBuf,
}

impl Plugins {
    /// The built plug-ins.
    ///
    /// # Errors
    /// If one is not there, with what to do about it.
    pub fn built() -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/examples");
        let passthrough = folder.join("libpassthrough.so");
        if !passthrough.is_file() {
            bail!("{} is not there: run `cargo xtask bench`, which builds it", passthrough.display());
        }
        Ok(Self { continuo: bundles::library(Format::Clap)?, passthrough })
    }
}

/// The middle one of `values`; 0 of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
