//! Charts in ChordPro songs: their chord grids, or the chords above their words.

use continuo_music::Chart;
use continuo_music::chart::Symbol;

use crate::Found;

/// How a barline is written among the words of a song.
const BARLINE: &str = "|";

/// The chart in a song. Grids tell bars; where there are none, each chord gets a bar, unless barlines (`[|]`) stand
/// among the words.
///
/// # Errors
/// None: a song without chords is an empty chart.
pub fn read(song: &str) -> Result<Found, String> {
    let mut reader =
        Reader { has_grid: song.lines().any(|line| directive(line).is_some_and(begins_grid)), ..Reader::default() };
    song.lines().for_each(|line| reader.line(line));
    let mut remarks = reader.remarks;
    if reader.counts_bars && !reader.text.is_empty() {
        remarks
            .push("It does not say where bars begin: each chord has a bar of its own. Change what differs.".to_owned());
    }
    let (mut chart, unread) = Chart::read(&reader.text);
    chart.title = reader.title;
    remarks.extend(unread.iter().map(ToString::to_string));
    Ok(Found { chart, remarks })
}

/// The name of a directive, and what it says.
fn directive(line: &str) -> Option<(&str, &str)> {
    let inside = line.trim().strip_prefix('{')?.strip_suffix('}')?;
    let (name, value) = inside.split_once([':', ' ']).unwrap_or((inside, ""));
    Some((name.trim(), value.trim()))
}

fn begins_grid((name, _): (&str, &str)) -> bool {
    matches!(name, "start_of_grid" | "sog")
}

#[derive(Default)]
struct Reader {
    has_grid: bool,
    title: String,
    /// The chart as one types it.
    text: String,
    remarks: Vec<String>,
    is_in_grid: bool,
    /// Whether a chord got a bar of its own.
    counts_bars: bool,
    /// Where the last chorus lies in the text.
    chorus: Option<std::ops::Range<usize>>,
    begun: Option<usize>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let line = line.trim();
        match directive(line) {
            Some((name, value)) => self.directive(name, value),
            None if line.starts_with('#') || line.is_empty() => {}
            None if self.is_in_grid => self.grid(line),
            None if !self.has_grid => self.words(line),
            None => {}
        }
    }

    fn directive(&mut self, name: &str, value: &str) {
        match name {
            "title" | "t" => value.clone_into(&mut self.title),
            "time" => self.meter(value),
            "meta" => match value.split_once(' ') {
                Some(("time", meter)) => self.meter(meter),
                Some(("title", title)) => title.trim().clone_into(&mut self.title),
                _ => {}
            },
            "start_of_grid" | "sog" => {
                self.is_in_grid = true;
                let label = value.split_once("label=").map(|(_, label)| label.trim_matches(['"', '\'']));
                self.section(label.unwrap_or(if value.contains('=') { "" } else { value }));
            }
            "end_of_grid" | "eog" => self.is_in_grid = false,
            "start_of_chorus" | "soc" if !self.has_grid => {
                self.section(if value.is_empty() { "Chorus" } else { value });
                self.begun = Some(self.text.len());
            }
            "end_of_chorus" | "eoc" => self.chorus = self.begun.take().map(|begun| begun..self.text.len()),
            "start_of_verse" | "sov" | "start_of_bridge" | "sob" if !self.has_grid => {
                let usual = if name.ends_with('b') || name.ends_with("bridge") { "Bridge" } else { "Verse" };
                self.section(if value.is_empty() { usual } else { value });
            }
            "chorus" if !self.has_grid => match self.chorus.clone() {
                Some(chorus) => {
                    self.section("Chorus");
                    let again = self.text.get(chorus).unwrap_or_default().to_owned();
                    self.text.push_str(&again);
                }
                None => self.remarks.push("It repeats a chorus that does not come before; write that out.".to_owned()),
            },
            _ => {}
        }
    }

    fn meter(&mut self, meter: &str) {
        let is_meter = meter.split_once('/').is_some_and(|(beats, beat)| {
            [beats, beat].iter().all(|part| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit()))
        });
        if is_meter {
            self.text.push_str(meter);
            self.text.push(' ');
        }
    }

    /// A section begins, unless it has no name that is one: a grid may be told its shape.
    fn section(&mut self, label: &str) {
        let is_shape = label.chars().all(|sign| sign.is_ascii_digit() || "x+ ".contains(sign));
        if !is_shape {
            self.text.push_str(&format!("[{}]\n", label.replace([']', '['], "")));
        }
    }

    /// A line of a grid: as one types it, but that margins stand outside its barlines.
    fn grid(&mut self, line: &str) {
        let (first, last) = (line.find('|').unwrap_or(0), line.rfind('|').map_or(line.len(), |last| last + 1));
        let first = first.saturating_sub(usize::from(line[..first].ends_with(':')));
        let after = &line[last..];
        let times = after.split_whitespace().next().filter(|word| word.starts_with(['x', '×']));
        // The last barline may be `|:`, `|.` or `||`.
        let bars = line[first..last].replace("|.", "|").replace('~', " ");
        self.text.push_str(&bars);
        self.text.push_str(if after.starts_with(':') { ":" } else { "" });
        times.into_iter().for_each(|times| self.text.extend([" ", times]));
        self.text.push('\n');
    }

    /// A line of words with chords in brackets.
    fn words(&mut self, line: &str) {
        let chords: Vec<&str> =
            line.split('[').skip(1).filter_map(|part| Some(part.split_once(']')?.0.trim())).collect();
        let is_chord = |text: &str| text.parse::<Symbol>().is_ok() || text.eq_ignore_ascii_case("n.c.");
        let has_bars = chords.contains(&BARLINE);
        for (index, chord) in chords.iter().enumerate() {
            if *chord == BARLINE {
                self.text.push_str(" | ");
            } else if chord.starts_with('*') {
                // A remark for the player.
            } else if is_chord(chord) {
                self.counts_bars |= !has_bars;
                self.text.push_str(chord);
                self.text.push_str(if has_bars || index + 1 == chords.len() { " " } else { " | " });
            } else {
                self.remarks.push(format!("\"{chord}\" is no chord that is known; it is left out."));
            }
        }
        if !chords.is_empty() {
            self.text.push('\n');
        }
    }
}

/// `chart` as a song of chord grids, one for each section.
pub fn write(chart: &Chart) -> String {
    let mut song = String::new();
    if !chart.title.is_empty() {
        song.push_str(&format!("{{title: {}}}\n", chart.title.replace(['{', '}'], "")));
    }
    let untitled = Chart { title: String::new(), ..chart.clone() };
    let mut is_open = false;
    for line in untitled.to_string().lines() {
        let mark = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        if mark.is_some() || !is_open {
            song.push_str(if is_open { "{end_of_grid}\n" } else { "" });
            let label =
                mark.map_or_else(String::new, |mark| format!(" label=\"{}\"", mark.replace(['"', '{', '}'], "'")));
            song.push_str(&format!("{{start_of_grid{label}}}\n"));
            is_open = true;
        }
        if mark.is_none() {
            song.push_str(line);
            song.push('\n');
        }
    }
    song.push_str(if is_open { "{end_of_grid}\n" } else { "" });
    song
}
