//! The blocks of which the networks' feature vectors are made, as docs/models.md defines them.

use super::conditions::Conditions;
use crate::controls::{Level, MAX_LEVEL};
use crate::music::pitch::transposed;
use crate::music::time::TICKS_PER_FRAME;
use crate::music::{BarPosition, Chord, Mode, PitchClass, PitchClassSet, Style, Tick};

/// Size of the chord block.
pub const CHORD: usize = 2 * PITCH_CLASSES;
/// Size of the meter block.
pub const METER: usize = 31;
/// Size of a pitch-class block.
pub const PITCH_CLASSES: usize = 12;
/// Size of the block of an attribute's level: the number of levels.
pub const LEVELS: usize = MAX_LEVEL as usize + 1;
/// Size of the mode block.
pub const MODE: usize = 2;
/// Number of time classes.
pub const TIMES: usize = TIME_CLASSES.len();

const POSITIONS: usize = 24;
const BAR_FRAMES: [Tick; 5] = [8, 12, 16, 18, 24];

/// The time classes, in ticks.
pub const TIME_CLASSES: [Tick; 46] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 28, 30, 32, 36, 40, 42, 48,
    54, 60, 64, 66, 72, 80, 84, 90, 96, 108, 120, 132, 144, 168, 192,
];

/// The class of a duration: the nearest one, the smaller of two equally near.
pub fn time_class(ticks: Tick) -> usize {
    let ticks = ticks.clamp(1, TIME_CLASSES[TIMES - 1]);
    let above = TIME_CLASSES.partition_point(|&class| class < ticks);
    match above.checked_sub(1) {
        Some(below) if ticks - TIME_CLASSES[below] <= TIME_CLASSES[above] - ticks => below,
        _ => above,
    }
}

/// The melody in a frame, as the harmonist reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Note {
    /// Nothing sounds.
    #[default]
    Rest,
    /// A note of this pitch class begins.
    Onset(PitchClass),
    /// A note of this pitch class, begun before, still sounds.
    Held(PitchClass),
    /// Not known yet.
    Hidden,
}

impl Note {
    /// The note of a vector of notes: a rest, the onset of each pitch class, each pitch class held.
    pub fn from_index(index: usize) -> Self {
        match index {
            0 => Note::Rest,
            1..=12 => Note::Onset(index as PitchClass - 1),
            _ => Note::Held((index - 13) as PitchClass % 12),
        }
    }

    /// The pitch class that sounds, if one is known to.
    pub fn pitch_class(self) -> Option<PitchClass> {
        match self {
            Note::Onset(class) | Note::Held(class) => Some(class % 12),
            Note::Rest | Note::Hidden => None,
        }
    }

    /// The same, `semitones` higher.
    pub fn transposed(self, semitones: i32) -> Self {
        match self {
            Note::Onset(class) => Note::Onset(transposed(class, semitones)),
            Note::Held(class) => Note::Held(transposed(class, semitones)),
            silent => silent,
        }
    }

    /// The pitch class that begins, if one is known to.
    pub fn onset(self) -> Option<PitchClass> {
        self.pitch_class().filter(|_| matches!(self, Note::Onset(_)))
    }

    /// The pitch class that began before and still sounds, if one is known to.
    pub fn held(self) -> Option<PitchClass> {
        self.pitch_class().filter(|_| matches!(self, Note::Held(_)))
    }
}

/// A memory of pitch classes that fades with each note: `m ← decay · m`, then `m[p] += 1 − decay`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PitchMemory {
    weights: [f32; PITCH_CLASSES],
    decay: f32,
    gain: f32,
}

impl PitchMemory {
    /// An empty memory.
    pub fn new(decay: f64) -> Self {
        Self { weights: [0.0; PITCH_CLASSES], decay: decay as f32, gain: (1.0 - decay) as f32 }
    }

    /// Adds `class`.
    pub fn hear(&mut self, class: PitchClass) {
        for weight in &mut self.weights {
            *weight *= self.decay;
        }
        self.weights[usize::from(class % 12)] += self.gain;
    }

    /// The weights, summing to 1 once anything has been heard.
    pub fn normalised(&self) -> [f32; PITCH_CLASSES] {
        let sum = self.weights.iter().sum::<f32>().max(1e-6);
        self.weights.map(|weight| weight / sum)
    }
}

/// Writes blocks one after another into a feature vector.
#[derive(Debug)]
pub struct Blocks<'a> {
    values: &'a mut [f32],
    written: usize,
}

impl<'a> Blocks<'a> {
    /// Begins at the start of `values`, which becomes all zeros.
    pub fn new(values: &'a mut [f32]) -> Self {
        values.fill(0.0);
        Self { values, written: 0 }
    }

    /// The number of values written so far.
    pub fn written(&self) -> usize {
        self.written
    }

    /// A block of `size` zeros with a one at `index`, if there is an index within it.
    pub fn one_hot(&mut self, size: usize, index: Option<usize>) -> &mut Self {
        if let Some(index) = index.filter(|&index| index < size) {
            self.values[self.written + index] = 1.0;
        }
        self.written += size;
        self
    }

    /// A block of given values.
    pub fn values(&mut self, values: &[f32]) -> &mut Self {
        self.values[self.written..self.written + values.len()].copy_from_slice(values);
        self.written += values.len();
        self
    }

    /// A block with a single value, 1 if `is_so`.
    pub fn flag(&mut self, is_so: bool) -> &mut Self {
        self.one_hot(1, is_so.then_some(0))
    }

