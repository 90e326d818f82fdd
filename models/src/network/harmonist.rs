//! The harmonist network: one step per frame, which chord.

use super::conditions::Conditions;
use super::features::{Blocks, CHORD, LEVELS, METER, MODE, Note, PITCH_CLASSES, PitchMemory};
use super::mix;
use super::plan::{Outputs, Plan, Shape, State, Step};
use crate::controls::Level;
use crate::music::time::TICKS_PER_FRAME;
use crate::music::{BarPosition, Chord, Mode, PitchClass, Style, Tick};

const AGES: usize = 8;
const BEAT_FRAMES: usize = 6;

/// How fast the memories of [`HarmonistInput::memories`] fade, in order.
pub const DECAYS: [f64; 3] = [0.94, 0.99, 0.998];

/// Size of a vector of basses: 12 for each root.
pub const BASSES: usize = 12 * PITCH_CLASSES;
/// Size of a vector of notes: rest, onsets, held notes.
pub const NOTES: usize = 1 + 2 * PITCH_CLASSES;

/// Length of the feature vector without its style block.
pub const FEATURES: usize = 4 * PITCH_CLASSES
    + DECAYS.len() * PITCH_CLASSES
    + CHORD
    + PITCH_CLASSES
    + 5
    + AGES
    + METER
    + BEAT_FRAMES
    + 2 * LEVELS
    + MODE
    + 1;

/// What the file must look like.
pub const SHAPE: Shape = Shape {
    role: "harmonist",
    inputs: &[("features", FEATURES)],
    outputs: &[
        ("logits_change", 2),
        ("logits_chord", Chord::VOCABULARY),
        ("logits_bass", BASSES),
        ("logits_next_change", 2),
        ("logits_next_chord", Chord::VOCABULARY),
        ("logits_next_bass", BASSES),
        ("logits_note", NOTES),
    ],
    whole: false,
};

/// What the harmony is to be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HarmonistAttributes {
    /// Chord changes per whole note.
    pub chord_rate: Level,
    /// Share of the chord tones that lie outside the key.
    pub chromaticism: Level,
    /// Major or minor; `None` leaves it free.
    pub mode: Option<Mode>,
}

/// How far guided logits lie from free ones, on the way to and beyond those with attributes (1).
const GUIDANCE: f32 = 3.0;

/// A chord that stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The chord; `None`: no chord.
    pub chord: Option<Chord>,
    /// The pitch class of its bass.
    pub bass: Option<PitchClass>,
    /// For how many frames it has stood; 0, before the first frame, counts as 1.
    pub age: u32,
}

/// What the network reads in one frame.
#[derive(Clone, Copy, Debug)]
pub struct HarmonistInput<'a> {
    /// The melody in the frame.
    pub note: Note,
    /// The melody in the frame before.
    pub previous: Note,
    /// Pitch classes heard before the frame, with [`DECAYS`].
    pub memories: &'a [PitchMemory; DECAYS.len()],
    /// What stood in the frame before, as the band played it; `None` keeps it from the network.
    pub history: Option<Standing>,
    /// The bar.
    pub position: BarPosition,
    /// The first tick of the frame.
    pub tick: Tick,
    /// The style; `None` is "unknown".
    pub style: Option<Style>,
    /// What the harmony is to be like.
    pub attributes: HarmonistAttributes,
}

impl HarmonistInput<'_> {
    /// The feature vector.
    fn features(&self, conditions: &Conditions) -> Vec<f32> {
        let mut features = vec![0.0; FEATURES + conditions.count()];
        let in_bar = self.position.ticks_into_bar(self.tick) / TICKS_PER_FRAME;
        let in_beat = in_bar % if self.position.meter.is_compound() { 6 } else { 4 };
        let chord = self.history.and_then(|standing| standing.chord);
        let mut blocks = Blocks::new(&mut features);
        for note in [self.note, self.previous] {
            blocks.class(note.onset()).class(note.held());
        }
        for memory in self.memories {
            blocks.values(&memory.normalised());
        }
        blocks
            .chord(chord)
            .class(self.history.and_then(|standing| standing.bass))
            .rest_or_hidden(self.note)
            .rest_or_hidden(self.previous)
            .flag(self.history.is_some() && chord.is_none())
            .one_hot(AGES, self.history.map(|standing| age_class(standing.age)))
            .meter(self.position, self.tick)
            .one_hot(BEAT_FRAMES, Some(in_beat as usize))
            .style(self.style, conditions)
            .level(self.attributes.chord_rate)
            .level(self.attributes.chromaticism)
            .mode(self.attributes.mode)
            .flag(self.history.is_some());
        features
    }
}

