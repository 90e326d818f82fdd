//! Lead sheets as gzip JSONL: one piece per line, 24 ticks per quarter note.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, bail};
use continuo_models::music::time::{TICKS_PER_FRAME, frame_of_onset};
use continuo_models::music::{BarPosition, Chord, Frame, Meter, Quality, Style, Tick};
use flate2::read::GzDecoder;
use serde::Deserialize;

/// A note of a melody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// First tick.
    pub onset: Tick,
    /// Ticks; positive.
    pub length: Tick,
    /// MIDI key.
    pub key: u8,
}

impl Note {
    /// The frame to which the onset belongs.
    pub fn frame(&self) -> Frame {
        frame_of_onset(self.onset)
    }
}

/// A melody with the chords that people wrote to it.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Where it comes from.
    pub id: String,
    /// The style, if the vocabulary has it.
    pub style: Option<Style>,
    /// Ascending; no two begin together.
    pub melody: Vec<Note>,
    /// First tick, length and chord (`None`: no chord), ascending.
    pub chords: Vec<(Tick, Tick, Option<Chord>)>,
    /// Barlines, ascending; not empty.
    bars: Vec<Tick>,
    meter: Vec<(Tick, u8, u8)>,
}

#[derive(Deserialize)]
struct Record {
    id: String,
    split: String,
    style: String,
    #[serde(default)]
    meter: Vec<(Tick, u8, u8)>,
    bars: Vec<Tick>,
    melody: Vec<Vec<i64>>,
    chords: Vec<(Tick, Tick, i64, String, i64, serde_json::Value)>,
}

/// Reads the pieces of one split. A line that is not understood is refused by its number.
pub fn read(path: &Path, split: &str) -> Result<Vec<Piece>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut pieces = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(GzDecoder::new(file)).lines()) {
        let place = || format!("{}, line {number}", path.display());
        let line = line.with_context(|| format!("{}: not gzip text", place()))?;
        let record: Record = serde_json::from_str(&line).with_context(|| format!("{}: not a lead sheet", place()))?;
        if record.split == split && !record.melody.is_empty() && !record.bars.is_empty() {
            pieces.push(piece(record).with_context(place)?);
        }
    }
    Ok(pieces)
}

fn piece(record: Record) -> Result<Piece> {
    let mut melody = Vec::with_capacity(record.melody.len());
    for note in &record.melody {
        let &[onset, length, key, ..] = &note[..] else { bail!("a note has fewer than three numbers") };
        if !(0..1 << 40).contains(&onset) || !(1..1 << 40).contains(&length) || !(0..140).contains(&key) {
            bail!("the note {note:?} cannot be");
        }
        // Above the last MIDI key there is room on paper: an octave lower, then.
        let key = if key < 128 { key } else { key - 12 };
        melody.push(Note { onset, length, key: key as u8 });
    }
    melody.sort_by_key(|note| note.onset);
    // Of notes that begin together the last counts.
    melody.reverse();
    melody.dedup_by_key(|note| note.onset);
    melody.reverse();
    let mut chords = Vec::with_capacity(record.chords.len());
    for (onset, length, root, quality, _, _) in record.chords {
        let chord = match root {
            -1 => None,
            0..12 => Some(Chord::new(root as u8, quality_of(&quality)?)),
            _ => bail!("the root {root} cannot be"),
        };
        chords.push((onset, length, chord));
    }
    if !record.bars.is_sorted() {
        bail!("the barlines are not in order");
    }
    Ok(Piece { id: record.id, style: style_of(&record.style), melody, chords, bars: record.bars, meter: record.meter })
}

/// The nearest quality of the vocabulary.
fn quality_of(name: &str) -> Result<Quality> {
    Ok(match name {
        "maj" | "5" | "majb5" => Quality::Major,
        "min" | "minmaj7" => Quality::Minor,
        "dim" => Quality::Diminished,
        "aug" => Quality::Augmented,
        "sus4" | "sus2" | "7sus4" => Quality::Suspended,
        "6" => Quality::Sixth,
        "7" | "aug7" | "7b5" => Quality::Dominant,
        "maj7" | "augmaj7" => Quality::MajorSeventh,
        "min7" => Quality::MinorSeventh,
        "min6" => Quality::MinorSixth,
        "hdim7" => Quality::HalfDiminished,
        "dim7" => Quality::DiminishedSeventh,
        _ => bail!("the chord quality {name:?} is not known"),
    })
}

fn style_of(name: &str) -> Option<Style> {
    let name = match name {
        "ragtime" => "jazz",
        "pop-rock" | "pop-tpa" => "pop",
        "folk-song" | "country" => "folk",
        "march" => "classical",
        "artsong" => "romantic",
        "chorale" => "hymn",
        "electronic-pop" => "electronic",
        name => name,
    };
    Style::ALL.into_iter().find(|style| style.name() == name)
}

impl Piece {
    /// The number of frames until the melody ends.
    pub fn frames(&self) -> Frame {
        let end = self.melody.iter().map(|note| note.onset + note.length).max().unwrap_or(0);
        (end + TICKS_PER_FRAME - 1) / TICKS_PER_FRAME
    }

