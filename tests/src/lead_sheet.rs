//! Chords as a musician reads them: bar by bar, as symbols and as Roman numerals.

use std::fmt::Write;

use continuo_models::music::chart::Chorus;
use continuo_models::music::time::{TICKS_PER_FRAME, frame_start};
use continuo_models::music::{BarPosition, Chart, Frame, Key, Numeral, SlashChord, Spot, Tick};
use serde::Serialize;

/// Where the bars lie and which key stands, for each tick of what is read.
pub struct LeadSheet<'a> {
    /// The bar around a tick.
    pub position: &'a dyn Fn(Tick) -> BarPosition,
    /// The key at a tick.
    pub key: &'a dyn Fn(Tick) -> Key,
}

/// What somebody plays, bar by bar.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// Who, or what.
    pub title: String,
    /// The symbols and the numerals of each bar.
    pub bars: Vec<[String; 2]>,
}

impl LeadSheet<'_> {
    /// The bars of `chords`, one per frame, as symbols and as Roman numerals. A token for each beat: what begins there,
    /// or a point; chords that begin after a beat stand behind an apostrophe. Nothing new in a bar is `%`.
    pub fn column(&self, title: &str, chords: &[Option<SlashChord>]) -> Column {
        let mut bars: Vec<[String; 2]> = Vec::new();
        let mut last: Option<SlashChord> = None;
        for (frame, &chord) in (0..).zip(chords) {
            let position = (self.position)(frame_start(frame));
            let into = position.ticks_into_bar(frame_start(frame));
            if into < TICKS_PER_FRAME || bars.is_empty() {
                bars.push(Default::default());
            }
            let Some(bar) = bars.last_mut() else { continue };
            let begins = chord != last || frame == 0;
            last = chord;
            let on_beat = into % position.meter.beat_ticks() < TICKS_PER_FRAME;
            let names = if begins { self.names(chords, frame) } else { [".".to_owned(), ".".to_owned()] };
            for (text, name) in bar.iter_mut().zip(names) {
                if on_beat {
                    text.push_str(if text.is_empty() { "" } else { " " });
                    text.push_str(&name);
                } else if begins {
                    text.push('\'');
                    text.push_str(&name);
                }
            }
        }
        let is_still = |text: &str| text.chars().all(|letter| letter == '.' || letter == ' ');
        for text in bars.iter_mut().flatten() {
            // Points at the end say nothing.
            let end = if is_still(text) { 0 } else { text.trim_end_matches([' ', '.']).len() };
            text.truncate(end);
            if text.is_empty() {
                text.push('%');
            }
        }
        Column { title: title.to_owned(), bars }
    }

    /// The symbol and the numeral of what begins in `frame`.
    fn names(&self, chords: &[Option<SlashChord>], frame: Frame) -> [String; 2] {
        let Some(chord) = chords[frame as usize] else { return ["–".to_owned(), "–".to_owned()] };
        let key = (self.key)(frame_start(frame));
        let after = chords[frame as usize..].iter().flatten().find(|next| next.chord != chord.chord);
        let numeral = Numeral::leading_to(chord.chord, after.map(|next| next.chord), key);
        [chord.symbol(key), numeral.to_string()]
    }

    /// What `chart` gives in the first `frames` frames, chorus after chorus.
    pub fn chords(&self, chart: &Chart, frames: Frame) -> Vec<Option<SlashChord>> {
        let chorus = Chorus::of(chart);
        let chord = |frame: Frame| {
            let chorus = chorus.as_ref()?;
            let spot = Spot { frame, position: (self.position)(frame_start(frame)) };
            chorus.slot(chorus.place(spot, chart.first_bar.into())?).chord()
        };
        (0..frames).map(chord).collect()
    }
}

/// The columns beside each other, a line for each bar with its number.
pub fn table(columns: &[Column]) -> String {
    let count = columns.iter().map(|column| column.bars.len()).max().unwrap_or(0);
    let cell = |column: &Column, line: usize, which: usize| match line.checked_sub(1) {
        None => [column.title.as_str(), ""][which].to_owned(),
        Some(bar) => column.bars.get(bar).map_or(String::new(), |bar| bar[which].clone()),
    };
    let lines: Vec<Vec<String>> = (0..=count)
        .map(|line| columns.iter().flat_map(|column| [0, 1].map(|which| cell(column, line, which))).collect())
        .collect();
    let width = |cell: usize| lines.iter().map(|line| line[cell].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..2 * columns.len()).map(width).collect();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let number = if number == 0 { String::new() } else { number.to_string() };
        let cells = line.iter().zip(&widths).map(|(cell, &width)| format!("  {cell:width$}"));
        let row = format!("{number:>4}{}", cells.collect::<String>());
        // A string takes any text.
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use continuo_models::music::Meter;

    use super::*;

    const SHEET: LeadSheet<'_> = LeadSheet {
        position: &|tick| BarPosition { bar_start: 0, meter: Meter { numerator: 4, denominator: 4 } }.at(tick),
        key: &|_| Key::major(0),
    };

    #[test]
    fn a_bar_tells_what_begins_on_its_beats_and_after_them() {
        let chart = Chart::read("4/4 Cmaj7 / / / / / / / Dm7 / / / / / G7 / | C | % | Em").0;
        let mut chords = SHEET.chords(&chart, 64);
        chords[60..].fill(None);
        let expected = [["Cmaj7 . Dm7 .'G7", "Imaj7 . ii7 .'V7"], ["C", "I"], ["%", "%"], ["Em . . –", "iii . . –"]];
        let column = SHEET.column("people", &chords);
        assert_eq!(column.bars, expected.map(|bar| bar.map(str::to_owned)));
        let other = SHEET.column("band", &chords[..16]);
        let table = table(&[column, other]);
        let lines: Vec<&str> = table.lines().map(str::trim).collect();
        assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["people", "band"]);
        assert_eq!((lines.len(), lines[2]), (5, "2  C                 I"));
    }
}
