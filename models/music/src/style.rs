//! Styles: the conditions on which the networks are trained, and what the rule-based players make of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::voicing::Texture;

/// The styles, in the order of the networks' vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Style {
    Jazz,
    Pop,
    Folk,
    Classical,
    Baroque,
    Romantic,
    Hymn,
    Game,
    Latin,
    Blues,
    Electronic,
}

impl Style {
    /// Every style, in vocabulary order.
    pub const ALL: [Style; 11] = [
        Style::Jazz,
        Style::Pop,
        Style::Folk,
        Style::Classical,
        Style::Baroque,
        Style::Romantic,
        Style::Hymn,
        Style::Game,
        Style::Latin,
        Style::Blues,
        Style::Electronic,
    ];

    /// The name under which the user and the model cards know the style, in lower case.
    pub fn name(self) -> &'static str {
        ["jazz", "pop", "folk", "classical", "baroque", "romantic", "hymn", "game", "latin", "blues", "electronic"]
            [self as usize]
    }

    /// The style called `name`, in upper or lower case. The error lists the names that are known.
    pub fn from_name(name: &str) -> Result<Self, UnknownStyle> {
        let wanted = name.trim().to_lowercase();
        Style::ALL.into_iter().find(|style| style.name() == wanted).ok_or_else(|| UnknownStyle(name.to_owned()))
    }

    /// How the style spaces its chords.
    pub fn texture(self) -> Texture {
        match self {
            Style::Jazz => Texture::Rootless,
            Style::Classical | Style::Blues => Texture::Shell,
            Style::Pop | Style::Folk | Style::Baroque | Style::Game | Style::Latin | Style::Electronic => {
                Texture::Close
            }
            Style::Romantic => Texture::Wide,
            Style::Hymn => Texture::Chorale,
        }
    }

    /// Whether parallel fifths and octaves are errors in the style.
    pub fn forbids_parallels(self) -> bool {
        matches!(self, Style::Classical | Style::Baroque | Style::Romantic | Style::Hymn)
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name of no style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownStyle(String);

impl fmt::Display for UnknownStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = Style::ALL.iter().map(|style| style.name()).collect();
        write!(f, "there is no style \"{}\"; the styles are {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownStyle {}

impl FromStr for Style {
    type Err = UnknownStyle;

    /// See [`Style::from_name`].
    fn from_str(name: &str) -> Result<Self, UnknownStyle> {
        Self::from_name(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_the_style() {
        for (index, style) in Style::ALL.into_iter().enumerate() {
            assert_eq!(style as usize, index);
            assert_eq!(Style::from_name(style.name()), Ok(style));
        }
        assert_eq!(" Jazz".parse(), Ok(Style::Jazz));
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = Style::from_name("polka").unwrap_err().to_string();
        assert!(
            message.contains("polka") && Style::ALL.iter().all(|style| message.contains(style.name())),
            "{message}"
        );
    }
}
