//! The files of passages (`models/passages/README.md`).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::patterns::{Provenance, Stroke, Tone, Touch, stroke};
use super::super::textures::Struck;
use super::{About, Bars, Line, Passage, Shelf};
use crate::music::texture::{Measure, Part, ROWS};
use crate::music::{Drum, Tick};

/// The newest version of the files that is understood.
const VERSION: u32 = 1;
/// The letters of the slots, from this one on.
const FIRST_SLOT: u8 = b'a';
/// Steps of velocity from silence to the loudest, and the sign for one that is not known.
const LEVELS: i32 = 35;
const UNKNOWN: u8 = b'-';
/// The sign of a stroke that sounds until the next.
const WHOLE: Tick = 9;
/// Ticks that a stroke sounds at the least, and how long one sounds into the next bar that is struck ahead of a chord.
const SHORTEST: Tick = 3;
const INTO: Tick = 24;
/// The velocity of a drum without an accent; who strikes harder than this all the time is heard as one who strikes
/// somewhat less.
const USUAL: i32 = 80;
const BELOW: i32 = 8;
/// The largest accent of a hand: beyond is an effect, such as an echo.
const HAND: i32 = 24;
/// That of a stick.
const STICK: i32 = 80;
/// The share of the strokes of a bar that is always played, and the density in percent from which on all are.
const CORE: f32 = 0.4;
const ALL_FROM: f32 = 38.0;
/// What a first beat, another beat and an off-beat eighth count beside loudness where strokes are left out.
const WEIGHTS: [(Tick, i32); 3] = [(96, 40), (24, 20), (12, 8)];

/// A file, but for what stands for readers alone.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    provenance: BTreeMap<String, Provenance>,
    passages: Passages,
}

/// The passages, each made into what is kept of it as it is read; and of each source a piece.
struct Passages {
    kept: Vec<Passage>,
    sources: BTreeMap<&'static str, &'static str>,
}

impl<'de: 'static> Deserialize<'de> for Passages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneByOne;

        impl<'de: 'static> Visitor<'de> for OneByOne {
            type Value = Passages;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("passages")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Passages, A::Error> {
                let mut all = Passages { kept: Vec::new(), sources: BTreeMap::new() };
                while let Some(entry) = entries.next_element::<Entry>()? {
                    let Entry { piece, source, .. } = entry;
                    all.sources.insert(source, piece);
                    all.kept.push(entry.passage().map_err(|error| A::Error::custom(of(piece, &error)))?);
                }
                Ok(all)
            }
        }
        deserializer.deserialize_seq(OneByOne)
    }
}

/// What is wrong with the passage of a piece.
fn of(piece: &str, error: &str) -> String {
    format!("the passage of {piece}: {error}")
}

#[derive(Deserialize)]
struct Head {
    version: u32,
}

/// A passage as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<'a> {
    piece: &'a str,
    source: &'a str,
    idiom: Option<&'a str>,
    meter: Family,
    tempo: Option<u16>,
    #[serde(default)]
    fills: Vec<usize>,
    changes: Option<&'a str>,
    onsets: Option<&'a str>,
    drums: Option<&'a str>,
    chords: Option<&'a str>,
    bass: Option<&'a str>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Family {
    Four,
    Three,
    Compound,
}

/// The passages in the text of a file.
///
/// # Errors
/// If it is of a newer version, or something in it is not understood; it says what and where.
pub fn read(text: &'static str) -> Result<Shelf, String> {
    let broken = |error: serde_json::Error| format!("passages cannot be read: {error}");
    let Head { version } = serde_json::from_str(text).map_err(broken)?;
    if version > VERSION {
        return Err(format!("passages of version {version} are for a newer Continuo: this one knows {VERSION}"));
    }
    let File { provenance, passages: Passages { kept: mut passages, sources } } =
        serde_json::from_str(text).map_err(broken)?;
    if let Some((source, piece)) = sources.into_iter().find(|(source, _)| !provenance.contains_key(*source)) {
        return Err(of(piece, &format!("the provenance says nothing of {source}")));
    }
    fill(&mut passages);
    Ok(Shelf(passages.into()))
}

