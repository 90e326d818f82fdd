//! How the band's notes are performed: swing, and a hand's timing and loudness.

use crate::improviser::scene::Scene;
use crate::score::NoteCue;

/// Swings and humanises the cues of the scene's frame, in place.
pub fn play(_scene: &Scene, _cues: &mut [NoteCue]) {}
