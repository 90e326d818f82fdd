//! What Continuo plays: the musical language, the networks and the improviser.
//!
//! A pure state machine: no plug-in framework, no thread and no clock, so that every musical claim can be tested
//! without audio.

#![forbid(unsafe_code)]

pub mod channels;
pub mod controls;
pub mod ground;
pub mod improviser;
pub mod network;
pub mod score;

pub use channels::{Channels, RightHand, Zones};
pub use continuo_input::files;
pub use continuo_music as music;
pub use controls::players::{Mark, PlayerKind, Timbre};
pub use controls::{Beaters, Controls, Cymbal, LeadMode, Level, MAX_LEVEL, Manner, Player, PlayerControls, PlayerMap};
pub use ground::{Ground, Yielding};
pub use improviser::memory::Memory;
pub use improviser::players::strokes::captured::Captured;
pub use improviser::sections::{Arrangement, Draw, Lock, Round};
pub use improviser::{Improviser, Outlook};
pub use network::{Family, Networks, PerRole, Role};
pub use score::{AnswerRow, Cue, Fork, FrameStart, Heard, NoteCue, Turn, Way};
