//! Reading tunes in ABC notation: the part of the standard (version 2.1, abcnotation.com) that our performances use.
//!
//! Header fields `T: C: M: L: Q: K: V:`, the fields `M: L: K: V:` again in the music, on lines of their own or in
//! brackets, notes with accidentals, octave marks, lengths and ties, chords in brackets, broken rhythm (`>`, `<`),
//! rests (`z`, `x`, and `Z` for whole bars), bar lines, and the decorations `!pp!` to `!ff!`, `!<(! … !<)!` and `!>(! …
//! !>)!`. Bars are checked: each must be as long as the meter says. A line `%%NAME VALUE` is kept as a setting of the
//! performance. Whatever else stands there (repeats, tuplets, grace notes, lyrics) is refused by name; only chord
//! symbols and annotations are passed over, and kept as such.

use anyhow::{Context, Result, bail, ensure};
use continuo_models::music::time::TICKS_PER_QUARTER;
use continuo_models::music::{BarPosition, Key, Meter, Tick};

/// A tune as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Tune {
    /// The title.
    pub title: String,
    /// Quarter notes per minute.
    pub tempo: f64,
    /// First tick and time signature, in order, the first at 0.
    pub meters: Vec<(Tick, Meter)>,
    /// The key.
    pub key: Key,
    /// Name and value of each `%%` line, in order.
    pub settings: Vec<(String, String)>,
    /// The voices, in order of appearance.
    pub voices: Vec<Voice>,
    /// Chord symbols and annotations, as they stand there: the band finds its own chords.
    pub passed_over: Vec<String>,
}

/// One voice of a tune.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Voice {
    /// Its name.
    pub name: String,
    /// Its notes in order of start; those of a chord in the order written.
    pub notes: Vec<Note>,
    /// Its length in ticks, with its rests.
    pub length: Tick,
}

/// A note as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// Start in ticks from the first bar line.
    pub start: Tick,
    /// Length in ticks.
    pub length: Tick,
    /// MIDI key.
    pub key: u8,
    /// Loudness as written, as a MIDI velocity.
    pub loudness: f64,
}

impl Tune {
    /// The value of the setting `name`.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The time signature at the beginning.
    pub fn meter(&self) -> Meter {
        self.meters[0].1
    }

    /// Where `tick` lies in its bar.
    pub fn position(&self, tick: Tick) -> BarPosition {
        let index = self.meters.partition_point(|(start, _)| *start <= tick);
        let (bar_start, meter) = self.meters[index.saturating_sub(1)];
        BarPosition { bar_start, meter }.at(tick)
    }

    /// A voice has the meter from `tick` on.
    fn set_meter(&mut self, tick: Tick, meter: Meter) -> Result<()> {
        match self.meters.iter().find(|(start, _)| *start == tick) {
            Some((_, before)) => ensure!(*before == meter, "another voice has another meter there"),
            None => {
                self.meters.push((tick, meter));
                self.meters.sort_by_key(|(start, _)| *start);
            }
        }
        Ok(())
    }

    /// The voice `name`, begun if it is new.
    fn voice(&mut self, name: &str) -> &mut Voice {
        let index = self.voices.iter().position(|voice| voice.name == name).unwrap_or_else(|| {
            self.voices.push(Voice { name: name.to_owned(), ..Voice::default() });
            self.voices.len() - 1
        });
        &mut self.voices[index]
    }
}

/// Reads a tune.
///
/// # Errors
/// If something in it is not understood or a bar is too short or too long, with the line.
pub fn parse(text: &str) -> Result<Tune> {
    let mut reader = Reader {
        tune: Tune {
            title: String::new(),
            tempo: 120.0,
            meters: vec![(0, Meter::default())],
            key: Key::major(0),
            settings: Vec::new(),
            voices: Vec::new(),
            passed_over: Vec::new(),
        },
        unit: TICKS_PER_QUARTER / 2,
        has_key: false,
        voice: String::from("melody"),
        writers: Vec::new(),
    };
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        reader.line(line).with_context(|| format!("line {}: {line}", index + 1))?;
    }
    for (name, writer) in &reader.writers {
        writer.finish().with_context(|| format!("at the end of the voice {name}"))?;
    }
    ensure!(!reader.tune.voices.is_empty(), "there is no music in it");
    Ok(reader.tune)
}

