//! Styles: the musician's word for how a band plays.
//!
//! A style is a file of `models/styles`, and nothing else: what is written there of its music is its [`Character`];
//! what the players strike, they read themselves. Its place among the styles and its identifier are the file's name.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::changes::Changes;
use super::chord::{Chord, Quality};
use super::pitch::ascent;
use super::spot::Spot;
use super::voicing::Texture;

/// The styles, each with its identifier and its file.
macro_rules! styles {
    ($($variant:ident $id:literal $file:literal)+) => {
        /// The styles. Their order is final: automation counts by it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum Style {
            $($variant),+
        }

        impl Style {
            /// Every style, in order.
            pub const ALL: [Style; COUNT] = [$(Style::$variant),+];
        }

        const COUNT: usize = [$($id),+].len();
        const IDS: [&str; COUNT] = [$($id),+];
        const FILES: [&str; COUNT] = [$(include_str!($file)),+];
    };
}

// Written by the build script, from the names of the files.
include!(concat!(env!("OUT_DIR"), "/styles.rs"));

/// Of each style, bars that people played.
const PASSAGES: [Option<&str>; COUNT] = include!(concat!(env!("OUT_DIR"), "/passages.rs"));

/// What a style is like.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Character {
    /// What the musician calls the style.
    pub name: String,
    /// The conditions under which a network plays like it, the nearest first. Networks differ in what they were told;
    /// one that was told of none of these plays as if no style were asked for.
    pub conditions: Vec<String>,
    /// How chords are spaced.
    pub texture: Texture,
    /// Whether parallel fifths and octaves are errors.
    pub strict: bool,
    /// Whether chords that are found by rule have sevenths.
    pub sevenths: bool,
    /// Whether lines pass through notes from outside the key, and lead by them to the next chord.
    pub chromatic: bool,
    /// For the seventh of a dominant on any major chord, as log-odds, as in the blues.
    pub dominants: f32,
    /// How restless the voicing of a chord is that stands.
    pub revoicing: Revoicing,
    /// Where in the bar the harmony likes to move.
    pub harmonic_rhythm: HarmonicRhythm,
    /// How late off-beat eighths come.
    #[serde(default)]
    pub swing: Swing,
    /// How late the sixteenths between eighths come.
    #[serde(default)]
    pub sixteenth_swing: Swing,
    /// What is to be said for each move of the harmony beside what a network says.
    #[serde(default)]
    pub moves: Moves,
    /// How a tune is harmonized that is known as a whole.
    #[serde(default)]
    pub harmonization: Harmonization,
    /// The changes that everybody who plays in the style knows by heart.
    #[serde(default)]
    pub changes: Option<Changes>,
}

/// How much likelier a move from one harmony to another is among people than with a band that goes by its network
/// alone, as log-odds: in its first place by the mode of what stands, major or minor, then by the mode of what comes,
/// then by how many semitones its root lies above. Of none, nothing is to be said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub struct Moves([[[f32; 12]; 2]; 2]);

impl Moves {
    /// What is to be said for the move `from` one chord `to` another.
    pub fn of(&self, from: Chord, to: Chord) -> f32 {
        let [stands, comes] = [from, to].map(|chord| usize::from(chord.quality.is_minor()));
        self.0[stands][comes][usize::from(ascent(from.root, to.root))]
    }

    /// In between: `share` of `other`, 0–1, the rest of these.
    fn blended(mut self, other: &Self, share: f32) -> Self {
        let others = other.0.iter().flatten().flatten();
        self.0.iter_mut().flatten().flatten().zip(others).for_each(|(ours, theirs)| *ours += share * (theirs - *ours));
        self
    }
}

/// What is to be said, beside what a network says that knows the tune as a whole, so that the likeliest harmony is more
/// as people's in a style; in general, if a style says nothing. The likeliest sequence has more of what is common than
/// people have.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Harmonization {
    /// For each change to another harmony; where nothing moves, for another colour of the same.
    pub moves: Moves,
    /// For each quality in each of its beats, in the order of the vocabulary.
    pub qualities: [f32; Quality::ALL.len()],
    /// What is asked for before a chord begins.
    pub rhythm: HarmonicRhythm,
}

