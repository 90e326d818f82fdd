//! The player of the accompaniment.

use crate::improviser::scene::Scene;
use crate::score::NoteCue;

/// Strikes the harmonist's chords in the patterns of the style.
#[derive(Clone, Debug, Default)]
pub struct Comper {}

impl Comper {
    /// Appends the notes that begin in the scene's frame to `out`.
    pub fn decide(&mut self, _scene: &Scene, _out: &mut Vec<NoteCue>) {}
}