/// A tune that is being read.
struct Reader {
    tune: Tune,
    unit: Tick,
    has_key: bool,
    /// The voice to which the next music belongs.
    voice: String,
    writers: Vec<(String, Writer)>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<()> {
        if let Some((name, value)) = line.strip_prefix("%%").and_then(|setting| setting.split_once(' ')) {
            self.tune.settings.push((name.to_owned(), value.trim().to_owned()));
            return Ok(());
        }
        let line = line.split('%').next().unwrap_or_default().trim();
        match line.split_once(':').filter(|(field, _)| field.len() == 1 && field.as_bytes()[0].is_ascii_alphabetic()) {
            Some((field, value)) => self.field(field, value.trim()),
            None => self.music(line),
        }
    }

    /// A field: in the head it counts for the tune, in the music for the voice from there on.
    fn field(&mut self, field: &str, value: &str) -> Result<()> {
        let is_head = self.writers.is_empty();
        let writer = self.writers.iter_mut().find(|(name, _)| *name == self.voice).map(|(_, writer)| writer);
        match (field, writer) {
            ("T", _) if self.tune.title.is_empty() => self.tune.title = value.to_owned(),
            ("M", None) if is_head => self.tune.meters = vec![(0, parse_meter(value)?)],
            ("M", Some(writer)) => {
                let tick = writer.set_meter(parse_meter(value)?)?;
                self.tune.set_meter(tick, writer.meter)?;
            }
            ("L", None) if is_head => self.unit = parse_fraction(value)?,
            ("L", Some(writer)) => writer.unit = parse_fraction(value)?,
            ("Q", _) if is_head => self.tune.tempo = parse_tempo(value)?,
            ("K", None) if is_head => (self.tune.key, self.has_key) = (value.parse()?, true),
            ("K", Some(writer)) => writer.set_key(value.parse()?),
            ("V", _) => {
                // What follows the name tells how to print the voice.
                let name = value.split_whitespace().next().context("a voice needs a name")?;
                self.voice = name.to_owned();
            }
            ("T" | "X" | "C" | "N" | "r", _) => {}
            ("M" | "L" | "K", None) => bail!("the field {field}: stands before any music of the voice {}", self.voice),
            _ => bail!("the field {field}: is not understood here"),
        }
        Ok(())
    }

    /// A line of music, with fields in brackets in it.
    fn music(&mut self, line: &str) -> Result<()> {
        let mut rest = line;
        while let Some((before, field, value, after)) = inline_field(rest) {
            self.notes(before)?;
            self.field(field, value)?;
            rest = after;
        }
        self.notes(rest)
    }

    fn notes(&mut self, music: &str) -> Result<()> {
        if music.trim().is_empty() {
            return Ok(());
        }
        ensure!(self.has_key, "there is music before the field K:");
        if self.writers.iter().all(|(name, _)| *name != self.voice) {
            let writer = Writer::new(self.tune.key, self.tune.meter(), self.unit);
            self.writers.push((self.voice.clone(), writer));
        }
        let (name, writer) = self.writers.iter_mut().find(|(name, _)| *name == self.voice).expect("just begun");
        self.tune.passed_over.extend(music.split('"').skip(1).step_by(2).map(str::to_owned));
        writer.line(music, self.tune.voice(name))
    }
}

/// What is before the first field in brackets, its letter and value, and what is after it.
fn inline_field(music: &str) -> Option<(&str, &str, &str, &str)> {
    let (start, _) = music.match_indices('[').find(|(start, _)| {
        let after = &music.as_bytes()[start + 1..];
        after.len() > 1 && after[0].is_ascii_alphabetic() && after[1] == b':'
    })?;
    let end = start + music[start..].find(']')?;
    Some((&music[..start], &music[start + 1..start + 2], music[start + 3..end].trim(), &music[end + 1..]))
}