impl Default for Harmonization {
    /// In general: a quality gets −⅜ of the logarithm of its share among people's chords (logit adjustment, Menon et
    /// al. 2021).
    fn default() -> Self {
        Self {
            moves: Moves::default(),
            qualities: [0.39, 0.7, 2.39, 2.59, 1.23, 1.33, 0.61, 1.06, 0.78, 1.75, 1.5, 1.7],
            rhythm: HarmonicRhythm::default(),
        }
    }
}

impl Harmonization {
    /// In between: `share` of `other`, 0–1, the rest of this one.
    pub fn blended(mut self, other: &Self, share: f32) -> Self {
        let others = other.qualities.iter();
        self.qualities.iter_mut().zip(others).for_each(|(ours, theirs)| *ours += share * (theirs - *ours));
        let rhythm = self.rhythm.blended(other.rhythm, share);
        Self { moves: self.moves.blended(&other.moves, share), rhythm, ..self }
    }
}

/// How late the second of two equal notes comes: tempi, in quarter notes per minute, ascending, each with a share of a
/// full triplet. Between them it moves evenly, and beyond them it stays. Of none, they are straight.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Swing(Vec<(f32, f32)>);

impl Swing {
    /// The share at `tempo`: 0 straight, 1 a full triplet.
    pub fn at(&self, tempo: f32) -> f32 {
        let above = self.0.iter().position(|(bound, _)| *bound > tempo);
        let (below, above) = match above {
            None => return self.0.last().map_or(0.0, |(_, share)| *share),
            Some(0) => return self.0[0].1,
            Some(above) => (self.0[above - 1], self.0[above]),
        };
        below.1 + (above.1 - below.1) * (tempo - below.0) / (above.0 - below.0)
    }
}

/// The chance that a standing chord is voiced anew, 0–1.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoicing {
    /// As a bar begins.
    pub bar: f32,
    /// At the middle of a bar.
    pub half_bar: f32,
}

/// How much likelier than the standing harmony another one must be to take its place, as log-odds. Less than 0: it
/// moves though what stands is a little likelier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HarmonicRhythm {
    /// Where a bar begins.
    pub bar: f32,
    /// On another strong beat.
    pub strong: f32,
    /// On a weak beat.
    pub weak: f32,
}

impl HarmonicRhythm {
    /// What is asked for at `spot`, where a beat begins.
    pub fn at(self, spot: Spot) -> f32 {
        match (spot.begins_bar(), spot.is_strong()) {
            (true, _) => self.bar,
            (_, true) => self.strong,
            _ => self.weak,
        }
    }

    /// In between: `share` of `other`, 0–1, the rest of this one.
    pub fn blended(self, other: Self, share: f32) -> Self {
        let between = |ours: f32, theirs: f32| ours + share * (theirs - ours);
        Self {
            bar: between(self.bar, other.bar),
            strong: between(self.strong, other.strong),
            weak: between(self.weak, other.weak),
        }
    }
}

/// A style's file, as far as it is read here.
#[derive(Deserialize)]
struct File {
    style: Character,
}

impl Style {
    /// The name under which files, commands and networks know the style, in lower case. Final.
    pub fn id(self) -> &'static str {
        IDS[self as usize]
    }

    /// What the musician calls the style.
    pub fn name(self) -> &'static str {
        &self.character().name
    }

    /// What the style is like. The first call reads the files of all styles: not on the audio thread.
    pub fn character(self) -> &'static Character {
        static CHARACTERS: LazyLock<[Character; COUNT]> =
            LazyLock::new(|| FILES.map(|text| read(text).expect("the tests read the files that ship")));
        &CHARACTERS[self as usize]
    }

    /// The style's file: JSON.
    pub fn file(self) -> &'static str {
        FILES[self as usize]
    }

    /// Bars that people played in the style: `models/passages/ID.json`; `None`: there are none.
    pub fn passages(self) -> Option<&'static str> {
        PASSAGES[self as usize]
    }
}

