//! Lead sheets as gzip JSONL: one piece per line, 24 ticks per quarter note (docs/models.md).

mod stretches;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use continuo_models::files;
use continuo_models::music::time::{TICKS_PER_FRAME, frame_of_onset};
use continuo_models::music::{
    BarPosition, Chord, Frame, Key, Meter, Mode, PitchClass, Quality, SlashChord, Style, Tick,
};
use continuo_options::eval::{LARGEST_CORPUS, Split};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;

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

/// A chord that stands for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First tick.
    pub onset: Tick,
    /// Ticks; not negative.
    pub length: Tick,
    /// `None`: no chord.
    pub chord: Option<SlashChord>,
}

/// A melody with the chords that people wrote to it.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Which piece of its source it is.
    pub id: String,
    /// The name of the file that it was read from, without its endings.
    pub source: String,
    /// Variants of one tune have one group.
    pub group: String,
    /// `None`: its file knows no splits.
    pub split: Option<Split>,
    /// The style, if the vocabulary has it.
    pub style: Option<Style>,
    /// Ascending; no two begin together; not empty.
    pub melody: Vec<Note>,
    /// Ascending.
    pub chords: Vec<Span>,
    /// Whether the chords were guessed from the melody alone, and tell nothing of people.
    pub guessed: bool,
    /// Barlines, ascending; not empty.
    pub bars: Vec<Tick>,
    meter: Vec<(Tick, u8, u8)>,
    /// First tick of each key, ascending.
    keys: Vec<(Tick, Key)>,
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
    meter: Vec<(Tick, u8, u8)>,
    #[serde(default)]
    key: Vec<(Tick, i64, String)>,
    bars: Vec<Tick>,
    melody: Vec<Vec<i64>>,
    #[serde(default)]
    chords: Vec<(Tick, Tick, i64, String, i64, serde_json::Value)>,
    #[serde(default)]
    chords_src: Option<String>,
}

/// The source of chords that a model guessed from the melody alone.
const GUESSED: &str = "hmm";

/// No position or duration of a piece is this large.
const FARTHEST: Tick = 1 << 24;

/// What was read, and what was skipped: one line of text each, with file, line, piece and reason.
#[derive(Clone, Debug)]
pub struct Reading<T> {
    /// What was understood.
    pub found: T,
    /// What was not.
    pub skipped: Vec<String>,
}

impl<T> Reading<T> {
    /// Goes on with what was found.
    ///
    /// # Errors
    /// Those of `next`.
    pub fn and<U>(self, next: impl FnOnce(T) -> Result<U>) -> Result<Reading<U>> {
        Ok(Reading { found: next(self.found)?, skipped: self.skipped })
    }
}

/// Reads the pieces with a melody. A record that is not understood is skipped and named.
///
/// # Errors
/// If nothing in the file is understood.
pub fn read(path: &Path) -> Result<Reading<Vec<Piece>>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let source = name.split('.').next().unwrap_or_default();
    let mut found = Vec::new();
    let skipped = each_record(path, |record: Record| {
        let piece = piece(record, source)?;
        found.extend((!piece.melody.is_empty()).then_some(piece));
        Ok(())
    })?;
    Ok(Reading { found, skipped })
}

/// Takes the record of each line, and says which lines were not understood, and why. Where the file breaks off, what
/// comes before counts.
///
/// # Errors
/// If nothing in the file is understood: no line, or no record.
pub(super) fn each_record<T: DeserializeOwned>(
    path: &Path,
    mut take: impl FnMut(T) -> Result<()>,
) -> Result<Vec<String>> {
    let file = files::open(path, LARGEST_CORPUS).with_context(|| path.display().to_string())?;
    let mut lines = BufReader::new(MultiGzDecoder::new(file));
    let (mut skipped, mut understood) = (Vec::new(), 0);
    for number in 1.. {
        let place = format!("{}, line {number}", path.display());
        let mut line = Vec::new();
        match lines.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) if line.trim_ascii().is_empty() => continue,
            Ok(_) => match record_of(&line).and_then(&mut take) {
                Ok(()) => understood += 1,
                Err(reason) => skipped.push(format!("{place}{}: {reason:#}", name_of(&line))),
            },
            Err(error) => {
                ensure!(number > 1, "{place}: not gzip text: {error}");
                skipped.push(format!("{place}: the file breaks off: {error}"));
                break;
            }
        }
    }
    match skipped.first() {
        Some(first) if understood == 0 => bail!("no record is understood: {first}"),
        _ => Ok(skipped),
    }
}

