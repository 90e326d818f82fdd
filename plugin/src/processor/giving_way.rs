//! What gives way to a chord that the left hand strikes: many notes at once.

use continuo_models::music::SlashChord;
use continuo_models::{Ground, Yielding};

/// Whatever stands on a ground gives way to the same chord. Of one ground there are many notes.
pub struct GivingWay {
    to: SlashChord,
    last: Option<(Ground, Option<Yielding>)>,
}

impl GivingWay {
    /// Everything gives way to `chord`.
    pub fn to(chord: SlashChord) -> Self {
        Self { to: chord, last: None }
    }

    /// How what stands on `ground` does, if it does.
    pub fn way(&mut self, ground: &Ground) -> Option<Yielding> {
        match self.last {
            Some((last, way)) if last == *ground => way,
            _ => self.last.insert((*ground, ground.giving_way(self.to))).1,
        }
    }
}