fn read(text: &str) -> serde_json::Result<Character> {
    serde_json::from_str(text).map(|File { style }| style)
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// What is no style's identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownStyle(String);

impl fmt::Display for UnknownStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no style \"{}\"; the styles are {}", self.0, IDS.join(", "))
    }
}

impl std::error::Error for UnknownStyle {}

impl FromStr for Style {
    type Err = UnknownStyle;

    /// The style with the identifier `id`, in upper or lower case. The error lists those that are known.
    fn from_str(id: &str) -> Result<Self, UnknownStyle> {
        let wanted = id.trim().to_lowercase();
        Style::ALL.into_iter().find(|style| style.id() == wanted).ok_or_else(|| UnknownStyle(id.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_lead_back_to_the_style() {
        for (index, style) in Style::ALL.into_iter().enumerate() {
            assert_eq!(style as usize, index);
            assert_eq!(style.id().parse(), Ok(style));
        }
        assert_eq!(" Jazz".parse(), Ok(Style::Jazz));
    }

    #[test]
    fn an_unknown_identifier_is_answered_with_the_known_ones() {
        let message = "polka".parse::<Style>().unwrap_err().to_string();
        assert!(message.contains("polka") && IDS.iter().all(|id| message.contains(id)), "{message}");
    }

    #[test]
    fn every_file_says_what_its_style_is_like() {
        for (index, style) in Style::ALL.into_iter().enumerate() {
            let character = read(style.file()).unwrap_or_else(|error| panic!("{style}: {error}"));
            let Revoicing { bar, half_bar } = character.revoicing;
            assert!([bar, half_bar].into_iter().all(|chance| (0.0..=1.0).contains(&chance)), "{style}");
            let HarmonicRhythm { bar, strong, weak } = character.harmonic_rhythm;
            assert!([bar, strong, weak].into_iter().all(|hold| (-1.0..=4.0).contains(&hold)), "{style}");
            assert!(character.moves.0.iter().flatten().flatten().all(|odds| odds.abs() <= 1.5), "{style}");
            let Harmonization { moves, qualities, rhythm } = character.harmonization;
            assert!(moves.0.iter().flatten().flatten().all(|odds| odds.abs() <= 3.0), "{style}");
            assert!(qualities.iter().all(|odds| (-1.0..=5.0).contains(odds)), "{style}");
            assert!([rhythm.bar, rhythm.strong, rhythm.weak].iter().all(|asked| asked.abs() <= 3.0), "{style}");
            for Swing(swing) in [&character.swing, &character.sixteenth_swing] {
                assert!(swing.windows(2).all(|pair| pair[0].0 < pair[1].0), "{style}");
                assert!(swing.iter().all(|(_, share)| (0.0..=1.2).contains(share)), "{style}");
            }
            assert!(!character.name.is_empty() && !character.conditions.is_empty(), "{style}");
            let others = &Style::ALL[..index];
            assert!(others.iter().all(|other| other.name() != character.name), "{style} has a name of its own");
        }
    }

    #[test]
    fn jazz_swings_the_less_the_faster_it_is_and_others_not_at_all() {
        let swing = |style: Style, tempo| style.character().swing.at(tempo);
        let of_jazz = [40.0, 100.0, 150.0, 200.0, 250.0, 400.0].map(|tempo| swing(Style::Jazz, tempo));
        assert!(of_jazz.windows(2).all(|pair| pair[0] >= pair[1]), "{of_jazz:?}");
        assert_eq!(of_jazz[0], of_jazz[1]);
        assert_eq!([Style::Bossa, Style::Pop, Style::Hymn].map(|style| swing(style, 120.0)), [0.0; 3]);
    }

    #[test]
    fn a_file_that_says_something_else_is_refused() {
        let text = Style::Jazz.file();
        for (ours, theirs) in
            [("\"strict\"", "\"strikt\""), ("\"rootless\"", "\"rootles\""), ("\"name\"", "\"x\": 1, \"name\"")]
        {
            assert!(text.contains(ours) && read(&text.replacen(ours, theirs, 1)).is_err(), "{theirs}");
        }
    }
}
