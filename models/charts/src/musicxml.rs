//! Charts in MusicXML: the chord symbols of a score.

mod archive;
mod harmony;
mod write;

use continuo_music::chart::{Back, Bar, Content, Ending, Jumps, MOST_TIMES, Symbol};
use continuo_music::{Chart, Meter, Tick};
use roxmltree::{Document, Node, ParsingOptions};

use crate::Found;
use crate::bars::{content, meter_of, on_grid};
use archive::Archive;

pub use write::write;

/// How the writer says that a bar is open.
const OPEN: &str = "open";

/// The chart in a compressed score.
///
/// # Errors
/// If it cannot be unpacked, and as [`read`].
pub fn read_compressed(bytes: &[u8]) -> Result<Found, String> {
    let archive = Archive::of(bytes)?;
    let text_of = |name: &str| archive.unpacked(name).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    // The container names the score; what lies beside it are pictures and parts.
    let container = text_of("META-INF/container.xml").ok();
    let named = container.as_deref().and_then(|text| {
        let document = Document::parse(text).ok()?;
        let root = document.descendants().find(|node| node.has_tag_name("rootfile"))?;
        Some(root.attribute("full-path")?.to_owned())
    });
    let is_score =
        |name: &&str| !name.starts_with("META-INF") && (name.ends_with(".xml") || name.ends_with(".musicxml"));
    let score = named.or_else(|| archive.names().find(is_score).map(str::to_owned));
    read(&text_of(&score.ok_or("holds no score")?)?)
}

/// The chart in a score.
///
/// # Errors
/// If it is no score of MusicXML in parts, or there are no chord symbols in it.
pub fn read(text: &str) -> Result<Found, String> {
    let options = ParsingOptions { allow_dtd: true, nodes_limit: 1 << 22, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| format!("is no XML ({error})"))?;
    let root = document.root_element();
    if root.tag_name().name() == "score-timewise" {
        return Err("is written measure by measure (score-timewise); save it part by part".to_owned());
    }
    if root.tag_name().name() != "score-partwise" {
        return Err("is XML, but no MusicXML score".to_owned());
    }
    let has_chords = |part: &Node| part.descendants().any(|node| node.has_tag_name("harmony"));
    let part = children(root, "part").find(has_chords).ok_or("has no chord symbols")?;
    let title = ["work-title", "movement-title"].iter().find_map(|name| {
        let title = root.descendants().find(|node| node.has_tag_name(*name))?.text()?.trim();
        (!title.is_empty()).then(|| title.to_owned())
    });
    let mut reader = Reader::default();
    reader.chart.title = title.unwrap_or_default();
    for measure in children(part, "measure") {
        reader.measure(measure);
    }
    let written_out = reader.jumps.written_out(&reader.chart);
    let written_out = written_out.map_err(|remark| reader.remarks.push(remark.to_string()));
    Ok(Found { chart: written_out.unwrap_or(reader.chart), remarks: reader.remarks })
}

fn children<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.has_tag_name(name))
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    children(node, name).next()
}

fn text<'a>(node: Node<'a, '_>, name: &'static str) -> Option<&'a str> {
    child(node, name)?.text().map(str::trim)
}

fn number(node: Node, name: &'static str) -> Option<f64> {
    text(node, name)?.parse().ok().filter(|number: &f64| number.is_finite())
}

#[derive(Default)]
struct Reader {
    chart: Chart,
    remarks: Vec<String>,
    jumps: Jumps,
    /// Divisions of a quarter note; 0 before they are said.
    divisions: f64,
    meter: Option<Meter>,
    /// The meter that is written last in the chart.
    written: Option<Meter>,
    has_begun: bool,
    is_repeated: bool,
}

