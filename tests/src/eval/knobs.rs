//! Whether a knob does what it says: each attribute of the networks from its lowest to its highest level, and what is
//! then measured on what they play at temperature 1.

use anyhow::{Context, Error, Result};
use continuo_models::improviser::chance::random::{Purpose, Random};
use continuo_models::improviser::chance::sampler::sample;
use continuo_models::music::time::frame_start;
use continuo_models::music::{Chord, Frame, Key, PitchClassSet, Tick};
use continuo_models::network::features::{LEVELS, Note as FrameNote, PitchMemory};
use continuo_models::network::harmonist::{DECAYS, HarmonistAttributes, HarmonistInput, Standing};
use continuo_models::network::soloist::SoloistAttributes;
use continuo_models::network::{HarmonistNetwork, SoloistNetwork};
use continuo_models::{Level, Networks};
use serde::Serialize;

use super::control::{Window, spread};
use super::corpus::{Note, Piece};
use super::line::{AS_BELIEVED, Condition};
use super::measures::{FRAMES, sounding};
use super::report::{Table, mean, number, progress};

/// What came of one knob.
#[derive(Clone, Debug, Serialize)]
pub struct Knob {
    /// The player and the attribute.
    pub name: &'static str,
    /// What is measured.
    pub measured: &'static str,
    /// The mean at each level.
    pub levels: [Option<f64>; LEVELS],
    /// Whether every level is above the one before.
    pub monotone: bool,
    /// How many times the lowest level the highest is; of pitches, which have no zero, how many semitones above it.
    pub reach: Option<f64>,
}

impl Knob {
    fn new(name: &'static str, measured: &'static str, levels: [Option<f64>; LEVELS]) -> Self {
        let monotone = levels.windows(2).all(|pair| matches!(pair, [Some(low), Some(high)] if high > low));
        let ends = levels[0].zip(levels[LEVELS - 1]);
        let reach = match measured {
            MEAN_PITCH => ends.map(|(low, high)| high - low),
            _ => ends.map(|(low, high)| high / low).filter(|factor| factor.is_finite()),
        };
        Self { name, measured, levels, monotone, reach }
    }
}

const MEAN_PITCH: &str = "mean pitch, MIDI";

type Measure = fn(&Window, &[Note]) -> Option<f64>;
type Set<Attributes> = fn(&mut Attributes, Level);

const SOLOIST: [(&str, &str, Set<SoloistAttributes>, Measure); 4] = [
    ("soloist: density", "notes per quarter note", |attributes, level| attributes.density = level, density),
    ("soloist: register", MEAN_PITCH, |attributes, level| attributes.register = level, register),
    ("soloist: chromaticism", "notes outside the key", |attributes, level| attributes.chromaticism = level, outside),
    ("soloist: syncopation", "syncopated notes", |attributes, level| attributes.syncopation = level, syncopation),
];

type HarmonyMeasure = fn(&Piece, Frame, &[Option<Chord>]) -> Option<f64>;

const HARMONIST: [(&str, &str, Set<HarmonistAttributes>, HarmonyMeasure); 2] = [
    ("harmonist: chord rate", "chords per whole note", |attributes, level| attributes.chord_rate = level, chord_rate),
    (
        "harmonist: chromaticism",
        "chord tones outside the key",
        |attributes, level| attributes.chromaticism = level,
        chords_outside,
    ),
];

/// Turns every knob, with `count` solos over windows of `bars` bars of `pieces`, and `count` of their melodies.
///
/// # Errors
/// When a network is missing or fails.
pub fn turn(networks: &Networks, pieces: &[Piece], bars: usize, count: usize) -> Result<Vec<Knob>> {
    let soloist = networks.get::<SoloistNetwork>().context("there is no soloist to judge")?;
    let harmonist = networks.get::<HarmonistNetwork>().context("there is no harmonist to judge")?;
    let windows = spread(&Window::all(pieces, bars), count);
    let bar = progress("knobs", LEVELS * (SOLOIST.len() + HARMONIST.len()));
    let mut knobs = Vec::new();
    for (name, measured, set, measure) in SOLOIST {
        let level = |level: usize| {
            bar.inc(1);
            let mut attributes = SoloistAttributes::default();
            set(&mut attributes, Some(level as u8));
            played(&soloist, &windows, attributes, measure)
        };
        knobs.push(Knob::new(name, measured, all_levels(level)?));
    }
    for (name, measured, set, measure) in HARMONIST {
        let level = |level: usize| {
            bar.inc(1);
            let mut attributes = HarmonistAttributes::default();
            set(&mut attributes, Some(level as u8));
            harmonised(&harmonist, &windows, attributes, measure)
        };
        knobs.push(Knob::new(name, measured, all_levels(level)?));
    }
    bar.finish_and_clear();
    Ok(knobs)
}

