//! Charts as one types them.
//!
//! ```text
//! # A Tune
//! [A]
//! | Cm7 | / | Fm7 | / |
//! | Dm7b5 | G7 | Cm7 | % |
//! |: Ebm7 Ab7 | Dbmaj7 :| x3
//! ```
//!
//! The symbols of a bar share it evenly. `/` or `.`: the chord before goes on. `%`: as the bar before. `N.C.`: no
//! chord. `_`, or nothing between two barlines: open. `[A]` begins a section, `3/4` a meter, `1.` an ending; `(1/4)`
//! makes of the first bar a pick-up of that length. A line's end is a barline. `D.C.`, `D.S. al Coda`, `Fine` and the
//! like are [`Jumps`]: what they lead to is written out.

use std::fmt;

use super::{
    Al, Back, Bar, Chart, Content, Ending, Jumps, MOST_BARS, MOST_TIMES, Origin, Symbol, in_a_line, is_written,
};
use crate::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER};
use crate::{Meter, Tick};

/// Bars in a line that is written.
const BARS_IN_A_LINE: usize = 4;
const WHOLE: Tick = 4 * TICKS_PER_QUARTER;

/// Something in a chart that was not read as it stands, and what to do about it: a line for the musician.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The number of the bar, as [`Chart::number`] counts; `None`: it is about the whole.
    pub bar: Option<usize>,
    /// What is wrong, and what to do.
    pub reason: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bar {
            Some(bar) => write!(f, "Bar {bar}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl Chart {
    /// Reads a chart that somebody has typed, and says what of it could not be read. The rest is read all the same.
    pub fn read(text: &str) -> (Self, Vec<Remark>) {
        let mut reader = Reader::default();
        for line in text.lines() {
            match line.trim().strip_prefix('#') {
                Some(title) if reader.chart.bars.is_empty() && reader.chart.title.is_empty() => {
                    reader.chart.title = in_a_line(title);
                }
                Some(_) => reader.remark("a line that begins with # is a title, and there is one already"),
                None => reader.line(line),
            }
        }
        reader.bar_ends(false);
        let (chart, mut remarks) = (reader.chart.sensible(), reader.remarks);
        let written_out = reader.jumps.written_out(&chart).map_err(|remark| remarks.push(remark));
        (written_out.unwrap_or(chart), remarks)
    }
}

/// Reads what somebody has typed into one bar at `index` of `chart`, which keeps its repeats: chords, and marks that
/// stand before them. More than one bar is more than there is room for.
///
/// # Errors
/// What is wrong with it; then the bar stays as it is.
pub fn read_bar(chart: &Chart, index: usize, text: &str) -> Result<Bar, Remark> {
    let number = chart.number(index);
    let error = |reason: &str| Remark { bar: Some(number), reason: reason.to_owned() };
    let bar = chart.bars.get(index).ok_or_else(|| error("there is no such bar"))?;
    let mut reader = Reader { meter: chart.meter_at(index), ..Reader::default() };
    reader.chart.pickup = chart.pickup.filter(|_| index == 0);
    reader.has_before = index > 0;
    reader.line(text);
    if reader.chart.bars.is_empty() {
        reader.bar_ends(true);
    }
    if reader.chart.pickup != chart.pickup.filter(|_| index == 0) {
        return Err(error("a pick-up is made in the text of the whole chart; leave the brackets out"));
    }
    if reader.jumps != Jumps::default() {
        return Err(error("jumps are made in the text of the whole chart; write the bars out"));
    }
    if let Some(remark) = reader.remarks.first() {
        return Err(error(&remark.reason));
    }
    let [read] = reader.chart.bars.as_slice() else { return Err(error("it is one bar; write it without barlines")) };
    Ok(Bar {
        section: if read.section.is_empty() { bar.section.clone() } else { read.section.clone() },
        meter: read.meter.or(bar.meter),
        ending: read.ending.or(bar.ending),
        content: read.content.clone(),
        origin: Origin::Typed,
        ..bar.clone()
    })
}

/// What one would type for the chords of the bar at `index` of `chart`.
pub fn write_bar(chart: &Chart, index: usize) -> String {
    let Some(bar) = chart.bars.get(index) else { return String::new() };
    match &bar.content {
        Content::Open => "_".to_owned(),
        Content::AsBefore => "%".to_owned(),
        Content::Chords(chords) => {
            let length = chart.length_of(index);
            let fits = |step: Tick| chords.iter().all(|(tick, _)| tick % step == 0);
            let shares = (1..=length / TICKS_PER_FRAME).filter(|shares| length % (shares * TICKS_PER_FRAME) == 0);
            let step = shares.map(|shares| length / shares).find(|&step| fits(step)).unwrap_or(TICKS_PER_FRAME);
            let at = |tick: Tick| match chords.iter().find(|(begins, _)| *begins == tick) {
                Some((_, Some(symbol))) => symbol.written(),
                Some((_, None)) => "N.C.",
                None => "/",
            };
            (0..length / step).map(|place| at(place * step)).collect::<Vec<_>>().join(" ")
        }
    }
}

impl fmt::Display for Chart {
    /// The chart as one would type it. What is read of that is the chart, but for where its bars come from and which
    /// are locked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.title.is_empty() {
            writeln!(f, "# {}", self.title)?;
        }
        let mut in_line = 0;
        for (index, bar) in self.bars.iter().enumerate() {
            if !bar.section.is_empty() {
                write!(f, "{}[{}]", if in_line > 0 { "\n" } else { "" }, bar.section)?;
            }
            if index > 0 && (in_line == BARS_IN_A_LINE || !bar.section.is_empty()) {
                f.write_str("\n")?;
                in_line = 0;
            } else if !bar.section.is_empty() {
                f.write_str("\n")?;
            }
            // Between two bars of a line the barline is the end of the one before.
            match (in_line, bar.opens) {
                (0, true) => f.write_str("|: ")?,
                (0, false) => f.write_str("| ")?,
                (_, true) => f.write_str(": ")?,
                (_, false) => f.write_str(" ")?,
            }
            if let Some(meter) = bar.meter {
                write!(f, "{}/{} ", meter.numerator, meter.denominator)?;
            }
            if let Some(length) = self.pickup.filter(|_| index == 0) {
                let parts = greatest_common_divisor(length, WHOLE);
                write!(f, "({}/{}) ", length / parts, WHOLE / parts)?;
            }
            if let Some(ending) = bar.ending {
                let times: Vec<String> = ending.times().map(|time| time.to_string()).collect();
                write!(f, "{}. ", times.join(","))?;
            }
            write!(f, "{} ", write_bar(self, index))?;
            in_line += 1;
            match bar.times {
                None => f.write_str("|")?,
                Some(2) => f.write_str(":|")?,
                Some(times) => {
                    write!(f, ":| x{times}")?;
                    if index + 1 < self.bars.len() && in_line < BARS_IN_A_LINE {
                        f.write_str(" |")?;
                    }
                }
            }
        }
        if !self.bars.is_empty() {
            f.write_str("\n")?;
        }
        Ok(())
    }
}

