//! What the plug-in's library says about itself: totals over all instances of the process.

use std::path::Path;

use anyhow::{Context, Result, bail};
use libloading::{Library, Symbol};

/// The library's totals, laid out as it fills them in (version 3).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// In: bytes of room. Out: bytes filled in.
    size: u32,
    version: u32,
    /// Frames that workers have decided.
    pub plans: u64,
    /// Plans that had not arrived when they were needed.
    pub misses: u64,
    /// Notes that arrived after their start, sounded late or dropped.
    pub late_cues: u64,
    /// Events dropped for want of room in a schedule or in the host's queue.
    pub dropped: u64,
    /// Events that did not fit into a ring between the threads.
    pub overflowed: u64,
    /// Panics that were caught.
    pub panics: u64,
    /// The shortest time between a plan's arrival and its frame, in microseconds of song time, in real-time
    /// processing; 0 before the first plan.
    pub worst_lead_us: i64,
    /// The mean of these times, in microseconds.
    pub mean_lead_us: i64,
    /// Which networks play, of the instance that chose last: bit 0 harmonist, bit 1 soloist,
    /// bit 2 harmonizer.
    pub networks: u32,
    /// Instances that exist now.
    pub instances: u32,
    /// From where harmonist and soloist come: 0 by rule, 1 built-in GRU, 2 built-in Transformer, 3 own folder.
    pub origins: [u32; 2],
    /// Times that a host played and could not be followed.
    pub doubts: u64,
}

impl Diagnostics {
    /// Reads the totals of the library at `path` in this process. A library that nobody has loaded yet is loaded.
    ///
    /// # Errors
    /// If the library does not tell its totals.
    pub fn read(path: &Path) -> Result<Self> {
        let mut totals = Self { size: size_of::<Self>() as u32, ..Self::default() };
        // SAFETY: the library is ours, and the function has this type and fills in no more than `size` bytes.
        let known = unsafe {
            let library = Library::new(path).with_context(|| format!("{} does not load", path.display()))?;
            let read: Symbol<unsafe extern "C" fn(*mut Self) -> bool> = library.get(b"continuo_diagnostics")?;
            read(&mut totals)
        };
        if !known || totals.size as usize != size_of::<Self>() {
            bail!("{} knows fewer totals than this host", path.display());
        }
        Ok(totals)
    }

    /// What has been counted since `before`. Leads, networks and instances are as they are now.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            plans: self.plans - before.plans,
            misses: self.misses - before.misses,
            late_cues: self.late_cues - before.late_cues,
            dropped: self.dropped - before.dropped,
            overflowed: self.overflowed - before.overflowed,
            panics: self.panics - before.panics,
            doubts: self.doubts - before.doubts,
            ..*self
        }
    }
}
