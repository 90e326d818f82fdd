//! A take as a picture: a piano roll in systems, like a page of music, with a drum staff and the chords below.

use std::fmt::Write;
use std::sync::Arc;

use anyhow::{Context, Result};
use continuo_models::Player;
use continuo_models::music::Kit;
use continuo_models::music::staff::Line;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::bars::Bar;
use super::parts::Part;
use crate::host::performance::PlayedNote;

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Roll<'a> {
    /// The title.
    pub title: &'a str,
    /// A line below it: key, tempo, settings.
    pub caption: &'a str,
    /// Who plays what. Later parts are drawn on top.
    pub parts: &'a [Part],
    /// Its bars in order.
    pub bars: Vec<Bar>,
    /// First tick, chord symbol and Roman numeral of each chord, in order.
    pub chords: &'a [(f64, String, String)],
    /// The least width of a quarter note; systems have as many bars as this allows. [`QUARTER`] is roomy.
    pub quarter: f64,
}

/// A roomy width of a quarter note.
pub const QUARTER: f64 = 48.0;

const WIDTH: f64 = 1800.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 34.0;
const HEAD: f64 = 104.0;
/// Height of a semitone.
const SEMITONE: f64 = 5.5;
/// Height of a line of the drum staff, and of the room above it.
const DRUM_LINE: f64 = 9.5;
const DRUM_GAP: f64 = 8.0;
/// Height of the lane of chord symbols and numerals.
const LANE: f64 = 52.0;
const GAP: f64 = 34.0;

/// Names of the fonts in assets/fonts.
const REGULAR: &str = "Inter";
const SEMIBOLD: &str = "Inter Semi Bold";

const GROUND: &str = "#131518";
const CARD: &str = "#1b1e23";
const BLACK_KEYS: &str = "#181a1f";
const BEAT: &str = "#262a31";
const BAR: &str = "#4a515c";
const TEXT: &str = "#e6e9ed";
const DIM: &str = "#9da5b0";