fn greatest_common_divisor(a: Tick, b: Tick) -> Tick {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// A sign of the notation.
enum Token<'a> {
    Barline { closes: bool, opens: bool },
    Section(&'a str),
    Word(&'a str),
}

/// The next sign of `text` and what comes after it.
fn token(text: &str) -> Option<(Token<'_>, &str)> {
    let text = text.trim_start();
    let first = text.chars().next()?;
    let closes = text.starts_with(":|");
    if closes || first == '|' {
        let lines = text.trim_start_matches(':').trim_start_matches('|');
        let lines = lines.strip_prefix(']').unwrap_or(lines);
        let opened = lines.strip_prefix(':');
        return Some((Token::Barline { closes, opens: opened.is_some() }, opened.unwrap_or(lines)));
    }
    if let Some(inside) = text.strip_prefix('[') {
        let (mark, after) = inside.split_once(']').unwrap_or((inside, ""));
        return Some((Token::Section(mark), after));
    }
    let ends =
        |&(at, sign): &(usize, char)| sign.is_whitespace() || matches!(sign, '|' | '[') || text[at..].starts_with(":|");
    let end = text.char_indices().find(ends).map_or(text.len(), |(at, _)| at);
    // An ending may stand right before its chord.
    let end = match text[..end].split_once('.') {
        Some((times, after)) if !after.is_empty() && ending(times).is_some() => times.len() + 1,
        _ => end,
    };
    Some((Token::Word(&text[..end]), &text[end..]))
}

/// The ending `1`, `1,2` or `1-3`.
fn ending(times: &str) -> Option<Ending> {
    let mut all = Vec::new();
    for part in times.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.parse::<u8>().ok().filter(|time| (1..=MOST_TIMES).contains(time));
        all.extend(number(first)?..=number(last)?);
    }
    Ending::of(all)
}

/// A word as the mark of a jump: `D.C.` and `DC` are the same.
fn mark(word: &str) -> String {
    word.to_lowercase().replace('.', "")
}

/// Two numbers with a stroke between them.
fn fraction(word: &str) -> Option<Meter> {
    let (numerator, denominator) = word.split_once('/')?;
    Some(Meter { numerator: numerator.parse().ok()?, denominator: denominator.parse().ok()? })
}

#[derive(Default)]
struct Reader<'a> {
    chart: Chart,
    remarks: Vec<Remark>,
    jumps: Jumps,
    /// The meter here.
    meter: Meter,
    /// The bar that is being read, and its symbols.
    bar: Bar,
    words: Vec<&'a str>,
    /// Whether a barline stands before it in this line, and no `x3` behind that.
    is_in_bar: bool,
    /// Whether there is a bar before the first one that is read.
    has_before: bool,
}