/// The class of the number of frames for which a chord has stood.
fn age_class(frames: u32) -> usize {
    match frames {
        0 | 1 => 0,
        2 => 1,
        3..=4 => 2,
        5..=8 => 3,
        9..=16 => 4,
        17..=32 => 5,
        33..=64 => 6,
        _ => 7,
    }
}

/// What a network says about the harmony of a frame or beat, as unnormalised log-probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HarmonyLogits {
    /// That the harmony stands, and that a chord begins here.
    pub change: [f32; 2],
    /// Of each chord class, whether it begins or stands.
    pub chord: [f32; Chord::VOCABULARY],
    /// For each root, of the bass in semitones above it: `root · 12 + semitones`.
    pub bass: [f32; BASSES],
}

impl HarmonyLogits {
    /// The logits that say nothing.
    pub const EVEN: Self = Self { change: [0.0; 2], chord: [0.0; Chord::VOCABULARY], bass: [0.0; BASSES] };

    /// The three outputs from `first` on.
    pub(super) fn read(outputs: &Outputs, first: usize) -> Result<Self, String> {
        let mut logits = Self::EVEN;
        logits.change.copy_from_slice(outputs.get(first)?);
        logits.chord.copy_from_slice(outputs.get(first + 1)?);
        logits.bass.copy_from_slice(outputs.get(first + 2)?);
        Ok(logits)
    }

    /// The same with every value changed.
    pub fn map(self, change: impl Fn(f32) -> f32 + Copy) -> Self {
        Self { change: self.change.map(change), chord: self.chord.map(change), bass: self.bass.map(change) }
    }

    /// `(1 − share) · self + share · other`, value by value.
    pub fn mixed(mut self, other: &Self, share: f32) -> Self {
        mix(&mut self.change, &other.change, share);
        mix(&mut self.chord, &other.chord, share);
        mix(&mut self.bass, &other.bass, share);
        self
    }
}

/// What the network answers in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HarmonistLogits {
    /// About the frame, with what is known of its note.
    pub here: HarmonyLogits,
    /// About the frame after it, before its note.
    pub next: HarmonyLogits,
    /// Of the note of the frame after it: rest, onset of each pitch class, that pitch class held.
    pub note: [f32; NOTES],
}

impl HarmonistLogits {
    /// The same with every value changed.
    pub fn map(self, change: impl Fn(f32) -> f32 + Copy) -> Self {
        Self { here: self.here.map(change), next: self.next.map(change), note: self.note.map(change) }
    }

    /// `(1 − share) · self + share · other`, value by value.
    pub fn mixed(mut self, other: &Self, share: f32) -> Self {
        self.here = self.here.mixed(&other.here, share);
        self.next = self.next.mixed(&other.next, share);
        mix(&mut self.note, &other.note, share);
        self
    }

    /// What was said with attributes, away from what is said `free`ly, without them, and farther than music in the
    /// corpus goes: so a knob does what it says (classifier-free guidance, Ho & Salimans 2022).
    pub fn guided(self, free: &Self) -> Self {
        self.mixed(free, 1.0 - GUIDANCE)
    }
}

/// The loaded network.
#[derive(Debug)]
pub struct HarmonistNetwork {
    plan: Plan,
    conditions: Conditions,
}

impl HarmonistNetwork {
    /// Loads the network from an ONNX file's bytes and the conditions of its card; the error follows on the file's
    /// name.
    pub fn load(onnx: &[u8], conditions: Conditions) -> Result<Self, String> {
        let plan = Plan::load(onnx, &SHAPE)?;
        conditions.check(plan.conditions())?;
        Ok(Self { plan, conditions })
    }

