//! The players of the band and what they are: a table. Everything that is there once for each player derives from it.
//!
//! A player is a row here. One that the worker plans also has a file in the improviser, which says how it plays, and a
//! seat in the list of those who play there (`improviser/players/seats.rs`).

use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

/// What a player is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlayerKind {
    /// By which parameters name it. Final.
    pub id: &'static str,
    /// The name that the musician reads.
    pub name: &'static str,
    /// What it does, in the musician's words.
    pub role: &'static str,
    /// The MIDI channel by default, 0–15.
    pub channel: u8,
    /// Whether its keys are pitches. They have a register, keep to the locked scale and go along with the harmony;
    /// those of a percussionist are instruments.
    pub has_pitches: bool,
    /// The MIDI key about which it plays as a rule: pictures show above who plays higher.
    pub home: u8,
    /// Whether the worker plans what it plays; otherwise the callback answers the musician's notes.
    pub is_planned: bool,
    /// Whether it accompanies: where another chord begins than was planned, what it sounds ends.
    pub is_accompaniment: bool,
    /// Whether it strikes in the patterns of a style.
    pub has_patterns: bool,
    /// Its colour: red, green and blue. See `theme.rs` of the panel.
    pub colour: [u8; 3],
    /// Its shape.
    pub mark: Mark,
    /// The General MIDI program that suits, 0–127.
    pub program: u8,
    /// What it sounds like without an instrument behind the plug-in.
    pub timbre: Timbre,
    /// Where it stands then, between left (0) and right (1).
    pub pan: f32,
}

/// The timbres of the built-in sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timbre {
    /// A soft electric piano that dies away.
    Keys,
    /// A reed that holds.
    Reed,
    /// A round bass.
    Bass,
    /// Drums and cymbals, on the keys of General MIDI.
    Kit,
}

/// A shape, so that no meaning rests on colour alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mark {
    /// A circle.
    Circle,
    /// A square.
    Square,
    /// A convex polygon about the origin, to the right and downwards; a circle of radius 1 has about its area.
    Polygon(&'static [(f32, f32)]),
}

