//! The bars of a corpus on the grid: drums as they are written or were played, and what comping and bass are to the
//! chords.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use continuo_models::music::texture::{Cell, EARLY, Feel, Grid, Measure, Part, snapped};
use continuo_models::music::{Meter, Style, Tick};
use continuo_options::eval::Split;
use serde::Deserialize;

use super::hands::{self, Chorded};
use crate::eval::corpus::{Reading, each_record, quality_of, style_of};

/// The file whose record is in which ticks says so; else these to the quarter note.
const TICKS: f64 = 24.0;
/// General MIDI keys of each drum of the grid, and those on which *groove* was played.
const KEYS: [&[u8]; 9] = [
    &[35, 36],
    &[37, 38, 39, 40],
    &[22, 42, 44],
    &[26, 46],
    &[41, 43, 58],
    &[45, 47],
    &[48, 50],
    &[49, 52, 55, 57],
    &[51, 53, 59],
];

/// A note of a part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// First tick.
    pub onset: f64,
    /// Ticks.
    pub length: f64,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity; 0 where it is not known.
    pub velocity: u8,
}

/// A bar that people played, or what a system made of its place.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Bars since the beginning of the piece.
    pub number: usize,
    /// What kind of bar.
    pub measure: Measure,
    /// What each part strikes; `None`: it rests, or it is not known.
    pub parts: [Option<Grid>; 3],
    /// The slots at which chords begin, a bit each.
    pub changes: u32,
    /// Those at which the melody strikes.
    pub hand: u32,
    /// Those at which it did in the bar before.
    pub hand_before: u32,
    /// Whether a section ends with it.
    pub is_end: bool,
}

/// A piece with its bars.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Which piece of its source it is.
    pub id: String,
    /// The name of the file that it was read from, without its endings.
    pub source: String,
    /// Variants of one tune, or takes of one session, have one group.
    pub group: String,
    /// `None`: its file knows no splits.
    pub split: Option<Split>,
    /// The style.
    pub style: Style,
    /// Quarter notes per minute, if it is known.
    pub tempo: Option<f32>,
    /// In order; bars of meters that the grid does not have are left out.
    pub bars: Vec<Bar>,
}

#[derive(Deserialize)]
struct Record {
    id: String,
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    split: Option<Split>,
    #[serde(default)]
    style: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    ticks: Option<f64>,
    #[serde(default)]
    tempo: Option<f32>,
    #[serde(default)]
    meter: Vec<(Tick, u8, u8)>,
    bars: Vec<Tick>,
    #[serde(default)]
    melody: Vec<Vec<f64>>,
    #[serde(default)]
    chords: Vec<(f64, f64, i64, String, i64, serde_json::Value)>,
    #[serde(default)]
    parts: BTreeMap<String, Vec<Vec<f64>>>,
}

/// Reads the pieces that have drums, comping or a bass. A record that is not understood is skipped and named.
///
/// # Errors
/// If nothing in the file is understood.
pub fn read(path: &Path) -> Result<Reading<Vec<Piece>>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let source = name.split('.').next().unwrap_or_default();
    let mut found = Vec::new();
    let skipped = each_record(path, |record: Record| {
        found.extend(piece(record, source)?);
        Ok(())
    })?;
    Ok(Reading { found, skipped })
}

fn notes(written: &[Vec<f64>], scale: f64) -> Result<Vec<Note>> {
    let note = |note: &Vec<f64>| {
        let [onset, length, key, ref rest @ ..] = note[..] else {
            bail!("the note {note:?} has fewer than three numbers")
        };
        ensure!((0.0..128.0).contains(&key) && length.is_finite() && onset.is_finite(), "the note {note:?} cannot be");
        let velocity = rest.first().copied().unwrap_or(0.0) as u8;
        Ok(Note { onset: onset * scale, length: length * scale, key: key as u8, velocity })
    };
    let mut notes = written.iter().map(note).collect::<Result<Vec<_>>>()?;
    notes.sort_by(|one, other| one.onset.total_cmp(&other.onset).then(one.key.cmp(&other.key)));
    Ok(notes)
}

/// The notes that begin in a bar from `start`, early ones too, with their onsets counted from it.
pub fn inside(notes: &[Note], start: f64, measure: Measure) -> Vec<Note> {
    let end = start + measure.ticks() as f64 - EARLY;
    let [first, last] = [start - EARLY, end].map(|edge| notes.partition_point(|note| note.onset < edge));
    notes[first..last].iter().map(|note| Note { onset: note.onset - start, ..*note }).collect()
}