fn parse_meter(text: &str) -> Result<Meter> {
    let (numerator, denominator) = match text {
        "C" => (4, 4),
        "C|" => (2, 2),
        _ => {
            let (numerator, denominator) = text.split_once('/').context("a meter is written as 3/4")?;
            (numerator.parse()?, denominator.parse()?)
        }
    };
    let counts = (1..=64).contains(&numerator) && u8::is_power_of_two(denominator) && denominator <= 64;
    ensure!(counts, "nobody counts {text}");
    Ok(Meter { numerator, denominator })
}

/// Ticks of a part of a whole note, such as `1/8`.
fn parse_fraction(text: &str) -> Result<Tick> {
    let (numerator, denominator) = text.split_once('/').context("a length is written as 1/8")?;
    let (numerator, denominator): (u16, u16) = (numerator.trim().parse()?, denominator.trim().parse()?);
    let whole = 4 * TICKS_PER_QUARTER * Tick::from(numerator);
    let denominator = Tick::from(denominator);
    ensure!(whole > 0 && denominator > 0 && whole % denominator == 0, "{text} is no whole number of ticks");
    Ok(whole / denominator)
}

/// Quarter notes per minute of a tempo such as `3/8=60`.
fn parse_tempo(text: &str) -> Result<f64> {
    let (beat, per_minute) = text.split_once('=').context("a tempo is written as 1/4=120")?;
    let tempo = per_minute.trim().parse::<f64>()? * parse_fraction(beat)? as f64 / TICKS_PER_QUARTER as f64;
    ensure!((10.0..=1000.0).contains(&tempo), "nobody plays at {tempo} quarter notes a minute");
    Ok(tempo)
}

/// Semitones above C of the natural note with this letter.
fn natural(letter: char) -> Result<u8> {
    let index = "CDEFGAB".find(letter.to_ascii_uppercase()).with_context(|| format!("there is no note {letter}"))?;
    Ok([0, 2, 4, 5, 7, 9, 11][index])
}

/// What the key signature does to the natural note of each letter (C to B), in semitones.
fn signature_alterations(key: Key) -> [i8; 7] {
    // The letters in the order in which sharps are added, as indices into CDEFGAB.
    const SHARPS: [usize; 7] = [3, 0, 4, 1, 5, 2, 6];
    let mut alterations = [0; 7];
    let sharps = key.signature();
    for n in 0..sharps.unsigned_abs() as usize {
        let letter = if sharps > 0 { SHARPS[n] } else { SHARPS[6 - n] };
        alterations[letter] = sharps.signum();
    }
    alterations
}

/// Writes the notes of one voice as its lines are read.
struct Writer {
    signature: [i8; 7],
    meter: Meter,
    unit: Tick,
    /// Alterations in force in this bar.
    altered: [i8; 7],
    /// Where the bar began and where the next note begins.
    bar_start: Tick,
    now: Tick,
    loudness: f64,
    /// A crescendo or diminuendo under way: the first of its notes, and what it gains by its end.
    hairpin: Option<(usize, f64)>,
    /// Notes that are tied to what follows.
    tied: Vec<usize>,
    /// Indices of the notes of the last chord or note, for broken rhythm.
    last: Vec<usize>,
    last_length: Tick,
    /// What broken rhythm does to the next note's length, as a factor in quarters.
    broken: Option<Tick>,
}

/// Signs of ABC that are not read, each with what it begins.
const NOT_READ: [(char, &str); 7] = [
    ('(', "slurs and tuplets"),
    (')', "slurs"),
    ('{', "grace notes"),
    (':', "repeats"),
    ('\\', "lines that go on"),
    ('&', "overlaid voices"),
    ('+', "decorations between plus signs"),
];