    /// A block of pitch classes.
    pub fn classes(&mut self, classes: PitchClassSet) -> &mut Self {
        for class in classes.iter() {
            self.values[self.written + usize::from(class)] = 1.0;
        }
        self.written += PITCH_CLASSES;
        self
    }

    /// A block of pitch classes with one of them, or none.
    pub fn class(&mut self, class: Option<PitchClass>) -> &mut Self {
        self.classes(class.into_iter().collect())
    }

    /// The chord block: zeros without a chord.
    pub fn chord(&mut self, chord: Option<Chord>) -> &mut Self {
        self.class(chord.map(|chord| chord.root)).classes(chord.map_or(PitchClassSet::EMPTY, Chord::tones))
    }

    /// What is not known of a note by its pitch classes: whether it is a rest, and whether it is hidden.
    pub fn rest_or_hidden(&mut self, note: Note) -> &mut Self {
        self.flag(note == Note::Rest).flag(note == Note::Hidden)
    }

    /// The meter block at `tick`.
    pub fn meter(&mut self, position: BarPosition, tick: Tick) -> &mut Self {
        let frame = (position.ticks_into_bar(tick) / TICKS_PER_FRAME) as usize;
        let bar = position.meter.bar_ticks();
        let length = BAR_FRAMES.iter().position(|frames| frames * TICKS_PER_FRAME == bar).unwrap_or(BAR_FRAMES.len());
        self.one_hot(POSITIONS, Some(frame.min(POSITIONS - 1)))
            .one_hot(BAR_FRAMES.len() + 1, Some(length))
            .flag(position.meter.is_compound())
    }

    /// The style block of a network with these conditions.
    pub fn style(&mut self, style: Option<Style>, conditions: &Conditions) -> &mut Self {
        self.one_hot(conditions.count(), style.and_then(|style| conditions.nearest(style)))
    }

    /// The block of an attribute.
    pub fn level(&mut self, level: Level) -> &mut Self {
        self.one_hot(LEVELS, level.map(usize::from))
    }

    /// The mode block.
    pub fn mode(&mut self, mode: Option<Mode>) -> &mut Self {
        self.one_hot(MODE, mode.map(|mode| mode as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Meter, Quality};
    use crate::network::conditions::tests::conditions;

    fn ones(size: usize, write: impl Fn(&mut Blocks)) -> Vec<usize> {
        let mut values = vec![9.0; size];
        let mut blocks = Blocks::new(&mut values);
        write(&mut blocks);
        assert_eq!(blocks.written(), size);
        (0..size).filter(|&index| values[index] == 1.0).collect()
    }

    #[test]
    fn a_duration_is_coded_as_the_nearest_class_and_the_smaller_of_two() {
        for (ticks, class) in
            [(-3, 1), (0, 1), (1, 1), (24, 24), (25, 24), (26, 24), (27, 28), (78, 80), (76, 72), (1000, 192)]
        {
            assert_eq!(TIME_CLASSES[time_class(ticks)], class, "{ticks} ticks");
        }
    }

    #[test]
    fn every_time_class_codes_itself() {
        for (class, &ticks) in TIME_CLASSES.iter().enumerate() {
            assert_eq!(time_class(ticks), class);
        }
    }

    #[test]
    fn the_chord_block_has_the_root_and_the_tones() {
        let chord = Chord::new(7, Quality::Dominant);
        assert_eq!(ones(CHORD, |blocks| _ = blocks.chord(Some(chord))), [7, 12 + 2, 12 + 5, 12 + 7, 12 + 11]);
        assert_eq!(ones(CHORD, |blocks| _ = blocks.chord(None)), [0; 0]);
    }

    #[test]
    fn a_free_attribute_is_zeros() {
        assert_eq!(ones(LEVELS, |blocks| _ = blocks.level(Some(4))), [4]);
        assert_eq!(ones(LEVELS, |blocks| _ = blocks.level(None)), [0; 0]);
        assert_eq!(ones(MODE, |blocks| _ = blocks.mode(Some(Mode::Minor))), [1]);
        assert_eq!(ones(MODE, |blocks| _ = blocks.mode(None)), [0; 0]);
    }

    #[test]
    fn a_style_is_told_by_the_conditions_of_the_network() {
        let conditions = conditions(&["hymn", "polka", "pop"]);
        let told = |style| ones(3, |blocks| _ = blocks.style(style, &conditions));
        assert_eq!((told(Some(Style::Pop)), told(Some(Style::Jazz)), told(None)), (vec![2], vec![], vec![]));
    }

    #[test]
    fn the_meter_block_has_position_length_and_compound() {
        let position = |numerator, denominator| BarPosition { bar_start: 12, meter: Meter { numerator, denominator } };
        assert_eq!(ones(METER, |blocks| _ = blocks.meter(position(4, 4), 12 + 30)), [5, 24 + 2]);
        assert_eq!(ones(METER, |blocks| _ = blocks.meter(position(6, 8), 12 + 72)), [0, 24 + 1, 30]);
        assert_eq!(ones(METER, |blocks| _ = blocks.meter(position(9, 4), 12 + 210)), [23, 24 + 5]);
    }

    #[test]
    fn a_memory_sums_to_one_and_favours_what_is_new() {
        let mut memory = PitchMemory::new(0.94);
        assert_eq!(memory.normalised(), [0.0; 12]);
        (0..50).for_each(|_| memory.hear(0));
        (0..20).for_each(|_| memory.hear(7));
        let weights = memory.normalised();
        assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(weights[7] > weights[0]);
    }
}