/// Finds how full each part of the passages is among those of their measure and idiom.
fn fill(passages: &mut [Passage]) {
    type Kin = (Measure, Option<&'static str>, usize);
    let mut kin: BTreeMap<Kin, Vec<f32>> = BTreeMap::new();
    for passage in passages.iter() {
        for (part, strokes) in passage.strokes.iter().enumerate() {
            kin.entry((passage.measure, passage.idiom, part)).or_default().extend(strokes);
        }
    }
    kin.values_mut().for_each(|counts| counts.sort_by(f32::total_cmp));
    for passage in passages {
        for (part, strokes) in passage.strokes.iter().enumerate() {
            let counts = &kin[&(passage.measure, passage.idiom, part)];
            let Some(strokes) = strokes.filter(|_| counts.len() > 1) else { continue };
            let [fewer, upto] = [f32::lt, f32::le].map(|is| counts.partition_point(|other| is(other, &strokes)));
            passage.fullness[part] = (fewer + upto - 1) as f32 / 2.0 / (counts.len() - 1) as f32;
        }
    }
}

/// What a player does, in which all is well.
struct Checked<T> {
    line: Line<T>,
    /// What is known of each bar, and how many strokes it has.
    known: Vec<u32>,
    strokes: Vec<usize>,
}

/// Reads what a player does, and finds out of each bar what is `known`.
fn checked<T: Struck>(
    text: &'static str,
    measure: Measure,
    touch: impl Fn(u8) -> Option<T>,
    known: impl Fn(T) -> bool,
) -> Result<Checked<T>, String> {
    let bars = bars(text, measure, touch)?;
    let known = bars.iter().map(|bar| struck(bar, measure, &known)).collect();
    let strokes = bars.iter().map(|bar| bar.len()).collect();
    Ok(Checked { line: Line { text, read: OnceLock::new() }, known, strokes })
}

impl Entry<'static> {
    fn passage(self) -> Result<Passage, String> {
        let measure = match self.meter {
            Family::Four => Measure::Four,
            Family::Three => Measure::Three,
            Family::Compound => Measure::Compound,
        };
        let is_kick = |drum| drum == Drum::Kick;
        let drums = self.drums.map(|text| checked(text, measure, drum, is_kick)).transpose()?;
        let chords = self.chords.map(|text| checked::<Touch>(text, measure, row, |_| true)).transpose()?;
        let bass = self.bass.map(|text| checked::<Tone>(text, measure, row, |_| true)).transpose()?;
        let played = [
            drums.as_ref().map(|drums| &drums.known),
            chords.as_ref().map(|chords| &chords.known),
            bass.as_ref().map(|bass| &bass.known),
        ];
        let Some(count) = played.iter().flatten().map(|bars| bars.len()).next() else {
            return Err("nobody plays".into());
        };
        let silent = || vec![0; count];
        let known = |text: &str| text.split(' ').map(|bar| slots(bar, measure)).collect::<Result<Vec<u32>, _>>();
        let changes = self.changes.map_or_else(|| Ok(silent()), known)?;
        let onsets = self.onsets.map_or_else(|| Ok(silent()), known)?;
        if played.into_iter().flatten().chain([&changes, &onsets]).any(|bars| bars.len() != count) {
            return Err("not everything in it has as many bars".into());
        }
        let mean = |strokes: &[usize]| strokes.iter().sum::<usize>() as f32 / strokes.len() as f32;
        let about = |bar: usize| About {
            changes: changes[bar],
            onsets: onsets[bar],
            kick: played[Part::Drums as usize].map_or(0, |bars| bars[bar]),
            bass: played[Part::Bass as usize].map_or(0, |bars| bars[bar]),
            is_fill: self.fills.contains(&bar),
            drums: drums.as_ref().map_or(0, |drums| drums.strokes[bar].min(255) as u8),
        };
        Ok(Passage {
            idiom: self.idiom,
            measure,
            tempo: self.tempo,
            bars: (0..count).map(about).collect(),
            strokes: [
                drums.as_ref().map(|drums| mean(&drums.strokes)),
                chords.as_ref().map(|chords| mean(&chords.strokes)),
                bass.as_ref().map(|bass| mean(&bass.strokes)),
            ],
            drums: drums.map(|drums| drums.line),
            chords: chords.map(|chords| chords.line),
            bass: bass.map(|bass| bass.line),
            fullness: [0.5; Part::ALL.len()],
        })
    }
}