fn record_of<T: DeserializeOwned>(line: &[u8]) -> Result<T> {
    serde_json::from_slice(line).map_err(|error| {
        // The parser counts lines too, from the one line that it was given.
        let (reason, column) = (error.to_string(), error.column());
        let reason = reason.split(" at line ").next().unwrap_or_default();
        anyhow::anyhow!("not a lead sheet, at column {column}: {reason}")
    })
}

/// Which piece a line is of, as far as it tells.
fn name_of(line: &[u8]) -> String {
    let record: serde_json::Value = serde_json::from_slice(line).unwrap_or_default();
    record.get("id").and_then(serde_json::Value::as_str).map(|id| format!(", {id}")).unwrap_or_default()
}

/// Reads the pieces of `split` from all `files`; those of files that know no splits belong to every one.
///
/// # Errors
/// See [`read`]; also when there is no piece.
pub fn read_split<P: AsRef<Path>>(files: &[P], split: Split) -> Result<Reading<Vec<Piece>>> {
    read_all(files, |own| own.is_none_or(|own| own == split))?.and(|pieces| {
        ensure!(!pieces.is_empty(), "there is no piece with a melody in the split `{split:?}`");
        Ok(pieces)
    })
}

/// Reads the pieces of `files` to learn from, and others to tune on: those of the split `valid`, or every tenth tune
/// where there is none.
///
/// # Errors
/// See [`read`]; also when there are not two pieces.
pub fn read_to_learn<P: AsRef<Path>>(files: &[P]) -> Result<Reading<[Vec<Piece>; 2]>> {
    read_all(files, |own| own != Some(Split::Test))?.and(|pieces| {
        let [train, valid] = to_learn(pieces);
        ensure!(!train.is_empty() && !valid.is_empty(), "there are too few pieces to learn from");
        Ok([train, valid])
    })
}

/// The same of files that are judged on: nothing is learned from those that know no splits, which are judged whole.
/// `None`: so there is too little to learn from.
///
/// # Errors
/// See [`read`].
pub fn read_beside<P: AsRef<Path>>(files: &[P]) -> Result<Reading<Option<[Vec<Piece>; 2]>>> {
    read_all(files, |own| matches!(own, Some(Split::Train | Split::Valid)))?.and(|pieces| {
        let [train, valid] = to_learn(pieces);
        Ok((!train.is_empty() && !valid.is_empty()).then_some([train, valid]))
    })
}

fn to_learn(pieces: Vec<Piece>) -> [Vec<Piece>; 2] {
    let (valid, train): (Vec<_>, Vec<_>) = pieces.into_iter().partition(|piece| piece.split == Some(Split::Valid));
    if valid.is_empty() { hold_out(train) } else { [train, valid] }
}

fn read_all<P: AsRef<Path>>(files: &[P], fits: impl Fn(Option<Split>) -> bool) -> Result<Reading<Vec<Piece>>> {
    let mut all = Reading { found: Vec::new(), skipped: Vec::new() };
    for file in files {
        let reading = read(file.as_ref())?;
        all.found.extend(reading.found.into_iter().filter(|piece| fits(piece.split)));
        all.skipped.extend(reading.skipped);
    }
    Ok(all)
}

