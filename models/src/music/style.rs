//! Styles: the conditions on which the networks are trained.

use serde::{Deserialize, Serialize};

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
}