/// How much louder a hairpin ends than it began.
const HAIRPIN_GAIN: f64 = 14.0;

impl Writer {
    fn new(key: Key, meter: Meter, unit: Tick) -> Self {
        let signature = signature_alterations(key);
        Self {
            signature,
            meter,
            unit,
            altered: signature,
            bar_start: 0,
            now: 0,
            loudness: 74.0,
            hairpin: None,
            tied: Vec::new(),
            last: Vec::new(),
            last_length: 0,
            broken: None,
        }
    }

    /// Another meter from the present bar line on. Gives its tick.
    fn set_meter(&mut self, meter: Meter) -> Result<Tick> {
        self.bar_line()?;
        self.meter = meter;
        Ok(self.now)
    }

    /// Another key from here on.
    fn set_key(&mut self, key: Key) {
        self.signature = signature_alterations(key);
        self.altered = self.signature;
    }

    /// Nothing that was begun may be left open.
    fn finish(&self) -> Result<()> {
        ensure!(self.tied.is_empty(), "a tie leads nowhere");
        ensure!(self.hairpin.is_none(), "a hairpin does not end");
        ensure!(self.broken.is_none(), "a note is missing after > or <");
        Ok(())
    }

    fn line(&mut self, line: &str, voice: &mut Voice) -> Result<()> {
        let mut scan = Scan { rest: line };
        while let Some(next) = scan.peek() {
            match next {
                ' ' | '\t' => {
                    scan.take();
                }
                '|' | ']' => {
                    scan.take();
                    self.bar_line()?;
                }
                '"' => {
                    scan.enclosed('"')?;
                }
                '!' => {
                    let decoration = scan.enclosed('!')?;
                    self.decoration(decoration, voice)?;
                }
                'z' | 'x' => {
                    scan.take();
                    let length = self.length(&mut scan)?;
                    self.sound(&[], length, voice)?;
                }
                'Z' => {
                    scan.take();
                    let bars = scan.number()?.unwrap_or(1);
                    ensure!(self.now == self.bar_start, "a bar's rest stands inside a bar");
                    ensure!(bars > 0 && self.tied.is_empty(), "a rest of {bars} bars cannot stand there");
                    self.now += bars * self.meter.bar_ticks();
                    self.bar_start = self.now - self.meter.bar_ticks();
                    self.last.clear();
                }
                '[' => {
                    scan.take();
                    let mut keys = Vec::new();
                    while scan.peek() != Some(']') {
                        keys.push(self.key(&mut scan)?);
                    }
                    scan.take();
                    let length = self.length(&mut scan)?;
                    self.sound(&keys, length, voice)?;
                }
                '-' => {
                    scan.take();
                    ensure!(!self.last.is_empty(), "a tie begins nowhere");
                    self.tied = self.last.clone();
                }
                '>' | '<' => {
                    scan.take();
                    self.break_rhythm(next == '>', voice)?;
                }
                _ => {
                    let key = self.key(&mut scan)?;
                    let length = self.length(&mut scan)?;
                    self.sound(&[key], length, voice)?;
                }
            }
        }
        voice.length = self.now;
        Ok(())
    }

    fn bar_line(&mut self) -> Result<()> {
        if self.now == self.bar_start {
            return Ok(());
        }
        let (length, bar) = (self.now - self.bar_start, self.meter.bar_ticks());
        ensure!(length == bar, "the bar that ends at tick {} is {length} ticks long, not {bar}", self.now);
        self.bar_start = self.now;
        self.altered = self.signature;
        Ok(())
    }