fn piece(record: Record, source: &str) -> Result<Option<Piece>> {
    let Some(style) = style_of(&record.style) else { return Ok(None) };
    let scale = TICKS / record.ticks.unwrap_or(TICKS);
    let melody = notes(&record.melody, scale)?;
    let parts: BTreeMap<String, Vec<Note>> =
        record.parts.iter().map(|(name, part)| Ok((name.clone(), notes(part, scale)?))).collect::<Result<_>>()?;
    let chords = (record.chords.iter())
        .map(|&(onset, length, root, ref quality, bass, _)| {
            let chord =
                if root < 0 { None } else { Some((root as u8 % 12, quality_of(quality)?, bass.max(0) as u8 % 12)) };
            Ok(Chorded { onset: onset * scale, end: (onset + length) * scale, chord })
        })
        .collect::<Result<Vec<_>>>()?;
    let measures = measures(&record, scale);
    let (comping, bass) = hands::who_accompanies(source, &parts, &melody, &chords, &measures);
    let none = Vec::new();
    let drums = parts.get("drums").unwrap_or(&none);
    let fills = record.tags.iter().any(|tag| tag == "fill");
    let last = measures.len().saturating_sub(1);
    let hand = |index: usize| measures.get(index).map_or(0, |&(start, measure)| onsets(&melody, start, measure));
    let bars = measures.iter().enumerate().map(|(number, &(start, measure))| {
        let places = hands::places(&chords, start, measure);
        let of = |notes: &[Note], grid: hands::Read| {
            let inside = inside(notes, start, measure);
            (!inside.is_empty() && !places.is_empty()).then(|| grid(&inside, &places, start, measure, notes)).flatten()
        };
        Bar {
            number,
            measure,
            parts: [
                drum_grid(&inside(drums, start, measure), measure),
                of(&comping, hands::comping),
                of(&bass, hands::bass),
            ],
            changes: hands::changes(&places, start, measure),
            hand: hand(number),
            hand_before: number.checked_sub(1).map_or(0, hand),
            is_end: fills || number == last && last > 0,
        }
    });
    let bars: Vec<Bar> = bars.filter(|bar| bar.parts.iter().any(Option::is_some)).collect();
    let group = record.group.unwrap_or_else(|| record.id.clone());
    let piece = Piece {
        id: record.id,
        source: source.to_owned(),
        group,
        split: record.split,
        style,
        tempo: record.tempo,
        bars,
    };
    Ok((!piece.bars.is_empty()).then_some(piece))
}

/// First tick and measure of each bar that the grid has; two bars of 2/4 or 3/8 are one, one of 6/4 or 12/8 is two.
fn measures(record: &Record, scale: f64) -> Vec<(f64, Measure)> {
    let meter_at = |tick: Tick| {
        let index = record.meter.partition_point(|&(from, _, _)| from <= tick).saturating_sub(1);
        let written = record.meter.get(index).map(|&(_, numerator, denominator)| Meter { numerator, denominator });
        written.unwrap_or_default()
    };
    let length = |index: usize| {
        let bar = record.bars[index];
        let next = record.bars.get(index + 1).map(|next| (next - bar) as f64 * scale);
        next.unwrap_or(meter_at(bar).bar_ticks() as f64).round() as Tick
    };
    let (mut found, mut index) = (Vec::new(), 0);
    while index < record.bars.len() {
        let (start, ticks) = (record.bars[index] as f64 * scale, length(index));
        let triple = if meter_at(record.bars[index]).is_compound() { Measure::Compound } else { Measure::Three };
        match ticks {
            96 => found.push((start, Measure::Four)),
            72 => found.push((start, triple)),
            144 => found.extend([(start, triple), (start + 72.0, triple)]),
            48 | 36 if index + 1 < record.bars.len() && length(index + 1) == ticks => {
                found.push((start, if ticks == 48 { Measure::Four } else { Measure::Compound }));
                index += 1;
            }
            _ => {}
        }
        index += 1;
    }
    found
}

/// The slots of the notes that begin in a bar.
fn onsets(notes: &[Note], start: f64, measure: Measure) -> u32 {
    let ticks: Vec<f64> = inside(notes, start, measure).iter().map(|note| note.onset).collect();
    snapped(measure, &ticks).places.iter().fold(0, |slots, (slot, _)| slots | 1 << slot)
}

/// A bar of drums; `None` if nothing is struck. Of two strokes in a cell the louder stays.
fn drum_grid(strokes: &[Note], measure: Measure) -> Option<Grid> {
    let row = |key: u8| KEYS.iter().position(|keys| keys.contains(&key));
    let mut strokes: Vec<(Note, usize)> = strokes.iter().filter_map(|note| Some((*note, row(note.key)?))).collect();
    strokes.sort_by_key(|(note, _)| std::cmp::Reverse(note.velocity));
    let ticks: Vec<f64> = strokes.iter().map(|(note, _)| note.onset).collect();
    let on_grid = snapped(measure, &ticks);
    let mut grid = Grid::silent(measure);
    grid.swing = on_grid.swing;
    for ((note, row), (slot, offset)) in strokes.into_iter().zip(on_grid.places) {
        grid.strike(Cell { slot, row }, Feel { velocity: f32::from(note.velocity) / 127.0, offset, length: 0.0 });
    }
    (!grid.hits().is_empty()).then_some(grid)
}