/// The colours are those of the panel.
fn colour(player: Option<Player>) -> String {
    let [red, green, blue] = player.map_or([0xee, 0xe6, 0xd3], |player| player.kind().colour);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Draws `roll` and gives a PNG, 1800 pixels wide.
///
/// # Errors
/// If the drawing cannot be rendered.
pub fn draw(roll: &Roll<'_>) -> Result<Vec<u8>> {
    render(&svg(roll))
}

/// Draws all `rolls` on one contact sheet of so many columns, in reading order, each as large as `scale` says, and
/// gives a PNG.
///
/// # Errors
/// If the drawing cannot be rendered.
pub fn draw_sheet(rolls: &[Roll<'_>], scale: f64, columns: usize) -> Result<Vec<u8>> {
    render(&sheet(rolls, scale, columns))
}

fn render(svg: &str) -> Result<Vec<u8>> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(include_bytes!("../../../assets/fonts/Inter-Regular.otf").to_vec());
    fonts.load_font_data(include_bytes!("../../../assets/fonts/Inter-SemiBold.otf").to_vec());
    fonts.load_font_data(include_bytes!("../../../assets/fonts/Accidentals.ttf").to_vec());
    let options = Options { font_family: REGULAR.to_owned(), fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(svg, &options).context("the picture could not be laid out")?;
    let size = tree.size().to_int_size();
    let mut pixmap = Pixmap::new(size.width(), size.height()).context("the picture is too large")?;
    resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
    pixmap.encode_png().context("the picture could not be encoded")
}

/// The drawing as SVG.
pub fn svg(roll: &Roll<'_>) -> String {
    let (height, content) = page(roll);
    picture(WIDTH, height, &content)
}

/// The contact sheet as SVG.
fn sheet(rolls: &[Roll<'_>], scale: f64, columns: usize) -> String {
    let mut content = String::new();
    let mut top = 0.0;
    for row in rolls.chunks(columns) {
        let mut tallest = 0.0;
        for (column, roll) in row.iter().enumerate() {
            let (height, page) = page(roll);
            let left = column as f64 * WIDTH * scale;
            let _ = write!(content, r#"<g transform="translate({left:.1} {top:.1}) scale({scale})">{page}</g>"#);
            tallest = f64::max(tallest, height * scale);
        }
        top += tallest;
    }
    picture(columns as f64 * WIDTH * scale, top, &content)
}

fn picture(width: f64, height: f64, content: &str) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}">
<rect width="100%" height="100%" fill="{GROUND}"/>{content}</svg>"#
    )
}

/// The height of a roll, and what is on it.
fn page(roll: &Roll<'_>) -> (f64, String) {
    let systems = systems(&roll.bars, roll.quarter);
    let (low, high) = range(roll.parts);
    let keys_height = f64::from(high - low + 1) * SEMITONE;
    let has_drums = roll.parts.iter().any(|part| !has_pitches(part) && !part.notes.is_empty());
    let staff_height = if has_drums { DRUM_GAP + Line::ALL.len() as f64 * DRUM_LINE } else { 0.0 };
    let roll_height = keys_height + staff_height;
    let height = HEAD + systems.len() as f64 * (roll_height + LANE + GAP);
    let mut svg = String::new();
    head(&mut svg, roll);
    let widest = systems.iter().map(|bars| span(bars)).fold(0.0, f64::max);
    for (index, bars) in systems.iter().enumerate() {
        let top = HEAD + index as f64 * (roll_height + LANE + GAP);
        let system = System {
            top,
            staff: has_drums.then_some(top + keys_height + DRUM_GAP),
            bottom: top + roll_height,
            low,
            high,
            start: bars[0].start,
            end: bars[0].start + span(bars),
            scale: (WIDTH - LEFT - RIGHT) / widest,
        };
        system.ground(&mut svg, bars);
        for part in roll.parts {
            match system.staff {
                Some(staff) if !has_pitches(part) => system.strokes(&mut svg, staff, part),
                _ => system.notes(&mut svg, part),
            }
        }
        system.chords(&mut svg, roll.chords);
    }
    (height, svg)
}

fn span(bars: &[Bar]) -> f64 {
    bars.last().map_or(0.0, |last| last.end) - bars.first().map_or(0.0, |first| first.start)
}

/// As many bars in a system as fit where a quarter note is so wide, in equally full systems.
fn systems(bars: &[Bar], quarter: f64) -> Vec<Vec<Bar>> {
    let room = (WIDTH - LEFT - RIGHT) / quarter * 24.0;
    let longest = bars.iter().map(|bar| bar.end - bar.start).fold(24.0, f64::max);
    let fitting = ((room / longest) as usize).max(1);
    let count = bars.len().div_ceil(fitting).max(1);
    bars.chunks(bars.len().div_ceil(count).max(1)).map(<[Bar]>::to_vec).collect()
}

/// Whether the keys of the part are pitches.
fn has_pitches(part: &Part) -> bool {
    part.player.is_none_or(|player| player.kind().has_pitches)
}

/// The keys to show: those that are played and one or two more, at least two octaves.
fn range(parts: &[Part]) -> (u8, u8) {
    let keys = || parts.iter().filter(|part| has_pitches(part)).flat_map(|part| &part.notes).map(|note| note.key);
    let low = keys().min().unwrap_or(48).saturating_sub(2);
    let high = keys().max().unwrap_or(72).saturating_add(2).min(127);
    (low, high.max(low.saturating_add(24).min(127)))
}

fn head(svg: &mut String, roll: &Roll<'_>) {
    text(svg, LEFT, 44.0, 28.0, TEXT, SEMIBOLD, "start", roll.title);
    text(svg, LEFT, 74.0, 16.0, DIM, REGULAR, "start", roll.caption);
    let mut x = WIDTH - RIGHT;
    for part in roll.parts.iter().rev() {
        let name = part.name();
        x -= 9.2 * name.len() as f64 + 4.0;
        text(svg, x, 44.0, 16.0, TEXT, REGULAR, "start", name);
        x -= 34.0;
        let colour = colour(part.player);
        let _ = write!(svg, r#"<rect x="{x:.1}" y="33" width="26" height="11" rx="3" fill="{colour}"/>"#);
        x -= 22.0;
    }
}

/// A line of the page.
struct System {
    top: f64,
    /// The upper edge of the drum staff, if there is one.
    staff: Option<f64>,
    /// Below keys and drums.
    bottom: f64,
    low: u8,
    high: u8,
    start: f64,
    end: f64,
    scale: f64,
}

impl System {
    fn x(&self, tick: f64) -> f64 {
        LEFT + (tick - self.start) * self.scale
    }

    /// The upper edge of a key's row.
    fn y(&self, key: u8) -> f64 {
        self.top + f64::from(self.high.saturating_sub(key)) * SEMITONE
    }

    /// Rows, bar lines, beats and the axis of keys.
    fn ground(&self, svg: &mut String, bars: &[Bar]) {
        let right = self.x(self.end);
        let width = right - LEFT;
        let mut card = |top: f64, bottom: f64| {
            let height = bottom - top;
            let _ =
                write!(svg, r#"<rect x="{LEFT}" y="{top:.1}" width="{width:.1}" height="{height:.1}" fill="{CARD}"/>"#);
        };
        card(self.top, self.staff.map_or(self.bottom, |staff| staff - DRUM_GAP));
        if let Some(staff) = self.staff {
            card(staff, self.bottom);
            for line in Line::ALL {
                let y = drum_line(staff, line);
                self::line(svg, LEFT, y, right, y, BEAT, 1.0);
                text(svg, LEFT - 10.0, y + 3.2, 9.5, DIM, REGULAR, "end", line.name());
            }
        }
        for key in self.low..=self.high {
            let y = self.y(key);
            if matches!(key % 12, 1 | 3 | 6 | 8 | 10) {
                let _ = write!(
                    svg,
                    r#"<rect x="{LEFT}" y="{y:.1}" width="{width:.1}" height="{SEMITONE}" fill="{BLACK_KEYS}"/>"#
                );
            }
            if key % 12 == 0 {
                line(svg, LEFT, y + SEMITONE, right, y + SEMITONE, BEAT, 1.0);
                text(
                    svg,
                    LEFT - 10.0,
                    y + SEMITONE + 1.5,
                    13.0,
                    DIM,
                    "400",
                    "end",
                    &format!("C{}", i32::from(key / 12) - 1),
                );
            } else if key % 12 == 7 {
                text(svg, LEFT - 10.0, y + SEMITONE + 1.5, 10.5, "#6d7580", REGULAR, "end", "G");
            }
        }
        for bar in bars {
            let beat = bar.meter.beat_ticks() as f64;
            let mut tick = bar.start + beat;
            while tick < bar.end - 0.5 {
                line(svg, self.x(tick), self.top, self.x(tick), self.bottom, BEAT, 1.0);
                tick += beat;
            }
            line(svg, self.x(bar.start), self.top - 4.0, self.x(bar.start), self.bottom, BAR, 1.4);
            text(svg, self.x(bar.start) + 4.0, self.top - 5.0, 11.0, DIM, REGULAR, "start", &bar.number.to_string());
        }
        line(svg, right, self.top - 4.0, right, self.bottom, BAR, 1.4);
    }

    fn notes(&self, svg: &mut String, part: &Part) {
        let colour = colour(part.player);
        // What begins a moment early belongs to the next line, what ends a moment late to this one.
        let shows = |note: &&PlayedNote| note.start < self.end - 2.0 && note.start + note.length > self.start + 2.0;
        for note in part.notes.iter().filter(shows) {
            let from = self.x(note.start.max(self.start));
            let to = self.x((note.start + note.length).min(self.end));
            let width = (to - from - 0.6).max(2.5);
            let opacity = 0.55 + 0.45 * f64::from(note.velocity) / 110.0;
            // The musician's notes are a little taller, so that they show where another part doubles them.
            let (dy, height) = if part.player.is_none() { (-1.2, SEMITONE + 2.4) } else { (0.3, SEMITONE - 0.6) };
            let y = self.y(note.key) + dy;
            let _ = write!(
                svg,
                r#"<rect x="{from:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="1.8"
fill="{colour}" fill-opacity="{:.2}"/>"#,
                opacity.min(1.0)
            );
        }
    }

    /// Strokes on the drum staff: crosses for what is of metal, as drummers write them, and heads for the others.
    fn strokes(&self, svg: &mut String, staff: f64, part: &Part) {
        let colour = colour(part.player);
        let shows = |note: &&PlayedNote| note.start > self.start - 2.0 && note.start < self.end - 2.0;
        for note in part.notes.iter().filter(shows) {
            let line = Kit::default().drum_at(note.key).map_or(Line::Percussion, Line::of);
            let (x, y) = (self.x(note.start.max(self.start)), drum_line(staff, line));
            let opacity = (0.35 + 0.65 * f64::from(note.velocity) / 110.0).min(1.0);
            let _ = match line {
                Line::Cymbals | Line::HiHat => write!(
                    svg,
                    r#"<path d="M{:.1} {:.1}l5 5m0 -5l-5 5" stroke="{colour}" stroke-width="1.5"
stroke-opacity="{opacity:.2}"/>"#,
                    x - 0.5,
                    y - 2.5
                ),
                _ => write!(
                    svg,
                    r#"<ellipse cx="{:.1}" cy="{y:.1}" rx="3.2" ry="2.8" fill="{colour}" fill-opacity="{opacity:.2}"/>"#,
                    x + 2.0
                ),
            };
        }
    }

    fn chords(&self, svg: &mut String, chords: &[(f64, String, String)]) {
        for (index, (start, symbol, numeral)) in chords.iter().enumerate() {
            let next = chords.get(index + 1).map_or(self.end, |chord| chord.0);
            if *start >= self.end || next <= self.start {
                continue;
            }
            let goes_on = *start < self.start;
            let x = self.x(start.max(self.start));
            let room = self.x(next.min(self.end)) - x - 6.0;
            let colour = if goes_on { DIM } else { TEXT };
            if !goes_on {
                line(svg, x, self.bottom, x, self.bottom + LANE - 12.0, BAR, 1.0);
            }
            let symbol = typeset(symbol);
            let size = |text: &str, most: f64| (room / (0.6 * text.chars().count() as f64)).clamp(8.0, most);
            text(svg, x + 4.0, self.bottom + 20.0, size(&symbol, 17.0), colour, SEMIBOLD, "start", &symbol);
            let numeral = typeset(numeral);
            text(svg, x + 4.0, self.bottom + 39.0, size(&numeral, 13.5), DIM, REGULAR, "start", &numeral);
        }
    }
}

/// Where `line` lies in the drum staff with this upper edge.
fn drum_line(staff: f64, line: Line) -> f64 {
    staff + (line as usize as f64 + 0.5) * DRUM_LINE
}

/// Proper accidentals for `#` and for `b` after a letter of a note or before a number or numeral.
fn typeset(symbol: &str) -> String {
    let mut typeset = String::with_capacity(symbol.len() + 4);
    let mut letters = symbol.chars().peekable();
    let mut before: Option<char> = None;
    while let Some(letter) = letters.next() {
        let after = letters.peek().copied();
        typeset.push(match letter {
            '#' => '♯',
            'b' if before.is_some_and(|c| c.is_ascii_uppercase() && c < 'H')
                || after.is_some_and(|c| c.is_ascii_digit() || matches!(c, 'I' | 'V' | 'i' | 'v')) =>
            {
                '♭'
            }
            other => other,
        });
        before = Some(letter);
    }
    typeset
}

#[expect(clippy::too_many_arguments, reason = "the attributes of one text element")]
fn text(svg: &mut String, x: f64, y: f64, size: f64, fill: &str, family: &str, anchor: &str, content: &str) {
    let mut escaped = String::new();
    for letter in content.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            control if control.is_control() => {}
            other => escaped.push(other),
        }
    }
    let _ = write!(
        svg,
        r#"<text x="{x:.1}" y="{y:.1}" font-size="{size:.1}" font-family="{family}" fill="{fill}"
text-anchor="{anchor}">{escaped}</text>"#
    );
}

fn line(svg: &mut String, x1: f64, y1: f64, x2: f64, y2: f64, colour: &str, width: f64) {
    let _ = write!(
        svg,
        r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{colour}" stroke-width="{width}"/>"#
    );
}

#[cfg(test)]
mod tests {
    use continuo_models::music::Meter;

    use super::*;
    use crate::demo::bars::bars;

    fn part(player: Option<Player>, keys: &[u8]) -> Part {
        let note = |(index, key): (usize, &u8)| PlayedNote {
            start: 24.0 * index as f64,
            length: 20.0,
            channel: 0,
            key: *key,
            velocity: 80,
        };
        Part { player, notes: keys.iter().enumerate().map(note).collect() }
    }

    #[test]
    fn every_note_and_every_chord_is_drawn() {
        let parts = [part(None, &[60, 64, 67]), part(Some(Player::Bass), &[36, 43])];
        let chords = [(0.0, "C".to_owned(), "I".to_owned()), (48.0, "Bbmaj7".to_owned(), "bVII7".to_owned())];
        let roll = Roll {
            title: "Tea & <cakes>",
            caption: "",
            parts: &parts,
            bars: bars(&[(0.0, Meter::default())], 96.0),
            chords: &chords,
            quarter: QUARTER,
        };
        let svg = svg(&roll);
        assert_eq!(svg.matches("fill-opacity").count(), 5);
        assert!(svg.contains("B♭maj7") && svg.contains("♭VII7") && svg.contains("Tea &amp; &lt;cakes&gt;"));
        let png = draw(&roll).unwrap();
        assert_eq!(png[1..4], *b"PNG");
        let [second, third] = ["Second", "Third"].map(|title| Roll { title, ..roll.clone() });
        let sheet = sheet(&[roll, second, third], 0.6, 2);
        assert_eq!(sheet.matches("fill-opacity").count(), 15);
        assert!(sheet.contains("Tea") && sheet.contains("Second") && sheet.contains("Third"));
    }

    #[test]
    fn drums_lie_on_a_staff_of_their_own_and_not_among_the_keys() {
        let drums = part(Some(Player::Drums), &[36, 42, 38, 49, 45]);
        let bass = part(Some(Player::Bass), &[36]);
        let bars = bars(&[(0.0, Meter::default())], 192.0);
        let drawn = |parts: &[Part]| {
            svg(&Roll { title: "", caption: "", parts, bars: bars.clone(), chords: &[], quarter: QUARTER })
        };
        let both = drawn(&[bass.clone(), drums.clone()]);
        assert_eq!((both.matches("<ellipse").count(), both.matches("stroke-opacity").count()), (3, 2));
        assert!(Line::ALL.iter().all(|line| both.contains(&format!(">{}<", line.name()))));
        assert_eq!(range(&[bass.clone(), drums]), range(std::slice::from_ref(&bass)));
        assert!(!drawn(&[bass, part(Some(Player::Drums), &[])]).contains("Cymbals"), "who is silent needs no staff");
    }

    #[test]
    fn a_long_piece_is_broken_into_equal_systems() {
        let bars = bars(&[(0.0, Meter::default())], 36.0 * 96.0);
        let lengths: Vec<usize> = systems(&bars, QUARTER).iter().map(Vec::len).collect();
        assert_eq!(lengths.iter().sum::<usize>(), 36);
        assert!(lengths.iter().max().unwrap() - lengths.iter().min().unwrap() <= 4, "{lengths:?}");
    }

    #[test]
    fn accidentals_are_set_with_their_own_signs() {
        assert_eq!(typeset("F#m7b5"), "F♯m7♭5");
        assert_eq!(typeset("Bbdim7"), "B♭dim7");
        assert_eq!(typeset("bVI"), "♭VI");
    }
}
