//! Charts in files: what is in them is read as far as it can be, with a remark on what is not.
//!
//! | ending | what it is | read | written |
//! |---|---|---|---|
//! | `.musicxml`, `.xml` | MusicXML | chord symbols, meters, repeats, endings, section marks | yes |
//! | `.mxl` | the same, compressed | the same | |
//! | `.cho`, `.crd`, `.chopro`, `.chordpro`, `.pro` | ChordPro | chord grids, or chords above words | yes |
//! | `.mid`, `.midi` | MIDI | chord names in texts, or chords that are held, by a left hand above all | |
//! | `.txt` and any other | text, as it is typed | all | yes |

#![forbid(unsafe_code)]

mod bars;
mod chordpro;
#[cfg(test)]
mod fuzz;
mod midi;
mod musicxml;

use std::path::Path;

use continuo_music::Chart;
use continuo_music::chart::{Bar, Content, Origin};

/// What was read from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The chart; its bars say that they come from a file.
    pub chart: Chart,
    /// What of the file is not in it, a line each.
    pub remarks: Vec<String>,
}

/// A kind of file that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As one types it.
    Text,
    /// For programs that write notes.
    MusicXml,
    /// For programs that show songs.
    ChordPro,
}

impl Format {
    /// Every kind.
    pub const ALL: [Format; 3] = [Format::Text, Format::MusicXml, Format::ChordPro];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "Text",
            Format::MusicXml => "MusicXML",
            Format::ChordPro => "ChordPro",
        }
    }

    /// How its files end.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Text => "txt",
            Format::MusicXml => "musicxml",
            Format::ChordPro => "cho",
        }
    }

    /// What stands in a file of `chart`. Where its bars come from and which are locked is not in it.
    pub fn write(self, chart: &Chart) -> String {
        match self {
            Format::Text => chart.to_string(),
            Format::MusicXml => musicxml::write(chart),
            Format::ChordPro => chordpro::write(chart),
        }
    }
}

/// The chart in the file called `name` that holds `bytes`. In a MIDI file what is played on the channel `left_hand`,
/// 0–15, is the left hand of a musician, as is a track of that name: its chords count unless chords are named.
///
/// # Errors
/// If there is none in it, in a line that says why: what follows the file's name in a sentence.
pub fn read(name: &str, bytes: &[u8], left_hand: Option<u8>) -> Result<Found, String> {
    let ending = Path::new(name).extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let text = || String::from_utf8_lossy(bytes);
    let mut found = if bytes.starts_with(b"MThd") || bytes.starts_with(b"RIFF") {
        midi::read(bytes, left_hand)
    } else if bytes.starts_with(b"PK") {
        musicxml::read_compressed(bytes)
    } else {
        match ending.as_str() {
            "musicxml" | "xml" | "mxl" => musicxml::read(&text()),
            "cho" | "crd" | "chopro" | "chordpro" | "pro" => chordpro::read(&text()),
            "mid" | "midi" => midi::read(bytes, left_hand),
            _ if text().trim_start().starts_with("<?xml") => musicxml::read(&text()),
            _ => {
                let (chart, remarks) = Chart::read(&text());
                Ok(Found { chart, remarks: remarks.iter().map(ToString::to_string).collect() })
            }
        }
    }?;
    found.chart = found.chart.sensible();
    let has_chords = |bar: &Bar| matches!(&bar.content, Content::Chords(chords) if !chords.is_empty());
    if !found.chart.bars.iter().any(has_chords) {
        let why = found.remarks.first().map_or_else(String::new, |remark| format!(" ({remark})"));
        return Err(format!("has no chords that can be read{why}"));
    }
    found.chart.bars.iter_mut().for_each(|bar| bar.origin = Origin::File);
    Ok(found)
}

#[cfg(test)]
mod tests;
