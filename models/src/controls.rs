//! What the musician sets: the musical parameters as they stand at the start of a frame.

mod level;
mod morph;
pub mod players;

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::music::{Key, Mode, PitchClassSet, Style};

pub use level::{Level, MAX_LEVEL};

pub use players::{Player, PlayerMap};

/// The lengths of a form, in bars.
pub const FORMS: [u8; 4] = [8, 12, 16, 32];

/// How Chords strikes its chords, whatever the style.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Manner {
    /// Held, and struck anew with each chord.
    Sustained,
    /// Note by note.
    Broken,
    /// Across the strings.
    Strummed,
}

/// When Lead plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LeadMode {
    /// In answer to a phrase, when the musician pauses.
    #[default]
    Answer,
    /// All the time, over the chords.
    Continuous,
    /// In the musician's rests, only as long as they last.
    Fills,
    /// Every other two bars, counted from the beginning of the song; the musician has the first two.
    TradeTwos,
    /// The same with four bars.
    TradeFours,
    /// The same with eight bars.
    TradeEights,
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

/// Every musical parameter, as it stood at the start of a frame. Plain old data: it crosses the ring between threads. A
/// saved one that lacks a value gets its default.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
    /// How many of the chord tones lie outside the key: the tension of the harmony. Voices is diatonic at its lower
    /// levels and chordal at the higher.
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
    /// The scale for `key_lock`, if the musician has drawn one: bit *n* allows the note *n* semitones above the tonic
    /// of `key`, 0–11. Without any bit it is the key's own.
    pub scale: u16,
    /// The channel of the musician's left hand, 0–15; `None`: the hands are told apart by ear.
    pub left_hand: Option<u8>,
    /// For how many frames ahead what is planned is certain, 1–16, unless the musician's left hand says otherwise.
    pub commit: u8,
    /// For how many milliseconds a chord that may begin waits for the musician's note, 0–60.
    pub wait: f32,
    /// Bars of the form that ends with a cadence: 8, 12, 16 or 32; `None`: there is no form.
    pub form: Option<u8>,
    /// Whether the band is to come to an end: a cadence into one of the next barlines, and no further change.
    pub cadence: bool,
    /// How often a cycle of chords may come in a row; 0: as often as it likes.
    pub max_repeats: u8,
    /// How Chords strikes; `None` leaves it to the style.
    pub manner: Option<Manner>,
    /// When Lead plays.
    pub lead_mode: LeadMode,
    /// The chance, 0–1, that Lead takes up the musician's motif.
    pub motif: f32,
    /// The largest leap of Lead in semitones, 2–24.
    pub max_leap: u8,
    /// Whether Lead has only chord tones on strong beats.
    pub strong_tones: bool,
    /// How much the band plays like this musician: from all as in the corpus (0) to all as the musician has played
    /// so far (1).
    pub memory: f32,
    /// Whether the band repeats what it played last, moved to new chords if they come.
    pub freeze: bool,
    /// How much the whole band plays, 0 to 1; 0.5 is usual. Scales the players' own densities.
    pub density: f32,
    /// Chooses among equally good takes. The same seed gives the same take.
    pub seed: u32,
    /// Deviation of timing and loudness, 0 (exactly on the grid) to 1.
    pub humanise: f32,
    /// How late off-beat eighths come: 0 straight, 1 a full triplet.
    pub swing: f32,
    /// The players' settings.
    pub players: PlayerMap<PlayerControls>,
}

impl Controls {
    /// The controls with every value in its range, and what is not a number at its default.
    pub fn sensible(mut self) -> Self {
        let usual = Self::default();
        for (value, range, usual) in [
            (&mut self.style_blend, 0.0..=1.0, usual.style_blend),
            (&mut self.temperature, 0.0..=2.0, usual.temperature),
            (&mut self.follow, 0.0..=1.0, usual.follow),
            (&mut self.density, 0.0..=1.0, usual.density),
            (&mut self.humanise, 0.0..=1.0, usual.humanise),
            (&mut self.swing, 0.0..=1.0, usual.swing),
            (&mut self.wait, 0.0..=60.0, usual.wait),
            (&mut self.motif, 0.0..=1.0, usual.motif),
            (&mut self.memory, 0.0..=1.0, usual.memory),
        ] {
            *value = in_range(*value, range, usual);
        }
        for level in [&mut self.chord_rate, &mut self.chromaticism, &mut self.lead_chromaticism, &mut self.syncopation]
        {
            *level = level.map(|level| level.min(MAX_LEVEL));
        }
        self.key.tonic %= 12;
        self.scale &= 0xfff;
        self.left_hand = self.left_hand.map(|channel| channel & 15);
        self.commit = self.commit.clamp(1, 16);
        self.form = self.form.filter(|bars| FORMS.contains(bars));
        self.max_leap = self.max_leap.clamp(2, 24);
        for (_, player) in self.players.iter_mut() {
            player.density = in_range(player.density, 0.0..=1.0, 0.5);
            player.register = player.register.clamp(-2, 2);
            player.channel &= 15;
        }
        self
    }

    /// The pitch classes that the band may play: those of the lock, or all.
    pub fn allowed(&self) -> PitchClassSet {
        let drawn = u32::from(self.scale & 0xfff) << (self.key.tonic % 12);
        match (self.key_lock, drawn) {
            (false, _) => PitchClassSet::ALL,
            (true, 0) => self.key.locked_scale(),
            (true, drawn) => PitchClassSet::from_bits((drawn | drawn >> 12) as u16),
        }
    }

    /// The settings of `player`.
    pub fn player(&self, player: Player) -> &PlayerControls {
        &self.players[player]
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

/// `value` in `range`, or `usual` if it is not a number.
pub(crate) fn in_range(value: f32, range: RangeInclusive<f32>, usual: f32) -> f32 {
    if value.is_nan() { usual } else { value.clamp(*range.start(), *range.end()) }
}

impl Default for Controls {
    fn default() -> Self {
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
            scale: 0,
            left_hand: None,
            commit: 1,
            wait: 12.0,
            form: None,
            cadence: false,
            max_repeats: 0,
            manner: None,
            lead_mode: LeadMode::Answer,
            motif: 0.3,
            max_leap: 12,
            strong_tones: true,
            memory: 0.0,
            freeze: false,
            density: 0.5,
            seed: 1,
            humanise: 0.3,
            swing: 0.0,
            players: PlayerMap::of(|player| PlayerControls {
                on: true,
                density: 0.5,
                register: 0,
                channel: player.kind().channel,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_lead(band: f32, own: f32, register: i8) -> Controls {
        let mut controls = Controls { density: band, ..Controls::default() };
        let lead = &mut controls.players[Player::Lead];
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
    fn the_lock_is_the_keys_scale_or_the_one_that_was_drawn() {
        let key = Key { tonic: 9, mode: Mode::Minor };
        let controls = Controls { key, scale: 0b0100_1010_1001, ..Controls::default() };
        assert_eq!(controls.allowed(), PitchClassSet::ALL);
        let locked = Controls { key_lock: true, ..controls };
        assert_eq!(locked.allowed(), PitchClassSet::over(9, &[0, 3, 5, 7, 10]));
        assert_eq!(Controls { scale: 0, ..locked }.allowed(), key.locked_scale());
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