impl Reader {
    fn remark(&mut self, what: &str) {
        let remark = format!("Bar {}: {what}", self.chart.number(self.chart.bars.len()));
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    /// Divisions as ticks.
    fn ticks(&self, divisions: f64) -> f64 {
        divisions * 24.0 / if self.divisions > 0.0 { self.divisions } else { 1.0 }
    }

    fn measure(&mut self, measure: Node) {
        let mut bar = Bar::default();
        let (mut now, mut reached) = (0.0f64, 0.0f64);
        let mut chords: Vec<(f64, Option<Symbol>)> = Vec::new();
        let mut is_open = false;
        for element in measure.children().filter(Node::is_element) {
            let length = self.ticks(number(element, "duration").unwrap_or(0.0)).max(0.0);
            match element.tag_name().name() {
                "note" if child(element, "chord").is_none() && child(element, "grace").is_none() => now += length,
                "backup" => now = (now - length).max(0.0),
                "forward" => now += length,
                "attributes" => self.attributes(element),
                "harmony" => {
                    let at = now + self.ticks(number(element, "offset").unwrap_or(0.0));
                    match harmony::read(element) {
                        Ok(symbol) => chords.push((at.max(0.0), symbol)),
                        Err(what) => self.remark(&what),
                    }
                }
                "direction" => {
                    self.direction(element, &mut bar);
                    is_open |=
                        element.descendants().any(|node| node.has_tag_name("words") && node.text() == Some(OPEN));
                }
                "barline" => self.barline(element, &mut bar),
                _ => {}
            }
            self.jump_marks(element);
            reached = reached.max(now);
        }
        let reached = on_grid(reached);
        let whole = self.meter.unwrap_or_default().bar_ticks();
        let is_short = reached > 0 && reached < whole;
        let is_partial =
            is_short && (measure.attribute("implicit") == Some("yes") || measure.attribute("number") == Some("0"));
        let mut meter = self.meter;
        if is_partial && self.chart.bars.is_empty() {
            self.chart.pickup = Some(reached);
        } else if is_partial {
            meter = Some(meter_of(reached));
        }
        bar.meter = meter.filter(|_| meter != self.written);
        self.written = meter;
        let length = if is_partial { reached } else { whole };
        let on_grid = |(at, symbol): (f64, Option<Symbol>)| (on_grid(at).min(length - 6).max(0), symbol);
        let content = content(chords.into_iter().map(on_grid).collect::<Vec<(Tick, _)>>(), self.has_begun);
        self.has_begun |= content != Content::Open;
        bar.content = match content {
            _ if is_open => Content::Open,
            Content::Chords(chords) if chords.is_empty() && self.is_repeated => Content::AsBefore,
            content => content,
        };
        self.chart.bars.push(bar);
    }

    fn attributes(&mut self, attributes: Node) {
        if let Some(divisions) = number(attributes, "divisions").filter(|divisions| *divisions > 0.0) {
            self.divisions = divisions;
        }
        if let Some(time) = child(attributes, "time") {
            let beats =
                text(time, "beats").map(|beats| beats.split('+').filter_map(|part| part.trim().parse::<u8>().ok()));
            let beats = beats.map_or(0u16, |beats| beats.map(u16::from).sum());
            let beat_type = text(time, "beat-type").and_then(|beat| beat.parse().ok()).unwrap_or(0u8);
            if (1..=32).contains(&beats) && matches!(beat_type, 1 | 2 | 4 | 8 | 16) {
                self.meter = Some(Meter { numerator: beats as u8, denominator: beat_type });
            } else if child(time, "senza-misura").is_none() {
                self.remark("its meter is none that a chart has; the one before goes on");
            }
        }
        for repeat in attributes.descendants().filter(|node| node.has_tag_name("measure-repeat")) {
            self.is_repeated = repeat.attribute("type") == Some("start");
            if self.is_repeated && repeat.text().is_some_and(|bars| bars.trim() != "1") {
                self.is_repeated = false;
                self.remark("it repeats several bars in one sign, which is not read; write them out");
            }
        }
    }

    fn direction(&mut self, direction: Node, bar: &mut Bar) {
        if let Some(mark) =
            direction.descendants().find(|node| node.has_tag_name("rehearsal")).and_then(|mark| mark.text())
        {
            bar.section = mark.trim().to_owned();
        }
    }

    /// Where one jumps, as it is said for playing; failing that, the signs that are printed.
    fn jump_marks(&mut self, element: Node) {
        let here = self.chart.bars.len();
        let mut is_said = false;
        for sound in element.descendants().filter(|node| node.has_tag_name("sound")) {
            let says = |name: &str| sound.attribute(name).is_some_and(|value| value != "no");
            let jumps = &mut self.jumps;
            for (name, mark) in [
                ("segno", &mut jumps.segno),
                ("tocoda", &mut jumps.to_coda),
                ("coda", &mut jumps.coda),
                ("fine", &mut jumps.fine),
            ] {
                if says(name) {
                    (*mark, is_said) = (Some(here), true);
                }
            }
            if says("dacapo") || says("dalsegno") {
                if jumps.back.is_some() {
                    self.remark("only one jump is followed; write the bars of this one out");
                } else {
                    jumps.back = Some(Back { after: here, to_segno: says("dalsegno"), al: None });
                }
                is_said = true;
            }
        }
        for sign in element.descendants().filter(|_| !is_said) {
            let Jumps { segno, to_coda, coda, .. } = &mut self.jumps;
            match sign.tag_name().name() {
                "segno" => *segno = segno.or(Some(here)),
                // The first one says where to leave, the second where to go.
                "coda" if to_coda.is_none() => *to_coda = Some(here),
                "coda" => *coda = coda.or(Some(here)),
                _ => {}
            }
        }
    }

    fn barline(&mut self, barline: Node, bar: &mut Bar) {
        for repeat in children(barline, "repeat") {
            match repeat.attribute("direction") {
                Some("forward") => bar.opens = true,
                _ => {
                    let times = repeat.attribute("times").and_then(|times| times.parse().ok()).unwrap_or(2u8);
                    bar.times = Some(times.clamp(2, MOST_TIMES));
                }
            }
        }
        let begins = |ending: &Node| ending.attribute("type") == Some("start");
        for ending in children(barline, "ending").filter(begins) {
            let times = ending.attribute("number").unwrap_or_default().split([',', ' ', '.']);
            bar.ending = Ending::of(times.filter_map(|time| time.trim().parse().ok())).or(bar.ending);
        }
    }
}