fn all_levels(of: impl Fn(usize) -> Result<Option<f64>>) -> Result<[Option<f64>; LEVELS]> {
    let mut levels = [None; LEVELS];
    for (level, value) in levels.iter_mut().enumerate() {
        *value = of(level)?;
    }
    Ok(levels)
}

fn played(
    network: &SoloistNetwork,
    windows: &[Window],
    attributes: SoloistAttributes,
    measure: Measure,
) -> Result<Option<f64>> {
    let of = |(window, seed): (&Window, u32)| {
        let condition = Condition { style: window.piece.style, attributes, ..Condition::default() };
        Ok(measure(window, &window.solo(network, condition, seed)?))
    };
    let values: Vec<Option<f64>> = windows.iter().zip(1..).map(of).collect::<Result<_>>()?;
    Ok(mean(values.into_iter().flatten()))
}

fn harmonised(
    network: &HarmonistNetwork,
    windows: &[Window],
    attributes: HarmonistAttributes,
    measure: HarmonyMeasure,
) -> Result<Option<f64>> {
    let of = |(window, seed): (&Window, u32)| {
        let (first, chords) = harmony(network, window.piece, attributes, seed).map_err(Error::msg)?;
        Ok(measure(window.piece, first, &chords))
    };
    let values: Vec<Option<f64>> = windows.iter().zip(1..).map(of).collect::<Result<_>>()?;
    Ok(mean(values.into_iter().flatten()))
}

/// The chords that the network, guided as in the band, plays alone to the melody of `piece`, whose notes it knows, from
/// the frame of the first note on; and that frame.
fn harmony(
    network: &HarmonistNetwork,
    piece: &Piece,
    attributes: HarmonistAttributes,
    seed: u32,
) -> Result<(Frame, Vec<Option<Chord>>), String> {
    let first = piece.melody.first().map_or(0, Note::frame);
    let end = piece.frames().min(first + FRAMES);
    let melody = frame_notes(piece, end);
    let mut states = [(); 2].map(|()| network.initial_state());
    let mut memories = DECAYS.map(PitchMemory::new);
    let mut standing = Standing::default();
    let mut previous = FrameNote::Rest;
    let mut chords = Vec::new();
    for frame in first..end {
        let note = melody[frame as usize];
        let free = HarmonistInput {
            note,
            previous,
            memories: &memories,
            history: Some(standing),
            position: piece.position(frame_start(frame)),
            tick: frame_start(frame),
            style: piece.style,
            attributes: HarmonistAttributes::default(),
        };
        let [told, untold] = &mut states;
        let told = network.step(&HarmonistInput { attributes, ..free }, told)?;
        let logits = told.guided(&network.step(&free, untold)?).here;
        let random = Random::new(seed, frame);
        let draw = |logits: &[f32], allowed: &dyn Fn(usize) -> bool, purpose, draw| {
            sample(logits, allowed, AS_BELIEVED, random.uniform(purpose, draw)).ok_or("nothing can be drawn")
        };
        standing.age += 1;
        if draw(&logits.change, &|_| true, Purpose::HarmonicRhythm, 0)? == 1 {
            let before = Chord::index_of(standing.chord);
            let chord = Chord::from_index(draw(&logits.chord, &|index| index != before, Purpose::Chord, 0)?);
            let bass = match chord {
                None => None,
                Some(Chord { root, .. }) => {
                    let basses = &logits.bass[12 * usize::from(root)..][..12];
                    Some((root + draw(basses, &|_| true, Purpose::Bass, 0)? as u8) % 12)
                }
            };
            standing = Standing { chord, bass, age: 1 };
        }
        chords.push(standing.chord);
        if let Some(class) = note.pitch_class() {
            memories.iter_mut().for_each(|memory| memory.hear(class));
        }
        previous = note;
    }
    Ok((first, chords))
}

/// The melody as the harmonist reads it, in the frames before `end`.
fn frame_notes(piece: &Piece, end: Frame) -> Vec<FrameNote> {
    let held = |class: Option<u8>| class.map_or(FrameNote::Rest, FrameNote::Held);
    let mut notes: Vec<FrameNote> = sounding(piece, end).into_iter().map(held).collect();
    for note in &piece.melody {
        if let Some(frame) = usize::try_from(note.frame()).ok().and_then(|frame| notes.get_mut(frame)) {
            *frame = FrameNote::Onset(note.key % 12);
        }
    }
    notes
}

fn density(window: &Window, melody: &[Note]) -> Option<f64> {
    Some(24.0 * melody.len() as f64 / (window.until - window.from) as f64)
}

fn register(_: &Window, melody: &[Note]) -> Option<f64> {
    mean(melody.iter().map(|note| f64::from(note.key)))
}

