//! A headless host: loads the built plug-in as CLAP or as VST3, plays it a performance block by block and takes down
//! what comes back.
//!
//! [`load`] gives an [`Instance`] whatever the format; a [`Session`] activates it and plays a [`Performance`] to it;
//! the result is a [`Take`].

pub mod block;
pub mod bundles;
pub mod clap;
pub mod decisions;
pub mod diagnostics;
pub mod faults;
pub mod habits;
pub mod hands;
pub mod performance;
pub mod player;
pub mod saved;
pub mod screen;
pub mod session;
pub mod spy;
pub mod take;
pub mod vst3;

use std::path::Path;

use anyhow::Result;

pub use block::{Block, Input, Output, Played, Transport};
pub use decisions::Decisions;
pub use diagnostics::Diagnostics;
pub use faults::Faults;
pub use habits::{EmptyBlocks, Habits, SaysMode, Timebase};
pub use performance::{Performance, Segment};
pub use player::{Blocks, Pacing, Player};
pub use session::Session;
pub use take::{Note, Take};

/// A plug-in format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CLAP, through `clack-host`.
    Clap,
    /// VST3, through its COM interfaces.
    Vst3,
}

impl Format {
    /// Both formats.
    pub const ALL: [Format; 2] = [Format::Clap, Format::Vst3];
}

/// Whether the plug-in has to be on time or may be waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// As in a performance: the callback never waits.
    #[default]
    Live,
    /// As in a bounce: the callback may take as long as it needs.
    Offline,
}

/// How an instance is activated.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Samples per second.
    pub sample_rate: f64,
    /// The most samples in a block.
    pub max_block: usize,
    /// Live or offline.
    pub mode: Mode,
    /// What the host does otherwise than others.
    pub habits: Habits,
}

impl Setup {
    /// The mode that the host says before it activates.
    fn announced_mode(&self) -> Mode {
        if self.habits.says_mode == SaysMode::Everywhere { self.mode } else { Mode::Live }
    }

    /// The mode that the host says in each block.
    fn block_mode(&self) -> Mode {
        if self.habits.says_mode == SaysMode::Nowhere { Mode::Live } else { self.mode }
    }
}

/// A parameter as the host sees it. Values are normalised, 0 to 1, in both formats.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The format's number for it (the same number in CLAP and VST3).
    pub id: u32,
    /// The name shown to the user.
    pub name: String,
    /// The group that it belongs to, separated by `/`; empty in VST3.
    pub group: String,
    /// Number of steps (values less one); 0 if it is continuous.
    pub steps: u32,
    /// The normalised default.
    pub default: f64,
    /// Whether the host may automate it.
    pub automatable: bool,
    /// Whether the host should not show it.
    pub hidden: bool,
}

/// An instance of a plug-in, on the host's main thread.
///
/// Threading: everything but [`Processor`] belongs to the thread that loaded it.
pub trait Instance {
    /// The format through which it is driven.
    fn format(&self) -> Format;

    /// The instance with what only CLAP has; `None`: it is of another format.
    fn as_clap(&mut self) -> Option<&mut clap::ClapInstance> {
        None
    }

    /// Its parameters, in the plug-in's order.
    fn parameters(&mut self) -> Vec<Parameter>;

    /// The normalised value of a parameter, or `None` if there is no such parameter.
    fn value(&mut self, id: u32) -> Option<f64>;

    /// The normalised value that the plug-in makes of a user's text.
    fn value_of_text(&mut self, id: u32, text: &str) -> Option<f64>;

    /// The text that the plug-in shows for a normalised value.
    fn text_of_value(&mut self, id: u32, value: f64) -> Option<String>;

    /// Sets parameters (id, normalised value) while the instance is not active; the way for automation is
    /// [`Input::Parameter`].
    fn set_values(&mut self, values: &[(u32, f64)]);

    /// As [`Instance::set_values`], in a host that has nothing processed for it: VST3 hears of it on its controller
    /// only, whether it is active or not; CLAP is told as ever, and must not be active.
    fn set_values_unprocessed(&mut self, values: &[(u32, f64)]);

    /// Makes it ready to process. Errors if it is active already or refuses.
    fn activate(&mut self, setup: Setup) -> Result<Box<dyn Processor>>;

    /// Ends processing.
    fn deactivate(&mut self, processor: Box<dyn Processor>);

    /// Its state, as a project would store it.
    fn save(&mut self) -> Result<Vec<u8>>;

    /// Restores a state. Errors if the plug-in says that it could not; it must then still work.
    fn load(&mut self, state: &[u8]) -> Result<()>;

    /// The latency that it reports, in samples.
    fn latency(&mut self) -> u32;

    /// What a host's event loop does now and then: runs the callbacks that the plug-in asked for.
    fn idle(&mut self);

    /// How often the plug-in has said since the last time that the project is not as it was saved.
    fn take_dirty(&mut self) -> usize;

    /// Opens the panel inside the X11 window `parent` and gives its size in pixels.
    fn open_panel(&mut self, parent: u32) -> Result<(u32, u32)>;

    /// The size of the open panel in pixels, as the plug-in says.
    fn panel_size(&mut self) -> Result<(u32, u32)>;

    /// Resizes the open panel as a musician does who drags the host's window: to the size next to this one that the
    /// plug-in has. Gives that size.
    fn resize_panel(&mut self, width: u32, height: u32) -> Result<(u32, u32)>;

    /// Closes the panel.
    fn close_panel(&mut self);
}

/// The processing side of an active instance. It may move to an audio thread.
pub trait Processor: Send {
    /// Has the plug-in process `block` and appends what comes out to `output`, whose block starts anew.
    fn process(&mut self, block: &Block<'_>, output: &mut Output) -> Result<()>;

    /// Has the plug-in forget what sounds, as hosts do on a jump or a panic.
    fn reset(&mut self);
}

/// Loads the plug-in at `path` and makes one instance of it.
///
/// # Errors
/// If the file is not a plug-in of the format or makes no instance.
pub fn load(format: Format, path: &Path) -> Result<Box<dyn Instance>> {
    match format {
        Format::Clap => Ok(Box::new(clap::ClapInstance::load(path)?)),
        Format::Vst3 => Ok(Box::new(vst3::Vst3Instance::load(path)?)),
    }
}

/// The number by which hosts know the parameter with the plug-in's own `name` (for example `temperature`): the
/// framework hashes it. Fixed for ever, as projects store it.
pub fn parameter_id(name: &str) -> u32 {
    name.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))) & !(1 << 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_numbers_are_those_that_projects_know() {
        assert_eq!(parameter_id("key"), 106_079);
        assert_eq!(parameter_id("temperature"), 321_701_236);
        assert_eq!(parameter_id("voices_on"), 1_129_361_757);
    }
}
