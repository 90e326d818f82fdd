//! What a player whose notes are planned can do, and what such players pass to each other.

use std::fmt::Debug;
use std::sync::Arc;

use dyn_clone::DynClone;

use super::context::FrameContext;
use super::strokes::captured::Captured;
use crate::ground::Yielding;
use crate::improviser::listening::Listener;
use crate::music::Tick;
use crate::network::Networks;
use crate::score::NoteCue;

/// The key that the bass sounded before a frame, and the one that it sounds in it.
#[derive(Clone, Copy, Debug)]
pub struct BassKeys {
    /// Before.
    pub before: u8,
    /// In the frame.
    pub now: u8,
}

/// A player whose notes are planned frame by frame. A clone is a snapshot.
pub trait Plays: Debug + DynClone + Send {
    /// Gets ready for the frame, in the same way for every chord that the frame may have.
    fn prepare(&mut self, _context: &FrameContext, _listener: &Listener) {}

    /// Appends the notes that begin in the frame to `out`.
    ///
    /// It hears the musician by `listener`, and of those who have decided before it the keys of the bass, where one of
    /// them plays it.
    fn decide(&mut self, context: &FrameContext, listener: &Listener, bass: Option<BassKeys>, out: &mut Vec<NoteCue>);

    /// In the place of [`Plays::decide`] while the player is off.
    fn rest(&mut self, _context: &FrameContext) {}

    /// The keys of the frame that was decided last, if it plays the bass.
    fn bass_keys(&self) -> Option<BassKeys> {
        None
    }

    /// Whether what it sounds ends with the first tick of the frame, though the chord of the frame was foreseen or
    /// stands.
    fn ends_with_chord(&self, _context: &FrameContext) -> bool {
        false
    }

    /// Whether what it sounds ends with the first tick of the frame that was decided last.
    fn breaks_off(&self) -> bool {
        false
    }

    /// The musician plays a note of melody.
    fn hear_lead(&mut self) {}

    /// What it plays, and has decided to play, gives way to another harmony.
    fn give_way(&mut self, _by: &Yielding) {}

    /// Goes on with other networks, in the midst of a phrase too.
    fn exchange(&mut self, _networks: &Networks) {}

    /// From the next bar on, this is the bar that the musician has captured.
    fn capture(&mut self, _captured: &Arc<Captured>) {}

    /// Takes down what it strikes in the bar that it is in, if it strikes in bars.
    fn tell(&self, _struck: &mut Captured) {}

    /// The song goes on at another place that was not announced.
    fn lose_place(&mut self) {}

    /// What the musician plays goes on `delta` ticks later than it would have.
    fn arrive(&mut self, _delta: Tick) {}

    /// What the band plays goes on `delta` ticks later than it would have.
    fn jump(&mut self, _delta: Tick) {}
}

dyn_clone::clone_trait_object!(Plays);