fn outside(window: &Window, melody: &[Note]) -> Option<f64> {
    mean(melody.iter().filter_map(|note| {
        let key = window.piece.key_at(note.onset)?;
        Some(f64::from(u8::from(!scale(key).contains(note.key % 12))))
    }))
}

/// Share of the notes that begin off the beat and sound over the next one.
fn syncopation(window: &Window, melody: &[Note]) -> Option<f64> {
    mean(melody.iter().map(|note| {
        let position = window.piece.position(note.onset);
        let beat: Tick = position.meter.beat_ticks();
        let into_beat = position.ticks_into_bar(note.onset) % beat;
        f64::from(u8::from(into_beat > 0 && into_beat + note.length > beat))
    }))
}

fn chord_rate(_: &Piece, _: Frame, chords: &[Option<Chord>]) -> Option<f64> {
    const FRAMES_PER_WHOLE_NOTE: f64 = 16.0;
    let frames = chords.iter().flatten().count();
    let changes = chords.windows(2).filter(|pair| pair[0] != pair[1] && pair[1].is_some()).count();
    (frames > 0).then(|| FRAMES_PER_WHOLE_NOTE * changes as f64 / frames as f64)
}

fn chords_outside(piece: &Piece, first: Frame, chords: &[Option<Chord>]) -> Option<f64> {
    mean((first..).zip(chords).filter_map(|(frame, chord)| {
        let (tones, key) = ((*chord)?.tones(), piece.key_at(frame_start(frame))?);
        Some(tones.without(scale(key)).len() as f64 / tones.len() as f64)
    }))
}

/// The notes of the key: of a minor key with both sixths and both sevenths.
fn scale(key: Key) -> PitchClassSet {
    key.scale().union(key.harmonic_scale()).union(key.melodic_scale())
}

/// A row for each knob.
pub fn table(knobs: &[Knob]) -> Table {
    let mut table =
        Table::new(&["knob", "measured", "lowest", "low", "middle", "high", "highest", "monotone", "reach"]);
    for knob in knobs {
        let levels = knob.levels.map(|value| number(value, 3));
        let unit = if knob.measured == MEAN_PITCH { "semitones" } else { "times" };
        let reach = knob.reach.map_or_else(|| number(None, 0), |reach| format!("{reach:.1} {unit}"));
        let monotone = if knob.monotone { "yes" } else { "no" };
        let head = [knob.name.to_owned(), knob.measured.to_owned()];
        table.row(head.into_iter().chain(levels).chain([monotone.to_owned(), reach]));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    #[test]
    fn every_quantity_of_a_made_up_melody_is_right() {
        // Four bars: C on the beat, F sharp off the beat over the next one, then E and G on beats.
        let piece = made_up("a", &[(0, 24, 60), (36, 24, 66), (72, 24, 64), (360, 24, 67)], &[(0, 384, "C")]);
        let window = Window { piece: &piece, from: 0, until: 384 };
        assert_eq!(density(&window, &piece.melody), Some(0.25));
        assert_eq!(register(&window, &piece.melody), Some(64.25));
        assert_eq!(outside(&window, &piece.melody), Some(0.25));
        assert_eq!(syncopation(&window, &piece.melody), Some(0.25));
    }

    #[test]
    fn every_quantity_of_made_up_chords_is_right() {
        let piece = made_up("a", &[(0, 384, 60)], &[]);
        let chords: Vec<_> = (0..32).map(|frame| if frame < 16 { "C" } else { "Fm" }.parse().ok()).collect();
        assert_eq!(chord_rate(&piece, 0, &chords), Some(0.5));
        let outside = chords_outside(&piece, 0, &chords).unwrap();
        assert!((outside - 1.0 / 6.0).abs() < 1e-12, "a third of half of the chords: {outside}");
        assert_eq!(chord_rate(&piece, 0, &[None; 4]), None);
    }

    #[test]
    fn a_knob_is_monotone_if_every_level_is_above_the_last() {
        let knob = |levels: [f64; LEVELS], measured| Knob::new("knob", measured, levels.map(Some));
        let rising = knob([1.0, 1.5, 2.0, 2.5, 4.0], "notes");
        assert_eq!((rising.monotone, rising.reach), (true, Some(4.0)));
        assert_eq!(knob([60.0, 62.0, 61.0, 70.0, 73.0], MEAN_PITCH).reach, Some(13.0));
        assert!(!knob([60.0, 62.0, 61.0, 70.0, 73.0], MEAN_PITCH).monotone);
    }

    #[test]
    fn the_harmonist_reads_onsets_held_notes_and_rests() {
        let piece = made_up("a", &[(0, 12, 60), (24, 6, 64)], &[]);
        use FrameNote::{Held, Onset, Rest};
        assert_eq!(frame_notes(&piece, 6), [Onset(0), Held(0), Rest, Rest, Onset(4), Rest]);
    }
}