macro_rules! players {
    ($($(#[doc = $doc:literal])+ $(#[cfg($cfg:meta)])? $player:ident { $($field:ident: $value:expr),+ $(,)? })+) => {
        /// The players of the band. New ones come last: saved scenes have them in this order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum Player {
            $($(#[doc = $doc])+ $(#[cfg($cfg)])? $player,)+
        }

        impl Player {
            /// Every player, in the order of the table.
            pub const ALL: [Self; Self::COUNT] = [$($(#[cfg($cfg)])? Self::$player),+];
            /// How many there are.
            pub const COUNT: usize = PLAYERS.len();
        }

        const PLAYERS: &[PlayerKind] = &[$($(#[cfg($cfg)])? PlayerKind { $($field: $value),+ }),+];
    };
}

players! {
    /// One to three harmony notes with each note of the musician's lead line, at the same sample.
    Voices {
        id: "voices",
        name: "Voices",
        role: "A harmony note with each note that you play, at the same instant.",
        channel: 1,
        has_pitches: true,
        home: 67,
        is_planned: false,
        is_accompaniment: false,
        has_patterns: false,
        colour: [0x5a, 0xb8, 0xee],
        mark: Mark::Circle,
        program: 48,
        timbre: Timbre::Reed,
        pan: 0.65,
    }
    /// The accompaniment.
    Chords {
        id: "chords",
        name: "Chords",
        role: "The accompaniment: chords under what you play.",
        channel: 2,
        has_pitches: true,
        home: 60,
        is_planned: true,
        is_accompaniment: true,
        has_patterns: true,
        colour: [0xec, 0xa6, 0x2a],
        mark: Mark::Square,
        program: 4,
        timbre: Timbre::Keys,
        pan: 0.35,
    }
    /// The bass line under the chords.
    Bass {
        id: "bass",
        name: "Bass",
        role: "The bass line under the chords.",
        channel: 3,
        has_pitches: true,
        home: 38,
        is_planned: true,
        is_accompaniment: true,
        has_patterns: true,
        colour: [0x2f, 0xc0, 0x95],
        mark: Mark::Polygon(&[(0.0, -1.254), (1.32, 1.03), (-1.32, 1.03)]),
        program: 32,
        timbre: Timbre::Bass,
        pan: 0.5,
    }
    /// Melody, in answer to the musician or all along: see [`LeadMode`](super::LeadMode).
    Lead {
        id: "lead",
        name: "Lead",
        role: "A melody that answers when you pause.",
        channel: 4,
        has_pitches: true,
        home: 72,
        is_planned: true,
        is_accompaniment: false,
        has_patterns: false,
        colour: [0xdd, 0x8f, 0xc0],
        mark: Mark::Polygon(&[(0.0, -1.26), (1.26, 0.0), (0.0, 1.26), (-1.26, 0.0)]),
        program: 11,
        timbre: Timbre::Reed,
        pan: 0.6,
    }
    /// The drummer, who keeps time for them all. What it strikes need not end when the chord turns.
    Drums {
        id: "drums",
        name: "Drums",
        role: "A drummer who keeps time, and marks where sections end.",
        channel: 9,
        has_pitches: false,
        home: 40,
        is_planned: true,
        is_accompaniment: false,
        has_patterns: true,
        colour: [0xe8, 0x7d, 0x54],
        mark: Mark::Polygon(&[(0.0, 1.254), (-1.32, -1.03), (1.32, -1.03)]),
        program: 0,
        timbre: Timbre::Kit,
        pan: 0.5,
    }
    /// For tests: it shows that a player is a row and a file.
    #[cfg(feature = "guest-player")]
    Clave {
        id: "clave",
        name: "Clave",
        role: "A stick on each beat.",
        channel: 10,
        has_pitches: false,
        home: 75,
        is_planned: true,
        is_accompaniment: false,
        has_patterns: false,
        colour: [0xb0, 0x9a, 0xe8],
        mark: Mark::Polygon(&[(0.0, -1.2), (1.1, -0.3), (0.7, 1.0), (-0.7, 1.0), (-1.1, -0.3)]),
        program: 115,
        timbre: Timbre::Keys,
        pan: 0.45,
    }
}

impl Player {
    /// What the player is.
    pub fn kind(self) -> &'static PlayerKind {
        &PLAYERS[self as usize]
    }

    /// The players whose notes the worker plans.
    pub fn planned() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|player| player.kind().is_planned)
    }

    /// The players whose keys are pitches, the highest first.
    pub fn pitched() -> impl Iterator<Item = Self> {
        let mut pitched = Self::ALL;
        pitched.sort_by_key(|player| std::cmp::Reverse(player.kind().home));
        pitched.into_iter().filter(|player| player.kind().has_pitches)
    }

    /// The players who accompany.
    pub fn accompaniment() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|player| player.kind().is_accompaniment)
    }

    /// The player with this id, in upper or lower case; the error lists those that there are.
    ///
    /// # Errors
    /// If nobody has it.
    pub fn from_id(id: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(|player| player.kind().id).join(", ");
        let found = Self::ALL.into_iter().find(|player| player.kind().id.eq_ignore_ascii_case(id.trim()));
        found.ok_or_else(|| format!("there is no player `{id}`; there are {}", known()))
    }
}

/// Something for each player. Saved as a list in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlayerMap<T>([T; Player::COUNT]);

impl<T> PlayerMap<T> {
    /// What `make` makes for each player.
    pub fn of(make: impl FnMut(Player) -> T) -> Self {
        Self(Player::ALL.map(make))
    }

    /// Each player with what is its own, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (Player, &T)> {
        Player::ALL.into_iter().zip(&self.0)
    }

    /// The same, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Player, &mut T)> {
        Player::ALL.into_iter().zip(&mut self.0)
    }
}

impl<T> Index<Player> for PlayerMap<T> {
    type Output = T;

    fn index(&self, player: Player) -> &T {
        &self.0[player as usize]
    }
}

impl<T> IndexMut<Player> for PlayerMap<T> {
    fn index_mut(&mut self, player: Player) -> &mut T {
        &mut self.0[player as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_players_are_taken_for_each_other() {
        let distinct = |of: fn(&PlayerKind) -> String| {
            let all: BTreeSet<String> = Player::ALL.iter().map(|player| of(player.kind())).collect();
            assert_eq!(all.len(), Player::COUNT, "{all:?}");
        };
        distinct(|kind| kind.id.to_owned());
        distinct(|kind| kind.name.to_owned());
        distinct(|kind| kind.channel.to_string());
        distinct(|kind| format!("{:?}", kind.colour));
        distinct(|kind| format!("{:?}", kind.mark));
    }

    #[test]
    fn a_player_is_found_by_its_id_in_any_case_and_others_are_named() {
        for player in Player::ALL {
            assert_eq!(Player::from_id(&player.kind().id.to_uppercase()), Ok(player));
        }
        let error = Player::from_id("kazoo").unwrap_err();
        assert!(error.contains("kazoo") && error.contains("voices, chords"), "{error}");
    }

    #[test]
    fn the_players_of_yesterday_keep_their_places() {
        let map = PlayerMap::of(|player| player.kind().id);
        let saved = serde_json::to_string(&map).unwrap();
        assert!(saved.starts_with(r#"["voices","chords","bass","lead""#), "{saved}");
    }
}