/// The slots of the strokes that are `meant`, a bit each.
fn struck<T: Copy>(bar: &[Stroke<T>], measure: Measure, meant: impl Fn(T) -> bool) -> u32 {
    let own = bar.iter().filter(|stroke| meant(stroke.touch));
    own.fold(0, |slots, stroke| slots | 1 << measure.nearest(stroke.at.into()))
}

/// The slots that a text names, a bit each.
fn slots(text: &str, measure: Measure) -> Result<u32, String> {
    let letters = text.bytes().filter(|letter| *letter != UNKNOWN);
    letters.map(|letter| slot(letter, measure)).try_fold(0, |slots, slot| Ok(slots | 1 << slot?))
}

fn slot(letter: u8, measure: Measure) -> Result<usize, String> {
    let slot = letter.checked_sub(FIRST_SLOT).map(usize::from).filter(|slot| *slot < measure.slots());
    slot.ok_or_else(|| format!("{:?} is no slot", char::from(letter)))
}

/// The drum that a letter names.
pub fn drum(sign: u8) -> Option<Drum> {
    Some(match sign {
        b'k' => Drum::Kick,
        b's' => Drum::Snare,
        b'x' => Drum::SideStick,
        b'z' => Drum::Clap,
        b'h' => Drum::ClosedHat,
        b'p' => Drum::PedalHat,
        b'o' => Drum::OpenHat,
        b'l' => Drum::LowTom,
        b'm' => Drum::MidTom,
        b't' => Drum::HighTom,
        b'c' => Drum::Crash,
        b'r' => Drum::Ride,
        b'b' => Drum::RideBell,
        _ => return None,
    })
}

/// What is struck in the row that a digit names.
pub fn row<T: Struck>(sign: u8) -> Option<T> {
    let row = sign.checked_sub(b'0').map(usize::from).filter(|row| *row < ROWS)?;
    Some(T::of_row(row, &[]))
}

fn velocity(sign: u8) -> Result<Option<i32>, String> {
    match sign {
        UNKNOWN => Ok(None),
        b'0'..=b'9' => Ok(Some(i32::from(sign - b'0') * 127 / LEVELS)),
        b'A'..=b'Z' => Ok(Some(i32::from(sign - b'A' + 10) * 127 / LEVELS)),
        _ => Err(format!("{:?} is no velocity", char::from(sign))),
    }
}

/// A stroke as it is written: its slot, what is struck, its velocity, and its share of the time until the next.
#[derive(Clone)]
struct Written<T> {
    slot: usize,
    touch: T,
    velocity: Option<i32>,
    length: Tick,
}