impl<'a> Reader<'a> {
    fn remark(&mut self, reason: impl Into<String>) {
        let number = self.chart.number(self.chart.bars.len());
        self.remarks.push(Remark { bar: Some(number), reason: reason.into() });
    }

    fn line(&mut self, line: &'a str) {
        let mut rest = line;
        self.is_in_bar = false;
        while let Some((token, after)) = token(rest) {
            rest = after;
            match token {
                Token::Barline { closes, opens } => {
                    self.bar_ends(self.is_in_bar);
                    self.is_in_bar = true;
                    self.bar.opens |= opens;
                    match self.chart.bars.last_mut().filter(|_| closes) {
                        Some(last) => last.times = Some(2),
                        None if closes => self.remark("a repeat ends where no bar is; put the bars before :|"),
                        None => {}
                    }
                }
                Token::Section(mark) => {
                    self.bar_ends(false);
                    self.bar.section = in_a_line(mark);
                }
                Token::Word(word) => self.word(word),
            }
        }
        self.bar_ends(false);
    }

    /// A mark before the chords of a bar, or one of its symbols.
    fn word(&mut self, word: &'a str) {
        if !self.words.is_empty() {
            return self.words.push(word);
        }
        let times = word.strip_prefix(['x', '×']).and_then(|times| times.parse::<u8>().ok());
        let pickup = word.strip_prefix('(').and_then(|word| fraction(word.strip_suffix(')')?));
        if let (Some(times), Some(last)) = (times, self.chart.bars.last_mut().filter(|last| last.times.is_some())) {
            last.times = Some(times.clamp(2, MOST_TIMES));
            self.is_in_bar = false;
            if !(2..=MOST_TIMES).contains(&times) {
                self.remark(format!("bars are played 2 to {MOST_TIMES} times, and not {times}"));
            }
        } else if let Some(length) = pickup {
            self.pickup(length);
        } else if let Some(meter) = fraction(word) {
            if is_written(meter) {
                (self.meter, self.bar.meter) = (meter, Some(meter));
            } else {
                self.remark(format!("{word} is no meter that is read; write one like 3/4 or 6/8"));
            }
        } else if let Some(ending) = word.strip_suffix('.').and_then(ending) {
            self.bar.ending = Some(ending);
        } else if matches!(word.to_lowercase().as_str(), "segno" | "𝄋") {
            self.jumps.segno = Some(self.chart.bars.len());
        } else if matches!(word.to_lowercase().as_str(), "coda" | "𝄌") {
            self.jumps.coda = Some(self.chart.bars.len());
        } else {
            self.words.push(word);
        }
    }

    /// The first bar is a pick-up of this length.
    fn pickup(&mut self, Meter { numerator, denominator }: Meter) {
        let length = WHOLE * Tick::from(numerator) / Tick::from(denominator.max(1));
        let fits = length >= TICKS_PER_FRAME && length % TICKS_PER_FRAME == 0 && length <= self.meter.bar_ticks();
        match (self.chart.bars.is_empty(), fits) {
            (false, _) => self.remark("only the first bar can be a pick-up; leave the brackets out"),
            (true, false) => self.remark(format!(
                "a pick-up of {numerator}/{denominator} is none; write one like (1/4), not longer than the bar"
            )),
            (true, true) => self.chart.pickup = Some(length),
        }
    }

