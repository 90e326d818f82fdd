//! Writes a chart as a score of one part without notes.

use std::fmt::Write;

use continuo_music::chart::{Bar, Content, Symbol};
use continuo_music::pitch::Spelling;
use continuo_music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER};
use continuo_music::{Chart, Meter, Tick};

use super::OPEN;
use super::harmony::kind_of;

/// `chart` as a score. A chart that goes by the song's meter is in 4/4.
pub fn write(chart: &Chart) -> String {
    let mut score = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<score-partwise version=\"4.0\">\n");
    if !chart.title.is_empty() {
        line(&mut score, 1, &format!("<work><work-title>{}</work-title></work>", escaped(&chart.title)));
    }
    line(&mut score, 1, "<part-list><score-part id=\"P1\"><part-name>Chords</part-name></score-part></part-list>");
    line(&mut score, 1, "<part id=\"P1\">");
    for index in 0..chart.bars.len() {
        measure(&mut score, chart, index);
    }
    line(&mut score, 1, "</part>");
    score.push_str("</score-partwise>\n");
    score
}

fn line(score: &mut String, depth: usize, text: &str) {
    // A string takes any text.
    let _ = writeln!(score, "{}{text}", "  ".repeat(depth));
}

fn measure(score: &mut String, chart: &Chart, index: usize) {
    let bar = &chart.bars[index];
    let implicit = if chart.pickup.is_some() && index == 0 { " implicit=\"yes\"" } else { "" };
    line(score, 2, &format!("<measure number=\"{}\"{implicit}>", chart.number(index)));
    let is_repeat = |bar: Option<&Bar>| bar.is_some_and(|bar| bar.content == Content::AsBefore);
    let (before, now) = (is_repeat(index.checked_sub(1).map(|index| &chart.bars[index])), is_repeat(Some(bar)));
    let style = match (before, now) {
        (false, true) => "<measure-style><measure-repeat type=\"start\">1</measure-repeat></measure-style>",
        (true, false) => "<measure-style><measure-repeat type=\"stop\"/></measure-style>",
        _ => "",
    };
    let divisions = if index == 0 {
        format!("<divisions>{}</divisions>", TICKS_PER_QUARTER / TICKS_PER_FRAME)
    } else {
        String::new()
    };
    let meter = bar.meter.or((index == 0).then(Meter::default));
    let time = meter.map_or_else(String::new, |Meter { numerator, denominator }| {
        format!("<time><beats>{numerator}</beats><beat-type>{denominator}</beat-type></time>")
    });
    if !(style.is_empty() && divisions.is_empty() && time.is_empty()) {
        line(score, 3, &format!("<attributes>{divisions}{time}{style}</attributes>"));
    }
    let forward = if bar.opens { "<repeat direction=\"forward\"/>" } else { "" };
    let begins = bar.ending.map_or_else(String::new, |ending| {
        let times: Vec<String> = ending.times().map(|time| time.to_string()).collect();
        format!("<ending number=\"{}\" type=\"start\"/>", times.join(","))
    });
    if bar.opens || bar.ending.is_some() {
        line(score, 3, &format!("<barline location=\"left\">{begins}{forward}</barline>"));
    }
    if !bar.section.is_empty() {
        words(score, &format!("<rehearsal>{}</rehearsal>", escaped(&bar.section)));
    }
    let length = chart.length_of(index);
    let mut at = 0;
    match &bar.content {
        Content::Open => words(score, &format!("<words>{OPEN}</words>")),
        Content::AsBefore => {}
        Content::Chords(chords) => {
            for (tick, symbol) in chords {
                forward_to(score, &mut at, *tick);
                harmony(score, symbol.as_ref());
            }
        }
    }
    forward_to(score, &mut at, length);
    if let Some(times) = bar.times {
        let times = if times == 2 { String::new() } else { format!(" times=\"{times}\"") };
        line(score, 3, &format!("<barline location=\"right\"><repeat direction=\"backward\"{times}/></barline>"));
    }
    line(score, 2, "</measure>");
}

fn words(score: &mut String, inside: &str) {
    line(score, 3, &format!("<direction placement=\"above\"><direction-type>{inside}</direction-type></direction>"));
}

fn forward_to(score: &mut String, at: &mut Tick, to: Tick) {
    if to > *at {
        line(score, 3, &format!("<forward><duration>{}</duration></forward>", (to - *at) / TICKS_PER_FRAME));
        *at = to;
    }
}

fn harmony(score: &mut String, symbol: Option<&Symbol>) {
    let Some(symbol) = symbol else {
        let none = "<root><root-step text=\"\">C</root-step></root><kind text=\"N.C.\">none</kind>";
        return line(score, 3, &format!("<harmony>{none}</harmony>"));
    };
    let (root, suffix, bass) = symbol.parts();
    let bass = bass.map_or_else(String::new, |bass| format!("<bass>{}</bass>", note(bass, "bass")));
    let kind = kind_of(symbol.chord().chord.quality);
    let root = note(root, "root");
    let suffix = escaped(suffix);
    line(score, 3, &format!("<harmony><root>{root}</root><kind text=\"{suffix}\">{kind}</kind>{bass}</harmony>"));
}

fn note(note: Spelling, of: &str) -> String {
    let step = ["C", "D", "E", "F", "G", "A", "B"][usize::from(note.letter())];
    let alter = match note.accidental() {
        0 => String::new(),
        alter => format!("<{of}-alter>{alter}</{of}-alter>"),
    };
    format!("<{of}-step>{step}</{of}-step>{alter}")
}

fn escaped(text: &str) -> String {
    // What XML has no place for.
    let text: String = text.chars().filter(|sign| !matches!(sign, '\u{fffe}' | '\u{ffff}')).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
