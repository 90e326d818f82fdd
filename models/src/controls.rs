//! What the musician sets: the musical parameters as they stand at the start of a frame.

use serde::{Deserialize, Serialize};

use crate::music::{Key, Mode, Style};

/// The four players of the band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Player {
    /// A harmony note with each note that the musician plays, at the same sample.
    Voices,
    /// The accompaniment.
    Chords,
    /// The bass line under the chords.
    Bass,
    /// Melody in answer when the musician pauses.
    Lead,
}

impl Player {
    /// Every player, in the order of [`Controls::players`].
    pub const ALL: [Player; 4] = [Player::Voices, Player::Chords, Player::Bass, Player::Lead];
}

/// The settings of one player.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlayerControls {
    /// Whether the player plays.
    pub on: bool,
    /// How much the player plays, 0 (sparse) to 1 (busy).
    pub density: f32,
    /// Octaves by which the player's range is moved, −2 to 2.
    pub register: i8,
    /// MIDI channel, 0–15.
    pub channel: u8,
}

/// Every musical parameter, as it stood at the start of a frame. Plain old data: it crosses the ring between threads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Controls {
    /// The first style.
    pub style_a: Style,
    /// The second style.
    pub style_b: Style,
    /// 0 is all `style_a`, 1 all `style_b`; between them the networks' logits are mixed.
    pub style_blend: f32,
    /// 0 (always the likeliest) to 2 (wild); 1 is as in the corpus.
    pub temperature: f32,
    /// 0: anticipate (decide from what is expected); 1: react (decide from the newest notes).
    pub follow: f32,
    /// Whether every note of the band stays in the scale of `key`.
    pub key_lock: bool,
    /// The key for `key_lock`.
    pub key: Key,
    /// How much the whole band plays, 0 to 1; 0.5 is usual. Scales the players' own densities.
    pub density: f32,
    /// Chooses among equally good takes. The same seed gives the same take.
    pub seed: u32,
    /// Deviation of timing and loudness, 0 (exactly on the grid) to 1.
    pub humanise: f32,
    /// How late off-beat eighths come: 0 straight, 1 a full triplet.
    pub swing: f32,
    /// The players' settings, in the order of [`Player::ALL`].
    pub players: [PlayerControls; 4],
}

impl Controls {
    /// The settings of `player`.
    pub fn player(&self, player: Player) -> &PlayerControls {
        &self.players[player as usize]
    }
}

impl Default for Controls {
    fn default() -> Self {
        let player = |on, channel| PlayerControls { on, density: 0.5, register: 0, channel };
        Self {
            style_a: Style::Pop,
            style_b: Style::Jazz,
            style_blend: 0.0,
            temperature: 0.8,
            follow: 0.7,
            key_lock: false,
            key: Key { tonic: 0, mode: Mode::Major },
            density: 0.5,
            seed: 1,
            humanise: 0.3,
            swing: 0.0,
            players: [player(true, 1), player(true, 2), player(true, 3), player(true, 4)],
        }
    }
}