    /// What the network reads.
    pub fn features(&self, input: &HarmonistInput) -> Vec<f32> {
        input.features(&self.conditions)
    }

    /// The state in which nothing has been heard.
    pub fn initial_state(&self) -> State {
        self.plan.initial_state()
    }

    /// Reads one frame and advances `state`; see [`Plan::step`] for errors.
    pub fn step(&self, input: &HarmonistInput, state: &mut State) -> Result<HarmonistLogits, String> {
        logits(&self.plan.step(&self.features(input), state)?)
    }

    /// Reads one frame in each of several sequences; see [`Plan::step_all`].
    pub fn step_all(&self, steps: Vec<Step<HarmonistInput>>) -> Result<Vec<HarmonistLogits>, String> {
        let mut steps: Vec<_> = steps.into_iter().map(|(input, state)| (self.features(&input), state)).collect();
        self.plan.step_all(&mut steps)?.iter().map(logits).collect()
    }
}

fn logits(outputs: &Outputs) -> Result<HarmonistLogits, String> {
    let mut note = [0.0; NOTES];
    note.copy_from_slice(outputs.get(6)?);
    let (here, next) = (HarmonyLogits::read(outputs, 0)?, HarmonyLogits::read(outputs, 3)?);
    let logits = HarmonistLogits { here, next, note };
    #[cfg(test)]
    let logits = logits.map(super::noise::shaken);
    Ok(logits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Meter;
    use crate::network::conditions::tests::conditions;

    const CONDITIONS: [&str; 11] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];

    fn ones(note: Note, history: Option<Standing>) -> Vec<usize> {
        let input = HarmonistInput {
            note,
            previous: Note::Held(2),
            memories: &DECAYS.map(PitchMemory::new),
            history,
            position: BarPosition { bar_start: 0, meter: Meter::default() },
            tick: 0,
            style: None,
            attributes: HarmonistAttributes::default(),
        };
        let features = input.features(&conditions(&CONDITIONS));
        assert_eq!(features.len(), 194);
        (0..features.len()).filter(|&index| features[index] == 1.0).collect()
    }

    /// Place of the blocks in docs/models.md.
    const CHORD_BEFORE: usize = 84;
    const BASS_BEFORE: usize = 108;
    const REST: usize = 120;
    const AGE: usize = 125;
    const METER_BLOCK: usize = 133;
    const IN_BEAT: usize = 164;
    const HISTORY: usize = 193;

    #[test]
    fn every_block_lies_where_the_contract_has_it() {
        let meter = [METER_BLOCK, METER_BLOCK + 24 + 2, IN_BEAT];
        let with = |ones: &[usize]| [ones, &meter[..], &[HISTORY]].concat();
        let am = Standing { chord: "Am".parse().ok(), bass: Some(4), age: 5 };
        assert_eq!(
            ones(Note::Onset(7), Some(am)),
            with(&[
                7,
                38,
                CHORD_BEFORE + 9,
                CHORD_BEFORE + 12,
                CHORD_BEFORE + 16,
                CHORD_BEFORE + 21,
                BASS_BEFORE + 4,
                AGE + 3
            ])
        );
        assert_eq!(ones(Note::Rest, Some(Standing::default())), with(&[38, REST, REST + 4, AGE]));
        assert_eq!(ones(Note::Hidden, Some(Standing::default())), with(&[38, REST + 1, REST + 4, AGE]));
    }

    #[test]
    fn without_history_nothing_is_said_of_the_chord_before() {
        assert_eq!(ones(Note::Held(7), None), [12 + 7, 38, METER_BLOCK, METER_BLOCK + 24 + 2, IN_BEAT]);
    }

    #[test]
    fn ages_double_from_class_to_class() {
        let classes: Vec<_> = [0, 1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 64, 65, 9999].map(age_class).into();
        assert_eq!(classes, [0, 0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]);
    }
}