/// The part that a note of a bar is of, by its place in [`Bar::parts`].
pub fn slots(bar: &Bar, part: Part) -> u32 {
    bar.parts[part as usize].as_ref().map_or(0, |grid| grid.cells().slots())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A record of bars of so many ticks, in C major throughout.
    fn record(ticks: &[Tick], meter: Value, parts: Value) -> Value {
        let bars: Vec<Tick> = ticks.iter().scan(0, |end, ticks| Some(std::mem::replace(end, *end + ticks))).collect();
        let end: Tick = ticks.iter().sum();
        json!({
            "id": "a song", "style": "pop", "meter": meter, "bars": bars,
            "chords": [[0, end, 0, "maj", 0, "C"]], "parts": parts,
        })
    }

    fn read_as(source: &str, record: Value) -> Result<Option<Piece>> {
        piece(serde_json::from_value(record)?, source)
    }

    fn rows(grid: &Grid, part: Part) -> Vec<(usize, &'static str)> {
        grid.hits().iter().map(|(cell, _)| (cell.slot, part.rows()[cell.row])).collect()
    }

    #[test]
    fn drums_are_read_in_the_ticks_of_their_file_and_of_two_in_a_cell_the_louder_stays() {
        let strokes = json!({ "drums": [[0, 9, 36, 100], [2, 9, 35, 40], [480, 9, 38, 90], [485, 9, 54, 90]] });
        let mut made = record(&[96], json!([[0, 4, 4]]), strokes);
        (made["ticks"], made["bars"]) = (json!(480), json!([0]));
        let piece = read_as("groove", made).unwrap().unwrap();
        let drums = piece.bars[0].parts[Part::Drums as usize].as_ref().unwrap();
        assert_eq!(rows(drums, Part::Drums), [(0, "kick"), (6, "snare")], "a tambourine has no row");
        assert_eq!(drums.hits()[0].1.velocity, 100.0 / 127.0);
    }

    #[test]
    fn a_piano_is_comping_and_a_bass_over_its_chords() {
        let piano = json!({ "PIANO": [
            [0, 24, 36, 80], [24, 24, 60, 60], [24, 24, 64, 60], [48, 24, 43, 80], [72, 24, 60, 60], [72, 24, 64, 60],
        ] });
        let piece = read_as("pop909", record(&[96], json!([[0, 4, 4]]), piano)).unwrap().unwrap();
        let [_, chords, bass] = &piece.bars[0].parts;
        let chords = rows(chords.as_ref().unwrap(), Part::Chords);
        assert_eq!(chords, [(0, "low"), (6, "upper"), (12, "step 1"), (18, "upper")]);
        assert_eq!(rows(bass.as_ref().unwrap(), Part::Bass)[..2], [(0, "root"), (12, "fifth")]);
        assert_eq!(piece.bars[0].changes, 1);
    }

    #[test]
    fn short_bars_are_joined_long_ones_parted_and_odd_ones_left_out() {
        let meter = json!([[0, 2, 4], [96, 6, 4], [240, 7, 8], [324, 6, 8]]);
        let strokes: Vec<Value> = (0..33).map(|twelfth| json!([12 * twelfth, 6, 36, 90])).collect();
        let made = record(&[48, 48, 144, 84, 72], meter, json!({ "drums": strokes }));
        let bars = read_as("groove", made).unwrap().unwrap().bars;
        let measures: Vec<Measure> = bars.iter().map(|bar| bar.measure).collect();
        assert_eq!(measures, [Measure::Four, Measure::Three, Measure::Three, Measure::Compound]);
        assert_eq!(bars.iter().map(|bar| bar.is_end).collect::<Vec<_>>(), [false, false, false, true]);
    }

    #[test]
    fn a_bar_without_a_chord_has_no_hands_and_a_fill_ends_its_section() {
        let parts = json!({ "PIANO": [[0, 24, 48, 80], [0, 24, 52, 80]], "drums": [[0, 6, 36, 90], [96, 6, 36, 90]] });
        let mut made = record(&[96, 96], json!([[0, 4, 4]]), parts);
        (made["chords"], made["tags"]) = (json!([[0, 48, -1, "N", -1, "N"]]), json!(["fill"]));
        let piece = read_as("pop909", made).unwrap().unwrap();
        assert!(piece.bars.iter().all(|bar| bar.is_end && bar.parts[Part::Chords as usize].is_none()));
    }

    #[test]
    fn what_is_not_understood_is_told_and_an_unknown_style_is_none_of_ours() {
        let mut made = record(&[96], json!([[0, 4, 4]]), json!({ "drums": [[0, 6]] }));
        let told = read_as("groove", made.clone()).unwrap_err().to_string();
        assert!(told.contains("fewer than three numbers"), "{told}");
        made["style"] = json!("polka");
        assert!(read_as("groove", made).unwrap().is_none());
    }
}
