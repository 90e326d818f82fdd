//! Totals over all instances of the process, for headless hosts: they look up `continuo_diagnostics` in the library.

pub mod decisions;
#[cfg(feature = "faults")]
mod notices;

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};

use continuo_models::Role;

use crate::guard::{PANICS, guarded};
use crate::seam::Playing;

/// The layout version of [`Diagnostics`].
pub const DIAGNOSTICS_VERSION: u32 = 3;

/// What `continuo_diagnostics` fills in. New fields are only ever added at the end, with a new version.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Diagnostics {
    /// In: the size of the caller's structure in bytes. Out: how many bytes of it were filled in.
    pub size: u32,
    /// [`DIAGNOSTICS_VERSION`] of the library.
    pub version: u32,
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
    /// The shortest time between a plan's arrival and its frame, in microseconds of song time, in real-time processing;
    /// 0 before the first plan.
    pub worst_lead_us: i64,
    /// The mean of these times, in microseconds.
    pub mean_lead_us: i64,
    /// Which networks play, of the instance that chose last: bit 0 harmonist, bit 1 soloist, bit 2
    /// harmonizer, bit 3 texture. What is not set is played by rule.
    pub networks: u32,
    /// Instances that exist now.
    pub instances: u32,
    /// From where these networks come, harmonist and soloist: 0 by rule, 1 built-in GRU, 2 built-in Transformer, 3 own
    /// folder. Since version 2.
    pub origins: [u32; 2],
    /// Times that a host played and could not be followed: its position stood still, or its tempo was beyond 5 to 1000.
    /// Since version 3.
    pub doubts: u64,
}

/// The process-wide totals. Every field is an atomic: any thread adds, any thread reads.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Totals {
    pub plans: AtomicU64,
    pub misses: AtomicU64,
    pub late_cues: AtomicU64,
    pub dropped: AtomicU64,
    pub overflowed: AtomicU64,
    pub doubts: AtomicU64,
    pub playing: Playing,
    pub instances: AtomicU32,
    worst_lead_us: AtomicI64,
    lead_sum_us: AtomicI64,
    leads: AtomicU64,
}

/// The totals of this process.
pub static TOTALS: Totals = Totals {
    plans: AtomicU64::new(0),
    misses: AtomicU64::new(0),
    late_cues: AtomicU64::new(0),
    dropped: AtomicU64::new(0),
    overflowed: AtomicU64::new(0),
    doubts: AtomicU64::new(0),
    playing: Playing::new(),
    instances: AtomicU32::new(0),
    worst_lead_us: AtomicI64::new(i64::MAX),
    lead_sum_us: AtomicI64::new(0),
    leads: AtomicU64::new(0),
};

impl Totals {
    /// A plan arrived this long before its frame (negative: after its start).
    pub fn add_lead(&self, lead_us: i64) {
        self.worst_lead_us.fetch_min(lead_us, Relaxed);
        self.lead_sum_us.fetch_add(lead_us, Relaxed);
        self.leads.fetch_add(1, Relaxed);
    }

    /// The totals now.
    pub fn read(&self) -> Diagnostics {
        let leads = self.leads.load(Relaxed);
        let origins = self.playing.get();
        Diagnostics {
            size: size_of::<Diagnostics>() as u32,
            version: DIAGNOSTICS_VERSION,
            plans: self.plans.load(Relaxed),
            misses: self.misses.load(Relaxed),
            late_cues: self.late_cues.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
            overflowed: self.overflowed.load(Relaxed),
            panics: PANICS.load(Relaxed),
            worst_lead_us: if leads == 0 { 0 } else { self.worst_lead_us.load(Relaxed) },
            mean_lead_us: if leads == 0 { 0 } else { self.lead_sum_us.load(Relaxed) / leads as i64 },
            networks: origins.iter().rev().fold(0, |bits, origin| bits << 1 | u32::from(origin.is_some())),
            instances: self.instances.load(Relaxed),
            origins: [Role::Harmonist, Role::Soloist]
                .map(|role| origins[role as usize].map_or(0, |set| set.index() as u32 + 1)),
            doubts: self.doubts.load(Relaxed),
        }
    }
}

/// Adds `count` to an instance's meter and to the process's total.
pub fn count(meter: &AtomicU64, total: &AtomicU64, count: u64) {
    if count > 0 {
        meter.fetch_add(count, Relaxed);
        total.fetch_add(count, Relaxed);
    }
}

/// Fills `out` with the process's totals. The caller sets `out.size` to the size of its own structure, which may be
/// older or newer; `false` when `out` is null or too small for `size` and `version`, or something failed.
///
/// # Safety
/// `out` is null or points to `out.size` writable bytes, aligned like [`Diagnostics`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn continuo_diagnostics(out: *mut Diagnostics) -> bool {
    let fill = || {
        if out.is_null() {
            return false;
        }
        let mut totals = TOTALS.read();
        // SAFETY: the caller vouches for `size` bytes at `out`, and no more than these are read or written.
        unsafe {
            let size = ((&raw const (*out).size).read() as usize).min(size_of::<Diagnostics>());
            if size < 8 {
                return false;
            }
            totals.size = size as u32;
            std::ptr::copy_nonoverlapping((&raw const totals).cast::<u8>(), out.cast::<u8>(), size);
        }
        true
    };
    guarded(fill, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_caller_gets_as_much_as_it_knows() {
        let mut out = Diagnostics { size: 16, misses: 12345, ..Diagnostics::default() };
        // SAFETY: `out` is a whole structure.
        assert!(unsafe { continuo_diagnostics(&mut out) });
        assert_eq!((out.size, out.version, out.misses), (16, DIAGNOSTICS_VERSION, 12345));
    }

    #[test]
    fn nothing_is_written_where_there_is_no_room() {
        let mut out = Diagnostics { size: 4, ..Diagnostics::default() };
        // SAFETY: as above, and null is allowed.
        unsafe {
            assert!(!continuo_diagnostics(&mut out));
            assert!(!continuo_diagnostics(std::ptr::null_mut()));
        }
        assert_eq!(out.version, 0);
    }
}