/// All groups but every tenth, and those.
fn hold_out(pieces: Vec<Piece>) -> [Vec<Piece>; 2] {
    let groups: BTreeSet<String> = pieces.iter().map(|piece| piece.group.clone()).collect();
    let held: BTreeSet<String> = groups.into_iter().step_by(10).collect();
    let (valid, train) = pieces.into_iter().partition(|piece| held.contains(&piece.group));
    [train, valid]
}

fn piece(record: Record, source: &str) -> Result<Piece> {
    let mut melody = Vec::with_capacity(record.melody.len());
    for note in &record.melody {
        let &[onset, length, key, ..] = &note[..] else { bail!("the note {note:?} has fewer than three numbers") };
        if !(0..FARTHEST).contains(&onset) || !(1..FARTHEST).contains(&length) || !(0..140).contains(&key) {
            bail!("the note {note:?} cannot be: its onset is to be 0 or more, its length 1 or more, its key 0 to 127");
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
    for (onset, length, root, quality, bass, _) in record.chords {
        ensure!(
            (-FARTHEST..FARTHEST).contains(&onset) && (0..FARTHEST).contains(&length),
            "a chord at {onset} that lasts {length} ticks cannot be"
        );
        let chord = match (root, bass) {
            (-1, _) => None,
            (0..12, 0..12) => {
                Some(SlashChord { chord: Chord::new(root as u8, quality_of(&quality)?), bass: bass as PitchClass })
            }
            (0..12, _) => bail!("the bass {bass} cannot be: pitch classes are 0 to 11"),
            _ => bail!("the root {root} cannot be: pitch classes are 0 to 11, and -1 is no chord"),
        };
        chords.push(Span { onset, length, chord });
    }
    ensure!(chords.is_sorted_by_key(|span| span.onset), "the chords are not in order");
    ensure!(!record.bars.is_empty() || melody.is_empty(), "there is no barline");
    ensure!(record.bars.is_sorted_by(|a, b| a < b), "the barlines are not in order");
    ensure!(record.bars.iter().all(|bar| (-FARTHEST..FARTHEST).contains(bar)), "a barline cannot be there");
    Ok(Piece {
        group: record.group.unwrap_or_else(|| record.id.clone()),
        id: record.id,
        source: source.to_owned(),
        split: record.split,
        style: style_of(&record.style),
        melody,
        chords,
        guessed: record.chords_src.as_deref() == Some(GUESSED),
        bars: record.bars,
        meter: record.meter,
        keys: record.key.into_iter().map(key_of).collect::<Result<_>>()?,
    })
}

fn key_of((tick, tonic, mode): (Tick, i64, String)) -> Result<(Tick, Key)> {
    ensure!((0..12).contains(&tonic), "the tonic {tonic} cannot be: pitch classes are 0 to 11");
    let mode = match mode.as_str() {
        "maj" => Mode::Major,
        "min" => Mode::Minor,
        _ => bail!("the mode {mode:?} is neither maj nor min"),
    };
    Ok((tick, Key { tonic: tonic as PitchClass, mode }))
}

/// The nearest quality of the vocabulary.
pub(super) fn quality_of(name: &str) -> Result<Quality> {
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

pub(super) fn style_of(name: &str) -> Option<Style> {
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
    name.parse().ok()
}

/// Pauses between chords up to here are filled.
const GAP: Tick = 48;

impl Piece {
    /// The number of frames until the melody ends.
    pub fn frames(&self) -> Frame {
        let end = self.melody.iter().map(|note| note.onset + note.length).max().unwrap_or(0);
        (end + TICKS_PER_FRAME - 1) / TICKS_PER_FRAME
    }

    /// Whether people wrote chords to the melody.
    pub fn has_human_chords(&self) -> bool {
        !self.guessed && self.chords.iter().any(|span| span.chord.is_some() && span.length > 0)
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

    /// The key at `tick`, as far as the piece tells.
    pub fn key_at(&self, tick: Tick) -> Option<Key> {
        let index = self.keys.partition_point(|&(from, _)| from <= tick).saturating_sub(1);
        self.keys.get(index).map(|&(_, key)| key)
    }

    /// The same piece with the notes of its melody that begin at `from` or later moved by `semitones`.
    pub fn moved(&self, from: Tick, semitones: i32) -> Self {
        let mut piece = self.clone();
        for note in piece.melody.iter_mut().filter(|note| note.onset >= from) {
            let key = i32::from(note.key) + semitones;
            note.key = (if (0..128).contains(&key) { key } else { key - 12 * semitones.signum() }) as u8;
        }
        piece
    }

    /// The chord that people wrote for each of the first `frames` frames: the one that sounds a third of the way into
    /// it. Short gaps are filled.
    pub fn chord_frames(&self, frames: Frame) -> Vec<Option<SlashChord>> {
        let frame =
            |tick: Tick| ((tick - 2 + TICKS_PER_FRAME - 1).div_euclid(TICKS_PER_FRAME)).clamp(0, frames) as usize;
        let mut chords = vec![None; frames as usize];
        for (index, span) in self.chords.iter().enumerate() {
            let end = match self.chords.get(index + 1) {
                Some(next) if next.onset - (span.onset + span.length) <= GAP => next.onset,
                _ => span.onset + span.length,
            };
            let (first, end) = (frame(span.onset), frame(end));
            chords[first..end.max(first)].fill(span.chord);
        }
        chords
    }

    /// The ticks at which the chord becomes another. Long pauses have none.
    pub fn changes(&self) -> Changes {
        let mut changes: Vec<(Tick, Option<Chord>)> = Vec::new();
        for (index, span) in self.chords.iter().enumerate() {
            let (chord, end) = (span.chord.map(|slash| slash.chord), span.onset + span.length);
            if changes.last().map_or(chord.is_some(), |&(_, last)| last != chord) {
                changes.push((span.onset, chord));
            }
            let next = self.chords.get(index + 1).map_or(4 * FARTHEST, |next| next.onset);
            if next - end > GAP && chord.is_some() {
                changes.push((end, None));
            }
        }
        Changes(changes)
    }
}

/// The ticks at which the chord becomes another, ascending, and what it becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes(Vec<(Tick, Option<Chord>)>);

impl Changes {
    /// The chord at `tick`, and the next different one with its first tick.
    pub fn around(&self, tick: Tick) -> (Option<Chord>, Option<(Tick, Option<Chord>)>) {
        let after = self.0.partition_point(|&(from, _)| from <= tick);
        (after.checked_sub(1).and_then(|index| self.0[index].1), self.0.get(after).copied())
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
pub(super) mod tests {
    use std::io::Write;
    use std::path::PathBuf;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    /// A piece in 4/4 and C major of (onset, length, key) and (onset, length, chord symbol).
    pub fn made_up(id: &str, melody: &[(Tick, Tick, u8)], chords: &[(Tick, Tick, &str)]) -> Piece {
        let end = melody.iter().map(|note| note.0 + note.1).max().unwrap_or(0);
        let chord = |symbol: &str| symbol.parse().ok().map(|chord: Chord| SlashChord::from(chord));
        Piece {
            id: id.into(),
            source: "made-up".into(),
            group: id.into(),
            split: None,
            style: Some(Style::Pop),
            melody: melody.iter().map(|&(onset, length, key)| Note { onset, length, key }).collect(),
            chords: chords
                .iter()
                .map(|&(onset, length, symbol)| Span { onset, length, chord: chord(symbol) })
                .collect(),
            guessed: false,
            bars: (0..=end / 96).map(|bar| 96 * bar).collect(),
            meter: vec![(0, 4, 4)],
            keys: vec![(0, Key::major(0))],
        }
    }

    fn file(name: &str, lines: &[&str]) -> PathBuf {
        written(name, lines.join("\n").as_bytes())
    }

    fn written(name: &str, text: &[u8]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("continuo-{name}-{}.jsonl.gz", std::process::id()));
        let mut encoder = GzEncoder::new(std::fs::File::create(&path).unwrap(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap();
        path
    }

    fn good() -> String {
        let head = r#"{"id":"a","split":"valid","style":"jazz","meter":[[0,3,4]],"bars":[0,72],"key":[[0,9,"min"]],"#;
        let music = r#""melody":[[0,24,60],[24,12,64,90]],"chords":[[0,72,0,"maj7",4,"Cmaj7/E"]]}"#;
        format!("{head}{music}")
    }

    #[test]
    fn a_piece_is_read_with_its_bars_chords_and_key() {
        let path = file("good", &[&good()]);
        let pieces = read(&path).unwrap().found;
        let piece = &pieces[0];
        assert_eq!(piece.position(80).ticks_into_bar(80), 8);
        let chord = "Cmaj7".parse().ok().map(|chord| SlashChord { chord, bass: 4 });
        assert_eq!(piece.chord_frames(12), vec![chord; 12]);
        assert_eq!((piece.split, piece.key_at(50)), (Some(Split::Valid), Some(Key::minor(9))));
        assert!(read_split(&[&path], Split::Test).is_err());
        assert_eq!(read_split(&[&path], Split::Valid).unwrap().found.len(), 1);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn chords_that_a_model_guessed_are_not_those_of_people() {
        let of = |source: &str| {
            let line = good().replace("\"bars\"", &format!("\"chords_src\":\"{source}\",\"bars\""));
            let path = file(source, &[&line]);
            let piece = read(&path).unwrap().found.remove(0);
            std::fs::remove_file(path).unwrap();
            piece.has_human_chords()
        };
        assert_eq!(["symbols", "hmm"].map(of), [true, false]);
        assert!(!made_up("a", &[(0, 24, 60)], &[]).has_human_chords());
    }

    #[test]
    fn a_file_without_splits_is_taken_whole() {
        let path = file("whole", &[&good().replace(r#""split":"valid","#, "")]);
        for split in [Split::Train, Split::Valid, Split::Test] {
            assert_eq!(read_split(&[&path], split).unwrap().found.len(), 1);
        }
        assert!(read_beside(&[&path]).unwrap().found.is_none(), "who learns from it cannot be judged on it");
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn without_a_split_to_tune_on_every_tenth_tune_is_held_out() {
        let lines: Vec<String> = (0..20)
            .map(|n| good().replace(r#""split":"valid","#, "").replace(r#""id":"a""#, &format!(r#""id":"{n}""#)))
            .collect();
        let path = file("learn", &lines.iter().map(String::as_str).collect::<Vec<_>>());
        let [train, valid] = read_to_learn(&[&path]).unwrap().found;
        assert_eq!((train.len(), valid.len()), (18, 2));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_malformed_line_is_named_by_file_number_and_reason_and_costs_no_other() {
        let (good, name) = (good(), format!("bad-{}", std::process::id()));
        for (from, to, reason) in [
            (good.as_str(), "{", "EOF while parsing"),
            ("[0,24,60]", "[0,24,600]", "the note [0, 24, 600] cannot be"),
            ("[0,24,60]", "[0,24]", "fewer than three numbers"),
            ("\"maj7\"", "\"power\"", "the chord quality \"power\" is not known"),
            ("\"maj7\",4", "\"maj7\",12", "the bass 12 cannot be"),
            ("\"bars\":[0,72]", "\"bars\":[72,0]", "the barlines are not in order"),
            ("valid", "dev", "unknown variant `dev`"),
            ("\"bars\":[0,72],", "", "missing field `bars`"),
            ("[[0,3,4]]", "[[0,4,512]]", "integer `512`"),
            ("[0,24,60]", "[99999999,24,60]", "the note [99999999, 24, 60] cannot be"),
        ] {
            let path = file(&name, &[&good, &good.replace(from, to), "", &good]);
            let reading = read(&path).unwrap();
            let [problem] = &reading.skipped[..] else { panic!("{:?}", reading.skipped) };
            assert!(problem.contains("line 2") && problem.contains(&name) && problem.contains(reason), "{problem}");
            assert_eq!(problem.contains(", a: "), to != "{", "{problem}");
            assert_eq!(reading.found.len(), 2);
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn a_file_in_which_nothing_is_understood_is_refused() {
        let name = format!("nothing-{}", std::process::id());
        let path = file(&name, &["{", &good().replace("maj7", "power")]);
        let problem = format!("{:#}", read(&path).unwrap_err());
        assert!(problem.contains("no record is understood") && problem.contains("line 1"), "{problem}");
        std::fs::write(&path, "no gzip").unwrap();
        let problem = format!("{:#}", read(&path).unwrap_err());
        assert!(problem.contains("line 1: not gzip text"), "{problem}");
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn of_a_file_that_breaks_off_the_lines_before_are_read() {
        let line = |number: u64| {
            good().replace(r#""id":"a""#, &format!(r#""id":"{number} {:x}""#, number.pow(7) * 2654435761))
        };
        let path = file("cut", &(0..400).map(line).collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>());
        let data = std::fs::read(&path).unwrap();
        std::fs::write(&path, &data[..data.len() / 2]).unwrap();
        let reading = read(&path).unwrap();
        assert!((1..400).contains(&reading.found.len()), "{}", reading.found.len());
        assert!(matches!(&reading.skipped[..], [end] if end.contains("the file breaks off")), "{:?}", reading.skipped);
        std::fs::remove_file(path).unwrap();
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_line_the_others_are_read(bytes in line_of_anything()) {
            let lines = [good().into_bytes(), bytes.clone(), good().replace(r#""id":"a""#, r#""id":"b""#).into_bytes()];
            let path = written("any", &lines.join(&b'\n'));
            let reading = read(&path).unwrap();
            std::fs::remove_file(path).unwrap();
            let ids: Vec<&str> = reading.found.iter().map(|piece| piece.id.as_str()).collect();
            prop_assert!(ids.first() == Some(&"a") && ids.last() == Some(&"b"), "{:?}", ids);
            prop_assert!(reading.skipped.iter().all(|skipped| skipped.contains("line 2")), "{:?}", reading.skipped);
            let json = serde_json::from_slice::<serde_json::Value>(&bytes).is_ok();
            let named = reading.skipped.len() + ids.len() - 2;
            prop_assert!(named <= 1);
            prop_assert!(json || bytes.trim_ascii().is_empty() || named == 1, "{:?}", reading.skipped);
        }
    }

    /// A line of noise, or a good one with some bytes replaced.
    fn line_of_anything() -> impl Strategy<Value = Vec<u8>> {
        let good = good().into_bytes();
        let replaced = (0..good.len(), 0..8_usize, proptest::collection::vec(any::<u8>(), 0..8)).prop_map(
            move |(from, length, by)| {
                let mut line = good.clone();
                let until = (from + length).min(line.len());
                line.splice(from..until, by);
                line
            },
        );
        prop_oneof![proptest::collection::vec(any::<u8>(), 0..200), replaced]
            .prop_map(|line| line.into_iter().filter(|byte| *byte != b'\n').collect())
    }

    #[test]
    fn a_moved_melody_keeps_its_beginning() {
        let piece = made_up("a", &[(0, 24, 60), (24, 24, 62), (48, 24, 125)], &[]);
        let keys: Vec<u8> = piece.moved(24, 6).melody.iter().map(|note| note.key).collect();
        assert_eq!(keys, [60, 68, 119]);
    }
}