/// The bars of a player.
///
/// # Errors
/// If something is not understood.
pub fn bars<T: Struck>(text: &str, measure: Measure, touch: impl Fn(u8) -> Option<T>) -> Result<Bars<T>, String> {
    let signs = if T::PART == Part::Drums { 3 } else { 4 };
    let written = |signs: &[u8]| -> Result<Written<T>, String> {
        let struck = touch(signs[1]).ok_or_else(|| format!("{:?} is nothing to strike", char::from(signs[1])))?;
        let length = Tick::from(signs.get(3).copied().unwrap_or(b'9').saturating_sub(b'0')).clamp(1, WHOLE);
        Ok(Written { slot: slot(signs[0], measure)?, touch: struck, velocity: velocity(signs[2])?, length })
    };
    let bar = |text: &str| -> Result<Vec<Written<T>>, String> {
        if !text.len().is_multiple_of(signs) {
            return Err(format!("the bar {text} breaks off"));
        }
        text.as_bytes().chunks(signs).map(written).collect()
    };
    let mut bars: Vec<Vec<Written<T>>> = Vec::new();
    for text in text.split(' ') {
        // A number stands for a bar that was before.
        let again = text.parse::<usize>().ok();
        let bar = match again.map(|number| bars.get(number).cloned()) {
            Some(known) => known.ok_or_else(|| format!("bar {text} comes before it is written"))?,
            None if text.as_bytes() == [UNKNOWN] => Vec::new(),
            None => bar(text)?,
        };
        bars.push(bar);
    }
    let known = || bars.iter().flatten().filter_map(|hit| hit.velocity);
    let mean = known().sum::<i32>() / known().count().max(1) as i32;
    let mean = if T::PART == Part::Drums { (mean + BELOW).max(USUAL) } else { mean };
    Ok(bars.iter().map(|bar| strokes(bar, measure, mean)).collect())
}

