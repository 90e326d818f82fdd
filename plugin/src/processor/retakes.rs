//! The buttons for another take.

use crate::params::TakeParams;
use crate::seam::Again;
use crate::trigger::Trigger;

/// Which take is wanted and has not been asked of the worker yet. Of two buttons between two frames the later one
/// counts, and of two at once the one for another take.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retakes {
    same: Trigger,
    other: Trigger,
    wanted: Option<Again>,
}

impl Retakes {
    /// Looks at the buttons at the start of a block.
    pub fn watch(&mut self, params: &TakeParams) {
        let same = self.same.rises(params.again.value()).then_some(Again::Same);
        let other = self.other.rises(params.again_new.value()).then_some(Again::Other);
        self.wanted = other.or(same).or(self.wanted);
    }

    /// What to ask of the worker.
    pub fn wanted(&self) -> Option<Again> {
        self.wanted
    }

    /// It has been asked.
    pub fn done(&mut self) {
        self.wanted = None;
    }
}