    fn decoration(&mut self, name: &str, voice: &mut Voice) -> Result<()> {
        match name {
            "<(" => self.hairpin = Some((voice.notes.len(), HAIRPIN_GAIN)),
            ">(" => self.hairpin = Some((voice.notes.len(), -HAIRPIN_GAIN)),
            "<)" | ">)" => {
                let (first, gain) = self.hairpin.take().context("a hairpin ends that did not begin")?;
                let begin = voice.notes.get(first).map_or(self.now, |note| note.start);
                for note in &mut voice.notes[first..] {
                    note.loudness += gain * (note.start - begin) as f64 / (self.now - begin).max(1) as f64;
                }
                self.loudness += gain;
            }
            "pp" => self.loudness = 42.0,
            "p" => self.loudness = 54.0,
            "mp" => self.loudness = 64.0,
            "mf" => self.loudness = 75.0,
            "f" => self.loudness = 88.0,
            "ff" => self.loudness = 102.0,
            other => bail!("the decoration !{other}! is not understood"),
        }
        Ok(())
    }

    /// Reads accidental, letter and octave, and gives the MIDI key.
    fn key(&mut self, scan: &mut Scan<'_>) -> Result<u8> {
        let mut accidental = None;
        while let Some(sign @ ('^' | '_' | '=')) = scan.peek() {
            scan.take();
            let by = match sign {
                '^' => 1,
                '_' => -1,
                _ => 0,
            };
            accidental = Some(accidental.unwrap_or(0) + by);
        }
        let letter = scan.take().context("a note is missing")?;
        if let Some((_, what)) = NOT_READ.iter().find(|(sign, _)| *sign == letter) {
            bail!("{what} are not understood");
        }
        let natural = natural(letter)?;
        let index = "CDEFGAB".find(letter.to_ascii_uppercase()).expect("a letter of a note");
        if let Some(accidental) = accidental {
            self.altered[index] = accidental;
        }
        let mut key = 60 + i32::from(natural) + i32::from(self.altered[index]);
        if letter.is_ascii_lowercase() {
            key += 12;
        }
        while let Some(mark @ (',' | '\'')) = scan.peek() {
            scan.take();
            key += if mark == ',' { -12 } else { 12 };
        }
        u8::try_from(key).ok().filter(|key| *key < 128).context("a note is out of MIDI's range")
    }

    /// Reads a length such as `3`, `3/2`, `/` or nothing, in ticks.
    fn length(&self, scan: &mut Scan<'_>) -> Result<Tick> {
        let numerator = scan.number()?.unwrap_or(1);
        let mut denominator: Tick = 1;
        while scan.peek() == Some('/') {
            scan.take();
            denominator = denominator.saturating_mul(scan.number()?.unwrap_or(2));
        }
        let ticks = self.unit * numerator;
        let is_whole = ticks > 0 && denominator > 0 && ticks % denominator == 0;
        ensure!(is_whole, "a length is no whole number of ticks");
        Ok(ticks / denominator)
    }

    /// A note, a chord or (without keys) a rest.
    fn sound(&mut self, keys: &[u8], length: Tick, voice: &mut Voice) -> Result<()> {
        let length = match self.broken.take() {
            Some(quarters) => {
                ensure!(length % 2 == 0, "half of a broken rhythm's note is no whole number of ticks");
                length * quarters / 4
            }
            None => length,
        };
        let tied = std::mem::take(&mut self.tied);
        ensure!(tied.iter().all(|index| keys.contains(&voice.notes[*index].key)), "a tie leads nowhere");
        ensure!((1..keys.len()).all(|index| !keys[..index].contains(&keys[index])), "a chord has a note twice");
        self.last.clear();
        for &key in keys {
            match tied.iter().find(|index| voice.notes[**index].key == key) {
                Some(&index) => {
                    voice.notes[index].length += length;
                    self.last.push(index);
                }
                None => {
                    self.last.push(voice.notes.len());
                    voice.notes.push(Note { start: self.now, length, key, loudness: self.loudness });
                }
            }
        }
        self.last_length = length;
        self.now += length;
        Ok(())
    }

