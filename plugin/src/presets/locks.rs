//! What stays while presets change.

use continuo_models::Controls;
use serde::{Deserialize, Serialize};

/// What is locked. Plain data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locks {
    /// The styles and their blend.
    pub style: bool,
    /// The key, the lock to it, the scale, and the mode.
    pub key: bool,
    /// Who plays, how much and how high.
    pub players: bool,
}

impl Locks {
    /// The locks as bits of a number.
    pub(super) fn bits(self) -> u8 {
        u8::from(self.style) | u8::from(self.key) << 1 | u8::from(self.players) << 2
    }

    pub(super) fn of_bits(bits: u8) -> Self {
        Self { style: bits & 1 != 0, key: bits & 2 != 0, players: bits & 4 != 0 }
    }

    /// `wanted`, but for what is locked: that is as in `panel`. Audio may call it.
    pub fn keep(self, mut wanted: Controls, panel: &Controls) -> Controls {
        if self.style {
            (wanted.style_a, wanted.style_b, wanted.style_blend) = (panel.style_a, panel.style_b, panel.style_blend);
        }
        if self.key {
            (wanted.key_lock, wanted.key) = (panel.key_lock, panel.key);
            (wanted.scale, wanted.mode) = (panel.scale, panel.mode);
        }
        if self.players {
            wanted.players = panel.players;
        }
        wanted
    }
}
