//! A chord symbol as it is written in a chart.

use std::fmt;
use std::str::FromStr;

use crate::chord::UnknownChord;
use crate::pitch::Spelling;
use crate::{Key, SlashChord};

/// A chord symbol: as somebody has written it, and what the band understands by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    written: Box<str>,
    chord: SlashChord,
}

impl Symbol {
    /// The symbol of `chord` as `key` writes it.
    pub fn in_key(chord: SlashChord, key: Key) -> Self {
        Self { written: chord.symbol(key).into(), chord }
    }

    /// The chord that is meant: the nearest of the vocabulary, over its bass.
    pub fn chord(&self) -> SlashChord {
        self.chord
    }

    /// The root, what stands behind it, and the bass behind the last stroke, if there is one: as they are written.
    pub fn parts(&self) -> (Spelling, &str, Option<Spelling>) {
        let bass = self.written.rsplit_once('/').and_then(|(chord, bass)| {
            let (note, "") = Spelling::parse(bass)? else { return None };
            (note.class() == self.chord.bass).then_some((chord, note))
        });
        let (chord, bass) = bass.map_or((&*self.written, None), |(chord, bass)| (chord, Some(bass)));
        let (root, suffix) = Spelling::parse(chord).unwrap_or((Spelling::common(self.chord.chord.root), ""));
        (root, suffix, bass)
    }

    /// As it is written, without spaces.
    pub fn written(&self) -> &str {
        &self.written
    }
}

impl From<SlashChord> for Symbol {
    /// With common spellings.
    fn from(chord: SlashChord) -> Self {
        Self { written: chord.to_string().into(), chord }
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl FromStr for Symbol {
    type Err = UnknownChord;

    /// Reads what [`SlashChord`] reads, but for what a chart is written with: barlines and square brackets.
    fn from_str(text: &str) -> Result<Self, UnknownChord> {
        let written: String = text.chars().filter(|sign| !sign.is_whitespace()).collect();
        let written = written.replace('[', "(").replace(']', ")");
        let chord = written.parse()?;
        Ok(Self { written: written.into(), chord })
    }
}
