//! The player of the bass line.

use crate::improviser::scene::Scene;
use crate::score::NoteCue;

/// Plays a line of chord tones, and of notes that lead to the next chord, in the manner of the style.
#[derive(Clone, Debug, Default)]
pub struct Bassist {}

impl Bassist {
    /// Appends the notes that begin in the scene's frame to `out`.
    pub fn decide(&mut self, _scene: &Scene, _out: &mut Vec<NoteCue>) {}
}
