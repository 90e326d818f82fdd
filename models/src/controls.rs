//! What the musician sets: the musical parameters as they stand at the start of a frame.

use serde::{Deserialize, Serialize};

use crate::music::{Key, Mode, Style};
use crate::network::features::{Level, MAX_LEVEL};

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
    /// How much the player plays, 0 (sparse) to 1 (busy). Of Lead, exactly 0.5 leaves it to the style; elsewhere it is
    /// the network's level of notes per quarter note ([`Controls::lead_density`]).
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
    /// How often the chords change.
    pub chord_rate: Level,
    /// How many of the chord tones lie outside the key: the tension of the harmony.
    pub chromaticism: Level,
    /// Whether chords and melody are to be of major or of minor pieces; `None` leaves it free.
    pub mode: Option<Mode>,
    /// How many notes of Lead lie outside the key.
    pub lead_chromaticism: Level,
    /// How many notes of Lead begin off the beat and sound over the next one.
    pub syncopation: Level,
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

    /// How much `player` plays, 0 to 1: its own density, scaled by the band's.
    pub fn density(&self, player: Player) -> f32 {
        (self.player(player).density * self.density * 2.0).clamp(0.0, 1.0)
    }

    /// The level of Lead's notes per quarter note: free in the middle of its knob and of the band's.
    pub fn lead_density(&self) -> Level {
        let density = self.density(Player::Lead);
        (density != 0.5).then(|| (density * f32::from(MAX_LEVEL)).round() as u8)
    }

    /// The level of Lead's mean pitch: the register of its knob, free in the middle.
    pub fn lead_register(&self) -> Level {
        let register = self.player(Player::Lead).register;
        (register != 0).then(|| (register.clamp(-2, 2) + 2) as u8)
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
            chord_rate: None,
            chromaticism: None,
            mode: None,
            lead_chromaticism: None,
            syncopation: None,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn with_lead(band: f32, own: f32, register: i8) -> Controls {
        let mut controls = Controls { density: band, ..Controls::default() };
        let lead = &mut controls.players[Player::Lead as usize];
        (lead.density, lead.register) = (own, register);
        controls
    }

    #[test]
    fn the_bands_density_scales_the_players_own() {
        let density = |band, own| with_lead(band, own, 0).density(Player::Lead);
        assert_eq!(density(0.5, 0.7), 0.7);
        assert_eq!(density(0.0, 0.7), 0.0);
        assert_eq!(density(1.0, 0.7), 1.0);
    }

    #[test]
    fn knobs_in_the_middle_leave_lead_free_and_the_others_have_a_level() {
        let density = |band, own| with_lead(band, own, 0).lead_density();
        assert_eq!(density(0.5, 0.5), None);
        assert_eq!([0.0, 0.2, 0.51, 0.8, 1.0].map(|own| density(0.5, own)), [0, 1, 2, 3, 4].map(Some));
        assert_eq!(density(0.9, 0.5), Some(4));
        let register = |register| with_lead(0.5, 0.5, register).lead_register();
        assert_eq!([-2, -1, 0, 1, 2].map(register), [Some(0), Some(1), None, Some(3), Some(4)]);
    }
}
