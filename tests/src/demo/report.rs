//! What a demo run says about itself, for people and for programs.

use std::fmt::{self, Write};

use continuo_models::music::Key;
use serde::Serialize;

use super::latency::{Live, Row};
use super::settings::Settings;
use crate::lead_sheet::{Column, table};

/// The report of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of the plug-in.
    pub version: &'static str,
    /// How the performances were played.
    pub method: String,
    /// One for each performance.
    pub performances: Vec<Summary>,
    /// The latency table, measured with the first performance.
    pub latency: Vec<Row>,
    /// The beginning of the first performance in real time.
    pub live: Live,
}

/// What came of one performance.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Its name, after which its folder is called.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Quarter notes per minute at the beginning.
    pub tempo: f64,
    /// Whether the tempo changes later on.
    pub tempo_changes: bool,
    /// The meters, and the bars from which on they stand.
    pub meters: Vec<String>,
    /// The key at the beginning: named by the file, else the one that its notes suggest.
    pub key: Key,
    /// What the band was set to.
    pub settings: Settings,
    /// What the file has that was not played, and what is wrong with it.
    pub remarks: Vec<String>,
    /// Bars of the performance: those of the piece, and one more for the band's last word.
    pub bars: usize,
    /// Chord symbols with Roman numerals in the order in which they sounded.
    pub chords: Vec<String>,
    /// Charts beside each other: those of people, and what the band played, time by time.
    pub charts: Vec<Column>,
    /// How many different chords there were.
    pub different_chords: usize,
    /// Chord changes per bar.
    pub chords_per_bar: f64,
    /// You, then the players.
    pub parts: Vec<PartSummary>,
    /// Plans that had not arrived when they were needed.
    pub misses: u64,
    /// Notes of the musician that did not come back at their very sample.
    pub late_echoes: usize,
    /// Note-ons without note-off, and the like.
    pub mismatches: usize,
    /// SHA-256 over every note-on and note-off with its song position: equal takes have equal hashes.
    pub hash: String,
    /// Seconds of music.
    pub seconds: f64,
    /// Seconds of music that were played in one second.
    pub real_time_factor: f64,
}

/// What one part played.
#[derive(Clone, Debug, Serialize)]
pub struct PartSummary {
    /// Who.
    pub name: &'static str,
    /// Notes played.
    pub notes: usize,
    /// Share of the sounding time in which the note is in the chord, 0–1; nothing for one who was silent.
    pub chord_tones: Option<f64>,
    /// Lowest and highest note, by name.
    pub range: Option<(String, String)>,
    /// Quietest and loudest velocity.
    pub velocities: Option<(u8, u8)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Continuo {}. {}", self.version, self.method)?;
        for summary in &self.performances {
            write!(f, "\n{summary}")?;
        }
        writeln!(f, "\nLatency in samples ({})", self.performances.first().map_or("", |first| &first.title))?;
        writeln!(f, "  {:26} {:>6} {:>7} {:>7} {:>7}", "path", "block", "notes", "median", "worst")?;
        for row in &self.latency {
            writeln!(f, "  {:26} {:>6} {:>7} {:>7} {:>7}", row.path, row.block, row.notes, row.median, row.worst)?;
        }
        let Live { seconds, block, plans, misses, mean_lead_ms, worst_lead_ms } = self.live;
        writeln!(f, "\nIn real time ({seconds:.0} s, blocks of {block}): {plans} plans, {misses} misses;")?;
        writeln!(f, "  a plan arrived {mean_lead_ms:.0} ms before its frame, {worst_lead_ms:.0} ms at worst")
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { title, name, key, tempo, bars, .. } = self;
        let changes = if self.tempo_changes { " (its tempo changes)" } else { "" };
        let meters = self.meters.join(", ");
        writeln!(f, "{title} ({name}): {key}, {meters}, {tempo:.0} bpm{changes}, {bars} bars")?;
        writeln!(f, "  the piece  {} bars, and one for the band's last word", bars - 1)?;
        for remark in &self.remarks {
            writeln!(f, "  the file   {remark}")?;
        }
        writeln!(f, "  settings   {}", self.settings.caption())?;
        writeln!(f, "  chords     {} different, {:.2} changes per bar", self.different_chords, self.chords_per_bar)?;
        if self.charts.is_empty() {
            f.write_str(&wrapped(&self.chords))?;
        } else {
            f.write_str(&table(&self.charts))?;
        }
        writeln!(f, "  {:8} {:>6} {:>12} {:>10} {:>9}", "part", "notes", "chord tones", "range", "velocity")?;
        for part in &self.parts {
            let share = part.chord_tones.map_or("–".to_owned(), |share| format!("{:.0} %", share * 100.0));
            let range = part.range.as_ref().map_or("–".to_owned(), |(low, high)| format!("{low}–{high}"));
            let velocities = part.velocities.map_or("–".to_owned(), |(low, high)| format!("{low}–{high}"));
            writeln!(f, "  {:8} {:>6} {share:>12} {range:>10} {velocities:>9}", part.name, part.notes)?;
        }
        writeln!(f, "  misses {}, late copies {}, unpaired notes {}", self.misses, self.late_echoes, self.mismatches)?;
        writeln!(f, "  {:.1} s of music, {:.0} times as fast as real time", self.seconds, self.real_time_factor)?;
        writeln!(f, "  hash {}", self.hash)
    }
}

/// The words in lines of a readable length.
fn wrapped(words: &[String]) -> String {
    let mut text = String::new();
    let mut length = 0;
    for (index, word) in words.iter().enumerate() {
        if index == 0 || length + word.len() + 3 > 96 {
            let _ = write!(text, "{}    {word}", if index == 0 { "" } else { "\n" });
            length = word.len();
        } else {
            let _ = write!(text, " | {word}");
            length += word.len() + 3;
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_broken_into_lines() {
        let words: Vec<String> = (0..40).map(|n| format!("Am7 ii{n}")).collect();
        let text = wrapped(&words);
        assert!(text.lines().count() > 3 && text.lines().all(|line| line.len() <= 104));
        assert!(words.iter().all(|word| text.contains(word.as_str())));
    }
}