    /// The bar around `tick`. The barlines count, and the time signature as far as it agrees with them.
    pub fn position(&self, tick: Tick) -> BarPosition {
        let after = self.bars.partition_point(|&bar| bar <= tick);
        let index = after.saturating_sub(1);
        let bar_start = self.bars[index];
        let length = match (self.bars.get(index + 1), index.checked_sub(1)) {
            (Some(next), _) => next - bar_start,
            (None, Some(before)) => bar_start - self.bars[before],
            (None, None) => 96,
        };
        let index = self.meter.partition_point(|&(from, _, _)| from <= tick).saturating_sub(1);
        let written = self.meter.get(index).map(|&(_, numerator, denominator)| Meter { numerator, denominator });
        let meter = written.filter(|meter| meter.bar_ticks() == length).unwrap_or_else(|| by_length(length, written));
        BarPosition { bar_start, meter }.at(tick)
    }

    /// The chord that people wrote for each of the first `frames` frames: the one that sounds a third of the way into
    /// it. Short gaps are filled.
    pub fn chord_frames(&self, frames: Frame) -> Vec<Option<Chord>> {
        const GAP: Tick = 48;
        let frame =
            |tick: Tick| ((tick - 2 + TICKS_PER_FRAME - 1).div_euclid(TICKS_PER_FRAME)).clamp(0, frames) as usize;
        let mut classes = vec![None; frames as usize];
        for (index, &(onset, length, chord)) in self.chords.iter().enumerate() {
            let end = match self.chords.get(index + 1) {
                Some(&(next, _, _)) if next - (onset + length) <= GAP => next,
                _ => onset + length,
            };
            let (first, end) = (frame(onset), frame(end));
            classes[first..end.max(first)].fill(chord);
        }
        classes
    }

    /// The chord at `tick`, and the next different one with its first tick.
    pub fn chords_around(&self, tick: Tick) -> (Option<Chord>, Option<(Tick, Option<Chord>)>) {
        let changes = self.changes();
        let after = changes.partition_point(|&(from, _)| from <= tick);
        (after.checked_sub(1).and_then(|index| changes[index].1), changes.get(after).copied())
    }

    /// The ticks at which the chord becomes another. Long pauses have none.
    fn changes(&self) -> Vec<(Tick, Option<Chord>)> {
        const GAP: Tick = 48;
        let mut changes: Vec<(Tick, Option<Chord>)> = Vec::new();
        for (index, &(onset, length, chord)) in self.chords.iter().enumerate() {
            if changes.last().map_or(chord.is_some(), |&(_, last)| last != chord) {
                changes.push((onset, chord));
            }
            let next = self.chords.get(index + 1).map_or(Tick::MAX, |&(next, _, _)| next);
            if next - (onset + length) > GAP && chord.is_some() {
                changes.push((onset + length, None));
            }
        }
        changes
    }
}

/// A meter for a bar of `ticks`.
fn by_length(ticks: Tick, written: Option<Meter>) -> Meter {
    let eighths = ticks % 24 != 0 || written.is_some_and(Meter::is_compound);
    let (unit, denominator) = match (eighths, ticks % 12, ticks % 6) {
        (false, _, _) => (24, 4),
        (true, 0, _) => (12, 8),
        (true, _, 0) => (6, 16),
        _ => (3, 32),
    };
    Meter { numerator: (ticks / unit).clamp(1, 64) as u8, denominator }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn file(name: &str, lines: &[&str]) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("continuo-corpus-{}-{name}.jsonl.gz", std::process::id()));
        let mut encoder = GzEncoder::new(File::create(&path).unwrap(), Compression::fast());
        encoder.write_all(lines.join("\n").as_bytes()).unwrap();
        encoder.finish().unwrap();
        path
    }

    const GOOD: &str = r#"{"id":"a","split":"valid","style":"jazz","meter":[[0,3,4]],"bars":[0,72],
        "melody":[[0,24,60],[24,12,64,90]],"chords":[[0,72,0,"maj7",0,"Cmaj7"]]}"#;

    #[test]
    fn a_piece_is_read_with_its_bars_and_chords() {
        let path = file("good", &[&GOOD.replace('\n', " ")]);
        let pieces = read(&path, "valid").unwrap();
        assert_eq!(pieces[0].position(80).ticks_into_bar(80), 8);
        assert_eq!(pieces[0].chord_frames(12), vec!["Cmaj7".parse().ok(); 12]);
        assert!(read(&path, "test").unwrap().is_empty());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_malformed_line_is_refused_by_its_number() {
        let bad = GOOD.replace('\n', " ").replace("[0,24,60]", "[0,24,600]");
        for (name, line) in [("json", "{"), ("note", bad.as_str())] {
            let path = file(name, &[&GOOD.replace('\n', " "), line]);
            let problem = format!("{:#}", read(&path, "valid").unwrap_err());
            assert!(problem.contains("line 2"), "{problem}");
            std::fs::remove_file(path).unwrap();
        }
    }
}
