//! What MIDI programs are called, and that a VST3 host hears when they have other names.

use std::sync::{Arc, Mutex, PoisonError};

use vst3::ComPtr;
use vst3::Steinberg::Vst::*;

use crate::params::{ContinuoParams, Programs};
use crate::scenes::SCENES;

/// The host, and the names that it knows. Main thread only.
pub struct Renamed {
    params: Arc<ContinuoParams>,
    host: ComPtr<IUnitHandler>,
    lists: Vec<ProgramListID>,
    known: Mutex<Vec<String>>,
}

// SAFETY: whoever shares it calls it on the main thread only, as VST3 wants it of the host's object.
unsafe impl Send for Renamed {}
// SAFETY: as above.
unsafe impl Sync for Renamed {}

impl Renamed {
    /// `host` has these `lists` of programs, and asks for their names itself to begin with.
    pub fn new(params: Arc<ContinuoParams>, host: ComPtr<IUnitHandler>, lists: Vec<ProgramListID>) -> Self {
        let known = Mutex::new(names(&params));
        Self { params, host, lists, known }
    }

    /// Tells the host if they have other names now.
    pub fn tell(&self) {
        let names = names(&self.params);
        let known = std::mem::replace(&mut *self.known.lock().unwrap_or_else(PoisonError::into_inner), names.clone());
        for &list in self.lists.iter().filter(|_| known != names) {
            // SAFETY: a plain call of a live object, on the main thread.
            unsafe { self.host.notifyProgramListChange(list, kAllProgramInvalid) };
        }
    }
}

/// What each MIDI program does.
fn names(params: &ContinuoParams) -> Vec<String> {
    (0..128).map(|program| name(params, program)).collect()
}

/// What a MIDI program does.
pub fn name(params: &ContinuoParams, program: i32) -> String {
    match (params.recall.programs.value(), usize::try_from(program)) {
        (Programs::Scenes, Ok(scene)) if scene < SCENES => format!("Scene {}", scene + 1),
        (Programs::Scenes, Ok(SCENES)) => "Panel".to_owned(),
        (Programs::Presets, Ok(_)) => params.bank.text(program.saturating_add(1)),
        _ => format!("Program {} (nothing)", program + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::number;

    #[test]
    fn programs_are_called_what_they_do() {
        let params = ContinuoParams::default();
        let name = |program| name(&params, program);
        assert_eq!([0, 7, 8, 9].map(name), ["Scene 1", "Scene 8", "Panel", "Program 10 (nothing)"]);
        params.set(number("programs"), 1.0);
        assert_eq!([0, 127].map(name), [params.bank.text(1), "128 (empty)".to_owned()]);
    }
}
