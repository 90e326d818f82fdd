//! What is asked for on the panel.

use crate::charts::ChartErrand;
use crate::machine::Wish;
use crate::presets::library::Errand;
use crate::seam::Trial;

use super::keys_card::Keys;
use super::undo::Slot;

/// What the musician asks for, besides parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// End every note.
    Panic,
    /// Something to be read.
    Tell(&'static str),
    /// The notices up to this number were read.
    DismissNotices(u64),
    /// Make the panel so large, of what it is at 100 %.
    Resize(f32),
    /// The musician has been shown around.
    EndTour,
    /// Take the worst lead anew.
    ResetWorst,
    /// The computer's keys are to play, or not.
    KeysPlay(Keys),
    /// Forget what was learnt of the musician.
    ClearMemory,
    /// Forget what was learned of the tune.
    ForgetTune,
    /// Have this be heard for a while; nothing: as before.
    Listen(Option<Box<Trial>>),
    /// Do something with the presets on the disk.
    Library(Errand),
    /// Do something with the chart's files.
    Chart(ChartErrand),
    /// Take back what was done last on the panel.
    Undo,
    /// Do it again.
    Redo,
    /// This one of two settings is to play.
    Compare(Slot),
    /// The other one of the two is to be as the one that plays.
    CopySetting,
    /// Change something about the computer's sound, MIDI, transport or recorder.
    Machine(Wish),
}