    /// `>` lengthens the note before by half and shortens the next by half; `<` the other way round.
    fn break_rhythm(&mut self, first_longer: bool, voice: &mut Voice) -> Result<()> {
        ensure!(self.last_length > 0 && self.broken.is_none(), "a broken rhythm needs a note before it");
        ensure!(self.last_length % 2 == 0, "half of a broken rhythm's note is no whole number of ticks");
        let by = if first_longer { self.last_length / 2 } else { -(self.last_length / 2) };
        for &index in &self.last {
            voice.notes[index].length += by;
        }
        self.now += by;
        self.broken = Some(if first_longer { 2 } else { 6 });
        Ok(())
    }
}

/// A line that is being read.
struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn number(&mut self) -> Result<Option<Tick>> {
        let digits = self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        ensure!(digits <= 4, "{number} is too much");
        Ok(number.parse().ok())
    }

    fn enclosed(&mut self, mark: char) -> Result<&'a str> {
        self.take();
        let (inside, rest) = self.rest.split_once(mark).with_context(|| format!("a closing {mark} is missing"))?;
        self.rest = rest;
        Ok(inside)
    }
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    fn melody(music: &str) -> Vec<(Tick, Tick, u8)> {
        let tune = parse(&format!("M:4/4\nL:1/8\nK:C\n{music}")).unwrap();
        tune.voices[0].notes.iter().map(|note| (note.start, note.length, note.key)).collect()
    }

    #[test]
    fn letters_octaves_and_lengths_are_read() {
        assert_eq!(melody("C, C2 c c'/ z/ z3"), [(0, 12, 48), (12, 24, 60), (36, 12, 72), (48, 6, 84)]);
    }

    #[test]
    fn an_accidental_holds_to_the_bar_line() {
        let keys: Vec<u8> = melody("^F2 F6 | F8 |").iter().map(|note| note.2).collect();
        assert_eq!(keys, [66, 66, 65]);
    }

    #[test]
    fn the_key_signature_sharpens_and_flattens() {
        let tune = parse("M:4/4\nL:1/4\nK:D\nF C G B |").unwrap();
        assert_eq!(tune.voices[0].notes.iter().map(|note| note.key).collect::<Vec<_>>(), [66, 61, 67, 71]);
        let tune = parse("M:4/4\nL:1/4\nK:Gm\nB E A _A |").unwrap();
        assert_eq!(tune.voices[0].notes.iter().map(|note| note.key).collect::<Vec<_>>(), [70, 63, 69, 68]);
    }

    #[test]
    fn broken_rhythm_moves_half_a_note_across() {
        assert_eq!(melody("C>D E<F"), [(0, 18, 60), (18, 6, 62), (24, 6, 64), (30, 18, 65)]);
    }

    #[test]
    fn a_tie_makes_one_note_of_two() {
        assert_eq!(melody("C4- [CE]4 |"), [(0, 96, 60), (48, 48, 64)]);
        assert_eq!(melody("z4 C4- | C8 |"), [(48, 144, 60)]);
    }

    #[test]
    fn a_chord_sounds_at_once() {
        assert_eq!(melody("[CEG]8 |"), [(0, 96, 60), (0, 96, 64), (0, 96, 67)]);
    }

    #[test]
    fn a_rest_of_bars_passes_bars() {
        assert_eq!(melody("Z2 | C8 |"), [(192, 96, 60)]);
    }

    #[test]
    fn a_bar_of_the_wrong_length_is_named() {
        let error = parse("M:4/4\nL:1/8\nK:C\nC8 | C7 |").unwrap_err();
        assert!(format!("{error:#}").contains("84 ticks long, not 96"), "{error:#}");
    }

    #[test]
    fn meter_key_and_unit_change_in_the_music() {
        let tune = parse("M:4/4\nL:1/4\nK:C\nF4 | [M:3/4] F3 |\nM:C|\n[K:G][L:1/8] F8 |").unwrap();
        let (half, waltz) = (Meter { numerator: 2, denominator: 2 }, Meter { numerator: 3, denominator: 4 });
        assert_eq!(tune.meters, [(0, Meter::default()), (96, waltz), (168, half)]);
        let notes: Vec<_> = tune.voices[0].notes.iter().map(|note| (note.start, note.length, note.key)).collect();
        assert_eq!(notes, [(0, 96, 65), (96, 72, 65), (168, 96, 66)]);
        assert_eq!([0, 100, 170].map(|tick| tune.position(tick).bar_start), [0, 96, 168]);
    }

    #[test]
    fn voices_in_turn_go_on_where_they_were() {
        let tune = parse("M:4/4\nL:1/4\nK:C\nV:1 clef=treble\nCDEF |\nV:2\nC,4 |\nV:1\nGABc |\n[V:2] G,4 |").unwrap();
        let told: Vec<_> = tune.voices.iter().map(|voice| (&*voice.name, voice.notes.len(), voice.length)).collect();
        assert_eq!(told, [("1", 8, 192), ("2", 2, 192)]);
    }

    #[test]
    fn voices_that_contradict_each_other_are_refused() {
        let tune = "M:4/4\nL:1/4\nK:C\nV:1\nC4 | [M:3/4] C3 |\nV:2\nC4 | [M:2/4] C2 |";
        assert!(format!("{:#}", parse(tune).unwrap_err()).contains("another meter"));
    }

    #[test]
    fn what_is_not_read_is_refused_by_name() {
        for (music, name) in [
            ("\"Am A4", "closing \""),
            ("(3ABc", "tuplets"),
            ("{g}A4", "grace notes"),
            ("|: A8 :|", "repeats"),
            ("A4 $", "no note $"),
            ("A4 q", "no note q"),
            ("!trill!A4", "!trill!"),
            ("w: la la", "the field w:"),
            ("A4-", "tie"),
            ("[CE]4-[CG]4", "tie"),
            ("[CEC]8", "a note twice"),
            ("A4>", "note is missing"),
            ("A99999", "too much"),
            ("A/0", "whole number"),
            ("[M:5/0]", "nobody counts"),
            ("[L:1/0] A", "whole number"),
            ("[K:H] A", "no key"),
        ] {
            let error = format!("{:#}", parse(&format!("M:4/4\nL:1/8\nK:C\nC8 |\n{music}")).unwrap_err());
            assert!(error.contains(name) && error.contains("line") | error.contains("end"), "{music}: {error}");
        }
        assert!(format!("{:#}", parse("M:4/4\nABC").unwrap_err()).contains("K:"));
    }

    #[test]
    fn chord_symbols_are_passed_over_and_kept_by_name() {
        let tune = parse("M:4/4\nL:1/4\nK:C\n\"C6/9\"C2 \"C\u{266f}ø7\"C2 |").unwrap();
        assert_eq!(
            (tune.voices[0].notes.len(), tune.passed_over),
            (2, vec!["C6/9".to_owned(), "C\u{266f}ø7".to_owned()])
        );
    }

    #[test]
    fn the_cases_of_other_programs_are_read() {
        let tune = parse(include_str!("../../cases/voices-in-turn.abc")).unwrap();
        assert_eq!(tune.voices.iter().map(|voice| voice.notes.len()).collect::<Vec<_>>(), [16, 4]);
        let tune = parse(include_str!("../../cases/accidentals-to-the-barline.abc")).unwrap();
        let keys: Vec<u8> = tune.voices[0].notes.iter().map(|note| note.key).collect();
        assert_eq!(keys, [69, 68, 69, 68, 68, 71, 68, 64, 69, 67, 66, 67, 69]);
    }

    #[test]
    fn a_hairpin_grows_from_its_first_note_on() {
        let tune = parse("M:4/4\nL:1/8\nK:C\n!p! !<(! C4 C4 | C8 !<)! | C8 |").unwrap();
        let loud: Vec<f64> = tune.voices[0].notes.iter().map(|note| note.loudness).collect();
        assert!(loud[0] < loud[1] && loud[1] < loud[2] && loud[2] < loud[3], "{loud:?}");
    }
}
