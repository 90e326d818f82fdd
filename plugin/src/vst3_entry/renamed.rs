//! Tells a VST3 host that MIDI programs have other names.

use std::sync::{Arc, Mutex, PoisonError};

use vst3::ComPtr;
use vst3::Steinberg::Vst::*;

use super::front::program_names;
use crate::params::ContinuoParams;

/// The host, and the names that it knows. Main thread only.
pub struct Renamed {
    params: Arc<ContinuoParams>,
    host: ComPtr<IUnitHandler>,
    lists: Vec<ProgramListID>,
    known: Mutex<Vec<String>>,
}

// SAFETY: whoever shares it calls it on the main thread only, as VST3 wants it of the host's object.
unsafe impl Send for Renamed {}

impl Renamed {
    /// `host` has these `lists` of programs, and asks for their names itself to begin with.
    pub fn new(params: Arc<ContinuoParams>, host: ComPtr<IUnitHandler>, lists: Vec<ProgramListID>) -> Self {
        let known = Mutex::new(program_names(&params));
        Self { params, host, lists, known }
    }

    /// Tells the host if they have other names now.
    pub fn tell(&self) {
        let names = program_names(&self.params);
        if *self.known.lock().unwrap_or_else(PoisonError::into_inner) == names {
            return;
        }
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = names;
        for &list in &self.lists {
            // SAFETY: a plain call of a live object, on the main thread.
            unsafe { self.host.notifyProgramListChange(list, kAllProgramInvalid) };
        }
    }
}