/// The strokes of a bar; `mean` is the velocity at which a stroke has no accent.
fn strokes<T: Struck>(bar: &[Written<T>], measure: Measure, mean: i32) -> Box<[Stroke<T>]> {
    let end = measure.ticks();
    let at = |hit: &Written<T>| measure.tick(hit.slot);
    let next = |tick: Tick| bar.iter().map(at).find(|other| *other > tick);
    let mut strokes: Vec<Stroke<T>> = (bar.iter())
        .map(|hit| {
            let tick = at(hit);
            let gap = next(tick).unwrap_or(end) - tick;
            let length = match hit.length {
                _ if T::PART == Part::Drums => 0,
                // It sounds into its chord.
                _ if hit.touch.is_ahead() => next(tick + 2 * SHORTEST).unwrap_or(end + INTO) - tick,
                WHOLE => 0,
                share => (share * gap / WHOLE).max(SHORTEST),
            };
            let most = if T::PART == Part::Drums { STICK } else { HAND };
            let accent = hit.velocity.map_or(0, |velocity| velocity - mean).clamp(-most, most) as i8;
            Stroke { at: tick as u8, length: length as u8, accent, ..stroke(0, hit.touch) }
        })
        .collect();
    let weight = |stroke: &Stroke<T>| {
        let beat =
            WEIGHTS.iter().find(|(every, _)| Tick::from(stroke.at) % every == 0).map_or(0, |(_, weight)| *weight);
        i32::from(stroke.accent) + beat
    };
    let weights: Vec<i32> = strokes.iter().map(weight).collect();
    let count = strokes.len() as f32;
    for (index, stroke) in strokes.iter_mut().enumerate() {
        let heavier =
            |(other, weight): (usize, &i32)| *weight > weights[index] || *weight == weights[index] && other < index;
        let rank = weights.iter().enumerate().filter(|(other, weight)| heavier((*other, weight))).count();
        let beyond = (rank as f32 / count - CORE) / (1.0 - CORE);
        stroke.from = (ALL_FROM * beyond).max(0.0) as u8;
    }
    strokes.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::InPassage;
    use super::*;
    use crate::music::Style;

    const PASSAGE: &str = r#"{"piece": "a", "source": "us", "meter": "four", "tempo": 96, "fills": [1],
        "changes": "a am a am", "onsets": "- ag - ag",
        "drums": "akVahFgsZmkVssZ akVssZvlZ 0 1", "chords": "a5K9m8P3 a0-9g1-9 0 1",
        "bass": "a0K9 a0K4m1K9 - 1"}"#;

    fn file(version: u32, passage: &str) -> &'static str {
        let us = r#"{"us": {"source": "us", "licence": "CC0"}}"#;
        format!(r#"{{"version": {version}, "provenance": {us}, "passages": [{passage}]}}"#).leak()
    }

    #[test]
    fn a_passage_is_read_as_it_is_written() {
        let shelf = read(file(1, PASSAGE)).unwrap();
        let [passage] = &shelf.0[..] else { panic!("{shelf:?}") };
        let drums = Drum::bars(passage).unwrap();
        let struck: Vec<_> = drums[0].iter().map(|stroke| (stroke.at, stroke.touch)).collect();
        let rock = [(0, Drum::Kick), (0, Drum::ClosedHat), (24, Drum::Snare), (48, Drum::Kick), (72, Drum::Snare)];
        assert_eq!(struck, rock);
        assert!(drums[0][2].accent > drums[0][0].accent && drums[0][0].accent > drums[0][1].accent);
        let chords = Touch::bars(passage).unwrap();
        assert_eq!((chords[0][0].touch, chords[0][0].length), (Touch::Block, 0));
        assert_eq!((chords[0][1].touch, chords[0][1].length), (Touch::Early, 72), "into the next bar");
        assert_eq!(chords[1].iter().map(|stroke| stroke.accent).collect::<Vec<_>>(), [0, 0], "not known");
        let bass = Tone::bars(passage).unwrap();
        assert_eq!((bass[1][0].length, bass[2].len()), (21, 0));
        assert_eq!((&bass[3], &drums[2]), (&bass[1], &drums[0]), "as the bar before it");
        assert_eq!((passage.bars[1].changes, passage.bars[1].onsets), (1 | 1 << 12, 1 | 1 << 6));
        assert!(passage.bars[1].is_fill && !passage.bars[0].is_fill);
    }

    #[test]
    fn what_is_newer_or_broken_is_told_clearly() {
        let told = |text| read(text).unwrap_err();
        assert!(told(file(2, PASSAGE)).contains("version 2"), "{}", told(file(2, PASSAGE)));
        for (broken, reason) in [
            (PASSAGE.replace("akVahF", "akV?hF"), "'?' is no slot"),
            (PASSAGE.replace("akVahF", "akVayF"), "'y' is nothing to strike"),
            (PASSAGE.replace("akVahF", "ak"), "breaks off"),
            (PASSAGE.replace("\"a am a am\"", "\"a am a\""), "as many bars"),
            (PASSAGE.replace("- 1\"", "- 7\""), "bar 7 comes before"),
            (PASSAGE.replace("\"us\"", "\"them\""), "provenance says nothing of them"),
            (PASSAGE.replace("\"tempo\"", "\"pitch\""), "pitch"),
        ] {
            let told = told(file(1, &broken));
            assert!(told.contains(reason), "{told}");
        }
        assert!(read("no file at all").is_err());
    }

    #[test]
    fn every_file_that_ships_is_read_and_is_small() {
        let mut bytes = 0;
        for style in Style::ALL {
            let Some(file) = style.passages() else { continue };
            let shelf = read(file).unwrap_or_else(|error| panic!("{style}: {error}"));
            for passage in &*shelf.0 {
                assert!([4, 8].contains(&passage.bars.len()), "{style}");
                assert!(passage.fullness.iter().all(|fullness| (0.0..=1.0).contains(fullness)), "{style}");
            }
            bytes += file.len();
        }
        assert!((1..=1_200_000).contains(&bytes), "{bytes} bytes");
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_makes_the_reader_stumble(text in "[a-zA-Z0-9 é-]{0,40}") {
            let passage = PASSAGE.replace("akVahFgsZmkVssZ akVssZvlZ 0 1", &text);
            let _ = read(file(1, &passage));
        }
    }
}
