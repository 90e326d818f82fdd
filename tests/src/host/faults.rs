//! Faults on purpose, in a plug-in that was built with them (`tests/faults`): what fails where, and how it was told.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::ValueEnum;
use libloading::{Library, Symbol};

use super::{Format, bundles};

/// Where something can be made to fail, in the order of the plug-in's own `faults.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[repr(u32)]
pub enum Place {
    /// In a function that hosts call.
    Entry,
    /// In the audio callback, in the midst of a block.
    Callback,
    /// In the improviser, after it has decided a frame.
    Improviser,
    /// On the worker, beside the improviser.
    Worker,
    /// Where the worker has a band to begin with, and has not said so.
    WorkerStart,
    /// Where the system is asked for the worker's thread: it has none.
    Thread,
    /// In the panel, half drawn.
    Panel,
    /// In a saved state that is read.
    Loading,
    /// In the fields of a state that is saved.
    Saving,
    /// The worker's start takes milliseconds.
    SlowStart,
    /// Each decision of the worker takes milliseconds.
    SlowWorker,
}

/// The faults of the plug-in's library in this process.
pub struct Faults {
    library: PathBuf,
}

impl Faults {
    /// Those of the library that a host of `format` loads, in the folder for such libraries.
    ///
    /// # Errors
    /// If it is not built.
    pub fn of(format: Format) -> Result<Self> {
        Ok(Self { library: bundles::faulty(format)? })
    }

    /// The library.
    pub fn library(&self) -> &PathBuf {
        &self.library
    }

    /// Has `place` fail `times` times, after it has been passed `after` times; or take `after` milliseconds and up to
    /// `times` more. Gives how many failures had not come yet.
    ///
    /// # Errors
    /// If the library was built without faults.
    pub fn arm(&self, place: Place, after: u32, times: u32) -> Result<u32> {
        // SAFETY: the library is ours, and the function has this type.
        unsafe {
            let library = self.open()?;
            let arm: Symbol<unsafe extern "C" fn(u32, u32, u32) -> u32> =
                library.get(b"continuo_fault").context("the plug-in was built without faults")?;
            Ok(arm(place as u32, after, times))
        }
    }

    /// What the panel says of the instance that was made last on this thread.
    ///
    /// # Errors
    /// If the library was built without faults.
    pub fn notices(&self) -> Result<String> {
        let mut text = vec![0; 1 << 16];
        // SAFETY: as above; the function writes no more than there is room for.
        unsafe {
            let library = self.open()?;
            let read: Symbol<unsafe extern "C" fn(*mut u8, usize) -> usize> =
                library.get(b"continuo_notices").context("the plug-in was built without faults")?;
            let length = read(text.as_mut_ptr(), text.len());
            text.truncate(length);
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn open(&self) -> Result<Library> {
        // SAFETY: the library is ours.
        unsafe { Library::new(&self.library) }.with_context(|| format!("{} does not load", self.library.display()))
    }
}
