//! Reading tunes in ABC notation: the part of the standard (version 2.1, abcnotation.com) that our performances use.
//!
//! Header fields `T: C: M: L: Q: K: V:`, notes with accidentals, octave marks, lengths and ties, chords in brackets,
//! broken rhythm (`>`, `<`), rests (`z`, and `Z` for whole bars), bar lines, and the decorations `!pp!` to `!ff!`,
//! `!<(! … !<)!` and `!>(! … !>)!`. Bars are checked: each must be as long as the meter says. A line `%%NAME VALUE` is
//! kept as a setting of the performance. No repeats, tuplets, grace notes or lyrics.

use anyhow::{Context, Result, bail, ensure};
use continuo_models::music::time::TICKS_PER_QUARTER;
use continuo_models::music::{Key, Meter, Tick};

/// A tune as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Tune {
    /// The title.
    pub title: String,
    /// Quarter notes per minute.
    pub tempo: f64,
    /// The time signature.
    pub meter: Meter,
    /// The key.
    pub key: Key,
    /// Name and value of each `%%` line, in order.
    pub settings: Vec<(String, String)>,
    /// The voices, in order of appearance.
    pub voices: Vec<Voice>,
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
    let mut tune = Tune {
        title: String::new(),
        tempo: 120.0,
        meter: Meter::default(),
        key: Key::major(0),
        settings: Vec::new(),
        voices: Vec::new(),
    };
    let mut unit = TICKS_PER_QUARTER / 2;
    let mut voice = String::from("melody");
    let mut writers: Vec<(String, Writer)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let mut read = || -> Result<()> {
            if let Some((name, value)) = line.strip_prefix("%%").and_then(|setting| setting.split_once(' ')) {
                tune.settings.push((name.to_owned(), value.trim().to_owned()));
                return Ok(());
            }
            let line = line.split('%').next().unwrap_or_default().trim();
            match line.split_once(':').filter(|(field, _)| field.len() == 1) {
                Some(("T", title)) => tune.title = title.trim().to_owned(),
                Some(("M", meter)) => tune.meter = parse_meter(meter.trim())?,
                Some(("L", length)) => unit = parse_fraction(length.trim())?,
                Some(("Q", tempo)) => tune.tempo = parse_tempo(tempo.trim())?,
                Some(("K", key)) => tune.key = key.parse()?,
                Some(("V", name)) => voice = name.trim().to_owned(),
                Some(("X" | "C" | "N", _)) => {}
                Some((field, _)) => bail!("the field {field}: is not understood"),
                None => {
                    if writers.iter().all(|(name, _)| *name != voice) {
                        writers.push((voice.clone(), Writer::new(tune.key, tune.meter.bar_ticks(), unit)));
                    }
                    let (name, writer) = writers.iter_mut().find(|(name, _)| *name == voice).expect("just begun");
                    writer.line(line, tune.voice(name))?;
                }
            }
            Ok(())
        };
        read().with_context(|| format!("line {}: {line}", index + 1))?;
    }
    ensure!(!tune.voices.is_empty(), "there is no music in it");
    Ok(tune)
}

fn parse_meter(text: &str) -> Result<Meter> {
    let (numerator, denominator) = text.split_once('/').context("a meter is written as 3/4")?;
    Ok(Meter { numerator: numerator.parse()?, denominator: denominator.parse()? })
}

/// Ticks of a part of a whole note, such as `1/8`.
fn parse_fraction(text: &str) -> Result<Tick> {
    let (numerator, denominator) = text.split_once('/').context("a length is written as 1/8")?;
    Ok(4 * TICKS_PER_QUARTER * numerator.parse::<Tick>()? / denominator.parse::<Tick>()?)
}

/// Quarter notes per minute of a tempo such as `3/8=60`.
fn parse_tempo(text: &str) -> Result<f64> {
    let (beat, per_minute) = text.split_once('=').context("a tempo is written as 1/4=120")?;
    Ok(per_minute.parse::<f64>()? * parse_fraction(beat)? as f64 / TICKS_PER_QUARTER as f64)
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
    bar: Tick,
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

/// How much louder a hairpin ends than it began.
const HAIRPIN_GAIN: f64 = 14.0;

impl Writer {
    fn new(key: Key, bar: Tick, unit: Tick) -> Self {
        let signature = signature_alterations(key);
        Self {
            signature,
            bar,
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
                '!' => {
                    let decoration = scan.enclosed('!')?;
                    self.decoration(decoration, voice)?;
                }
                'z' => {
                    scan.take();
                    let length = self.length(&mut scan)?;
                    self.sound(&[], length, voice)?;
                }
                'Z' => {
                    scan.take();
                    let bars = scan.number().unwrap_or(1);
                    ensure!(self.now == self.bar_start, "a bar's rest stands inside a bar");
                    self.now += bars * self.bar;
                    self.bar_start = self.now - self.bar;
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
                    self.tied = self.last.clone();
                }
                '>' | '<' => {
                    scan.take();
                    self.break_rhythm(next == '>', voice);
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
        let (length, bar) = (self.now - self.bar_start, self.bar);
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
        let numerator = scan.number().unwrap_or(1);
        let mut denominator = 1;
        while scan.peek() == Some('/') {
            scan.take();
            denominator *= scan.number().unwrap_or(2);
        }
        let ticks = self.unit * numerator;
        ensure!(denominator > 0 && ticks % denominator == 0, "a length is no whole number of ticks");
        Ok(ticks / denominator)
    }

    /// A note, a chord or (without keys) a rest.
    fn sound(&mut self, keys: &[u8], length: Tick, voice: &mut Voice) -> Result<()> {
        let length = self.broken.take().map_or(length, |quarters| length * quarters / 4);
        let tied = std::mem::take(&mut self.tied);
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
        ensure!(tied.is_empty() || tied.len() == keys.len(), "a tie leads nowhere");
        self.last_length = length;
        self.now += length;
        Ok(())
    }

    /// `>` lengthens the note before by half and shortens the next by half; `<` the other way round.
    fn break_rhythm(&mut self, first_longer: bool, voice: &mut Voice) {
        let by = if first_longer { self.last_length / 2 } else { -(self.last_length / 2) };
        for &index in &self.last {
            voice.notes[index].length += by;
        }
        self.now += by;
        self.broken = Some(if first_longer { 2 } else { 6 });
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

    fn number(&mut self) -> Option<Tick> {
        let digits = self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number = self.rest[..digits].parse().ok()?;
        self.rest = &self.rest[digits..];
        Some(number)
    }

    fn enclosed(&mut self, mark: char) -> Result<&'a str> {
        self.take();
        let (inside, rest) = self.rest.split_once(mark).with_context(|| format!("a closing {mark} is missing"))?;
        self.rest = rest;
        Ok(inside)
    }
}

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
    fn a_hairpin_grows_from_its_first_note_on() {
        let tune = parse("M:4/4\nL:1/8\nK:C\n!p! !<(! C4 C4 | C8 !<)! | C8 |").unwrap();
        let loud: Vec<f64> = tune.voices[0].notes.iter().map(|note| note.loudness).collect();
        assert!(loud[0] < loud[1] && loud[1] < loud[2] && loud[2] < loud[3], "{loud:?}");
    }
}