    /// A bar ends here, if there is one: with symbols in it, or, if it `counts`, without.
    fn bar_ends(&mut self, counts: bool) {
        if self.words.is_empty() && !counts {
            return;
        }
        let words = std::mem::take(&mut self.words);
        let had_words = !words.is_empty();
        let words = self.without_jumps(words);
        if words.is_empty() && had_words {
            // They were marks of the bar before.
            return;
        }
        if self.chart.bars.len() == MOST_BARS {
            if !self.remarks.iter().any(|remark| remark.bar == Some(self.chart.number(MOST_BARS))) {
                self.remark(format!("a chart has {MOST_BARS} bars at most; what comes after them is left out"));
            }
            return;
        }
        let content = self.content(&words);
        let bar = Bar { content, ..std::mem::take(&mut self.bar) };
        self.chart.bars.push(bar);
    }

    /// The symbols of a bar without the marks of jumps that stand behind them, or alone behind the bar before.
    fn without_jumps(&mut self, words: Vec<&'a str>) -> Vec<&'a str> {
        let is_mark = |word: &str| matches!(mark(word).as_str(), "dc" | "ds" | "fine" | "to");
        let symbols = words.iter().position(|word| is_mark(word)).unwrap_or(words.len());
        let number = self.chart.bars.len().saturating_sub(usize::from(symbols == 0));
        let mut marks = words[symbols..].iter().map(|word| mark(word)).peekable();
        while let Some(word) = marks.next() {
            match word.as_str() {
                "dc" | "ds" if self.jumps.back.is_some() => {
                    self.remark("only one jump is followed; write the bars of this one out");
                }
                "dc" | "ds" => {
                    let al = marks.next_if(|word| word == "al").and_then(|_| match marks.next()?.as_str() {
                        "fine" => Some(Al::Fine),
                        "coda" => Some(Al::Coda),
                        _ => None,
                    });
                    self.jumps.back = Some(Back { after: number, to_segno: word == "ds", al });
                }
                "fine" => self.jumps.fine = Some(number),
                "to" if marks.next_if(|word| word == "coda").is_some() => self.jumps.to_coda = Some(number),
                _ => self.remark(format!(
                    "\"{word}\" is no mark of a jump; write D.C., D.S., al Fine, al Coda, To Coda or Fine, \
                     after the chords"
                )),
            }
        }
        words[..symbols].to_vec()
    }

    fn content(&mut self, words: &[&str]) -> Content {
        let is_first = self.chart.bars.is_empty() && !self.has_before;
        match words {
            [] | ["_"] => return Content::Open,
            ["%"] if is_first => {
                self.remark("% is as the bar before, and there is none; write a chord");
                return Content::Open;
            }
            ["%"] => return Content::AsBefore,
            _ => {}
        }
        let length = self.chart.pickup.filter(|_| self.chart.bars.is_empty()).unwrap_or(self.meter.bar_ticks());
        let count = words.len() as Tick;
        let mut step = length / count;
        if step * count != length || step % TICKS_PER_FRAME != 0 {
            let beat = WHOLE / Tick::from(self.meter.denominator);
            step = if beat * count <= length { beat } else { TICKS_PER_FRAME };
            let beats = (length / beat).max(1);
            self.remark(format!(
                "{count} symbols do not share it evenly; write {beats}, one for each beat, with / where the chord before \
                 goes on"
            ));
        }
        let (mut chords, mut is_known) = (Vec::new(), false);
        for (&word, place) in words.iter().zip(0..).filter(|(_, place)| place * step < length) {
            let is_none = matches!(word.to_ascii_lowercase().as_str(), "n.c." | "nc" | "n.c" | "n/c");
            match word {
                "/" | "." => is_known = true,
                _ if is_none => chords.push((place * step, None)),
                _ => match word.parse::<Symbol>() {
                    Ok(symbol) => chords.push((place * step, Some(symbol))),
                    Err(_) => self.remark(format!(
                        "\"{word}\" is no chord that is known; write it like Dm7, Bbmaj7, F#m7b5 or G7/B, or N.C."
                    )),
                },
            }
        }
        if chords.is_empty() && !is_known { Content::Open } else { Content::Chords(chords) }
    }
}

#[cfg(test)]
mod tests;
